"""A scale under test: loads in, indications out, errors before rounding.

Owns: A.4.4.3 of OIML R 76-1 as a procedure (weights of a tenth of e are added until the indication
is one interval more, so that rounding and display are tested too), and its short cut by the
terminal's own tenths of d.
Refuses: UserError, a terminal that gives no weight.
Units: loads, indications and errors in the terminal's unit, exact (Fraction); seconds; Celsius.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Protocol, TypeVar

from steelyard_wire.codes import EXTENDED

from steelyard.client import Terminal
from steelyard.errors import REFUSED, DeviceRefused, UserError
from steelyard.factory import scales
from steelyard.factory.loading import Loading
from steelyard.factory.measurement import Judged, before_rounding, text
from steelyard.factory.sheet import Sheet, Wanted

TENTH = 10
_EXTENDED_S = 6  # tenths of d are shown for five
_TAPS = 10  # readings of 100 ms whose mean is the net weight
T = TypeVar("T")
METHODS = ("changeover", "fine")


class Hands(Protocol):
    """Who puts loads on, waits and heats. pieces: marks of the weights that make the load."""

    def put(self, load: Fraction, place: str = "centre", pieces: Sequence[str] = ()) -> None:
        """Have just this load on the platform, and it has come to rest."""

    def fill(self, load: Fraction, heaps: Sequence[str], more: Fraction) -> None:
        """Have nothing but these heaps of material on, which are to weigh `load` together.

        Only the last is touched. more: how much it still has to become more (less: < 0); 0 at its
        begin, when it takes the place of weights.
        """

    def push(self, load: Fraction) -> None:
        """Disturb the load that lies there: press on the platform and let go."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def passing(self, seconds: float, action: Callable[[], T]) -> T:
        """What `action` gives, for which so much time has to pass on the terminal."""

    def meanwhile(self, load: Fraction, seconds: float, action: Callable[[], T]) -> T:
        """What `action` gives, which listens to the platform for so long: a few seconds after its
        begin just this load gets there."""

    def air(self, celsius: float) -> None:
        """Have everything at this temperature."""

    def look(self, what: Sequence[str]) -> list[str]:
        """What a person says who looks: RIGHT or WRONG of each; UNSEEN where nobody can look."""

    def told(self, why: str) -> bool:
        """Say what was wrong with a load; whether another will be put on when it is asked for."""

    def let_go(self) -> None:
        """The work is over."""


