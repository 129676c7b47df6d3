"""Loads made of the weights of a register, for the instrument that asks for them.

Owns: that no load is made of weights which are not good enough for it (OIML R 76-1, 3.7.1), and
what it really weighs. Refuses: with UserError, as weights.check and loads.combine; a load that
needs substitution material.
Units: loads in the scale's unit, exact (Fraction).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from steelyard.errors import VERDICT, UserError
from steelyard.factory import weights, weights_file
from steelyard.factory.loads import combine
from steelyard.factory.measurement import Scale, text
from steelyard.factory.weights import WeightSet


@dataclass(frozen=True)
class Made:
    """A load as it is put together; see instrument.Mass."""

    marks: tuple[str, ...]
    mass: Fraction


class Loading:
    """The weights of a set at a scale, on a day."""

    def __init__(self, chosen: WeightSet, scale: Scale, today: datetime.date) -> None:
        self.set = chosen
        self._scale = scale
        self._today = today
        self._known: dict[Fraction, Made] = {}

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
        choice = combine(self.set, load, self._scale, self._today)
        if choice.substitution is not None:
            raise UserError(
                VERDICT,
                f"{text(load)} {self._scale.unit} are more than {self.set.name} has: it needs"
                " substitution material. `steelyard weights FILE` says step by step how; or take"
                " more weights",
            )
        if not choice.exact:
            raise UserError(VERDICT, choice.notes[0])
        weights.check(self._scale, load, choice.pieces, self._today)
        marks = tuple(piece.mark for piece in choice.pieces)
        return Made(marks, weights.true_value(choice.pieces, self._scale.unit))

    def errors(self) -> Mapping[str, Fraction]:
        """What each piece weighs more than its nominal value, by its mark."""
        unit = self._scale.unit
        return {
            one.mark: weights.true_value([one], unit) - weights.nominal([one], unit)
            for one in self.set.pieces
        }

    def rows(self) -> tuple[Mapping[str, str], ...]:
        """What a record of a test keeps of the set."""
        return self.set.rows(self.set.pieces)

    def reference(self, load: Fraction) -> str:
        """The certificates of a load, in the 64 bytes that a calibration record has for them."""
        marks = self(load).marks
        pieces = [one for one in self.set.pieces if one.mark in marks]
        said = "; ".join(f"{one.mark} {one.certificate}" for one in pieces)
        return said.encode()[:64].decode(errors="ignore")
