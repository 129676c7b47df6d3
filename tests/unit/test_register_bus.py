"""The drivers on a bus against their chip models: words, faults at the bus, calibration kept.

Figures: NAU7802 (Nuvoton, revision 1.7), ADS1220 (TI SBAS501), signal.md 1 (F01, F02, F23).
"""

from check import raises
from simulation.bench.build import builder, make_bench
from steelyard_wire.codes import (
    FAULT_BAD_FRAME,
    FAULT_GAP,
    FAULT_NO_DATA,
    FAULT_NONE,
    FAULT_OVERLOAD,
    FAULT_SETTLING,
)

CHIPS = ("nau7802", "ads1220")
WEIGHT = 1234567
# Factory values: offset 0, gain 1.0 in units of 2**-23.
PLAIN = bytes((0, 0, 0, 0x00, 0x80, 0, 0))


def bench(chip, words=(WEIGHT,), kept=PLAIN, **more):
    """A bench that weighs; a NAU7802 has had its calibration kept."""
    board = make_bench(chip, words, **more)
    if chip == "nau7802" and kept is not None:
        board.driver.keep(lambda: board.driver.calibration()[:2] + kept, None)
    return board


def good(found):
    return [counts for counts, _, fault in found if fault == FAULT_NONE]


def faults(found):
    return [fault for _, _, fault in found]


def test_words_arrive_as_signed_numbers():
    words = [0, 1, -1, 5, -5, 0x7FFFFE, -0x7FFFFF, 0x400000, -0x400000, 0x555555, -0x555556]
    for chip in CHIPS:
        board = bench(chip, [0])
        board.run(1000)
        board.words = words + [7]
        board.taken = 0
        counts = good(board.run(300))
        start = counts.index(1) - 1
        assert counts[start : start + len(words)] == words, chip


