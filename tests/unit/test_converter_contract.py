"""What every converter driver does, whatever its bus: the same tests for all chips of the bench.

Owns: the contract (drivers/converter.py) as behaviour. A chip joins by its builder in
firmware/simulation/bench and its name in build.CHIPS. Refuses: nothing.
Units: counts, milliseconds, hertz.
"""

import sys

from simulation.bench.build import CHIPS, READERS, builder, make, make_bench
from simulation.bench.processor import PERIOD
from steelyard_wire.codes import (
    FAULT_BAD_FRAME,
    FAULT_GAP,
    FAULT_NO_DATA,
    FAULT_NONE,
    FAULT_OVERLOAD,
    FAULT_SETTLING,
    FAULT_UNDERLOAD,
)

DRIVERS = CHIPS + READERS
POLL_MS = 10
# Signed 24 bit: zero, +-1, both ends but the codes of overload, alternating bits.
WORDS = [0, 1, -1, 5, -5, 0x7FF000, -0x7FF000, 0x400000, -0x400000, 0x555555, -0x555556]


def _kinds():
    """Every chip at every rate; in the VMs, which take long, at one that is not the slowest."""
    found = []
    for chip in DRIVERS:
        rates = builder(chip).RATES
        for rate in rates if sys.implementation.name == "cpython" else rates[1:2]:
            found.append((chip, rate))
    return found


def _good(found):
    return [counts for counts, _, fault in found if fault == FAULT_NONE]


def _faults(found):
    return [fault for _, _, fault in found]


