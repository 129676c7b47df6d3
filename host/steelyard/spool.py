"""Records whose signature holds, until the verdict on all of them is there: by number, on disk.

Owns: a database of SQLite in a temporary file that has no name and ends with its user. A few
thousand records stay in memory. Refuses: with UserError, more than the disk takes.
Units: none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from steelyard.errors import USAGE, UserError

_BATCH = 500
# Damage to a file that nobody can open again matters to nobody.
_SETUP = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE records (
    dev BLOB, n INTEGER, place INTEGER, raw BLOB, PRIMARY KEY (dev, n, place)
) WITHOUT ROWID;
"""


class Spool:
    """Takes records in any order and gives them by terminal and number, as often as asked."""

    def __init__(self) -> None:
        self._database: sqlite3.Connection | None = None  # made when there is something to keep
        self._rows: list[tuple[bytes, int, int, bytes]] = []
        self._place = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._database is not None:
            self._database.close()

    def add(self, dev: bytes, n: int, raw: bytes) -> None:
        """One more record of the terminal with this device id."""
        self._place += 1
        self._rows.append((dev, n, self._place, raw))
        if len(self._rows) >= _BATCH:
            self._flush()

    def records(self) -> Iterator[tuple[bytes, int, bytes]]:
        """Device id, number and bytes of each; those of one number in the order they came in."""
        yield from self._read("SELECT dev, n, raw FROM records ORDER BY dev, n, place")

    def of(self, dev: bytes) -> Iterator[tuple[int, bytes]]:
        """Number and bytes of each of one terminal, by number."""
        query = "SELECT n, raw FROM records WHERE dev = ? ORDER BY n, place"
        yield from self._read(query, (dev,))

    def spans(self) -> Iterator[tuple[bytes, int, int]]:
        """Each terminal with its lowest and its highest number."""
        yield from self._read("SELECT dev, MIN(n), MAX(n) FROM records GROUP BY dev ORDER BY dev")

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = sqlite3.connect("")
            self._database.executescript(_SETUP)
        return self._database

    def _flush(self) -> None:
        try:
            self._opened().executemany("INSERT INTO records VALUES (?, ?, ?, ?)", self._rows)
        except sqlite3.Error as error:
            raise _no_room(error) from None
        self._rows.clear()

    def _read(self, query: str, values: tuple[object, ...] = ()) -> Iterator[Any]:
        if self._rows:
            self._flush()
        if self._database is None:
            return
        try:
            yield from self._database.execute(query, values)
        except sqlite3.Error as error:
            raise _no_room(error) from None


def _no_room(error: sqlite3.Error) -> UserError:
    return UserError(
        USAGE,
        f"no temporary file can hold the records: {error}. Nothing was changed; free space, or"
        " name another folder in SQLITE_TMPDIR",
    )
