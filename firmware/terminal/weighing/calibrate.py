"""A calibration in steps: zero, span, commit; the one in force stays until the end.

Owns: what was captured. Refuses: with Refused and the reason, steps out of order, loads that move
or do not differ, weights that do not suit.
Units: counts, and the configured unit.
"""

from steelyard_wire import codes
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

from terminal.weighing.linearise import Calibration

_MIN_CHANGE = const(1000)


class CalibrationSession:
    """One session on a weigher that keeps being fed."""

    def __init__(self, weigher) -> None:
        self._weigher = weigher
        self._zero = None
        self._span = None

    def zero(self) -> int:
        """Capture the empty platform; its counts."""
        self._zero = self._weigher.capture()
        self._span = None
        return self._zero

    def span(self, mantissa: int, exp10: int, unit: int, reference: "str | None") -> int:
        """Capture a known load; its counts."""
        if self._zero is None:
            raise Refused(codes.CALIBRATION_ORDER, "ZERO first")
        config = self._weigher.config
        while exp10 > config.exp10:
            mantissa *= 10
            exp10 -= 1
        while exp10 < config.exp10 and mantissa % 10 == 0:
            mantissa //= 10
            exp10 += 1
        if unit != config.unit or exp10 != config.exp10:
            raise Refused(codes.SPAN, "unit or digits do not fit")
        if not config.max <= mantissa * 10 <= config.max * 10:
            raise Refused(codes.SPAN, "Max is %d" % config.max)
        counts = self._weigher.capture()
        change = counts - self._zero
        needed = max(_MIN_CHANGE, mantissa // config.e)
        if change <= -_MIN_CHANGE:
            raise Refused(codes.SPAN, "counts fall under load: swap the signal wires S+ and S-")
        if change < needed:
            raise Refused(codes.NO_LOAD_CHANGE, "%d counts, %d needed" % (change, needed))
        self._span = (counts, mantissa, reference)
        return counts

    def commit(self) -> Calibration:
        """The new calibration; putting it in force is for the caller."""
        if self._zero is None or self._span is None:
            raise Refused(codes.CALIBRATION_ORDER, "ZERO and SPAN first")
        before = self._weigher.calibration
        config = self._weigher.config
        counts, mantissa, reference = self._span
        generation = 1 + (before.generation if before else 0)
        return Calibration(
            generation, self._zero, counts, mantissa, config.exp10, config.unit, reference
        )
