"""`steelyard provision --plan`: bare virtual boards become sealed terminals, whatever happens.

Keys, plan and weights are those of tests/works.py.
"""

from __future__ import annotations

import contextlib
import json
import signal
import time
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import typst
import zxingcpp
from company import day, line
from PIL import Image
from steelyard.errors import NO_DEVICE, OK, REFUSED, USAGE, VERDICT, UserError
from steelyard.factory import flow
from steelyard.store import Store
from terminals import SERIAL, Start, VirtualTerminal
from works import Works, wait_for

STEPS = [step.name for step in flow.STEPS]


@pytest.fixture
def works(tmp_path: Path) -> Works:
    return Works(tmp_path)


def _planned(works: Works, board: VirtualTerminal, *more: object) -> tuple[object, ...]:
    return (
        *("provision", board.console, "--plan", works.plan),
        *("--world", board.addresses["world"], *more),
    )


def test_F9_two_bare_boards_are_sealed_terminals_and_a_third_place_disturbs_nobody(
    works: Works,
) -> None:
    bench = works.path("bench.toml")
    with works.board("one") as one, works.board("two") as two:
        places = [(it.console, it.addresses["world"]) for it in (one, two)]
        places.append(("socket://127.0.0.1:9", one.addresses["world"] + "0"))
        bench.write_text(
            "".join(
                f'[[terminal]]\naddress = "{address}"\nworld = "{world}"\n'
                for address, world in places
            )
        )
        said = works.user("provision", "--plan", works.plan, "--bench", bench, "--json")
        found = json.loads(said.out)["terminals"]
        assert [it["why"] for it in found[:2]] == ["", ""]
        # Without a screen nobody wonders whether anything goes on.
        for line_ in ("flash: begins", "flash: copies /a.pack", "flash: done", "verify: done"):
            assert f"{one.console}: {line_}" in said.err
        assert said.code == NO_DEVICE and not found[2]["ok"]
        assert "nothing to open at socket://127.0.0.1:9" in found[2]["why"]
        assert {it["serial"] for it in found[:2]} == {"SY-TEST-0", "SY-TEST-1"}
        for board, it in zip((one, two), found, strict=False):
            _is_what_was_planned(works, board.console, it)
        # Once more: everything holds, and the proof is a new one.
        again = json.loads(works.user(*_planned(works, one, "--json")).out)["terminals"][0]
        assert again["ok"] and again["serial"] == found[0]["serial"]
        last = found[0]["steps"]["verify"]
        assert again["steps"]["verify"]["nonce"] != last["nonce"]
        assert again["steps"]["verify"]["record"] == last["record"] + 1
        _is_compared_with_its_papers(works, one, found[0]["steps"])
        # By another plan what is sealed is left alone.
        works.plan.write_text(works.plan.read_text() + "\n")
        works.user(*_planned(works, one)).refused(REFUSED, "sealed already", "steelyard history")
    log = works.keys("log", works.path("works.log"))
    assert "device statement 2" in line(log) and "all of it is right" in line(log)


def _is_compared_with_its_papers(
    works: Works, board: VirtualTerminal, steps: dict[str, Any]
) -> None:
    """An inspection of what these works made: label, statement and flash say what should be."""
    only = ("--plan", "initial-verification", "--only", "inspection", "--json")
    said = works.user("test", board.console, *only, "--world", board.addresses["world"])
    (phase,) = json.loads(said.out)["phases"]
    rows = {one["name"]: one for one in phase["measurements"]}
    for name, should in (
        ("software identification", steps["flash"]["software"]),
        ("seal numbers", steps["seal"]["seals"]),
        ("type approval", "TEST-76"),
        ("Max and e", "Max 15.000 kg, e = d = 0.005 kg"),
        ("seal", "not sealed | sealed"),
    ):
        assert rows[name]["raw"]["should"] == should and rows[name]["passed"], name
    # All is right but what nobody saw, and that is no verdict.
    seen = {"marks on the scale", "seals on the case", "level"}
    assert {name for name, one in rows.items() if not one["passed"]} == seen
    assert said.code == VERDICT and phase["outcome"] == "error"


