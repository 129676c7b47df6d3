"""The doctor: every finding on a faulty scale, none on a healthy one; the page that explains.

Owns: simulated cells (firmware/simulation) and real recordings; test_doctor_limits.py has the
limits.
Refuses: nothing. Units: counts, hertz, seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cells import E_KG, PER_KG, SHEET_NOISE, Scale
from steelyard import measures
from steelyard.diagnosis import diagnose
from steelyard.findings import FINDINGS, Facts, Report
from steelyard.trace import Trace, make
from steelyard_wire import codes

ROOT = Path(__file__).resolve().parents[2]
RATES = (10, 80)
E = E_KG * PER_KG


def examined(scale: Scale, calibrated: bool = True, **known: float) -> Report:
    """The doctor's ten seconds."""
    return diagnose(scale.trace(10), scale.facts(calibrated, **known))


# --- healthy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize("rate", RATES)
def test_fifty_healthy_scales_have_nothing(rate: int, calibrated: bool) -> None:
    for seed in range(50):
        scale = Scale(seed, rate, clock_error=(seed % 7 - 3) / 100)
        scale.trace(1)
        empty = scale.trace(10)
        scale.place(0.5 + seed % 14)
        scale.trace(3)
        report = diagnose(empty, scale.facts(calibrated), scale.trace(5))
        assert report.ids == [], (seed, report.findings)
        assert len(report.checked) == 12 and not [t for t in report.unchecked if "zero" not in t]


@pytest.mark.parametrize("rate", RATES)
def test_a_load_at_rest_is_no_finding(rate: int) -> None:
    for seed, kg in enumerate((0.02, 1.0, 7.5, 14.9)):
        scale = Scale(seed, rate)
        scale.place(kg)
        scale.trace(5)
        assert examined(scale, empty=False).ids == []


def test_a_commissioned_scale_has_its_own_noise_and_ring() -> None:
    scale = Scale(3, 80, noise_nv=500.0)
    usual = float(scale.trace(10).counts.std())
    assert examined(scale, noise=usual).ids == []
    assert examined(scale, noise=usual / 4).ids == ["noisy"]
    ringing = Scale(3, 80, ring_hz=6.0, damping=0.03)
    for known, ids in ((6.0, []), (8.0, ["platform_ringing"])):
        ringing.place(2.0)
        ringing.trace(0.2)
        ringing.place(0.0)
        assert examined(ringing, ring_hz=known, ring_max_hz=known * 0.95).ids == ids


# --- each fault ----------------------------------------------------------------------------------


def _wire(name: str) -> Callable[[Scale], None]:
    return lambda scale: scale.cell.wires.faults.add(name)


def _hum(scale: Scale) -> None:
    scale.cell.wires.mains_v = 5e-6


def _shake(scale: Scale) -> None:
    scale.cell.vibration_kg = 0.005
    scale.cell.vibration_hz = 17.0 if scale.rate_hz == 80 else 3.3


def _supply(scale: Scale) -> None:
    scale.cell.wires.supply = True


def _noise(times: float) -> Callable[[Scale], None]:
    def make_noise(scale: Scale) -> None:
        scale.cell.wires.noise_factor = times

    return make_noise


def _freeze(scale: Scale) -> None:
    scale.cell.frozen = True


def _saturate(sign: int) -> Callable[[Scale], None]:
    def saturate(scale: Scale) -> None:
        scale.cell.saturation = sign

    return saturate


def _tap(scale: Scale) -> None:
    scale.place(5.0)
    scale.trace(0.3)
    scale.place(0.0)


def _warm_up(scale: Scale) -> None:
    scale.cell.temperature_c = 60.0
    scale.cell.fit(type(scale.cell.cell)(thermal_lag_s=30.0, zero_ppm_per_k=100.0))


def _put_on(scale: Scale) -> None:
    scale.cell.place(0.1, scale.now_us + 5_000_000)


FAULTS: list[tuple[str, Callable[[Scale], None], tuple[int, ...]]] = [
    ("open_bridge", _wire("open_bridge"), RATES),
    ("shorted_input", _wire("shorted_input"), RATES),
    ("swapped_pair", _wire("swapped_pair"), RATES),
    ("saturated_high", _saturate(1), RATES),
    ("saturated_low", _saturate(-1), RATES),
    ("frozen", _freeze, RATES),
    ("noisy", _noise(10.0), RATES),
    ("quiet", _noise(0.1), RATES),
    ("noisy_supply", _supply, (80,)),
    ("mains_pickup", _hum, (80,)),
    ("floor_vibration", _shake, RATES),
    ("platform_ringing", _tap, (80,)),
    ("overloaded_cell", lambda scale: scale.cell.overload(True), RATES),
    ("drifting", _warm_up, RATES),
    ("load_moved", _put_on, (10,)),
]


@pytest.mark.parametrize(
    ("name", "plant", "rate"),
    [(name, plant, rate) for name, plant, rates in FAULTS for rate in rates],
    ids=[f"{name}-{rate}" for name, _, rates in FAULTS for rate in rates],
)
def test_a_faulty_scale_has_this_finding_and_no_other(
    name: str, plant: Callable[[Scale], None], rate: int
) -> None:
    for seed in range(10):
        scale = Scale(seed, rate, clock_error=(seed % 5 - 2) / 100)
        scale.trace(1)
        plant(scale)
        # Bursts of the supply come by chance, two seconds apart on average.
        seconds = 30 if name == "noisy_supply" else 10
        report = diagnose(scale.trace(seconds), scale.facts())
        assert report.ids == [name], (seed, report.findings)
        severity, _, advice = FINDINGS[name]
        found = report.findings[0]
        assert (found.severity, found.advice) == (severity, advice)
        assert "{" not in found.sentence and found.numbers


