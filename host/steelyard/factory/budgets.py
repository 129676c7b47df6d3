"""The uncertainty of the errors that a test found, from the test's own record.

Owns: which measurements give s, eccentricity and resolution, and which weights made a load.
Refuses: with `Unknown`, a test that lacks what a budget needs: no uncertainty is guessed.
Units: the scale's unit; floats, as uncertainty.py.

Errors are less the error at zero, and zero and load are read before rounding: what is rounded is a
tenth of e there (added weights, or the terminal's tenths), not d. With several weights on the
platform the eccentricity counts; where no weights are named they are taken to be several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from steelyard.factory import r111, uncertainty
from steelyard.factory.measurement import Measurement, Unusable, number
from steelyard.factory.test_record import TestRecord
from steelyard.factory.uncertainty import Budget, Piece, Use, Weighed

_GRAMS = {"kg": Fraction(1000), "g": Fraction(1), "mg": Fraction(1, 1000), "t": Fraction(10**6)}
_TENTH = 10


class Unknown(ValueError):
    """Something that a budget needs was not measured or not said. args: its key, and details."""


@dataclass(frozen=True)
class Error:
    """The error at a load with its budget; budget is None, and why says it, without one."""

    measured: Measurement
    load: Fraction
    error: Fraction
    budget: Budget | None
    why: tuple[str, ...] = ()


def errors_of(record: TestRecord) -> list[Error]:
    """The errors of loads in the middle, without tare, at one temperature; with budgets."""
    found = []
    for one in _plain_errors(record):
        try:
            value = one.judged(record.scale).value
        except Unusable:
            continue
        load = number(one.raw, "load")
        try:
            found.append(Error(one, load, value, _budget(record, one)))
        except Unknown as unknown:
            found.append(Error(one, load, value, None, tuple(map(str, unknown.args))))
    return found


def use_of(record: TestRecord, errors: Sequence[Error]) -> Use | None:
    """The scale in use: rounded to e, with errors not corrected; None without budgets."""
    points = [
        (float(one.load), float(one.error), one.budget.standard)
        for one in errors
        if one.budget is not None
    ]
    e = float(record.scale.e)
    try:
        s, weighings = repeatability(record)
        known = Weighed(e, e, s, weighings, off_centre=_off_centre(record))
        return uncertainty.in_use(known, points)
    except ValueError:
        return None


def repeatability(record: TestRecord) -> tuple[float, int]:
    """(the largest s, of how many weighings) of all series; Unknown without one."""
    found = []
    for one in _all(record, "spread"):
        values = [float(Fraction(Decimal(each))) for each in one.raw["errors"].split()]
        if len(values) > 1:
            found.append((uncertainty.standard_deviation(values), len(values)))
    if not found:
        raise Unknown("no repeatability")
    return max(found)


def _all(record: TestRecord, rule: str) -> list[Measurement]:
    found = []
    for phase in record.phases:
        for one in phase.measurements:
            if one.rule == rule:
                try:
                    one.judged(record.scale)
                except Unusable:
                    continue
                found.append(one)
    return found


def _plain_errors(record: TestRecord) -> list[Measurement]:
    """Those of the phases without a spread: weighings that are repeated are no series of loads."""
    found = []
    for phase in record.phases:
        if any(one.rule.startswith("spread") for one in phase.measurements):
            continue
        found += [
            one
            for one in phase.measurements
            if one.rule == "error" and not {"place", "tare", "celsius", "minutes"} & set(one.raw)
        ]
    return found


def _off_centre(record: TestRecord) -> tuple[float, float] | None:
    """(largest difference from the centre, at which load)."""
    at_places = [one for one in _all(record, "error") if "place" in one.raw]
    values = {one.raw["place"]: one.judged(record.scale).value for one in at_places}
    if len(values) < 2:
        return None
    centre = values.get("centre", Fraction(0))
    largest = max(abs(value - centre) for value in values.values())
    load = min(number(one.raw, "load") for one in at_places)
    return (float(largest), float(load)) if load > 0 else None


def _budget(record: TestRecord, one: Measurement) -> Budget:
    s, weighings = repeatability(record)
    load = number(one.raw, "load")
    marks = marks_of(one.raw.get("pieces", ""), record.weights)
    pieces = _pieces(record, marks, load)
    off_centre = None
    if len(marks) != 1:
        off_centre = _off_centre(record)
        if off_centre is None:
            raise Unknown("no eccentricity")
    d0 = float(record.scale.e) / _TENTH
    d = float(record.scale.interval(load)) / _TENTH
    known = Weighed(d0, d, s, weighings, off_centre=off_centre)
    return uncertainty.budget(known, float(load), pieces)


def marks_of(said: str, rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The marks in a list of them with spaces between: a mark may have spaces, too ("500 g").

    The longest mark of the register that fits is taken; a word that fits none stands for itself.
    """
    known = sorted((mark for row in rows if (mark := mark_of(row))), key=len, reverse=True)
    found = []
    rest = said.strip()
    while rest:
        fits = (mark for mark in known if rest == mark or rest.startswith(mark + " "))
        mark = next(fits, rest.partition(" ")[0])
        found.append(mark)
        rest = rest[len(mark) :].lstrip()
    return found


def mark_of(row: Mapping[str, str]) -> str:
    """What is written on a weight."""
    return row.get("mark") or row.get("id", "")


def _pieces(record: TestRecord, marks: Sequence[str], load: Fraction) -> list[Piece]:
    """The weights that made a load; Unknown where they are not said or do not make it."""
    if not marks:
        raise Unknown("no pieces")
    rows = {mark_of(row): row for row in record.weights}
    found = []
    nominal = mass = tolerances = Fraction(0)
    for mark in marks:
        row = rows.get(mark)
        if row is None:
            raise Unknown("no row", mark)
        try:
            weight, off, limit = _in_unit(row, record.scale.unit)
        except (ValueError, KeyError, InvalidOperation) as error:
            raise Unknown("bad row", mark, error) from None
        nominal += weight
        mass += weight + off
        tolerances += limit
        found.append((weight, limit, row))
    # A load that is what the certificates say; or what is written on the weights.
    exact = abs(load - mass) <= abs(load - nominal)
    if min(abs(load - mass), abs(load - nominal)) > tolerances:
        raise Unknown("other load", float(nominal))
    return [_piece(weight, limit, row, record.scale.unit, exact) for weight, limit, row in found]


def _grams(said: str, unit: str) -> Fraction:
    """A weight as a row says it, "10 kg", or a number in `unit`; in grams."""
    number_of, _, named = said.strip().partition(" ")
    return Fraction(Decimal(number_of)) * _GRAMS[named.strip() or unit]


def _in_unit(row: Mapping[str, str], unit: str) -> tuple[Fraction, Fraction, Fraction]:
    """Nominal value, error and tolerance in the scale's unit."""
    own = row.get("unit", unit)
    nominal = _grams(row["nominal"], own)
    off = _grams(row.get("error") or "0", own)
    limit = r111.mpe(nominal, row["class"])
    return nominal / _GRAMS[unit], off / _GRAMS[unit], limit / _GRAMS[unit]


def _piece(
    weight: Fraction, limit: Fraction, row: Mapping[str, str], unit: str, exact: bool
) -> Piece:
    """exact: the certificate's value is used, with its uncertainty."""
    if not exact or not row.get("uncertainty") or row.get("used") == "at nominal":
        return Piece(float(weight), float(limit))
    u = _grams(row["uncertainty"], row.get("unit", unit)) / _GRAMS[unit]
    return Piece(float(weight), float(limit), float(u), float(row.get("k") or 2))