def _settled(chip, rate, words, **more):
    """A bench past its start: numbers come, and the period is known by eight of them."""
    board = make_bench(chip, words, rate_hz=rate, **more)
    _until_number(board)
    found = board.run(12000 // rate + 20)
    assert set(_faults(found)) == {FAULT_NONE}, (chip, rate, found[-3:])
    return board


def _until_number(board):
    """What is found until numbers come again, and a few of them."""
    found = []
    for _ in range(250):
        found += board.run(20)
        if found and found[-1][2] == FAULT_NONE:
            return found + board.run(6000 // board.driver.rate_hz + 20)
    raise AssertionError(("no number", found[-5:]))


def test_words_arrive_as_signed_numbers():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [7])
        board.words = WORDS + [7]
        board.taken = 0
        counts = _good(board.run(14 * 1000 // rate + 30))
        start = counts.index(0)
        assert counts[start : start + len(WORDS)] == WORDS, (chip, rate, counts)


def test_nothing_is_a_number_before_the_converter_has_settled():
    for chip, rate in _kinds():
        board = make_bench(chip, [123456], rate_hz=rate)
        found = _until_number(board)
        faults = _faults(found)
        first = faults.index(FAULT_NONE)
        assert first >= 1 and set(faults[:first]) == {FAULT_SETTLING}, (chip, rate, faults)
        assert set(faults[first:]) == {FAULT_NONE} and set(_good(found)) == {123456}


def test_full_scale_is_a_fault_and_not_a_number():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [100])
        board.words = [0x7FFFFF, -0x800000, 200]
        board.taken = 0
        found = board.run(20 * 1000 // rate + 30)
        assert FAULT_OVERLOAD in _faults(found) and FAULT_UNDERLOAD in _faults(found), (chip, rate)
        assert set(_good(found)) <= {100, 200} and found[-1][0] == 200


def test_the_rate_is_measured_not_assumed():
    # signal.md F24: a real module ran 16.5 % fast; F12: 20 % either way.
    for chip, rate in _kinds():
        for error_ppm in (165000, -200000):
            board = make_bench(chip, [1], rate_hz=rate, error_ppm=error_ppm)
            _until_number(board)
            board.run(4200)
            true = 1000000000 // board.chip.period_us
            assert abs(true - rate * (1000 + error_ppm // 1000)) <= true // 50
            assert abs(board.driver.rate_mhz - true) <= true // 500, (chip, rate, error_ppm)
            assert board.driver.gaps == board.driver.bad_frames == board.driver.silences == 0


def test_no_rate_spans_a_silence():
    # It was told as a slow module (RATE) for four seconds after the samples were back.
    for chip in DRIVERS:
        board = _settled(chip, builder(chip).RATES[0], [5])
        true = 1000000000 // board.chip.period_us
        board.run(500)
        board.wires.silent(True)
        board.run(1500)
        board.wires.silent(False)
        for _ in range(45):
            board.run(100)
            assert abs((board.driver.rate_mhz or true) - true) <= true // 50, chip
        assert board.driver.rate_mhz and board.driver.silences == 1, chip


def test_silence_shows_is_counted_once_and_ends_by_itself():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [500])
        start = board.ticks_ms()
        board.take([])
        board.wires.silent(True)
        found = board.run(max(400, 8000 // rate))
        after = [ticks for _, ticks, fault in found if fault == FAULT_NO_DATA]
        # Three periods (signal.md F01), or the first poll after two.
        assert after[0] - start <= max(3000 // rate, 2000 // rate + 2 + POLL_MS), (chip, rate)
        assert not _good(found), (chip, rate)
        board.wires.silent(False)
        found = _until_number(board)
        assert set(_good(found)) == {500} and found[-1][2] == FAULT_NONE, (chip, rate)
        first = _faults(found).index(FAULT_NONE)
        assert FAULT_SETTLING in _faults(found)[:first]
        assert board.driver.silences == 1, (chip, rate, board.driver.silences)


def test_silence_from_the_start_is_no_data():
    for chip, rate in _kinds():
        board = make_bench(chip, [500], rate_hz=rate)
        board.wires.silent(True)
        found = board.run(1000)
        assert set(_faults(found)) == {FAULT_NO_DATA}, (chip, rate)
        board.wires.silent(False)
        found = _until_number(board)
        assert set(_good(found)) == {500}, (chip, rate)


def test_a_broken_frame_is_discarded_and_the_chip_settles_again():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [0x123456])
        board.wires.disturb()
        found = _until_number(board)
        faults = _faults(found)
        assert FAULT_BAD_FRAME in faults, (chip, rate, faults[:8])
        at = faults.index(FAULT_BAD_FRAME)
        back = faults.index(FAULT_NONE, at)
        assert faults[at + 1 : back].count(FAULT_SETTLING) >= 1, (chip, rate, faults)
        assert set(_good(found)) == {0x123456} and faults[-1] == FAULT_NONE
        assert board.driver.bad_frames == 1, (chip, rate)


def test_a_chip_that_restarts_by_itself_gives_no_sample_until_it_has_settled():
    # A dip of the supply; also at a gain that is not the chip's own (signal.md F10).
    for chip in DRIVERS:
        module = builder(chip)
        rate = min(rate for rate in module.RATES if rate >= 40)
        for gain in module.GAINS[-4:]:
            for eighths in range(8):
                board = _settled(chip, rate, [lambda chosen: chosen * 1000], gain=gain)
                board.sleep_us(eighths * 125000 // rate + 600)
                board.wires.reset_chip()
                found = _until_number(board)
                assert set(_good(found)) == {gain * 1000}, (chip, gain, eighths, found[:20])


def test_a_pause_of_the_processor_is_a_gap_and_the_next_sample_is_fresh():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [100])
        for pause_ms in (100, 5000):
            board.take([])
            board.words = [777]
            board.away(max(pause_ms, 3000 // rate))
            found = _until_number(board)
            assert found[0][2] != FAULT_NONE, (chip, rate, found[:3])
            assert set(_good(found)) == {777}, (chip, rate)
            board.words = [100]
            assert board.run(10000 // rate + 20)[-1][0] == 100


def test_power_down_is_quiet_and_wake_settles():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [900])
        board.driver.power_down()
        board.take([])
        assert board.run(300) == [], (chip, rate)
        made = board.taken
        board.run(200)
        assert board.taken == made, (chip, rate)  # the chip sleeps
        board.words = [-900]
        board.driver.wake()
        found = _until_number(board)
        faults = _faults(found)
        first = faults.index(FAULT_NONE)
        assert first >= 1 and set(faults[:first]) == {FAULT_SETTLING}, (chip, rate, faults)
        assert set(_good(found)) == {-900}


def test_the_self_test_passes_and_fails():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [900])
        assert board.driver.self_test() == FAULT_NONE, (chip, rate)
        found = _until_number(board)
        assert set(_good(found)) == {900} and found[-1][2] == FAULT_NONE
        board.wires.silent(True)
        assert board.driver.self_test() == FAULT_NO_DATA, (chip, rate)


def test_the_temperature_channel_is_no_weight():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [900])
        code = board.driver.temperature()
        assert code is None or isinstance(code, int)
        found = _until_number(board)
        assert set(_good(found)) == {900} and found[-1][2] == FAULT_NONE, (chip, rate)
        board.wires.silent(True)
        assert board.driver.temperature() is None


def test_nothing_happens_when_the_ticks_wrap():
    for chip in DRIVERS:
        rate = min(rate for rate in builder(chip).RATES if rate >= 40)
        for start in (PERIOD - 1200000, (PERIOD - 1200) * 1000):
            board = make_bench(chip, [9], rate_hz=rate, start_us=start)
            found = _until_number(board)
            while board.now_us < start + 1300000:
                found += board.run(20)
            faults = _faults(found)
            assert set(faults) == {FAULT_SETTLING, FAULT_NONE}, (chip, start)
            assert set(faults[faults.index(FAULT_NONE) :]) == {FAULT_NONE}


def test_a_lost_sample_is_a_gap():
    for chip, rate in _kinds():
        board = _settled(chip, rate, [42])
        before = board.driver.gaps
        queue = getattr(builder(chip), "QUEUE", 0)  # what waits in it is not lost
        board.away(max(2, (3500 + 1000 * queue) // rate))
        found = board.run(10000 // rate + 20)
        assert FAULT_GAP in _faults(found) and board.driver.gaps == before + 1, (chip, rate)


def test_a_frame_that_was_late_once_casts_no_doubt_on_those_after_it():
    # Late while the period is learned: a wrong one would have every frame seem late, and each that
    # is far from the last good one is then a GAP until the rate has been measured.
    far = [index % 8 * 1000 for index in range(200)]
    for chip, rate in _kinds():
        for eighths in range(8):
            board = make_bench(chip, far, rate_hz=rate)
            while _faults(board.run(1000 // rate + 1)) in ([], [FAULT_NO_DATA]):
                pass
            board.run(eighths * 125 // rate)
            board.away(max(1, 700 // rate))
            board.run(20000 // rate + 50)
            board.away(max(2, 3500 // rate))
            board.run(16000 // rate + 20)  # what may be the settling of a chip that began anew
            found = board.run(16000 // rate + 20)
            assert set(_faults(found)) == {FAULT_NONE}, (chip, rate, eighths, found[:9])


def test_unknown_gain_or_rate_is_refused():
    for chip in DRIVERS:
        board = make_bench(chip)
        for key, value in (("gain", 127), ("rate_hz", 81)):
            keys = dict(builder(chip).DEFAULTS)
            keys[key] = value
            try:
                make(chip)(keys, board, board, board.ring)
            except (ValueError, KeyError):
                continue
            raise AssertionError((chip, key))
