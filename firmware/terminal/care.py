"""What a terminal does by itself while time passes: the warm-up's end, the alarm, the checks.

Owns: the order of "take the number away, alarm, record" (OIML R 76-1, 5.1, 5.2; metrology.md 6.3).
Refuses: nothing.
Units: milliseconds of uptime.
"""

from steelyard_wire import codes

from terminal.weighing.requests import NOT_BROKEN

# The span check: there is no number before it and while it measures.
DUE = 1
MEASURING = 2
_SUPPLY_MS = 50
_LEAN_MS = 250
_WARMTH_MS = 1000


class Care:
    """The part of operations.Terminal that looks after it; it has the state."""

    def attend(self) -> None:
        """What the time brings, between samples: the end of the warm-up, a zero to be stored."""
        weigher = self.weigher
        now_ms = self.clock.up_ms()
        warm = now_ms >= self.config.warm_up_s * 1000 and not self.checking
        if warm and weigher.blank & codes.ST_WARM_UP:
            weigher.blank &= ~codes.ST_WARM_UP
        if self.thermometer is not None and now_ms - self._warmed_ms >= _WARMTH_MS:
            self.look_at_temperature()
        latch = self.latch
        if self.sealed and latch is not None and not weigher.blank & codes.ST_CASE_OPEN:
            if latch.opened():
                self.lock("CASE")  # its record follows, by what the alarm is for
                weigher.blank |= codes.ST_CASE_OPEN
        self.alarm.look(self._fault(now_ms), now_ms)
        self.keep_zero()

    def look_at_temperature(self) -> None:
        """Have the weigher follow the load cell's temperature; without it no compensation, and
        no weight of a scale that has one."""
        weigher = self.weigher
        lag_s = self.calibration.lag_s if self.calibration else 0
        seconds = (self.clock.up_ms() - self._warmed_ms) // _WARMTH_MS
        self._warmed_ms += seconds * _WARMTH_MS
        air = self.thermometer.celsius() if self.thermometer else None
        weigher.set_temperature(self.warmth.step(air, seconds, lag_s))
        if (lag_s > 0 and air is None) != (weigher.blank & codes.ST_TEMPERATURE > 0):
            weigher.blank ^= codes.ST_TEMPERATURE

    def opened(self) -> bool:
        """Whether the case was opened and no record says so yet."""
        open_now = self.weigher.blank & codes.ST_CASE_OPEN
        return open_now > 0 and self.locks is not None and self.locks[2] is None

    def _fault(self, now_ms: int) -> str:
        """What is wrong now; a supply that is too low takes the number away (3.9.3), and a scale
        that leans too far (3.9.1.1)."""
        weigher = self.weigher
        if self.supply is not None and now_ms >= self._supplied_ms:
            self._supplied_ms = now_ms + _SUPPLY_MS
            self._blank_if(codes.ST_BROWN_OUT, self.supply.look())
        if self.tilt is not None and now_ms >= self._leant_ms:
            self._leant_ms = now_ms + _LEAN_MS
            now = weigher.tilt = self.tilt.look()
            level = self.calibration and self.calibration.tilt or (0, 0)
            self._blank_if(codes.ST_TILT, now is None or self.tilt.beyond(now, level))
        if weigher.blank & codes.ST_BROWN_OUT:
            return "SUPPLY"
        if weigher.blank & codes.ST_TILT:
            return "TILT"
        if weigher.blank & codes.ST_TEMPERATURE:
            return "THERMOMETER"
        fault = weigher.reading.fault
        if fault not in NOT_BROKEN:
            return codes.FAULTS[fault]
        # It weighs, and registers nothing. Without an identity it is not open yet.
        lost = self.identity is not None and (self.journal.full or self.journal.fault)
        return "JOURNAL" if lost else ""

    def idle(self) -> bool:
        """Whether nobody minds if some samples are lost: it stands at zero, nobody calibrates or
        listens to its samples."""
        zero = codes.ST_STABLE | codes.ST_CENTRE_ZERO
        unused = self.recorder is not None and self.tap is None and self.session is None
        return unused and self.weigher.reading.status & zero == zero

    def _blank_if(self, bit: int, wrong: bool) -> None:
        weigher = self.weigher
        if wrong is not (weigher.blank & bit > 0):
            weigher.blank ^= bit
            weigher.restart()  # what was sampled meanwhile is no weight

    def doubt(self, wrong: bool) -> None:
        """The span is another than that of the calibration: no weight, until there is a new one
        or a start finds it right. Or it is not."""
        if wrong:
            self.alarm.locked = "SPAN"
            self.weigher.blank |= codes.ST_UNCALIBRATED
        else:
            self.weigher.blank &= ~codes.ST_UNCALIBRATED
            if self.alarm.locked == "SPAN":
                self.alarm.locked = ""

    def lock(self, name: str) -> None:
        """A check has failed: no weight any more, until a start finds everything right."""
        self.alarm.locked = name
        self.weigher.blank |= codes.ST_LOCKED
