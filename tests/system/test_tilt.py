"""W15: a scale that leans: the weight is right or there is none (R 76-1, 3.9.1.1)."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from steelyard import boards
from steelyard_wire import codes, cose, record
from terminal.drivers.tilt import Tilt
from terminals import Bench, Start

_E = Decimal("0.005")
# ADXL335 data sheet, table 1, at 3.3 V.
_ADXL335 = {"uv_level": 1650000, "uv_per_g": 300000, "permille": 15}


def leant(bench: Bench, x: int, y: int) -> Decimal | None:
    """What is shown of the load, two seconds after it leans so."""
    bench.world(f"tilt {x} {y}")
    bench.world("advance 2 s")
    value = bench.terminal.reading().value
    return None if value is None else Decimal(value)


@pytest.fixture
def held(start: Start) -> Bench:
    """Calibrated and level, with 14 kg on it; time is held."""
    bench = start("calibrated", speed="0")
    bench.world("place 14 kg")
    bench.world("advance 4 s")
    return bench


def test_W15_beyond_the_limit_there_is_no_number(held: Bench) -> None:
    limit = boards.load("virtual").tilt["permille"]
    for x, y in [(lean, 0) for lean in range(0, 61, 3)] + [(-40, 30), (0, -50), (8, -8)]:
        shown = leant(held, x, y)
        lean = math.hypot(x, y)
        # 14 kg lose 14 g at 45/1000: the limit is where it is less than one e.
        if shown is not None:
            assert abs(shown - 14) <= _E, (x, y)
        # 12 bits are 2.7/1000.
        if lean > limit + 3:
            assert shown is None, (x, y)
        if lean < 0.8 * limit - 3:
            assert shown is not None, (x, y)


def test_W15_nothing_is_registered_and_it_alarms(held: Bench) -> None:
    before = held.terminal.records().stop
    assert leant(held, 50, 0) is None  # 50/1000, as 3.9.1.1 has it
    assert "TILT" in held.terminal.reading().flags
    assert held.refused("REGISTER") == held.refused("ZERO") == codes.CHECK_FAILED
    assert held.terminal.status()["alarm"] == "TILT"
    held.world("advance 2 s")
    fields = record.decode(cose.split(held.terminal.record(before)).payload)
    assert fields[record.TYP] == record.FAULT and fields[record.DATA] == {1: "TILT", 2: 1}
    assert leant(held, 0, 0) == 14
    held.world("advance 3 s")
    assert held.terminal.status()["alarm"] == "-"


def test_it_counts_from_where_it_was_calibrated(held: Bench) -> None:
    terminal = held.terminal
    held.world("tilt 10 -5")
    held.world("remove")
    held.world("advance 3 s")
    terminal.calibrate("BEGIN")
    terminal.calibrate("ZERO")
    held.world("place 14 kg")
    held.world("advance 3 s")
    terminal.calibrate("SPAN", "14.000", "kg")
    terminal.calibrate("COMMIT", "UNCHECKED")
    held.world("advance 3 s")
    assert leant(held, 20, -5) == 14  # beyond the limit from level, not from there
    assert leant(held, -10, -5) is None


def test_a_board_that_does_not_look_shows_a_wrong_weight(bench: Bench) -> None:
    bench.before_main("import board\nboard.TILT = None\n")
    bench.world("speed 0")
    bench.world("place 14 kg")
    bench.world("advance 4 s")
    shown = leant(bench, 50, 0)
    assert shown is not None and 14 - shown > 3 * _E


class Axis:
    """machine.ADC at a voltage."""

    def __init__(self, microvolts: float) -> None:
        self.microvolts = microvolts

    def read_u16(self) -> int:
        """0 to 65535 for 0 to 3.3 V."""
        return min(65535, round(self.microvolts * 65535 / 3300000))


@pytest.mark.parametrize("permille", [0, 15, -15, 50, 1000, -1000])
def test_the_lean_is_that_of_the_data_sheet(permille: int) -> None:
    found = Tilt(Axis(1650000 + 300 * permille), Axis(1650000), _ADXL335).look()
    assert found is not None and abs(found[0] - permille) <= 1 and abs(found[1]) <= 1


def test_a_wire_that_is_off_is_no_angle() -> None:
    for microvolts in (0, 3300000):
        assert Tilt(Axis(1650000), Axis(microvolts), _ADXL335).look() is None


def test_at_the_edge_it_does_not_flutter() -> None:
    tilt = Tilt(Axis(0), Axis(0), _ADXL335)
    leans = [
        ((15, 0), False),
        ((16, 0), True),
        ((13, 0), True),
        ((12, 0), False),
        ((15, 0), False),
    ]
    for now, over in [*leans, ((9, 12), False), ((10, 12), True)]:
        assert tilt.beyond(now, (0, 0)) is over, now