class Instrument:
    """The scale under test, as its terminal says that it is, and whoever handles it.

    gravity: that of here over that of the place for which it was adjusted.
    method: how the weight before rounding is found, "changeover" or "fine". loading: of which
    weights a load is made; without it loads are what they are called.
    """

    def __init__(
        self,
        terminal: Terminal,
        hands: Hands,
        method: str = METHODS[0],
        loading: Loading | None = None,
        gravity: Fraction = Fraction(1),
    ) -> None:
        self.terminal = terminal
        self.hands = hands
        self.method = method
        self.scale = scales.of_config(terminal.config())
        self.at_zero = Fraction(0)  # E0, which every error is less
        self.used: set[str] = set()
        self.loading = loading
        self._gravity = gravity

    @property
    def e(self) -> Fraction:
        """e near zero."""
        return self.scale.e

    def indication(self) -> Fraction:
        """The net weight that is shown at rest; UserError where none is shown."""
        for _ in range(40):
            reading = self.terminal.reading()
            if reading.value is not None and reading.stable:
                return Fraction(reading.value)
            self.hands.wait(0.5)
        raise UserError(
            REFUSED,
            f"the terminal shows no stable weight ({', '.join(reading.flags) or reading.fault}):"
            " `steelyard doctor` says why",
        )

    def _made(self, load: Fraction) -> tuple[Fraction, tuple[str, ...]]:
        """(what it weighs, its pieces) of a load as it is called."""
        if self.loading is None or not load:
            return load, ()
        made = self.loading(load)
        return made.mass, made.marks

    def shown(self, load: Fraction, place: str = "centre") -> Fraction:
        """The indication of a load."""
        return self.beside(load, Fraction(0), place)

    def beside(self, load: Fraction, added: Fraction, place: str = "centre") -> Fraction:
        """The indication of a load with small weights beside it, which no set has to make."""
        return self._shown(load + added, place, self.pieces(load))

    def _shown(self, load: Fraction, place: str, pieces: Sequence[str]) -> Fraction:
        self.used.update(pieces)
        self.hands.put(load, place, pieces)
        return self.indication()

    def pieces(self, load: Fraction) -> tuple[str, ...]:
        """The marks of the weights that make a load."""
        return self._made(load)[1]

    def read(
        self, load: Fraction, place: str = "centre", method: str = "", net: bool = False
    ) -> dict[str, str]:
        """Raw readings of a load, from which the weight before rounding follows.

        load (what it weighs), indication, and added or fine; pieces, where it is made of some.
        net: there is a tare, and it is the net weight that counts.
        """
        weighs, pieces = self._made(load)
        found = {"load": text(weighs)}
        if weighs != load:
            found["nominal"] = text(load)  # by which the limit was declared
        if self._gravity != 1:
            found["gravity"] = str(self._gravity)
        return {**found, **self.read_of(load, pieces, place, method, net=net)}

    def read_of(
        self,
        load: Fraction,
        pieces: Sequence[str],
        place: str = "centre",
        method: str = "",
        *,
        net: bool = False,
    ) -> dict[str, str]:
        """The same of a load that is made of just these pieces, without what it weighs."""
        first = self._shown(load, place, pieces)
        found = {"indication": text(first)}
        if pieces:
            found["pieces"] = " ".join(pieces)
        if (method or self.method) == "fine":
            return {**found, "fine": text(self._net() if net else self._fine())}
        e = self.scale.interval(first)
        for tenths in range(1, 16):
            added = tenths * e / TENTH
            self.hands.put(load + added, place, pieces)
            if self.indication() >= first + e:
                return {**found, "added": text(added)}
        raise UserError(REFUSED, f"at {float(load):g} one and a half e do not change the weight")

    def _fine(self) -> Fraction:
        """The gross weight in tenths of d, at rest."""
        for _ in range(40):
            self.terminal.extend()
            reading = self.terminal.reading()
            if reading.fine is not None and reading.stable:
                return Fraction(reading.fine)
            self.hands.wait(0.5)
        raise UserError(
            REFUSED,
            "the terminal shows no tenths of d at rest: `steelyard doctor` says why. In direct"
            ' sale it never does: take the method "changeover"',
        )

    def _net(self) -> Fraction:
        """The net weight with more digits: what a terminal shows in tenths of d is gross.

        The mean of what it showed of 100 ms at a time.
        """
        found: list[Fraction] = []
        for _ in range(10 * _TAPS):
            reading = self.terminal.reading()
            if reading.tap is not None and reading.stable:
                found.append(Fraction(reading.tap))
                if len(found) == _TAPS:
                    return round(sum(found, Fraction(0)) / _TAPS / self.e * 100) * self.e / 100
            self.hands.wait(0.1)
        raise UserError(
            REFUSED,
            'the terminal shows no net weight of 100 ms at rest: take the method "changeover"',
        )

    def register(self, nonce: bytes | None = None) -> tuple[int, bytes]:
        """Have the present weight signed: (n, the record's bytes). Who asked for tenths of d
        before has to wait until they are gone."""
        for _ in range(_EXTENDED_S):
            try:
                return self.terminal.register(nonce)
            except DeviceRefused as refused:
                if refused.code != EXTENDED:
                    raise
            self.hands.wait(1.0)
        return self.terminal.register(nonce)

    def before_rounding(self, raw: dict[str, str]) -> Fraction:
        """P of raw readings."""
        return before_rounding(self.scale, raw)

    def measure(self, sheet: Sheet, one: Wanted) -> Judged:
        """The error of a declared load, less that at zero."""
        found = self.read(one.load, one.known.get("place", "centre"))
        return sheet.enter(one.name, **found, at_zero=text(self.at_zero))

    def zero(self, sheet: Sheet, name: str = "zero", *, again: bool = True) -> Judged:
        """Set zero (again: anew) and measure E0, from now on taken from every error.

        With 10 e where zero-tracking would take it away.
        """
        self.hands.put(Fraction(0))
        if again:
            self.indication()
            self.terminal.zero()
        found = self.read(10 * self.e if self.scale.tracking else Fraction(0))
        judged = sheet.enter(name, **found)
        self.at_zero = judged.value
        return judged

    def near(self, load: Fraction) -> Fraction:
        """A load in whole intervals, five below Max at most: beyond it nothing may be shown."""
        e = self.scale.interval(load)
        return min(round(load / e) * e, self.scale.most - 5 * self.scale.ranges[-1][1])
