"""The PIO program of the HX711 driver on an emulated RP2040.

The words are those that the driver has assembled (tests/unit/test_hx711_rp2.py compares them with
the data sheet's encoding); rp2040js runs them. Figures: HX711 data sheet.
"""

from __future__ import annotations

import pytest
import rp2040
from simulation.bench import pio

CODES = [0, 1, -1, 0x7FFFFF, -0x800000, 0x555555, -0x555556, 0x123456]
PULSES = {128: 25, 32: 26, 64: 27}
CYCLE_US = 0.5


def assembled(pulses: int) -> pio.Program:
    pio.install(None)
    from terminal.drivers.hx711_rp2 import program

    return program(pulses)


@pytest.mark.parametrize("gain", PULSES)
def test_frames_of_each_gain(gain: int) -> None:
    pulses = PULSES[gain]
    program = assembled(pulses)
    wrap = (program.wrap_target, program.wrap)
    found = rp2040.run_pio(program.words, wrap, [*CODES, 0, None])
    tail = (1 << pulses - 24) - 1
    expected = [(code & 0xFFFFFF) << pulses - 24 | tail for code in [*CODES, 0]]
    assert found["found"] == expected and max(expected) < 1 << 30
    # The pulses choose the gain; after the last one the clock rests low.
    assert found["frames"] == [pulses] * len(CODES) and found["clock"] == 0
    assert found["interrupts"] == [1] * len(expected) + [0]
    # 0.2 to 50 us, whatever the processor does: two cycles, of which the emulator, which tells of
    # a pin when an instruction and its delay are over, sees the second.
    assert found["shortest"] == found["longest"] == 1
    assert 0.2 <= 2 * CYCLE_US <= 50


def test_a_line_that_is_stuck_high_gives_nothing() -> None:
    program = assembled(25)
    wrap = (program.wrap_target, program.wrap)
    found = rp2040.run_pio(program.words, wrap, [5, 6, 7], stuck=1)
    assert (found["found"], found["pulses"], found["interrupts"]) == ([], 0, [0, 0, 0])


def test_a_line_that_is_stuck_low_gives_frames_without_a_tail() -> None:
    program = assembled(27)
    wrap = (program.wrap_target, program.wrap)
    found = rp2040.run_pio(program.words, wrap, [5, 6, 7], stuck=0)
    assert found["found"] and set(found["found"]) == {0}


def test_a_full_queue_waits_with_the_clock_low() -> None:
    # The emulator's queue has four words, the driver joins two of them to eight.
    program = assembled(25)
    wrap = (program.wrap_target, program.wrap)
    found = rp2040.run_pio(program.words, wrap, list(range(8)), read=False)
    assert found["queued"] == 4 and found["clock"] == 0
    # The fifth frame was clocked and waits; of the later conversions none was touched.
    assert found["frames"] == [25] * 5 and found["pulses"] == 0
