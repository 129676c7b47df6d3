"""The HX711 driver against the chip model: words, faults at the pins, recovery."""

from simulation.bench.build import make_bench
from simulation.bench.processor import PERIOD, PIN_US
from steelyard_wire.codes import (
    FAULT_BAD_FRAME,
    FAULT_GAP,
    FAULT_NO_DATA,
    FAULT_NONE,
    FAULT_OVERLOAD,
    FAULT_SETTLING,
    FAULT_UNDERLOAD,
)

_SETTLING = 4  # conversions, HX711 data sheet: output settling time


def _bench(words, **options):
    return make_bench("hx711", words, **options)


def _good(found):
    return [counts for counts, _, fault in found if fault == FAULT_NONE]


def _faults(found):
    return [fault for _, _, fault in found]


def test_words_arrive_as_signed_numbers():
    # 24-bit two's complement on the wire; the chip model masks, the driver extends once.
    words = [0, 1, -1, 5, -5, 0x7FFFFE, -0x7FFFFF, 0x400000, -0x400000, 0x555555, -0x555556]
    found = _bench([0] * 5 + words + [7]).run(300)
    counts = _good(found)
    start = counts.index(1) - 1
    assert counts[start : start + len(words)] == words


def test_the_first_four_conversions_are_not_numbers():
    found = _bench([123456]).run(200)
    assert _faults(found)[:_SETTLING] == [FAULT_SETTLING] * _SETTLING
    assert set(_faults(found)[_SETTLING:]) == {FAULT_NONE}
    assert set(_good(found)) == {123456}


def test_full_scale_is_a_fault_not_a_number():
    found = _bench([100] * 8 + [0x7FFFFF, -0x800000, 200]).run(300)
    assert FAULT_OVERLOAD in _faults(found) and FAULT_UNDERLOAD in _faults(found)
    assert set(_good(found)) == {100, 200}


def test_samples_are_stamped_when_they_were_ready():
    found = _bench([1]).run(1000)
    stamps = [ticks for _, ticks, fault in found if fault == FAULT_NONE]
    steps = [b - a for a, b in zip(stamps, stamps[1:])]
    assert len(stamps) > 70 and set(steps) <= {12, 13}  # 80 samples per second


def test_gains_choose_their_channel_and_settle():
    for gain in (128, 64, 32):
        board = _bench([lambda chosen: chosen * 1000], gain=gain)
        counts = _good(board.run(400))
        assert counts and set(counts) == {gain * 1000}, gain
        assert board.chip.gain == gain


def test_interrupts_are_masked_for_a_pulse_and_no_longer():
    board = _bench([1])
    board.run(300)
    assert 0 < board.longest_mask_us <= 2 * PIN_US
    assert board.masked == 0


def test_dout_stuck_high_is_silence_and_recovers_unaided():
    for from_boot in (True, False):
        board = _bench([500])
        if not from_boot:
            assert _good(board.run(300))
        board.wires.forced = 1
        found = board.run(400)
        assert FAULT_NO_DATA in _faults(found) and not _good(found)
        if not from_boot:
            first = [ticks for _, ticks, fault in found if fault == FAULT_NO_DATA][0]
            assert first - 300 <= 3 * 13  # within three periods (signal.md F01)
        board.wires.forced = -1
        found = board.run(400)
        back = [row for row in found if row[2] != FAULT_NO_DATA]
        assert _faults(back)[:_SETTLING] == [FAULT_SETTLING] * _SETTLING
        assert set(_good(found)) == {500}
        assert board.driver.silences == 1


