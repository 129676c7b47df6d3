"""Supervision by values: what is held, what is frozen, what is too loud or too quiet.

The noise comes from a generator of its own (sum of twelve uniform numbers, so that it is the same
in every interpreter); limits are computed here from the formulas, not from what the guard says.
"""

from steelyard_wire import codes
from terminal.weighing.guard import ACCEPT, HOLD, REJECT, RESTART, Guard
from terminal.weighing.plan import frozen_run

_SIGMA = 40  # counts; an HX711 at 80 samples a second has 38.7 (90 nV, signal.md section 3)


class Noise:
    """Approximately Gaussian whole numbers, from a linear congruential generator."""

    def __init__(self, seed):
        self._state = seed

    def _uniform(self):
        self._state = (self._state * 1103515245 + 12345) & 0x7FFFFFFF
        return self._state >> 15 & 0xFFFF

    def __call__(self, sigma):
        # The sum of twelve uniform numbers has a variance of 1 (in units of their width).
        total = 0
        for _ in range(12):
            total += self._uniform()
        return (total - 6 * 0xFFFF) * sigma // 0xFFFF


def _quiet(guard, noise, samples, level=100000, sigma=_SIGMA):
    """Feed noise around a level; the faults that were shown."""
    shown = set()
    for _ in range(samples):
        guard.judge(level + noise(sigma), codes.FAULT_NONE)
        if guard.fault:
            shown.add(guard.fault)
    return shown


def _guard(seed=1, noise=_SIGMA * 10, rate_mhz=80000, **more):
    guard = Guard(noise, rate_mhz, **more)
    source = Noise(seed)
    assert _quiet(guard, source, 200) == set()
    return guard, source


def test_a_driver_fault_is_passed_on():
    guard, _ = _guard()
    assert guard.judge(0, codes.FAULT_NO_DATA) == REJECT
    assert guard.fault == codes.FAULT_NO_DATA
    assert guard.judge(0, codes.FAULT_GAP) == RESTART
    assert guard.fault == codes.FAULT_GAP
    assert guard.judge(100000, codes.FAULT_NONE) == ACCEPT
    assert guard.fault == codes.FAULT_NONE


def test_a_glitch_is_held_and_what_came_before_stands_in_its_place():
    guard, noise = _guard()
    guard.judge(100003, 0)
    assert guard.judge(100003 + 8 * _SIGMA * 6, 0) == HOLD
    assert guard.fault == codes.FAULT_NONE and guard.late == 0
    assert guard.judge(100001, 0) == ACCEPT
    assert guard.fault == codes.FAULT_JUMP
    assert (guard.late, guard.first, guard.counts[codes.FAULT_JUMP]) == (1, 100003, 1)
    assert not guard.moved
    assert guard.judge(100002, 0) == ACCEPT
    assert guard.late == 0 and guard.fault == codes.FAULT_NONE


def test_a_load_is_late_by_one_sample_and_whole():
    guard, noise = _guard()
    guard.judge(100000, 0)
    assert guard.judge(500000, 0) == HOLD
    assert guard.judge(500010, 0) == ACCEPT
    assert (guard.late, guard.first, guard.counts[codes.FAULT_JUMP]) == (1, 500000, 0)
    assert guard.moved


def test_two_glitches_in_turn_are_held():
    # Words of a real bus, tests/data/cambridge-coffee-pot-hx711, cell 3 rows 3636 and 3637
    guard, noise = _guard()
    guard.judge(100002, 0)
    assert guard.judge(100000 - 2681368, 0) == HOLD
    assert guard.judge(100000 + 5668270, 0) == HOLD
    assert guard.judge(100004, 0) == ACCEPT
    assert (guard.late, guard.first, guard.second, guard.counts[codes.FAULT_JUMP]) == (
        2,
        100002,
        100002,
        2,
    )


def test_a_load_that_goes_on_rising_is_whole_after_two_samples():
    guard, noise = _guard()
    guard.judge(100000, 0)
    assert guard.judge(110000, 0) == HOLD
    assert guard.judge(140000, 0) == HOLD
    assert guard.judge(190000, 0) == ACCEPT
    assert (guard.late, guard.first, guard.second, guard.counts[codes.FAULT_JUMP]) == (
        2,
        110000,
        140000,
        0,
    )


