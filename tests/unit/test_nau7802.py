"""The NAU7802's own: its calibration kept, I2C that breaks anywhere, a life without DRDY.

Figures: Nuvoton data sheet 'NAU7802', revision 1.7; I2C-bus specification UM10204.
"""

from check import raises
from simulation.bench.build import make_bench
from steelyard_wire.codes import FAULT_BAD_FRAME, FAULT_NO_DATA, FAULT_NONE, FAULT_SETTLING

WEIGHT = 1234567
# Factory values: offset 0, gain 1.0 in units of 2**-23.
PLAIN = bytes((0, 0, 0, 0x00, 0x80, 0, 0))


def bench(words=(WEIGHT,), **more):
    """A bench that weighs with the factory's calibration."""
    board = make_bench("nau7802", words, **more)
    board.driver.keep(lambda: board.driver.calibration()[:2] + PLAIN, None)
    return board


def good(found):
    return [counts for counts, _, fault in found if fault == FAULT_NONE]


def faults(found):
    return [fault for _, _, fault in found]


def test_a_transfer_that_breaks_at_any_byte_is_no_number():
    for after in range(10):
        board = bench()
        board.run(1000)
        board.wires.lines.nack_after = after
        found = board.run(100)
        # What came before, and a word whose end was read (all ones) must not be taken.
        assert set(good(found)) <= {WEIGHT}, after
        assert FAULT_NONE not in faults(found)[2:], after
        board.wires.lines.nack_after = -1
        assert set(good(board.run(1000))) == {WEIGHT}, after


def test_other_registers_are_looked_at_every_second():
    for register, bit in ((0x11, 1), (0x15, 4), (0x1B, 4), (0x1C, 7)):
        board = bench()
        board.run(1000)
        board.chip.registers[register] ^= 1 << bit
        found = board.run(1100)
        assert FAULT_BAD_FRAME in faults(found), register
        assert set(good(board.run(1000))) == {WEIGHT}, register


def test_a_word_that_a_conversion_tears_is_read_again():
    for late_us in range(11900, 12600, 20):
        board = bench([0x111111])
        board.run(1000)
        board.words = [0x222222, 0x333333, 0x444444]
        board.taken = 0
        # From the next conversion on the processor is away for almost a period.
        state = board.disable_irq()
        board.spend(board.chip.next_us - board.now_us + late_us)
        board.enable_irq(state)
        found = board.run(200)
        counts = {counts for counts, _, _ in found}
        assert counts <= {0x111111, 0x222222, 0x333333, 0x444444}, late_us
        assert 0x444444 in good(found), late_us


def test_no_conversion_is_lost_when_the_other_registers_are_looked_at():
    # Once a second a task looks; here with a conversion that ends at any moment of it.
    for before_us in range(0, 700, 20):
        board = bench(rate_hz=320)
        board.run(300)
        board.spend(board.chip.next_us - board.now_us - before_us)
        board.driver._audited = board.driver.frames - 320 & 0x1FFFFFFF
        read, missed = board.driver.frames, board.chip.missed
        board.driver.poll()
        assert board.driver._audited == read
        assert set(faults(board.run(50))) == {FAULT_NONE}, before_us
        assert board.driver.gaps == 0 and board.chip.missed == missed


def test_a_bit_that_flips_on_the_wire_is_found():
    # In the word, which is read twice, or in the ten registers behind it.
    for bit in range(80):
        board = bench()
        board.run(200)
        board.wires.lines.flip = 1 + bit
        assert set(good(board.run(250))) == {WEIGHT}, bit
        assert board.wires.lines.flip == 0


def test_a_chip_that_holds_sda_is_clocked_free():
    board = bench()
    board.run(1000)
    board.wires.lines.held = 9
    found = board.run(1000)
    assert FAULT_NO_DATA in faults(found)
    assert good(found)[-1] == WEIGHT
    assert board.wires.lines.held == 0


def test_a_calibration_is_kept_and_put_back_after_every_reset():
    kept = []
    board = make_bench("nau7802", [WEIGHT])
    board.driver.keep(lambda: kept[-1] if kept else None, kept.append)
    first = set(good(board.run(2000)))
    assert len(first) == 1 and len(kept) == 1 and board.chip.calibrations == 1
    # Another offset than the factory's: the model calibrates to something else each time.
    assert first != {WEIGHT}
    board.wires.reset_chip()
    assert set(good(board.run(2000))) == first
    again = make_bench("nau7802", [WEIGHT])
    again.chip._chance = 4711
    again.driver.keep(lambda: kept[-1], kept.append)
    assert set(good(again.run(2000))) == first
    assert len(kept) == 1 and board.chip.calibrations == 1 and again.chip.calibrations == 0
    # On command only, and then it is another one.
    again.driver.recalibrate()
    found = [row for row in again.run(2000) if row[2] == FAULT_NONE]
    assert again.chip.calibrations == 1 and len(kept) == 2
    assert found[-1][0] != WEIGHT and {found[-1][0]} != first


def test_a_calibration_for_other_settings_is_not_taken():
    kept = [bytes((0x80, 0x00)) + PLAIN]
    board = make_bench("nau7802", [WEIGHT])
    board.driver.keep(lambda: kept[-1], kept.append)
    board.run(2000)
    assert board.chip.calibrations == 1 and len(kept) == 2


def test_a_store_that_fails_gives_no_number():
    def broken():
        raise OSError

    board = make_bench("nau7802", [WEIGHT])
    board.driver.keep(broken, None)
    found = board.run(3000)
    assert set(faults(found)) == {FAULT_NO_DATA} and board.chip.calibrations == 0


def test_a_calibration_that_cannot_be_kept_gives_no_number():
    def full(data):
        raise OSError

    board = make_bench("nau7802", [WEIGHT])
    board.driver.keep(lambda: None, full)
    assert not good(board.run(3000))
    board.driver.keep(lambda: None, lambda data: None)
    assert good(board.run(3000))


def test_without_drdy_ten_a_second_are_polled():
    board = bench(drdy=None, rate_hz=10)
    found = board.run(10000)
    assert set(good(found)) == {WEIGHT} and len(good(found)) > 80
    assert set(faults(found)) == {FAULT_SETTLING, FAULT_NONE}
    board.wires.lines.nack = True
    assert FAULT_NO_DATA in faults(board.run(300))
    raises(ValueError, lambda: make_bench("nau7802", (0,), drdy=None, rate_hz=80))
    raises(ValueError, lambda: make_bench("ads1220", (0,), drdy=None))
