"""Subtractive tare: weighed, preset, or both (OIML R 76-1, 4.6, 4.7, 4.13.3).

Owns: the tare, and what may change it. Refuses: with an error code, a weighed tare at or below
zero (4.6.4), a preset one that is none, and what would make a tare in use another one.
Units: mantissas in steps of e, fine weight in 1/100 of a mantissa.

The weight that is taken off is the fine one: rounded to e it would make the zero of the net weight
up to half an e wrong, where 4.6.3 allows a quarter. What is shown and recorded as tare is rounded;
a preset tare is rounded itself (4.7.1).
"""

from steelyard_wire.codes import ARGUMENT, BELOW_ZERO_TARE, TARE_KEPT

from terminal.weighing.indication import FINE, rounded


class Tare:
    """fine: taken off gross; value and preset: its weighed and its preset part, in steps of e."""

    def __init__(self, config) -> None:
        self._direct = config.direct_sale
        # Of partial ranges a preset tare belongs to the first.
        self._most = config.max if config.multirange else config.ranges[0][0]
        self._max = config.max * FINE
        self.clear()

    def clear(self) -> None:
        """No tare."""
        self.fine = 0
        self.value = 0
        self.preset = 0
        self.active = False
        self._after = False  # whether the weighed part came after the preset one

    def take(self, gross: int, ranges) -> int:
        """Take what a gross weight has beyond the preset tare; 0 or an error code."""
        fine = gross - self.preset * FINE
        value = rounded(fine, ranges.step(fine))
        if value <= 0:
            return BELOW_ZERO_TARE
        # In direct sale one tare device at a time, and it may only grow.
        if self._direct and (self.preset or value < self.value):
            return TARE_KEPT
        self.fine = gross
        self.value = value
        self.active = True
        self._after = self.preset > 0
        return 0

    def key_in(self, fine: int, ranges) -> int:
        """Take a preset tare, rounded to e; 0 or an error code."""
        preset = rounded(fine, ranges.step(0))
        if not 0 < preset <= self._most:
            return ARGUMENT
        fine = self.fine + (preset - self.preset) * FINE
        if fine > self._max:
            return ARGUMENT
        if self._after or self._direct and (self.value or preset < self.preset):
            return TARE_KEPT
        self.fine = fine
        self.preset = preset
        self.active = True
        return 0

    def coarser(self, e: int) -> None:
        """The next of multiple ranges is in force: a tare is rounded to its e (4.7.1)."""
        if self.active:
            weighed = self.fine - self.preset * FINE
            self.value = rounded(weighed, e)
            self.preset = rounded(self.preset * FINE, e)
            self.fine = weighed + self.preset * FINE