def _is_what_was_planned(works: Works, address: str, found: dict[str, Any]) -> None:
    serial, steps = found["serial"], found["steps"]
    assert list(steps) == STEPS
    said = json.loads(works.user("seals", address, "--json").out)
    assert said["sealed"] and not said["locked"] and said["wrong"] == ""
    assert said["production code"] == f"P-{serial}"
    assert said["seals"] == f"S-{serial}-1,S-{serial}-2"
    # F9: counters, hashes, seals, operator; as the terminal signed it and says it now.
    sealing = {name: steps["seal"][name] for name in ("calibration", "seals", "production")}
    assert [*sealing.values()] == [
        *(said[name] for name in ("calibration digest", "seals", "production code")),
    ]
    assert steps["seal"]["software"] == steps["flash"]["software"]
    assert steps["seal"]["operator"] == "TEST Ada" and int(steps["seal"]["boots"]) > 1
    assert works.user("config", address, "--json").json()["cycle_load"] == "100"
    assert works.user("audit", serial, "--allow-test").code == OK
    # A scale adjusted for Harbin shows 1322 millionths less of everything at Hangzhou (5.3).
    told = works.user("history", serial, "--json").json()["history"]
    (kept,) = [one["data"] for one in told if one["kind"] == "test"]
    assert kept["passed"] and kept["passed_guarded"]
    (five,) = [one for one in kept["measurements"] if one["name"] == "up 5"]
    # By the formula of 5.3: 9.79345 at Hangzhou, 9.80641 at Harbin; the set's 5 kg is -60 mg.
    shown = float(five["raw"]["fine"]) - 4.99994 * 9.79345 / 9.80641
    assert abs(shown) < 0.00175
    _prints(works, serial, steps)


def _prints(works: Works, serial: str, steps: dict[str, Any]) -> None:
    """Label and reports: read by others than those who made them."""
    label = Path(steps["label"]["file"])
    picture = label.with_suffix(".png")
    typst.compile(
        b'#set page(width: 90mm, height: 40mm, margin: 0pt)\n#image("label.svg")',
        root=str(label.parent),
        output=str(picture),
        format="png",
        ppi=300,
    )
    (code,) = zxingcpp.read_barcodes(Image.open(picture))
    device = steps["key"]["device"]
    assert code.text == f"https://scales.example/{device}"
    plate = label.read_text()
    for marking in (serial, "class III", "Max 15.000 kg", "e = d = 0.005 kg", "TEST-76", device):
        assert marking in plate
    names = sorted(steps["report"]["files"])
    assert [name.split(".", 1)[1] for name in names] == 2 * [
        "en.html",
        "en.pdf",
        "zh.html",
        "zh.pdf",
    ]
    for name in names:
        if name.endswith("en.pdf"):
            pages = pypdfium2.PdfDocument(label.with_name(name))
            text = "".join(page.get_textpage().get_text_range() for page in pages)
            assert serial in text and "K-2026-0815" in text
            if name.startswith("calibration"):
                assert "Hangzhou" in text and "Harbin" in text
    secrets = json.loads((works.folder / "link-keys.json").read_text())
    said = label.with_name("transcript.txt").read_text()
    assert "PROVISION (arguments withheld)" in said
    assert not any(key in said for key in secrets.values())


def test_a_program_killed_at_any_step_goes_on_where_it_was(works: Works) -> None:
    # One language is enough for what is killed here.
    works.plan.write_text(works.plan.read_text().replace(', "zh"', ""))
    with works.board() as board:
        marks = [f"# step {step}\n" for step in STEPS]
        # And while time is held for the loads: nobody else can let it go on.
        marks.insert(STEPS.index("test") + 1, " EXTEND")
        # Its new calibration is in force, and nobody has noted that: it was not found so.
        marks[STEPS.index("calibrate")] = " CAL COMMIT"
        for at, mark in enumerate(marks):
            # At another port it is known by its chip, and when it has one by its key.
            moved = ("provision", board.pty, *_planned(works, board)[2:], "--serial", "SY-TEST-0")
            command = moved if at in (1, 3) else _planned(works, board)
            with works.user.started(*command) as program:
                wait_for(works, program, mark)
                program.send_signal(signal.SIGKILL)
                program.wait()
        found = json.loads(works.user(*_planned(works, board, "--json")).out)["terminals"][0]
        assert found["why"] == "" and list(found["steps"]) == STEPS
        _is_what_was_planned_once(works, board, found)


