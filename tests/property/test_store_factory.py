"""Runs, tests and attachments: kept once, whole or not at all, by several programs at once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from disk import disk_full
from measured import DEVICE, EXPECTED, STARTED, made
from servers import Place
from steelyard.errors import USAGE, UserError
from steelyard.factory.recompute import differences
from steelyard.factory.runs import Run
from steelyard.factory.test_record import to_json
from steelyard.store import Store

DEV = bytes.fromhex(DEVICE)
LABEL = b"<svg>SY-1</svg>"


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """An open store with nothing in it."""
    made = Store(place.named)
    yield made
    made.close()


def _begun(store: Store, serial: str = "SY-1") -> Run:
    return store.begin_run(serial, "small series", "ab" * 32, "anna", "bench 1", "/dev/ttyACM0")


def test_a_run_is_found_again_until_it_ends(store: Store) -> None:
    first, second = _begun(store), _begun(store)
    assert first.id != second.id and first.state == "open" and first.ended is None
    assert store.run(first.id) == first
    assert (first.operator, first.station, first.plan) == ("anna", "bench 1", "small series")
    assert store.open_run(serial="SY-1") == second
    assert store.open_run(serial="SY-2") is None and store.open_run(dev=DEV) is None
    # It gets its key on the way.
    keyed = store.set_run(first.id, dev=DEV)
    assert keyed.dev == DEV and store.open_run(dev=DEV) == keyed
    assert store.open_run(serial="SY-1", dev=DEV) == keyed
    assert store.open_run(serial="SY-2", dev=DEV) is None
    ended = store.set_run(first.id, state="failed")
    assert ended.ended is not None and ended.ended >= ended.started
    assert store.open_run(dev=DEV) is None
    assert store.set_run(first.id, state="open").ended is None
    assert store.set_run(first.id, serial="SY-9", state="done").serial == "SY-9"
    assert [run.id for run in store.runs("SY-1")] == [second.id]
    with pytest.raises(UserError, match="no run nobody") as caught:
        store.set_run("nobody", state="done")
    assert caught.value.exit_code == USAGE
    with pytest.raises(ValueError):
        store.set_run(second.id, state="nearly")
    with pytest.raises(ValueError):
        store.open_run()
    assert store.run(second.id).state == "open"


def test_steps_are_kept_once_each_in_their_order(store: Store) -> None:
    run = _begun(store).id
    store.begin_step(run, "flash")
    store.end_step(run, "flash", {"firmware": "0.2.0", "Blöcke": [1, None, "x"]})
    store.begin_step(run, "certify")
    store.end_step(run, "certify", {"why": "no station"}, failed=True)
    flash, certify = store.steps(run)
    assert (flash.name, flash.state) == ("flash", "done")
    assert flash.detail == {"firmware": "0.2.0", "Blöcke": [1, None, "x"]}
    assert certify.state == "failed" and certify.ended is not None
    # After the power failed it begins anew, and what it had found is not gone before it ends.
    store.begin_step(run, "certify")
    again = store.steps(run)[1]
    assert (again.state, again.ended, again.detail) == ("started", None, {"why": "no station"})
    assert again.started >= certify.started
    store.end_step(run, "certify")
    assert [(one.name, one.state) for one in store.steps(run)] == [
        ("flash", "done"),
        ("certify", "done"),
    ]
    for run_of, name in ((run, "seal"), ("nobody", "flash")):
        with pytest.raises(UserError, match="has not begun"):
            store.end_step(run_of, name)
    with pytest.raises(UserError, match="no run nobody"):
        store.begin_step("nobody", "flash")


def test_an_attachment_is_kept_once_under_its_hash(store: Store, place: Place) -> None:
    run = _begun(store).id
    digest = store.attach(LABEL, "label.svg", "image/svg+xml", "label", run=run, serial="SY-1")
    assert digest == hashlib.sha256(LABEL).hexdigest()
    file = place.folder / "attachments" / digest[:2] / digest
    assert file.read_bytes() == LABEL == store.attachment(digest)
    before = file.stat()
    for _ in range(2):
        store.attach(LABEL, "label.svg", "image/svg+xml", "label", run=run, serial="SY-1")
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    (one,) = store.attached("SY-1")
    assert (one.name, one.media, one.size, one.what, one.run) == (
        *("label.svg", "image/svg+xml", len(LABEL), "label"),
        run,
    )
    # The same bytes for another terminal are the same file.
    store.attach(LABEL, "label.svg", "image/svg+xml", "label", serial="SY-2")
    assert len(store.attached("SY-2")) == 1 and len(store.attached("SY-1")) == 1
    assert place.query("select count(*) from attachments") == [(1,)]
    assert len([one for one in (place.folder / "attachments").rglob("*") if one.is_file()]) == 1
    # What belongs to a run belongs to its serial number.
    store.attach(b"", "empty.txt", "text/plain", "log", run=run)
    assert [one.size for one in store.attached("SY-1")] == [len(LABEL), 0]
    with pytest.raises(UserError, match="no run nobody"):
        store.attach(b"x", "x", "text/plain", "log", run="nobody")
    assert place.query("select count(*) from links") == [(3,)]


def test_a_damaged_attachment_is_named_and_not_given(store: Store) -> None:
    digest = store.attach(LABEL, "label.svg", "image/svg+xml", "label", serial="SY-1")
    file = store.files.path(digest)
    file.write_bytes(LABEL.replace(b"1", b"7"))
    with pytest.raises(UserError, match="is damaged.*Restore it") as caught:
        store.attachment(digest)
    assert str(file) in caught.value.sentence
    file.unlink()
    with pytest.raises(
        UserError, match="cannot be read: No such file.*STEELYARD_FOLDER"
    ) as caught:
        store.attachment(digest)
    assert str(file) in caught.value.sentence
    # Whoever has the bytes can give them back.
    file.write_bytes(b"half")
    assert store.attach(LABEL, "label.svg", "image/svg+xml", "label", serial="SY-1") == digest
    assert store.attachment(digest) == LABEL
    for wrong in ("", "../../etc/passwd", digest[:-1], digest.upper(), digest + "\n"):
        with pytest.raises(UserError, match="no digest"):
            store.attachment(wrong)


def test_a_full_disk_leaves_no_half_attachment(tmp_path: Path) -> None:
    store = Store(tmp_path / "data" / "kept.sqlite3")
    kept = store.attach(LABEL, "label.svg", "image/svg+xml", "label", serial="SY-1")
    with disk_full(1000), pytest.raises(UserError, match="cannot write.*Nothing was changed"):
        store.attach(bytes(100_000), "scan.pdf", "application/pdf", "scan", serial="SY-1")
    # The file fits, its row does not: the file alone is no harm, and no row names a missing one.
    size = (tmp_path / "data" / "kept.sqlite3").stat().st_size
    with disk_full(size), pytest.raises(UserError, match="free space"):
        for n in range(500):
            store.attach(b"%d" % n, "x" * 200, "text/plain", "log", serial="SY-1")
    rows = store.attached("SY-1")
    assert len(rows) >= 1 and rows[0].digest == kept
    for one in rows:
        assert hashlib.sha256(store.attachment(one.digest)).hexdigest() == one.digest
    assert not [one for one in (tmp_path / "data").rglob(".steelyard-*")]
    store.close()


def test_a_test_is_kept_with_its_record_and_its_measurements(store: Store, place: Place) -> None:
    run = _begun(store).id
    record = made()
    digest = store.add_test(record, run)
    assert store.attachment(digest).decode() == to_json(record)
    (tested,) = store.tests("SY-1")
    assert tested == store.tested("T-1") == store.tests()[0]
    assert (tested.run, tested.dev, tested.plan, tested.started) == (run, DEV, "initial", STARTED)
    assert (tested.passed, tested.passed_guarded, tested.attachment) == (True, False, digest)
    rows = [one for _, one in store.measured("SY-1")]
    assert [
        (
            *(one.phase, one.name, one.value, one.low, one.high, one.guard_low, one.guard_high),
            *(one.passed, one.guarded),
        )
        for one in rows
    ] == EXPECTED
    assert rows[1].raw == {"load": "10", "fine": "10.004", "at_zero": "0"}
    assert (rows[0].rule, rows[0].clause) == ("error", "A.4.4.1")
    again = store.test("T-1")
    assert to_json(again) == to_json(record) and differences(again) == []
    # The same once more changes nothing; another under its id is none of ours.
    assert store.add_test(record, run) == digest
    with pytest.raises(UserError, match="another record of the test T-1.*Nothing was changed"):
        store.add_test(made(at_ten="10.001"), run)
    assert store.test("T-1").phases == record.phases
    assert place.query("select count(*) from measurements") == [(3,)]
    assert [(one.what, one.test) for one in store.attached("SY-1")] == [("test record", "T-1")]
    with pytest.raises(UserError, match="no run nobody"):
        store.add_test(made("T-2"), "nobody")
    assert place.query("select count(*) from tests") == [(1,)]
    assert place.query("select count(*) from measurements") == [(3,)]


def test_a_measurement_that_is_of_no_use_is_kept_as_that(store: Store) -> None:
    store.add_test(made(at_ten="NaN"))
    row = [one for _, one in store.measured(test="T-1")][1]
    assert (row.value, row.low, row.passed, row.guarded) == (None, None, False, False)
    assert row.raw["fine"] == "NaN" and not store.tested("T-1").passed


def test_a_test_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    for name in ("abc-1", "abx-2", "ABX-3", "a%_x", "abx"):
        store.add_test(made(name))
    assert store.tested("abc").id == "abc-1"
    assert store.tested("abx").id == "abx"  # the whole id of one goes before
    assert store.tested("a%").id == "a%_x" and store.tested("AB").id == "ABX-3"
    for named in ("nobody", "", "%", "_"):
        with pytest.raises(UserError, match="no test"):
            store.tested(named)
    with pytest.raises(UserError, match="3 tests begin with ab: abc-1, abx, abx-2"):
        store.tested("ab")


def test_two_stations_at_once(place: Place) -> None:
    Store(place.named).close()
    start = threading.Barrier(2)
    trouble: list[UserError] = []

    def work(who: str) -> None:
        store = Store(place.named)
        try:
            start.wait(10)
            for n in range(5):
                run = _begun(store, f"SY-{who}{n}").id
                store.begin_step(run, "test")
                store.attach(b"shared %d" % n, "s.txt", "text/plain", "log", run=run)
                store.add_test(made(f"T-{n}"))  # both have the same record
                store.add_test(made(f"T-{who}{n}", serial=f"SY-{who}{n}"), run)
                store.end_step(run, "test", {"n": n})
                store.set_run(run, state="done")
        except UserError as error:
            trouble.append(error)
        finally:
            store.close()

    threads = [threading.Thread(target=work, args=(who,)) for who in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not trouble and not any(thread.is_alive() for thread in threads)
    store = Store(place.named)
    assert len(store.tests()) == 15
    for who in "ab":
        for n in range(5):
            (run,) = store.runs(f"SY-{who}{n}")
            (step,) = store.steps(run.id)
            assert (run.state, step.state, step.detail) == ("done", "done", {"n": n})
            assert {one.what for one in store.attached(f"SY-{who}{n}")} == {"log", "test record"}
    assert place.query("select count(*) from measurements") == [(3 * 15,)]
    assert place.query("select count(*) from attachments") == [(5 + 15,)]
    store.close()


def test_all_that_is_known(store: Store) -> None:
    assert store.known() == []
    store.add_terminal(b"k" * 32, "SY-3", "bench", test=True)
    _begun(store, "SY-1")
    newest = _begun(store, "SY-1")
    store.add_test(made("T-1"))
    store.add_test(replace(made("T-2"), started=STARTED + 5))
    store.attach(LABEL, "label.svg", "image/svg+xml", "label", serial="SY-2")
    rows = [(serial, run, test and test.id) for serial, run, test in store.known()]
    assert rows == [("SY-1", newest, "T-2"), ("SY-2", None, None), ("SY-3", None, None)]
