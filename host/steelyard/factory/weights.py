"""Standard weights: what a certificate says of each, and whether they are good enough for a load.

Owns: clause 3.7.1 of OIML R 76-1 (weights are not more wrong than a third of the maximum
permissible error of the scale at that load), true values, and what would do instead.
Refuses: with UserError, weights whose certificate has ended or that are too wrong for a load.
Units: a piece's figures are in its own unit; results in the unit that is asked for, exact
(Fraction). Days are dates.

A piece without an error in its certificate is taken at its nominal value: it may be as wrong as
its class allows. With one, what is put on is its conventional mass; how wrong it is for 3.7.1 is
that error and the expanded uncertainty (k = 2), and of class E2 the uncertainty alone.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from steelyard_wire.units import NANOGRAMS

from steelyard.errors import VERDICT, UserError
from steelyard.factory import r111
from steelyard.factory.combination import Body, exact
from steelyard.factory.measurement import Scale, text
from steelyard.r76 import change_points

SHARE = Fraction(1, 3)  # 3.7.1


def grams(value: Fraction, unit: str) -> Fraction:
    """Grams of a weight in a unit."""
    return value * NANOGRAMS[unit] / NANOGRAMS["g"]


def of_grams(value: Fraction, unit: str) -> Fraction:
    """A weight in grams in another unit."""
    return value * NANOGRAMS["g"] / NANOGRAMS[unit]


def _unit_for(value: Fraction) -> str:
    """The unit in which people say a weight in grams."""
    return "kg" if abs(value) >= 1000 else "g" if abs(value) >= Fraction(1, 10) else "mg"


def _in_full(value: Fraction) -> str:
    unit = _unit_for(value)
    return f"{text(of_grams(value, unit))} {unit}"


def said(value: Fraction) -> str:
    """A weight in grams as people say it: 10 kg, 0.5 g, 50 mg; a third to four digits."""
    unit = _unit_for(value)
    number = of_grams(value, unit)
    short = f"{float(number):.6g}"
    return f"{short if Fraction(short) == number else f'{float(number):.4g}'} {unit}"


@dataclass(frozen=True)
class Piece:
    """One weight. accuracy: its class of R 111; error: conventional mass less nominal, or None.

    uncertainty: the expanded one, with its k. The pieces of `weights_file.read` fit together.
    """

    mark: str
    nominal: Fraction
    unit: str
    accuracy: str
    certificate: str
    date: datetime.date
    valid_until: datetime.date
    issuer: str = ""
    error: Fraction | None = None
    uncertainty: Fraction | None = None
    k: Fraction = Fraction(2)

    @property
    def size(self) -> Fraction:
        """The nominal value in grams."""
        return grams(self.nominal, self.unit)

    @property
    def mass(self) -> Fraction:
        """Its conventional mass in grams, as far as it is known."""
        return self.size + self.off

    @property
    def tolerance(self) -> Fraction:
        """The maximum permissible error of its class in grams."""
        return r111.mpe(self.size, self.accuracy)

    @property
    def off(self) -> Fraction:
        """What it is more than nominal, in grams, as far as that is known."""
        return grams(self.error or Fraction(0), self.unit)

    @property
    def doubt(self) -> Fraction:
        """How far it may be from what it is taken for, in grams: U for k = 2, or the tolerance."""
        if self.error is None or self.uncertainty is None:
            return self.tolerance
        return grams(self.uncertainty * 2 / self.k, self.unit)

    @property
    def wrong(self) -> Fraction:
        """How wrong it may be for 3.7.1, in grams."""
        return self.doubt + (0 if self.accuracy == "E2" else abs(self.off))

    def row(self) -> dict[str, str]:
        """What a record of a test keeps of it."""
        known = {"error": self.error, "uncertainty": self.uncertainty}
        figures = {
            name: _in_full(grams(value, self.unit))
            for name, value in known.items()
            if value is not None
        }
        return {
            "mark": self.mark,
            "nominal": f"{text(self.nominal)} {self.unit}",
            "class": self.accuracy,
            "certificate": self.certificate,
            **({"issuer": self.issuer} if self.issuer else {}),
            "date": self.date.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            **figures,
            **({"k": text(self.k)} if "uncertainty" in figures else {}),
            "used": "at nominal" if self.error is None else "by certificate",
        }


@dataclass(frozen=True)
class WeightSet:
    """Weights that are kept together. digest: SHA-256 of their file, in hexadecimal digits."""

    name: str
    pieces: tuple[Piece, ...]
    digest: str = ""

    def usable(self, today: datetime.date) -> tuple[Piece, ...]:
        """Those whose certificate holds today."""
        return tuple(piece for piece in self.pieces if not stale(piece, today))

    def rows(self, pieces: Iterable[Piece]) -> tuple[dict[str, str], ...]:
        """Some of its pieces for the record of a test, with where that is written."""
        of_set = {"set": self.name, "digest": self.digest}
        return tuple(piece.row() | of_set for piece in pieces)


def nominal(pieces: Iterable[Piece], unit: str) -> Fraction:
    """What they are together by their nominal values."""
    return of_grams(sum((piece.size for piece in pieces), Fraction(0)), unit)


def true_value(pieces: Iterable[Piece], unit: str) -> Fraction:
    """Their conventional mass together: certificate values where there are any."""
    return of_grams(sum((piece.mass for piece in pieces), Fraction(0)), unit)


def uncertainty(pieces: Iterable[Piece], unit: str) -> Fraction:
    """How far that may be off, linearly: U for k = 2, or the tolerance of one at nominal."""
    return of_grams(sum((piece.doubt for piece in pieces), Fraction(0)), unit)


def limit_error(pieces: Iterable[Piece], unit: str) -> Fraction:
    """How wrong they may be together for 3.7.1.

    Known errors as a whole (class E2 is excused from them) and what is not known, linearly.
    """
    together = list(pieces)
    known = sum((piece.off for piece in together if piece.accuracy != "E2"), Fraction(0))
    return of_grams(abs(known), unit) + uncertainty(together, unit)


def stale(piece: Piece, today: datetime.date) -> str:
    """Why its certificate does not hold today, and what to do; "" if it does."""
    paper = f"the certificate {piece.certificate} of {piece.mark}"
    if today > piece.valid_until:
        return f"{paper} ended on {piece.valid_until}: have it calibrated anew"
    if today < piece.date:
        return f"{paper} is of {piece.date}, which is to come: correct that day"
    return ""


def by_certificate(pieces: Iterable[Piece]) -> list[Piece]:
    """One piece for each certificate, with the marks of all that it is of: to speak of it once."""
    marks: dict[tuple[str, datetime.date, datetime.date], list[str]] = {}
    first: dict[tuple[str, datetime.date, datetime.date], Piece] = {}
    for piece in pieces:
        paper = (piece.certificate, piece.date, piece.valid_until)
        marks.setdefault(paper, []).append(piece.mark)
        first.setdefault(paper, piece)
    return [replace(piece, mark=", ".join(marks[paper])) for paper, piece in first.items()]


def names(pieces: Iterable[Piece]) -> str:
    """Their marks, joined."""
    return " + ".join(piece.mark for piece in pieces)


def band(scale: Scale, load: Fraction) -> tuple[Fraction, Fraction]:
    """Above which load and up to which one the maximum permissible error is the same."""
    changes = change_points(scale.accuracy, scale.ranges)
    return (
        max((point for point in changes if point < load), default=Fraction(0)),
        min((point for point in changes if point >= load), default=scale.most),
    )


def problems(
    scale: Scale,
    load: Fraction,
    pieces: Sequence[Piece],
    today: datetime.date,
    at_hand: Sequence[Piece] = (),
) -> list[str]:
    """Why a load may not be made of these pieces, a sentence each; empty: it may.

    at_hand: the pieces of the set, of which others may do.
    """
    unit = scale.unit
    loaded = f"{text(load)} {unit}"
    if not pieces:
        return [f"there are no weights for {loaded}: add some to the set"]
    found = []
    twice = [mark for mark, n in Counter(piece.mark for piece in pieces).items() if n > 1]
    if twice:
        found.append(f"{', '.join(twice)} cannot be put on twice: take another piece")
    if (together := nominal(pieces, unit)) != load:
        found.append(f"{names(pieces)} is {text(together)} {unit} and not {loaded}: choose others")
    found += [why for piece in by_certificate(pieces) if (why := stale(piece, today))]
    allowed = scale.mpe(load) * SHARE
    wrong = limit_error(pieces, unit)
    if wrong > allowed:
        found.append(
            f"{loaded} of {names(pieces)} may be wrong by {said(grams(wrong, unit))}, and a third"
            f" of the maximum permissible error there is {said(grams(allowed, unit))} (R 76-1,"
            f" 3.7.1): {_instead(pieces, grams(allowed, unit))}"
        )
    if found:
        others = alternative(scale, load, at_hand, today)
        if others:
            found[-1] += f". Of the set, {names(others)} will do"
    return found


def alternative(
    scale: Scale, load: Fraction, at_hand: Sequence[Piece], today: datetime.date
) -> tuple[Piece, ...]:
    """Pieces that are good enough for a load, as few as there can be; none: ()."""
    good = [piece for piece in at_hand if not stale(piece, today)]
    bodies = [Body(piece.size, piece.wrong) for piece in good]
    for cheapest in (False, True):
        found = exact(bodies, grams(load, scale.unit), cheapest)
        if found is None:
            return ()
        pieces = tuple(good[index] for index in found)
        if limit_error(pieces, scale.unit) <= scale.mpe(load) * SHARE:
            return pieces
    return ()


def _instead(pieces: Sequence[Piece], allowed: Fraction) -> str:
    """Which class would do, in words; allowed: in grams."""
    sizes = sorted((piece.size for piece in pieces), reverse=True)
    better = r111.poorest(sizes, allowed)
    if better is None:
        return (
            "no class of weights is good enough for so many pieces. Take fewer and larger ones, or"
            " a smaller load"
        )
    name, together = better
    which = "one" if len(sizes) == 1 else "all"
    counted = Counter(sizes)
    bodies = " + ".join(
        f"{n} x {said(size)}" if n > 1 else said(size) for size, n in counted.items()
    )
    return f"take {which} of class {name} or better ({bodies} {name}: {said(together)})"


def check(
    scale: Scale,
    load: Fraction,
    pieces: Sequence[Piece],
    today: datetime.date,
    at_hand: Sequence[Piece] = (),
) -> None:
    """UserError with every reason why this load may not be made of these pieces."""
    found = problems(scale, load, pieces, today, at_hand)
    if found:
        raise UserError(VERDICT, ". ".join(found))
