"""From fine weight to what is shown: steps of e, over and under, centre of zero.

Owns: the limits of the indication (OIML R 76-1, 4.2.3, 4.5.5) and which e is in force on a scale
with several (3.3, 4.10). Refuses: nothing.
Units: fine weight in 1/100 of a mantissa, mantissas in steps of e.
"""

from steelyard_wire.codes import ST_CENTRE_ZERO, ST_OVER, ST_UNDER
from steelyard_wire.shim import const

FINE = 100
_OVER_STEPS = const(9)
_UNDER_STEPS = const(20)
_QUARTER = const(25)  # of e, in fine units


def rounded(fine: int, e: int) -> int:
    """The mantissa nearest to a fine weight in steps of e; halves go away from zero."""
    step = e * FINE
    if fine < 0:
        return -((-fine + step // 2) // step) * e
    return (fine + step // 2) // step * e


class Ranges:
    """The ranges of a configuration, and the one in force.

    Partial ranges of a multi-interval scale are chosen by the net weight, up and down. Of the
    ranges of a multiple range scale a load beyond its Max chooses the next; the way back begins
    at a stable zero alone. Allocates only when made.
    """

    def __init__(self, config) -> None:
        self._limits = [most * FINE for most, _ in config.ranges]
        self._steps = [e for _, e in config.ranges]
        self._last = len(self._steps) - 1
        self._multiple = config.multirange
        # Max + 9 e, -20 e and a quarter of e: near zero e is that of the first range.
        self._over = (config.max + _OVER_STEPS * config.e) * FINE
        self._under = -_UNDER_STEPS * self._steps[0] * FINE
        self._centre = _QUARTER * self._steps[0]
        self.at = 0

    def status(self, fine: int) -> int:
        """Of a gross weight: ST_OVER, ST_UNDER, ST_CENTRE_ZERO or 0."""
        if fine > self._over:
            return ST_OVER
        if fine < self._under:
            return ST_UNDER
        return ST_CENTRE_ZERO if -self._centre <= fine <= self._centre else 0

    def follow(self, fine: int, resting: bool) -> int:
        """Of multiple ranges choose the one of a gross weight: 1 a larger one, -1 the first."""
        if not self._multiple:
            return 0
        before = self.at
        while self.at < self._last and fine > self._limits[self.at]:
            self.at += 1
        if self.at and resting and -self._centre <= fine <= self._centre:
            self.at = 0
            return -1
        return self.at - before and 1

    def step(self, fine: int) -> int:
        """The e in which a weight is shown; of a multi-interval scale the net weight decides."""
        at = self.at
        if not self._multiple:
            if fine < 0:
                fine = -fine
            at = 0
            while at < self._last and fine > self._limits[at]:
                at += 1
        return self._steps[at]
