"""The doctor's limits, each on both sides, with traces made by formula; its spectrum and noise.

Owns: signals of known noise, lines, ringing and drift. Refuses: nothing.
Units: counts, hertz, seconds.
"""

from __future__ import annotations

import numpy as np
import pytest
from cells import SHEET_NOISE, ZERO
from steelyard.diagnosis import diagnose
from steelyard.facts import sheet_noise
from steelyard.findings import Facts
from steelyard.spectrum import alias_hz, spectrum_of
from steelyard.trace import Trace, make
from steelyard_wire import codes


def signal(
    seconds: float = 10.0, noise: float = 40.0, rate: float = 80.0, seed: int = 7
) -> np.ndarray:
    """White noise around the zero of a calibrated scale."""
    drawn = np.random.default_rng(seed).standard_normal(round(seconds * rate))
    return ZERO + noise * (drawn - drawn.mean()) / drawn.std()


def traced(counts: np.ndarray, rate: float = 80.0) -> Trace:
    times = np.floor(np.arange(len(counts)) * 1000 / rate)
    return make(np.round(counts), np.zeros(len(counts)), times)


FACTS = Facts(nominal_hz=80, sheet_noise=40.0, zero=ZERO, span=2_000_000, e=1000.0)
SECONDS = np.arange(800) / 80


def sine(
    hertz: float, amplitude: float, damping: float = 0.0, seconds: np.ndarray = SECONDS
) -> np.ndarray:
    decay = np.exp(-2 * np.pi * hertz * damping * seconds)
    return amplitude * decay * np.sin(2 * np.pi * hertz * seconds + 0.7)


LIMITS = [
    # what is within the limit, what is beyond it, the finding
    (signal(noise=0.90 * 240), signal(noise=1.10 * 240), "noisy"),
    (signal(noise=1.20 * 16), signal(noise=0.80 * 16), "quiet"),
    (signal() + sine(30.0, 230), signal() + sine(30.0, 270), "mains_pickup"),
    (signal() + sine(20.0, 230), signal() + sine(20.0, 270), "mains_pickup"),  # 100 Hz
    (signal() + sine(13.0, 230), signal() + sine(13.0, 270), "floor_vibration"),
    (signal() + 45 * SECONDS, signal() + 55 * SECONDS, "drifting"),
    (signal() + 19_000, signal() + 21_000, "overloaded_cell"),
    (signal() - 19_000, signal() - 21_000, "overloaded_cell"),
    (-signal() + 45_000, -signal() + 35_000, "swapped_pair"),
    (signal() + sine(9.0, 50_000, 0.22), signal() + sine(9.0, 50_000, 0.19), "platform_ringing"),
    (signal() - ZERO + 4400, signal() - ZERO + 4000, "shorted_input"),
]


@pytest.mark.parametrize(("within", "beyond", "name"), LIMITS, ids=[row[2] for row in LIMITS])
def test_a_limit_is_where_the_page_says(within: np.ndarray, beyond: np.ndarray, name: str) -> None:
    assert name not in diagnose(traced(within), FACTS).ids
    assert diagnose(traced(beyond), FACTS).ids == [name]


@pytest.mark.parametrize(
    ("ratio", "ids"), [(0.76, []), (0.74, ["rate_jumper"]), (1.24, []), (1.26, ["rate_jumper"])]
)
def test_a_clock_may_be_a_fifth_off(ratio: float, ids: list[str]) -> None:
    assert diagnose(traced(signal(rate=80 * ratio), 80 * ratio), FACTS).ids == ids


def test_known_noise_has_narrower_limits() -> None:
    facts = Facts(nominal_hz=80, sheet_noise=40.0, noise=60.0)
    for times, ids in ((2.7, []), (3.3, ["noisy"]), (0.55, []), (0.45, ["quiet"])):
        assert diagnose(traced(signal(noise=times * 60)), facts).ids == ids


def test_a_single_word_is_a_glitch_and_a_hundredth_of_them_saturation() -> None:
    counts = signal()
    for number, ids in ((8, ["glitches"]), (9, ["saturated_high"])):
        faults = np.zeros(800, dtype=int)
        at = np.arange(number) * 90 + 20
        faults[at] = codes.FAULT_OVERLOAD
        words = np.round(counts)
        words[at] = 0x7FFFFF
        assert diagnose(make(words, faults, SECONDS * 1000), FACTS).ids == ids


