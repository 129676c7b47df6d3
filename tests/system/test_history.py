"""What is told of a serial number, as table, CSV and JSON; verdicts computed anew."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import cbor2
import notary
import pytest
from command_line import CommandLine
from forge import Forger
from measured import EXPECTED, STARTED, made
from servers import OnServer, Place
from steelyard.access import judge
from steelyard.errors import OK, USAGE, VERDICT
from steelyard.factory.measurement import VERSION, rules_digest
from steelyard.factory.test_record import to_json
from steelyard.store import Store

FORGER = Forger()
LABEL = b"<svg>SY-1</svg>"
TIME = "2026-09-21T14:13:20.250Z"  # STARTED, by date -u -d @1790000000


@dataclass
class Works:
    """A database with the life of SY-1. run: the id of its run; label: the digest of its label."""

    user: CommandLine
    store: Store
    place: Place
    run: str
    label: str


def _calibrated() -> list[bytes]:
    """Record 0, and a calibration at a time that the terminal knew, before the test."""
    chain = FORGER.chain(1)
    done = {1: 2, 2: 0, 3: [[0, 0], [1600000, 10000]], 4: [-3, 1], 5: "=F1 10 kg"}
    done |= {6: None, 7: None, 8: 0, 9: None, 10: None, 11: None, 12: None}
    said = FORGER.fields(1, chain)
    for key in (11, 14, 18):
        del said[key]
    said |= {5: 3, 6: [0, 0, 0], 9: 1_700_000_000, 10: [2, 1_700_000_000], 19: done}
    return [*chain, FORGER.seal(cbor2.dumps(said, canonical=True))]


@pytest.fixture
def works(place: Place) -> Iterator[Works]:
    """SY-1 was calibrated, stated, run through a plan, tested and labelled; SY-2 only tested."""
    store = Store(place.named)
    store.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    judge(store, _calibrated(), allow_test=False)
    notary.install(store, notary.root(), notary.station(), notary.device(FORGER))
    run = store.begin_run("SY-1", "small series", "ab" * 32, "Ännchen; =1+1", "bench 1")
    store.set_run(run.id, dev=FORGER.dev)
    store.begin_step(run.id, "flash")
    store.end_step(run.id, "flash", {"firmware": "0.2.0"})
    store.add_test(made(), run.id)
    label = store.attach(LABEL, "label.svg", "image/svg+xml", "label", run=run.id, serial="SY-1")
    store.add_test(made("T-2", serial="SY-2", at_ten="10.006"))
    yield Works(CommandLine(place.named, place.folder), store, place, run.id, label)
    store.close()


def _rows(file: Path) -> list[dict[str, str]]:
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and raw.count(b"\r\n") >= 2  # Excel; RFC 4180
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_everything_of_a_serial_number_in_the_order_of_time(works: Works, tmp_path: Path) -> None:
    file = tmp_path / "SY-1.csv"
    said = works.user("history", "SY-1", "--json", "--csv", file).json()
    entries = said["history"]
    assert said["serial"] == "SY-1"
    assert [one["time"] for one in entries] == sorted(one["time"] for one in entries)
    assert sorted(one["kind"] for one in entries) == sorted(
        "calibration test terminal statement run step attachment attachment".split()
    )
    by_kind = {one["kind"]: one for one in entries}
    calibration = entries[0]
    assert calibration["kind"] == "calibration" and calibration["time"] == 1_700_000_000
    assert calibration["verdict"] == "passed" and "to 10.000 kg" in calibration["detail"]
    assert calibration["data"]["n"] == 1 and calibration["data"]["device"] == FORGER.dev.hex()
    tested = by_kind["test"]
    assert (tested["time"], tested["verdict"], tested["guard_band"]) == (
        STARTED,
        "passed",
        "failed",
    )
    kept = [
        tuple(one[name] for name in ("phase", "name", "value", "low", "high"))
        for one in tested["data"]["measurements"]
    ]
    assert kept == [row[:5] for row in EXPECTED]
    assert by_kind["run"]["data"]["operator"] == "Ännchen; =1+1"
    assert by_kind["run"]["verdict"] == "open"
    assert by_kind["step"]["data"]["detail"] == {"firmware": "0.2.0"}
    assert by_kind["step"]["verdict"] == "done"
    assert by_kind["statement"]["data"]["says"]["production"] == "P-1"
    labels = [one for one in entries if one["what"] == "label: label.svg"]
    assert labels[0]["data"]["digest"] == works.label
    assert Path(labels[0]["data"]["path"]).read_bytes() == LABEL
    # The same as a table, cell by cell.
    rows = _rows(file)
    assert [(row["kind"], row["verdict"]) for row in rows] == [
        (one["kind"], one["verdict"]) for one in entries
    ]
    (row,) = [row for row in rows if row["kind"] == "test"]
    assert (row["time"], row["id"], row["verdict"], row["guard_band"]) == (
        *(TIME, "T-1", "passed", "failed"),
    )
    assert datetime.fromisoformat(row["time"]).timestamp() == STARTED
    (row,) = [row for row in rows if row["kind"] == "run"]
    assert row["id"] == works.run and row["detail"] == "Ännchen; =1+1 at bench 1"
    shown = works.user("history", "SY-1").out
    for word in ("2026-09-21 14:13:20", "test T-1", "series", "flash", "passed", "failed"):
        assert word in shown
    assert f"label: label.svg is {labels[0]['data']['path']}\n" in shown


def test_a_table_for_another_program_is_all_that_is_printed(works: Works, tmp_path: Path) -> None:
    file = tmp_path / "SY-1.csv"
    for asked in (("history", "SY-1"), ("history",), ("history", "SY-1", "--measurements")):
        told = works.user(*asked, "--csv", file)
        rows = _rows(file)
        assert (
            str(len(rows)) in told.out
            and str(file) in "".join(told.out.split())
            and "passed" not in told.out
        )
        for more in ((), ("--json",)):
            printed = works.user(*asked, "--csv", "-", *more).out
            assert list(csv.DictReader(io.StringIO(printed, newline=""))) == rows


def test_all_serial_numbers(works: Works, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    rows = works.user("history", "--json", "--csv", file).json()["serials"]
    assert [
        (row["serial"], row["run_state"], row["verdict"], row["guard_band"]) for row in rows
    ] == [
        ("SY-1", "open", "passed", "failed"),
        ("SY-2", "", "failed", "failed"),
    ]
    assert [(row["serial"], row["test"]) for row in _rows(file)] == [
        ("SY-1", TIME),
        ("SY-2", TIME),
    ]
    shown = works.user("history").out.splitlines()
    assert any("SY-2" in line and "2026-09-21 14:13 " in line for line in shown)


def test_measurements_as_rows(works: Works, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    assert works.user("history", "SY-1", "--measurements", "--csv", file, "--json").json() == {
        "measurements": 3,
        "file": str(file),
    }
    rows = _rows(file)
    names = ("phase", "name", "value", "low", "high", "guard_low", "guard_high")
    found = [
        (*(row[name] for name in names), row["passed"] == "yes", row["guarded"] == "yes")
        for row in rows
    ]
    assert found == EXPECTED
    assert json.loads(rows[0]["raw"])["added"] == "0.002"
    assert {row["started"] for row in rows} == {TIME}
    every = works.user("history", "--measurements", "--json").json()["measurements"]
    assert [one["serial"] for one in every] == ["SY-1"] * 3 + ["SY-2"] * 3
    assert every[4]["value"] == "0.006" and every[4]["passed"] is False  # 6 g of 5 g
    assert "10 kg" in works.user("history", "SY-2", "--measurements").out
    works.user("history", "SY-9", "--measurements").refused(USAGE, "no test of SY-9")


def test_what_is_a_formula_is_none_in_a_spreadsheet(works: Works, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    nasty = '=HYPERLINK("http://x"),\n"a"'
    works.store.attach(b"x", "x.txt", "text/plain", nasty, serial="SY-7")
    works.user("history", "SY-7", "--csv", file)
    (row,) = _rows(file)
    assert row["what"] == f"'{nasty}: x.txt"


def test_a_serial_number_that_nobody_knows(works: Works, tmp_path: Path) -> None:
    works.user("history", "SY-9").refused(USAGE, "SY-9", "`steelyard history` lists")
    empty = CommandLine(tmp_path / "new.sqlite3")
    assert "nothing is known here" in empty("history").out
    assert empty("history", "--json").json() == {"serials": []}


def test_verdicts_come_out_the_same(works: Works) -> None:
    said = works.user("recompute", "--all", "--json").json()
    assert said["ok"] and said["rules_now"] == {"version": VERSION, "digest": rules_digest()}
    assert [(one["id"], one["equal"], one["passed"]) for one in said["tests"]] == [
        ("T-1", True, True),
        ("T-2", True, False),
    ]
    shown = works.user("recompute", "T-1", "T-2")
    assert shown.code == OK and "2 of 2 tests are as they were" in shown.out
    assert "the same rules" in shown.out
    for arguments in ((), ("T-1", "--all")):
        works.user("recompute", *arguments).refused(USAGE, "--all")
    works.user("recompute", "T-").refused(USAGE, "T-1, T-2")
    works.user("recompute", "nobody").refused(USAGE, "no test nobody")


def _edited(tmp_path: Path, old: str, new: str) -> Path:
    text = to_json(made())
    assert text.count(old) == 1, old
    file = tmp_path / "edited.json"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def test_a_changed_reading_or_verdict_in_a_file_is_found(works: Works, tmp_path: Path) -> None:
    # 10.006: 6 g of 5 g.
    said = works.user("recompute", _edited(tmp_path, '"10.004"', '"10.006"'))
    assert said.code == VERDICT
    for line in (
        "weighing: 10 kg: value was 0.004, is 0.006",
        "weighing: 10 kg: passed was yes, is no",
        "weighing: outcome was passed, is failed",
        "the test: passed was yes, is no",
        "0 of 1 tests are as they were",
    ):
        assert line in said.out, said.out
    said = works.user(
        "recompute", _edited(tmp_path, ' "passed_guarded": false', ' "passed_guarded": true')
    )
    assert said.code == VERDICT and "the test: passed_guarded was yes, is no" in said.out
    said = works.user("recompute", _edited(tmp_path, '"high": "0.005"', '"high": "0.5"'))
    assert said.code == VERDICT and "weighing: 10 kg: high was 0.5, is 0.005" in said.out
    # Other rules then, the same verdicts now: no difference, but told.
    said = works.user("recompute", _edited(tmp_path, rules_digest(), "f" * 16))
    assert said.code == OK and f"({'f' * 16}), now {VERSION} ({rules_digest()})" in said.out
    nowhere = CommandLine(tmp_path)  # a file needs no database, and that is none
    assert nowhere("recompute", tmp_path / "edited.json").code == OK
    for text in ("{}", "not JSON", "[1]", '{"form": "steelyard/test/1", "phases": 7}'):
        file = tmp_path / "none.json"
        file.write_text(text)
        works.user("recompute", file).refused(USAGE, "no record of a test")
    (tmp_path / "none.json").write_bytes(b"\xff\xfe")
    works.user("recompute", tmp_path / "none.json").refused(USAGE, "cannot be read")


def test_what_was_changed_in_the_database_or_its_files_is_found(works: Works) -> None:
    works.place.query("update tests set passed = true where id = 'T-2'")
    works.place.query(
        "update measurements set value = '0.001' where test = 'T-1' and value = '0.004'"
    )
    said = works.user("recompute", "--all")
    assert said.code == VERDICT and "0 of 2" in said.out
    assert "the verdicts in the database are not those of its record" in said.out
    assert "the measurements in the database are not those of its record" in said.out
    path = works.store.files.path(works.store.tested("T-1").attachment)
    path.write_text(path.read_text(encoding="utf-8").replace("10.004", "10.001"), encoding="utf-8")
    said = works.user("recompute", "T-1", "--json")
    assert said.code == VERDICT
    (one,) = json.loads(said.out)["tests"]
    assert str(path) in one["differences"][0] and "is damaged" in one["differences"][0]
    works.store.files.path(works.label).unlink()
    entries = works.user("history", "SY-1", "--json").json()["history"]
    (label,) = [one for one in entries if one["what"] == "label: label.svg"]
    assert label["verdict"] == "missing" and label["data"]["there"] is False


def test_a_command_on_a_server_says_no_password(works: Works) -> None:
    if isinstance(works.place, OnServer):  # a file has none
        secret = "s3cret-of-anna"
        named = works.place.named.replace("postgres@", f"postgres:{secret}@")
        user = CommandLine(named, works.place.folder)
        for arguments in (("history", "--json"), ("history", "SY-1"), ("recompute", "--all")):
            said = user(*arguments)
            assert said.code == OK and secret not in said.out + said.err
        user = CommandLine(named.replace(works.place.name, "nowhere"), works.place.folder)
        user.environment["STEELYARD_DEBUG"] = "1"
        said = user.program("history", "--json")
        said.refused(USAGE, "postgres:***@/nowhere cannot be used", "does not exist")
        assert secret not in said.err
