"""The virtual terminal with a converter on a bus, from its first start to a signed weight.

Figures: signal.md 1 (F23: a chip that does not answer, SDA stuck, a chip set up anew at gain 1: a
fault, never a number) and 3 (NAU7802: steps after a reset).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from steelyard import soldered
from steelyard.calibration import Work, calibrate_terminal
from steelyard.client import Terminal
from steelyard.provisioning import provision_terminal
from steelyard.store import Store
from steelyard.virtual import prepare_virtual
from steelyard_wire import codes
from terminals import SERIAL, Bench
from test_sampling import SIGNING_MS, count

CASES = [("nau7802", 80), ("nau7802", 320), ("ads1220", 90), ("ads1220", 1000)]


def begin(folder: Path, chip: str, rate_hz: int, speed: str = "max") -> Bench:
    wiring = soldered.converter(chip, rate_hz)
    if not (folder / "flash.bin").exists():
        prepare_virtual(folder / "flash.bin", soldered.virtual_board(wiring))
        Store(folder / "kept.sqlite3").close()
    options = ("--converter", json.dumps(wiring), "--rate", str(rate_hz))
    return Bench(folder, *options, speed=speed)


def calibrate(bench: Bench) -> None:
    def put(text: str) -> None:
        bench.world("place 10 kg" if "weight" in text else "remove")
        bench.world("advance 2 s")

    provision_terminal(bench.terminal, bench.store, SERIAL)
    calibrate_terminal(
        bench.terminal, bench.store, Work((("10.000", "kg"),), reference="F1 17"), put
    )


def weight(terminal: Terminal) -> float:
    value = terminal.reading().value
    assert value is not None
    return float(value)


@pytest.mark.parametrize(("chip", "rate_hz"), CASES)
def test_from_the_first_start_to_a_signed_weight(tmp_path: Path, chip: str, rate_hz: int) -> None:
    with begin(tmp_path, chip, rate_hz) as bench:
        calibrate(bench)
        for kg in (5.0, 14.0, 0.0):
            bench.load(f"place {kg} kg")
            assert weight(bench.terminal) == pytest.approx(kg, abs=0.005)
        bench.load("place 2 kg")
        assert bench.terminal.register()
        measured = int(bench.terminal.status()["rate_mhz"])
        # Conversion times of the ADS1220 are up to 1.4 % longer than its nominal rates say.
        assert measured == pytest.approx(rate_hz * 1000, rel=0.015)
        # A power cut does not move the weight: a NAU7802 has the same calibration again.
        bench.world("cut power")
        bench.world("advance 1 s")
        bench.world("restore power")
        bench.terminal.wait_until_ready()
        bench.world("advance 3 s")
        bench.terminal.wait_stable()
        assert weight(bench.terminal) == pytest.approx(2, abs=0.005)


@pytest.mark.parametrize("chip", ["nau7802", "ads1220"])
def test_a_bus_that_fails_is_a_fault_and_never_a_number(tmp_path: Path, chip: str) -> None:
    rate_hz = int(soldered.CONVERTERS[chip]["rate_hz"])
    with begin(tmp_path, chip, rate_hz) as bench:
        calibrate(bench)
    with begin(tmp_path, chip, rate_hz, speed="0") as bench:
        bench.world("place 2 kg")
        bench.world("advance 5 s")
        assert weight(bench.terminal) == pytest.approx(2, abs=0.005)
        for fault in ("nack", "sda_low"):
            before = bench.terminal.faults()
            bench.world(f"fault {fault}")
            bench.world("place 7 kg")
            bench.world(f"advance {3 * 1000 / rate_hz} ms")
            for _ in range(20):
                reading = bench.terminal.reading()
                assert reading.value is None and reading.fault in ("NO_DATA", "BAD_FRAME")
                bench.world("advance 50 ms")
            assert bench.terminal.reading().fault == "NO_DATA"
            assert bench.refused("REGISTER") == codes.CONVERTER_FAULT
            assert int(bench.terminal.faults()["NO_DATA"]) == int(before["NO_DATA"]) + 1
            bench.world(f"fault {fault} off")
            bench.world("advance 5 s")
            assert weight(bench.terminal) == pytest.approx(7, abs=0.005)
            bench.world("place 2 kg")
            bench.world("advance 5 s")


@pytest.mark.parametrize("chip", ["nau7802", "ads1220"])
def test_a_chip_set_up_at_gain_1_is_found_with_its_next_conversion(
    tmp_path: Path, chip: str
) -> None:
    rate_hz = int(soldered.CONVERTERS[chip]["rate_hz"])
    with begin(tmp_path, chip, rate_hz) as bench:
        calibrate(bench)
    with begin(tmp_path, chip, rate_hz, speed="0") as bench:
        bench.world("place 2 kg")
        bench.world("advance 5 s")
        bench.world("fault chip_reset")
        seen = set()
        for _ in range(300):
            bench.world("advance 10 ms")
            reading = bench.terminal.reading()
            seen.add(reading.fault)
            if reading.value is not None:
                assert float(reading.value) == pytest.approx(2, abs=0.005)
        assert {"BAD_FRAME", "NO_DATA"} & seen
        assert weight(bench.terminal) == pytest.approx(2, abs=0.005)


def test_a_calibrated_scale_that_lost_the_chips_calibration_gives_no_weight(
    tmp_path: Path,
) -> None:
    with begin(tmp_path, "nau7802", 80) as bench:
        calibrate(bench)
        bench.load("place 2 kg")
        bench.run_on_board("import os; os.remove('/state/converter.cbor')")
        bench.world("advance 3 s")
        reading = bench.terminal.reading()
        assert (reading.value, reading.fault) == (None, "NO_DATA")


@pytest.mark.parametrize(("chip", "rate_hz"), [("nau7802", 320), ("ads1220", 1000)])
def test_a_record_loses_no_sample(tmp_path: Path, chip: str, rate_hz: int) -> None:
    with begin(tmp_path, chip, rate_hz) as bench:
        calibrate(bench)
    with begin(tmp_path, chip, rate_hz, speed="0") as bench:
        bench.world("place 2 kg")
        bench.world("advance 5 s")
        for _ in range(5):
            before = count(bench)
            bench.world("advance 2 s")
            passed = count(bench).since(before)
            assert abs(passed.made - passed.read) <= 1 and passed.made > 1.95 * rate_hz
            before = count(bench)
            bench.terminal.register()
            passed = count(bench).since(before)
            assert passed.time_ms >= SIGNING_MS
            # A sample may wait to be read before or after; no block is erased.
            assert not passed.gaps + passed.bad + passed.silences + passed.dropped
            assert abs(passed.made - passed.read) <= 1
            assert weight(bench.terminal) == pytest.approx(2, abs=0.005)
            bench.world("advance 1 s")
            assert weight(bench.terminal) == pytest.approx(2, abs=0.005)
