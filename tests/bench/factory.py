"""The bench topic `factory`: ten bare virtual boards at once, and what a technician presses.

Owns: the run and its clocks. Refuses: with AssertionError, a terminal that is not sealed at the
end. Units: seconds; presses of a key.

`overhead_s_per_terminal` is processor time of the host's program and of what it starts (mpremote,
the compiler, the VM that replays load changes), not of the virtual boards.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from command_line import CommandLine
from company import Company
from hands_at_scale import Screen
from steelyard.commands.provision import provision_all
from steelyard.errors import OK
from steelyard.factory import bench
from steelyard.factory import product as products
from steelyard.store import Store
from terminals import SERIAL, Bench, make_states
from works import Works

_TERMINALS = 10


def _processor_s() -> float:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, who))


def _ten(folder: Path) -> dict[str, float]:
    works = Works(folder)
    text = works.plan.read_text().replace('"short.toml"', '"production.toml"')
    works.plan.write_text(text.replace(', "zh"', ""))
    works.path("production.toml").write_text(production())
    os.environ.update(
        STEELYARD_PASSPHRASE_FILE=str(works.nothing), STEELYARD_DATABASE=str(works.user.database)
    )
    with ExitStack() as stack:
        boards = [stack.enter_context(works.board(str(n), speed="1")) for n in range(_TERMINALS)]
        places = [bench.Place(it.console, "", it.addresses["world"]) for it in boards]
        store = Store()
        began, before = time.monotonic(), _processor_s()
        results = provision_all(places, products.load(works.plan), store, "bench")
        wall, used = time.monotonic() - began, _processor_s() - before
        store.close()
    for result in results:
        assert result.code == OK, result
    return {
        "ten_terminals_wall_s": round(wall, 1),
        "overhead_s_per_terminal": round(used / _TERMINALS, 2),
    }


def production() -> str:
    """The plan `production`, with the network of the virtual air."""
    from steelyard.factory import plan

    text = (plan.FOLDER / "production.toml").read_text()
    return text.replace('name = "Wi-Fi"', 'name = "Wi-Fi"\nssid = "market"')


def _certify(scale: Bench, folder: Path) -> None:
    """Without codes, approval and seals no scale passes an inspection."""
    folder.mkdir()
    company = Company(folder, CommandLine(scale.store.path))
    company.make_keys()
    company.found()
    out = company.path("device.statement")
    made = ("--key", company.path("works.pem"), "--production", "P-26-1", "--seal", "A1")
    company.keys("device", SERIAL, *made, "--approval", "TEST-76", "--out", out)
    said = company.user("install", scale.simulator.pty, out)
    assert said.code == OK, said


def _presses(folder: Path) -> int:
    """Calibrating with three weights and a check, and an initial verification after that."""
    (folder / "states").mkdir()
    make_states(folder / "states")
    pressed = 0
    with Bench(folder / "states" / "provisioned", speed="4") as scale:

        def place(load: str, where: str) -> None:
            scale.world(f"place {load} kg {where}" if load else "remove")

        _certify(scale, folder / "desk")
        environment = dict(os.environ, STEELYARD_DATABASE=str(scale.store.path))
        port = scale.simulator.pty
        loads = ("--weight", "5kg", "--weight", "10kg", "--weight", "15kg", "--check", "7kg")
        for command in (
            ["calibrate", port, *loads],
            ["test", port, "--plan", "initial-verification"],
        ):
            screen = Screen(list(command), environment, place)
            shown = [""]
            # With a calibration loads are taken by themselves; before, Enter says that one is on.
            waits = "Enter when it " if command[0] == "calibrate" else "Look at the scale"

            def react(it: Screen, new: str, shown: list[str] = shown, waits: str = waits) -> None:
                what = it.asked or waits
                if waits in new and what != shown[0]:
                    shown[0] = what
                    it.rest()
                    it.press("\r")

            assert screen.serve(react) == OK, screen.seen[-2000:]
            pressed += screen.pressed
    return pressed


def measure() -> Mapping[str, object]:
    """{"ten_terminals_wall_s", "overhead_s_per_terminal", "key_presses"}."""
    with tempfile.TemporaryDirectory() as ten, tempfile.TemporaryDirectory() as one:
        return {**_ten(Path(ten)), "key_presses": _presses(Path(one))}
