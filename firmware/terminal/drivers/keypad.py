"""A keypad: twelve or sixteen keys where three or four columns cross four rows.

Owns: its pins, the debouncing. Refuses: nothing. Units: microseconds, polls.

At rest all rows are low, and a closed contact pulls its column low; then a row at a time is, and
tells which one. The rows pull low alone: two keys of a column do not set two outputs against each
other. Without a diode at each key, three keys on the corners of a rectangle look like four; so a
key counts while it is alone.
"""

from steelyard_wire.shim import const

_STEADY = const(3)  # polls that find the same, 30 ms at one in 10 ms
# A column rises through its pull-up: 80 kOhm (RP2040 data sheet, 5.5.3) with 200 pF of a ribbon
# cable take 15 us from 0 to 2 V of 3.3 V.
_RISE_US = const(50)
_NAMES = "123A456B789C*0#D"


class Keypad:
    """rows: four machine.Pin, open drain and low; columns: three or four, inputs with pull-ups.

    sleep_us: as of `time`.
    """

    def __init__(self, rows, columns, sleep_us) -> None:
        self._rows = rows
        self._columns = columns
        self._sleep_us = sleep_us
        self._seen = 0
        self._polls = 0
        self._told = 0

    def _any(self) -> bool:
        for column in self._columns:
            if not column():
                return True
        return False

    def _all_rows(self, level: int) -> None:
        for row in self._rows:
            row(level)

    def _closed(self) -> int:
        """A bit for each closed contact, four for a row."""
        if not self._any():
            return 0
        found = 0
        shift = 0
        self._all_rows(1)
        for row in self._rows:
            self._sleep_us(_RISE_US)
            row(0)
            for place, column in enumerate(self._columns):
                if not column():
                    found |= 1 << shift + place
            row(1)
            shift += 4
        self._all_rows(0)
        return found

    def poll(self) -> "str | None":
        """A key that has just been pressed, of 0 to 9, "*", "#" and A to D; a held one comes once.

        Keys that are down at once are none; the last one that stays comes then.
        """
        closed = self._closed()
        self._told &= closed
        if closed != self._seen:
            self._seen = closed
            self._polls = 0
        if self._polls < _STEADY:
            self._polls += 1
        if self._polls < _STEADY or self._told or not closed or closed & closed - 1:
            return None
        self._told = closed
        place = 0
        while closed > 1:
            closed >>= 1
            place += 1
        return _NAMES[place]


def make(wiring, machine, time) -> Keypad:
    """The keypad of KEYPAD in a board file; machine and time: the modules."""
    rows = [machine.Pin(pin, machine.Pin.OPEN_DRAIN, value=0) for pin in wiring["rows"]]
    columns = [machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP) for pin in wiring["columns"]]
    return Keypad(rows, columns, time.sleep_us)
