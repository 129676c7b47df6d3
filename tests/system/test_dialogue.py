"""The dialogue of a technician: a real screen, a keyboard, somebody who does what it says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import sealing
from hands_at_scale import Screen
from steelyard.errors import INTERRUPTED, OK
from terminals import Bench, Start

_ENTER = "\r"


def _sit(bench: Bench, *arguments: object, odd: dict[str, str] | None = None) -> Screen:
    def place(load: str, where: str) -> None:
        bench.world(f"place {load} kg {where}" if load else "remove")

    environment = dict(os.environ, STEELYARD_DATABASE=str(bench.store.path))
    command = [arguments[0], bench.simulator.pty, *arguments[1:]]
    return Screen(command, environment, place, odd)


def test_an_initial_verification_takes_fewer_than_25_keys(start: Start, tmp_path: Path) -> None:
    bench = start("calibrated", speed="4")
    sealing.certify(bench)  # or it would lack its codes
    kept = tmp_path / "record.json"
    screen = _sit(bench, "test", "--plan", "initial-verification", "--save", kept)
    asked: list[str] = []

    def look(it: Screen, new: str) -> None:
        if "Look at the scale" in new and not asked:
            asked.append(new)
            it.press(_ENTER)

    assert screen.serve(look) == OK, screen.seen[-3000:]
    record = json.loads(kept.read_text())
    assert record["passed"] and record["passed_guarded"]
    assert [phase["name"] for phase in record["phases"]] == [
        *("inspection", "zero", "weighing", "eccentricity", "repeatability", "tare")
    ]
    # The goal of the issue; every load was taken when it lay still. One key says that plate and
    # level were looked at, and what the plate has to say stood there.
    assert screen.pressed < 25
    assert screen.pressed == 1
    words = " ".join(screen.seen.split())
    for marking in ("class III;", "Max 15.000 kg, e = d = 0.005 kg;", "Min 0.100 kg;"):
        assert marking in words


def test_a_wrong_weight_is_named_and_the_right_one_taken(start: Start) -> None:
    # 2 kg are put on when 10 kg are asked for; somebody does not look, and presses Enter.
    bench = start("provisioned", speed="4")
    loads = ("--weight", "5kg", "--weight", "10kg", "--weight", "15kg", "--check", "7kg")
    screen = _sit(bench, "calibrate", *loads, "--json", odd={"10": "8"})
    waits = {"shown": ""}

    def react(it: Screen, new: str) -> None:
        # Without a calibration nothing tells one load from another: Enter says that it lies there.
        if "asked for" in new and "then press Enter" in new and not waits.get("told"):
            waits.update(told="yes", shown="")  # the same load is asked for again
            it.again()
            it.press(_ENTER)
            return
        if it.asked.startswith("Put 7 kg") and not waits.get("back"):
            waits["back"] = "yes"  # the loads before it are a calibration already
            it.press("\x7f")
        if "Enter when it" in new and it.asked != waits["shown"]:
            waits["shown"] = it.asked
            it.rest()
            it.press(_ENTER)

    assert screen.serve(react) == OK, screen.seen[-3000:]
    assert "when 10 kg were asked for, about 8 kg lay there" in " ".join(screen.seen.split())
    done = json.loads(screen.out)
    assert done["points"] == 4 and done["verdict"] == "signed and verified"
    # Zero, three weights and the check, one that was wrong and its message, and a wish to go back.
    assert 0 < screen.pressed < 10 and screen.is_tidy


def test_who_gives_up_leaves_the_calibration_as_it_was(start: Start) -> None:
    bench = start("calibrated", speed="4")
    before = bench.terminal.seals()["calibration"]
    screen = _sit(bench, "calibrate", "--weight", "14kg", "--weight", "15kg")
    gave = []

    def react(it: Screen, new: str) -> None:
        if "Put 15 kg" in new and not gave:
            gave.append(True)
            it.press("q")

    assert screen.serve(react) == INTERRUPTED, screen.seen[-2000:]
    assert "given up; the calibration in force stays" in screen.seen and screen.is_tidy
    assert bench.terminal.seals()["calibration"] == before
