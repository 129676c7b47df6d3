"""Faults at the two wires of HX711, ADS1232 and CS1237, and what only these chips have.

Figures: the chips' data sheets (see their models), signal.md 1.
"""

import sys

from simulation.bench.build import make_bench
from steelyard_wire.codes import FAULT_BAD_FRAME, FAULT_NO_DATA, FAULT_NOISY, FAULT_NONE

CHIPS = ("hx711", "ads1232", "cs1237")
# Every pulse, and some of them in the VMs, which take long.
STEP = 1 if sys.implementation.name == "cpython" else 8
PULSES = {"hx711": 25, "ads1232": 25, "cs1237": 27}


def _settled(chip, words, **more):
    board = make_bench(chip, words, **more)
    for _ in range(60):
        found = board.run(100)
        if found and found[-1][2] == FAULT_NONE:
            found = board.run(400)
            assert {fault for _, _, fault in found} == {FAULT_NONE}
            return board
    raise AssertionError(chip)


def _good(found):
    return [counts for counts, _, fault in found if fault == FAULT_NONE]


def _faults(found):
    return [fault for _, _, fault in found]


def test_a_clock_stretched_at_any_pulse_discards_the_frame():
    for chip in CHIPS:
        for pulse in range(1, PULSES[chip] + 1, STEP):
            board = _settled(chip, [0x123456])
            board.wires.stretch_at, board.wires.stretch_us = pulse, 150
            found = board.run(1500)
            assert _faults(found).count(FAULT_BAD_FRAME) == 1, (chip, pulse)
            assert set(_good(found)) == {0x123456} and found[-1][2] == FAULT_NONE, (chip, pulse)


def test_an_interrupt_cannot_stretch_the_clock():
    for chip in CHIPS:
        board = _settled(chip, [0x123456])
        board.wires.maskable_at, board.wires.maskable_us = 9, 200
        found = board.run(300)
        assert set(_faults(found)) == {FAULT_NONE}, chip


def test_a_line_that_is_stuck_low_gives_no_number():
    for chip in CHIPS:
        board = _settled(chip, [0])
        board.take([])
        board.wires.forced = 0
        found = board.run(400)
        assert not _good(found) and FAULT_BAD_FRAME in _faults(found), chip
        board.wires.forced = -1
        found = board.run(2500)
        assert set(_good(found)) == {0} and found[-1][2] == FAULT_NONE, chip


def test_a_stall_of_more_than_a_period_inside_a_frame_is_no_number():
    for chip in CHIPS:
        for pulse in (2, 9, 24):
            board = _settled(chip, [0])
            board.words = [-1, 0x0F0F0F, 0x333333] * 40
            board.taken = 0
            board.wires.pause_at = pulse
            board.wires.pause_us = 27000
            found = board.run(500)
            assert set(_good(found)) <= {0, -1, 0x0F0F0F, 0x333333}, (chip, pulse)
            assert FAULT_BAD_FRAME in _faults(found), (chip, pulse)


def test_a_lost_clock_shows_at_the_tail():
    # The level after the last pulse is the last bit: seen if that is 0 (signal.md F08). A CS1237
    # shows it whatever the last bit is: two bits that are 0 come before the one that is 1.
    for chip in CHIPS:
        for word in (0, 0x111110, -2) if chip != "cs1237" else (0, 1, -1, 0x111111, -2):
            for pulse in range(1, 26, STEP):
                board = _settled(chip, [word])
                board.wires.lose_at = pulse
                found = board.run(700)
                assert FAULT_BAD_FRAME in _faults(found), (chip, word, pulse)
                assert set(_good(found)) == {word}, (chip, word, pulse)


def test_an_added_clock_shows_on_a_cs1237():
    for word in (0, 1, -1, 0x111111, -2):
        for pulse in range(1, 26, STEP):
            board = _settled("cs1237", [word])
            board.wires.add_at = pulse
            found = board.run(700)
            assert FAULT_BAD_FRAME in _faults(found), (word, pulse)
            assert set(_good(found)) == {word}, (word, pulse)


