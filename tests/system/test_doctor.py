"""`steelyard doctor` on a virtual terminal with each fault of cell, cable and converter.

What the findings rest on is tests/property/test_diagnosis.py's; here is the way of the samples
from the converter's pins to the report, and what the command says and leaves.
"""

from __future__ import annotations

import csv
import json
import struct
from pathlib import Path

import pytest
from command_line import CommandLine
from steelyard import soldered
from steelyard.errors import OK, USAGE, VERDICT
from steelyard.virtual import prepare_virtual
from terminals import SERIAL, Bench, Start

FAULTS = {
    "open_bridge": "fault open_bridge",
    "shorted_input": "fault shorted_input",
    "swapped_pair": "fault swapped_pair",
    "saturated_high": "fault saturate_high",
    "saturated_low": "fault saturate_low",
    "noisy": "fault noise 10",
    "quiet": "fault noise 0.1",
    "noisy_supply": "fault supply",
    "mains_pickup": "fault mains 5 uV 50 Hz",
    "floor_vibration": "vibrate 5 g 17 Hz",
    "overloaded_cell": "fault overloaded_cell",
    "no_data": "fault dout_high",
}


@pytest.fixture
def user(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Who provisioned the terminal of `bench`, in its folder."""
    monkeypatch.chdir(bench.folder)
    bench.world("advance 2 s")
    return CommandLine(bench.store.path)


def png_size(file: Path) -> tuple[int, int]:
    """Width and height (PNG, 11.2.2 IHDR)."""
    head = file.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR"
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def test_a_healthy_scale_has_nothing_and_leaves_a_picture(bench: Bench, user: CommandLine) -> None:
    said = user("doctor", bench.simulator.pty)
    assert said.code == OK and not said.err
    assert said.out.startswith("nothing wrong found\n")
    assert f"picture: doctor-{SERIAL}.png" in said.out
    width, height = png_size(bench.folder / f"doctor-{SERIAL}.png")
    assert width >= 1000 and height >= 700
    records = bench.terminal.records()
    report = user("doctor", bench.simulator.pty, "--json", "--seconds", "5").json()
    assert report["ok"] is True and report["findings"] == []
    assert report["facts"]["nominal_hz"] == 80 and report["facts"]["e"] == pytest.approx(
        1074, abs=1
    )
    signal = report["signal"]
    assert 390 <= signal["samples"] <= 401 and signal["rate_hz"] == pytest.approx(80, rel=0.003)
    assert signal["white_noise"] == pytest.approx(38.7, rel=0.2)  # 90 nV at 2.33 nV a count
    assert report["counters"]["NO_DATA"] == report["counters"]["BAD_FRAME"] == 0
    assert bench.terminal.records() == records  # nothing was changed


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_with_what_to_do(name: str, bench: Bench, user: CommandLine) -> None:
    bench.world(FAULTS[name])
    bench.world("advance 1 s")
    said = user("doctor", bench.simulator.pty, "--seconds", "20")
    for _ in range(3):
        if name != "open_bridge" or not said.out.startswith("saturated"):
            break
        # It wanders from one end of the range to the other and stands there for some 20 s: how
        # much of that these 20 s see depends on how fast the machine starts the command.
        assert "a signal wire is open" in said.out
        bench.world("advance 7 s")
        said = user("doctor", bench.simulator.pty, "--seconds", "20")
    assert said.code == VERDICT and not said.err
    assert said.out.startswith(name.replace("_", " ") + " ("), said.out
    assert "\n  Do: " in said.out and "docs/doctor.md" in said.out
    assert png_size(bench.folder / f"doctor-{SERIAL}.png")


def test_a_frozen_chip_is_named_and_the_report_has_its_numbers(
    bench: Bench, user: CommandLine
) -> None:
    bench.world("fault frozen")
    bench.world("advance 1 s")
    said = user("doctor", bench.simulator.pty, "--json", "--plot", "frozen.svg")
    assert said.code == VERDICT
    assert '"id": "frozen"' in said.out and '"severity": "fault"' in said.out
    assert (bench.folder / "frozen.svg").read_text().startswith("<?xml")


def test_a_platform_that_rings_is_fitted(bench: Bench, user: CommandLine) -> None:
    bench.world("ring 5 Hz 0.008 20 kg")
    bench.world("speed 10")
    bench.world("place 3 kg")
    bench.world("advance 300 ms")
    bench.world("remove")
    said = user("doctor", bench.simulator.pty)
    assert said.code == VERDICT and said.out.startswith("platform ringing (warning)")
    assert "rings at 5.0 Hz with a damping of 0.008" in said.out


@pytest.mark.parametrize("rate", [10])
def test_the_jumper_of_the_rate_is_named(
    rate: int, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = start("new", "--rate", str(rate))  # boards/virtual.py says 80
    monkeypatch.chdir(bench.folder)
    said = CommandLine(bench.store.path)("doctor", bench.simulator.pty)
    assert said.code == VERDICT and said.out.startswith("rate jumper (fault)")
    assert "makes 10.0 samples a second, and the board is built for 80" in said.out
    assert "picture: doctor-virtual.png" in said.out  # it has no serial number yet


def test_a_load_tells_the_polarity_of_a_new_scale(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = start("new")
    monkeypatch.chdir(bench.folder)
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty

    def put(_: str = "") -> str:
        bench.world("place 3 kg")
        return ""

    for fault, code, first in (
        ("fault swapped_pair", VERDICT, "swapped pair (fault)"),
        ("fault swapped_pair off", OK, "nothing wrong found"),
    ):
        bench.world("remove")
        bench.world(fault)
        bench.world("advance 3 s")
        monkeypatch.setattr("builtins.input", put)
        said = user("doctor", port, "--load")
        assert (said.code, said.out.splitlines()[0]) == (code, first), said
        assert "Put any load on the platform, then press Enter" in said.err
    monkeypatch.undo()
    monkeypatch.chdir(bench.folder)
    user("doctor", port, "--load").refused(USAGE, "nobody can press Enter", "without --load")


def test_a_load_that_stays_is_no_fault_if_it_is_said(bench: Bench, user: CommandLine) -> None:
    bench.load("place 3 kg")
    bench.world("advance 4 s")  # else the platform still rings of it, which doctor says first
    port = bench.simulator.pty
    assert user("doctor", port).out.startswith("overloaded cell (warning)")
    said = user("doctor", port, "--loaded")
    assert said.code == OK and "not checked: zero" in said.out


def test_the_samples_can_be_kept(bench: Bench, user: CommandLine) -> None:
    assert user("doctor", bench.simulator.pty, "--save", "samples.csv").code == OK
    with (bench.folder / "samples.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["seconds", "counts", "fault"]
    assert 790 <= len(rows) - 1 <= 801 and float(rows[-1][0]) == pytest.approx(9.98, abs=0.1)
    assert all(abs(int(row[1]) - 322123) < 1000 and row[2] == "0" for row in rows[1:])


def test_what_cannot_be_written_is_said(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    for option in ("--plot", "--save"):
        said = user("doctor", port, "--seconds", "4", option, "missing/file.png")
        assert said.code == USAGE and "cannot be written" in said.err
    user("doctor", port, "--seconds", "4", "--plot", "file.doc").refused(USAGE, "end it with .png")
    user("doctor", port, "--seconds", "1").refused(USAGE)


@pytest.mark.parametrize(
    ("chip", "rate"), [("nau7802", 320), ("ads1220", 330), ("ads1232", 80), ("cs1237", 1280)]
)
def test_another_converter_is_healthy_too(
    chip: str, rate: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wiring = soldered.converter(chip, rate)
    prepare_virtual(tmp_path / "flash.bin", soldered.virtual_board(wiring))
    options = ("--converter", json.dumps(wiring), "--rate", str(rate))
    with Bench(tmp_path, *options) as bench:
        bench.world("advance 2 s")
        report = CommandLine(bench.store.path)("doctor", bench.simulator.pty, "--json").json()
    assert report["ok"] is True and report["converter"] == chip
    assert report["signal"]["rate_hz"] == pytest.approx(rate, rel=0.01)
    assert report["signal"]["lost"] == 0
