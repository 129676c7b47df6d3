"""The tables of the database.

Owns: their columns. Refuses: nothing. Units: times in s since 1970.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""


class TerminalRow(Base):
    """A terminal whose key this host has seen made, or took from it over the cable."""

    __tablename__ = "terminals"
    dev: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
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
    dev: Mapped[bytes] = mapped_column(ForeignKey("terminals.dev"))
    n: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    type: Mapped[str]
    value: Mapped[str | None]
    unit: Mapped[str | None]
    received: Mapped[float]
    passed: Mapped[bool]


class ApprovalRow(Base):
    """A calibration and a firmware that somebody verified, see trust.Approval."""

    __tablename__ = "approvals"
    id: Mapped[int] = mapped_column(primary_key=True)
    dev: Mapped[bytes] = mapped_column(ForeignKey("terminals.dev"))
    generation: Mapped[int]
    calibration: Mapped[bytes] = mapped_column(LargeBinary)
    firmware: Mapped[bytes] = mapped_column(LargeBinary)
    until: Mapped[int | None]
    made: Mapped[float]


class WitnessRow(Base):
    """A witness that this host believes."""

    __tablename__ = "witnesses"
    key_id: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    name: Mapped[str]
    public_key: Mapped[bytes] = mapped_column(LargeBinary)


class CosignedRow(Base):
    """A tree head that a witness signed; as a witness this host keeps all that it saw."""

    __tablename__ = "cosigned"
    id: Mapped[int] = mapped_column(primary_key=True)
    dev: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary)
    key_id: Mapped[bytes] = mapped_column(LargeBinary)
    time: Mapped[int]
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str]


class StatementRow(Base):
    """A signed statement as it was installed, see keys.statements; the envelope is what counts."""

    __tablename__ = "statements"
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)  # of kind and payload
    kind: Mapped[int]
    subject: Mapped[bytes] = mapped_column(LargeBinary, index=True)  # terminal, or a station's key
    number: Mapped[int]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    added: Mapped[float]


class LogHeadRow(Base):
    """The newest head that this host saw of a station's log, as a signed note."""

    __tablename__ = "log_heads"
    origin: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str]
    seen: Mapped[float]
