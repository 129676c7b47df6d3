"""The span check: a resistor across the bridge makes what it made at the calibration, or no weight
(metrology.md 6.3: more than 0.5 e off locks)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from steelyard import boards
from steelyard.calibration import Work, calibrate_terminal
from steelyard.virtual import prepare_virtual
from steelyard_wire import codes, cose, record
from terminals import Bench

# 1 mV/V of 2 at 20 kg: 10 kg. 2^23 * 128 * 1 mV/V / 0.5, in 1/16 count.
_SHUNT = 2**23 * 128 * 1e-3 * 2 * 16


def _with_shunt() -> boards.Board:
    source = boards.load("virtual").source
    changed = re.sub(rb"(?m)^SHUNT = None$", b"SHUNT = 14", source)
    assert changed != source
    return boards.parse("virtual", changed)


@pytest.fixture
def bench(states: Path, tmp_path: Path) -> Iterator[Bench]:
    """Provisioned, with an analogue switch on pin 14."""
    folder = tmp_path / "shunt"
    shutil.copytree(states / "provisioned", folder)
    prepare_virtual(folder / "flash.bin", _with_shunt())
    with Bench(folder) as bench:
        yield bench


def calibrate(bench: Bench) -> dict[str, object]:
    def put(text: str) -> None:
        bench.world("place 5 kg" if "weight" in text else "remove")
        bench.world("advance 1 s")

    return calibrate_terminal(bench.terminal, bench.store, Work((("5.000", "kg"),)), put)


def start(bench: Bench) -> None:
    """The power was off; time has passed until the check is over."""
    bench.world("cut power")
    bench.world("advance 2 s")
    bench.world("restore power")
    bench.terminal.link.reopen()
    bench.terminal.wait_until_ready()
    bench.world("advance 6 s")


def test_W11_a_span_that_changed_is_found_at_the_next_start(bench: Bench) -> None:
    done = calibrate(bench)
    data = record.decode(cose.split(bench.terminal.record(int(str(done["record"])))).payload)
    assert data[record.DATA][11] == pytest.approx(_SHUNT, rel=1e-4)
    assert bench.terminal.wait_stable().value == "5.000"
    # Whatever lies on it: the check takes the difference.
    start(bench)
    assert bench.terminal.wait_stable().value == "5.000"
    assert bench.terminal.status()["alarm"] == "-"
    # 10 kg times 0.02 % are 2 g, less than 0.5 e; 0.03 % are 3 g.
    bench.world("fault gain 0.9998")
    start(bench)
    assert bench.terminal.reading().value is not None
    bench.world("fault gain 0.9997")
    start(bench)
    reading = bench.terminal.reading()
    assert reading.value is None and "UNCALIBRATED" in reading.flags
    assert bench.terminal.status()["alarm"] == "SPAN"
    assert bench.refused("REGISTER") == bench.refused("ZERO") == codes.CHECK_FAILED
    newest = bench.terminal.records()[-1]
    said = record.decode(cose.split(bench.terminal.record(newest)).payload)
    assert said[record.TYP] == record.FAULT and said[record.DATA] == {1: "SPAN", 2: 1}
    # What was in force may not be called right by itself; the resistor taken away, it is.
    bench.terminal.calibrate("BEGIN")
    bench.terminal.calibrate("KEEP")
    bench.terminal.calibrate("COMMIT", "UNCHECKED")
    assert bench.terminal.reading().value is None
    bench.world("fault gain off")
    start(bench)
    assert Decimal(bench.terminal.wait_stable().value or "NaN") == 5
    assert bench.terminal.status()["alarm"] == "-"


def test_a_new_calibration_ends_the_doubt(bench: Bench) -> None:
    calibrate(bench)
    bench.world("fault gain 0.99")
    start(bench)
    assert bench.terminal.reading().value is None
    calibrate(bench)
    assert bench.terminal.wait_stable().value == "5.000"
    bench.world("advance 3 s")  # an alarm ends two seconds after its fault
    assert bench.terminal.status()["alarm"] == "-"
    start(bench)
    assert bench.terminal.wait_stable().value == "5.000"


def test_until_a_load_lies_still_there_is_no_number(bench: Bench) -> None:
    calibrate(bench)
    bench.world("vibrate 500 g 1.5 Hz")
    start(bench)
    bench.world("advance 30 s")
    reading = bench.terminal.reading()
    assert reading.value is None and "WARM_UP" in reading.flags
    assert bench.refused("REGISTER") == codes.NOT_READY
    bench.world("vibrate off")
    bench.world("advance 30 s")
    assert bench.terminal.wait_stable().value == "5.000"


def test_a_load_that_moves_during_the_commit_leaves_the_session_open(bench: Bench) -> None:
    terminal = bench.terminal
    bench.world("remove")
    terminal.calibrate("BEGIN")
    terminal.calibrate_when_still("ZERO")
    bench.world("place 5 kg")
    bench.world("advance 1 s")
    terminal.calibrate_when_still("SPAN", "5.000", "kg")
    bench.world("vibrate 500 g 1.5 Hz")
    bench.world("advance 1 s")
    assert bench.refused("CAL", "COMMIT", "UNCHECKED") == codes.MOTION
    assert terminal.calibrate("STATUS")["state"] == "open"
    bench.world("vibrate off")
    bench.world("advance 3 s")
    assert terminal.calibrate("COMMIT", "UNCHECKED")["generation"] == "1"
    assert int(terminal.calibrate("STATUS")["shunt"]) == pytest.approx(_SHUNT, rel=1e-4)
