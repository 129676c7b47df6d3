"""Which loads a scale is tried with, and of which weights each is made.

Owns: the load list of OIML R 76-1, A.4.4.1 (Min, the loads at which the maximum permissible error
changes, Max or nearly so, evenly spread ones between), and the choice of pieces for a load.
Refuses: with UserError, a load that a set of weights cannot make.
Units: loads in the scale's unit, exact (Fraction).

No load lies at a change of the scale interval, where a display may show one range or the other: it
is 5 e below. The last one is Max - 5 e, since nothing may be shown beyond. Where the maximum
permissible error changes is a load itself: the limit belongs to the smaller error.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from steelyard.errors import VERDICT, UserError
from steelyard.factory import r111
from steelyard.factory.combination import Body, above, below, exact
from steelyard.factory.measurement import Scale, text
from steelyard.factory.substitution import Substitution, substitute
from steelyard.factory.weights import (
    SHARE,
    Piece,
    WeightSet,
    alternative,
    band,
    grams,
    limit_error,
    nominal,
    of_grams,
    said,
)
from steelyard.r76 import change_points

CLEAR = 5  # intervals that a load keeps from a change of the interval, and from Max
LEAST_LOADS = 5  # A.4.4.1: for anything but the initial intrinsic error, which has ten
_LEAST_MIN_G = Fraction(1, 10)  # A.4.4.1: Min is a load when it is 100 mg or more


def is_clear(scale: Scale, load: Fraction) -> bool:
    """Whether a load keeps away from every change of the scale interval and from Max."""
    for (most, e), (_, after) in pairwise([*scale.ranges, scale.ranges[-1]]):
        if most - CLEAR * e < load < most + CLEAR * after:
            return False
    return load < scale.most


def highest(scale: Scale) -> Fraction:
    """Max - 5 e, the highest load."""
    return scale.most - CLEAR * scale.ranges[-1][1]


def points(scale: Scale) -> list[Fraction]:
    """The loads that no list may be without: Min, those where the error changes, Max - 5 e."""
    found = set()
    for point in [*change_points(scale.accuracy, scale.ranges), scale.most]:
        e = scale.interval(point)
        top = next((most for most, _ in scale.ranges if point <= most), scale.most)
        found.add(min(point, top - CLEAR * e))
    found = {point for point in found if point > scale.least}
    if grams(scale.least, scale.unit) >= _LEAST_MIN_G:
        found.add(scale.least)
    return sorted(found or {scale.least})


def loads(scale: Scale, count: int = 10) -> list[Fraction]:
    """The load list, from low to high: `count` of them, more where the points are more.

    Fewer only where a scale has no room for more. Between the points the widest gap is always
    divided first, at a load near its middle that is as round as can be: few weights make it.
    """
    found = points(scale)
    gaps = list(pairwise([Fraction(0), *found] if scale.least not in found else found))
    while len(found) < count and gaps:
        gap = max(gaps, key=lambda ends: (ends[1] - ends[0], -ends[0]))
        gaps.remove(gap)
        between = _round_load(scale, *gap)
        if between is not None:
            found.append(between)
            gaps += [(gap[0], between), (between, gap[1])]
    return sorted(found)


def beside(scale: Scale, tare: Fraction) -> Scale:
    """What is left of a scale beside a tare: the net loads are those of such a scale (A.4.6.1)."""
    rest = scale.most - tare
    below = [one for one in scale.ranges if one[0] < rest]
    e = scale.ranges[min(len(below), len(scale.ranges) - 1)][1]
    return replace(scale, ranges=(*below, (rest, e)))


def _steps(least: Fraction, most: Fraction) -> Iterator[Fraction]:
    """1, 2 and 5 times powers of ten up to `most`, the largest first, and `least` after them."""
    power = Fraction(1)
    while power < most:
        power *= 10
    while power * 5 >= least:
        for digit in (5, 2, 1):
            step = power * digit
            if least <= step <= most and (step / least).denominator == 1:
                yield step
        power /= 10
    yield least


def _round_load(scale: Scale, low: Fraction, high: Fraction) -> Fraction | None:
    """A load of whole e in the middle third of a gap, as round as can be; None: there is none."""
    middle = (low + high) / 2
    first, last = max((2 * low + high) / 3, scale.least), (low + 2 * high) / 3
    for interval in dict.fromkeys(map(scale.interval, (middle, first, last))):
        for step in _steps(interval, last):
            # Beside the middle; where the interval changes there, at the ends.
            around = [
                where // step * step + more
                for where in (middle, last, first)
                for more in (0, step)
            ]
            for load in sorted(around[:2], key=lambda one: (abs(one - middle), one)) + around[2:]:
                whole = (load / scale.interval(load)).denominator == 1
                inside = first <= load <= last and low < load < high
                if inside and whole and is_clear(scale, load):
                    return load
    return None


def _near(scale: Scale, point: Fraction) -> tuple[Fraction, Fraction]:
    """From where to where a load does for a point."""
    room = CLEAR * scale.interval(point)
    if point == scale.least:
        return point, point + room
    # 5 e below a change of the interval is about that; a change of the error has a sharp edge.
    about = any(point == most - CLEAR * e for most, e in scale.ranges[:-1])
    return point - room, point + room / 2 if about else point


def warnings(scale: Scale, wanted: Iterable[Fraction]) -> list[str]:
    """What is wrong with a plan's own list of loads, a sentence each; empty: nothing."""
    planned = sorted(set(wanted))
    found = []

    def quantity(load: Fraction) -> str:
        return f"{text(load)} {scale.unit}"

    if len(planned) < LEAST_LOADS:
        found.append(f"{len(planned)} loads are few: R 76-1, A.4.4.1 has {LEAST_LOADS} at least")
    for load in planned:
        most = next((most for most, _ in scale.ranges if load <= most), scale.most)
        clear = most - CLEAR * scale.interval(load)
        if load > highest(scale):
            found.append(
                f"{quantity(load)} is so near to Max, or beyond, that nothing may be shown: take"
                f" {quantity(clear)}, Max - {CLEAR} e"
            )
        elif load == most:
            found.append(
                f"at {quantity(load)} the scale interval changes, and either may be shown: take"
                f" {quantity(clear)}, {CLEAR} e below"
            )
    for point in points(scale):
        low, high = _near(scale, point)
        if not any(low <= load <= high for load in planned):
            what = {highest(scale): f"Max - {CLEAR} e", scale.least: "Min"}.get(point)
            changes = "no load is where the maximum permissible error changes"
            found.append(f"{what + ' is missing' if what else changes}: add {quantity(point)}")
    return found


