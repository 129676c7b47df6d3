"""Somebody at the scale with one hand free: what to put on, what lies there, when it is taken.

Owns: the dialogue. A load is taken by itself when it lies still and is the one that was asked for;
Enter takes what lies there, Backspace goes back a load, q gives up. Nothing else is a key.
Refuses: with UserError, when somebody gives up.
Units: loads in the terminal's unit, exact (Fraction); seconds.
"""

from __future__ import annotations

import textwrap
import threading
import time
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeVar

from steelyard.calibration import GoBack
from steelyard.client import Terminal
from steelyard.errors import INTERRUPTED, DeviceRefused, UserError
from steelyard.factory.hands import correction
from steelyard.factory.measurement import RIGHT, WRONG, Scale, text
from steelyard.keyboard import BACK, ENTER, QUIT, Keyboard
from steelyard.reading import Reading

T = TypeVar("T")
_LOOK_S = 0.15
_STILL = 3  # readings at rest, so that the hand has left it
_NEAR = Fraction(1, 50)  # of the load, and so many e: what a bad scale may be off, no other weight
_NEAR_E = 10
_WIDTH = 24
_LINE = 76  # of a screen: what is longer would be cut off
_TAKES, _DONE = "Enter takes what lies there", "Enter says that it is done"
_BACK, _QUITS = "Backspace goes back one load", "q gives up"
_EXPECTED = ("STABLE", "UNCALIBRATED")  # said in words of people
_LATE_S = 0.7  # Enter that comes sooner was meant for the load before, which was taken already
_COMING_S = 5.0  # likewise, while the scale shows that nothing was put on yet
_READY_S = 3  # of a change that is listened to: the platform at rest


def _span(seconds: float) -> str:
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


