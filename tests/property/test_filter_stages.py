"""Each stage of the filters against numpy, and the plans at any rate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from terminal.weighing.config import Config
from terminal.weighing.plan import Plan, samples, sine, zeros
from terminal.weighing.stages import MOST_BOX, ONE, Box, Fir, Growing

VALUES = st.lists(st.integers(-(1 << 25), 1 << 25), min_size=1, max_size=80)


@given(VALUES, st.integers(1, MOST_BOX))
def test_a_box_is_the_rounded_mean(values: list[int], length: int) -> None:
    box = Box(length)
    padded = np.concatenate([np.zeros(length - 1), values])
    wanted = np.convolve(padded, np.ones(length) / length, "valid")
    got = [box.push(value) for value in values]
    assert np.abs(np.array(got) - wanted).max() <= 0.5 + 1e-6


@given(
    st.lists(st.integers(-(1 << 20), 1 << 20), min_size=1, max_size=60),
    st.sampled_from([1, 2, 3, 5]),
    st.floats(4.0, 14.0),
)
def test_a_fir_is_the_weighted_sum(values: list[int], spacing: int, hertz: float) -> None:
    if not 0.15 <= hertz * spacing / 80 <= 0.5:
        return
    weights = zeros([int(hertz * 1000)], 50, spacing, 80000)
    fir = Fir(weights, spacing)
    spread = np.zeros(2 * spacing + 1)
    spread[::spacing] = np.array(weights) / ONE
    spread[spacing] += 1 - spread.sum()  # a constant passes whatever the rounding of the weights
    wanted = np.convolve(np.concatenate([np.zeros(2 * spacing), values]), spread, "valid")
    got = [fir.push(value) for value in values]
    assert np.abs(np.array(got) - wanted).max() <= 0.51


@given(VALUES, st.data())
def test_a_stage_that_is_passed_by_forgets_nothing(values: list[int], data: st.DataObject) -> None:
    for make in (lambda: Fir([1000, 2000, 1096], 3), lambda: Box(5)):
        one, other = make(), make()
        for value in values:
            wanted = one.push(value)
            if data.draw(st.booleans()):
                other.pass_by(value)
            else:
                assert other.push(value) == wanted


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=300), st.integers(1, 80))
def test_a_growing_mean_is_1_over_k(values: list[int], most: int) -> None:
    growing = Growing(1 << 20, most)
    wanted = 0.0
    for at, value in enumerate(values):
        wanted += (value - wanted) / min(at + 1, most)
        growing.push(value)
        assert abs(growing.value - wanted) <= 3


def test_a_growing_mean_begins_anew_after_two_departures() -> None:
    growing = Growing(100, 80)
    for _ in range(100):
        growing.push(1000)
    growing.push(5000)
    assert growing.value == 1000 + 4000 // 80
    growing.push(1000)
    growing.push(5000)
    growing.push(5000)
    assert growing.value == 5000 and growing.k == 1


def test_the_sine_is_as_right_as_it_says() -> None:
    # All of them: the worst, 2.2 units, is met too seldom by chance.
    for turn in range(1 << 16):
        assert abs(sine(turn) - 16384 * math.sin(2 * math.pi * turn / 65536)) < 2.3, turn


@pytest.mark.parametrize("damping", [10, 55, 120])
@pytest.mark.parametrize("hertz", [4.0, 7.0, 10.0, 14.0])
def test_zeros_stop_a_damped_ringing(hertz: float, damping: int) -> None:
    spacing = round(80 / hertz / 5)
    weights = np.array(zeros([int(hertz * 1000)], damping, spacing, 80000)) / ONE
    t = np.arange(0, 2, 1 / 80)
    w = 2 * np.pi * hertz
    ratio = damping / 1000
    ring = np.exp(-ratio * w * t) * np.cos(w * np.sqrt(1 - ratio**2) * t)
    spread = np.zeros(2 * spacing + 1)
    spread[::spacing] = weights
    assert np.abs(np.convolve(ring, spread, "valid")).max() < 0.005


def test_the_mains_null_follows_the_measured_rate() -> None:
    # N of 6 to 10 that minimises |50 N / f - integer|, from signal.md section 2.
    for rate_mhz in range(68000, 93000, 500):
        got = samples(1000, rate_mhz, 50)
        near = round(rate_mhz / 10000)
        off = {
            n: abs(50000 * n / rate_mhz - round(50000 * n / rate_mhz))
            for n in range(near * 3 // 4, near * 5 // 4 + 1)
        }
        assert off[got] <= min(off.values()) + 1 / 16
    assert samples(1000, 80000, 50) == 8


@example(30000, 1, 1, 0, 0)  # a mHz: its cosine is one
@example(85195, 1, 12786, 0, 491)  # weights that would sum up to 70
@example(1936301, 1, 10493, 12582, 122)  # 81
@given(
    st.integers(5000, 2000000),
    st.integers(0, 5),
    st.integers(0, 100000),
    st.integers(0, 100000),
    st.integers(0, 500),
)
def test_any_plan_keeps_within_what_the_stages_bear(
    rate_mhz: int, profile: int, ring: int, at_max: int, damping: int
) -> None:
    config = Config.from_map({5: profile, 9: ring, 10: at_max, 11: damping})
    for which in {profile, 0}:
        plan = Plan(config, which, rate_mhz)
        assert 1 <= plan.decimate <= 32
        assert all(1 <= length <= MOST_BOX for length in [plan.tap, *plan.boxes])
        for weights in [*plan.tracked, *([plan.fir[0]] if plan.fir else [])]:
            assert abs(sum(weights) - ONE) <= 4
            # stages.Fir: 4096 * 60 * 4096 stays below 2**30
            assert sum(abs(weight) for weight in weights) < 60 * ONE
            assert sum(weight for weight in weights if weight > 0) * 4095 < 1 << 30
