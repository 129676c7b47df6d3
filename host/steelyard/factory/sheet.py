"""The data sheet of a phase: what will be measured, with its limits, before anything is.

Owns: that nothing is measured that was not declared, and nothing twice.
Refuses: with `Undeclared`, such a measurement: the phase is wrong, not the DUT.
Units: as measurement.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from steelyard.factory.measurement import RULES, Judged, Limits, Measurement, Scale, text

# What is read changes none of these.
_LIMITING = {"low", "high", "guard_low", "guard_high", "should", "kelvin"}


class Undeclared(Exception):
    """A phase measured what it had not declared, or the same twice."""


@dataclass(frozen=True)
class Wanted:
    """A measurement to come. known: what is known of its raw readings before, as the limit is."""

    name: str
    rule: str
    known: Mapping[str, str] = field(default_factory=dict)

    def limits(self, scale: Scale) -> Limits:
        """What will be allowed."""
        return RULES[self.rule].limits(scale, self.known)

    @property
    def load(self) -> Fraction:
        """The load that it is about, 0 where there is none."""
        return Fraction(self.known.get("load", "0"))


Told = Callable[[Measurement, Judged], None]


class Sheet:
    """The declared measurements of a phase, and those that were made. told: gets each."""

    def __init__(
        self,
        scale: Scale,
        clause: str,
        wanted: tuple[Wanted, ...],
        told: Told = lambda measurement, judged: None,
    ) -> None:
        names = [one.name for one in wanted]
        if len(set(names)) < len(names):
            raise Undeclared(f"two measurements have one name: {sorted(names)}")
        self.scale = scale
        self.wanted = wanted
        self.measured: list[Measurement] = []
        self._clause = clause
        self._told = told
        self._open = {one.name: one for one in wanted}
        for one in wanted:
            one.limits(scale)

    def enter(self, name: str, **read: str | Fraction) -> Judged:
        """Enter what was read for a declared measurement; its verdict."""
        one = self._open.pop(name, None)
        if one is None:
            raise Undeclared(f"{name} was not declared, or is measured twice")
        changed = sorted(
            key for key in _LIMITING & set(read) if str(read[key]) != one.known.get(key)
        )
        if changed:
            raise Undeclared(f"{name} has another limit than was declared: {', '.join(changed)}")
        numbers = {
            key: text(value) if isinstance(value, Fraction) else value
            for key, value in read.items()
        }
        made = Measurement(name, one.rule, self._clause, {**one.known, **numbers})
        judged = made.judged(self.scale)
        if judged.limits != one.limits(self.scale):
            raise Undeclared(f"{name} has another limit than was declared")
        self.measured.append(made)
        self._told(made, judged)
        return judged

    def like(self, start: str) -> list[Wanted]:
        """The declared measurements whose names begin so, in order."""
        return [one for one in self.wanted if one.name.startswith(start)]