class Technician:
    """Hands that are a person's; see above. draw: shows what is asked for, what is so, and the
    keys, in place.

    weighs: False while the terminal has no calibration that could tell a load. stays: what is so
    when somebody gives up.
    """

    def __init__(
        self,
        terminal: Terminal,
        scale: Scale,
        keys: Keyboard,
        draw: Callable[[str, str, str], None],
        weighs: bool = True,
        stays: str = "",
    ) -> None:
        self._stays = stays
        self._terminal = terminal
        self._scale = scale
        self._keys = keys
        self._draw = draw
        self.weighs = weighs
        self.may_go_back = False
        self._last = Fraction(-1)
        self._just_put = Fraction(-1)  # when it was told to, so that nobody is asked again

    def told(self, why: str) -> bool:
        """See instrument.Hands."""
        self.ask(why)
        return True

    def let_go(self) -> None:
        """Nothing to be given back."""

    def put(self, load: Fraction, place: str = "centre", pieces: Sequence[str] = ()) -> None:
        """Ask for a load, and wait until it lies there."""
        what = self._asked(load, place, pieces)
        still = 0
        said = ""
        # A small weight beside the load is not seen from far: who puts it on says so.
        near = abs(load - self._last) <= self._tolerance(max(load, self._last))
        by_key = near and load != self._last
        self._last = load
        there = load == self._just_put
        self._just_put = Fraction(-1)
        self._keys.forget()  # what was pressed before is no answer to this
        asked = time.monotonic()
        while True:
            reading = self._look()
            lies = there or (self._lies(reading, load) and not by_key)
            still = still + 1 if lies and reading is not None and reading.stable else 0
            live = "waits until it is still" if there else self._live(reading, load)
            self._draw(what, said or live, self._usable(_TAKES))
            if still >= _STILL:
                return
            said = "" if lies or by_key else self._wrong(reading, load)
            key = self._keys.key(_LOOK_S)
            # Of a load that is seen to be not there yet, it was meant for another.
            coming = not (lies or by_key or said or self._shown(reading) is None)
            late = _COMING_S if coming else _LATE_S
            if key == ENTER and time.monotonic() > asked + late:
                return
            self._other(key)

    def fill(self, load: Fraction, heaps: Sequence[str], more: Fraction) -> None:
        """See instrument.Hands: how much is missing is shown while it is put on."""
        what = f"Take the weights off, and put {heaps[-1]} in their place"
        if more:
            what = correction(heaps[-1], more, self._scale.unit)
        self._last = load
        self._keys.forget()
        now = self._shown(self._look())
        while True:
            shown = self._shown(self._look())
            missing = ""
            if now is not None and shown is not None:
                missing = f"{text(now + more - shown)} {self._scale.unit} to go. "
            self._draw(what, f"{missing}Enter when it lies still", self._usable(_DONE))
            key = self._keys.key(_LOOK_S)
            if key == ENTER:
                return
            self._other(key)

    def _usable(self, enter: str) -> str:
        """The keys that do something now."""
        back = (_BACK,) if self.may_go_back else ()
        return ", ".join((enter, *back, _QUITS))

    def _other(self, key: str) -> None:
        if key == BACK and self.may_go_back:
            raise GoBack
        if key == QUIT:
            stays = f"; {self._stays}" if self._stays else ""
            raise UserError(INTERRUPTED, f"given up{stays}")

    def _asked(self, load: Fraction, place: str, pieces: Sequence[str]) -> str:
        if not load:
            return "Take everything off"
        made = f" ({' + '.join(pieces)})" if pieces else ""
        where = f", {place}" if place != "centre" else ""
        return f"Put {text(load)} {self._scale.unit}{made} on{where}"

    def _look(self) -> Reading | None:
        try:
            return self._terminal.reading()
        except DeviceRefused:
            return None

    def _lies(self, reading: Reading | None, load: Fraction) -> bool:
        shown = self._shown(reading)
        return shown is not None and abs(shown - load) <= self._tolerance(load)

    def _shown(self, reading: Reading | None) -> Fraction | None:
        """The gross weight, as far as the terminal can tell one."""
        if not self.weighs or reading is None or reading.value is None:
            return None
        return Fraction(reading.gross or reading.value)

    def _tolerance(self, load: Fraction) -> Fraction:
        """How far from a load the indication of a bad scale may be."""
        return max(_NEAR * load, _NEAR_E * self._scale.interval(load))

    def _wrong(self, reading: Reading | None, load: Fraction) -> str:
        """What lies there at rest, if it is another load."""
        shown = self._shown(reading)
        if shown is None or reading is None or not reading.stable:
            return ""
        if abs(shown) <= _NEAR_E * self._scale.e:
            return ""  # the load is on its way
        return f"{text(shown)} {reading.unit} lie there. Enter takes it all the same"

    def _live(self, reading: Reading | None, load: Fraction) -> str:
        shown = self._shown(reading)
        if shown is None or reading is None:
            when = "Enter when it lies there" if load else "Enter when it is empty"
            return f"{self._no_weight(reading)}. {when}"
        full = round(min(max(shown / self._scale.most, Fraction(0)), Fraction(1)) * _WIDTH)
        bar = "█" * full + "░" * (_WIDTH - full)
        still = "still" if reading.stable else "moves"
        off = f"{float(shown - load):+g}" if self._lies(reading, load) else ""
        return f"{bar} {text(shown)} {reading.unit}  {still}  {off}"

    def _no_weight(self, reading: Reading | None) -> str:
        if reading is None:
            return "no weight yet"
        flags = [flag for flag in reading.flags if flag not in _EXPECTED]
        if flags or reading.fault != "NONE":
            return ", ".join(flags) or reading.fault
        why = "no weight yet" if self.weighs else "not calibrated yet"
        return f"{why}, {'still' if reading.stable else 'moves'}"

    # --- what has no load to be seen by ----------------------------------------------------------

    def ask(self, what: str) -> None:
        """Have something done, and Enter pressed."""
        self._keys.forget()
        self._draw(what, "then press Enter", self._usable(_DONE))
        while True:
            key = self._keys.key(1.0)
            if key == ENTER:
                return
            self._other(key)

    def look(self, what: Sequence[str]) -> list[str]:
        """See instrument.Hands: one key for all of it that is so, a digit for what is not."""
        self._keys.forget()
        wrong: set[int] = set()
        while True:
            rows = [
                textwrap.fill(
                    f"{number} {'NOT SO: ' if number in wrong else ''}{one}",
                    _LINE,
                    subsequent_indent="  ",
                )
                for number, one in enumerate(what, 1)
            ]
            said = "Enter: the others are so" if wrong else "Enter: all of it is so"
            self._draw("Look at the scale", "\n".join(rows), f"{said}; a digit: that is not so")
            key = self._keys.key(1.0)
            if key == ENTER:
                return [WRONG if at in wrong else RIGHT for at in range(1, len(what) + 1)]
            if key.isdecimal() and 1 <= int(key) <= len(what):
                wrong ^= {int(key)}
            else:
                self._other(key)

    def push(self, load: Fraction) -> None:
        """See instrument.Hands."""
        self.ask("Press on the platform, let go and press Enter at the same moment")

    def wait(self, seconds: float) -> None:
        """See instrument.Hands."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if seconds > 5:
                self._draw("Leave everything as it is", _span(left), _QUITS)
            key = self._keys.key(min(left, 0.5))
            if key == QUIT:
                self._other(key)

    def passing(self, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""
        return action()

    def meanwhile(self, load: Fraction, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""
        what = f"Put {text(load)} {self._scale.unit} on" if load else "Take everything off"

        def count() -> None:
            for left in range(_READY_S, 0, -1):
                self._draw(f"{what} when it says NOW, in one go", f"in {left} s", "")
                time.sleep(1.0)
            self._draw(f"{what} NOW", "and let go of it" if load else "", "")

        counting = threading.Thread(target=count, daemon=True)
        counting.start()
        try:
            found = action()
        finally:
            counting.join()
        self._just_put = load
        return found

    def air(self, celsius: float) -> None:
        """See instrument.Hands."""
        self.ask(f"Have the scale at {celsius:g} degrees Celsius for two hours")
