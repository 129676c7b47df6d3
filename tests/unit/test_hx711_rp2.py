"""The HX711 driver of rp2 on the bench: its assembled words run in a model of the state machine.

Figures: signal.md 1 and 2, flash of the Pico (45 ms for an erase, interrupts off).
"""

from simulation.bench.build import make_bench
from steelyard_wire.codes import FAULT_BAD_FRAME, FAULT_GAP, FAULT_NONE

# Encoded by hand from the RP2040 data sheet, 3.4, for 25 pulses: opcode 15-13, side 12, delay
# 11-8, operands 7-0.
WORDS = [
    0b111_0_0000_001_11000,  # set x, 24       side 0
    0b001_0_0000_0_01_00000,  # wait 0 pin 0   side 0
    0b101_1_0001_010_00_010,  # mov y, y       side 1 [1]
    0b010_0_0000_000_00001,  # in pins, 1      side 0
    0b000_0_0000_010_00010,  # jmp x--, 2      side 0
    0b100_0_0000_0_0_1_00000,  # push block    side 0
    0b110_0_0000_0_0_0_10000,  # irq 0 rel     side 0
]


def _settled(words, **more):
    board = make_bench("hx711_rp2", words, **more)
    board.run(600)
    assert {fault for _, _, fault in board.run(400)} == {FAULT_NONE}
    return board


def test_the_program_is_assembled_as_the_data_sheet_says():
    make_bench("hx711_rp2")
    from terminal.drivers.hx711_rp2 import program

    for pulses in (25, 26, 27):
        found = program(pulses)
        assert found.words == [WORDS[0] + pulses - 25] + WORDS[1:]
        assert (found.wrap_target, found.wrap) == (0, 6)


def test_an_erase_of_flash_loses_no_sample():
    board = _settled([77])
    for phase_us in range(0, 12500, 900):
        board.take([])
        made, before = board.taken, board.driver.frames
        board.sleep_us(phase_us)
        board.away(45)
        found = board.run(105)
        assert board.driver.frames - before == board.taken - made, phase_us
        assert {(counts, fault) for counts, _, fault in found} == {(77, FAULT_NONE)}, phase_us
        stamps = [ticks for _, ticks, _ in found]
        assert stamps == sorted(stamps)


def test_what_waited_and_is_another_weight_is_a_gap():
    board = _settled([100000])
    board.words = [200000]
    board.away(45)
    found = board.run(300)
    assert FAULT_GAP in [fault for _, _, fault in found]
    assert found[-1][0] == 200000 and found[-1][2] == FAULT_NONE


def test_a_full_queue_is_too_old():
    board = _settled([100])
    board.take([])
    board.words = [100] * 9 + [100000]
    board.taken = 0
    board.away(3000)
    found = board.run(500)
    good = [counts for counts, _, fault in found if fault == FAULT_NONE]
    assert set(good) == {100000}, found[:12]


def test_gains_choose_their_channel():
    for gain in (128, 64, 32):
        board = _settled([lambda chosen: chosen * 1000], gain=gain)
        found = board.run(100)
        assert {counts for counts, _, _ in found} == {gain * 1000}


def test_a_line_that_is_stuck_low_is_no_number():
    board = _settled([5])
    board.take([])
    board.wires.forced = 0
    found = board.run(300)
    assert {fault for _, _, fault in found} == {FAULT_BAD_FRAME}
    board.wires.forced = -1
    found = board.run(500)
    assert found[-1][2] == FAULT_NONE and found[-1][0] == 5
