"""The file in which a works or an inspector says which weights he has: weights.toml.

Owns: its form, see docs/weights.md. Refuses: with UserError and the name of file and piece, what
is not of that form, and what no certificate can say: an unknown class, an error beyond it, an
uncertainty above a third of it (OIML R 111-1, 5.2 and 5.3.1), days that are in the wrong order.
Units: weights are text with their unit ("10 kg", "-12 mg"), exact; days are dates.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from steelyard_wire.quantity import LEGAL

from steelyard.errors import USAGE, UserError
from steelyard.factory import r111
from steelyard.factory.weights import Piece, WeightSet, grams, of_grams, said

MOST_PIECES = 200
MOST_BYTES = 2**20
_MOST_TEXT = 200
_QUANTITY = re.compile(r"([+-]?[0-9]{1,12}(?:\.[0-9]{1,9})?) ?([a-z]+)")
_SET = {"name", "certificate", "piece"}
_PIECE = {"mark", "marks", "nominal", "class", "error", "errors", "uncertainty", "k"}
_CERTIFICATE = {"number", "issuer", "date", "valid_until"}


def read(path: Path) -> WeightSet:
    """The set that a file describes; UserError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(
            USAGE,
            f"cannot read {path}: {error.strerror}. docs/weights.md shows what such a file says",
        ) from None
    return parse(raw, str(path))


