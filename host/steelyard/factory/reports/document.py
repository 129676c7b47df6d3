"""A report before it is paper: blocks of text, tables and figures, the same for HTML and PDF.

Owns: which blocks there are, and that every text in them can be printed. Refuses: nothing.
Units: none.

What comes from people and records is text, never markup: blocks carry it as it is, and the
templates get it as values.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

GOOD, BAD, WARN, PLAIN = "good", "bad", "warn", ""
_WIDEST = 34  # characters of a column, beyond which it is broken


@dataclass(frozen=True)
class Heading:
    """level: 1 a part, 2 a phase, 3 within it."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """Running text; tone: GOOD, BAD, WARN or PLAIN."""

    text: str
    tone: str = PLAIN


@dataclass(frozen=True)
class Verdict:
    """What it comes to, said large once."""

    text: str
    detail: str
    tone: str


@dataclass(frozen=True)
class Note:
    """Something that must be seen."""

    text: str
    tone: str = WARN


@dataclass(frozen=True)
class Pairs:
    """Names with values, in so many columns of pairs."""

    rows: tuple[tuple[str, str], ...]
    columns: int = 2


@dataclass(frozen=True)
class Cell:
    """One cell; a number is aligned to the right. tone: also "strong", a sum."""

    text: str
    tone: str = PLAIN
    number: bool = False


@dataclass(frozen=True)
class Table:
    """Rows below a header."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@dataclass(frozen=True)
class Figure:
    """A drawing as SVG. share: of the page's width, in hundredths."""

    svg: str
    caption: str
    share: int = 100


@dataclass(frozen=True)
class Figures:
    """Drawings side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Signatures:
    """Lines on which persons sign: (who, what they write); note: what it is until then."""

    rows: tuple[tuple[str, str], ...]
    note: str


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a page."""


Block = (
    Heading
    | Paragraph
    | Verdict
    | Note
    | Pairs
    | Table
    | Figure
    | Figures
    | Signatures
    | PageBreak
)


@dataclass(frozen=True)
class Document:
    """A report in one language.

    running: stands on every page; warnings: too, and nobody can miss them. made: the moment that
    the file says, that of the record, so that the same record gives the same bytes.
    """

    language: str
    title: str
    running: str
    warnings: tuple[str, ...]
    page: str
    made: int
    blocks: tuple[Block, ...] = field(default=())


def plain(document: Document) -> dict[str, Any]:
    """The document as maps, lists and texts that can be printed; ids of drawings are unique."""
    blocks = [_block(block) for block in document.blocks]
    drawings = [one for block in blocks for one in (block, *block.get("figures", ()))]
    for number, drawing in enumerate(one for one in drawings if "svg" in one):
        for before in (' id="', 'href="#', "url(#"):
            drawing["svg"] = drawing["svg"].replace(before, f"{before}d{number}-")
    return {
        "language": document.language,
        "title": printable(document.title),
        "running": printable(document.running),
        "warnings": [printable(one) for one in document.warnings],
        "page": document.page,
        "made": document.made,
        "blocks": blocks,
    }


def _block(block: Block) -> dict[str, Any]:
    kind = type(block).__name__.lower()
    if isinstance(block, Table):
        found = {name: _value(value) for name, value in vars(block).items()}
        # A unit stays with what it is the unit of.
        header = [name.replace(" / ", "\u00a0/\u00a0") for name in found["header"]]
        return {"kind": kind, **found, "header": header, "widths": _widths(block)}
    if isinstance(block, Figure):
        return {"kind": kind, **_value(block)}
    return {"kind": kind, **{name: _value(value) for name, value in vars(block).items()}}


def _widths(table: Table) -> list[int]:
    """Shares of the columns: as their texts are long; a long one is broken."""
    found = []
    for column, name in enumerate(table.header):
        of_cells = (_width(row[column].text) for row in table.rows)
        found.append(max(4, min(16, _width(name)), *(min(one, _WIDEST) for one in of_cells)))
    return found


def _width(text: str) -> int:
    """In narrow characters."""
    return sum(1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, tuple):
        return [_value(one) for one in value]
    if isinstance(value, Figure):
        return {"svg": value.svg, "caption": printable(value.caption), "share": value.share}
    if isinstance(value, Cell):
        return {"text": printable(value.text), "tone": value.tone, "number": value.number}
    return value


@cache
def _drawn() -> Callable[[str], bool]:
    """Whether the font of the reports has a character."""
    from matplotlib.ft2font import FT2Font

    from steelyard.factory.reports.fonts import file

    # The first alone: figures have no other.
    known = set(FT2Font(str(file())).get_charmap())
    return lambda character: ord(character) in known


def printable(text: str) -> str:
    """The text with spaces for what ends lines, and U+XXXX for what our font cannot show.

    Marks that turn the direction of writing, and halves of characters, are such, too: nothing may
    look otherwise than it is.
    """
    if text.isascii() and text.isprintable():
        return text
    drawn = _drawn()
    return "".join(
        " "
        if one in "\t\n\r\x0b\x0c\x85\u2028\u2029"
        else one
        if unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Cn") and drawn(one)
        else f"[U+{ord(one):04X}]"
        for one in text
    )


def numbers(texts: Sequence[str]) -> tuple[Cell, ...]:
    """Cells of numbers."""
    return tuple(Cell(text, number=True) for text in texts)
