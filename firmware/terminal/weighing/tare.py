"""Weighed, subtractive tare.

Owns: the tare value. Refuses: with an error code, a tare at or below zero (R 76-1, 4.6.4).
Units: mantissas in steps of e, fine weight in 1/100 of a mantissa.

The weight that is taken off is the fine one: rounded to e it would make the zero of the net weight
up to half an e wrong, where 4.6.3 allows a quarter. What is shown and recorded as tare is rounded.
"""

from steelyard_wire.codes import BELOW_ZERO_TARE


class Tare:
    """fine: taken off gross; value: the same in steps of e; active: whether there is one."""

    def __init__(self) -> None:
        self.fine = 0
        self.value = 0
        self.active = False

    def take(self, fine: int, value: int) -> int:
        """Take the present gross weight as tare, fine and rounded; 0 or BELOW_ZERO_TARE."""
        if value <= 0:
            return BELOW_ZERO_TARE
        self.fine = fine
        self.value = value
        self.active = True
        return 0

    def clear(self) -> None:
        """No tare."""
        self.fine = 0
        self.value = 0
        self.active = False
