"""Who puts loads on a scale: a person, the world of a virtual terminal, a machine.

Owns: what each is told, and how long a load may ring. The machine's line is the interface of a
weight handler or an inspection robot (docs/factory.md): a line of ASCII, `ok` or `error WHY`.
Refuses: with UserError, a machine that is silent, or says what is wrong; units it does not have.
Units: loads in the terminal's unit; seconds; Celsius.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import TypeVar

import serial

from steelyard.commands.hands import Prompt
from steelyard.errors import NO_DEVICE, REFUSED, USAGE, UserError
from steelyard.factory.measurement import RIGHT, UNSEEN, WRONG, text
from steelyard.output import errors
from steelyard.port import drop_what_came, open_port, read_what_came
from steelyard.simulator import World

_GONE: tuple[type[Exception], ...] = (OSError, serial.SerialException)
with suppress(ImportError):  # there is none on Windows
    import termios

    _GONE += (termios.error,)  # what emptying the buffer of a port that is gone ends with

T = TypeVar("T")
_REST_S = 3.0
_ROUGH = 1000  # a heap is so much off at first
_MARGIN_S = 0.5  # of board time, for what a command takes beside what it waits for
_BEFORE_S = 4.0  # of a change that is listened to: the platform at rest
_PIECE_S = 5.0  # of board time, between two looks for Ctrl-C
_LAST_S = 10.0  # for the platform to be emptied, by a machine that may be dead
_CARRY_S = 120.0  # a handler may drive a load of tonnes


def _beside(move: Callable[[], None], action: Callable[[], T]) -> T:
    """What `action` gives while `move` goes on in a thread of its own."""
    other = threading.Thread(target=move, daemon=True)
    other.start()
    try:
        return action()
    finally:
        other.join()


def correction(heap: str, more: Fraction, unit: str) -> str:
    """What is still to be done to a heap of material, in words."""
    how = f"Add {text(more)} {unit} to" if more > 0 else f"Take {text(-more)} {unit} from"
    return f"{how} {heap}"


class Person:
    """Somebody at the scale, who does what is printed and presses Enter.

    ask: a question, and what is typed as the answer; without it nobody is asked.
    """

    def __init__(self, unit: str, prompt: Prompt, ask: Callable[[str], str] | None = None) -> None:
        self._unit = unit
        self._prompt = prompt
        self._ask = ask

    def put(self, load: Fraction, place: str = "centre", pieces: Sequence[str] = ()) -> None:
        """See instrument.Hands."""
        text_ = f"Have {text(load)} {self._unit} on the platform" if load else "Take all off"
        text_ += f" ({', '.join(pieces)})" if pieces else ""
        self._prompt(text_ + (f", {place}" if place != "centre" else ""))

    def fill(self, load: Fraction, heaps: Sequence[str], more: Fraction) -> None:
        """See instrument.Hands."""
        if not more:
            self._prompt(
                f"Take the weights off, and put {heaps[-1]} in their place: with what lies there"
                f" about {text(load)} {self._unit}"
            )
        else:
            self._prompt(correction(heaps[-1], more, self._unit))

    def push(self, load: Fraction) -> None:
        """See instrument.Hands."""
        self._prompt("Press on the platform, let go and press Enter at the same moment")

    def wait(self, seconds: float) -> None:
        """See instrument.Hands."""
        if seconds > 60:
            self._prompt(f"Leave everything as it is for {seconds / 60:g} minutes")
        else:
            time.sleep(seconds)

    def passing(self, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""
        return action()

    def meanwhile(self, load: Fraction, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""
        what = f"Put {text(load)} {self._unit} on" if load else "Take everything off"
        errors.print(f"{what} NOW, in one go, and let go of it", markup=False)
        return action()

    def air(self, celsius: float) -> None:
        """See instrument.Hands."""
        self._prompt(f"Have the scale at {celsius:g} degrees Celsius for two hours")

    def look(self, what: Sequence[str]) -> list[str]:
        """See instrument.Hands: Enter says that all is so, numbers name what is not."""
        if self._ask is None:
            return [UNSEEN] * len(what)
        numbers = [str(number) for number in range(1, len(what) + 1)]
        question = "\n".join(f"{number} {one}" for number, one in zip(numbers, what, strict=True))
        while True:
            wrong = self._ask(
                f"{question}\nEnter: all of it is so; else the numbers of what is not:"
            )
            found = wrong.replace(",", " ").split()
            if set(found) <= set(numbers):
                return [WRONG if number in found else RIGHT for number in numbers]

    def told(self, why: str) -> bool:
        """See instrument.Hands: whoever is told what to do by a list has no other load."""
        return False

    def let_go(self) -> None:
        """Nothing to be given back."""


class Simulated:
    """The world of a virtual terminal, whose time passes only while it is waited for.

    errors: what a weight weighs more than its nominal value, by its mark. halt: set when
    everything is to stop, as by Ctrl-C.
    """

    def __init__(
        self,
        world: World,
        unit: str,
        errors: Mapping[str, Fraction] | None = None,
        halt: threading.Event | None = None,
    ) -> None:
        if unit not in ("kg", "g"):
            raise UserError(USAGE, f"the virtual world has kg and g, not {unit}")
        self._world = world
        self._unit = unit
        self._errors = dict(errors or {})
        self._halt = halt or threading.Event()
        world("hold")

    def told(self, why: str) -> bool:
        """See instrument.Hands: whoever is told what to do by a list has no other load."""
        return False

    def look(self, what: Sequence[str]) -> list[str]:
        """See instrument.Hands: a world of a program sees nothing."""
        return [UNSEEN] * len(what)

    def let_go(self) -> None:
        """Time passes again as it did."""
        self._world("hold off")
        self._world.close()

    def put(self, load: Fraction, place: str = "centre", pieces: Sequence[str] = ()) -> None:
        """See instrument.Hands."""
        weighs = load + sum(self._errors.get(piece, Fraction(0)) for piece in pieces)
        self._world(f"place {text(weighs)} {self._unit} {place}" if load else "remove")
        self.wait(_REST_S)

    def fill(self, load: Fraction, heaps: Sequence[str], more: Fraction) -> None:
        """See instrument.Hands. The first scoops are off, as everybody's are."""
        heap = heaps[-1]
        self._errors[heap] = self._errors[heap] + more if more else load / _ROUGH
        self.put(load, pieces=heaps)

    def push(self, load: Fraction) -> None:
        """See instrument.Hands."""
        self._world(f"place {text(load * Fraction(104, 100))} {self._unit}")
        self.wait(0.15)
        self._world(f"place {text(load)} {self._unit}")
        self.wait(0.1)

    def wait(self, seconds: float) -> None:
        """See instrument.Hands."""
        left = seconds
        while left > _PIECE_S:
            self._world(f"advance {_PIECE_S:g} s")
            left -= _PIECE_S
            if self._halt.is_set():
                raise KeyboardInterrupt
        self._world(f"advance {left:g} s")

    def passing(self, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""

        def advance() -> None:
            # `action` says what is wrong, and ends when it has had its time.
            with suppress(UserError, KeyboardInterrupt):
                self.wait(seconds + _MARGIN_S)

        return _beside(advance, action)

    def meanwhile(self, load: Fraction, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""

        def move() -> None:
            with suppress(UserError, KeyboardInterrupt):  # as above
                self.wait(_BEFORE_S)
                self._world(f"place {text(load)} {self._unit}" if load else "remove")
                self.wait(seconds)

        return _beside(move, action)

    def air(self, celsius: float) -> None:
        """See instrument.Hands."""
        # Two hours of soaking, which a virtual body has at once.
        self._world(f"temperature {celsius:g} now")
        self.wait(60)


class Handler:
    """A weight handler on a serial line, or behind socket://HOST:PORT.

    It is told `PUT 5 kg centre`, `REMOVE`, `FILL`, `PUSH 5 kg`, `AIR 20`, and answers `ok` when
    that is done and nothing moves any more, `busy` while it works, `error WHY` where it cannot.
    halt: set when everything is to stop, as by Ctrl-C.
    """

    def __init__(
        self,
        address: str,
        unit: str,
        patience_s: float = _CARRY_S,
        halt: threading.Event | None = None,
    ) -> None:
        self._halt = halt or threading.Event()
        self.address = address
        self._unit = unit
        self._patience_s = patience_s
        self._line: serial.Serial = open_port(address)

    def told(self, why: str) -> bool:
        """See instrument.Hands: whoever is told what to do by a list has no other load."""
        return False

    def look(self, what: Sequence[str]) -> list[str]:
        """See instrument.Hands: a machine that puts weights on sees nothing."""
        return [UNSEEN] * len(what)

    def let_go(self) -> None:
        """Leaves the platform empty, if it still can, and gives the line back."""
        self._patience_s = min(self._patience_s, _LAST_S)
        self._halt = threading.Event()  # this is done after Ctrl-C, too
        with suppress(UserError):
            self._tell("REMOVE")
        self._line.close()

    def put(self, load: Fraction, place: str = "centre", pieces: Sequence[str] = ()) -> None:
        """See instrument.Hands."""
        where = place.replace(" ", "-")
        told = f"PUT {text(load)} {self._unit} {where} {' + '.join(pieces)}".rstrip()
        self._tell(told if load else "REMOVE")

    def fill(self, load: Fraction, heaps: Sequence[str], more: Fraction) -> None:
        """See instrument.Hands."""
        said = text(load) if not more else f"{'+' if more > 0 else ''}{text(more)}"
        self._tell(f"FILL {said} {self._unit} {' + '.join(heaps)}")

    def push(self, load: Fraction) -> None:
        """See instrument.Hands."""
        self._tell(f"PUSH {text(load)} {self._unit}")

    def wait(self, seconds: float) -> None:
        """See instrument.Hands."""
        if self._halt.wait(seconds):
            raise KeyboardInterrupt

    def passing(self, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""
        return action()

    def meanwhile(self, load: Fraction, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""
        failed: list[UserError] = []

        def move() -> None:
            time.sleep(_BEFORE_S)
            try:
                self.put(load)
            except UserError as error:
                failed.append(error)
            except KeyboardInterrupt:
                pass  # `action` is told of it, too

        found = _beside(move, action)
        if failed:
            raise failed[0]
        return found

    def air(self, celsius: float) -> None:
        """See instrument.Hands."""
        self._tell(f"AIR {celsius:g}")

    def _tell(self, command: str) -> None:
        try:
            drop_what_came(self._line)
            self._line.write(command.encode("ascii", "replace") + b"\n")
            answer = self._answer(command)
        except _GONE:
            raise UserError(
                NO_DEVICE, f"the weight handler at {self.address} is gone. Look at its cable"
            ) from None
        kind, _, why = answer.partition(" ")
        if kind != "ok":
            raise UserError(
                REFUSED,
                f"the weight handler at {self.address} did not do {command!r}:"
                f" {why or answer or 'no reason given'}. Put that right, then run this again",
            )

    def _answer(self, command: str) -> str:
        deadline = time.monotonic() + self._patience_s
        seen = b""
        while time.monotonic() < deadline:
            if self._halt.is_set():
                raise KeyboardInterrupt
            seen += read_what_came(self._line)
            while b"\n" in seen:
                line, _, seen = seen.partition(b"\n")
                said = line.decode("ascii", "replace").strip()
                if said and said != "busy":
                    return said
                deadline = time.monotonic() + self._patience_s
        raise UserError(
            NO_DEVICE,
            f"the weight handler at {self.address} did not answer {command!r} in"
            f" {self._patience_s:.0f} s. Is it switched on, and is this its port?",
        )
