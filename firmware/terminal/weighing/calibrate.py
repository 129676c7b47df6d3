"""A calibration in steps: captured, fitted, checked, committed; the one in force stays to the end.

Owns: what was captured and what is staged. Refuses: with Refused and the reason, steps out of
order, loads that move, are noisy, do not differ or make the counts fall, weights that do not suit
or are not what was said, a check that fails.
Units: filtered counts in 1/LENGTH count, mantissas of the configured unit, fine weight in 1/100 of
one; gravity in 10**-5 m/s2; temperatures in 0.01 degrees Celsius.

Loads go up, and may come down again the same way: where one was captured twice its mean counts.
"""

from steelyard_wire import codes
from steelyard_wire.classes import permissible
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

from terminal.weighing.linearise import CELL, FINE, LENGTH, LINE, SEGMENTS, Calibration, Lineariser
from terminal.weighing.requests import NOT_BROKEN

_MIN_CHANGE = const(1000)  # counts between zero and the largest load
_PER_E = const(10)  # counts in an interval, at least (R 76-1, 3.5.3.2)
_NOISE = const(200)  # of the filtered counts at rest, in 1/1000 e
_USUAL = const(250)  # motion_span up to which that holds; a scale that declares more has more
_LOADS = const(10)
_PLAUSIBLE = const(50)  # a load may lie off the line by 1/50 of itself: no cell is that bent
_GRAVITY = (976000, 984000)
_DRIFT = const(200)  # between zero and the last load, at most
_MOST_LAG_S = const(36000)
_COLDEST = const(-5500)
_WARMEST = const(12500)


def _look_at_rest(weigher) -> None:
    """Refused with the reason unless a load lies still."""
    reading = weigher.reading
    if reading.fault not in NOT_BROKEN:
        raise Refused(codes.CONVERTER_FAULT, codes.fault_name(reading.fault))
    # A span that is in doubt may be calibrated, of course.
    blank = weigher.blank & ~codes.ST_UNCALIBRATED
    if not weigher.full or blank:
        raise Refused(codes.NOT_READY, "warming up" if blank else "")
    if not weigher.at_rest():
        raise Refused(codes.MOTION, "moves by %d" % weigher.motion.span())