def test_a_load_that_is_put_on_rings_and_has_moved() -> None:
    scale = Scale(1, 80)
    _put_on(scale)
    report = examined(scale)
    assert sorted(report.ids) == ["load_moved", "platform_ringing"]
    moved = next(found for found in report.findings if found.id == "load_moved")
    assert moved.numbers["counts"] == pytest.approx(0.1 * PER_KG, rel=0.01)


@pytest.mark.parametrize("calibrated", [True, False])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(
    ("name", "plant"),
    [
        ("swapped_pair", _wire("swapped_pair")),
        ("noisy_supply", _supply),
        (None, lambda scale: None),
    ],
)
def test_a_load_shows_polarity_and_supply(
    name: str | None, plant: Callable[[Scale], None], rate: int, calibrated: bool
) -> None:
    scale = Scale(2, rate)
    plant(scale)
    empty = scale.trace(10)
    scale.place(8.0)
    scale.trace(3)
    report = diagnose(empty, scale.facts(calibrated), scale.trace(5))
    assert report.ids == ([name] if name else [])


def test_a_load_that_moves_nothing_is_named() -> None:
    scale = Scale(4, 80)
    empty = scale.trace(10)
    assert diagnose(empty, scale.facts(), scale.trace(5)).ids == ["no_response"]


def test_the_jumper_for_the_rate() -> None:
    for rate, nominal in ((10, 80), (80, 10)):
        scale = Scale(1, rate)
        report = diagnose(scale.trace(10), Facts(nominal_hz=nominal))
        assert report.ids == ["rate_jumper"]
        assert report.findings[0].numbers["rate_hz"] == pytest.approx(rate, rel=0.002)


def test_a_dead_converter_and_a_torn_line() -> None:
    silent = make(np.zeros(60), np.full(60, codes.FAULT_NO_DATA), np.arange(60) * 30.0)
    for trace in (silent, make([], [], [])):
        report = diagnose(trace, Facts(nominal_hz=80))
        assert report.ids == ["no_data"] and report.unchecked
    healthy = Scale(1, 80).trace(10)
    faults = healthy.faults.copy()
    faults[300] = codes.FAULT_BAD_FRAME
    torn = make(healthy.counts, faults, healthy.times_ms)
    report = diagnose(torn, Scale().facts())
    assert report.ids == ["disturbed_line"]
    assert report.findings[0].numbers == {"bad_frames": 1, "gaps": 0}


# --- the page ------------------------------------------------------------------------------------


def test_every_finding_has_a_section_and_every_section_a_finding() -> None:
    text = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (\w+)$", text, re.MULTILINE)
    assert sorted(sections) == sorted(FINDINGS)
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        assert "\nFound" in part and "\nDo: " in part, part[:30]
    for target in re.findall(r"\]\(#(\w+)\)", text):
        assert target in FINDINGS


# --- real recordings -----------------------------------------------------------------------------


def still(counts: np.ndarray, rate_hz: float) -> Trace:
    return make(np.round(counts), np.zeros(len(counts)), np.arange(len(counts)) * 1000 / rate_hz)


def test_the_twelve_glitches_of_a_real_recording_and_nothing_else() -> None:
    # SOURCE.md: rows of the bit slips, found by eye.
    known = {
        11: [73, 440, 731, 1052],
        12: [8, 94, 338, 1041],
        13: [],
        14: [472, 614],
        15: [481, 514],
        16: [],
    }
    file = ROOT / "tests/data/cie324-swing-hx711/LoadCellCalibrationData.txt"
    table = np.loadtxt(file, delimiter=",")
    for column, rows in known.items():
        assert measures.glitches(table[:, column - 1]).tolist() == rows, column


def test_real_amplifiers_at_rest_are_healthy_but_for_their_glitches() -> None:
    file = ROOT / "tests/data/cie324-swing-hx711/LoadCellCalibrationData.txt"
    table = np.loadtxt(file, delimiter=",")
    # SOURCE.md: 75 to 110 counts of noise; LC3 to LC6 carry a constant load or none.
    facts = Facts(nominal_hz=10, sheet_noise=SHEET_NOISE[10], noise=90.0)
    for column in (12, 13, 14, 15):
        for row in range(0, 1200, 100):
            trace = still(table[row : row + 100, column], 10.0)
            slipped = {13: (472, 614), 14: (481, 514)}.get(column, ())
            expected = ["glitches"] if any(row <= at < row + 100 for at in slipped) else []
            assert diagnose(trace, facts).ids == expected, (column, row)


def test_a_sensor_that_hangs_still_in_a_gym_is_healthy() -> None:
    # drop1.csv: 120 s of rest before the mass is dropped; 76 to 140 counts of noise.
    file = ROOT / "tests/data/boa-climbing-hx711/drop1.csv"
    counts = np.loadtxt(file, delimiter=",", skiprows=1)[:, 1]
    facts = Facts(nominal_hz=80, sheet_noise=SHEET_NOISE[80])
    for row in range(0, 6400, 800):
        # At row 3200 somebody hangs the mass on: 1100 counts less.
        expected = ["load_moved"] if row == 3200 else []
        assert diagnose(still(counts[row : row + 800], 80.0), facts).ids == expected, row
