"""The part of the database that is about trust: approvals, witnesses, signed statements.

Owns: these tables. Refuses: as `store`. Units: times in s since 1970.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.orm import Session
from steelyard_wire import statement
from steelyard_wire.codes import Refused
from steelyard_wire.digest import sha256

from steelyard.errors import USAGE, UserError
from steelyard.keys.authority import Authority
from steelyard.keys.statements import Statement, opened
from steelyard.tables import ApprovalRow, CosignedRow, LogHeadRow, StatementRow, WitnessRow
from steelyard.trust import Approval, Cosigned, Trust, Witness


class StoredTrust:
    """A part of store.Store."""

    def session(self) -> AbstractContextManager[Session]:
        """A transaction."""
        raise NotImplementedError

    def add_approval(self, dev: bytes, approval: Approval) -> None:
        """Keep that somebody verified this calibration and firmware."""
        row = ApprovalRow(dev=dev, made=time.time(), **vars(approval))
        with self.session() as session:
            session.add(row)

    def add_witness(self, witness: Witness) -> None:
        """Believe a witness from now on."""
        with self.session() as session:
            session.merge(
                WitnessRow(key_id=witness.key_id, name=witness.name, public_key=witness.public_key)
            )

    def add_cosigned(self, dev: bytes, said: Cosigned, note: str) -> None:
        """Keep a tree head with what a witness signed."""
        with self.session() as session:
            session.add(CosignedRow(dev=dev, note=note, **vars(said)))

    def heads_seen(self, dev: bytes, key_id: bytes) -> list[Cosigned]:
        """The tree heads of a terminal that a witness signed, by size."""
        query = select(CosignedRow).where(CosignedRow.dev == dev, CosignedRow.key_id == key_id)
        with self.session() as session:
            rows = session.scalars(query.order_by(CosignedRow.size, CosignedRow.time))
            return [_cosigned(row) for row in rows]

    def trust(self) -> Trust:
        """Everything, for `verify`."""
        approvals: dict[bytes, list[Approval]] = {}
        cosigned: dict[bytes, list[Cosigned]] = {}
        with self.session() as session:
            for row in session.scalars(select(ApprovalRow)):
                approval = Approval(row.generation, row.calibration, row.firmware, row.until)
                approvals.setdefault(row.dev, []).append(approval)
            witnesses = [Witness(row.name, row.public_key) for row in _all(session, WitnessRow)]
            for said in session.scalars(select(CosignedRow)):
                cosigned.setdefault(said.dev, []).append(_cosigned(said))
        return Trust(approvals, {one.key_id: one for one in witnesses}, cosigned, self.authority())

    # --- statements ------------------------------------------------------------------------------

    def add_statement(self, one: Statement) -> None:
        """Keep a signed statement, with the signatures that it had here before."""
        digest = sha256(bytes([one.kind]), one.payload)
        with self.session() as session:
            row = session.get(StatementRow, digest)
            if row is not None:
                row.raw = one.merged(_opened(row.kind, row.raw)).envelope
                return
            session.add(
                StatementRow(
                    digest=digest,
                    kind=one.kind,
                    subject=one.subject,
                    number=one.number,
                    raw=one.envelope,
                    added=time.time(),
                )
            )

    def statements(self, *kinds: int, subject: bytes | None = None) -> list[Statement]:
        """What was kept of these kinds (of all), by kind and number; whether it counts,
        `authority` says. subject: the terminal, or the station's key, that it is about."""
        query = select(StatementRow).order_by(StatementRow.kind, StatementRow.number)
        if kinds:
            query = query.where(StatementRow.kind.in_(kinds))
        if subject is not None:
            query = query.where(StatementRow.subject == subject)
        with self.session() as session:
            rows = [(row.kind, row.raw) for row in session.scalars(query)]
        return [_opened(kind, raw) for kind, raw in rows]

    def statements_added(self, subject: bytes) -> list[tuple[float, Statement]]:
        """What was kept about a terminal, with when, by kind and number."""
        query = select(StatementRow).where(StatementRow.subject == subject)
        with self.session() as session:
            found = session.scalars(query.order_by(StatementRow.kind, StatementRow.number))
            rows = [(row.added, row.kind, row.raw) for row in found]
        return [(added, _opened(kind, raw)) for added, kind, raw in rows]

    def authority(self) -> Authority:
        """What holds under the roots that this host trusts."""

        def about(kind: int, dev: bytes) -> list[Statement]:
            return self.statements(kind, subject=dev)

        return Authority(self.statements(*statement.BY_SEVERAL), about)

    def log_head(self, origin: str) -> tuple[int, bytes] | None:
        """Size and root of the newest head that was seen of a log."""
        with self.session() as session:
            row = session.get(LogHeadRow, origin)
            return (row.size, row.root) if row else None

    def keep_log_head(self, origin: str, size: int, root: bytes, note: str) -> None:
        """Remember the newest head of a log."""
        row = LogHeadRow(origin=origin, size=size, root=root, note=note, seen=time.time())
        with self.session() as session:
            session.merge(row)


def _all(session: Session, table: type[WitnessRow]) -> list[WitnessRow]:
    return list(session.scalars(select(table)))


def _cosigned(row: CosignedRow) -> Cosigned:
    return Cosigned(row.size, row.root, row.key_id, row.time, row.signature)


def _opened(kind: int, raw: bytes) -> Statement:
    try:
        return opened(kind, raw)
    except (Refused, IndexError):
        raise UserError(
            USAGE, "a statement in the database is none. Restore it from a copy"
        ) from None
