"""Samples from files: our own traces, and the CSV that other people's programs write.

Owns: which column is the time, which the counts, and the rate of a recording.
Refuses: with UserError, a file that cannot be read, has no such column, or holds no counts.
Units: counts of the converter, 24 bits with sign; times in seconds, or in milliseconds where a
step is at least 2 (no converter takes so many seconds).
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from steelyard_wire import codes

from steelyard.errors import USAGE, UserError
from steelyard.spectrum import Array
from steelyard.trace import Trace, make

_TIMES = ("seconds", "time", "epoch_s", "t", "s", "timestamp", "ms", "millis", "time_ms")
_COUNTS = ("counts", "raw", "raw reading", "raw0", "reading", "adc", "value")
_FULL = 1 << 23
_LEAST = 16
_MS_STEP = 2.0
_ENDS = {_FULL - 1: codes.FAULT_OVERLOAD, -_FULL: codes.FAULT_UNDERLOAD}


def _rows(file: Path) -> list[list[str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(USAGE, f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(USAGE, f"{file} is no text: a recording is a CSV file") from None
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise UserError(USAGE, f"{file} is empty")
    if any(mark in lines[0] for mark in ",;\t"):
        return list(csv.reader(lines, delimiter=next(m for m in ";\t," if m in lines[0])))
    return [line.split() for line in lines]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _chosen(column: str, names: list[str], width: int, file: Path) -> int | None:
    """Index of the column that was asked for: a name of the head, or a number from 1 on."""
    if not column:
        return None
    if column.lower() in names:
        return names.index(column.lower())
    if column.isdigit() and 1 <= int(column) <= width:
        return int(column) - 1
    there = ", ".join(names) if names else f"1 to {width}"
    raise UserError(USAGE, f"{file} has no column {column}: its columns are {there}")


def _find(wanted: tuple[str, ...], names: list[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _counts_column(column: str, names: list[str], width: int, at: int | None, file: Path) -> int:
    chosen = _chosen(column, names, width, file)
    if chosen is None:
        chosen = _find(_COUNTS, names)
    others = [index for index in range(width) if index != at]
    if chosen is None and len(others) == 1:
        chosen = others[0]
    if chosen is None:
        there = f" ({', '.join(names)})" if names else ""
        raise UserError(
            USAGE,
            f"{file} has {width} columns{there}: say which one holds the counts, e.g. --column 2",
        )
    return chosen


def _is_time(values: Array) -> bool:
    return len(values) > 1 and bool(np.all(np.diff(values) >= 0)) and values[-1] > values[0]


def _milliseconds(values: Array) -> Array:
    # Clocks of hosts are set back now and then.
    rising = np.maximum.accumulate(values) - values[0]
    unit = 1.0 if float(np.median(np.diff(values))) >= _MS_STEP else 1000.0
    return np.asarray(rising * unit, dtype=np.float64)


def load(file: Path, column: str = "", rate_hz: float = 0.0) -> Trace:
    """The samples of a CSV file, with or without a head.

    column: of the counts, by name or number from 1 on; empty: the one that can be meant. rate_hz:
    where the file has no times, or other ones than those of the converter; 0: by the times.
    """
    rows = _rows(file)
    names = [] if all(map(_is_number, rows[0])) else [cell.strip().lower() for cell in rows[0]]
    body = rows[1:] if names else rows
    width = len(rows[0])
    if len(body) < _LEAST or any(len(row) != width for row in body):
        raise UserError(USAGE, f"{file} is not a table of at least {_LEAST} rows of numbers")
    at = _find(_TIMES, names) if names else None
    try:
        first = np.array([float(row[0]) for row in body])
        if not names and width > 1 and _is_time(first):
            at = 0
        place = _counts_column(column, names, width, at, file)
        counts = np.round(np.array([float(row[place]) for row in body]))
        times = None if at is None else np.array([float(row[at]) for row in body])
        marked = names.index("fault") if "fault" in names else None
        faults = None if marked is None else np.array([int(row[marked]) for row in body])
    except ValueError as error:
        raise UserError(USAGE, f"{file} holds something that is no number ({error})") from None
    if not np.all(np.isfinite(counts)) or np.abs(counts + 0.5).max() > _FULL:
        raise UserError(USAGE, f"column {place + 1} of {file} is not the counts of a converter")
    if faults is None:
        faults = np.array([_ENDS.get(int(word), codes.FAULT_NONE) for word in counts])
    return _timed(file, counts, faults, times, rate_hz)


def _timed(file: Path, counts: Array, faults: Array, times: Array | None, rate_hz: float) -> Trace:
    if rate_hz > 0:
        return make(counts, faults, np.arange(len(counts)) * 1000 / rate_hz)
    if times is None or not times.max() > times[0]:
        raise UserError(USAGE, f"{file} has no times: say how fast it is, e.g. --rate 80")
    found = make(counts, faults, _milliseconds(times))
    if not found.rate_hz:
        raise UserError(USAGE, f"the times of {file} are no row of samples: say --rate 80")
    return found