@pytest.mark.parametrize(
    ("size", "ids"), [(200, []), (-700, ["glitches"]), (0x3FFFFF, ["glitches"])]
)
def test_an_isolated_sample_is_a_glitch_from_some_sigma_on(size: int, ids: list[str]) -> None:
    counts = signal()
    counts[400] += size
    report = diagnose(traced(counts), FACTS)
    assert report.ids == ids
    if ids:
        assert report.findings[0].numbers["number"] == 1
        assert report.findings[0].numbers["largest"] == pytest.approx(abs(size), abs=200)


def test_bursts_are_the_supply_and_no_glitches() -> None:
    chance = np.random.default_rng(3)
    for number, ids in ((1, []), (3, ["noisy_supply"])):
        counts = signal()
        for burst in range(number):
            counts[200 * burst + 100 : 200 * burst + 108] += 800 * chance.standard_normal(8)
        assert [name for name in diagnose(traced(counts), FACTS).ids if name != "glitches"] == ids


def test_an_open_input_wanders_and_is_noisy_both() -> None:
    wander = 400_000 * np.sin(2 * np.pi * SECONDS / 30)
    assert diagnose(traced(signal(noise=500) + wander), FACTS).ids == ["open_bridge"]
    assert "open_bridge" not in diagnose(traced(signal(noise=250) + wander), FACTS).ids
    assert "open_bridge" not in diagnose(traced(signal(noise=500) + 0.1 * wander), FACTS).ids


# --- the numbers in a finding --------------------------------------------------------------------


@pytest.mark.parametrize("rate", [77.6, 80.0, 82.4, 93.0])
@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_mains_is_found_where_the_measured_rate_puts_it(mains: float, rate: float) -> None:
    seconds = np.arange(round(10 * rate)) / rate
    counts = signal(noise=40, rate=rate)[: len(seconds)] + 2000 * np.sin(
        2 * np.pi * mains * seconds
    )
    facts = Facts(nominal_hz=80, sheet_noise=40.0, mains_hz=mains)
    (found,) = diagnose(traced(counts, rate), facts).findings
    assert found.id == "mains_pickup"
    assert found.numbers["seen_hz"] == pytest.approx(rate - mains, abs=0.05)
    assert found.numbers["counts"] == pytest.approx(2000, rel=0.05)


def test_an_alias_is_the_distance_from_the_next_multiple_of_the_rate() -> None:
    for hertz, rate, seen in (
        (50, 80, 30),
        (60, 80, 20),
        (50, 10, 0),
        (50, 11.65, 3.4),
        (30, 80, 30),
    ):
        assert alias_hz(hertz, rate) == pytest.approx(seen)


def test_the_noise_of_a_spectrum_is_blind_to_lines_drift_and_steps_of_the_mean() -> None:
    counts = signal(noise=100, seconds=40) + np.arange(3200) * 5.0
    counts += sine(7.0, 3000, seconds=np.arange(3200) / 80)
    spectrum = spectrum_of(counts, 80.0)
    assert spectrum is not None and spectrum.white == pytest.approx(100, rel=0.06)
    assert spectrum.lines[0].hertz == pytest.approx(7.0, abs=0.01)
    assert spectrum.lines[0].amplitude == pytest.approx(3000, rel=0.03)
    assert spectrum_of(counts[:31], 80.0) is None


def test_chance_makes_no_line() -> None:
    for seed in range(300):
        found = spectrum_of(signal(seed=seed), 80.0)
        assert found is not None and found.lines == ()


def test_a_converters_own_noise_is_that_of_its_sheet() -> None:
    for rate, counts in SHEET_NOISE.items():
        assert sheet_noise("hx711", rate, 128) == pytest.approx(counts)
    # signal.md section 3: 0.33 uV at 330, full scale is the whole reference.
    assert sheet_noise("ads1220", 330, 128) == pytest.approx(0.33e-6 * 128 * 2**23 / 5)
    assert sheet_noise("hx711", math_mean(10, 80), 128) == pytest.approx(
        math_mean(*SHEET_NOISE.values())
    )
    assert sheet_noise("abacus", 80, 128) == 0.0


def math_mean(a: float, b: float) -> float:
    """The geometric one."""
    return float(np.sqrt(a * b))
