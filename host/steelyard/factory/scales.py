"""What a scale is, from what a terminal, a person or a record says.

Owns: the way from CONFIG's values, or from Max, e and class in words, to a `Scale`; its form in
records. Refuses: with UserError, a scale that OIML R 76-1 does not allow (Tables 3 and 4); with
LookupError, TypeError, ValueError or ArithmeticError, JSON that is none.
Units: weights in the scale's unit, exact (Fraction).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from steelyard_wire.classes import CLASSES, check, lowest_min
from steelyard_wire.codes import Refused
from steelyard_wire.quantity import unit_id, unit_name

from steelyard.errors import REFUSED, USAGE, UserError
from steelyard.factory.measurement import Scale, exact, text

_EXP10 = -9  # what a person says may have so many places
# R 76-1, 3.3 and 4.10: partial ranges follow the load up and down. Of multiple ranges the larger
# one stays until the platform is empty, and its e and errors with it: no Scale says that.
MULTIPLE = (
    "a scale of multiple ranges is in the larger one until it is empty, and nothing here judges it"
    " by that: its loads, limits and verdicts would be those of partial ranges (multi-interval)."
    " Have each range tried by hand, or make them partial ranges: steelyard scale ADDRESS --range"
    " MAX/E --range MAX/E"
)


def of_config(config: Mapping[str, str], judged: bool = True) -> Scale:
    """The scale that a terminal is, by its CONFIG; UserError.

    judged: by limits at a load, which multiple ranges do not have: theirs are those of the range.
    """
    values = {name: int(value) for name, value in config.items()}
    one = Fraction(10) ** values["exp10"]
    pairs = [("max_1", "e_1"), ("max_2", "e_2"), ("max", "e")]
    ranges = tuple((values[most] * one, values[e] * one) for most, e in pairs if values[most])
    if judged and values["multirange"] and len(ranges) > 1:
        raise UserError(REFUSED, MULTIPLE)
    lowest = lowest_min(values["class"], values["unit"], values["exp10"], int(ranges[0][1] / one))
    least = (values["min"] or lowest) * one
    unit = unit_name(values["unit"])
    return Scale(values["class"], ranges, unit, least, bool(values["tracking"]))


def of_words(accuracy: str, ranges: Sequence[tuple[Fraction, Fraction]], unit: str) -> Scale:
    """A scale with the lowest Min of its class; accuracy: II, III or IIII. UserError."""
    numbers = {name: number for number, name in CLASSES.items()}
    number = numbers.get(accuracy.upper())
    if number is None:
        raise UserError(USAGE, f"the classes are {', '.join(numbers)}, not {accuracy}")
    whole = [(most / Fraction(10) ** _EXP10, e / Fraction(10) ** _EXP10) for most, e in ranges]
    if any(one.denominator != 1 or one <= 0 for both in whole for one in both):
        raise UserError(USAGE, f"Max and e are weights of whole billionths of a {unit}, above 0")
    for (most, e), (next_most, next_e) in pairwise(ranges):
        if not (most < next_most and e < next_e):
            raise UserError(USAGE, "of several ranges the smallest is first, in Max and in e")
    mantissas = tuple((int(most), int(e)) for most, e in whole)
    try:
        check(number, unit_id(unit), _EXP10, mantissas, 0, 0)
        least = lowest_min(number, unit_id(unit), _EXP10, mantissas[0][1])
    except Refused as refused:
        raise UserError(
            USAGE, f"there is no such scale: {refused.detail}. Say another Max, e or class"
        ) from None
    return Scale(number, tuple(ranges), unit, least * Fraction(10) ** _EXP10)


def to_record(scale: Scale) -> dict[str, Any]:
    """Its form in the records of tests and calibrations, for JSON."""
    return {
        "class": scale.accuracy,
        "ranges": [[text(most), text(e)] for most, e in scale.ranges],
        "unit": scale.unit,
        "min": text(scale.least),
        "tracking": scale.tracking,
    }


def of_record(said: Mapping[str, Any]) -> Scale:
    """The scale of a record."""
    ranges = tuple((exact(most, "Max"), exact(e, "e")) for most, e in said["ranges"])
    if not ranges:
        raise ValueError("its scale has no range")
    return Scale(
        accuracy=int(said["class"]),
        ranges=ranges,
        unit=str(said["unit"]),
        least=exact(said["min"], "min"),
        tracking=bool(said["tracking"]),
    )