def test_every_rate_reads_every_conversion_and_measures_it():
    for chip in CHIPS:
        for rate in builder(chip).RATES:
            board = bench(chip, rate_hz=rate, capacity=1024)
            board.run(100 + 10000 // rate)
            before = (board.chip.conversions, board.driver.frames)
            found = board.run(3000)
            assert set(faults(found)) == {FAULT_NONE}, (chip, rate)
            made = board.chip.conversions - before[0]
            assert abs(made - 3 * rate) <= rate // 20 + 1, (chip, rate)
            assert abs(board.driver.frames - before[1] - made) <= 1, (chip, rate)
            # Conversion times of the ADS1220 are up to 1.4 % longer than the nominal ones.
            assert abs(board.driver.rate_mhz - rate * 1000) <= rate * 14 + 20, (chip, rate)
            assert board.driver.resets == 0 and board.driver.silences == 0


def test_gains_and_channels_are_those_of_the_board_file():
    for chip in CHIPS:
        for gain in (1, 2, 4, 8, 16, 32, 64, 128):
            board = bench(chip, [lambda chosen: chosen * 1000], gain=gain)
            counts = good(board.run(800))
            assert counts and set(counts) == {gain * 1000}, (chip, gain)
        board = bench(chip, channel=2)  # shorted in the models
        assert set(good(board.run(800))) == {0}, chip
        raises(ValueError, lambda chip=chip: make_bench(chip, (0,), gain=3))
        raises(ValueError, lambda chip=chip: make_bench(chip, (0,), gain=256))
    raises(KeyError, lambda: make_bench("nau7802", (0,), rate_hz=50))
    raises(ValueError, lambda: make_bench("ads1220", (0,), rate_hz=80))


def test_a_bus_that_does_not_answer_is_silence_within_three_periods_and_recovers():
    for chip in CHIPS:
        for from_boot in (True, False):
            for name, value in (("nack", True), ("sda_low", True), ("forced", 1), ("forced", 0)):
                board = bench(chip)
                if not hasattr(board.wires.lines, name):
                    continue
                if not from_boot:
                    assert good(board.run(1000))
                normal = getattr(board.wires.lines, name)
                setattr(board.wires.lines, name, value)
                case = (chip, from_boot, name, value)
                found = board.run(38)
                while from_boot is False and good(found):
                    found.pop(0)  # those before the first conversion that met the fault
                assert FAULT_NO_DATA in faults(found), case
                more = board.run(1000)
                assert set(faults(more)) == {FAULT_NO_DATA}, case
                assert board.driver.silences == 1, case
                setattr(board.wires.lines, name, normal)
                back = [row for row in board.run(1500) if row[2] != FAULT_NO_DATA]
                settle = board.driver._first
                assert faults(back)[:settle] == [FAULT_SETTLING] * settle, case
                assert set(good(back)) == {WEIGHT}, case


def test_a_chip_at_gain_1_never_gives_a_number():
    # F23; "one popular driver then reports a steady -1500.00"
    for chip in CHIPS:
        for rate in builder(chip).RATES:
            for how in ("reset_chip", "reinitialise_chip"):
                board = bench(chip, [lambda gain: gain * 1000], rate_hz=rate, capacity=1024)
                board.run(80 + 10000 // rate)
                getattr(board.wires, how)()
                found = board.run(120 + 12000 // rate)
                assert set(good(found)) == {128000}, (chip, rate, how)
                assert {FAULT_BAD_FRAME, FAULT_NO_DATA} & set(faults(found)), (chip, rate, how)
                assert board.driver.resets >= 1
                assert board.chip.gain == 128


def test_any_bit_of_the_registers_that_flips_is_found_with_the_next_conversion():
    seen = {"nau7802": range(10), "ads1220": range(4)}
    for chip in CHIPS:
        for register in seen[chip]:
            for bit in range(8):
                if (chip, register) == ("nau7802", 0) and bit in (0, 3, 5):
                    continue  # RR clears all; PUR and CR are the chip's own
                if (chip, register, bit) == ("ads1220", 3, 0):
                    continue  # reserved, always zero
                board = bench(chip)
                board.run(200)
                before = board.driver.bad_frames + board.driver.silences
                board.chip.registers[register] ^= 1 << bit
                found = board.run(30)
                assert board.driver.bad_frames + board.driver.silences > before, (register, bit)
                # Nothing after the flip: the rows before it are the conversion that was read.
                assert len(good(found)) <= 0, (chip, register, bit)
                assert set(good(board.run(250))) == {WEIGHT}


def test_drdy_stuck_is_no_number_and_recovers():
    for chip in CHIPS:
        for level in (0, 1):
            board = bench(chip)
            board.run(1000)
            board.wires.forced = level
            found = board.run(60)
            assert {FAULT_NO_DATA, FAULT_BAD_FRAME} & set(faults(found)[-1:]), (chip, level)
            assert not good(board.run(1000)), (chip, level)
            board.wires.forced = -1
            assert set(good(board.run(1500)[-20:])) == {WEIGHT}, (chip, level)


def test_spi_bits_that_flip_on_the_wire_are_found():
    # The word is read twice and the registers once, behind a byte that nobody needs.
    for bit in range(13 * 8):
        board = bench("ads1220")
        board.run(60)
        board.wires.lines.flip = 1 + bit
        found = board.run(70)
        assert set(good(found)) == {WEIGHT}, bit


def test_full_scale_is_a_fault_not_a_number():
    for chip in CHIPS:
        board = bench(chip, [100])
        board.run(1000)
        board.words = [0x7FFFFF, 200]
        board.taken = 0
        found = board.run(200)
        assert FAULT_OVERLOAD in faults(found)
        assert set(good(found)) <= {100, 200}


def test_power_down_and_wake():
    for chip in CHIPS:
        board = bench(chip)
        board.run(1000)
        board.driver.power_down()
        made = board.chip.conversions
        assert not board.run(500)
        assert board.chip.conversions == made, chip
        board.driver.wake()
        found = board.run(1000)
        settle = board.driver._first
        assert faults(found)[:settle] == [FAULT_SETTLING] * settle
        assert set(good(found)) == {WEIGHT}


def test_temperature_and_the_weight_after_it():
    for chip in CHIPS:
        board = bench(chip)
        board.run(1000)
        board.chip.temperature_mc = 35000
        code = board.driver.temperature()
        if chip == "ads1220":
            assert code == 35 * 32
        else:
            # 112.6 mV at gain 2; full scale is half of 5 V
            assert abs(code - 0.1126 * 2 / 2.5 * 2**23) < 4
        found = []
        board.take(found)
        found += board.run(1000)
        assert set(good(found)) == {WEIGHT}, chip
        assert FAULT_SETTLING in faults(found)
        board.chip.powered = False
        assert board.driver.temperature() is None


def test_self_test_knows_a_silent_chip_a_wrong_zero_and_an_open_bridge():
    for chip in CHIPS:
        board = bench(chip, [1000])
        board.run(1000)
        assert board.driver.self_test() == 0, chip
        board.chip.bridge_ohm = 0
        assert board.driver.self_test() == FAULT_OVERLOAD, chip
        board.chip.bridge_ohm = 350
        board.chip._offset = 90000  # more than 1 % of full scale
        assert board.driver.self_test() == FAULT_BAD_FRAME, chip
        board.chip.powered = False
        assert board.driver.self_test() in (FAULT_NO_DATA, FAULT_BAD_FRAME), chip


def test_a_pause_of_the_processor_is_a_gap_and_the_next_sample_is_fresh():
    for chip in CHIPS:
        board = bench(chip, [100])
        board.run(3000)
        board.words = [777]
        board.away(100)
        found = board.run(200)
        assert found[0][2] == FAULT_GAP and found[0][0] == 777, chip
        assert set(good(found)) == {777}


def test_the_rate_is_right_after_a_start_with_pauses():
    # A processor that boots is away again and again, for some hundred conversions.
    for chip, rate in (("nau7802", 320), ("ads1220", 1000)):
        board = bench(chip, rate_hz=rate, capacity=1024)
        for _ in range(60):
            board.run(1)
            board.away(16)
        found = board.run(4500)
        assert abs(board.driver.rate_mhz - rate * 1000) <= rate * 14, (chip, board.driver.rate_mhz)
        assert set(faults(found[-300:])) == {FAULT_NONE}


def test_a_rate_that_rises_at_run_time_is_measured():
    board = bench("ads1220", rate_hz=1000, capacity=1024, error_ppm=-500000)
    board.run(2500)
    board.chip._error = 1000000
    board.run(7000)
    assert abs(board.driver.rate_mhz - 1000000) <= 14000


def test_no_frame_of_another_input_is_a_weight():
    for chip in CHIPS:
        for rate in (builder(chip).RATES[-1], builder(chip).RATES[0]):
            board = bench(chip, [1000], rate_hz=rate, capacity=1024)
            board.run(1500)
            found = []
            board.take(found)
            for ask in (board.driver.temperature, board.driver.self_test):
                ask()
                board.take(found)
                found += board.run(1000)
            assert set(good(found)) == {1000}, (chip, rate)
