"""The list of glitches in the real recordings: made again, held to what their sources say.

Owns: the numbers of the SOURCE.md files, planted faults, and that the detector's limits stand in a
gap. Refuses: nothing.
Units: rows, counts.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import truth

# SOURCE.md of the swing: rows, 0-based.
SWING = [
    [73, 440, 731, 1052],
    [8, 94, 338, 1041],
    [],
    [472, 614],
    [481, 514],
    [],
]


def rows(finding: truth.Finding) -> list[int]:
    return [mark.row for mark in finding.glitches]


@pytest.mark.parametrize("file", truth.lists(), ids=lambda file: file.parent.name)
def test_the_stored_lists_are_what_the_detector_finds(file: truth.Path) -> None:
    assert file.read_text() == truth.as_text(truth.lists()[file])


def test_the_twelve_glitches_of_the_swing_and_no_other() -> None:
    assert [rows(finding) for finding in truth.judge(truth.swing())] == SWING


def test_as_many_large_glitches_as_the_source_of_the_coffee_pot_counts() -> None:
    found = truth.judge(truth.coffee_pot("2019-11-18_readings.csv"))
    assert sum(abs(mark.error) > 100000 for one in found for mark in one.glitches) == 62


def test_there_is_none_in_the_climbing() -> None:
    for name in truth.CLIMBING:
        (finding,) = truth.judge(truth.climbing(name), means=True)
        assert finding.glitches == []
        assert sum(end - first for first, end in finding.rest) > 60 * 80


@pytest.mark.parametrize("name", truth.COFFEE)
@pytest.mark.parametrize(
    ("limit", "value"),
    [("SURE_SIGMA", 7.0), ("SURE_SIGMA", 16.0), ("MOST_COUNTS", 500000), ("NEAR", 4)],
)
def test_the_limits_stand_in_a_gap(
    name: str, limit: str, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = truth.coffee_pot(name)
    before = [rows(finding) for finding in truth.judge(channels)]
    monkeypatch.setattr(truth, limit, value)
    after = [rows(finding) for finding in truth.judge(channels)]
    apart = sum(len(set(a) ^ set(b)) for a, b in zip(before, after, strict=True))
    # More neighbours make a wider envelope: the smallest torn words go under in it.
    assert apart <= (4 if limit == "NEAR" else 0)


def _torn(word: int, ones: int) -> int:
    """The frame was given up: the rest of the word is read as ones."""
    return word | (1 << ones) - 1


def _slipped(word: int, bits: int) -> int:
    """The word came so many bits late, with ones before it."""
    code = (word & 0xFFFFFF) >> bits | (0xFFFFFF << 24 - bits) & 0xFFFFFF
    return code - (1 << 24) if code & 0x800000 else code


@pytest.mark.parametrize(
    "spoil",
    [lambda word: _torn(word, 15), lambda word: _torn(word, 23), lambda word: _slipped(word, 1),
     lambda word: _slipped(word, 2), lambda word: 0x7FFFFF, lambda word: -0x800000],
)  # fmt: skip
def test_what_is_planted_is_found(spoil: Callable[[int], int]) -> None:
    clean = truth.swing()[5]  # a channel without glitches, at rest
    chance = np.random.default_rng(3)
    planted = sorted(chance.choice(np.arange(5, len(clean) - 5, 9), 40, replace=False).tolist())
    spoiled = clean.copy()
    for row in planted:
        spoiled[row] = spoil(int(clean[row]))
    far = [row for row in planted if abs(int(spoiled[row] - clean[row])) > 1500]
    assert len(far) >= 30
    found = rows(truth.judge([spoiled])[0])
    assert set(far) <= set(found) <= set(planted)


def test_a_knock_that_all_cells_feel_is_none() -> None:
    channels = truth.coffee_pot("2019-11-18_readings.csv")
    before = [rows(finding) for finding in truth.judge(channels)]
    for place, share in enumerate((0.4, 0.2, 0.3, 0.1)):
        channels[place] = channels[place].copy()
        channels[place][2000] += round(50000 * share)
    after = [rows(finding) for finding in truth.judge(channels)]
    assert [sorted(set(b) - set(a)) for a, b in zip(before, after, strict=True)] == [[]] * 4
    alone = truth.coffee_pot("2019-11-18_readings.csv")
    alone[2] = alone[2].copy()
    alone[2][2000] += 15000
    assert 2000 in rows(truth.judge(alone)[2])
