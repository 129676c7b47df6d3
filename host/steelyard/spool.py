"""Records and blocks whose signature holds, until the verdict on all is there: sorted, on disk.

Owns: a database of SQLite in a temporary file that has no name and ends with its user. A few
thousand records stay in memory. Refuses: with UserError, more than the disk takes.
Units: none.
"""

from __future__ import annotations

import hashlib
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
CREATE TABLE blocks (
    dev BLOB, bc INTEGER, seq INTEGER, place INTEGER, n INTEGER, root BLOB, digest BLOB,
    PRIMARY KEY (dev, bc, seq, place)
) WITHOUT ROWID;
"""
_INSERT_RECORD = "INSERT INTO records VALUES (?, ?, ?, ?)"
_INSERT_BLOCK = "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?)"
BlockName = tuple[bytes, int, int]  # device id, start, number in it


class Spool:
    """Takes records in any order and gives them by terminal and number, as often as asked."""

    def __init__(self) -> None:
        self._database: sqlite3.Connection | None = None  # made when there is something to keep
        self._rows: dict[str, list[tuple[object, ...]]] = {_INSERT_RECORD: [], _INSERT_BLOCK: []}
        self._place = 0

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._database is not None:
            self._database.close()

    def add(self, dev: bytes, n: int, raw: bytes) -> None:
        """One more record of the terminal with this device id."""
        self._place += 1
        self._add(_INSERT_RECORD, (dev, n, self._place, raw))

    def add_block(self, name: BlockName, n: int, root: bytes, raw: bytes) -> None:
        """One more block, after n records with this root; of its bytes the digest is kept."""
        self._place += 1
        digest = hashlib.sha256(raw).digest()
        self._add(_INSERT_BLOCK, (*name, self._place, n, root, digest))

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

    def block_numbers(self) -> Iterator[tuple[BlockName, int, bytes]]:
        """Name, records before it and digest of each block, by name."""
        query = "SELECT dev, bc, seq, n, digest FROM blocks ORDER BY dev, bc, seq, place"
        for dev, bc, seq, n, digest in self._read(query):
            yield (dev, bc, seq), n, digest

    def block_roots(self) -> Iterator[tuple[bytes, int, bytes, int]]:
        """Terminal, size and root of each tree that blocks commit to, and how many do, by size."""
        yield from self._read(
            "SELECT dev, n, root, COUNT(*) FROM blocks GROUP BY dev, n, root ORDER BY dev, n"
        )

    def _add(self, insert: str, row: tuple[object, ...]) -> None:
        rows = self._rows[insert]
        rows.append(row)
        if len(rows) >= _BATCH:
            self._flush()

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = sqlite3.connect("")
            self._database.executescript(_SETUP)
        return self._database

    def _flush(self) -> None:
        try:
            for insert, rows in self._rows.items():
                self._opened().executemany(insert, rows)
                rows.clear()
        except sqlite3.Error as error:
            raise _no_room(error) from None

    def _read(self, query: str, values: tuple[object, ...] = ()) -> Iterator[Any]:
        if any(self._rows.values()):
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
