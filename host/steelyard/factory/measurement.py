"""What a test measures, and the verdict that can be computed again from what was read.

Owns: the rules (which raw readings make which value, and its limits) and their identification.
Refuses: with `Unusable`, raw readings that a rule cannot use.
Units: weights in the scale's unit, exact (Fraction); in `raw` as decimal text. A verdict compares
the value as it is, without rounding and without its uncertainty (simple acceptance: the weights
are limited to a third of the maximum permissible error, OIML R 76-1, 3.7.1).
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from types import ModuleType

from steelyard_wire import classes

from steelyard import r76

VERSION = "R 76-1:2006 / 1"
# Factory limits leave room for transport, temperature and the verifier's weights.
GUARD = Fraction(7, 10)
GUARD_ZERO = Fraction(8, 10)  # 0.2 e of the 0.25 e of clauses 4.5.2 and 4.6.3

# What a person says who looked, and what is written where nobody did: that is no verdict.
RIGHT, WRONG, UNSEEN = "as it should be", "not as it should be", "not looked at"
OR = " | "  # between the texts of which one is asked for

_POWERS = 30  # of ten, up and down, that a number may have

Raw = Mapping[str, str]


class Unusable(ValueError):
    """Raw readings that do not fit their rule; the text says what is wrong."""


@dataclass(frozen=True)
class Scale:
    """What a scale is: class, (Max, e) of each partial range, lowest load, zero-tracking."""

    accuracy: int
    ranges: tuple[r76.Range, ...]
    unit: str
    least: Fraction
    tracking: bool = False

    @property
    def most(self) -> Fraction:
        """Max."""
        return self.ranges[-1][0]

    @property
    def e(self) -> Fraction:
        """e of the first range, which counts near zero."""
        return self.ranges[0][1]

    def interval(self, load: Fraction) -> Fraction:
        """e at a load."""
        return r76.interval(self.ranges, load)

    def mpe(self, load: Fraction) -> Fraction:
        """The maximum permissible error on initial verification of a (net) load."""
        return r76.mpe(self.accuracy, self.ranges, load)


@dataclass(frozen=True)
class Limits:
    """What a value may be, bounds included: by law, and as the factory wants it."""

    low: Fraction | None
    high: Fraction | None
    guard_low: Fraction | None
    guard_high: Fraction | None

    @staticmethod
    def of(most: Fraction, guard: Fraction = GUARD) -> Limits:
        """Plus and minus `most`; the factory's are `guard` times that."""
        return Limits(-most, most, -most * guard, most * guard)

    def passes(self, value: Fraction) -> bool:
        """Whether a value is within the legal limit."""
        return _within(value, self.low, self.high)

    def guarded(self, value: Fraction) -> bool:
        """Whether it is within the factory's and the legal one, which may be the narrower."""
        return self.passes(value) and _within(value, self.guard_low, self.guard_high)


def _within(value: Fraction, low: Fraction | None, high: Fraction | None) -> bool:
    return (low is None or low <= value) and (high is None or value <= high)


@dataclass(frozen=True)
class Measurement:
    """One measurement as it is kept. raw: what was read, decimal or other text by name.

    rule: names the way from raw to value and limits. clause: where it is asked for.
    """

    name: str
    rule: str
    clause: str
    raw: Raw

    @property
    def unseen(self) -> bool:
        """Whether it is for somebody to look at, and nobody did."""
        return self.rule == "seen" and self.raw.get("is") == UNSEEN

    def judged(self, scale: Scale) -> Judged:
        """Value, limits and verdict; Unusable."""
        try:
            rule = RULES[self.rule]
        except KeyError:
            raise Unusable(f"{self.name}: there is no rule {self.rule!r}") from None
        try:
            return Judged(rule.value(scale, self.raw), rule.limits(scale, self.raw))
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            raise Unusable(
                f"{self.name}: the rule {self.rule} cannot use what was read ({error})"
            ) from None


@dataclass(frozen=True)
class Judged:
    """A value with its limits."""

    value: Fraction
    limits: Limits

    @property
    def passed(self) -> bool:
        """Whether it is within the legal limit."""
        return self.limits.passes(self.value)

    @property
    def guarded(self) -> bool:
        """Whether it is within the factory's limit too."""
        return self.limits.guarded(self.value)


@dataclass(frozen=True)
class Rule:
    """How a kind of measurement is judged. limits needs nothing that is only known afterwards."""

    value: Callable[[Scale, Raw], Fraction]
    limits: Callable[[Scale, Raw], Limits]


def number(raw: Raw, name: str) -> Fraction:
    """A decimal number of raw readings; ValueError for anything else."""
    return exact(raw[name], name)


def exact(said: str, name: str) -> Fraction:
    """The number that a decimal text says; ValueError for anything else."""
    if not isinstance(said, str):
        raise ValueError(f"{name} is no text")
    found = Decimal(said)
    # Digits without end would be computed: no weight has them.
    if not found.is_finite() or abs(found.adjusted()) > _POWERS or len(said) > 2 * _POWERS:
        raise ValueError(f"{name} is {said[:_POWERS]}")
    return Fraction(found)


def text(value: Fraction) -> str:
    """Decimal text of a number; exact where it has one, else 12 decimals."""
    with localcontext(Context(prec=4 * _POWERS)):
        found = Decimal(value.numerator) / Decimal(value.denominator)
        if Fraction(found) != value:
            found = round(found, 12)
        return f"{found.normalize():f}" if found else "0"


