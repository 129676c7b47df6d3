"""Weighed, subtractive tare.

Owns: the tare value. Refuses: with an error code, a tare at or below zero (R 76-1, 4.6.4).
Units: mantissas in steps of e.
"""

from steelyard_wire.codes import BELOW_ZERO_TARE


class Tare:
    """value: the mantissa subtracted from gross; active: whether there is one. None at a start."""

    def __init__(self) -> None:
        self.value = 0
        self.active = False

    def take(self, gross: int) -> int:
        """Take the present gross mantissa as tare; 0 or BELOW_ZERO_TARE."""
        if gross <= 0:
            return BELOW_ZERO_TARE
        self.value = gross
        self.active = True
        return 0

    def clear(self) -> None:
        """No tare."""
        self.value = 0
        self.active = False
