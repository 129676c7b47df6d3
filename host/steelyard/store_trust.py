"""The part of the database that is about trust: approvals, witnesses, what they signed.

Owns: these tables. Refuses: as `store`. Units: times in s since 1970.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from sqlalchemy import select
from sqlalchemy.orm import Session

from steelyard.tables import ApprovalRow, CosignedRow, WitnessRow
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
        return Trust(approvals, {one.key_id: one for one in witnesses}, cosigned)


def _all(session: Session, table: type[WitnessRow]) -> list[WitnessRow]:
    return list(session.scalars(select(table)))


def _cosigned(row: CosignedRow) -> Cosigned:
    return Cosigned(row.size, row.root, row.key_id, row.time, row.signature)