@dataclass(frozen=True)
class Choice:
    """What is put on for a load. made: what the pieces are by their nominal values.

    substitution: how material does the rest; pieces are those of its last step then. notes:
    sentences for whoever does it.
    """

    load: Fraction
    pieces: tuple[Piece, ...]
    made: Fraction
    substitution: Substitution | None = None
    notes: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether it is the load that was wanted."""
        return self.made == self.load


def combine(
    weights: WeightSet,
    load: Fraction,
    scale: Scale,
    today: datetime.date,
    repeatability: Fraction | None = None,
) -> Choice:
    """The pieces for a load: exactly it, the fewest, good enough if any are; UserError.

    Where it cannot be made exactly, the nearest load with the same maximum permissible error.
    Where the set is too small, substitution (3.7.3); repeatability: that of the scale, if known.
    Pieces whose certificate does not hold today are not taken. `weights.check` judges the choice.
    """
    if load < 0 or load > scale.most:
        raise UserError(
            VERDICT,
            f"{text(load)} {scale.unit} is no load of a scale with Max {text(scale.most)}"
            f" {scale.unit}: choose one from 0 to Max",
        )
    if not load:
        return Choice(load, (), load)
    usable = weights.usable(today)
    pieces = alternative(scale, load, usable, today) or _fewest(usable, load, scale.unit)
    if pieces:
        return Choice(load, pieces, load)
    near = _nearest(scale, usable, load)
    short = load - nominal(usable, scale.unit)
    if short > 0 and (near is None or load - near > CLEAR * scale.interval(load)):
        way = substitute(weights, load, scale, today, repeatability)
        return Choice(load, way.steps[-1].weights, way.steps[-1].load, way, way.notes)
    if near is None:
        raise UserError(
            VERDICT,
            f"{weights.name} cannot make {text(load)} {scale.unit}, nor a load near it with the"
            f" same maximum permissible error. {_add(scale, usable, load)}",
        )
    pieces = alternative(scale, near, usable, today) or _fewest(usable, near, scale.unit)
    note = (
        f"{text(load)} {scale.unit} cannot be made exactly: {text(near)} {scale.unit} is the"
        f" nearest. {_add(scale, usable, load)}"
    )
    return Choice(load, pieces, near, notes=(note,))


def _bodies(pieces: Sequence[Piece]) -> list[Body]:
    return [Body(piece.size, piece.wrong) for piece in pieces]


def _fewest(pieces: Sequence[Piece], load: Fraction, unit: str) -> tuple[Piece, ...]:
    found = exact(_bodies(pieces), grams(load, unit))
    return tuple(pieces[index] for index in found or ())


def _nearest(scale: Scale, pieces: Sequence[Piece], load: Fraction) -> Fraction | None:
    """The nearest load that can be made, between the same change points; None: there is none."""
    low, high = band(scale, load)
    bodies = _bodies(pieces)
    wanted = grams(load, scale.unit)
    made = [below(bodies, wanted), above(bodies, wanted)]
    found = [of_grams(one, scale.unit) for one in made if one is not None]
    good = [one for one in found if low < one <= high and is_clear(scale, one)]
    return min(good, key=lambda one: (abs(one - load), one), default=None)


def _add(scale: Scale, pieces: Sequence[Piece], load: Fraction) -> str:
    """Which weights more would make it, in words."""
    lower = below(_bodies(pieces), grams(load, scale.unit))
    missing, sizes = grams(load, scale.unit) - lower, list[Fraction]()
    for size in reversed(r111.NOMINALS):
        while missing >= size and len(sizes) < 5:
            sizes.append(size)
            missing -= size
    have = _fewest(pieces, of_grams(lower, scale.unit), scale.unit)
    allowed = grams(scale.mpe(load) * SHARE - limit_error(have, scale.unit), scale.unit)
    better = r111.poorest(sizes, allowed) if not missing else None
    if better is None:
        return "Choose another load, or other weights"
    return f"To make it add {' + '.join(map(said, sizes))} of class {better[0]} or better"


def missing_tenths(scale: Scale, pieces: Sequence[Piece], load: Fraction) -> list[Fraction]:
    """Which tenths of e cannot be added to a load, of 1 to 10, for its changeover point (A.4.4.3).

    pieces: those that do not lie on the scale.
    """
    bodies = _bodies(pieces)
    tenths = [scale.interval(load) * n / 10 for n in range(1, 11)]
    return [one for one in tenths if exact(bodies, grams(one, scale.unit)) is None]
