"""The tables of the database, as its newest form has them; `migrations` makes them.

Owns: their columns. Refuses: nothing. Units: times in s since 1970; decimal numbers as text.

They reference each other without the database's supervision: SQLite has none unless it is asked,
and a record or an approval is kept before its terminal is known.
"""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import BigInteger, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Numbers and times go beyond 31 bits; SQLite's INTEGER holds 63, and only that counts up.
WHOLE = BigInteger().with_variant(Integer(), "sqlite")


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map: ClassVar = {int: WHOLE, bytes: LargeBinary}


class TerminalRow(Base):
    """A terminal whose key this host has seen made, or took from it over the cable."""

    __tablename__ = "terminals"
    dev: Mapped[bytes] = mapped_column(primary_key=True)
    public_key: Mapped[bytes]
    algorithm: Mapped[str]
    serial: Mapped[str]
    model: Mapped[str]
    test: Mapped[bool]
    first_seen: Mapped[float]


class RecordRow(Base):
    """A record as it was received, and what was found about it."""

    __tablename__ = "records"
    __table_args__ = (UniqueConstraint("dev", "n", "digest"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    dev: Mapped[bytes]
    n: Mapped[int]
    digest: Mapped[bytes]
    raw: Mapped[bytes]
    type: Mapped[str]
    value: Mapped[str | None]
    unit: Mapped[str | None]
    received: Mapped[float]
    passed: Mapped[bool]


class ApprovalRow(Base):
    """A calibration and a firmware that somebody verified, see trust.Approval."""

    __tablename__ = "approvals"
    id: Mapped[int] = mapped_column(primary_key=True)
    dev: Mapped[bytes]
    generation: Mapped[int]
    calibration: Mapped[bytes]
    firmware: Mapped[bytes]
    until: Mapped[int | None]
    made: Mapped[float]


class WitnessRow(Base):
    """A witness that this host believes."""

    __tablename__ = "witnesses"
    key_id: Mapped[bytes] = mapped_column(primary_key=True)
    name: Mapped[str]
    public_key: Mapped[bytes]


class CosignedRow(Base):
    """A tree head that a witness signed; as a witness this host keeps all that it saw."""

    __tablename__ = "cosigned"
    id: Mapped[int] = mapped_column(primary_key=True)
    dev: Mapped[bytes]
    size: Mapped[int]
    root: Mapped[bytes]
    key_id: Mapped[bytes]
    time: Mapped[int]
    signature: Mapped[bytes]
    note: Mapped[str]


class StatementRow(Base):
    """A signed statement as it was installed, see keys.statements; the envelope is what counts."""

    __tablename__ = "statements"
    digest: Mapped[bytes] = mapped_column(primary_key=True)  # of kind and payload
    kind: Mapped[int]
    subject: Mapped[bytes] = mapped_column(index=True)  # terminal, or a station's key
    number: Mapped[int]
    raw: Mapped[bytes]
    added: Mapped[float]


class LogHeadRow(Base):
    """The newest head that this host saw of a station's log, as a signed note."""

    __tablename__ = "log_heads"
    origin: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    root: Mapped[bytes]
    note: Mapped[str]
    seen: Mapped[float]


class RunRow(Base):
    """A run of a plan over one terminal, see factory.runs.Run."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(index=True)
    dev: Mapped[bytes | None] = mapped_column(index=True)
    address: Mapped[str]
    plan: Mapped[str]
    plan_digest: Mapped[str]
    operator: Mapped[str]
    station: Mapped[str]
    started: Mapped[float]
    ended: Mapped[float | None]
    state: Mapped[str]


class StepRow(Base):
    """A step of a run; begun anew it is the same row."""

    __tablename__ = "steps"
    __table_args__ = (UniqueConstraint("run", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    started: Mapped[float]
    ended: Mapped[float | None]
    detail: Mapped[str]  # JSON


class TestedRow(Base):
    """A test; its record is the attachment, and what counts."""

    __tablename__ = "tests"
    id: Mapped[str] = mapped_column(primary_key=True)
    run: Mapped[str | None] = mapped_column(index=True)
    serial: Mapped[str] = mapped_column(index=True)
    dev: Mapped[bytes | None]
    plan: Mapped[str]
    started: Mapped[float]
    passed: Mapped[bool]
    passed_guarded: Mapped[bool]
    attachment: Mapped[str]


class MeasurementRow(Base):
    """A measurement of a test, for looking things up."""

    __tablename__ = "measurements"
    id: Mapped[int] = mapped_column(primary_key=True)
    test: Mapped[str] = mapped_column(index=True)
    phase: Mapped[str]
    name: Mapped[str]
    rule: Mapped[str]
    clause: Mapped[str]
    raw: Mapped[str]  # JSON
    value: Mapped[str | None]  # None: what was read is of no use
    low: Mapped[str | None]
    high: Mapped[str | None]
    guard_low: Mapped[str | None]
    guard_high: Mapped[str | None]
    passed: Mapped[bool]
    guarded: Mapped[bool]


class AttachmentRow(Base):
    """A file that is kept under its hash, see attachments. digest: SHA-256, 64 hex digits."""

    __tablename__ = "attachments"
    digest: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    media: Mapped[str]
    size: Mapped[int]
    added: Mapped[float]


class LinkRow(Base):
    """What an attachment belongs to, and as what."""

    __tablename__ = "links"
    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(index=True)
    run: Mapped[str | None] = mapped_column(index=True)
    test: Mapped[str | None] = mapped_column(index=True)
    serial: Mapped[str] = mapped_column(index=True)
    what: Mapped[str]