def test_every_bit_that_flips_is_held_or_small():
    # F11: above 6 sigma it is held, so that nothing of it is averaged.
    for level in (100000, -100000, 0x2AAAAA, -0x555555):
        for bit in range(24):
            guard = Guard(_SIGMA * 10, 80000)
            noise = Noise(bit + 1)
            assert _quiet(guard, noise, 200, level) == set()
            word = (level & 0xFFFFFF) ^ 1 << bit
            flipped = word - 0x1000000 if word & 0x800000 else word
            guard.judge(level, 0)
            verdict = guard.judge(flipped, 0)
            if 1 << bit > 8 * _SIGMA:
                # The margin of two sigma is for the noise of the neighbours.
                assert verdict == HOLD, bit
                guard.judge(level + 1, 0)
                assert guard.late == 1 and guard.first == level, bit
            elif 1 << bit < 3 * _SIGMA:
                assert verdict == ACCEPT, bit


def _healthy_runs(sigma, n):
    """Probability that n samples in turn have the same code: sum of p**n over the codes."""
    import math

    total = 0.0
    reach = int(6 * sigma) + 3
    for code in range(-reach, reach + 1):
        below = math.erf((code - 0.5) / sigma / math.sqrt(2))
        above = math.erf((code + 0.5) / sigma / math.sqrt(2))
        total += ((above - below) / 2) ** n
    return total


def test_four_equal_codes_are_no_sign_of_a_frozen_chip():
    # signal.md F05: every 6 h on an HX711 at 80/s, every 20 min on an ADS1232 at 10/s.
    assert 5.5 < 1 / (80 * _healthy_runs(38.7, 4)) / 3600 < 6.5
    assert 18 < 1 / (10 * _healthy_runs(7.3, 4)) / 60 < 22


