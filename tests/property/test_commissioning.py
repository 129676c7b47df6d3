"""Commissioning against platforms of known springs: frequency, damping, noise, rate, a profile.

The referee is the formula of a mass on a spring, f0 / sqrt(1 + load / mass), and the numbers that
were given to the simulated cell (firmware/simulation/ringing.py).
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from cells import E_KG, PER_KG, SHEET_NOISE, ZERO, Scale
from steelyard.commissioning import Commissioned, Unfit, commission, signature, transient
from steelyard.replay import PROFILES
from steelyard.ringing import fit_ring
from steelyard.trace import Trace
from steelyard.weighing_vm import two_points

E = E_KG * PER_KG
MAX_KG, MASS_KG = 15.0, 20.0
CALIBRATION = two_points(1, ZERO, ZERO + round(10 * PER_KG), 10000, (-3, 1))
CONFIG = {"max": 15000, "e": 5}


def traces(scale: Scale, kg: float) -> tuple[Trace, Trace]:
    """A load put on after four seconds, and taken off again as it is asked for."""
    scale.cell.place(kg, scale.now_us + 4_000_000)
    put_on = scale.trace(12)
    scale.trace(20)
    scale.cell.place(0.0, scale.now_us + 4_000_000)
    return put_on, scale.trace(12)


def commissioned(scale: Scale, kg: float = 6.0) -> Commissioned:
    return commission(*traces(scale, kg), CONFIG, CALIBRATION, E)


def under(ring_hz: float, kg: float) -> float:
    return ring_hz / math.sqrt(1 + kg / MASS_KG)


@pytest.mark.parametrize("damping", [0.03, 0.08])
@pytest.mark.parametrize(
    ("ring_hz", "rate"),
    [(hz, 80) for hz in (3.0, 4.0, 5.0, 7.0, 9.0, 12.0, 15.0)] + [(hz, 10) for hz in (3.0, 4.0)],
)
def test_the_platform_is_found_within_a_few_percent(
    ring_hz: float, rate: int, damping: float
) -> None:
    for seed, kg in ((0, 3.0), (2, 13.0)):
        scale = Scale(seed, rate, clock_error=(seed - 1) / 50, ring_hz=ring_hz, damping=damping)
        found = commissioned(scale, kg)
        # The issue asks for 7 %, because filters are made for that.
        assert found.ring_hz == pytest.approx(ring_hz, rel=0.01)
        assert found.ring_loaded_hz == pytest.approx(under(ring_hz, kg), rel=0.01)
        assert found.ring_max_hz == pytest.approx(under(ring_hz, MAX_KG), rel=0.02)
        assert found.damping == pytest.approx(damping, rel=0.1)
        assert found.load_share == pytest.approx(kg / MAX_KG, rel=0.01)
        assert found.rate_hz == pytest.approx(rate * (1 + (seed - 1) / 50), rel=0.002)


def test_what_a_slow_converter_folds_is_unfolded_by_the_load() -> None:
    # 7 and 6.1 Hz show at 3.0 and 3.9 Hz with 10 samples a second: rising with the load.
    found = commissioned(Scale(1, 10, ring_hz=7.0, damping=0.04))
    assert found.ring_hz == pytest.approx(7.0, rel=0.02)
    assert found.ring_loaded_hz == pytest.approx(under(7.0, 6.0), rel=0.02)
    assert found.damping == pytest.approx(0.04, rel=0.1)


@pytest.mark.parametrize("rate", [10, 80])
def test_a_stiff_platform_does_not_ring(rate: int) -> None:
    for seed in range(5):
        found = commissioned(Scale(seed, rate, ring_hz=60.0, damping=0.5))
        assert (found.ring_hz, found.ring_max_hz, found.damping) == (0.0, 0.0, 0.0)
        assert "ringing" not in found.settling
        assert found.profile == ("stiff" if rate == 80 else "default")
        # R 76 calls no time; signal.md section 2: 0.23 s with a shorter profile.
        assert found.settling[found.profile] is not None


@pytest.mark.parametrize("rate", [10, 80])
def test_the_noise_is_that_of_the_converter(rate: int) -> None:
    # White noise of the sheet and 20 nV of 1/f.
    usual = [commissioned(Scale(seed, rate)).noise for seed in range(6)]
    assert np.mean(usual) == pytest.approx(SHEET_NOISE[rate], rel=0.1)
    assert np.std(usual) < 0.2 * np.mean(usual)
    loud = commissioned(Scale(1, rate, noise_nv=900.0)).noise
    assert loud == pytest.approx(900e-9 / 2.5 * 128 * 2**23, rel=0.2)


def test_the_signature_is_the_deviation_of_white_noise_and_blind_to_the_rest() -> None:
    chance = np.random.default_rng(5)
    noise = 50 * chance.standard_normal(20_000)
    assert signature(noise) == pytest.approx(50, rel=0.02)
    seconds = np.arange(20_000) / 80
    swing = 300 * np.sin(2 * np.pi * 1.0 * seconds) + 100 * seconds
    assert signature(noise + swing) == pytest.approx(50, rel=0.05)
    assert signature(noise[:2]) == 0.0


def test_the_values_are_in_the_order_and_units_of_the_command() -> None:
    took = {"default": None, "vibrating": 0.8876}
    found = Commissioned(
        "vibrating", 9.0004, 8.1, 7.12, 0.0512, 38.66, 21.3, 81.634, 0.4, 0.0, took
    )
    assert found.values == (PROFILES.index("vibrating"), 9000, 7120, 51, 387, 213, 81634, 888)
    silent = Commissioned("default", 0.0, 0.0, 0.0, 0.9, 0.01, 0.0, 80.0, 0.4, 0.0, took)
    # Noise of 0 would mean: not known. A filter that did not settle promises nothing.
    assert silent.values == (0, 0, 0, 500, 1, 0, 80000, 0)


def test_the_profile_is_the_one_that_settles_first() -> None:
    for ring_hz in (5.0, 12.0, 60.0):
        found = commissioned(Scale(2, 80, ring_hz=ring_hz, damping=0.06 if ring_hz < 20 else 0.5))
        known = {name: time for name, time in found.settling.items() if time is not None}
        assert known[found.profile] <= 0.8 * known["default"] or found.profile == "default"
        assert all(time >= 0.8 * known["default"] for time in known.values()) or (
            known[found.profile] == min(known.values())
        )


@pytest.mark.parametrize(
    ("kg", "words"), [(0.0, "no load change"), (1.0, "7% of Max: take a heavier one")]
)
def test_a_load_that_says_nothing_is_not_taken(kg: float, words: str) -> None:
    with pytest.raises(Unfit, match=words):
        commissioned(Scale(1, 80), kg)


def test_no_change_is_told_wherever_the_noise_looks_like_one() -> None:
    for rate in (10, 80):
        for seed in range(30):
            with pytest.raises(Unfit, match="no load change was seen"):
                transient(Scale(seed, rate).trace(8))


def test_a_change_at_the_wrong_time_is_not_taken() -> None:
    for at_s in (0.5, 11.0):
        scale = Scale(1, 80)
        scale.cell.place(6.0, round(at_s * 1e6))
        with pytest.raises(Unfit, match="in the middle of the time"):
            transient(scale.trace(12))
    put_on, take_off = traces(Scale(1, 80), 6.0)
    with pytest.raises(Unfit, match="not the one that was taken off"):
        commission(take_off, put_on, CONFIG, CALIBRATION, E)


def test_a_steady_shake_of_the_floor_is_no_ringing() -> None:
    scale = Scale(1, 80, ring_hz=60.0, damping=0.5)
    scale.cell.vibration_kg, scale.cell.vibration_hz = 0.05, 12.0
    found = commissioned(scale)
    assert found.ring_hz == 0.0


def test_a_fit_needs_something_that_rings() -> None:
    chance = np.random.default_rng(1)
    noise = 40 * chance.standard_normal(400)
    assert fit_ring(noise, 80.0, 40.0, 0) is None
    seconds = np.arange(400) / 80
    ring = 5000 * np.exp(-2 * np.pi * 6 * 0.05 * seconds) * np.cos(2 * np.pi * 6 * seconds)
    found = fit_ring(noise + ring + 10 * seconds, 80.0, 40.0, 0)
    assert found is not None
    assert (found.hertz, found.damping) == pytest.approx((6.0, 0.05), rel=0.02)
    assert found.amplitude == pytest.approx(5000, rel=0.05)
    # exp(-2 pi 6 0.05 t) = 1/125 at 2.56 s
    assert found.over_s(40.0) == pytest.approx(math.log(125) / (2 * math.pi * 6 * 0.05), rel=0.05)
    assert fit_ring(noise + ring, 80.0, 40.0, 392) is None
