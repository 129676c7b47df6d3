"""The virtual terminal with an ADS1232 or a CS1237, from its first start to a signed weight.

Figures: signal.md 1 (F01, F06) and 3 (rates).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from steelyard import soldered
from steelyard.calibration import Work, calibrate_terminal
from steelyard.provisioning import provision_terminal
from steelyard.store import Store
from steelyard.virtual import prepare_virtual
from steelyard_wire import codes
from terminals import SERIAL, Bench

CASES = [("ads1232", 10), ("ads1232", 80), ("cs1237", 40), ("cs1237", 640), ("cs1237", 1280)]


def begin(folder: Path, chip: str, rate_hz: int, speed: str = "max") -> Bench:
    wiring = soldered.converter(chip, rate_hz)
    if not (folder / "flash.bin").exists():
        prepare_virtual(folder / "flash.bin", soldered.virtual_board(wiring))
        Store(folder / "kept.sqlite3").close()
    options = ("--converter", json.dumps(wiring), "--rate", str(rate_hz))
    return Bench(folder, *options, "--rate-error-ppm", "20000", speed=speed)


def calibrate(bench: Bench) -> None:
    def put(text: str) -> None:
        bench.world("place 10 kg" if "weight" in text else "remove")
        bench.world("advance 2 s")

    provision_terminal(bench.terminal, bench.store, SERIAL)
    calibrate_terminal(
        bench.terminal, bench.store, Work((("10.000", "kg"),), reference="F1 17"), put
    )


@pytest.mark.parametrize(("chip", "rate_hz"), CASES)
def test_from_the_first_start_to_a_signed_weight(tmp_path: Path, chip: str, rate_hz: int) -> None:
    with begin(tmp_path, chip, rate_hz) as bench:
        calibrate(bench)
        for kg in (5.0, 14.0, 2.0):
            bench.load(f"place {kg} kg")
            assert float(str(bench.terminal.reading().value)) == pytest.approx(kg, abs=0.005)
        assert bench.terminal.register()
        measured = int(bench.terminal.status()["rate_mhz"])
        assert measured == pytest.approx(rate_hz * 1020, rel=0.003)  # the oscillator is 2 % fast
        bench.world("cut power")
        bench.world("advance 1 s")
        bench.world("restore power")
        bench.terminal.wait_until_ready()
        bench.world("advance 3 s")
        bench.terminal.wait_stable()
        assert float(str(bench.terminal.reading().value)) == pytest.approx(2, abs=0.005)


@pytest.mark.parametrize(("chip", "rate_hz"), [("ads1232", 80), ("cs1237", 40)])
def test_faults_at_the_pins_are_no_numbers(tmp_path: Path, chip: str, rate_hz: int) -> None:
    with begin(tmp_path, chip, rate_hz) as bench:
        calibrate(bench)
    with begin(tmp_path, chip, rate_hz, speed="0") as bench:
        bench.world("place 2 kg")
        bench.world("advance 5 s")
        assert bench.terminal.reading().value == "2.000"
        before = bench.terminal.faults()
        for fault, kg in (("dout_high", "7"), ("dout_low", "5")):
            bench.world(f"fault {fault}")
            bench.world(f"place {kg} kg")
            bench.world(f"advance {3 * 1000 / rate_hz} ms")
            for _ in range(20):
                reading = bench.terminal.reading()
                assert reading.value is None and reading.fault in ("NO_DATA", "BAD_FRAME")
                bench.world("advance 50 ms")
            assert bench.refused("REGISTER") == codes.CONVERTER_FAULT
            bench.world(f"fault {fault} off")
            bench.world("advance 5 s")
            assert bench.terminal.reading().value == f"{kg}.000"
        bench.world("fault stall")
        bench.world("place 3 kg")
        seen = set()
        for _ in range(400):
            bench.world("advance 10 ms")
            reading = bench.terminal.reading()
            seen.add(reading.fault)
        assert "BAD_FRAME" in seen and reading.value == "3.000"
        assert int(bench.terminal.faults()["NO_DATA"]) > int(before["NO_DATA"])
