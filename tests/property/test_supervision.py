"""The guard on signals that it has not seen: the benchmark's load events and real recordings.

Owns: what a healthy signal is, and which samples of the recordings are glitches; both come from
SOURCE.md, from a detector that may look ahead (tests/truth.py) or from statistics of the rows.
Refuses: nothing.
Units: converter counts, rows.

The commissioned noise is measured as the host's `commission` does: the mean magnitude of the
second difference at rest, over 1.954.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from steelyard_wire import codes
from terminal.weighing.guard import HOLD, Guard

DATA = Path(__file__).resolve().parents[1] / "data"
sys.path.insert(0, str(DATA / "benchmark"))
POT = "cambridge-coffee-pot-hx711"
_COUNTS_PER_E = 400
_LOAD_AT = 160  # the sample at which a benchmark trial is loaded


def noise_of(rows: np.ndarray) -> float:
    """Standard deviation of a sample by its second differences; now and then a hand is allowed."""
    bends = np.abs(np.diff(rows.astype(float), 2))
    return float(np.median(bends)) / (0.6745 * 6**0.5)


def run(rows: np.ndarray, noise: float, rate_hz: float) -> tuple[list[int], list[int], set[int]]:
    """(rows taken for glitches, rows at which any fault was shown, the faults)."""
    guard = Guard(round(noise * 10), round(rate_hz * 1000))
    glitches: list[int] = []
    shown = []
    faults = set()
    for row, counts in enumerate(rows):
        before = guard.counts[codes.FAULT_JUMP]
        guard.judge(int(counts), codes.FAULT_NONE)
        if guard.counts[codes.FAULT_JUMP] != before:
            glitches += range(row - guard.late, row)
        if guard.fault:
            shown.append(row)
            faults.add(guard.fault)
    return glitches, shown, faults


def swing() -> np.ndarray:
    """Six converters of the swing, 10 rows a second: (1324, 6)."""
    with (DATA / "cie324-swing-hx711" / "LoadCellCalibrationData.txt").open() as file:
        return np.array([[int(float(word)) for word in row[10:16]] for row in csv.reader(file)])


def pot(name: str) -> np.ndarray:
    """Four converters of the coffee pot: (rows, 4)."""
    with (DATA / POT / f"{name}.csv").open(newline="") as file:
        return np.array([[int(row[f"raw{k}"]) for k in range(4)] for row in csv.DictReader(file)])


def climbing(name: str) -> np.ndarray:
    """The force sensor of the climbers, means of bins."""
    with (DATA / "boa-climbing-hx711" / name).open(newline="") as file:
        return np.array([round(float(row[1])) for row in list(csv.reader(file))[1:]])


def at_rest(rows: np.ndarray, noise: float) -> np.ndarray:
    """Whether the ten rows before and after a row span less than 12 sigma; may look ahead."""
    return np.array([np.ptp(rows[max(0, k - 10) : k + 11]) < 12 * noise for k in range(len(rows))])


# SOURCE.md of the recording; rows from 0, converters from 1.
SLIPS = {1: [73, 440, 731, 1052], 2: [8, 94, 338, 1041], 4: [472, 614], 5: [481, 514]}


def test_the_twelve_bit_slips_of_the_swing_and_nothing_else() -> None:
    columns = swing().T
    assert columns.shape == (6, 1324)
    for number, rows in enumerate(columns, 1):
        glitches, _, faults = run(rows, noise_of(rows), 10)
        assert glitches == SLIPS.get(number, []), number
        assert faults <= {codes.FAULT_JUMP}


def test_the_words_of_the_bit_slips_anywhere_in_a_quiet_signal() -> None:
    # F11: the true value shifted right by one or two bits with a leading one, as in the swing.
    rng = np.random.default_rng(11)
    slipped = 0
    for level in range(-8000000, 8000001, 250000):
        rows = np.rint(level + 40 * rng.standard_normal(240)).astype(int)
        for shift in (1, 2):
            torn = rows.copy()
            word = (int(rows[200]) & 0xFFFFFF) >> shift | 0xFFFFFF & ~(0xFFFFFF >> shift)
            torn[200] = word - 0x1000000 if word & 0x800000 else word
            if abs(int(torn[200]) - level) < 600:
                continue  # near -1 the slipped word is the word
            glitches, shown, _ = run(torn, 40, 80)
            assert glitches == [200] and shown == [201], (level, shift)
            slipped += 1
    assert slipped > 120


def load_events(trials: int, first_seed: int, **model: float) -> Iterator[np.ndarray]:
    import load_model

    for seed in range(first_seed, first_seed + trials):
        _, rows, _, _ = load_model.trial(seed, **model)
        yield np.rint(rows * _COUNTS_PER_E).astype(int)


def _faults(events: Iterator[np.ndarray]) -> list[tuple[int, set[int]]]:
    found = []
    for number, rows in enumerate(events):
        bends = np.abs(np.diff(rows[:_LOAD_AT].astype(float), 2))
        _, shown, faults = run(rows, float(np.mean(bends)) / 1.954, 80)
        if shown:
            found.append((number, faults))
    return found


def test_a_thousand_load_events_raise_no_fault() -> None:
    assert _faults(load_events(1000, 20000)) == []


@pytest.mark.parametrize(
    "model",
    [
        {"ring_hz": (3.0, 5.0), "damping": (0.015, 0.03), "dur_s": 20.0},
        {"ring_hz": (15.0, 25.0)},
        {"white_e": 0.02, "mains_e": 0.0, "vibration_e": 0.0},
        {"size_e": 10.0},
    ],
    ids=["soft", "hard", "silent", "small"],
)
def test_other_platforms_raise_none_either(model: dict[str, float]) -> None:
    assert _faults(load_events(100, 30000, **model)) == []


def test_a_fault_in_a_load_event_is_seen() -> None:
    def spoilt() -> Iterator[np.ndarray]:
        for number, rows in enumerate(load_events(20, 20000)):
            rows[100 + number] += 5000
            yield rows

    assert [number for number, _ in _faults(spoilt())] == list(range(20))


@pytest.mark.parametrize(("name", "rate_hz"), [("finalRecording.csv", 10), ("drop1.csv", 80)])
def test_the_climbers_at_rest_raise_no_fault(name: str, rate_hz: int) -> None:
    rows = climbing(name)
    noise = noise_of(rows)
    rest = at_rest(rows, noise)
    assert rest.sum() > 6000
    _, shown, _ = run(rows, noise, rate_hz)
    assert [row for row in shown if rest[row]] == []


def test_a_sample_that_is_held_is_rare_at_rest() -> None:
    # It costs the stable flag for a sample: 6 sigma from two neighbours, by chance once in days.
    rng = np.random.default_rng(6)
    rows = np.rint(100000 + 40 * rng.standard_normal(400000)).astype(int)
    guard = Guard(400, 80000)
    held = sum(guard.judge(int(counts), 0) == HOLD for counts in rows)
    assert held <= 2
    assert guard.counts == [0] * len(codes.FAULTS)


@pytest.mark.parametrize(
    ("name", "rate_hz", "found", "missed"),
    [
        # While the pot is put on and its pump is pressed, four samples a second tell little: 12
        # of the 43 are not told from the hand, and are averaged while the load moves.
        ("2019-11-15_full_to_empty", 4, 31, 12),
        ("2019-11-18_readings", 10, 95, 1),
    ],
)
def test_the_glitches_of_the_coffee_pot(name: str, rate_hz: int, found: int, missed: int) -> None:
    # The truth is a list by a detector that may look ahead and across channels (tests/truth.py).
    truth = json.loads((DATA / POT / "glitches.json").read_text())[f"{name}.csv"]
    columns = pot(name).T
    hits, misses = 0, 0
    for number, rows in enumerate(columns):
        entry = truth[f"raw{number}"]
        glitches = {row for row, *_ in entry["glitches"]}
        doubtful = {row[0] if isinstance(row, list) else row for row in entry["doubtful"]}
        mine, shown, faults = run(rows, noise_of(rows), rate_hz)
        assert set(mine) <= glitches | doubtful, number  # nothing else is taken for one
        assert faults <= {codes.FAULT_JUMP}
        hits += len(glitches & set(mine))
        misses += len(glitches - set(mine))
        # After 48 samples at rest every one is found that is further off than 12 sigma.
        rest = [range(first, end) for first, end in entry["rest"]]
        loud = [row for row, _, sigmas, _ in entry["glitches"] if sigmas > 12]
        quiet = [row for row in loud if any(row - 48 in part and row in part for part in rest)]
        assert set(quiet) <= set(mine), number
    assert hits >= found and hits + misses == found + missed
