"""The forms that the database has had, and the way from each to the next.

Owns: the version of a database, and bringing an older one to the newest, in one transaction.
Refuses: with Newer, a database that a newer program has changed. Units: none.

A revision is a file in `versions`; it stays as it is once a program with it was published.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError

FORMS = ("1", "2")
NEWEST = FORMS[-1]
_TABLE = "alembic_version"
_VERSION = f"SELECT version_num FROM {_TABLE}"
_ALONE = 0x53544C59  # any number that nobody else locks in the same database
_UNKNOWN_TABLE = "42P01"  # PostgreSQL's code


class Newer(Exception):
    """A database of a form that this program does not know. form: its version."""

    def __init__(self, form: str) -> None:
        super().__init__(form)
        self.form = form


def bring_up(engine: Engine) -> None:
    """Give a database its newest form. Of one that has it, only the version is asked for."""
    with engine.connect() as connection:
        if _version(connection) == NEWEST:
            return
    # Half a second, which nobody waits for whose database is of today's form.
    from alembic import command
    from alembic.config import Config

    with engine.begin() as connection:
        _keep_others_out(connection)
        # Another program may have done it while this one waited.
        found = None
        if inspect(connection).has_table(_TABLE):
            found = connection.exec_driver_sql(_VERSION).scalar()
        if found == NEWEST:
            return
        if found is not None and found not in FORMS:
            raise Newer(found)
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _version(connection: Connection) -> str | None:
    try:
        return connection.exec_driver_sql(_VERSION).scalar()
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None)
        if code == _UNKNOWN_TABLE or f"no such table: {_TABLE}" in str(error.orig):
            return None
        raise


def _keep_others_out(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        # Python's driver begins no transaction for a change of tables; begun here, it is one.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ALONE})")
