"""A factory whose keys say TEST: its people, its plan, bare boards on its bench.

Owns: a folder with keys, plan and weights, virtual boards without firmware.
Refuses: as Company and VirtualTerminal.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from command_line import CommandLine
from company import Company, day
from terminals import VirtualTerminal

ROOT = Path(__file__).resolve().parents[1]

PLAN = """
[product]
name = "Market 15 kg"
version = "3"
board = "virtual"
serials = "SY-TEST-0..SY-TEST-9"

[scale]
class = "III"
ranges = ["15kg/5g"]

[parameters]
cycle_load = 100

[station]
key = "works.pem"
access = ["factory.pub", "service.pub", "inspector.pub"]
production = "P-{serial}"
approval = "TEST-76"
seals = ["S-{serial}-1", "S-{serial}-2"]

[calibration]
loads = ["5 kg", "10 kg", "15 kg"]
check = "7 kg"
weights = "weights.toml"

[calibration.here]
name = "Hangzhou"
latitude = 30.27
height = 10

[calibration.there]
name = "Harbin"
latitude = 45.8
height = 150

[commission]
load = "7 kg"

[test]
plan = "short.toml"
weights = "weights.toml"

[report]
languages = ["en", "zh"]

[label]
registry = "https://scales.example/{device}"
"""
# Half a minute of a virtual terminal: every kind of measurement, no load that others have, too.
SHORT = """
[plan]
name = "short"
method = "fine"

[[phase]]
name = "inspection"
looks = []

[[phase]]
name = "communication"

[[phase]]
name = "self-test"

[[phase]]
name = "zero"

[[phase]]
name = "weighing"
loads = ["0.1 kg", "5 kg", "10 kg"]
down = false

[[phase]]
name = "own"
python = "own.py:look"
measurements = [{ name = "mains", unit = "Hz", low = 50, high = 60 }]

[[phase]]
name = "signature"
"""
OWN = """
def look(dut, enter):
    enter("mains", dut.terminal.config()["mains_hz"])
"""


def weights() -> str:
    """The example of the docs, with certificates that hold today."""
    example = (ROOT / "docs" / "weights.example.toml").read_text(encoding="utf-8")
    for was, now in (("2026-03-02", day(-200)), ("2028-03-01", day(200))):
        assert was in example
        example = example.replace(was, now)
    return example


class Works(Company):
    """The people, and what lies on their bench."""

    def __init__(self, folder: Path, plan: str = PLAN) -> None:
        super().__init__(folder, CommandLine(folder / "kept.sqlite3"))
        self.make_keys()
        self.found()
        self.user.environment["STEELYARD_PASSPHRASE_FILE"] = str(self.nothing)
        self.user.environment["STEELYARD_OPERATOR"] = "TEST Ada"
        self.path("short.toml").write_text(SHORT)
        self.path("own.py").write_text(OWN)
        self.path("weights.toml").write_text(weights())
        self.plan = self.path("market.toml")
        self.plan.write_text(plan)

    @contextmanager
    def board(self, name: str = "bare", speed: str = "4") -> Iterator[VirtualTerminal]:
        """A board with MicroPython and nothing else.

        Not as fast as it can be: what waits for others would take the processor from them.
        """
        flash = self.path(f"{name}.flash")
        with VirtualTerminal(flash, speed=speed) as board:
            yield board


def wait_for(works: Works, program: subprocess.Popen[str], mark: str) -> None:
    """Until the program says this in its transcript."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for transcript in works.folder.glob("runs/*/transcript.txt"):
            if mark in transcript.read_text():
                return
        assert program.poll() is None, program.communicate()
        time.sleep(0.02)
    raise AssertionError(f"it never came to {mark}")
