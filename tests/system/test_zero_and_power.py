"""Zero on a virtual terminal: what the power does to it, and nothing else."""

from __future__ import annotations

from steelyard_wire import codes
from terminals import Bench


def _power(bench: Bench) -> None:
    bench.world("cut power")
    bench.world("advance 2 s")
    bench.world("restore power")
    bench.terminal.wait_until_ready()
    bench.world("advance 3 s")


def test_a_zero_that_was_set_outlives_power_cuts_resets_and_changes(bench: Bench) -> None:
    bench.load("place 0.2 kg")
    bench.terminal.zero()
    bench.load("place 1.2 kg")
    assert bench.terminal.reading().value == "1.000"
    _power(bench)
    bench.terminal.wait_stable()
    assert bench.terminal.reading().value == "1.000"
    bench.terminal.reset()
    bench.terminal.wait_until_ready()
    bench.terminal.wait_stable()
    assert bench.terminal.reading().value == "1.000"
    bench.terminal.set_parameter("motion_ms", "500")
    bench.terminal.wait_stable()
    assert bench.terminal.reading().value == "1.000"


def test_Z2_the_power_makes_a_zero_of_what_is_allowed(bench: Bench) -> None:
    bench.terminal.set_parameter("initial_zero", "195")
    bench.load("place 2.85 kg")  # 19 % of 15 kg
    assert bench.terminal.reading().value == "2.850"
    _power(bench)
    bench.terminal.wait_stable()
    assert bench.terminal.reading().value == "0.000"
    # A restart of the program is no power: what was put on meanwhile is weight.
    bench.load("place 3.85 kg")
    bench.terminal.reset()
    bench.terminal.wait_until_ready()
    bench.terminal.wait_stable()
    assert bench.terminal.reading().value == "1.000"


def test_Z2_the_power_makes_no_zero_of_more(bench: Bench) -> None:
    bench.terminal.set_parameter("initial_zero", "195")
    bench.load("place 3.15 kg")  # 21 %
    before = bench.terminal.reading().n
    _power(bench)
    reading = bench.terminal.reading()
    assert reading.value is None and "NO_ZERO" in reading.flags
    for command in ("REGISTER", "ZERO", "TARE"):
        assert bench.refused(command) == codes.ZERO_RANGE
    assert bench.terminal.reading().n == before + 1  # the start
    bench.load("remove")
    assert bench.terminal.reading().value == "0.000"
