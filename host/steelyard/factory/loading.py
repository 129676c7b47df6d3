"""Loads made of the weights of a register, for the instrument that asks for them.

Owns: that no load is made of weights which are not good enough for it (OIML R 76-1, 3.7.1), and
what it really weighs; what has taken the place of weights. Refuses: with UserError, as
weights.check and loads.combine; a load beyond the weights and that.
Units: loads in the scale's unit, exact (Fraction).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from steelyard.errors import VERDICT, UserError
from steelyard.factory import weights, weights_file
from steelyard.factory.loads import combine
from steelyard.factory.measurement import Scale, text
from steelyard.factory.substitution import SHARES, Material, Substitution, material
from steelyard.factory.weights import Piece, WeightSet


@dataclass(frozen=True)
class Made:
    """A load as it is put together: marks of its pieces, and what they really weigh."""

    marks: tuple[str, ...]
    mass: Fraction


class Loading:
    """The weights of a set at a scale, on a day."""

    def __init__(self, chosen: WeightSet, scale: Scale, today: datetime.date) -> None:
        self.set = chosen
        self._scale = scale
        self._today = today
        self._known: dict[Fraction, Made] = {}
        self._material: tuple[Material, ...] = ()

    @staticmethod
    def of_file(path: Path, scale: Scale) -> Loading:
        """The set in a file, today; UserError."""
        return Loading(weights_file.read(path), scale, datetime.datetime.now(datetime.UTC).date())

    def __call__(self, load: Fraction) -> Made:
        """The pieces for a load; UserError."""
        if load not in self._known:
            self._known[load] = self._made(load)
        return self._known[load]

    def _made(self, load: Fraction) -> Made:
        unit = self._scale.unit
        at_hand = self.set
        have = weights.nominal(self.set.usable(self._today), unit)
        if self._material and load > have:
            at_hand = replace(self.set, pieces=(*self.set.pieces, *self._material))
        choice = combine(at_hand, load, self._scale, self._today)
        if choice.substitution is not None:
            raise UserError(
                VERDICT,
                f"{text(load)} {unit} are more than {self.set.name} has, {text(have)} {unit}: take"
                f" more weights. To calibrate, {text(have)} {unit} will do as well; `steelyard"
                " test` puts material in the place of weights",
            )
        if not choice.exact:
            raise UserError(VERDICT, choice.notes[0])
        weights.check(self._scale, load, choice.pieces, self._today)
        marks = tuple(piece.mark for piece in choice.pieces)
        return Made(marks, weights.true_value(choice.pieces, self._scale.unit))

    def way(self, load: Fraction) -> Substitution | None:
        """How material is to take the place of weights up to a load; None: it need not; UserError.

        Where the weights are less than half of Max, with the repeatability that 3.7.3 asks for.
        """
        scale = self._scale
        refused: UserError | None = None
        supposed = [most * scale.interval(scale.most * part) for most, part in reversed(SHARES)]
        for repeatability in (None, *supposed):
            try:
                return combine(self.set, load, scale, self._today, repeatability).substitution
            except UserError as error:
                refused = refused or error
        if refused is None:
            return None
        raise refused

    def add(self, mark: str, replaced: Sequence[Piece], found: Fraction, load: Fraction) -> None:
        """Material lies beside the scale from now on that took the place of weights.

        found: how much more than they it is, by the scale, where `load` lay on it.
        """
        made = material(mark, replaced, self._scale, self._today, found, load)
        self._material += (made,)
        self._known.clear()

    def errors(self) -> Mapping[str, Fraction]:
        """What each piece weighs more than its nominal value, by its mark."""
        unit = self._scale.unit
        return {
            one.mark: weights.true_value([one], unit) - weights.nominal([one], unit)
            for one in self.set.pieces
        }

    def nominals(self) -> tuple[str, ...]:
        """The nominal values of its pieces, as numbers in the scale's unit."""
        unit = self._scale.unit
        return tuple(text(weights.nominal([one], unit)) for one in self.set.pieces)

    def rows(self) -> tuple[Mapping[str, str], ...]:
        """What a record of a test keeps of the set."""
        return self.set.rows((*self.set.pieces, *self._material))

    def reference(self, load: Fraction) -> str:
        """The certificates of a load, in the 64 bytes that a calibration record has for them."""
        marks = self(load).marks
        pieces = [one for one in self.set.pieces if one.mark in marks]
        said = "; ".join(f"{one.mark} {one.certificate}" for one in pieces)
        return said.encode()[:64].decode(errors="ignore")
