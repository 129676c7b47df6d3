"""`steelyard soak`, `compensate`: a poor cell in changing air, logged, fitted, right after it."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from command_line import CommandLine
from steelyard import soak, soldered
from steelyard.errors import OK, REFUSED, USAGE
from steelyard.virtual import prepare_virtual
from steelyard_wire import cose, record
from terminals import Bench, Start

_E = Decimal("0.005")
# 20 kg * 100 ppm * 5 K: 10 g, where one e of 5 g is allowed; 15 kg * 80 ppm * 20 K: 24 g, mpe 7.5.
_POOR = ("cell ideal", "cell zero 100 ppm", "cell span 80 ppm", "cell lag 10 s")
_ZERO_PER_K = 3221225 / 15 * 20 * 100e-6  # counts: 2^23 * 128 * 2 mV/V * 15 / 20 at 15 kg


@pytest.fixture
def bench(states: Path, tmp_path: Path) -> Iterator[Bench]:
    """Calibrated at 20 degrees, on a poor cell, with ten samples a second: time passes faster."""
    folder = tmp_path / "poor"
    shutil.copytree(states / "calibrated", folder)
    prepare_virtual(folder / "flash.bin", soldered.virtual_board(soldered.converter("hx711", 10)))
    with Bench(folder, "--rate", "10") as bench:
        for command in _POOR:
            bench.world(command)
        yield bench


def shown(bench: Bench, celsius: int, load: str) -> tuple[Decimal, str]:
    """The weight, and its flags, when everything has been at a temperature for a minute."""
    bench.world(f"temperature {celsius}")
    bench.world(f"place {load} kg" if load != "0" else "remove")
    bench.world("advance 70 s")
    reading = bench.terminal.wait_stable()
    return Decimal(reading.value or "NaN"), reading.flags


def test_W8_a_soak_makes_a_poor_cell_right(bench: Bench, tmp_path: Path) -> None:
    before = [shown(bench, 40, load)[0] - Decimal(load) for load in ("0", "14")]
    assert before[0] > 7 * _E and before[1] > 10 * _E  # 40 g, and 22 g more
    bench.world("temperature 20 now")
    user = CommandLine(bench.store.path)
    port, world = bench.simulator.pty, bench.simulator.addresses["world"]
    log = tmp_path / "soak.csv"
    weather = ("--world", world, "--air", "20,42,20", "--each", 1.1, "--every", 5)
    said = user("soak", port, log, *weather, "--json")
    assert said.code == OK and said.json()["run"] == 1 and said.json()["looks"] >= 30
    assert user("soak", port, log, *weather, "--load", "14kg", "--json").json()["run"] == 2
    assert {(row.run, row.load) for row in soak.read(log)} == {(1, Decimal(0)), (2, Decimal(14))}

    picture = tmp_path / "soak.svg"
    looked = user("compensate", port, log, "--creep", 0, "--look", "--plot", picture)
    assert looked.code == OK and "only looked at" in looked.out and picture.stat().st_size > 5000
    said = user("compensate", port, log, "--creep", 0, "--json")
    assert said.code == OK and said.json()["generation"] == 2
    data = record.decode(cose.split(bench.terminal.record(said.json()["record"])).payload)[19]
    reference, zero, span, lag_s, coldest, warmest = data[10]
    assert abs(reference - 2000) < 50
    assert zero / 1000 == pytest.approx(_ZERO_PER_K, rel=0.03)
    assert span / 1e9 == pytest.approx(80e-6, rel=0.05)
    assert abs(lag_s - 10) <= 4 and abs(coldest - 2000) < 60 and abs(warmest - 4180) < 60

    for celsius, load in ((40, "14"), (40, "0"), (30, "5"), (20, "14")):
        weight, flags = shown(bench, celsius, load)
        assert abs(weight - Decimal(load)) <= _E, (celsius, load, weight)
        assert "TEMPERATURE" not in flags
    # Beyond what was logged it still compensates, and says so.
    weight, flags = shown(bench, 45, "0")
    assert abs(weight) <= _E and "TEMPERATURE" in flags
    said = user("compensate", port, "--forget", "--json")
    assert said.code == OK and said.json()["generation"] == 3
    assert shown(bench, 40, "0")[0] > 7 * _E


def test_what_does_not_fit_is_refused_in_a_sentence(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    log = tmp_path / "soak.csv"
    user("compensate", port).refused(USAGE, "--forget")
    user("compensate", port, log).refused(USAGE, "cannot read")
    user("soak", port, log, "--air", "20,30").refused(USAGE, "belong together")
    user("soak", port, log, "--load", "10 lb").refused(USAGE, "weighs in kg")
    user("soak", port, tmp_path / "no" / "x.csv", "--hours", 0.01).refused(USAGE, "cannot write")
    said = user("soak", port, log, "--hours", 0.01, "--every", 5, "--json")
    assert said.code == OK and said.json()["looks"] >= 2
    user("compensate", port, log).refused(REFUSED, "no run of 20 rows")
    log.write_text(log.read_text().replace("54455354", "54455355"))
    user("soak", port, log).refused(USAGE, "another terminal")
    user("compensate", port, log).refused(USAGE, "another terminal")


def test_ctrl_c_ends_a_soak_and_what_was_logged_is_kept(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    log = tmp_path / "soak.csv"
    with user.started("soak", bench.simulator.pty, log, "--every", 5, "--json") as process:
        while not log.exists() or len(log.read_text().splitlines()) < 2:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        said = user.ended(process)
    assert said.json()["looks"] == len(soak.read(log)) == 1


def test_a_terminal_that_starts_again_ends_its_run(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    log = tmp_path / "soak.csv"
    with user.started("soak", bench.simulator.pty, log, "--every", 5) as process:
        while not log.exists() or len(log.read_text().splitlines()) < 2:
            time.sleep(0.05)
        bench.world("cut power")
        bench.world("restore power")
        bench.terminal.link.reopen()
        bench.terminal.wait_until_ready()
        said = user.ended(process)
    said.refused(REFUSED, "started again", "is kept")
    assert len(soak.read(log)) == 1


def test_a_terminal_without_a_thermometer_says_so(start: Start, tmp_path: Path) -> None:
    bench = start("calibrated")
    bench.before_main("import board\nboard.THERMOMETER = None\n")
    user = CommandLine(bench.store.path)
    said = user("soak", bench.simulator.pty, tmp_path / "soak.csv")
    said.refused(REFUSED, "no thermometer")
