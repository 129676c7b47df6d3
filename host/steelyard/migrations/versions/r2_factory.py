"""Form 2: what a factory does and finds: runs and steps, tests, measurements, attachments.

Owns: these tables as they were made. Refuses: nothing. Units: times in s since 1970.
"""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _attachments() -> None:
    op.create_table(
        "attachments",
        sa.Column("digest", sa.String(), primary_key=True),
        *_texts("name", "media"),
        sa.Column("size", _WHOLE, nullable=False),
        sa.Column("added", sa.Double(), nullable=False),
    )
    op.create_table(
        "links",
        sa.Column("id", _WHOLE, primary_key=True),
        *_texts("digest"),
        *(sa.Column(name, sa.String()) for name in ("run", "test")),
        *_texts("serial", "what"),
    )


def upgrade() -> None:
    """Make the tables and their indexes."""
    op.create_table(
        "runs",
        sa.Column("id", sa.String(), primary_key=True),
        *_texts("serial"),
        sa.Column("dev", sa.LargeBinary()),
        *_texts("address", "plan", "plan_digest", "operator", "station"),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double()),
        *_texts("state"),
    )
    op.create_table(
        "steps",
        sa.Column("id", _WHOLE, primary_key=True),
        *_texts("run", "name", "state"),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double()),
        *_texts("detail"),
        sa.UniqueConstraint("run", "name"),
    )
    op.create_table(
        "tests",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("run", sa.String()),
        *_texts("serial"),
        sa.Column("dev", sa.LargeBinary()),
        *_texts("plan"),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("passed_guarded", sa.Boolean(), nullable=False),
        *_texts("attachment"),
    )
    op.create_table(
        "measurements",
        sa.Column("id", _WHOLE, primary_key=True),
        *_texts("test", "phase", "name", "rule", "clause", "raw"),
        *(sa.Column(name, sa.String()) for name in ("value", "low", "high")),
        *(sa.Column(name, sa.String()) for name in ("guard_low", "guard_high")),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in ("passed", "guarded")),
    )
    _attachments()
    for table, columns in (
        ("runs", ("serial", "dev")),
        ("tests", ("run", "serial")),
        ("measurements", ("test",)),
        ("links", ("digest", "run", "test", "serial")),
    ):
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])
