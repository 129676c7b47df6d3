"""CONVERTER on the service line: self-test, temperature and recalibration, chip by chip.

Figures: ADS1220 data sheet (SBAS501): its sensor gives 1/32 degree, so 640 at the world's 20
degrees. NAU7802: 109 mV at 25 degrees and 0.36 mV per degree; full scale is half of the 3.0 V of
its regulator at gain 2: 107.2 mV / 750 mV * 2**23, less an offset of its own, 1 % of a cell.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from steelyard.errors import DeviceRefused
from steelyard_wire import codes
from terminals import Start
from test_bus_converters import begin, calibrate, weight

RAW = {"nau7802": (1199011, 43000), "ads1220": (640, 0)}


def test_an_hx711_has_no_sensor_and_tests_its_frames(start: Start) -> None:
    bench = start("calibrated")
    terminal = bench.terminal
    assert terminal.ask_converter("TEST") == {"fault": "NONE"}
    assert terminal.ask_converter("TEMPERATURE") == {"raw": "-"}
    with pytest.raises(DeviceRefused) as refused:
        terminal.ask_converter("RECALIBRATE")
    said = "the terminal refused: this chip keeps no calibration of its own [3 ARGUMENT]"
    assert refused.value.sentence == said
    assert bench.refused("CONVERTER", "DANCE") == codes.ARGUMENT
    bench.world("advance 2 s")
    bench.load("place 2 kg")
    assert weight(terminal) == pytest.approx(2, abs=0.005)
    bench.world("fault dout_high")
    bench.world("advance 1 s")
    assert terminal.ask_converter("TEST")["fault"] in ("NO_DATA", "BAD_FRAME")


@pytest.mark.parametrize("chip", ["nau7802", "ads1220"])
def test_a_chip_with_a_sensor(tmp_path: Path, chip: str) -> None:
    with begin(tmp_path, chip, 80 if chip == "nau7802" else 90) as bench:
        terminal = bench.terminal
        bench.world("advance 3 s")
        assert terminal.ask_converter("TEST") == {"fault": "NONE"}
        raw, tolerance = RAW[chip]
        assert int(terminal.ask_converter("TEMPERATURE")["raw"]) == pytest.approx(
            raw, abs=tolerance
        )
        if chip == "nau7802":
            assert terminal.ask_converter("RECALIBRATE") == {"fault": "NONE"}
        calibrate(bench)
        assert bench.refused("CONVERTER", "RECALIBRATE") == codes.ARGUMENT
        bench.load("place 5 kg")
        assert weight(terminal) == pytest.approx(5, abs=0.005)
