"""Whether a load cell and an indicator are good enough for a scale, by their papers alone.

Owns: the compatibility of modules of OIML R 76-1, Annex F (WELMEC 2): errors that add up, numbers
of intervals, the cell's range, its smallest interval, its return to zero, the signal of an e.
Refuses: with UserError and the name of the file, papers without a figure that is needed.
Units: weights are text with their unit in the file, grams inside; mV/V, V, uV; exact (Fraction).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from steelyard_wire.quantity import LEGAL

from steelyard.errors import USAGE, UserError
from steelyard.factory.measurement import Scale
from steelyard.factory.weights import grams, said

MOST_BYTES = 2**16
# R 76-1, Annex F: which classes of cells go with which class of scale.
_CELLS = {2: "AB", 3: "BC", 4: "CD"}
_ROMAN = {2: "II", 3: "III", 4: "IIII"}
_QUANTITY = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,9})?) ?([a-z]+)")
_KEYS = {
    "cell": {"model", "class", "n", "capacity", "v_min", "y", "dr", "z", "p", "sensitivity"},
    "indicator": {"model", "n", "p", "least_signal", "excitation"},
    "connection": {"p"},
    "scale": {"cells", "reduction", "dead_load", "zero_range", "uneven", "tare", "q"},
}
_WEIGHTS = {"capacity", "v_min", "dr", "dead_load", "zero_range", "uneven", "tare"}
_ABOVE_0 = {"capacity", "v_min", "dr"}
_TEXTS = {"model", "class"}


@dataclass(frozen=True)
class Papers:
    """What the papers say. values: by table and key; weights in grams, the rest as written."""

    source: str
    cell_class: str
    values: Mapping[str, Mapping[str, Fraction]]

    def get(self, table: str, name: str) -> Fraction | None:
        """A figure, None if it is not there."""
        return self.values.get(table, {}).get(name)

    def need(self, table: str, name: str) -> Fraction:
        """A figure; UserError if it is not there."""
        found = self.get(table, name)
        if found is None:
            raise UserError(
                USAGE, f"{self.source}: [{table}] has no {name}. Copy it from the papers"
            )
        return found


@dataclass(frozen=True)
class Rule:
    """One condition. found, limit: in words; why: the formula."""

    name: str
    found: str
    limit: str
    why: str
    passed: bool


def read(path: Path) -> Papers:
    """The papers that a file repeats; UserError."""
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(
            USAGE, f"cannot read {path}: {error.strerror}. docs/cell.md shows what it says"
        ) from None
    return parse(raw, str(path))


def parse(raw: bytes, source: str) -> Papers:
    """The papers in the bytes of a file; source: what sentences call it. UserError."""

    def refuse(sentence: str) -> NoReturn:
        raise UserError(USAGE, f"{source}: {sentence}")

    if len(raw) > MOST_BYTES:
        refuse("it is too long for the papers of a cell. Name another file")
    try:
        whole = tomllib.loads(raw.decode(), parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as error:
        why = str(error).split("\n")[0]
        refuse(f"it is no TOML ({why}). Correct it there; docs/cell.md shows an example")
    values: dict[str, dict[str, Fraction]] = {}
    cell_class = ""
    for table, rows in whole.items():
        if table not in _KEYS or not isinstance(rows, dict):
            refuse(f"there is no table {table[:50]!r}. Write one of [{'], ['.join(_KEYS)}]")
        values[table] = {}
        for name, value in rows.items():
            if name not in _KEYS[table]:
                known = ", ".join(sorted(_KEYS[table]))
                refuse(f"[{table}] has no {name[:50]!r}. There are {known}")
            if name not in _TEXTS:
                values[table][name] = _figure(value, name, refuse)
            elif not isinstance(value, str):
                refuse(f'{name} is text. Write {name} = "..."')
            elif name == "class":
                cell_class = value
    if cell_class not in ("A", "B", "C", "D"):
        refuse('[cell] has no class of A, B, C or D. Write class = "C" for a cell C3')
    return Papers(source, cell_class, values)


def _figure(value: Any, name: str, refuse: Callable[[str], NoReturn]) -> Fraction:
    """A figure above 0; of a weight in grams."""
    if name in _WEIGHTS:
        found = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
        if found is None or found[2] not in LEGAL:
            refuse(f'{name} is text with a unit of {", ".join(LEGAL)}. Write {name} = "20 kg"')
        weight = grams(Fraction(found[1]), found[2])
        if not weight and name in _ABOVE_0:
            refuse(f"{name} is above 0. Copy it from the papers")
        return weight
    plain = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not plain or not Decimal(value).is_finite() or not 0 < Decimal(value) <= 10**9:
        refuse(f"{name} is a number above 0. Write {name} = 3000")
    if Decimal(value) < Decimal("1e-9"):
        refuse(f"{name} is too small a number. Copy it from the papers")
    if name == "cells" and not isinstance(value, int):
        refuse("cells is a whole number. Write cells = 4")
    return Fraction(value)


def load_factor(papers: Papers, most: Fraction) -> Fraction:
    """Q: how much more than Max a cell may have to bear; most: Max in grams."""
    given = papers.get("scale", "q")
    if given is not None:
        return given
    more = [papers.get("scale", name) for name in ("dead_load", "zero_range", "uneven", "tare")]
    return 1 + sum((one for one in more if one is not None), Fraction(0)) / most


def rules(papers: Papers, scale: Scale) -> list[Rule]:
    """The conditions of Annex F; UserError, where a figure is missing."""
    return [
        _classes(papers, scale),
        _errors(papers),
        *_intervals(papers, scale),
        *_range(papers, scale),
        *_return(papers, scale),
        *_signal(papers, scale),
    ]


def _classes(papers: Papers, scale: Scale) -> Rule:
    good = _CELLS[scale.accuracy]
    return Rule(
        "class of the cell",
        papers.cell_class,
        " or ".join(good),
        f"for a scale of class {_ROMAN[scale.accuracy]}",
        papers.cell_class in good,
    )


def _errors(papers: Papers) -> Rule:
    parts = [
        papers.get("cell", "p") or Fraction(7, 10),
        papers.need("indicator", "p"),
        papers.need("connection", "p"),
    ]
    together = sum((part * part for part in parts), Fraction(0))
    return Rule(
        "errors together",
        f"{float(together):.4g}",
        "1 at most",
        "p_LC^2 + p_ind^2 + p_con^2 <= 1",
        together <= 1,
    )


def _intervals(papers: Papers, scale: Scale) -> list[Rule]:
    n = max(most / e for most, e in scale.ranges)
    return [
        Rule(
            f"intervals of the {table}",
            f"{float(has):g}",
            f"{float(n):g} at least",
            f"{name} >= n",
            has >= n,
        )
        for table, name in (("cell", "n_LC"), ("indicator", "n_ind"))
        for has in (papers.need(table, "n"),)
    ]


def _mechanics(papers: Papers) -> tuple[Fraction, Fraction]:
    """R and N: reduction and number of cells; 1 unless the papers say otherwise."""
    reduction, cells = papers.get("scale", "reduction"), papers.get("scale", "cells")
    return reduction or Fraction(1), cells or Fraction(1)


def _range(papers: Papers, scale: Scale) -> list[Rule]:
    most, e = grams(scale.most, scale.unit), grams(scale.e, scale.unit)
    ratio, cells = _mechanics(papers)
    capacity = papers.need("cell", "capacity")
    least = load_factor(papers, most) * most * ratio / cells
    v_min = papers.get("cell", "v_min")
    if v_min is None:
        v_min = capacity / papers.need("cell", "y")
    return [
        Rule(
            "capacity of a cell",
            said(capacity),
            f"{said(least)} at least",
            "E_max >= Q Max R / N",
            capacity >= least,
        ),
        # Squared, it is exact.
        Rule(
            "smallest interval of a cell",
            said(v_min),
            f"{float(e * ratio) / float(cells) ** 0.5:.4g} g at most",
            "v_min <= e R / sqrt(N)",
            v_min * v_min * cells <= (e * ratio) ** 2,
        ),
    ]


def _return(papers: Papers, scale: Scale) -> list[Rule]:
    """Of several partial ranges alone: after a load the smallest e has to be right again."""
    if len(scale.ranges) == 1:
        return []
    most, e = grams(scale.most, scale.unit), grams(scale.e, scale.unit)
    ratio, cells = _mechanics(papers)
    dr, z = papers.get("cell", "dr"), papers.get("cell", "z")
    if dr is not None:
        limit = e * ratio / cells / 2
        why = "DR <= 0.5 e_1 R / N"
        return [Rule("return of a cell", said(dr), f"{said(limit)} at most", why, dr <= limit)]
    # Without both, the number of intervals says how well it returns.
    has, name = (z, "Z") if z is not None else (papers.need("cell", "n"), "n_LC")
    least = most / e
    return [
        Rule(
            "return of a cell",
            f"{name} = {float(has):g}",
            f"{float(least):g} at least",
            f"{name} >= Max / e_1",
            has >= least,
        )
    ]


def signal(papers: Papers, scale: Scale) -> Fraction:
    """What the cell says of one e, in uV; UserError."""
    ratio, cells = _mechanics(papers)
    volts = papers.need("cell", "sensitivity") * papers.need("indicator", "excitation")  # mV
    e = grams(scale.e, scale.unit)
    return volts * 1000 * ratio * e / (papers.need("cell", "capacity") * cells)


def _signal(papers: Papers, scale: Scale) -> list[Rule]:
    found, least = signal(papers, scale), papers.need("indicator", "least_signal")
    return [
        Rule(
            "signal of an e",
            f"{float(found):.4g} uV",
            f"{float(least):.4g} uV at least",
            "C U_exc R e / (E_max N) >= du_min",
            found >= least,
        )
    ]
