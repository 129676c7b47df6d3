"""Form 1: terminals, records, approvals, witnesses, statements.

Owns: the tables as they were when forms were first counted. A database from before has some of
them or all, and terminals perhaps without their algorithm: it gets what it has not.
Refuses: nothing. Units: times in s since 1970.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _column(
    name: str, kind: sa.types.TypeEngine[Any], primary_key: bool = False, index: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, primary_key=primary_key, index=index or None)


def _tables() -> sa.MetaData:
    tables = sa.MetaData()
    sa.Table(
        "terminals",
        tables,
        _column("dev", sa.LargeBinary(), primary_key=True),
        _column("public_key", sa.LargeBinary()),
        _column("algorithm", sa.String()),
        _column("serial", sa.String()),
        _column("model", sa.String()),
        _column("test", sa.Boolean()),
        _column("first_seen", sa.Double()),
    )
    sa.Table(
        "records",
        tables,
        _column("id", _WHOLE, primary_key=True),
        _column("dev", sa.LargeBinary()),
        _column("n", _WHOLE),
        _column("digest", sa.LargeBinary()),
        _column("raw", sa.LargeBinary()),
        _column("type", sa.String()),
        sa.Column("value", sa.String()),
        sa.Column("unit", sa.String()),
        _column("received", sa.Double()),
        _column("passed", sa.Boolean()),
        sa.UniqueConstraint("dev", "n", "digest"),
    )
    _tables_of_trust(tables)
    return tables


def _tables_of_trust(tables: sa.MetaData) -> None:
    sa.Table(
        "approvals",
        tables,
        _column("id", _WHOLE, primary_key=True),
        _column("dev", sa.LargeBinary()),
        _column("generation", _WHOLE),
        _column("calibration", sa.LargeBinary()),
        _column("firmware", sa.LargeBinary()),
        sa.Column("until", _WHOLE),
        _column("made", sa.Double()),
    )
    sa.Table(
        "witnesses",
        tables,
        _column("key_id", sa.LargeBinary(), primary_key=True),
        _column("name", sa.String()),
        _column("public_key", sa.LargeBinary()),
    )
    sa.Table(
        "cosigned",
        tables,
        _column("id", _WHOLE, primary_key=True),
        _column("dev", sa.LargeBinary()),
        _column("size", _WHOLE),
        _column("root", sa.LargeBinary()),
        _column("key_id", sa.LargeBinary()),
        _column("time", _WHOLE),
        _column("signature", sa.LargeBinary()),
        _column("note", sa.String()),
    )
    sa.Table(
        "statements",
        tables,
        _column("digest", sa.LargeBinary(), primary_key=True),
        _column("kind", _WHOLE),
        _column("subject", sa.LargeBinary(), index=True),
        _column("number", _WHOLE),
        _column("raw", sa.LargeBinary()),
        _column("added", sa.Double()),
    )
    sa.Table(
        "log_heads",
        tables,
        _column("origin", sa.String(), primary_key=True),
        _column("size", _WHOLE),
        _column("root", sa.LargeBinary()),
        _column("note", sa.String()),
        _column("seen", sa.Double()),
    )


def upgrade() -> None:
    """Make what is missing."""
    connection = op.get_bind()
    _tables().create_all(connection)
    columns = {column["name"] for column in sa.inspect(connection).get_columns("terminals")}
    if "algorithm" not in columns:
        # All there were then: Ed25519.
        made = sa.Column("algorithm", sa.String(), nullable=False, server_default="Ed25519")
        op.add_column("terminals", made)