class CalibrationSession:
    """One session on a weigher that keeps being fed.

    converter: what its full scale is, for a calibration by the cell's data: (gain, halves of the
    reference).
    """

    def __init__(self, weigher, converter=(128, 1)) -> None:
        self._weigher = weigher
        self._converter = converter
        self._forget()

    def _forget(self) -> None:
        self._captured = []  # (counts, mantissa, span of the counts at rest), in order
        self._method = SEGMENTS
        self._points = None
        self._reference = None
        self._gravity = None
        self._check = None
        self._residual = 0
        self._restored = None
        self._temperature = None
        self._shunt = None
        self._tilt = None

    def zero(self) -> int:
        """Capture the empty platform, and forget what was captured before; its counts.

        What a kelvin does was found for cell and platform, whatever the weights: it stays.
        """
        weigher = self._weigher
        self._captured = []
        captured = self._capture(0)
        self._forget()
        self._captured.append(captured)
        if weigher.tilt is not None:
            self._tilt = list(weigher.tilt)
        if weigher.celsius is not None:
            before = weigher.calibration.temperature if weigher.calibration else None
            known = before[1:] if before else [0, 0, 0, 0, 0]
            self._temperature = [weigher.celsius] + list(known)
        return captured[0] // LENGTH

    def span(self, mantissa: int, exp10: int, unit: int, reference: "str | None") -> int:
        """Capture a known load, on the way up or down; its counts. 0 is the empty platform again.

        Up to ten loads, of which the largest has a tenth of Max at least when it is fitted.
        """
        if not self._captured:
            raise Refused(codes.CALIBRATION_ORDER, "ZERO first")
        load = self._mantissa(mantissa, exp10, unit)
        loads = [captured[1] for captured in self._captured]
        if load not in loads and len(set(loads)) > _LOADS:
            raise Refused(codes.CALIBRATION_ORDER, "ten loads at most")
        falling = [after for at, after in enumerate(loads[1:]) if after < loads[at]]
        if load == loads[-1] or falling and load > loads[-1]:
            raise Refused(codes.CALIBRATION_ORDER, "loads go up, then down")
        captured = self._capture(load)
        self._compare(captured)
        self._captured.append(captured)
        self._points = self._check = None
        self._reference = reference or self._reference
        return captured[0] // LENGTH

    def undo(self) -> int:
        """Drop what was captured last, and what was made of it; how many captures are left."""
        if not self._captured:
            raise Refused(codes.CALIBRATION_ORDER, "nothing was captured")
        self._captured.pop()
        self._points = self._check = None
        return len(self._captured)

    def _mantissa(self, mantissa: int, exp10: int, unit: int) -> int:
        config = self._weigher.config
        while exp10 > config.exp10:
            mantissa *= 10
            exp10 -= 1
        while exp10 < config.exp10 and mantissa % 10 == 0:
            mantissa //= 10
            exp10 += 1 if mantissa else config.exp10 - exp10
        if unit != config.unit or exp10 != config.exp10:
            raise Refused(codes.SPAN, "unit or digits do not fit")
        if not 0 <= mantissa <= config.max:
            raise Refused(codes.SPAN, "Max is %d" % config.max)
        return mantissa

    def _capture(self, load: int) -> "tuple[int, int, int]":
        weigher = self._weigher
        _look_at_rest(weigher)
        if self._captured and self._temperature and weigher.celsius is not None:
            drift = abs(weigher.celsius - self._temperature[0])
            if drift > _DRIFT:
                raise Refused(codes.NOISE, "%d/100 K since ZERO: begin again" % drift)
        span = weigher.motion.span()
        if weigher.calibration is None:
            span *= LENGTH
        else:  # it was judged in fine units
            if span * 10 > self._noise() * weigher.config.ranges[0][1]:
                raise Refused(codes.MOTION, "moves by %d" % span)
            span = weigher.calibration.counts_of(span) // FINE
        return weigher.filter.value, load, span

    def _noise(self) -> int:
        """How much it may be, in 1/1000 e."""
        declared = self._weigher.config.motion_span
        return declared if declared > _USUAL else _NOISE

    def _compare(self, captured) -> None:
        """A load beside the one before it: the counts must follow."""
        before = self._captured[-1]
        change = (captured[0] - before[0]) // LENGTH
        if captured[1] < before[1]:
            change = -change
        if change <= -_MIN_CHANGE:
            raise Refused(codes.SPAN, "counts fall under load: swap the signal wires S+ and S-")
        needed = _PER_E * abs(captured[1] - before[1]) // self._weigher.config.ranges[0][1] // 2
        if change <= needed:
            raise Refused(codes.NO_LOAD_CHANGE, "%d counts, %d needed" % (change, needed))

    def cell(self, sensitivity, capacity) -> int:
        """Take the cell's data instead of weights, with the zero that was captured.

        sensitivity: (mantissa, exp10) in mV/V at capacity: (mantissa, exp10, unit). The counts at
        Max. As exact as the converter's gain, 0.5 % or so: not for a verified scale.
        """
        if not self._captured:
            raise Refused(codes.CALIBRATION_ORDER, "ZERO first")
        config = self._weigher.config
        load, places, unit = capacity
        gain, halves = self._converter
        if unit != config.unit or load < 1 or sensitivity[0] < 1:
            raise Refused(codes.SPAN, "sensitivity in mV/V, capacity in the unit of CONFIG")
        # 2**23 counts at (halves / 2) / gain of the excitation; capacity in mantissas.
        over = (sensitivity[0] << 24) * gain * config.max * LENGTH
        under = 1000 * halves * load
        shift = config.exp10 - places + sensitivity[1]
        over, under = (over * 10**shift, under) if shift > 0 else (over, under * 10**-shift)
        zero = self._captured[0][0]
        span = (2 * over + under) // (2 * under)
        if not _MIN_CHANGE * LENGTH <= span <= (1 << 27) - zero:
            raise Refused(codes.SPAN, "these data give %d counts at Max" % (span // LENGTH))
        self._method = CELL
        self._points = [(zero, 0), (zero + span, config.max)]
        self._residual = 0
        self._check = None
        return (zero + span) // LENGTH

    def keep(self) -> None:
        """Begin with what is in force: to change its gravity, or to check it."""
        before = self._weigher.calibration
        if before is None:
            raise Refused(codes.NOT_CALIBRATED)
        self._forget()
        self._take(before)

    def restore(self, before: Calibration) -> None:
        """Begin with an older calibration."""
        self._forget()
        self._take(before)
        self._check = before.check
        self._restored = before.generation

    def _take(self, calibration: Calibration) -> None:
        self._method = calibration.method
        self._points = calibration.points
        self._reference = calibration.reference
        self._gravity = calibration.gravity
        self._residual = calibration.residual
        self._temperature = calibration.temperature
        self._shunt = calibration.shunt
        self._tilt = calibration.tilt

    def gravity(self, here: int, there: int) -> None:
        """Say where it is calibrated and where it will weigh."""
        if not _GRAVITY[0] <= min(here, there) <= max(here, there) <= _GRAVITY[1]:
            raise Refused(codes.ARGUMENT, "gravity is 976000 to 984000 of 0.00001 m/s2")
        self._gravity = [here, there]
        self._check = None

    def temperature(self, zero: int, span: int, lag_s: int, coldest: int, warmest: int) -> None:
        """Say what a kelvin does, as Calibration has it; lag_s 0: it is not known any more."""
        if self._temperature is None:
            raise Refused(codes.CALIBRATION_ORDER, "calibrated without a thermometer: ZERO first")
        good = _COLDEST <= coldest < warmest <= _WARMEST and 0 < lag_s <= _MOST_LAG_S
        if not good and lag_s | zero | span | coldest | warmest:
            raise Refused(codes.ARGUMENT, "lag 1 to 36000 s, coldest below warmest")
        before = self._temperature
        self._temperature = [before[0], zero, span, lag_s, coldest, warmest]
        try:
            self._calibration(None)
        except Refused:
            self._temperature = before
            raise
        self._check = None

    def fit(self, method: int = SEGMENTS) -> "list[int]":
        """Make points of what was captured; the error of each capture in fine units."""
        self._method = method
        weighed = self._validated()
        if method == LINE:
            points = self._line()
        else:
            points = [(self._mean(load), load) for load in sorted(set(weighed))]
        self._points = points
        # Errors are those where it stands: the gravity of another place is left out.
        fitted = Lineariser(self._calibration(None), self._weigher.config)
        errors = [fitted.fine(counts) - load * FINE for counts, load, _ in self._captured]
        self._residual = max([abs(error) for error in errors])
        self._check = None
        return errors

    def _validated(self) -> "list[int]":
        """The loads that were captured; Refused if they are no calibration."""
        weighed = [captured[1] for captured in self._captured]
        if len(weighed) < 2:
            raise Refused(codes.CALIBRATION_ORDER, "ZERO and SPAN first")
        config = self._weigher.config
        top = max(weighed)
        if top * 10 < config.max:
            raise Refused(codes.SPAN, "Max is %d" % config.max)
        zero, full = self._mean(0), self._mean(top)
        e = config.ranges[0][1]
        counts = (full - zero) // LENGTH
        needed = max(_MIN_CHANGE, _PER_E * top // e)
        if counts < needed:
            raise Refused(codes.NO_LOAD_CHANGE, "%d counts, %d needed" % (counts, needed))
        noise = max([span for _, _, span in self._captured]) * top * 1000 // ((full - zero) * e)
        if noise > self._noise():
            raise Refused(codes.NOISE, "%d/1000 e, %d at most" % (noise, self._noise()))
        for load in weighed:
            off = (self._mean(load) - zero) * top - (full - zero) * load
            if abs(off) * _PLAUSIBLE > (full - zero) * load:
                said = (load, abs(off) * 1000 // ((full - zero) * load))
                raise Refused(codes.SPAN, "%d is %d/1000 off: another weight?" % said)
        return weighed

    def _mean(self, load: int) -> int:
        same = [counts for counts, mantissa, _ in self._captured if mantissa == load]
        return (2 * sum(same) + len(same)) // (2 * len(same))

    def _line(self) -> "list[tuple[int, int]]":
        """Least squares over all captures: zero and the largest load on that line."""
        n = len(self._captured)
        xs = [captured[0] for captured in self._captured]
        ys = [captured[1] for captured in self._captured]
        sx, sy = sum(xs), sum(ys)
        over = n * sum([x * x for x in xs]) - sx * sx
        under = n * sum([x * y for x, y in zip(xs, ys)]) - sx * sy
        # load = (sy + (n * x - sx) * under / over) / n, so x of a load is:
        points = []
        for load in (0, max(ys)):
            top = (n * load - sy) * over + sx * under
            points.append(((2 * top + n * under) // (2 * n * under), load))
        return points

    def check(self, mantissa: int, exp10: int, unit: int) -> "tuple[int, int]":
        """Weigh a load that was not captured; (its error, what is permissible) in fine units."""
        if self._points is None:
            self.fit(self._method)
        load = self._mantissa(mantissa, exp10, unit)
        if not load or load in [captured[1] for captured in self._captured]:
            raise Refused(codes.SPAN, "a second weight is needed")
        config = self._weigher.config
        staged = Lineariser(self._calibration(None), config, self._weigher.celsius)
        error = staged.fine(self._capture(load)[0]) - load * FINE
        most = permissible(config.accuracy, config.ranges, load) * FINE // 2
        if abs(error) > most:
            said = (load, error // FINE, abs(error) % FINE, most // FINE)
            raise Refused(codes.SPAN, "%d is off by %d.%02d, %d at most" % said)
        self._check = [load, error]
        return error, most

    def stage(self) -> str:
        """How far it is: nothing, captured, fitted or checked."""
        if self._check:
            return "checked"
        if self._points:
            return "fitted"
        return "captured" if self._captured else "nothing"

    def commit(self, unchecked: bool = False) -> Calibration:
        """The new calibration; putting it in force is for the caller."""
        if self._points is None:
            self.fit(self._method)
        if self._check is None and not unchecked:
            raise Refused(codes.CALIBRATION_ORDER, "CHECK a second weight, or COMMIT UNCHECKED")
        return self._calibration(self._gravity)

    def _calibration(self, gravity) -> Calibration:
        before = self._weigher.calibration
        config = self._weigher.config
        return Calibration(
            1 + (before.generation if before else 0),
            self._method,
            self._points,
            (config.exp10, config.unit),
            self._reference,
            gravity,
            self._check,
            self._residual,
            self._restored,
            self._temperature,
            self._shunt,
            self._tilt,
        )
