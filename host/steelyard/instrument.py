"""A scale under test: loads in, indications out, errors by the changeover point.

Owns: A.4.4.3 of OIML R 76-1 as a procedure (weights of a tenth of e are added until the indication
is one interval more, so that rounding and display are tested too), and what a row of a test is.
Refuses: UserError, a terminal that gives no weight.
Units: loads, indications and errors in the terminal's unit, exact (Fraction); seconds; Celsius.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from steelyard_wire.classes import lowest_min
from steelyard_wire.quantity import unit_name

from steelyard.client import Terminal
from steelyard.errors import REFUSED, UserError
from steelyard.r76 import Range, before_rounding, interval, mpe

TENTH = 10


class Hands(Protocol):
    """Who puts loads on, waits and heats."""

    def put(self, load: Fraction, place: str = "centre") -> None:
        """Have just this load on the platform, and it has come to rest."""

    def push(self, load: Fraction) -> None:
        """Disturb the load that lies there: press on the platform and let go."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def air(self, celsius: float) -> None:
        """Have everything at this temperature."""


@dataclass
class Row:
    """One measurement. added: what made the indication one e more; limit: of the error."""

    what: str
    load: Fraction
    indication: Fraction
    added: Fraction | None
    error: Fraction
    limit: Fraction

    @property
    def passed(self) -> bool:
        """Whether the error is within its limit."""
        return abs(self.error) <= self.limit


@dataclass
class Section:
    """The rows of one clause."""

    name: str
    clause: str
    rows: list[Row] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether there are rows and each passed."""
        return bool(self.rows) and all(row.passed for row in self.rows)


class Instrument:
    """The scale under test, as its terminal says that it is, and whoever handles it."""

    def __init__(self, terminal: Terminal, hands: Hands) -> None:
        self.terminal = terminal
        self.hands = hands
        values = {name: int(value) for name, value in terminal.config().items()}
        one = Fraction(10) ** values["exp10"]
        pairs = [("max_1", "e_1"), ("max_2", "e_2"), ("max", "e")]
        self.ranges: list[Range] = [
            (values[most] * one, values[e] * one) for most, e in pairs if values[most]
        ]
        self.accuracy = values["class"]
        e = self.ranges[0][1]
        exact = (values["unit"], values["exp10"], int(e / one))
        self.least = (values["min"] or lowest_min(self.accuracy, *exact)) * one
        self.most = self.ranges[-1][0]
        self.e = e
        self.tracking = bool(values["tracking"])
        self.unit = unit_name(values["unit"])
        self.at_zero = Fraction(0)  # E0, which every error is less

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

    def shown(self, load: Fraction, place: str = "centre") -> Fraction:
        """The indication of a load."""
        self.hands.put(load, place)
        return self.indication()

    def changeover(self, load: Fraction, place: str = "centre") -> tuple[Fraction, Fraction]:
        """(indication, what was added until it was one e more) of a load."""
        first = self.shown(load, place)
        e = interval(self.ranges, first)
        for tenths in range(1, 16):
            added = tenths * e / TENTH
            if self.shown(load + added, place) >= first + e:
                return first, added
        raise UserError(REFUSED, f"at {float(load):g} one and a half e do not change the weight")

    def measure(self, what: str, load: Fraction, net: Fraction | None = None, **more: str) -> Row:
        """The error of a load, less that at zero, against the maximum permissible one.

        net: what should be shown, where there is a tare.
        """
        wanted = load if net is None else net
        first, added = self.changeover(load, more.get("place", "centre"))
        off = before_rounding(first, interval(self.ranges, first), added) - wanted
        limit = mpe(self.accuracy, self.ranges, wanted)
        return Row(what, load, first, added, off - self.at_zero, limit)

    def zero(self) -> Row:
        """Set zero; E0, measured with 10 e where tracking would take it away."""
        self.hands.put(Fraction(0))
        self.indication()
        self.terminal.zero()
        return self.zero_error("zero", self.e / 4)

    def zero_error(self, what: str, limit: Fraction) -> Row:
        """E0 at or near zero, from now on taken from every error."""
        load = 10 * self.e if self.tracking else Fraction(0)
        first, added = self.changeover(load)
        self.at_zero = before_rounding(first, self.e, added) - load
        return Row(what, load, first, added, self.at_zero, limit)

    def near(self, load: Fraction) -> Fraction:
        """A load in whole intervals, five below Max at most: beyond it nothing may be shown."""
        e = interval(self.ranges, load)
        return min(round(load / e) * e, self.most - 5 * self.ranges[-1][1])
