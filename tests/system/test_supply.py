"""W10: a supply that falls in steps of 50 mV: the weight is right or there is none (3.9.3)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from steelyard import boards
from steelyard_wire import codes
from terminal.drivers.supply import Supply
from terminals import Bench, Start

_E = Decimal("0.005")


def ramp(bench: Bench) -> list[tuple[int, str | None]]:
    """(millivolts, what is shown of 5 kg after a second) from 5 V down to 1.8 V and up again."""
    down = list(range(5000, 1799, -50))
    seen = []
    for millivolts in [*down, *reversed(down)]:
        bench.world(f"supply {millivolts} mV")
        bench.world("advance 1 s")
        seen.append((millivolts, bench.terminal.reading().value))
    return seen


@pytest.fixture
def held(start: Start) -> Bench:
    """Calibrated, with 5 kg on it; time is held."""
    bench = start("calibrated", speed="0")
    bench.world("place 5 kg")
    bench.world("advance 4 s")
    return bench


def test_W10_low_supply_blanks_before_the_weight_is_wrong(held: Bench) -> None:
    seen = ramp(held)
    least = boards.load("virtual").supply["min_mv"]
    for millivolts, value in seen:
        if value is not None:
            assert abs(Decimal(value) - 5) <= _E, millivolts
        # 2 % beside the limit it may be either: down to it, and up from a little more.
        if millivolts < least * 0.98:
            assert value is None, millivolts
        if millivolts > least * 1.04 and millivolts < 4900:
            assert value is not None, millivolts
    assert held.terminal.status()["alarm"] == "-"
    assert int(held.terminal.faults()["NO_DATA"]) == 0


def test_W10_while_it_is_low_nothing_is_registered_and_it_alarms(held: Bench) -> None:
    held.world("supply 2.5 V")
    held.world("advance 2 s")
    reading = held.terminal.reading()
    assert reading.value is None and "BROWN_OUT" in reading.flags
    assert held.refused("REGISTER") == held.refused("ZERO") == codes.CHECK_FAILED
    assert held.terminal.status()["alarm"] == "SUPPLY"
    held.world("supply 5 V")
    held.world("advance 200 ms")
    # What was sampled meanwhile is in no mean.
    assert held.terminal.reading().value is None
    held.world("advance 3 s")
    assert held.terminal.reading().value == "5.000"


def test_W10_a_board_that_does_not_look_shows_a_wrong_weight(bench: Bench) -> None:
    bench.before_main("import board\nboard.SUPPLY = None\n")
    bench.world("speed 0")
    bench.world("place 5 kg")
    bench.world("advance 4 s")
    shown = [Decimal(value) for _, value in ramp(bench) if value is not None]
    assert max(abs(value - 5) for value in shown) > 10 * _E


class Adc:
    """A processor's converter with a supply behind a divider."""

    def __init__(self, permille: int) -> None:
        self.millivolts = 0
        self._permille = permille

    def read_u16(self) -> int:
        """0 to 65535 for 0 to 3.3 V at the pin."""
        return min(65535, self.millivolts * 1000 * 65535 // (self._permille * 3300))


@pytest.mark.parametrize("permille", [1000, 3000, 6000])
def test_the_voltage_is_that_of_the_supply(permille: int) -> None:
    adc = Adc(permille)
    supply = Supply(adc, {"permille": permille, "min_mv": 2000})
    for millivolts in range(1000, 3300 * permille // 1000 + 1, 37):
        adc.millivolts = millivolts
        assert abs(supply.millivolts() - millivolts) <= 1 + permille // 1000
    for millivolts, low in ((2010, False), (1990, True), (2030, True), (2050, False)):
        adc.millivolts = millivolts
        assert supply.look() == low, millivolts
