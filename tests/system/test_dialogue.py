"""The dialogue of a technician: a real screen and keyboard, somebody who does what is asked for."""

from __future__ import annotations

import json
from pathlib import Path

from hands_at_scale import Screen
from steelyard.errors import OK
from terminals import Bench, Start


def _placing(bench: Bench):
    def place(load: str, where: str) -> None:
        bench.world(f"place {load} kg {where}" if load else "remove")

    return place


def test_an_initial_verification_takes_fewer_than_25_keys(start: Start, tmp_path: Path) -> None:
    bench = start("calibrated", speed="4")
    kept = tmp_path / "record.json"
    asked = ["test", bench.simulator.pty, "--plan", "initial-verification", "--save", kept]
    screen = Screen(asked, bench_environment(bench), _placing(bench))
    assert screen.serve() == OK, screen.seen[-3000:]
    record = json.loads(kept.read_text())
    assert record["passed"] and record["passed_guarded"]
    assert [phase["name"] for phase in record["phases"]] == [
        *("zero", "weighing", "eccentricity", "repeatability", "tare")
    ]
    # The goal of the issue; everything was taken when it lay still.
    assert screen.pressed < 25
    assert screen.pressed == 0


def bench_environment(bench: Bench) -> dict[str, str]:
    import os

    return dict(os.environ, STEELYARD_DATABASE=str(bench.store.path))