def before_rounding(scale: Scale, raw: Raw) -> Fraction:
    """P: by the changeover point, or as the terminal's tenths of d say.

    indication and added (weights of a tenth of e until it is one e more), or fine.
    """
    if "fine" in raw:
        return number(raw, "fine")
    indication = number(raw, "indication")
    return r76.before_rounding(indication, scale.interval(indication), number(raw, "added"))


def wanted(raw: Raw) -> Fraction:
    """What should be shown of a load: the load, where the scale was adjusted for this place.

    gravity: else that of here over that of there, as a fraction.
    """
    gravity = Fraction(1)
    if "gravity" in raw:
        over, _, under = raw["gravity"].partition("/")
        gravity = exact(over, "gravity") / exact(under or "1", "gravity")
        if gravity <= 0:
            raise ValueError(f"gravity is {raw['gravity']}")
    return number(raw, "load") * gravity


def _error(scale: Scale, raw: Raw) -> Fraction:
    """P - L - E0; with a tare L is the net load."""
    return before_rounding(scale, raw) - wanted(raw) - number(raw, "at_zero")


def _off(scale: Scale, raw: Raw) -> Fraction:
    return before_rounding(scale, raw) - wanted(raw)


def _drift(scale: Scale, raw: Raw) -> Fraction:
    return before_rounding(scale, raw) - number(raw, "before")


def _spread(scale: Scale, raw: Raw) -> Fraction:
    said = raw["errors"]
    if not isinstance(said, str):
        raise ValueError("errors is no text")
    found = [exact(one, "errors") for one in said.split()]
    if len(found) < 2:
        raise ValueError("one weighing has no spread")
    return max(found) - min(found)


def _rise(scale: Scale, raw: Raw) -> Fraction:
    """How much more than one interval d the indication is after 1.4 d."""
    return number(raw, "after") - number(raw, "before") - number(raw, "d")


def _share(share: Fraction, guard: Fraction = GUARD) -> Callable[[Scale, Raw], Limits]:
    """A share of e at the load."""
    return lambda scale, raw: Limits.of(share * scale.interval(number(raw, "load")), guard)


def _at_zero(scale: Scale, raw: Raw) -> Limits:
    return Limits.of(scale.e / 4, GUARD_ZERO)


def _mpe(scale: Scale, raw: Raw) -> Limits:
    return Limits.of(scale.mpe(number(raw, "nominal" if "nominal" in raw else "load")))


def _no_less(scale: Scale, raw: Raw) -> Limits:
    return Limits(Fraction(0), None, Fraction(0), None)


def _by_kelvin(scale: Scale, raw: Raw) -> Limits:
    """One e in 5 K (clause 3.9.2.3)."""
    return Limits.of(scale.e * abs(number(raw, "kelvin")) / 5)


def _bounds(scale: Scale, raw: Raw) -> Limits:
    """As the plan declares them; the factory's are the legal ones unless it says otherwise."""

    def bound(*names: str) -> Fraction | None:
        return next((number(raw, name) for name in names if name in raw), None)

    return Limits(
        bound("low"), bound("high"), bound("guard_low", "low"), bound("guard_high", "high")
    )


def _same(scale: Scale, raw: Raw) -> Fraction:
    return Fraction(int(raw["is"] == raw["should"]))


def _among(scale: Scale, raw: Raw) -> Fraction:
    return Fraction(int(raw["is"] in raw["should"].split(OR)))


def _given(scale: Scale, raw: Raw) -> Fraction:
    """Whether there is anything; what it should be, nobody here knows."""
    said = raw["is"].strip()
    return Fraction(int(raw["should"] != "" and said not in ("", "-")))


def _seen(scale: Scale, raw: Raw) -> Fraction:
    said = {RIGHT: 1, WRONG: 0, UNSEEN: 0}
    return Fraction(said[raw["is"]] * int(raw["should"] == RIGHT))


def _must(scale: Scale, raw: Raw) -> Limits:
    return Limits(Fraction(1), None, Fraction(1), None)


RULES: Mapping[str, Rule] = {
    "error": Rule(_error, _mpe),
    "zero": Rule(_off, _at_zero),
    "tare": Rule(_off, _at_zero),
    "spread": Rule(_spread, _mpe),
    "spread at most": Rule(
        _spread, lambda scale, raw: Limits.of(number(raw, "high"), Fraction(1))
    ),
    "rise": Rule(_rise, _no_less),
    "printed": Rule(
        lambda scale, raw: number(raw, "shown") - number(raw, "printed"), _share(Fraction(1))
    ),
    "creep": Rule(_drift, _share(Fraction(1, 2))),
    "creep late": Rule(_drift, _share(Fraction(1, 5))),
    "zero return": Rule(_drift, _share(Fraction(1, 2))),
    # R 76-1, A.4.4.5: the same changeover point, which is found to a tenth of e.
    "in place of weights": Rule(_drift, _share(Fraction(1, 10), Fraction(1))),
    "zero by temperature": Rule(_drift, _by_kelvin),
    "number": Rule(lambda scale, raw: number(raw, "value"), _bounds),
    "same": Rule(_same, _must),
    "among": Rule(_among, _must),
    "given": Rule(_given, _must),
    "seen": Rule(_seen, _must),
}


def rules_digest() -> str:
    """Identifies what computes verdicts: SHA-256 over the sources of exactly that, 16 digits."""
    import steelyard.factory.measurement as here

    modules: tuple[ModuleType, ...] = (classes, r76, here)
    found = hashlib.sha256()
    for module in modules:
        found.update(inspect.getsource(module).encode() + b"\0")
    return found.hexdigest()[:16]
