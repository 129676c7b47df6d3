"""Numbers as a report prints them.

Owns: in which unit errors stand, and with how many figures. Refuses: nothing.
Units: loads in the scale's unit; errors in the next smaller one (g of a scale in kg, kg in t).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from steelyard.factory.measurement import Judged, Limits, Scale, text

_SMALLER = {"kg": ("g", 1000), "t": ("kg", 1000), "g": ("g", 1)}
_MOST_PLACES = 9


@dataclass(frozen=True)
class Numbers:
    """How one scale's numbers are printed. unit: of loads; small: of errors."""

    unit: str
    small: str
    factor: int
    places: int

    @staticmethod
    def of(scale: Scale) -> Numbers:
        """Errors have the figures of a hundredth of e."""
        small, factor = _SMALLER.get(scale.unit, (scale.unit, 1))
        hundredth = Decimal(text(scale.e * factor / 100))
        exponent = int(hundredth.normalize().as_tuple().exponent)
        return Numbers(scale.unit, small, factor, min(_MOST_PLACES, max(0, -exponent)))

    def error(self, value: Fraction, sign: bool = True) -> str:
        """An error in the small unit, rounded half to even."""
        scaled = round(value * self.factor * 10**self.places)
        exact = Decimal(scaled).scaleb(-self.places)
        return f"{exact:+.{self.places}f}" if sign and scaled else f"{exact:.{self.places}f}"

    def judged(self, value: Fraction, limits: Limits) -> str:
        """An error that is judged: exact where rounding would show another verdict."""
        shown = Fraction(Decimal(self.error(value))) / self.factor
        same = limits.passes(shown) == limits.passes(value)
        if same and limits.guarded(shown) == limits.guarded(value):
            return self.error(value)
        return text(value * self.factor)

    def small_text(self, value: Fraction) -> str:
        """A number in the small unit, as it is."""
        return text(value * self.factor)

    def limits(self, low: Fraction | None, high: Fraction | None) -> str:
        """What an error may be."""
        return between(*(None if one is None else one * self.factor for one in (low, high)))


def between(low: Fraction | None, high: Fraction | None) -> str:
    """Bounds as text: ±2.5, ≤ 2.5, ≥ 0, or 1 – 2."""
    if low is not None and high is not None:
        if low == -high:
            return f"±{text(high)}"
        return text(low) if low == high else f"{text(low)} – {text(high)}"
    if high is not None:
        return f"≤ {text(high)}"
    return "" if low is None else f"≥ {text(low)}"


def is_worst(one: Judged) -> str:
    """GOOD, WARN (the factory's limit only) or BAD, as the blocks call it."""
    return "bad" if not one.passed else "good" if one.guarded else "warn"


def moment(seconds: float) -> str:
    """A time in UTC to the second; one that no calendar has as it is."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return f"{seconds:g}"


def day(seconds: float) -> str:
    """Its day."""
    return moment(seconds).partition(" ")[0]


def clock(seconds: float) -> str:
    """Its time of the day."""
    return moment(seconds).rpartition(" ")[2]
