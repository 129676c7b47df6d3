"""F19: whatever begins anew with a load on, nothing takes that load for zero or for a tare.

The converter's recovery is in tests/system/test_fault_table.py; here the terminal as a whole: a
power cut, a reset, an update, a cable that is plugged in, with 2 kg on the platform.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from steelyard.client import Terminal
from terminals import Bench, Start


def _cut_power(bench: Bench) -> None:
    bench.world("cut power")
    bench.world("advance 2 s")
    bench.world("restore power")


def _reset(bench: Bench) -> None:
    bench.terminal.reset()


def _update(bench: Bench) -> None:
    # What an update does at its end: a file is written anew, and the board starts again.
    bench.run_on_board(
        "f = open('/main.py'); s = f.read(); f.close(); f = open('/main.py', 'w');"
        " f.write(s); f.close()"
    )


def _attach(bench: Bench) -> None:
    # The second client at the console takes the place of the first, as a cable plugged in again.
    bench.terminal.close()
    bench.terminal = Terminal(bench.simulator.console)


@pytest.mark.parametrize("happens", [_cut_power, _reset, _update, _attach])
def test_F19_a_load_stays_a_load(start: Start, happens: Callable[[Bench], None]) -> None:
    bench = start("calibrated")
    bench.load("place 2 kg")
    before = bench.terminal.reading()
    assert before.value == "2.000" and before.tare == "0.000"
    happens(bench)
    bench.terminal.wait_until_ready()
    bench.world("advance 3 s")
    bench.terminal.wait_stable()
    after = bench.terminal.reading()
    assert (after.value, after.gross, after.tare) == ("2.000", "2.000", "0.000")
    bench.load("remove")
    assert bench.terminal.reading().value == "0.000"