def test_silence_shows_within_three_periods_at_any_phase():
    # 37.5 ms (signal.md F01), however the fault falls between two frames and two polls.
    for tenths in range(0, 125, 4):
        for first_ms in (1, 5, 9):
            board = _bench([500])
            board.run(300)
            board.run(tenths // 10)
            board.sleep_us(tenths % 10 * 100)
            board.wires.forced = 1
            board.run(37, first_ms=first_ms)
            assert board.driver.silences == 1, (tenths, first_ms)


def test_dout_stuck_low_gives_no_number_and_recovers_unaided():
    for from_boot in (True, False):
        board = _bench([500])
        if not from_boot:
            board.run(300)
        board.wires.forced = 0
        found = board.run(400)
        assert not _good(found)
        assert set(_faults(found)) <= {FAULT_BAD_FRAME, FAULT_NO_DATA}
        assert FAULT_BAD_FRAME in _faults(found)
        board.wires.forced = -1
        assert set(_good(board.run(600))) == {500}


def test_a_clock_stretched_at_any_pulse_discards_the_frame():
    for pulse in range(1, 26):
        board = _bench([0x123456])
        board.run(300)
        board.wires.stretch_at = pulse
        board.wires.stretch_us = 100  # over the 60 us of the data sheet
        found = board.run(300)
        assert FAULT_BAD_FRAME in _faults(found), pulse
        after = found[_faults(found).index(FAULT_BAD_FRAME) + 1 :]
        assert _faults(after)[:_SETTLING] == [FAULT_SETTLING] * _SETTLING, pulse
        assert set(_good(found)) == {0x123456}, pulse
        assert board.driver.bad_frames == 1, pulse


def test_a_stall_of_more_than_a_period_inside_a_frame_is_no_number():
    # The word under the frame is replaced: what was shifted is half old, half new.
    for pulse in (2, 9, 24):
        board = _bench([0, 0, 0, 0, 0, 0] + [-1, 0x0F0F0F, 0x333333] * 20)
        board.run(200)
        board.wires.pause_at, board.wires.pause_us = pulse, 14000
        found = board.run(200)
        assert set(_good(found)) <= {0, -1, 0x0F0F0F, 0x333333}, pulse
        assert FAULT_BAD_FRAME in _faults(found), pulse


def test_a_lost_last_clock_shows_at_the_tail():
    board = _bench([0])
    board.run(300)
    board.wires.lose_at = 25  # DOUT stays at the last bit, low, where the 25th pulse lifts it
    found = board.run(300)
    assert FAULT_BAD_FRAME in _faults(found)
    assert set(_good(found)) == {0}


def test_a_pause_of_the_processor_is_a_gap_and_the_next_sample_is_fresh():
    board = _bench([100])
    board.run(300)
    board.words = [777]
    board.away(100)  # interrupts off: a flash erase, for instance
    found = board.run(100)
    assert found[0][0] == 777 and found[0][2] == FAULT_GAP
    assert _good(found) and set(_good(found)) == {777}


def test_an_interrupt_that_was_lost_is_made_up_by_the_task():
    board = _bench([42])
    board.run(1000)
    line = board.net(2)  # DOUT
    for _ in range(10):
        handler, line.handler = line.handler, None
        lost = board.run(13)
        line.handler = handler
        found = lost + board.run(200)
        assert len(found) in (16, 17, 18) and {counts for counts, _, _ in found} == {42}
        # When its conversion ended nobody knows, so it may be the first of a chip that restarted.
        assert len(_good(found)) >= len(found) - 1, found


def test_without_interrupts_there_is_no_number_but_no_silence_either():
    board = _bench([42])
    board.run(1000)
    board.net(2).handler = None
    found = board.run(300)
    assert len(found) >= 14 and FAULT_NO_DATA not in _faults(found)
    assert {counts for counts, _, _ in found} == {42}


def test_a_chip_that_restarts_by_itself_gives_no_sample_until_it_has_settled():
    # A dip of the supply leaves A/128 and four conversions of settling (signal.md F10).
    for gain in (128, 64, 32):
        for tenths in range(0, 120, 31):
            board = _bench([lambda chosen: chosen * 1000], gain=gain)
            board.run(1000)
            board.sleep_us(tenths * 100 + 600)
            board.wires.reset_chip()
            found = board.run(500)
            assert set(_good(found)) == {gain * 1000}, (gain, tenths, found)


def test_the_rate_is_measured_not_assumed():
    # A real module ran at 11.65 samples per second instead of 10 (signal.md F24).
    board = _bench([1], rate_hz=10, error_ppm=165000)
    board.run(5000)
    assert abs(board.driver.rate_mhz - 11650) < 300


def test_a_silence_is_no_slow_rate_and_a_slow_module_is():
    board = _bench([1])
    board.run(2000)
    for silent_ms in (300, 1000, 3000):
        board.wires.forced = 1
        board.run(silent_ms)
        board.wires.forced = -1
        board.run(5000)
        assert abs(board.driver.rate_mhz - 80000) < 400, (silent_ms, board.driver.rate_mhz)
    # Ten a second where the board file says 80 (signal.md F12)
    board = _bench([1], error_ppm=-875000)
    board.run(6000)
    assert abs(board.driver.rate_mhz - 10000) < 100


def test_nothing_happens_when_the_ticks_wrap():
    for start in (PERIOD - 200000, (PERIOD - 200) * 1000):
        found = _bench([9], start_us=start).run(1000)
        assert set(_faults(found)) == {FAULT_SETTLING, FAULT_NONE}
        assert len(_good(found)) > 70


def test_unknown_gain_or_rate_is_refused():
    for gain, rate in ((127, 80), (128, 40)):
        try:
            _bench([0], gain=gain, rate_hz=rate)
        except (ValueError, KeyError):
            continue
        raise AssertionError((gain, rate))
