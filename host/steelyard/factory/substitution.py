"""Testing a scale with fewer weights than its Max: other bodies take their place in turn.

Owns: clause 3.7.3 of OIML R 76-1 (how many weights there have to be) and A.4.4.5 as steps, with
how well each load is known.
Refuses: with UserError, a set that is too small even so, or too wrong.
Units: loads in the scale's unit, exact (Fraction).

Weights make a part of Max and the error there is found. Then any body that stays as it is, sand or
iron, is put on in their place until the indication changes over at the same point: it weighs what
the weights weighed. The weights are put on beside it, and so on. Each time adds once more what the
weights may be wrong, a tenth of e for the changeover, and the repeatability where it is known.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from steelyard.errors import VERDICT, UserError
from steelyard.factory import r111
from steelyard.factory.combination import Body, below, exact
from steelyard.factory.measurement import Scale, text
from steelyard.factory.weights import (
    SHARE,
    Piece,
    WeightSet,
    band,
    grams,
    limit_error,
    names,
    nominal,
    of_grams,
    said,
    true_value,
    uncertainty,
)

# 3.7.3: repeatability in e up to which so little of Max has to be weights.
SHARES = (
    (Fraction(2, 10), Fraction(1, 5)),
    (Fraction(3, 10), Fraction(1, 3)),
)
MOST_OF = Fraction(1, 2)  # without that
CHANGEOVER = Fraction(1, 10)  # of e: how well a changeover point is found
# What is read at a step.
ERROR, ZERO, SAME = "error", "zero", "same indication"


@dataclass(frozen=True)
class Step:
    """One step. weights and material lie on the scale then; load: what both are.

    reads: ERROR, ZERO, or SAME (material is added until the changeover point is the one before).
    wrong: how wrong the load may be, with all that went before.
    """

    do: str
    weights: tuple[Piece, ...]
    material: Fraction
    load: Fraction
    reads: str
    wrong: Fraction


@dataclass(frozen=True)
class Substitution:
    """All steps up to a load. portion: what is replaced each time; share: of Max, by 3.7.3.

    wrong: how wrong the load may be for the weights alone, which 3.7.1 limits. repeatability:
    what that of the scale was taken to be.
    """

    portion: Fraction
    share: Fraction
    wrong: Fraction
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    repeatability: Fraction | None = None

    @property
    def weights(self) -> tuple[Piece, ...]:
        """What is replaced each time."""
        return self.steps[1].weights

    @property
    def times(self) -> int:
        """How often it is."""
        return sum(step.reads == SAME for step in self.steps)


@dataclass(frozen=True)
class Material(Piece):
    """What took the place of weights, as a body of its own: it is known as they are.

    In the scale's unit: found: how much more than they it is, by the scale; matched: how well that
    is known. 3.7.1 speaks of neither: what may be wrong there are the weights.
    """

    found: Fraction = Fraction(0)
    matched: Fraction = Fraction(0)

    @property
    def mass(self) -> Fraction:
        """See Piece."""
        return super().mass + grams(self.found, self.unit)

    def row(self) -> dict[str, str]:
        """See Piece."""
        whole = replace(
            self,
            error=(self.error or Fraction(0)) + self.found,
            uncertainty=(self.uncertainty or Fraction(0)) + self.matched,
        )
        return {**Piece.row(whole), "used": "by substitution"}


def material(
    mark: str,
    weights: Sequence[Piece],
    scale: Scale,
    today: datetime.date,
    found: Fraction,
    load: Fraction,
) -> Material:
    """What took the place of these weights today, at a load of the scale. found: see Material."""
    unit = scale.unit
    return Material(
        mark=mark,
        nominal=nominal(weights, unit),
        unit=unit,
        accuracy=max((piece.accuracy for piece in weights), key=r111.CLASSES.index),
        certificate=f"in place of {names(weights)}",
        date=today,
        valid_until=today,
        error=true_value(weights, unit) - nominal(weights, unit),
        uncertainty=uncertainty(weights, unit),
        found=found,
        matched=CHANGEOVER * scale.interval(load),
    )


def share(scale: Scale, repeatability: Fraction | None) -> Fraction:
    """How much of Max has to be weights (3.7.3); repeatability: None if nobody knows it.

    It is that of about the load which is replaced, in the scale's unit.
    """
    if repeatability is not None:
        for most, part in SHARES:
            if repeatability <= most * scale.interval(scale.most * part):
                return part
    return MOST_OF


def substitute(
    weights: WeightSet,
    load: Fraction,
    scale: Scale,
    today: datetime.date,
    repeatability: Fraction | None = None,
) -> Substitution:
    """The steps to a load that the set does not reach; UserError."""
    usable = weights.usable(today)
    have = nominal(usable, scale.unit)
    part = share(scale, repeatability)
    if have < part * scale.most:
        raise UserError(VERDICT, _too_small(weights, load, scale, have, repeatability))
    way = _portions(usable, load, scale, part)
    if way is None:
        raise UserError(
            VERDICT,
            f"{weights.name} cannot reach {text(load)} {scale.unit} by substitution, nor a load"
            " near it with the same maximum permissible error: add smaller weights, or choose"
            " another load",
        )
    portion, times, last = way
    bodies = _chosen(usable, portion, scale.unit), _chosen(usable, last, scale.unit)
    matched = CHANGEOVER * scale.interval(portion) + (repeatability or 0)
    steps = tuple(_steps(scale, *bodies, times, matched))
    made = times * portion + last
    wrong = _weights_wrong(scale, *bodies, times)
    notes = []
    if made != load:
        notes.append(
            f"{text(load)} {scale.unit} cannot be made exactly: {text(made)} {scale.unit} is the"
            " nearest by substitution"
        )
    if repeatability is None:
        notes.append("the repeatability is not known: what each substitution adds is without it")
    return Substitution(portion, part, wrong, steps, tuple(notes), repeatability)


def _weights_wrong(
    scale: Scale, weights: tuple[Piece, ...], last: tuple[Piece, ...], times: int
) -> Fraction:
    """How wrong the last load may be for the weights alone; UserError if any is too wrong."""
    unit, wrong = scale.unit, Fraction(0)
    for done in range(times + 1):
        more = weights if done < times else last
        load = done * nominal(weights, unit) + nominal(more, unit)
        wrong = done * limit_error(weights, unit) + limit_error(more, unit)
        allowed = scale.mpe(load) * SHARE
        if wrong > allowed:
            sizes = [piece.size for piece in (*weights * done, *more)]
            better = r111.poorest(sizes, grams(allowed, unit))
            again = f", replaced by material {done} times," if done else ""
            raise UserError(
                VERDICT,
                f"{text(load)} {unit} of {names(weights)}{again} may be wrong by"
                f" {said(grams(wrong, unit))} for the weights alone, and a third of the maximum"
                f" permissible error there is {said(grams(allowed, unit))} (R 76-1, 3.7.1): "
                + (
                    f"take weights of class {better[0]} or better"
                    if better
                    else "no class is good enough. Take more weights and fewer substitutions"
                ),
            )
    return wrong


def _too_small(
    weights: WeightSet,
    load: Fraction,
    scale: Scale,
    have: Fraction,
    repeatability: Fraction | None,
) -> str:
    unit = scale.unit
    least = share(scale, repeatability) * scale.most
    if repeatability is None:
        smaller = [
            f"{text(of_max)} {unit} where the repeatability is"
            f" {text(most * scale.interval(of_max))} {unit} or better"
            for most, of_max in ((most, scale.most * part) for most, part in reversed(SHARES))
        ]
        also = f" ({', '.join(smaller)})"
    else:
        also = f" with a repeatability of {text(repeatability)} {unit}"
    return (
        f"{text(load)} {unit} cannot be reached: {weights.name} has {text(have)} {unit} of weights"
        f" that may be used, and substitution needs {text(least)} {unit}{also} (R 76-1,"
        f" 3.7.3). Add weights of {text(least - have)} {unit} or more"
    )


def _chosen(pieces: tuple[Piece, ...], total: Fraction, unit: str) -> tuple[Piece, ...]:
    bodies = [Body(piece.size, piece.wrong) for piece in pieces]
    found = exact(bodies, grams(total, unit))
    return tuple(pieces[index] for index in found or ())


def _portions(
    pieces: tuple[Piece, ...], load: Fraction, scale: Scale, part: Fraction
) -> tuple[Fraction, int, Fraction] | None:
    """What is replaced, how often, and the weights on top: nearest to the load, the fewest times.

    None: no load with the same maximum permissible error can be reached.
    """
    unit = scale.unit
    bodies = [Body(piece.size, piece.wrong) for piece in pieces]
    largest = sorted(pieces, key=lambda piece: -piece.size)
    sums = [nominal(largest[:n], unit) for n in range(1, len(largest) + 1)]
    ways = []
    for times in range(1, ceil(1 / part)):
        equal = load / (times + 1)
        alike = [equal] if exact(bodies, grams(equal, unit)) is not None else []
        for order, portion in enumerate((*alike, *sums)):
            room = load - times * portion
            if portion >= part * scale.most and room > 0:
                last = of_grams(below(bodies, grams(room, unit)), unit)
                ways.append((room - last, times, order, portion, last))
    ways = [way for way in ways if way[4] > 0 and load - way[0] > band(scale, load)[0]]
    if not ways:
        return None
    _, times, _, portion, last = min(ways)
    return portion, times, last


def _steps(
    scale: Scale,
    weights: tuple[Piece, ...],
    last: tuple[Piece, ...],
    times: int,
    matched: Fraction,
) -> Iterator[Step]:
    unit = scale.unit
    portion = nominal(weights, unit)
    wrong = limit_error(weights, unit)
    material = known = Fraction(0)
    yield Step("Have nothing on, and set zero", (), material, material, ZERO, known)
    yield Step(
        f"Put on {names(weights)}: {text(portion)} {unit}",
        *(weights, material, portion, ERROR, wrong),
    )
    for time in range(1, times + 1):
        material += portion
        known += wrong + matched
        yield Step(
            f"Take {names(weights)} off and put material on, until the indication changes over"
            f" where it did before: {text(material)} {unit} of material",
            *((), material, material, SAME, known),
        )
        more = weights if time < times else last
        load = material + nominal(more, unit)
        yield Step(
            f"Put on {names(more)} beside it: {text(load)} {unit}",
            *(more, material, load, ERROR, known + limit_error(more, unit)),
        )
