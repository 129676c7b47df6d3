"""Tables for spreadsheets: CSV as RFC 4180 has it, in UTF-8 with a mark by which Excel knows it.

Owns: the form. Refuses: with UserError, a file that cannot be written. Units: times in UTC, as
2027-01-31T12:00:00.000Z.

Text that a spreadsheet would take for a formula has an apostrophe before it: what is in a cell was
written by terminals and people. Numbers stay as they are.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from steelyard import saved

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def iso(time: float | None) -> str:
    """A time; "" for none. A record may say one that no calendar has."""
    if time is None:
        return ""
    try:
        told = datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return f"{time} s since 1970"
    return told.replace("+00:00", "Z")


def cell(value: object) -> str:
    """A value as text that is no formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def written(header: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[str, int]:
    """A table as text, without the mark; the number of its rows without the header."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(header)
    count = 0
    for row in rows:
        table.writerow([cell(value) for value in row])
        count += 1
    return text.getvalue(), count


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a table in one step; the number of its rows without the header."""
    text, count = written(header, rows)
    saved.save(path, text.encode("utf-8-sig"))
    return count