def test_the_run_of_a_frozen_chip_comes_once_in_ten_years_from_a_healthy_one():
    ten_years_s = 10 * 365.25 * 86400
    for sigma, rate_hz in (
        (38.7, 80),
        (21.5, 10),
        (7.3, 10),
        (19.0, 80),
        (200.0, 1280),
        (1.0, 80),
    ):
        n = frozen_run(round(sigma * 10), rate_hz * 1000)
        assert rate_hz * ten_years_s * _healthy_runs(sigma, n) < 1, (sigma, n)
        # and not much later than it must be
        assert rate_hz * ten_years_s * _healthy_runs(sigma, n * 9 // 10 - 1) > 1, (sigma, n)
    assert 60 < frozen_run(5, 80000) <= 200  # half a count of noise
    assert frozen_run(1, 80000) == 200
    assert frozen_run(0, 80000) == 16


def test_a_frozen_chip_is_found_and_gone_with_the_first_other_code():
    guard, noise = _guard()
    limit = frozen_run(_SIGMA * 10, 80000)
    assert limit == 7
    guard.judge(100123, 0)
    for k in range(limit - 2):
        assert guard.judge(100123, 0) != REJECT, k
    for _ in range(50):
        assert guard.judge(100123, 0) == REJECT
        assert guard.fault == codes.FAULT_FROZEN
    assert guard.counts[codes.FAULT_FROZEN] == 1
    assert guard.judge(100124, 0) == ACCEPT
    assert guard.fault == codes.FAULT_NONE


def test_zero_and_minus_one_and_both_in_turn_are_data():
    # F16
    guard = Guard(0, 80000)
    for value in (0, -1, 0, -1, 1, -1, 1, 0, 0, 0, -1, -1, -1):
        assert guard.judge(value, 0) == ACCEPT


def _windows_until(fault, factor, seed, most=12):
    guard, noise = _guard(seed)
    for window in range(most):
        for _ in range(64):
            guard.judge(100000 + noise(_SIGMA * factor // 10), 0)
        if guard.fault == fault:
            return window + 1
    return most


def test_five_times_the_noise_is_noisy_and_a_tenth_is_quiet():
    # F14, within four windows of 0.8 s
    for seed in range(1, 21):
        for tenths in (50, 100, 1000, 5000):
            assert _windows_until(codes.FAULT_NOISY, tenths, seed) <= 4, (seed, tenths)
        assert _windows_until(codes.FAULT_QUIET, 1, seed) <= 4, seed


def test_twice_and_half_the_noise_is_neither():
    for seed in range(1, 11):
        for sigma in (_SIGMA * 2, _SIGMA // 2):
            guard, noise = _guard(seed)
            shown = _quiet(guard, noise, 64 * 20, sigma=sigma)
            assert not shown & {codes.FAULT_NOISY, codes.FAULT_QUIET}, (seed, sigma)


def test_what_swings_freely_takes_no_rest_away():
    # Any frequency below and above half the rate, 4000 sigma, fading by 4 % a sample. Within a
    # sixth of half the rate nearly every sample turns, and it may look like noise near its end.
    import math

    for turn in list(range(4, 42, 2)) + list(range(60, 97, 2)):
        guard, noise = _guard(turn)
        for k in range(200):
            swing = int(4000 * _SIGMA * 0.96**k * math.sin(2 * math.pi * turn * k / 100))
            guard.judge(100000 + swing + noise(_SIGMA), 0)
            # It begins at once, which no free swing does.
            assert k < 8 or not guard.signature.restless, (turn, k)


def test_the_bound_of_a_jump_follows_the_noise_and_comes_back():
    guard, noise = _guard()
    _quiet(guard, noise, 64 * 3, sigma=5 * _SIGMA // 2)
    moved = 0
    for _ in range(4000):
        guard.judge(100000 + noise(5 * _SIGMA // 2), 0)
        moved += guard.moved
    assert moved <= 4
    _quiet(guard, noise, 64 * 8)
    guard.judge(100003, 0)
    assert guard.judge(100003 + 8 * _SIGMA, 0) == HOLD


def test_noise_that_ends_is_forgiven():
    guard, noise = _guard()
    _quiet(guard, noise, 64 * 5, sigma=_SIGMA * 10)
    assert guard.fault == codes.FAULT_NOISY and guard.counts[codes.FAULT_NOISY] == 1
    _quiet(guard, noise, 64 * 3)
    assert guard.judge(100000, 0) == ACCEPT and guard.fault == codes.FAULT_NONE


def test_a_swing_is_no_noise_until_it_lasts():
    # 5 Hz at 80 a second, 300 sigma high: a second difference of 46 sigma
    import math

    for unsteady, wanted in ((False, codes.FAULT_NOISY), (True, codes.FAULT_NONE)):
        guard, noise = _guard(unsteady=unsteady)
        for k in range(80 * 30):
            swing = int(300 * _SIGMA * math.sin(2 * math.pi * 5 * k / 80))
            guard.judge(100000 + swing + noise(_SIGMA), 0)
            if k < 80 * 8:
                assert guard.fault == codes.FAULT_NONE, k
        assert guard.fault == wanted


def test_a_rate_that_no_filter_is_planned_for_is_a_fault():
    # F12: a module at 10 a second configured as 80. NO_DATA is then only what it looks like.
    guard, _ = _guard()
    guard.set_rate(10000)
    assert guard.judge(100000, 0) == REJECT and guard.fault == codes.FAULT_RATE
    assert guard.judge(0, codes.FAULT_NO_DATA) == REJECT and guard.fault == codes.FAULT_RATE
    assert guard.judge(0, codes.FAULT_OVERLOAD) == REJECT and guard.fault == codes.FAULT_OVERLOAD
    assert guard.counts[codes.FAULT_RATE] == 1
    for rate_mhz in (64000, 96000, 80000, 0):
        guard.set_rate(rate_mhz)
        guard.judge(100000, 0)
        assert guard.fault == codes.FAULT_NONE, rate_mhz
    guard.set_rate(101000)
    guard.judge(100000, 0)
    assert guard.fault == codes.FAULT_RATE and guard.counts[codes.FAULT_RATE] == 2
