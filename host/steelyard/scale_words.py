"""The class and the ranges of a scale, as a person says them, as the line takes them.

Owns: the way between the two. Refuses: with UserError, what is no weight, no range, no class.
Units: nanograms within; texts like 15kg/5g outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from steelyard_wire.classes import CLASSES, lowest_min
from steelyard_wire.quantity import UNITS, format_quantity
from steelyard_wire.units import NANOGRAMS

from steelyard.errors import USAGE, UserError
from steelyard.factory import scales
from steelyard.factory.measurement import Scale
from steelyard.r76 import change_points, mpe

_QUANTITY = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*")


def nanograms(text: str) -> Fraction:
    """Nanograms of a text like 5g or 0.005 kg; UserError if it is none."""
    found = _QUANTITY.fullmatch(text)
    if found is None or found[2] not in NANOGRAMS:
        units = ", ".join(UNITS)
        raise UserError(USAGE, f"{text!r} is not a weight like 5g; the units are {units}")
    return Fraction(found[1]) * NANOGRAMS[found[2]]


def ranges_of(texts: Sequence[str]) -> list[Fraction]:
    """Max and e of each range in nanograms, one after the other."""
    if len(texts) > 3:
        raise UserError(USAGE, "a scale has three ranges at most")
    parts = [text.split("/") for text in texts]
    for text, both in zip(texts, parts, strict=True):
        if len(both) != 2:
            raise UserError(USAGE, f"{text!r} is not a range like 15kg/5g")
    return [nanograms(text) for both in parts for text in both]


def _exponent(weights: Sequence[Fraction], unit: str, present: int) -> int:
    """The exponent in which every weight is whole: the present one if it is good enough."""
    for exp10 in range(present, -7, -1):
        step = Fraction(10) ** exp10 * NANOGRAMS[unit]
        if all((weight / step).denominator == 1 for weight in weights):
            return exp10
    raise UserError(USAGE, f"these weights are not whole millionths of a {unit}")


def class_of(text: str) -> str:
    numbers = {name: str(number) for number, name in CLASSES.items()}
    if text.upper() not in numbers:
        raise UserError(USAGE, f"the classes are {', '.join(numbers)}, not {text}")
    return numbers[text.upper()]


def said_scale(accuracy: str, most: Sequence[str], e: Sequence[str]) -> Scale:
    """The scale with these Max and e, a pair for each range, smallest first; UserError."""
    if len(most) != len(e):
        raise UserError(USAGE, "each range has both, --max 15kg and --e 5g")
    pairs = [(nanograms(first), nanograms(second)) for first, second in zip(most, e, strict=True)]
    unit = re.sub(r"[^a-z]", "", most[0])
    one = NANOGRAMS[unit]
    return scales.of_words(
        accuracy, [(first / one, second / one) for first, second in pairs], unit
    )


@dataclass
class WantedScale:
    """What a person said of a scale, weights in nanograms; nothing said: nothing changes.

    weights: Max and e of each range, the smallest first.
    """

    accuracy: str
    weights: list[Fraction]
    least: Fraction | None
    multiple: bool

    def words(self, values: Mapping[str, str]) -> list[str]:
        """SET's words, in the unit of CONFIG's `values` and in its exponent if that will do."""
        said = ["class", self.accuracy] if self.accuracy else []
        minimum = [] if self.least is None else [self.least]
        if not self.weights and not minimum:
            return said
        unit = UNITS[int(values["unit"])]
        present = int(values["exp10"])
        exp10 = _exponent([*self.weights, *minimum], unit, present)
        step = Fraction(10) ** exp10 * NANOGRAMS[unit]
        if self.weights:
            *lower, most, e = [str(weight / step) for weight in self.weights]
            said += ["exp10", str(exp10), "max", most, "e", e]
            said += ["multirange", str(int(self.multiple))]
            partial = [*lower, "0", "0", "0", "0"][:4]
            for name, mantissa in zip(("max_1", "e_1", "max_2", "e_2"), partial, strict=True):
                said += [name, mantissa]
        elif exp10 != present:
            raise UserError(USAGE, "Min is finer than the scale's figures; say --range too")
        # A new first e has another lowest Min.
        return [*said, "min", str(minimum[0] / step) if minimum else "0"]


def describe(values: Mapping[str, str]) -> dict[str, str]:
    """A scale in words: class, Min, Max, e = d and n of each range, and its permissible errors."""
    unit, exp10 = int(values["unit"]), int(values["exp10"])
    accuracy = int(values["class"])

    def quantity(mantissa: Fraction | int) -> str:
        exact = Fraction(mantissa)
        if exact.denominator > 1:  # halves of e
            return f"{format_quantity(int(exact * 10), exp10 - 1)} {UNITS[unit]}"
        return f"{format_quantity(int(exact), exp10)} {UNITS[unit]}"

    pairs = [("max_1", "e_1"), ("max_2", "e_2"), ("max", "e")]
    numbers = [(int(values[most]), int(values[e])) for most, e in pairs]
    ranges = [(most, e) for most, e in numbers if most]
    least = int(values["min"]) or lowest_min(accuracy, unit, exp10, ranges[0][1])
    kind = "multiple range" if values["multirange"] == "1" else "multi-interval"
    said = {
        "class": CLASSES[accuracy],
        "kind": kind if len(ranges) > 1 else "single range",
        "Min": quantity(least),
    }
    for most, e in ranges:
        said[f"Max {quantity(most)}"] = f"e = d = {quantity(e)}, n = {most // e}"
    exact = [(Fraction(most), Fraction(e)) for most, e in ranges]
    multiple = values["multirange"] == "1" and len(exact) > 1
    for band in [[one] for one in exact] if multiple else [exact]:
        points = [*change_points(accuracy, band), band[-1][0]]
        which = f", Max {quantity(band[-1][0])}" if multiple else ""
        said["error at most" + which] = ", ".join(
            f"{quantity(mpe(accuracy, band, point))} to {quantity(point)}" for point in points
        )
    return said
