"""Which drawings a phase has: those for which there are measurements.

Owns: the way from measurements to points. Refuses: nothing; what is not known is not drawn.
Units: loads in the scale's unit, errors in the small one, minutes, Celsius.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from steelyard.factory.budgets import Error
from steelyard.factory.measurement import GUARD, number
from steelyard.factory.reports import plots
from steelyard.factory.reports.columns import WEIGHED, Context, Line
from steelyard.factory.reports.document import Figure
from steelyard.factory.reports.figures import is_worst
from steelyard.factory.reports.words import name_of
from steelyard.r76 import change_points

PLACES = {
    "centre": (0, 0),
    "front left": (-1, -1),
    "front right": (1, -1),
    "back left": (-1, 1),
    "back right": (1, 1),
}
_FEWEST = 3  # loads that make a curve


def figures(lines: Sequence[Line], context: Context) -> list[Figure]:
    """All drawings of a phase."""
    judged = [line for line in lines if line.judged is not None]
    errors = [line for line in judged if line.one.rule == "error"]
    at_places = [line for line in errors if "place" in line.raw]
    rest = [line for line in errors if "place" not in line.raw]
    spreads = [line for line in judged if line.one.rule == "spread"]
    found = [
        _errors(rest, context) if not spreads else None,
        _repeatability(spreads, context),
        _eccentricity(at_places, context),
        _creep(judged, context),
        _zero(judged, context),
    ]
    return [figure for figure in found if figure is not None]


def _small(value: Fraction, context: Context) -> float:
    return float(value * context.numbers.factor)


def _value(line: Line) -> Fraction:
    return line.judged.value if line.judged is not None else Fraction(0)


def _axes(context: Context) -> tuple[str, str]:
    say, numbers = context.say, context.numbers
    return say("axis load", numbers.unit), say("axis error", numbers.small)


def _steps(context: Context, most: Fraction) -> list[plots.Step]:
    """The limits from zero to the largest load."""
    scale = context.scale
    most = max(most, scale.most)
    edges = [Fraction(0), *change_points(scale.accuracy, scale.ranges), most]
    steps = []
    for start, end in zip(edges, edges[1:], strict=False):
        limit = scale.mpe(end)
        steps.append(
            plots.Step(
                float(start),
                float(end),
                _small(limit, context),
                _small(limit * GUARD, context),
            )
        )
    return steps


def _way(line: Line) -> str:
    way = line.raw.get("way") or line.one.name.partition(" ")[0]
    return way if way in ("up", "down") else ""


def _series_of(line: Line, context: Context) -> str:
    """Which curve a weighing belongs to."""
    say = context.say
    if "celsius" in line.raw:
        return f"{line.raw['celsius']} °C"
    if "tare" in line.raw:
        return say("series tare", line.raw["tare"], context.scale.unit)
    return say(f"series {_way(line) or 'error'}")


def _errors(lines: Sequence[Line], context: Context) -> Figure | None:
    loads = {line.raw["load"] for line in lines}
    if len(loads) < _FEWEST:
        return None
    groups: dict[str, list[Line]] = {}
    last = name = ""
    for line in lines:
        of_line = _series_of(line, context)
        if of_line != last or "celsius" not in line.raw:
            last = name = of_line
            # A temperature that comes again is another curve.
            while "celsius" in line.raw and name in groups:
                name += " *"
        groups.setdefault(name, []).append(line)
    series = []
    for name, of_group in groups.items():
        rows = sorted((number(line.raw, "load"), _value(line)) for line in of_group)
        down = all(_way(line) == "down" for line in of_group)
        x, y = zip(*rows, strict=True)
        series.append(
            plots.Series(
                name,
                tuple(float(one) for one in x),
                tuple(_small(one, context) for one in y),
                down,
            )
        )
    title = context.say("figure errors")
    if any("celsius" in line.raw for line in lines):
        title = context.say("figure temperature")
    elif (worst := hysteresis(lines)) is not None:
        off, load = worst
        numbers = context.numbers
        shown = numbers.error(off, sign=False)
        title = context.say("figure hysteresis", shown, numbers.small, load, numbers.unit)
    most = max(number(line.raw, "load") for line in lines)
    texts = (title, *_axes(context))
    return Figure(plots.errors(series, _steps(context, most), texts, context.say), title)


def calibrated(
    lines: Sequence[Line], found: Sequence[Error], title: str, context: Context
) -> Figure | None:
    """Errors against load with their expanded uncertainties, where they are known."""
    if len({line.raw["load"] for line in lines}) < _FEWEST:
        return None
    u = {
        (one.measured.name, one.load): one.budget.expanded * context.numbers.factor
        for one in found
        if one.budget is not None
    }
    series = []
    for way in dict.fromkeys(_way(line) for line in lines):
        rows = sorted(
            (number(line.raw, "load"), _value(line), line.one.name)
            for line in lines
            if _way(line) == way
        )
        us = tuple(u.get((name, load), 0.0) for load, _, name in rows)
        series.append(
            plots.Series(
                context.say(f"series {way or 'error'}"),
                tuple(float(load) for load, _, _ in rows),
                tuple(_small(value, context) for _, value, _ in rows),
                way == "down",
                us if any(us) else (),
            )
        )
    most = max(number(line.raw, "load") for line in lines)
    texts = (title, *_axes(context))
    return Figure(plots.errors(series, _steps(context, most), texts, context.say), title)


def hysteresis(lines: Sequence[Line]) -> tuple[Fraction, str] | None:
    """(largest difference between down and up, at which load); None without both."""
    up = {line.raw["load"]: _value(line) for line in lines if _way(line) == "up"}
    down = {line.raw["load"]: _value(line) for line in lines if _way(line) == "down"}
    both = [(abs(down[load] - up[load]), load) for load in up if load in down]
    return max(both, key=lambda one: one[0]) if both else None


def _repeatability(spreads: Sequence[Line], context: Context) -> Figure | None:
    if not spreads:
        return None
    series, limits = [], []
    for line in spreads:
        errors = [Fraction(Decimal(one)) for one in line.raw["errors"].split()]
        name = f"{line.raw['load']} {context.scale.unit}"
        series.append(plots.Series(name, (), tuple(_small(one, context) for one in errors)))
        limits.append(_small(context.scale.mpe(number(line.raw, "load")), context))
    say = context.say
    title = say("figure repeatability")
    texts = (title, say("axis number"), say("axis error", context.numbers.small))
    return Figure(plots.repeatability(series, limits, texts, say), title)


def _eccentricity(lines: Sequence[Line], context: Context) -> Figure | None:
    known = [line for line in lines if line.raw["place"] in PLACES]
    if len(known) < _FEWEST:
        return None
    places = []
    for line in known:
        x, y = PLACES[line.raw["place"]]
        if line.judged is not None:
            shown = context.numbers.judged(line.judged.value, line.judged.limits)
            name = name_of(line.raw["place"], context.language)
            places.append(plots.Place(x, y, shown, name, is_worst(line.judged)))
    numbers = context.numbers
    title = context.say("figure eccentricity", numbers.small, known[0].raw["load"], numbers.unit)
    return Figure(plots.eccentricity(places, title, context.say("operator side")), title, 52)


def _creep(lines: Sequence[Line], context: Context) -> Figure | None:
    points: dict[Fraction, Fraction] = {}
    late = 0.0
    for line in lines:
        if line.one.rule == "creep":
            with suppress(KeyError, ArithmeticError, ValueError):
                points[number(line.raw, "minutes")] = _value(line)
    if not points:
        return None
    points.setdefault(Fraction(0), Fraction(0))
    minutes = sorted(points)
    y = tuple(_small(points[minute], context) for minute in minutes)
    say, numbers = context.say, context.numbers
    creeping = next(line for line in lines if line.one.rule == "creep")
    e = _small(context.scale.interval(number(creeping.raw, "load")), context)
    end = float(minutes[-1])
    limits = [(0.0, end, 0.0, e / 2, say("within 30"))]
    if any(line.one.rule == "creep late" for line in lines) and len(minutes) > 1:
        start = minutes[-2]
        late = _small(points[start], context)
        limits.append((float(start), end, late, e / 5, say("within late")))
    returned = next((line for line in lines if line.one.rule == "zero return"), None)
    back = None
    if returned is not None:
        back = (end * 1.04, _small(_value(returned), context), say("zero return"))
    title = say("figure creep")
    texts = (title, say("axis time"), say("axis change", numbers.small))
    change = plots.Series(say("series change"), tuple(float(one) for one in minutes), y)
    return Figure(plots.creep(change, limits, texts, back), title)


def _zero(lines: Sequence[Line], context: Context) -> Figure | None:
    drifts = [line for line in lines if line.one.rule == "zero by temperature"]
    if not drifts:
        return None
    say = context.say
    names, values, limits = [], [], []
    for line in drifts:
        names.append(name_of(line.one.name, context.language))
        values.append(_small(_value(line), context))
        high = line.judged.limits.high if line.judged is not None else None
        limits.append(_small(high or Fraction(0), context))
    title = say("figure zero")
    texts = (title, "", say("axis change", context.numbers.small))
    return Figure(plots.bars(names, values, limits, texts, say), title)


def weighed(lines: Sequence[Line]) -> list[Line]:
    """The errors of loads in the middle of the platform, without tare, at one temperature."""
    return [
        line
        for line in lines
        if line.kind == WEIGHED
        and line.one.rule == "error"
        and not {"place", "tare", "celsius", "minutes"} & set(line.raw)
    ]
