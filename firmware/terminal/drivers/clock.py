"""Uptime and wall time of the terminal.

Owns: the milliseconds since boot, unwrapped, and the offset of universal time as last set.
Refuses: nothing; the status says how far the wall time can be trusted.
Units: up_ms in milliseconds, utc in seconds since 1970-01-01.

Stock boards have no battery-backed clock: after every boot the time is unknown until it is set.
"""

from steelyard_wire.shim import const

_UNKNOWN = const(0)
_SET_BY_OPERATOR = const(2)
_DRIFT_PPM = const(100)  # of a board's crystal over temperature; the bound grows with it


class Clock:
    """`time` is the time module; `update` must run at least every 2**28 ms (three days)."""

    def __init__(self, time) -> None:
        self._ticks_ms = time.ticks_ms
        self._diff = time.ticks_diff
        self._last = time.ticks_ms()
        self._up_ms = 0
        self._utc = 0
        self._set_at_ms = 0
        self.status = _UNKNOWN

    def up_ms(self) -> int:
        """Milliseconds since boot."""
        now = self._ticks_ms()
        self._up_ms += self._diff(now, self._last)
        self._last = now
        return self._up_ms

    def since(self, ticks: int) -> int:
        """Milliseconds since a time stamp of `ticks_ms` (at most 2**29 ms ago)."""
        return self._diff(self._ticks_ms(), ticks)

    def utc(self) -> "int | None":
        """Universal time in seconds, or None when it was never set since boot."""
        if self.status == _UNKNOWN:
            return None
        return self._utc + (self.up_ms() - self._set_at_ms) // 1000

    def quality(self) -> list:
        """[status, bound of the error in s or None], as record field 10 (trust.md 6.2)."""
        if self.status == _UNKNOWN:
            return [_UNKNOWN, None]
        age_s = (self.up_ms() - self._set_at_ms) // 1000
        return [self.status, 1 + age_s * _DRIFT_PPM // 1000000]

    def set(self, utc: int) -> None:
        """Take `utc` as the time now; the operator vouches for it."""
        self._utc = utc
        self._set_at_ms = self.up_ms()
        self.status = _SET_BY_OPERATOR
