"""Where records may be: what is no database is said in a sentence, and no password ever is."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from forge import Forger
from servers import OnServer, Place, Server
from sqlalchemy import event
from steelyard.access import judge
from steelyard.database import place_of
from steelyard.errors import USAGE, UserError
from steelyard.store import Store
from steelyard_wire import record

FORGER = Forger()
CHAIN = FORGER.chain(4)
SECRET = "s3cret-of-anna"


@pytest.fixture
def works(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnServer]:
    """A database of anna, who needs a password; nobody else gets in without being named here."""
    monkeypatch.setenv("STEELYARD_FOLDER", str(tmp_path))
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "none"))
    with server.database() as name:
        server.query(f"CREATE ROLE anna_{name} LOGIN PASSWORD '{SECRET}'")
        server.query(f"ALTER DATABASE {name} OWNER TO anna_{name}")
        server.require_password(f"anna_{name}")
        yield OnServer(server.url(name, f"anna_{name}", SECRET), tmp_path, server, name)
    server.query(f"DROP ROLE anna_{name}")


def _refused(named: str, *words: str) -> str:
    with pytest.raises(UserError) as caught:
        Store(named)
    said = caught.value.sentence
    assert caught.value.exit_code == USAGE
    for word in words:
        assert word in said, said
    assert SECRET not in said and caught.value.__cause__ is None and "\n" not in said
    return said


@pytest.mark.parametrize(
    ("named", "word"),
    [
        ("mysql://anna@host/works", "mysql is no database for this"),
        ("postgresql://anna@host:port/works", "no address of a database"),
        (f"postgresql://anna:x@{SECRET}@host/works", "%40"),
        (f"postgresql://anna:{SECRET}@host", "names no database"),
        ("sqlite://", "followed by a path"),
        ("sqlite:////tmp/x?mode=ro", "nothing else"),
        ("://", "no address of a database"),
    ],
)
def test_what_is_no_address_says_what_one_is(named: str, word: str) -> None:
    _refused(named, word, "STEELYARD_DATABASE")


def test_a_database_on_a_server_is_named_without_its_password() -> None:
    for named in (
        f"postgresql://anna:{SECRET}@db.example:5433/works",
        f"postgres://anna@db.example:5433/works?password={SECRET}",
        f"postgresql+psycopg://anna@db.example:5433/works?sslpassword={SECRET}",
    ):
        shown = place_of(named).name
        assert SECRET not in shown
        assert shown.startswith("postgresql://anna") and shown.endswith("@db.example:5433/works")


def test_a_server_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEELYARD_FOLDER", str(tmp_path))
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        _refused(
            f"postgresql://anna:{SECRET}@127.0.0.1:{port}/works",
            f"anna:***@127.0.0.1:{port}/works cannot be used",
            "Nothing in it was changed; start the server",
        )
    # A password that the driver would repeat: here it stands where the host should.
    _refused(f"postgresql://anna:{SECRET}@/works?host={SECRET}.invalid", "holds the password")


def test_a_wrong_password_a_missing_database_a_missing_right(works: OnServer) -> None:
    right = works.named
    _refused(right.replace(SECRET, "guess"), "password authentication failed", "~/.pgpass")
    _refused(right.replace(f":{SECRET}", ""), "no password", "~/.pgpass")
    _refused(right.replace(f"/{works.name}?", "/nowhere?"), "does not exist", "have it made")
    works.query("ALTER SCHEMA public OWNER TO postgres")
    _refused(right, "permission denied", "have its owner grant")
    works.query(f"GRANT ALL ON SCHEMA public TO anna_{works.name}")
    store = Store(right)
    store.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    assert judge(store, CHAIN, allow_test=False).ok
    store.close()


def test_a_database_that_may_only_be_read_is_read(works: OnServer) -> None:
    store = Store(works.named)
    store.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    judge(store, CHAIN[:2], allow_test=False)
    store.close()
    works.query(f"ALTER DATABASE {works.name} SET default_transaction_read_only = on")
    store = Store(works.named)
    assert store.records(FORGER.dev) == CHAIN[:2]
    with pytest.raises(UserError, match="read-only transaction.*can be written") as caught:
        judge(store, CHAIN, allow_test=False)
    assert SECRET not in caught.value.sentence and "Nothing in it was changed" in str(caught.value)
    assert store.records(FORGER.dev) == CHAIN[:2]
    store.close()


def test_a_file_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kept.sqlite3"
    store = Store(path)
    store.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    store.close()
    # Whoever runs the tests may be root, who may write everywhere: SQLite itself refuses here.
    store = Store(path)
    store._engine.dispose()
    event.listen(
        store._engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only = 1")
    )
    assert FORGER.dev in store.registry()
    with pytest.raises(UserError, match="readonly.*Nothing in it was changed"):
        store.add_record(CHAIN[0], passed=True)
    store.close()


def test_a_server_that_ends_in_between_loses_nothing(place: Place) -> None:
    if not isinstance(place, OnServer):
        return
    store = Store(place.named)
    store.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    store.add_record(CHAIN[0], passed=True)

    def end_all() -> None:
        place.server.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE datname = '{place.name}'"
        )

    end_all()  # between two uses: nobody notices
    assert store.records(FORGER.dev) == CHAIN[:1]
    with pytest.raises(UserError, match="is not known"), store.session() as session:
        session.connection()
        end_all()
        store.model(FORGER.dev)
        session.connection().exec_driver_sql("UPDATE records SET passed = FALSE")
    assert place.query("select n, passed from records") == [(0, True)]
    store.close()


def test_two_writers_at_once_keep_everything(place: Place) -> None:
    first = Store(place.named)
    first.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    second = Store(place.named)
    trouble: list[UserError] = []
    start = threading.Barrier(2)

    def write(store: Store, records: list[tuple[int, bytes]]) -> None:
        try:
            start.wait(10)
            for _ in range(10):
                with store.writer() as keep:
                    for n, raw in records:
                        keep(_fields(n), raw, True)
        except UserError as error:
            trouble.append(error)

    # The same records from both sides in the opposite order, and one number that differs.
    mine, theirs = (
        [(n, b"%d" % n + (who if n == 7 else b"")) for n in range(300)] for who in (b"a", b"b")
    )
    threads = [
        threading.Thread(target=write, args=args)
        for args in ((first, mine), (second, theirs[::-1]))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not trouble and not any(thread.is_alive() for thread in threads)
    assert place.query("select count(*) from records") == [(301,)]
    assert place.query("select n from records where not passed") == [(7,), (7,)]
    first.close()
    second.close()


def test_two_truths_at_the_same_moment_are_both_disowned(place: Place) -> None:
    first, second = Store(place.named), Store(place.named)
    first.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)

    def other() -> None:
        with second.writer() as keep:
            keep(_fields(7), b"theirs", True)

    thread = threading.Thread(target=other)
    with first.writer() as keep:
        for n in range(2500):  # more than are written in one go
            keep(_fields(n), b"mine %d" % n, True)
        thread.start()
        thread.join(0.5)  # it waits; if it did not, it would not see what is not committed yet
    thread.join(30)
    assert not thread.is_alive()
    assert place.query("select n from records where not passed") == [(7,), (7,)]
    assert place.query("select count(*) from records") == [(2501,)]
    first.close()
    second.close()


def _fields(n: int) -> dict[int, object]:
    """Of a record of the forger's terminal, as far as a row needs them."""
    return {record.DEV: FORGER.dev, record.N: n, record.TYP: record.READING}


def test_the_folder_of_a_database_is_only_written_where_it_lies(tmp_path: Path) -> None:
    Store(tmp_path / "deep" / "kept.sqlite3").close()
    assert os.listdir(tmp_path) == ["deep"]
    assert os.listdir(tmp_path / "deep") == ["kept.sqlite3"]
