"""Databases of older programs are taken over whole, those of newer ones are left alone."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from forge import Forger
from servers import OnServer, Place
from steelyard import migrations
from steelyard.access import judge
from steelyard.errors import USAGE, UserError
from steelyard.store import Store
from steelyard.tables import Base

FORGER = Forger()
CHAIN = FORGER.chain(4)
# As the programs before the first form made them: written down from one of their files.
OLD = """
CREATE TABLE terminals (dev BLOB NOT NULL, public_key BLOB NOT NULL,{algorithm}
    serial VARCHAR NOT NULL, model VARCHAR NOT NULL, test BOOLEAN NOT NULL,
    first_seen DOUBLE NOT NULL, PRIMARY KEY (dev));
CREATE TABLE records (id INTEGER NOT NULL, dev BLOB NOT NULL, n INTEGER NOT NULL,
    digest BLOB NOT NULL, raw BLOB NOT NULL, type VARCHAR NOT NULL, value VARCHAR, unit VARCHAR,
    received DOUBLE NOT NULL, passed BOOLEAN NOT NULL, PRIMARY KEY (id), UNIQUE (dev, n, digest),
    FOREIGN KEY(dev) REFERENCES terminals (dev));
CREATE TABLE approvals (id INTEGER NOT NULL, dev BLOB NOT NULL, generation INTEGER NOT NULL,
    calibration BLOB NOT NULL, firmware BLOB NOT NULL, until INTEGER, made DOUBLE NOT NULL,
    PRIMARY KEY (id), FOREIGN KEY(dev) REFERENCES terminals (dev));
"""


def _old(path: Path, algorithm: bool) -> None:
    """A database of an older program with a terminal, two records and an approval."""
    path.parent.mkdir(parents=True, exist_ok=True)
    column = " algorithm VARCHAR NOT NULL," if algorithm else ""
    with sqlite3.connect(path) as old:
        old.executescript(OLD.format(algorithm=column))
        named = ("Ed25519",) if algorithm else ()
        row = (FORGER.dev, FORGER.public_key, *named, "SY-1", "bench", False, 1.5)
        old.execute(f"INSERT INTO terminals VALUES ({', '.join('?' * len(row))})", row)
        for n in (0, 1):
            values = (n + 1, FORGER.dev, n, bytes([n]) * 32, CHAIN[n], "BOOT", None, None, 2.0, 1)
            old.execute("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        approval = (1, FORGER.dev, 3, b"c" * 32, b"f" * 8, 2**33, 4.0)
        old.execute("INSERT INTO approvals VALUES (?, ?, ?, ?, ?, ?, ?)", approval)
    old.close()


@pytest.mark.parametrize("algorithm", [True, False])
def test_a_database_from_before_is_taken_over(tmp_path: Path, algorithm: bool) -> None:
    path = tmp_path / "old.sqlite3"
    _old(path, algorithm)
    for _ in range(2):
        store = Store(path)
        entry = store.registry()[FORGER.dev]
        assert (entry.algorithm, entry.serial, entry.public_key) == (
            "Ed25519",
            "SY-1",
            FORGER.public_key,
        )
        assert store.records(FORGER.dev)[:2] == CHAIN[:2]
        (approval,) = store.trust().approvals[FORGER.dev]
        assert (approval.generation, approval.until) == (3, 2**33)
        store.close()
    store = Store(path)
    assert judge(store, CHAIN, allow_test=False).ok
    assert Place(str(path), tmp_path).query("select * from alembic_version") == [("2",)]
    store.close()


def test_the_newest_form_is_what_the_program_uses(place: Place) -> None:
    store = Store(place.named)
    with store.session() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    store.close()
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == migrations.NEWEST
    assert tuple(one.revision for one in scripts.walk_revisions())[::-1] == migrations.FORMS


def test_a_database_of_a_newer_program_is_left_alone(place: Place) -> None:
    Store(place.named).close()
    for form in ("3", "17", "a1b2c3"):
        place.query(f"update alembic_version set version_num = '{form}'")
        before = place.tables()
        with pytest.raises(UserError, match=f"newer program .its form is {form}.*install") as it:
            Store(place.named)
        assert it.value.exit_code == USAGE and "Nothing in it was changed" in it.value.sentence
        assert place.tables() == before
        assert place.query("select version_num from alembic_version") == [(form,)]


def test_a_migration_that_is_interrupted_changes_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not isinstance(place, OnServer):
        _old(Path(place.named), algorithm=False)
    before = place.tables()
    made: list[str] = []
    create = Operations.create_table

    def half(self: Operations, name: str, *columns: object) -> object:
        made.append(name)
        if name == "measurements":
            raise OSError(28, "No space left on device")
        return create(self, name, *columns)

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_table", half)
        with pytest.raises(UserError, match="Nothing in it was changed"):
            Store(place.named)
    assert made == ["runs", "steps", "tests", "measurements"]
    assert place.tables() == before
    store = Store(place.named)
    assert "measurements" in place.tables()
    assert len(store.records(FORGER.dev)) == (0 if isinstance(place, OnServer) else 2)
    store.close()


KILLED = """
import os, sys
from alembic.operations import Operations
from steelyard.store import Store
create = Operations.create_table
def last(self, name, *columns):
    if name == "links":
        os._exit(9)
    return create(self, name, *columns)
Operations.create_table = last
Store(sys.argv[1])
"""


def test_a_program_that_is_killed_in_a_migration_leaves_what_there_was(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    _old(path, algorithm=False)
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False).returncode == 9
    found = Place(str(path), tmp_path)
    assert found.tables() == {"terminals", "records", "approvals"}
    store = Store(path)
    assert store.records(FORGER.dev) == CHAIN[:2]
    store.close()


def test_several_programs_open_a_new_database_at_once(place: Place) -> None:
    start = threading.Barrier(4)
    done: list[str] = []

    def begin() -> None:
        start.wait(10)
        Store(place.named).close()
        done.append("open")

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert done == ["open"] * 4
    assert place.query("select version_num from alembic_version") == [("2",)]


def test_of_a_database_of_today_only_the_version_is_asked_for(place: Place) -> None:
    Store(place.named).close()
    asked = (
        "import sys; from steelyard.store import Store; Store(sys.argv[1]);"
        " sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", asked, place.named], check=False).returncode == 0
