"""The part of the database that is about a factory: runs, their steps, attachments.

Owns: these tables, and that an attachment's file is there before its row. Refuses: with UserError,
what is not known here. Units: times in s since 1970.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from steelyard.attachments import Attachments
from steelyard.errors import USAGE, UserError
from steelyard.factory import runs as kept
from steelyard.factory.runs import Attached, Run, Step
from steelyard.tables import (
    AttachmentRow,
    LinkRow,
    RunRow,
    StepRow,
    TerminalRow,
    TestedRow,
)

# The same on SQLite and PostgreSQL: of two programs one is first, and neither fails.
_ATTACH = (
    "INSERT INTO attachments (digest, name, media, size, added)"
    " VALUES (:digest, :name, :media, :size, :added) ON CONFLICT (digest) DO NOTHING"
)
_BEGIN = (
    "INSERT INTO steps (run, name, state, started, ended, detail)"
    " VALUES (:run, :name, :state, :started, NULL, '{}') ON CONFLICT (run, name)"
    " DO UPDATE SET state = excluded.state, started = excluded.started, ended = NULL"
)


class StoredFactory:
    """A part of store.Store."""

    folder: Path

    def session(self) -> AbstractContextManager[Session]:
        """A transaction."""
        raise NotImplementedError

    # --- runs ------------------------------------------------------------------------------------

    def begin_run(
        self,
        serial: str,
        plan: str,
        plan_digest: str,
        operator: str,
        station: str,
        address: str = "",
        dev: bytes | None = None,
    ) -> Run:
        """A new run, open."""
        run = Run(
            id=str(uuid.uuid4()),
            serial=serial,
            dev=dev,
            address=address,
            plan=plan,
            plan_digest=plan_digest,
            operator=operator,
            station=station,
            started=time.time(),
            ended=None,
            state=kept.OPEN,
        )
        with self.session() as session:
            session.add(RunRow(**vars(run)))
        return run

    def run(self, run: str) -> Run:
        """The run of an id; UserError."""
        with self.session() as session:
            return run_of(_run(session, run))

    def open_run(self, serial: str | None = None, dev: bytes | None = None) -> Run | None:
        """The newest run over this terminal that has not ended; by either, or by both."""
        if serial is None and dev is None:
            raise ValueError("which terminal?")
        query = select(RunRow).where(RunRow.state == kept.OPEN)
        if serial is not None:
            query = query.where(RunRow.serial == serial)
        if dev is not None:
            query = query.where(RunRow.dev == dev)
        with self.session() as session:
            row = session.scalar(query.order_by(RunRow.started.desc()).limit(1))
            return None if row is None else run_of(row)

    def unborn_runs(self, plan: str, serial: str = "") -> list[Run]:
        """Open runs over a terminal that has no key yet, of a serial number, else of a plan; the
        newest first."""
        query = select(RunRow).where(RunRow.state == kept.OPEN, RunRow.dev.is_(None))
        query = query.where(RunRow.serial == serial if serial else RunRow.plan == plan)
        with self.session() as session:
            found = session.scalars(query.order_by(RunRow.started.desc(), RunRow.id))
            return [run_of(row) for row in found]

    def newest_run(self) -> float:
        """When the newest run began; 0 without one."""
        with self.session() as session:
            return session.scalar(select(func.max(RunRow.started))) or 0.0

    def numbers_taken(self) -> set[str]:
        """All serial numbers that a terminal here has, or a run is to give."""
        with self.session() as session:
            found = set(session.scalars(select(TerminalRow.serial)))
            return found | set(session.scalars(select(RunRow.serial)))

    def runs(self, serial: str) -> list[Run]:
        """All runs over a serial number, oldest first."""
        query = select(RunRow).where(RunRow.serial == serial).order_by(RunRow.started, RunRow.id)
        with self.session() as session:
            return [run_of(row) for row in session.scalars(query)]

    def set_run(
        self,
        run: str,
        serial: str | None = None,
        dev: bytes | None = None,
        state: str | None = None,
        address: str | None = None,
    ) -> Run:
        """Change what is given; the run as it is then. Any state but open ends it."""
        if state is not None and state not in kept.RUN_STATES:
            raise ValueError(f"{state} is no state of a run")
        with self.session() as session:
            row = _run(session, run)
            row.serial = row.serial if serial is None else serial
            row.dev = row.dev if dev is None else dev
            row.address = row.address if address is None else address
            if state is not None:
                row.state = state
                row.ended = None if state == kept.OPEN else time.time()
            return run_of(row)

    def begin_step(self, run: str, name: str) -> None:
        """A step begins, perhaps anew; what it found before stays until it ends."""
        values = {"run": run, "name": name, "state": kept.STARTED, "started": time.time()}
        with self.session() as session:
            _run(session, run)
            session.execute(text(_BEGIN), values)

    def end_step(
        self, run: str, name: str, detail: Mapping[str, Any] | None = None, failed: bool = False
    ) -> None:
        """A step has ended. detail: what it found, for JSON; UserError if it never began."""
        with self.session() as session:
            query = select(StepRow).where(StepRow.run == run, StepRow.name == name)
            row = session.scalar(query)
            if row is None:
                raise UserError(USAGE, f"the step {name} of the run {run} has not begun")
            row.state = kept.FAILED if failed else kept.DONE
            row.ended = time.time()
            row.detail = json.dumps(dict(detail or {}), ensure_ascii=False)

    def steps(self, run: str) -> list[Step]:
        """The steps of a run, by when they began."""
        query = select(StepRow).where(StepRow.run == run).order_by(StepRow.started, StepRow.id)
        with self.session() as session:
            return [
                Step(row.run, row.name, row.state, row.started, row.ended, json.loads(row.detail))
                for row in session.scalars(query)
            ]

    # --- attachments -----------------------------------------------------------------------------

    @property
    def files(self) -> Attachments:
        """Where attachments are."""
        return Attachments(self.folder)

    def attach(
        self,
        data: bytes,
        name: str,
        media: str,
        what: str,
        run: str | None = None,
        test: str | None = None,
        serial: str = "",
    ) -> str:
        """Keep a file and what it belongs to; its digest. The same once more changes nothing.

        name: of the file, for people. media: e.g. "application/pdf". what: e.g. "label".
        """
        digest = self.files.put(data)
        with self.session() as session:
            link(session, digest, data, (name, media, what), run, test, serial)
        return digest

    def attachment(self, digest: str) -> bytes:
        """Its bytes, compared with the digest; UserError names a file that does not fit."""
        return self.files.get(digest)

    def attached(self, serial: str) -> list[Attached]:
        """What belongs to a serial number, or to its runs and tests, by when it was added."""
        runs = select(RunRow.id).where(RunRow.serial == serial)
        tests = select(TestedRow.id).where(TestedRow.serial == serial)
        query = select(AttachmentRow, LinkRow).join(
            LinkRow, LinkRow.digest == AttachmentRow.digest
        )
        query = query.where(
            or_(LinkRow.serial == serial, LinkRow.run.in_(runs), LinkRow.test.in_(tests))
        )
        with self.session() as session:
            return [
                Attached(
                    digest=file.digest,
                    name=file.name,
                    media=file.media,
                    size=file.size,
                    added=file.added,
                    what=link.what,
                    run=link.run,
                    test=link.test,
                    serial=link.serial,
                )
                for file, link in session.execute(query.order_by(LinkRow.id))
            ]


def run_of(row: RunRow) -> Run:
    """A row as data."""
    return Run(**{one.name: getattr(row, one.name) for one in fields_of(Run)})


def _run(session: Session, run: str) -> RunRow:
    row = session.get(RunRow, run)
    if row is None:
        raise UserError(USAGE, f"there is no run {run} here: `steelyard history` names them")
    return row


def link(
    session: Session,
    digest: str,
    data: bytes,
    named: tuple[str, str, str],
    run: str | None,
    test: str | None,
    serial: str,
) -> None:
    """Rows for a file that is there. named: its name, media type and what it is."""
    name, media, what = named
    if run is not None:
        _run(session, run)
    values = {"digest": digest, "name": name, "media": media, "size": len(data)}
    session.execute(text(_ATTACH), {**values, "added": time.time()})
    same = select(LinkRow.id).where(LinkRow.digest == digest, LinkRow.what == what)
    same = same.where(
        LinkRow.run.is_(None) if run is None else LinkRow.run == run,
        LinkRow.test.is_(None) if test is None else LinkRow.test == test,
        LinkRow.serial == serial,
    )
    if session.scalar(same) is None:
        session.add(LinkRow(digest=digest, run=run, test=test, serial=serial, what=what))
