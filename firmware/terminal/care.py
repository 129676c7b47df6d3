"""What a terminal does by itself while time passes: the warm-up's end, the alarm, the checks.

Owns: the order of "take the number away, alarm, record" (OIML R 76-1, 5.1, 5.2; metrology.md 6.3).
Refuses: nothing.
Units: milliseconds of uptime.
"""

from steelyard_wire import codes

from terminal.weighing.weigher import NOT_BROKEN

_SUPPLY_MS = 50


class Care:
    """The part of operations.Terminal that looks after it; it has the state."""

    def attend(self) -> None:
        """What the time brings, between samples: the end of the warm-up, a zero to be stored."""
        weigher = self.weigher
        now_ms = self.clock.up_ms()
        if weigher.blank & codes.ST_WARM_UP and now_ms >= self.config.warm_up_s * 1000:
            weigher.blank &= ~codes.ST_WARM_UP
        self.alarm.look(self._fault(now_ms), now_ms)
        self.keep_zero()

    def _fault(self, now_ms: int) -> str:
        """What is wrong now; a supply that is too low takes the number away (3.9.3)."""
        weigher = self.weigher
        if self.supply is not None and now_ms >= self._supplied_ms:
            self._supplied_ms = now_ms + _SUPPLY_MS
            before = self.supply.low
            if self.supply.look() is not before:
                weigher.blank ^= codes.ST_BROWN_OUT
                weigher.restart()  # what was sampled meanwhile is no weight
        if weigher.blank & codes.ST_BROWN_OUT:
            return "SUPPLY"
        fault = weigher.reading.fault
        return codes.FAULTS[fault] if fault not in NOT_BROKEN else ""

    def lock(self, name: str) -> None:
        """A check has failed: no weight any more, until a start finds everything right."""
        self.alarm.locked = name
        self.weigher.blank |= codes.ST_LOCKED
