"""What the commands about the weight say in words: the filter's name, faults, what to do next."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from command_line import CommandLine
from steelyard.errors import OK, REFUSED, USAGE
from terminals import Bench


@pytest.fixture
def user(bench: Bench) -> CommandLine:
    return CommandLine(bench.store.path)


def test_a_filter_is_chosen_by_its_name(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    assert user("config", port, "profile", "stiff", "--json").json()["profile"] == "2"
    said = user("config", port).out
    # boards/virtual.py: 15 kg in steps of 5 g; boards/README.md: units of the parameters
    for name, words in (
        ("profile", "2 (stiff)"),
        ("max", "15000 (15.000 kg)"),
        ("motion_ms", "400 (0.4 s)"),
        ("rate_mhz", "0 (not known)"),
    ):
        assert re.search(rf"^{name} +{re.escape(words)} *$", said, re.M), said
    user("config", port, "profile", "soft").refused(USAGE, "no profile 'soft'", "default, ringing")
    assert bench.terminal.config()["profile"] == "2"


def test_status_says_what_comes_next(bench: Bench, user: CommandLine) -> None:
    said = user("status", bench.simulator.pty).out
    assert re.search(r"^nominal rate +80 samples a second *$", said, re.M), said
    assert f"steelyard commission {bench.simulator.pty}" in said


def test_a_fault_is_named_where_a_weight_is_asked_for(bench: Bench, user: CommandLine) -> None:
    bench.world("speed 0")  # before the alarm, whose record makes a gap
    bench.world("fault frozen")
    bench.world("advance 1 s")
    port = bench.simulator.pty
    said = user("read", port, "--wait", "0", "--allow-test")
    said.refused(REFUSED, "The fault is FROZEN", f"steelyard doctor {port}")
    assert "FROZEN" in user("watch", port, "--seconds", "0.3").out


def test_an_overload_at_the_pins_is_counted_each_time(bench: Bench, user: CommandLine) -> None:
    # The virtual cell has 2 mV/V at 20 kg, the converter's input ends at 4 mV/V (gain 128).
    bench.world("ring 60 Hz 0.9 20 kg")  # else it swings out of overload and into it again
    for times in ("1", "2"):
        bench.world("place 60 kg")
        bench.world("advance 2 s")
        assert bench.terminal.reading().value is None
        assert bench.terminal.faults()["OVERLOAD"] == times
        bench.load("remove")
    shown = user("read", bench.simulator.pty, "--unsigned").out
    assert re.search(r"^tap +-?0\.00\d{3} *$", shown, re.M), shown
    assert re.search(r"^status +0x[0-9A-F]{4} *$", shown, re.M), shown


def test_a_replay_names_the_faults_and_writes_where_it_is_told(
    user: CommandLine, tmp_path: Path
) -> None:
    # 10 s, then the converter repeats one word: FROZEN until the end (16 of them, noise unknown).
    noise = np.random.default_rng(1).normal(0, 40, 800).astype(int)
    counts = [*(100000 + noise), *[100000] * 400]
    rows = "\n".join(f"{k / 80:.4f},{count}" for k, count in enumerate(counts))
    (tmp_path / "run.csv").write_text("seconds,counts\n" + rows + "\n")
    picture = tmp_path / "picture"
    said = user("replay", tmp_path / "run.csv", "--plot", picture, "--json")
    assert said.code == OK and not said.err
    assert said.json()["profiles"]["default"]["faults"] == {"FROZEN": 400 - 15}
    assert picture.read_bytes().startswith(b"\x89PNG")
    for place, words in (("missing/x.png", "No such file"), ("/dev/full", "No space left")):
        said = user("replay", tmp_path / "run.csv", "--plot", place)
        said.refused(USAGE, "cannot be written", words)
