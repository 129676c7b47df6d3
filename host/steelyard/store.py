"""What this host keeps: terminals it knows, records it has seen, verdicts on them.

Owns: the database (SQLite unless told otherwise, see `database`) and, in its folder, the files of
shared keys. Its parts for a factory: `store_factory` and `store_tests`; for trust: `store_trust`.
Refuses: with UserError, a database that cannot be opened or written; what was in it stays.
Units: received times in seconds since 1970.

The raw bytes of a record are what counts; the columns beside them are for looking things up. Two
different records under one number are both kept: they are a proof. Link keys and unlock keys
are secrets: they are in `link-keys.json` and `unlock-keys.json`, readable by the owner alone, and
are never printed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from steelyard_wire import cose, record
from steelyard_wire.codes import Refused
from steelyard_wire.digest import sha256
from steelyard_wire.quantity import format_quantity, unit_name

from steelyard.database import engine_of, place_of, trouble
from steelyard.errors import USAGE, UserError
from steelyard.migrations import Newer, bring_up
from steelyard.opened import EDDSA, KeyEntry
from steelyard.shared_keys import SharedKeys
from steelyard.store_tests import StoredTests
from steelyard.store_trust import StoredTrust
from steelyard.tables import RecordRow, TerminalRow

_BATCH = 2000
_INSERT = (
    "INSERT INTO records (dev, n, digest, raw, type, value, unit, received, passed)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (dev, n, digest) DO UPDATE SET passed = excluded.passed"
)
# Two records under one number: neither proves anything but that.
_DISOWN_TWINS = (
    "UPDATE records SET passed = FALSE WHERE dev = ? AND n IN (SELECT n FROM records"
    " WHERE dev = ? AND n BETWEEN ? AND ? GROUP BY n HAVING COUNT(*) > 1)"
)
# On a server: until the end of the transaction nobody else writes records of this terminal.
_ALONE = "SELECT pg_advisory_xact_lock(1399812178, %s)"
Keep = Callable[[Mapping[int, Any], bytes, bool], None]
Row = tuple[bytes, int, bytes, bytes, str, str | None, str | None, float, bool]


class Store(StoredTrust, StoredTests):
    """The open database. named: a file, made with its folder if missing, or the address of a
    server; by default as $STEELYARD_DATABASE says.

    folder: where secrets and attachments lie. path: of the SQLite file; of a server's database
    there is none.
    """

    def __init__(self, named: Path | str | None = None) -> None:
        self._place = place_of(named)
        self.folder = self._place.folder
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._engine = engine_of(self._place)
            bring_up(self._engine)
        except Newer as newer:
            raise UserError(
                USAGE,
                f"the database {self._place.name} is of a newer program (its form is"
                f" {newer.form}). Nothing in it was changed; install that program here, or name"
                " another database in STEELYARD_DATABASE",
            ) from None
        except (OSError, ValueError, SQLAlchemyError) as error:
            raise trouble(self._place, error) from None

    @property
    def path(self) -> Path:
        """Of the SQLite file; UserError for a server's database."""
        if self._place.path is None:
            raise UserError(USAGE, f"the database {self._place.name} is no file")
        return self._place.path

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction; UserError, and nothing changed, when it fails."""
        try:
            with Session(self._engine) as session, session.begin():
                yield session
        except SQLAlchemyError as error:
            raise trouble(self._place, error) from None

    def close(self) -> None:
        """Let the file go."""
        self._engine.dispose()

    # --- terminals -------------------------------------------------------------------------------

    def add_terminal(
        self, public_key: bytes, serial: str, model: str, test: bool, algorithm: str = EDDSA
    ) -> bytes:
        """Register a key; the device id. A key that is registered stays as it is."""
        dev = record.device_id(public_key, test)
        with self.session() as session:
            if session.get(TerminalRow, dev) is None:
                session.add(
                    TerminalRow(
                        dev=dev,
                        public_key=public_key,
                        algorithm=algorithm,
                        serial=serial,
                        model=model,
                        test=test,
                        first_seen=time.time(),
                    )
                )
        return dev

    def registry(self) -> dict[bytes, KeyEntry]:
        """All keys by device id, for `verify`."""
        with self.session() as session:
            return {
                row.dev: KeyEntry(row.public_key, row.serial, row.test, row.algorithm)
                for row in session.scalars(select(TerminalRow))
            }

    def model(self, dev: bytes) -> str:
        """What a terminal said that it is; "" if it is not known."""
        with self.session() as session:
            row = session.get(TerminalRow, dev)
            return row.model if row else ""

    # --- records ---------------------------------------------------------------------------------

    def add_record(self, raw: bytes, passed: bool) -> None:
        """Keep a record and the verdict on it; one that is there already is kept once.

        Of two different records under one number neither passes any more.
        """
        try:
            fields = record.decode(cose.split(raw).payload)
        except Refused as refused:
            raise UserError(USAGE, f"not a record: {refused}") from None
        with self.writer() as keep:
            keep(fields, raw, passed)

    @contextmanager
    def writer(self) -> Iterator[Keep]:
        """keep(fields, raw, passed), as add_record does, for many, all or none."""
        rows: list[Row] = []
        now = time.time()
        try:
            with self._engine.begin() as connection:

                def keep(fields: Mapping[int, Any], raw: bytes, passed: bool) -> None:
                    weight = fields.get(record.VAL)
                    value = unit = None
                    if weight is not None:
                        value, unit = format_quantity(weight[0], weight[1]), unit_name(weight[2])
                    name = record.type_name(fields[record.TYP])
                    digest = sha256(raw)
                    dev, n = fields[record.DEV], fields[record.N]
                    rows.append((dev, n, digest, raw, name, value, unit, now, passed))
                    if len(rows) >= _BATCH:
                        _write(connection, rows)

                yield keep
                _write(connection, rows)
        except SQLAlchemyError as error:
            raise trouble(self._place, error) from None

    def disown(self, dev: bytes, numbers: Iterable[int]) -> None:
        """These records of a terminal do not pass."""
        with self.session() as session:
            for n in numbers:
                query = select(RecordRow).where(RecordRow.dev == dev, RecordRow.n == n)
                for row in session.scalars(query):
                    row.passed = False

    def numbers(self, dev: bytes) -> Iterator[int]:
        """The numbers of a terminal's records, each once, as a stream."""
        query = select(RecordRow.n).where(RecordRow.dev == dev).distinct().order_by(RecordRow.n)
        with self.session() as session:
            yield from session.scalars(query.execution_options(yield_per=1000))

    def newest(self, dev: bytes) -> int:
        """The highest number of a terminal's records; -1 if there is none."""
        with self.session() as session:
            found = session.scalar(select(func.max(RecordRow.n)).where(RecordRow.dev == dev))
            return -1 if found is None else found

    def exported(
        self, dev: bytes, first: int = 0, last: int | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """The raw records first..last of a terminal, by number with their numbers, as a stream."""
        query = select(RecordRow.n, RecordRow.raw)
        query = query.where(RecordRow.dev == dev, RecordRow.n >= first)
        if last is not None:
            query = query.where(RecordRow.n <= last)
        query = query.order_by(RecordRow.n, RecordRow.raw)
        with self.session() as session:
            for row in session.execute(query.execution_options(yield_per=1000)):
                yield row.n, row.raw

    def records(self, dev: bytes) -> list[bytes]:
        """The raw records of a terminal by number; both of two that share one."""
        with self.session() as session:
            query = select(RecordRow).where(RecordRow.dev == dev).order_by(RecordRow.n)
            return [row.raw for row in session.scalars(query)]

    # --- shared keys -----------------------------------------------------------------------------

    @property
    def _shared(self) -> tuple[SharedKeys, SharedKeys]:
        # Apart: an operator gets the first, and with the second he could unlock what he opened.
        names = ("link-keys.json", "unlock-keys.json")
        link, unlock = (SharedKeys(self.folder / name) for name in names)
        return link, unlock

    def link_key(self, dev: bytes) -> bytes | None:
        """The link key agreed with a terminal, if this host provisioned it."""
        return self._shared[0].of(dev)

    def unlock_key(self, dev: bytes) -> bytes | None:
        """The key of a terminal's unlock digits, if this host provisioned it."""
        return self._shared[1].of(dev)

    def offer_keys(self, serial: str, link_key: bytes, unlock_key: bytes) -> None:
        """Keep the keys that are about to be offered to a terminal without a device id.

        UserError, and the files as they were, if that fails.
        """
        for keys, key in zip(self._shared, (link_key, unlock_key), strict=True):
            keys.offer(serial, key)

    def claim_keys(self, serial: str, dev: bytes) -> None:
        """The terminal took the keys that were offered, even if its reply was lost."""
        for keys in self._shared:
            keys.claim(serial, dev)


def _write(connection: Connection, rows: list[Row]) -> None:
    """Insert rows, and empty the list."""
    # In the same order by everybody, or of two writers each could wait for the other.
    rows.sort(key=lambda row: row[:3])
    spans = [
        (dev, [row[1] for row in rows if row[0] == dev])
        for dev in dict.fromkeys(row[0] for row in rows)
    ]
    on_server = connection.dialect.name != "sqlite"
    mark = "%s" if on_server else "?"
    for dev, _ in spans if on_server else ():
        # SQLite has one writer at a time. Of two that do not see what the other has not yet
        # committed, neither would find the twins.
        number = int.from_bytes(dev[-4:], "big", signed=True)
        connection.exec_driver_sql(_ALONE, (number,))
    if rows:
        connection.exec_driver_sql(_INSERT.replace("?", mark), list(rows))
    for dev, numbers in spans:
        span = (dev, dev, numbers[0], numbers[-1])
        connection.exec_driver_sql(_DISOWN_TWINS.replace("?", mark), span)
    rows.clear()