def test_a_module_at_another_rate_never_gives_a_weight_and_its_rate_is_told():
    # signal.md F12: 10 samples/s where the board file says 80.
    for chip, more in (("hx711", {}), ("ads1232", {"speed": None})):
        board = make_bench(chip, [5], rate_hz=80, strapped_hz=10, **more)
        found = board.run(9000)
        assert not _good(found) and FAULT_NO_DATA in _faults(found), chip
        assert abs(board.driver.rate_mhz - 10000) < 100, (chip, board.driver.rate_mhz)
        board = make_bench(chip, [5], rate_hz=10, strapped_hz=80, **more)
        board.run(5000)
        assert abs(board.driver.rate_mhz - 80000) < 200, chip


# --- ADS1232 -------------------------------------------------------------------------------------


def test_every_reset_of_an_ads1232_calibrates_its_offset():
    board = _settled("ads1232", [1000])
    assert board.chip.calibrations == 1 and board.chip.offset_now == 0
    board.wires.reset_chip()
    found = board.run(1500)
    assert set(_good(found)) == {1000} and board.chip.calibrations == 2
    board.driver.calibrate()
    assert set(_good(board.run(1500))) == {1000} and board.chip.calibrations == 3


def test_the_pins_of_an_ads1232_are_driven_or_strapped():
    for gain in (1, 2, 64, 128):
        board = _settled("ads1232", [lambda chosen: chosen * 10], gain=gain)
        assert board.chip.gain == gain and board.chip.pins["a0"] == 0
        assert _good(board.run(200))[-1] == gain * 10
    assert _settled("ads1232", [0], channel=2).chip.pins["a0"] == 1
    assert _settled("ads1232", [0], gain0=None, gain1=None, speed=None).chip.gain == 128


def test_the_temperature_of_an_ads1232():
    # 111.7 mV at 25 degrees, 379 uV per degree; +-2.5 V are full scale at gain 1, here it is 2.
    board = _settled("ads1232", [1000])
    for celsius in (25, -10, 60):
        board.chip.temperature_c = celsius
        volts = (111.7 + 0.379 * (celsius - 25)) / 1000
        assert abs(board.driver.temperature() - volts * 2 / 2.5 * 0x800000) < 2
        assert set(_good(board.run(1500))) == {1000}
    assert _settled("ads1232", [1000], temp=None).driver.temperature() is None


# --- CS1237 --------------------------------------------------------------------------------------


def test_the_register_of_a_cs1237_is_written_and_read_back():
    for rate, speed in ((10, 0), (40, 1), (640, 2), (1280, 3)):
        for gain, pga in ((1, 0), (2, 1), (64, 2), (128, 3)):
            board = make_bench("cs1237", [lambda chosen: chosen * 10], rate_hz=rate, gain=gain)
            found = board.run(1500 if rate == 10 else 400)
            assert board.chip.register == speed << 4 | pga << 2
            assert set(_good(found)) == {gain * 10}, (rate, gain)


def test_a_register_that_does_not_take_gives_no_number():
    board = make_bench("cs1237", [1], rate_hz=40, gain=64)
    take = board.chip._fall

    def deaf(now_us):
        take(now_us)
        board.chip.register |= 0x0C  # a gain of 128, whatever was written

    board.chip._fall = deaf
    found = board.run(3000)
    assert not _good(found) and FAULT_BAD_FRAME in _faults(found)


def test_the_temperature_of_a_cs1237_is_proportional_to_kelvins():
    board = _settled("cs1237", [1000])
    board.chip.temperature_c = 20.0
    cold = board.driver.temperature()
    board.chip.temperature_c = 40.0
    warm = board.driver.temperature()
    assert abs(warm / cold - 313.15 / 293.15) < 1e-5
    found = board.run(1000)
    assert set(_good(found)) == {1000} and board.chip.register == 0x1C


def test_the_shorted_input_of_a_cs1237_must_be_near_zero():
    board = _settled("cs1237", [1000])
    assert board.driver.self_test() == FAULT_NONE
    board.chip.short_code = 0x10000
    assert board.driver.self_test() == FAULT_NOISY
    assert set(_good(board.run(1000))) == {1000}
