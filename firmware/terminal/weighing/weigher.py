"""The weight path: a sample goes in, the reading changes.

Owns: the order guard, filter, calibration, zero, tare, motion, indication, and the one reading.
Refuses: nothing (requests.py does); a faulty sample takes the number away until the window is
full of good ones.
Units: see weighing.reading. `feed` allocates nothing and keeps every number below 2**30.
"""

from steelyard_wire import codes
from steelyard_wire.shim import const

from terminal.weighing.cycle import LoadCycle
from terminal.weighing.filter import Filter
from terminal.weighing.guard import HOLD, REJECT, RESTART, Guard
from terminal.weighing.indication import FINE, Ranges, rounded
from terminal.weighing.linearise import LENGTH, Lineariser
from terminal.weighing.motion import Motion
from terminal.weighing.profiles import ANIMAL, DOSING
from terminal.weighing.reading import Reading
from terminal.weighing.requests import BLANK, Requests
from terminal.weighing.stages import ring
from terminal.weighing.tare import Tare
from terminal.weighing.zero import Zero

# Before a calibration motion is judged on counts: this many times the noise of an HX711 at 80
# samples a second (90 nV, 38 counts) behind a mean of 16.
_MOTION_COUNTS = const(200)
_LEAST_WINDOW = const(8)
_TENTH = const(10)
_MOST_E = const(67108864)  # 1/4 of the converter's range in 1/16 count
# Counters: one for each fault, and how often the filter fell back.
FALLBACKS = len(codes.FAULTS)
COUNTERS = FALLBACKS + 1
# What the driver does not count itself. Made once: a tuple of names is made anew when it is met.
_COUNTED = (codes.FAULT_OVERLOAD, codes.FAULT_UNDERLOAD, codes.FAULT_SETTLING)
# Of a configuration's registration: by a load itself, and once per load in any way.
_ONCE = const(12)


