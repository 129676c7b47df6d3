"""`steelyard test --handler`: a machine on a serial line weighs a virtual terminal.

Owns: a machine that knows docs/factory.md alone and moves loads in the terminal's world.
Units: kg.
"""

from __future__ import annotations

import json
import os
import pty
import threading
import tty
from contextlib import suppress
from pathlib import Path

import pytest
from command_line import CommandLine
from steelyard.errors import OK
from terminals import Bench, Start

PLAN = """
[plan]
name = "machine"
method = "fine"
[[phase]]
name = "zero"
[[phase]]
name = "weighing"
loads = ["0.1 kg", "5 kg", "10 kg"]
down = false
"""


def _serve(line: int, bench: Bench, told: list[str]) -> None:
    seen = b""
    with suppress(OSError):
        while data := os.read(line, 100):
            seen += data
            while b"\n" in seen:
                first, _, seen = seen.partition(b"\n")
                words = first.decode("ascii").split(" ")
                told.append(words[0])
                os.write(line, b"busy\n")
                if words[0] == "PUT":
                    bench.world(f"place {words[1]} {words[2]} {words[3].replace('-', ' ')}")
                else:
                    bench.world("remove")
                bench.world("advance 3 s")
                os.write(line, b"ok\n")


def test_a_machine_puts_the_loads_of_a_plan_on(start: Start, tmp_path: Path) -> None:
    bench = start("calibrated")
    plan, kept = tmp_path / "machine.toml", tmp_path / "record.json"
    plan.write_text(PLAN)
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    told: list[str] = []
    threading.Thread(target=_serve, args=(ours, bench, told), daemon=True).start()
    user = CommandLine(bench.store.path)
    port, auto = bench.simulator.pty, ("--auto", os.ttyname(theirs))
    # Ten kelvin with 300 ppm each: 30 g of 10 kg, and as much of what the zero is.
    bench.world("cell span 300 ppm")
    bench.world("temperature 30 now")
    said = user("calibrate", port, "--weight", "10kg", "--check", "5kg", *auto, "--json")
    assert said.code == OK, said
    zero, off = map(float, said.json()["as_found"].split(","))
    assert off - zero == pytest.approx(0.03, abs=0.006)
    said = user("test", port, "--plan", plan, *auto, "--save", kept)
    os.close(theirs)
    os.close(ours)
    assert said.code == OK, said
    record = json.loads(kept.read_text())
    assert record["passed"] and record["passed_guarded"]
    assert [len(phase["measurements"]) for phase in record["phases"]] == [1, 4]
    assert set(told) == {"PUT", "REMOVE"} and told[-1] == "REMOVE"
