"""What is wrong with the instrument, for as long as it is (OIML R 76-1, 5.1 and 5.2).

Owns: the name of the present fault, the alarm's output, and when the fault is to be recorded.
Refuses: nothing.
Units: milliseconds of uptime.

A fault is one that lasts a second: what passes sooner has only taken the number away. The alarm
ends two seconds after the fault (writing its record makes a gap, after which some faults have to
be found anew), or with the start that follows a lock. The same fault is recorded when it
begins, and again no sooner than after a pause that doubles from a minute to an hour: somebody who
pulls a plug all day shall not fill the journal.
"""

from steelyard_wire.shim import const

_LASTS_MS = const(1000)
_HOLD_MS = const(2000)
_PAUSE_MS = const(60000)
_MOST_MS = const(3600000)


class Alarm:
    """name: the fault, "" for none. pin: machine.Pin, high while there is one, or None."""

    def __init__(self, pin=None) -> None:
        self.pin = pin
        self._seen = ""
        self._since = 0
        self._last = 0
        self._told = {}  # name: (when it may be recorded again, the pause after that, times)
        self.name = ""
        self.locked = ""
        self.pending = ""  # what a record is due for

    def look(self, fault: str, now_ms: int) -> None:
        """Take notice of what is wrong now, "" for nothing."""
        fault = self.locked or fault
        if fault:
            self._last = now_ms
            if fault != self._seen:
                self._seen = fault
                self._since = now_ms
            lasting = self.locked or now_ms - self._since >= _LASTS_MS
            self._show(fault if lasting else self.name, now_ms)
        elif not self.name:
            self._seen = ""
        elif now_ms - self._last >= _HOLD_MS:
            self._seen = ""
            self._show("", now_ms)

    def _show(self, name: str, now_ms: int) -> None:
        if name == self.name:
            return
        self.name = name
        if self.pin is not None:
            self.pin(1 if name else 0)
        if name:
            self._begin(name, now_ms)

    def _begin(self, name: str, now_ms: int) -> None:
        again, pause, times = self._told.get(name, (0, _PAUSE_MS, 0))
        if now_ms >= again + _MOST_MS:
            pause = _PAUSE_MS
        if now_ms >= again:
            if name != "JOURNAL":  # there is nowhere to record it
                self.pending = name
            again = now_ms + pause
            pause = min(2 * pause, _MOST_MS)
        self._told[name] = (again, pause, times + 1)

    def note(self, name: str, now_ms: int) -> None:
        """Something was tried: it is recorded as a fault is, and shows nowhere."""
        self._begin(name, now_ms)

    def times(self, name: str) -> int:
        """How often a fault began since its last record."""
        return self._told[name][2]

    def recorded(self, name: str) -> None:
        """The record of a fault is written."""
        again, pause, _ = self._told[name]
        self._told[name] = (again, pause, 0)
        if self.pending == name:
            self.pending = ""