class Weigher(Requests):
    """The path for one configuration and calibration (None: counts only, no number).

    rate_mhz: the board's nominal rate; the one of the commissioning, if there was one, goes first,
    and `set_rate` brings the measured one. faults: a list of COUNTERS that goes on counting.
    make(length) -> a list of integers, for tests.
    """

    def __init__(self, config, calibration, rate_mhz: int, make=ring, faults=None) -> None:
        self._scale = None if calibration is None else Lineariser(calibration, config)
        self.calibration = calibration
        self.config = config
        self._make = make
        unsteady = config.profile in (DOSING, ANIMAL)
        self.guard = Guard(
            config.noise, rate_mhz, unsteady, faults or [0] * COUNTERS, config.noise_floor
        )
        self.origin = Zero(config)
        self._tare = Tare(config)
        self.cycle = LoadCycle(config) if config.registration & _ONCE else None
        self.blank = 0  # status bits for which there is no number: it warms up, is locked
        self.marks = 0  # status bits beside which there is a number
        self.celsius = None  # of the load cell, in 0.01 degrees
        self.tilt = None  # how far it leans, in 1/1000
        self._applied = None  # for which the points are placed
        self._outside = 0
        self._half = config.ranges[0][1] * FINE // 2
        # Beyond the largest weight of the calibration, but for as much as lies beyond Max.
        self._top = 0 if calibration is None else self._scale.top + 9 * config.e * FINE
        self._max_fine = config.max * FINE + config.e * FINE // 2  # what is shown as Max
        self._ranges = Ranges(config)
        self.reading = Reading()
        self._after_gap = False
        self.full = False  # whether the window is
        self._rested = 0  # values for which it has been at rest
        self._moving = 0  # values of the filter until it has forgotten what lay there before
        self._still = False
        self._ripple = False
        self.filter = None
        self.motion = None
        self._nominal_mhz = rate_mhz
        self._plan(config.rate_mhz or rate_mhz)

    def set_rate(self, rate_mhz: int) -> None:
        """Plan the filter anew when the measured rate is off the planned one by more than 1 %.

        A rate that no module of the nominal one has is not followed (0: not measured yet). Not
        for the sample path: it allocates. The old filter weighs until the new window is full.
        """
        self.guard.set_rate(rate_mhz)
        off = rate_mhz - self.planned_mhz
        nominal = self._nominal_mhz
        if not nominal * 7 <= rate_mhz * 10 <= nominal * 14:
            return
        if not -self.planned_mhz <= off * 100 <= self.planned_mhz:
            self._plan(rate_mhz)

    def set_temperature(self, celsius: "int | None") -> None:
        """Take how warm the load cell is, in 0.01 degrees, and place the points for every tenth.

        Not for the sample path: it allocates.
        """
        self.celsius = celsius
        calibration = self.calibration
        if calibration is None or not calibration.lag_s or celsius is None:
            return
        self._outside = 0 if calibration.known_at(celsius) else codes.ST_TEMPERATURE
        if self._applied is None or abs(celsius - self._applied) >= _TENTH:
            self._applied = celsius
            self._scale = Lineariser(calibration, self.config, celsius)

    def _plan(self, rate_mhz: int) -> None:
        config = self.config
        calibration = self.calibration
        self.planned_mhz = rate_mhz
        limit = max(_MOTION_COUNTS, config.noise // 2)  # five times the noise of one sample
        e = config.ranges[0][1]
        e_16 = limit * LENGTH * 2
        zero_16 = max_16 = 0
        if calibration is not None:
            limit = max(1, e * config.motion_span // 10)  # 1/1000 e in fine units
            e_16 = max(1, calibration.counts_of(e))
            zero_16 = calibration.points[0][0]
            max_16 = min(_MOST_E * 4, e_16 * (config.max // e))
        self._next = Filter(config, rate_mhz, min(e_16, _MOST_E), zero_16, max_16, self._make)
        if self.filter is None:
            self.filter = self._next
        # Longer than one wrong sample stays in a mean: it must not look like a load at rest.
        # And long enough to see a ringing that a slow converter shows as a few samples.
        window = config.motion_ms * self._next.rate_mhz // 1000000
        samples = max(window, self._next.flat + 2, _LEAST_WINDOW)
        if self.motion is None or abs(samples - self.motion.samples) * 8 > samples:
            self.motion = Motion(samples, limit, self._make)

    def feed(self, counts: int, ticks: int, fault: int) -> None:
        """Take one sample: counts, time stamp in ms, fault code of the driver (0: none)."""
        reading = self.reading
        reading.ticks = ticks
        guard = self.guard
        verdict = guard.judge(counts, fault)
        fault = guard.fault
        if fault != reading.fault and fault in _COUNTED:
            guard.count(fault)
        reading.fault = fault
        if verdict == REJECT:
            self._restart(False)
            self._no_number(self._fault_status(fault))
            return
        if verdict == RESTART:
            self._restart(True)
            self._no_number(codes.ST_GAP)
            return
        if guard.moved or guard.signature.restless:
            self.motion.clear()
            self._moving = self.filter.reach + 1
        if guard.late:
            self._push(guard.first)
            if guard.late > 1:
                self._push(guard.second)
        if verdict == HOLD:
            # The number stays; whether it still is the weight, the next sample will say. Where
            # many samples make one value, it does so long before there is another.
            if self.filter.rate_mhz * 2 > self.planned_mhz:
                reading.status &= ~codes.ST_STABLE
                self._still = False
                self.origin.stirred()
            return
        if not self._push(counts):
            self._no_number(codes.ST_GAP if self._after_gap else 0)
            return
        if not self.filter.fresh:
            return  # at high rates several samples make one value
        if self.filter.departed:
            self.motion.clear()
            self._moving = self.filter.reach + 1
        self.full = True
        self._after_gap = False
        if self.filter.ripple is not self._ripple:
            self._ripple = not self._ripple
            if self._ripple:
                guard.count(FALLBACKS)
        # Rounded, not truncated: >> goes down, for both signs.
        reading.counts = self.filter.value + 8 >> 4
        value = reading.counts
        if self._scale is not None:
            value = self._scale.fine(self.filter.value)
        still = self._still = self._rests(value, fault)
        if self.blank:
            self._no_number(0)
        elif self._scale is None:
            self._no_number(codes.ST_UNCALIBRATED | (codes.ST_STABLE if still else 0))
        else:
            self.origin.follow(value, ticks, still, self._tare.active)
            self._indicate(value)

    def _rests(self, value: int, fault: int) -> bool:
        if self._moving:
            self._moving -= 1
            self._rested = 0
            return False
        if self.motion.push(value) and fault == codes.FAULT_NONE:
            self._rested += 1
        else:
            self._rested = 0
        return self._rested > self.guard.signature.wary

    def _push(self, counts: int) -> bool:
        if self._next is not self.filter and self._next.push(counts):
            self.filter = self._next
            return True
        return self.filter.push(counts)

    def _restart(self, after_gap: bool) -> None:
        self.filter = self._next
        self.filter.clear()
        self.motion.clear()
        self.full = False
        self._moving = 0
        self._rested = 0
        self._still = False
        self.origin.stirred()
        self._after_gap = after_gap

    def at_rest(self) -> bool:
        """Whether a load lies still, with or without a number."""
        return self.full and self._still

    def restart(self) -> None:
        """Forget what was sampled: the window fills anew."""
        self._restart(True)
        self._no_number(0 if self.blank else codes.ST_GAP)

    def _fault_status(self, fault: int) -> int:
        if fault == codes.FAULT_OVERLOAD:
            return codes.ST_FAULT | codes.ST_OVER
        if fault == codes.FAULT_UNDERLOAD:
            return codes.ST_FAULT | codes.ST_UNDER
        return codes.ST_FAULT

    def _no_number(self, status: int) -> None:
        reading = self.reading
        status |= self.blank | self.marks  # whatever else there is: it says why
        if self._scale is None:
            status |= codes.ST_UNCALIBRATED
        if self._tare.active:
            status |= codes.ST_NET
        reading.status = status
        reading.numeric = False

    def _indicate(self, fine: int) -> None:
        reading = self.reading
        tare = self._tare
        ranges = self._ranges
        fine -= self.origin.offset
        other = ranges.follow(fine, self._still)
        if other < 0:
            tare.clear()
        elif other:
            tare.coarser(ranges.step(fine))
        status = ranges.status(fine) | self._outside | self.marks
        if self._still:
            status |= codes.ST_STABLE
        if tare.active:
            status |= codes.ST_NET
        reading.fine = fine
        if fine + self.origin.offset > self._top:
            status |= codes.ST_EXTRAPOLATED
        if self.origin.waiting:
            status = status & ~codes.ST_CENTRE_ZERO | codes.ST_NO_ZERO
        if status & BLANK:
            reading.status = status
            reading.numeric = False
            return
        fine -= tare.fine
        reading.e = ranges.step(fine)
        reading.net = reading.indicated = rounded(fine, reading.e)
        reading.tare = tare.value
        reading.preset = tare.preset
        # Of rounded numbers one is not free: so gross - tare = net, whatever is rounded.
        reading.gross = reading.net + tare.value + tare.preset
        if reading.net < 0:
            status |= codes.ST_NEGATIVE
        reading.status = status
        reading.numeric = True
        if self.cycle is not None:
            self.cycle.follow(reading)

    def tap(self) -> int:
        """The net weight of the last 100 ms in fine units, for dosing; only while `numeric`."""
        return self._scale.fine(self.filter.tap) - self.origin.offset - self._tare.fine