def _is_what_was_planned_once(works: Works, board: VirtualTerminal, found: dict[str, Any]) -> None:
    serial = found["serial"]
    assert serial == "SY-TEST-0"  # no number was given away
    with contextlib.closing(Store(works.folder / "kept.sqlite3")) as store:
        assert len(store.runs(serial)) == 1 and len(store.registry()) == 1
        states = {step.name: step.state for step in store.steps(store.runs(serial)[0].id)}
        assert states == dict.fromkeys(STEPS, "done")
        kept = [store.test(one.id).conditions["state"] for one in store.tests(serial)]
        assert kept and set(kept) == {"as left"}
    assert works.user("audit", serial, "--allow-test").code == OK
    log = line(works.keys("log", works.path("works.log")))
    assert "device statement 1" in log and "device statement 2" not in log


def test_what_the_plan_says_now_is_made_when_a_run_goes_on(works: Works) -> None:
    plan = works.plan.read_text()
    works.plan.write_text(plan.replace('"weights.toml"', '"none.toml"'))
    with works.board() as board:
        works.user(*_planned(works, board)).refused(USAGE, "none.toml")
        assert "nothing is known" in works.user("history").out  # no number was given away
        works.plan.write_text(plan.replace("cycle_load = 100", "cycle_load = 200"))
        with works.user.started(*_planned(works, board)) as program:
            wait_for(works, program, "commission")
            program.send_signal(signal.SIGKILL)
            program.wait()
        works.plan.write_text(plan)
        found = json.loads(works.user(*_planned(works, board, "--json")).out)["terminals"][0]
        assert found["why"] == ""
        _is_what_was_planned(works, board.console, found)


def test_F9_who_may_not_begin(works: Works, start: Start) -> None:
    # A terminal that was made on another bench.
    stranger = start("calibrated")
    port, world = stranger.simulator.pty, stranger.simulator.addresses["world"]
    planned = ("provision", port, "--plan", works.plan, "--world", world)
    works.user(*planned).refused(
        REFUSED, "a key that this host has not seen made", "another maker"
    )
    # Known here: but sealed, over by another number, for another board.
    Store(works.folder / "kept.sqlite3").close()
    works.user("provision", port, "--serial", SERIAL)
    works.user(*planned, "--serial", "SY-TEST-5").refused(REFUSED, f"is {SERIAL} already")
    other = works.path("other.toml")
    other.write_text(works.plan.read_text().replace('"virtual"', '"rpi_pico"'))
    works.user("provision", port, "--plan", other, "--world", world).refused(
        REFUSED, "is a virtual", "for a rpi_pico"
    )
    # Nobody says who seals it.
    before = dict(works.user.environment)
    works.user.environment.update(USER="", STEELYARD_OPERATOR="")
    works.user(*planned).refused(USAGE, "--operator NAME")
    works.user.environment.update(before)
    # Two with one serial number on one bench; several without a weight handler.
    two = ("provision", port, port + "1", "--plan", works.plan)
    works.user(*two).refused(USAGE, "a weight handler each")
    works.user(*planned, "--ports", port, "--world", world + "1").refused(USAGE, "one address")
    with works.board() as board:
        works.user(*_planned(works, board, "--serial", SERIAL)).refused(
            REFUSED, f"{SERIAL} is another terminal already"
        )


def test_a_clock_that_cannot_be_right_begins_nothing(works: Works) -> None:
    with contextlib.closing(Store(works.folder / "kept.sqlite3")) as store:
        with pytest.raises(UserError, match="1970-01-01 .* before this program was made"):
            flow.check_clock(store, now=86.0)
        store.begin_run("SY-TEST-0", "x", "", "", "")
        now = time.time()
        flow.check_clock(store, now - 3600)
        with pytest.raises(UserError, match="a run here began 9 days after that. Set it"):
            flow.check_clock(store, now - 9 * 86400)


def test_a_station_whose_certificate_has_expired_certifies_nothing(works: Works) -> None:
    row = ("--makes", "--serials", "SY-TEST-0..SY-TEST-9", "--number", 2)
    dates = ("--from", day(-9), "--until", day(-1))
    out = works.path("late.statement")
    works.keys(
        "station", "TEST works", "--key", works.path("works.pub"), "--out", out, *row, *dates
    )
    works.keys("trust", works.sign(out.name, "anna", "cleo"))
    with works.board() as board:
        said = works.user(*_planned(works, board))
        assert said.code == VERDICT and "station TEST works may do so from" in said.err
        # The key is made; with a statement that holds the same command goes on.
        steps = works.user("history", "SY-TEST-0", "--json").json()
        assert "certify" in json.dumps(steps)
