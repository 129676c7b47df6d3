"""The load cell of the virtual terminal: textbook formulas, and the data sheet's arithmetic."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "firmware" / "simulation"))

from front_end import MAX_CODE, MIN_CODE
from load_cell import Cell, LoadCell, of_class
from ringing import Platform

GRID_S = 1 / 1280


@pytest.mark.parametrize(("ring_hz", "damping"), [(5, 0.03), (9, 0.06), (15, 0.08)])
def test_the_platform_answers_a_step_as_a_second_order_system(
    ring_hz: float, damping: float
) -> None:
    platform = Platform(ring_hz, damping)
    felt = [platform.step(1.0) for _ in range(4000)]
    ringing_hz = ring_hz * math.sqrt(1 - damping**2)
    # First crest: exp(-pi d / sqrt(1 - d^2)) over the load, after half a period.
    crest = max(felt)
    assert crest - 1 == pytest.approx(
        math.exp(-math.pi * damping / math.sqrt(1 - damping**2)), rel=0.002
    )
    assert (felt.index(crest) + 1) * GRID_S == pytest.approx(0.5 / ringing_hz, abs=GRID_S)
    # Each crest is exp(-2 pi d / sqrt(1 - d^2)) of the one before.
    period = round(1 / ringing_hz / GRID_S)
    second = max(felt[period : 2 * period])
    assert (second - 1) / (crest - 1) == pytest.approx(
        math.exp(-2 * math.pi * damping / math.sqrt(1 - damping**2)), rel=0.01
    )
    assert felt[-1] == pytest.approx(1.0, abs=math.exp(-damping * 2 * math.pi * ring_hz * 3))


def _counts(cell: LoadCell, seconds: float, since_s: float = 0.0, gain: int = 128) -> list[int]:
    first, last = round(since_s * 80) + 1, round(seconds * 80)
    return [cell.counts(step * 12500, gain) for step in range(first, last + 1)]


def _quiet(**values: float) -> Cell:
    return of_class("ideal", Cell(noise_nv=0.0, pink_nv=0.0, **values))


def test_counts_are_ratiometric_and_those_of_the_data_sheet() -> None:
    # 2 mV/V at 20 kg, 5 V: 10 mV; full scale at gain 128 is 0.5 * 5 V / 128 = 19.53 mV.
    cell = LoadCell(_quiet(zero_mv_v=0.0), 1)
    assert _counts(cell, 1.0)[-1] == 0
    cell.place(20.0, 1000000)
    full = round(10.0 / (2500 / 128) * (1 << 23))
    assert _counts(cell, 12.0, 1.0)[-1] == pytest.approx(full, abs=2)
    assert cell.counts(12000000, 64) == pytest.approx(full / 2, abs=2)
    assert cell.counts(12000000, 32) == pytest.approx(full / 4, abs=2)


def test_the_load_rings_and_comes_to_rest_at_its_value() -> None:
    cell = LoadCell(_quiet(zero_mv_v=0.0, ring_hz=5, damping=0.03), 7)
    cell.place(10.0, 0)
    seen = _counts(cell, 12.0)
    final = 0.5 * 10.0 / (2500 / 128) * (1 << 23)
    assert max(seen) > final * 1.02  # over-shoots
    assert seen[-1] == pytest.approx(final, rel=1e-5)


def test_a_long_silence_ends_at_rest() -> None:
    cell = LoadCell(_quiet(), 1)
    _counts(cell, 0.1)
    cell.place(3.0, 100000)
    asked_late = cell.counts(3600000000, 128)
    other = LoadCell(_quiet(), 1)
    other.place(3.0, 0)
    assert asked_late == pytest.approx(_counts(other, 30.0)[-1], abs=1)


def test_noise_is_as_large_as_said() -> None:
    cell = LoadCell(Cell(noise_nv=90.0, pink_nv=0.0), 3)
    seen = _counts(cell, 50.0)
    mean = sum(seen) / len(seen)
    sigma = math.sqrt(sum((word - mean) ** 2 for word in seen) / len(seen))
    # 90 nV of 19.53 mV full scale; 4000 samples know sigma to 1.1 %.
    assert sigma == pytest.approx(90e-6 / (2500 / 128) * (1 << 23), rel=0.05)


def test_what_is_too_much_saturates() -> None:
    cell = LoadCell(_quiet(), 1)
    cell.place(50.0, 0)
    assert _counts(cell, 12.0)[-1] == MAX_CODE
    cell.place(-50.0, 12000000)
    assert _counts(cell, 24.0, 12.0)[-1] == MIN_CODE


def test_one_seed_one_world() -> None:
    def day(seed: int) -> list[int]:
        cell = LoadCell(Cell(), seed)
        cell.place(1.0, 0)
        return _counts(cell, 2.0)

    assert day(5) == day(5) != day(6)
