"""Records judged as a stream: any number in the same memory, in any order one verdict."""

from __future__ import annotations

import random
import sqlite3
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from disk import disk_full
from forge import OTHER_SEED, Forger
from steelyard import records
from steelyard.access import judge_stream
from steelyard.errors import USAGE, UserError
from steelyard.report import Report
from steelyard.spool import Spool
from steelyard.store import Store

FORGER = Forger()
CHAIN = FORGER.chain(40)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open store that knows the forger's key."""
    made = Store(tmp_path / "data" / "kept.sqlite3")
    made.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    yield made
    made.close()


def _named(report: Report) -> list[tuple[str, str]]:
    return [(check.name, check.detail) for check in report.failures]


def _peak(store: Store, count: int) -> int:
    tracemalloc.start()
    report = judge_stream(store, FORGER.stream(count), allow_test=False, all_of=FORGER.dev)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.ok and report.count == count and not report.records
    return peak


def test_three_times_as_many_records_take_no_more_memory(store: Store) -> None:
    assert list(FORGER.stream(40)) == CHAIN
    # From 3,000 on they are read ahead by chunks; all of these are more.
    few = _peak(store, 3200)
    # Nearly all of them are kept here by now, and are compared.
    assert _peak(store, 9600) < 1.2 * few
    assert store.newest(FORGER.dev) == 9599


def test_in_any_order_they_are_kept_and_named(store: Store) -> None:
    mixed = [*CHAIN[20:], *CHAIN[:20]]
    report = judge_stream(store, iter(mixed), allow_test=False)
    assert _named(report) == [("sequence", "record 0 comes after record 39")]
    assert report.audited and store.records(FORGER.dev) == CHAIN
    shuffled = random.Random(1).sample(CHAIN[:10], 10)
    report = judge_stream(store, iter([*shuffled, CHAIN[3]]), allow_test=False)
    assert ("sequence", "record 3 is repeated") in _named(report)
    assert {name for name, _ in _named(report)} == {"sequence"}
    memory = [check.detail for check in report.checks if check.name == "memory"]
    assert memory == ["the 10 that this host had are the same"]


def test_two_histories_by_turns_are_a_proof(store: Store) -> None:
    other = FORGER.chain(40, {30: {"f18": [7, None]}})
    assert judge_stream(store, iter(CHAIN), allow_test=False).ok
    report = judge_stream(store, iter(other), allow_test=False)
    twice = [("memory", f"number {n} was given to 2 records") for n in range(30, 40)]
    assert _named(report) == twice
    found = report.equivocations
    assert found == {(FORGER.dev, n): {CHAIN[n], other[n]} for n in range(30, 40)}
    rows = sqlite3.connect(store.path).execute("select n, passed from records order by n")
    wanted = [(n, int(n < 30)) for n in range(40) for _ in range(1 + (n >= 30))]
    assert list(rows) == wanted
    # Who gives both of them is told once: this host adds nothing to that.
    report = judge_stream(store, iter([*CHAIN, other[30]]), allow_test=False, all_of=FORGER.dev)
    assert _named(report) == [
        ("sequence", "record 30 comes after record 39"),
        ("sequence", "number 30 was given to 2 records"),
        *twice[1:],
    ]


def test_a_missing_beginning_and_a_missing_end_are_named(store: Store) -> None:
    opened = FORGER.chain(4, {3: {"f14": 1 | 1 << 10}})  # record 3: the case was open
    assert _named(judge_stream(store, iter(opened), allow_test=False))[0][0] == "status"
    assert [row[0] for row in _passed(store)] == [1, 1, 1, 0]
    assert judge_stream(store, iter(opened[:3]), allow_test=False).ok
    report = judge_stream(store, iter(opened[1:3]), allow_test=False, all_of=FORGER.dev)
    assert _named(report) == [
        ("memory", "record 3, which this host has seen, cannot be had any more"),
        ("memory", "record 0 cannot be had any more"),
    ]


def test_a_verdict_is_renewed_by_the_next(store: Store) -> None:
    forger = Forger(test=True)
    store.add_terminal(forger.public_key, "SY-T", "bench", test=True)
    for allowed in (False, True, False):
        assert judge_stream(store, forger.stream(3), allow_test=allowed).ok == allowed
        assert [row[0] for row in _passed(store)] == [int(allowed)] * 3


def _passed(store: Store) -> list[tuple[int]]:
    found = sqlite3.connect(store.path).execute("select passed from records order by n")
    return list(found)


def test_a_copy_that_cannot_be_written_stops_no_verdict(store: Store, tmp_path: Path) -> None:
    copied = records.Copied(iter(CHAIN), tmp_path / "none" / "x.records")
    assert judge_stream(store, copied, allow_test=False).ok
    assert store.records(FORGER.dev) == CHAIN
    with pytest.raises(UserError, match="Nothing was changed"):
        copied.check()
    file = tmp_path / "x.records"
    copied = records.Copied(iter(CHAIN), file, "stall 7")
    with disk_full(3000):
        assert list(copied) == CHAIN
    with pytest.raises(UserError, match="cannot write"):
        copied.check()
    assert not file.exists()
    copied = records.Copied(iter(CHAIN), file, "stall 7")
    assert list(copied) == CHAIN
    copied.check()
    assert records.read(file) == CHAIN and file.read_text().startswith("# stall 7\n")


def test_the_spool_gives_by_terminal_and_number(tmp_path: Path) -> None:
    other = Forger(OTHER_SEED)
    given = [
        (dev, n % 700, bytes([n % 251])) for n in range(1400) for dev in (other.dev, b"DEVICE!!")
    ]
    with Spool() as spool:
        assert list(spool.records()) == [] and list(spool.spans()) == []
        for one in reversed(given):
            spool.add(*one)
        assert [one[:2] for one in spool.records()] == sorted(one[:2] for one in given)
        first = [raw for n, raw in spool.of(other.dev) if n == 5]
        assert first == [bytes([705 % 251]), bytes([5])]  # in the order they came in
        assert sorted(spool.spans()) == sorted([(other.dev, 0, 699), (b"DEVICE!!", 0, 699)])


def test_a_spool_that_finds_no_room_says_so() -> None:
    with disk_full(100_000), Spool() as spool:
        with pytest.raises(UserError, match="SQLITE_TMPDIR") as caught:
            for n in range(40_000):
                spool.add(b"DEVICE!!", n, bytes(400))
        assert caught.value.exit_code == USAGE
