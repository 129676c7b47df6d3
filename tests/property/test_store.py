"""What the host keeps: nothing is lost when the disk is full, and no secret is for others."""

from __future__ import annotations

import json
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from disk import disk_full
from forge import OTHER_SEED, Forger
from servers import Place
from sqlalchemy import select
from steelyard.access import judge
from steelyard.database import place_of
from steelyard.errors import USAGE, UserError
from steelyard.store import Store
from steelyard.tables import RecordRow

FORGER = Forger()
CHAIN = FORGER.chain(4)
KEY = b"TEST link key, proves nothing #2"
UNLOCK = b"TEST unlock key, proves nothing!"


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """An open store that knows the forger's key."""
    made = Store(place.named)
    made.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    yield made
    made.close()


def test_records_and_verdicts_are_kept_once(store: Store, place: Place) -> None:
    for _ in range(2):
        assert judge(store, CHAIN, allow_test=False).ok
    assert store.records(FORGER.dev) == CHAIN
    rows = place.query("select n, type, value, unit, passed from records order by n")
    assert rows == [
        (0, "BOOT", None, None, 1),
        (1, "READING", "0.010", "kg", 1),
        (2, "READING", "0.020", "kg", 1),
        (3, "READING", "0.030", "kg", 1),
    ]


def test_both_of_two_truths_are_kept(store: Store, place: Place) -> None:
    other = FORGER.record(3, CHAIN[:3], f11=[31, -3, 1], f6=[3, 61, 0])
    assert not judge(store, [*CHAIN, other], allow_test=False).ok
    assert sorted(store.records(FORGER.dev)[3:]) == sorted([CHAIN[3], other])
    rows = place.query("select n, passed from records order by n")
    assert rows == [(0, 1), (1, 1), (2, 1), (3, 0), (3, 0)]


def test_what_nobody_signed_is_not_kept(store: Store) -> None:
    forged = bytearray(CHAIN[1])
    forged[60] ^= 1
    judge(store, [bytes(forged), b"nonsense", *Forger(b"TEST" * 8).chain(1)], allow_test=False)
    assert store.records(FORGER.dev) == []


def test_a_key_that_is_known_stays(store: Store) -> None:
    store.add_terminal(FORGER.public_key, "SY-2", "another", test=False)
    assert store.registry()[FORGER.dev].serial == "SY-1"


def test_link_keys_are_for_the_owner_alone(store: Store, place: Place) -> None:
    store.offer_keys("SY-1", KEY, UNLOCK)
    store.claim_keys("SY-1", FORGER.dev)
    assert store.link_key(FORGER.dev) == KEY
    file = store.folder / "link-keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text()) == {FORGER.dev.hex(): KEY.hex()}
    # What unlocks is in another file: whoever may operate a terminal may not unlock it.
    file = store.folder / "unlock-keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert store.unlock_key(FORGER.dev) == UNLOCK
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and store.folder == place.folder
    tables = place.tables()
    assert {"terminals", "records", "runs"} <= tables
    for table in tables:
        kept = repr(place.query(f"select * from {table}"))
        assert KEY.decode() not in kept and KEY.hex() not in kept
    # A terminal that has a key keeps it, whatever else is offered.
    store.offer_keys("SY-1", bytes(32), bytes(32))
    store.claim_keys("SY-1", FORGER.dev)
    assert store.link_key(FORGER.dev) == KEY


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "data" / "kept.sqlite3")
    store.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    store.offer_keys("SY-1", KEY, UNLOCK)
    store.claim_keys("SY-1", FORGER.dev)
    judge(store, CHAIN[:2], allow_test=False)
    size = store.path.stat().st_size
    with disk_full(size), pytest.raises(UserError, match="free space") as caught:
        for n in range(200):
            store.add_record(FORGER.record(1, CHAIN[:1], f18=[n, None]), passed=True)
    assert caught.value.exit_code == USAGE
    with disk_full(10), pytest.raises(UserError, match="Nothing was changed"):
        store.offer_keys("SY-2", KEY, UNLOCK)
    assert store.link_key(FORGER.dev) == KEY
    again = Store(store.path)
    assert again.records(FORGER.dev)[0] == CHAIN[0]
    assert CHAIN[1] in again.records(FORGER.dev)
    assert sqlite3.connect(store.path).execute("pragma integrity_check").fetchone() == ("ok",)
    assert not list(store.path.parent.glob("*.new"))
    again.close()
    store.close()


def test_a_database_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    nonsense = tmp_path / "kept.sqlite3"
    nonsense.write_bytes(b"this is a letter to my aunt, not a database\n" * 100)
    for path in (nonsense, tmp_path, nonsense / "below" / "a-file"):
        with pytest.raises(UserError, match="STEELYARD_DATABASE") as caught:
            Store(path)
        assert caught.value.exit_code == USAGE and "Nothing in it was changed" in str(caught.value)
    assert nonsense.read_bytes().startswith(b"this is a letter")


def test_a_damaged_key_file_is_neither_used_nor_overwritten(store: Store) -> None:
    file = store.folder / "link-keys.json"
    file.write_text("{half")
    with pytest.raises(UserError, match="Restore it from a copy"):
        store.offer_keys("SY-1", KEY, UNLOCK)
    assert file.read_text() == "{half"


def test_the_database_is_where_the_user_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for named in (str(tmp_path / "x.sqlite3"), f"sqlite:///{tmp_path}/x.sqlite3"):
        monkeypatch.setenv("STEELYARD_DATABASE", named)
        assert place_of().path == tmp_path / "x.sqlite3"
        assert place_of().folder == tmp_path
    monkeypatch.delenv("STEELYARD_DATABASE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    home = tmp_path / "home" / "steelyard"
    assert place_of().path == home / "steelyard.sqlite3"
    # Beside a database on a server the other files are the user's, or where he says.
    monkeypatch.setenv("STEELYARD_DATABASE", "postgresql://anna@db.example/works")
    assert (place_of().path, place_of().folder) == (None, home)
    monkeypatch.setenv("STEELYARD_FOLDER", str(tmp_path / "shared"))
    assert place_of().folder == tmp_path / "shared"


def test_what_is_judged_is_kept_with_its_verdict(place: Place) -> None:
    forger = Forger()
    store = Store(place.named)
    store.add_terminal(forger.public_key, "SY-1", "model", test=False)
    chain = forger.chain(6, {3: {"f14": 1 | 1 << 10}})  # record 3: the case was open
    report = judge(store, [*chain, b"nonsense"], allow_test=False)
    assert {check.name for check in report.failures} == {"envelope", "status"}
    assert _passed(store) == {0: True, 1: True, 2: True, 3: False, 4: True, 5: True}
    # Another terminal's records, by a key that came with them, are not kept as anybody's.
    other = Forger(OTHER_SEED)
    assert judge(store, other.chain(3), allow_test=False).level == 1
    assert store.records(other.dev) == []
    store.close()


def test_of_more_failures_than_are_named_none_is_kept_as_passed(place: Place) -> None:
    forger = Forger(test=True)
    store = Store(place.named)
    store.add_terminal(forger.public_key, "SY-T", "model", test=True)
    made: list[bytes] = []
    for n in range(30):
        made.append(forger.record(n, made))
    with mock.patch("steelyard.report.MOST_NAMED", 10):
        report = judge(store, made, allow_test=False)
    assert report.dropped == {"test key": 20}
    assert set(_passed(store).values()) == {False}
    store.close()


def _passed(store: Store) -> dict[int, bool]:
    with store.session() as session:
        return {row.n: row.passed for row in session.scalars(select(RecordRow))}
