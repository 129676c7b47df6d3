"""The weight path: a sample goes in, the reading changes.

Owns: the order guard, filter, calibration, zero, tare, motion, indication, and the one reading.
Refuses: by error codes, what the moment does not allow; a faulty sample takes the number away
until the window is full of good ones.
Units: see weighing.reading. `feed` allocates nothing and keeps every number below 2**30.
"""

from steelyard_wire import codes
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

from terminal.weighing import indication
from terminal.weighing.filter import MovingAverage
from terminal.weighing.guard import REJECT, RESTART, Guard
from terminal.weighing.linearise import Lineariser
from terminal.weighing.motion import Motion
from terminal.weighing.reading import Reading
from terminal.weighing.tare import Tare
from terminal.weighing.zero import Zero

# Before a calibration motion is judged on counts: this many times the noise of an HX711 at 80
# samples a second (90 nV, 38 counts) behind a mean of 16.
_MOTION_COUNTS = const(200)
# What passes by itself. Made once: a tuple of names is made anew each time it is met.
_NOT_BROKEN = (codes.FAULT_NONE, codes.FAULT_GAP, codes.FAULT_SETTLING)


class Weigher:
    """The path for one configuration and calibration (None: counts only, no number)."""

    def __init__(self, config, calibration, buffer=None) -> None:
        self._scale = None if calibration is None else Lineariser(calibration, config)
        self.calibration = calibration
        self.config = config
        length = config.filter_length if self._scale is None else self._scale.length
        samples = config.motion_samples
        limit = _MOTION_COUNTS
        if self._scale is not None:
            limit = max(1, config.e * config.motion_span // 10)  # 1/1000 e in fine units
        make = (lambda size: None) if buffer is None else buffer
        self._filter = MovingAverage(length, make(length))
        self.motion = Motion(samples, limit, make(samples))
        self._guard = Guard()
        self._zero = Zero(config)
        self._tare = Tare()
        self._after_gap = False
        self._full = False
        self.reading = Reading()

    def feed(self, counts: int, ticks: int, fault: int) -> None:
        """Take one sample: counts, time stamp in ms, fault code of the driver (0: none)."""
        reading = self.reading
        reading.ticks = ticks
        reading.fault = fault
        verdict = self._guard.judge(counts, fault)
        if verdict == REJECT:
            self._restart(False)
            self._no_number(self._fault_status(fault))
            return
        if verdict == RESTART:
            self._restart(True)
            self._no_number(codes.ST_GAP)
            return
        self._full = self._filter.push(counts)
        if not self._full:
            self._no_number(codes.ST_GAP if self._after_gap else 0)
            return
        self._after_gap = False
        length = self._filter.length
        # Rounded, not truncated: // goes down, for both signs.
        reading.counts = (self._filter.sum + length // 2) // length
        if self._scale is None:
            still = self.motion.push(reading.counts)
            self._no_number(codes.ST_UNCALIBRATED | (codes.ST_STABLE if still else 0))
        else:
            self._indicate(self._scale.fine(self._filter.sum))

    def _restart(self, after_gap: bool) -> None:
        self._filter.clear()
        self.motion.clear()
        self._full = False
        self._after_gap = after_gap

    def _fault_status(self, fault: int) -> int:
        if fault == codes.FAULT_OVERLOAD:
            return codes.ST_FAULT | codes.ST_OVER
        if fault == codes.FAULT_UNDERLOAD:
            return codes.ST_FAULT | codes.ST_UNDER
        return codes.ST_FAULT

    def _no_number(self, status: int) -> None:
        reading = self.reading
        if self._scale is None:
            status |= codes.ST_UNCALIBRATED
        if self._tare.active:
            status |= codes.ST_NET
        reading.status = status
        reading.numeric = False

    def _indicate(self, fine: int) -> None:
        reading = self.reading
        tare = self._tare
        still = self.motion.push(fine)
        fine -= self._zero.offset
        status = indication.range_status(fine, self.config)
        if still:
            status |= codes.ST_STABLE
        if tare.active:
            status |= codes.ST_NET
        reading.fine = fine
        if status & (codes.ST_OVER | codes.ST_UNDER):
            reading.status = status
            reading.numeric = False
            return
        reading.gross = indication.rounded(fine, self.config.e)
        reading.tare = tare.value
        reading.net = reading.gross - tare.value
        reading.indicated = reading.net
        if reading.net < 0:
            status |= codes.ST_NEGATIVE
        reading.status = status
        reading.numeric = True

    def obstacle(self) -> int:
        """Why there is no stable weight now: an error code, or 0."""
        reading = self.reading
        status = reading.status
        if status & codes.ST_OVER:
            return codes.OVERLOAD
        if status & codes.ST_UNDER:
            return codes.UNDERLOAD
        if reading.fault not in _NOT_BROKEN:
            return codes.CONVERTER_FAULT
        if not self._full:
            return codes.NOT_READY
        if self._scale is None:
            return codes.NOT_CALIBRATED
        return 0 if status & codes.ST_STABLE else codes.MOTION

    def registrable(self) -> int:
        """0 if the reading may be registered, else the error code that says why not."""
        code = self.obstacle()
        if code == 0 and self.reading.status & codes.ST_NEGATIVE:
            return codes.NEGATIVE
        return code

    def zero(self) -> int:
        """Set zero; cancels a tare (R 76-1, 4.5.4). 0 or an error code."""
        code = self.obstacle()
        status = self.reading.status
        if status & (codes.ST_OVER | codes.ST_UNDER) and not self.reading.fault:
            # Out of the indication's range but measured: the zero range decides.
            code = 0 if status & codes.ST_STABLE else codes.MOTION
        code = code or self._zero.set(self.reading.fine + self._zero.offset)
        if code == 0:
            self._tare.clear()
            self._indicate(self._scale.fine(self._filter.sum))
        return code

    def tare(self) -> int:
        """Take the load as tare; 0 or an error code."""
        code = self.obstacle() or self._tare.take(self.reading.gross)
        if code == 0:
            self._indicate(self._scale.fine(self._filter.sum))
        return code

    def clear_tare(self) -> None:
        """Show gross weight again."""
        self._tare.clear()
        if self._full and self._scale is not None:
            self._indicate(self._scale.fine(self._filter.sum))

    def capture(self) -> int:
        """Filtered counts of a load at rest, for a calibration; Refused with the reason."""
        reading = self.reading
        if reading.fault not in _NOT_BROKEN:
            raise Refused(codes.CONVERTER_FAULT, codes.fault_name(reading.fault))
        if not self._full:
            raise Refused(codes.NOT_READY)
        if not reading.status & codes.ST_STABLE:
            raise Refused(codes.MOTION, "moves by %d" % self.motion.span())
        return reading.counts