def parse(raw: bytes, source: str) -> WeightSet:
    """The set that the bytes of a file describe; source: what sentences call it. UserError."""
    if len(raw) > MOST_BYTES:
        raise UserError(USAGE, f"{source} is too long for a list of weights: name another file")
    try:
        whole = tomllib.loads(raw.decode(), parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as error:
        why = str(error).split("\n")[0]
        raise UserError(
            USAGE,
            f"{source} is no TOML ({why}). Correct it there; docs/weights.md shows an example",
        ) from None
    return _File(source).weight_set(whole, hashlib.sha256(raw).hexdigest())


class _File:
    """One file as it is read; every refusal names it."""

    def __init__(self, source: str) -> None:
        self._source = source

    def _refuse(self, where: str, sentence: str) -> NoReturn:
        place = f"{self._source}: {where}" if where else self._source
        raise UserError(USAGE, f"{place}: {sentence}")

    def weight_set(self, whole: Mapping[str, Any], digest: str) -> WeightSet:
        self._known("", whole, _SET)
        name = self._text("", whole, "name", "the set")
        tables = whole.get("piece")
        if not isinstance(tables, list) or not tables:
            self._refuse("", "there are no weights in it. Write a [[piece]] for each kind")
        every = whole.get("certificate")
        pieces: list[Piece] = []
        for number, table in enumerate(tables, 1):
            pieces += self._pieces(f"piece {number}", table, every)
            if len(pieces) > MOST_PIECES:
                self._refuse("", f"more than {MOST_PIECES} weights. Make two sets of them")
        for mark, n in Counter(piece.mark for piece in pieces).items():
            if n > 1:
                self._refuse(
                    f"piece {mark}", "there are two of this mark. Give each a mark of its own"
                )
        return WeightSet(name, tuple(pieces), digest)

    def _pieces(self, where: str, table: object, every: object) -> list[Piece]:
        """The weights of one [[piece]]: those that differ in mark and error alone."""
        if not isinstance(table, dict):
            self._refuse(where, "it is no table. Write [[piece]] above it")
        marks = self._marks(where, table)
        where = f"piece {', '.join(marks)}"
        self._known(where, table, _PIECE | {"certificate"})
        nominal, unit = self._quantity(where, table, "nominal")
        accuracy = self._text(where, table, "class", "it")
        tolerance = self._tolerance(where, nominal, unit, accuracy)
        uncertainty = None
        k = self._factor(where, table)
        if "uncertainty" in table:
            uncertainty = self._in(where, table, "uncertainty", unit)
            self._certain(where, grams(uncertainty * 2 / k, unit), tolerance, accuracy)
        errors = self._errors(where, table, marks, unit)
        if any(error is not None for error in errors) and uncertainty is None:
            self._refuse(
                where, "its error says little without an uncertainty. Copy it from the certificate"
            )
        doubt = Fraction(0) if uncertainty is None else uncertainty * 2 / k
        for mark, error in zip(marks, errors, strict=True):
            if error is not None and grams(abs(error) + doubt, unit) > tolerance:
                self._refuse(
                    f"piece {mark}",
                    f"its error of {said(grams(error, unit))} and uncertainty of"
                    f" {said(grams(doubt, unit))} are more than the {said(tolerance)} of class"
                    f" {accuracy} (R 111-1, 5.3.1). Correct a slip of the pen, have it adjusted,"
                    " or name the class that it is of",
                )
        paper = self._certificate(where, table.get("certificate", every))
        return [
            Piece(
                mark, nominal, unit, accuracy, error=error, uncertainty=uncertainty, k=k, **paper
            )
            for mark, error in zip(marks, errors, strict=True)
        ]

    def _known(self, where: str, table: Mapping[str, Any], names: set[str]) -> None:
        unknown = sorted(set(table) - names)
        if unknown:
            self._refuse(
                where,
                f"nothing here is called {', '.join(unknown)[:_MOST_TEXT]!r}. There are"
                f" {', '.join(sorted(names))}",
            )

    def _line(self, where: str, value: object, name: str) -> str:
        good = isinstance(value, str) and value.strip() == value and value.isprintable()
        if not isinstance(value, str) or not good or not 0 < len(value) <= _MOST_TEXT:
            self._refuse(where, f'{name} is one line of text. Write {name} = "..."')
        return value

    def _text(self, where: str, table: Mapping[str, Any], name: str, whose: str) -> str:
        if name not in table:
            self._refuse(where, f'{whose} has no {name}. Write {name} = "..."')
        return self._line(where, table[name], name)

    def _marks(self, where: str, table: Mapping[str, Any]) -> list[str]:
        if ("mark" in table) == ("marks" in table):
            self._refuse(
                where,
                'a weight has a mark. Write mark = "A1", or marks = ["A1", "A2"] for several',
            )
        marks = table.get("marks", [table.get("mark")])
        if not isinstance(marks, list) or not marks:
            self._refuse(where, 'marks is a list. Write marks = ["A1", "A2"]')
        return [self._line(where, mark, "a mark") for mark in marks]

    def _value(self, where: str, value: object, name: str) -> tuple[Fraction, str]:
        found = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
        if found is None or found[2] not in LEGAL:
            self._refuse(
                where,
                f'{name} is text with a unit of {", ".join(LEGAL)}. Write {name} = "12 mg"',
            )
        return Fraction(found[1]), found[2]

    def _quantity(self, where: str, table: Mapping[str, Any], name: str) -> tuple[Fraction, str]:
        if name not in table:
            self._refuse(where, f'it has no {name}. Write {name} = "10 kg"')
        return self._value(where, table[name], name)

    def _in(self, where: str, table: Mapping[str, Any], name: str, unit: str) -> Fraction:
        value, own = self._value(where, table[name], name)
        return of_grams(grams(value, own), unit)

    def _tolerance(self, where: str, nominal: Fraction, unit: str, accuracy: str) -> Fraction:
        size = grams(nominal, unit)
        if accuracy not in r111.CLASSES:
            self._refuse(
                where, f"there is no class {accuracy}. Write one of {', '.join(r111.CLASSES)}"
            )
        if size not in r111.TABLE_1:
            self._refuse(
                where,
                f"R 111 has no weight of {said(size)}. Write one of 1, 2 or 5 times a power of ten"
                " from 1 mg to 5000 kg",
            )
        try:
            return r111.mpe(size, accuracy)
        except ValueError:
            there = [name for name in r111.CLASSES if name in r111.TABLE_1[size]]
            self._refuse(
                where,
                f"class {accuracy} has no weight of {said(size)}. Write one of {', '.join(there)}",
            )

    def _factor(self, where: str, table: Mapping[str, Any]) -> Fraction:
        k = table.get("k", 2)
        plain = isinstance(k, int | Decimal) and not isinstance(k, bool)
        if not plain or not Decimal(k).is_finite() or not 1 <= Decimal(k) <= 10:
            self._refuse(where, "k is a number from 1 to 10. Copy it from the certificate")
        return Fraction(k)

    def _certain(self, where: str, found: Fraction, tolerance: Fraction, accuracy: str) -> None:
        if found <= 0:
            self._refuse(
                where, "no certificate says an uncertainty of 0 or less. Copy what it says"
            )
        if found > tolerance * r111.UNCERTAINTY:
            self._refuse(
                where,
                f"its uncertainty of {said(found)} (k = 2) is more than a third of the"
                f" {said(tolerance)} of class {accuracy} (R 111-1, 5.2). Correct a slip of the"
                " pen, or have it calibrated by somebody who can do it better",
            )

    def _errors(
        self, where: str, table: Mapping[str, Any], marks: Sequence[str], unit: str
    ) -> list[Fraction | None]:
        if "error" in table and len(marks) == 1 and "errors" not in table:
            return [self._in(where, table, "error", unit)]
        if "errors" not in table and "error" not in table:
            return [None] * len(marks)
        errors = table.get("errors")
        if "error" in table or not isinstance(errors, list) or len(errors) != len(marks):
            self._refuse(
                where,
                'each mark has an error of its own. Write errors = ["1 mg", "-2 mg"], or none',
            )
        return [self._in(where, {"error": error}, "error", unit) for error in errors]

    def _certificate(self, where: str, paper: object) -> dict[str, Any]:
        if not isinstance(paper, dict):
            self._refuse(
                where,
                "it has no certificate, and without one nothing is traceable. Write [certificate]"
                " for the whole set, or certificate = { number = ..., date = ..., valid_until ="
                " ... } for this piece",
            )
        self._known(where, paper, _CERTIFICATE)
        whose = "its certificate"
        found = {name: self._day(where, paper, name) for name in ("date", "valid_until")}
        if found["valid_until"] < found["date"]:
            self._refuse(
                where,
                f"{whose} of {found['date']} ends before that, on {found['valid_until']}. Correct"
                " one of the days",
            )
        issuer = self._text(where, paper, "issuer", whose) if "issuer" in paper else ""
        number = self._text(where, paper, "number", whose)
        return {"certificate": number, "issuer": issuer, **found}

    def _day(self, where: str, paper: Mapping[str, Any], name: str) -> date:
        value = paper.get(name)
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            day = None
        if isinstance(value, str) and str(day) != value:
            day = None  # 20270131 and 2027-W04-7 are no days that people read
        if type(day) is not date:  # a datetime is one, too
            self._refuse(where, f"its certificate has no {name}. Write {name} = 2027-01-31")
        return day
