"""`steelyard provision --plan`: bare virtual boards become sealed terminals, whatever happens.

Keys, plan and weights are those of tests/works.py.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import zxingcpp
from command_line import PROGRAM, CommandLine
from PIL import Image
from steelyard.errors import NO_DEVICE, OK, REFUSED, USAGE, VERDICT
from steelyard.factory import flow
from steelyard.store import Store
from works import PLAN, Works

STEPS = [step.name for step in flow.STEPS]


@pytest.fixture
def works(tmp_path: Path) -> Works:
    return Works(tmp_path)


def test_two_bare_boards_are_sealed_terminals_and_a_third_place_disturbs_nobody(
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
        assert said.code == NO_DEVICE and not found[2]["ok"]
        assert "nothing to open at socket://127.0.0.1:9" in found[2]["why"]
        assert {it["serial"] for it in found[:2]} == {"SY-TEST-0", "SY-TEST-1"}
        for place, it in zip((one, two), found, strict=False):
            _is_what_was_planned(works, place.console, it)
        # Once more: everything holds, and the proof is a new one.
        said = works.user(
            "provision", one.console, "--plan", works.plan, "--world", one.addresses["world"]
        )
        said.refused(REFUSED, "is sealed already", "steelyard history")
    assert [len(works.user("history", it["serial"], "--json").json()["tests"]) for it in found[:2]]


def _is_what_was_planned(works: Works, address: str, found: dict[str, object]) -> None:
    serial = found["serial"]
    assert list(found["steps"]) == STEPS
    seals = works.user("seals", address, "--json")
    said = json.loads(seals.out)
    assert said["sealed"] and not said["locked"], said
    assert said["production code"] == f"P-{serial}"
    assert said["seals"] == f"S-{serial}-1,S-{serial}-2"
    audit = works.user("audit", serial, "--allow-test")
    assert audit.code == OK, audit
    config = works.user("config", address, "--json").json()
    assert config["cycle_load"] == "100"
