"""Noise that begins at any moment: before it is NOISY it must not pass for a weight at rest.

Owns: the moments and the seeds. Refuses: nothing. Units: milliseconds of board time, tenths of the
commissioned noise, scale intervals e.

Of rigs that had settled the seeds are those, of the first 400 at 10 samples/s and the first 120 at
20, at which a load was taken to be at rest as soon as eight values in turn were near one another:
up to 0.9 e off.
"""

from __future__ import annotations

import pytest
from simulation.faults.rig import LOAD_G, Noise, settled
from steelyard_wire import codes
from terminal.weighing.guard import Guard

_WINDOWS = 250  # samples: NOISY is judged by windows of 64
_SIGMA = 40  # counts; an HX711 at 80 samples a second has 38.7 (90 nV, signal.md section 3)


@pytest.mark.parametrize(
    ("chip", "tenths", "seeds"),
    [
        ("hx711@10", 200, (140, 159, 185, 225, 337, 397)),
        ("cs1237@10", 200, (185, 225, 337, 359)),
        ("nau7802@20", 200, (23, 92)),
        ("nau7802@20", 500, (69,)),
        ("ads1220@20", 100, (7, 35)),
        ("ads1220@20", 200, (31, 102)),
    ],
)
def test_noise_is_no_weight_while_it_begins(
    chip: str, tenths: int, seeds: tuple[int, ...]
) -> None:
    for seed in seeds:
        rig = settled(chip, seed=seed)
        rig.noise_x10 = tenths
        entries = rig.run(int(rig.period_ms * _WINDOWS))
        assert rig.silent(entries, LOAD_G) == 0, seed


def _restless(tenths: int, seed: int, samples: int, rate_mhz: int) -> tuple[float, int]:
    """(share of samples that are restless, samples until the first) with so much noise."""
    guard = Guard(_SIGMA * 10, rate_mhz)
    noise = Noise(seed)
    for _ in range(200):
        guard.judge(100000 + noise(_SIGMA), codes.FAULT_NONE)
    found = []
    for k in range(samples):
        guard.judge(100000 + noise(_SIGMA * tenths // 10), codes.FAULT_NONE)
        if guard.signature.restless:
            found.append(k)
    return len(found) / samples, found[0] if found else samples


def test_noise_takes_rest_away_long_before_it_is_noisy() -> None:
    for rate_mhz, most in ((10000, 40), (80000, 40), (1280000, 100)):
        for tenths in (100, 200, 500, 5000):
            latest = 0
            for seed in range(1, 41):
                _, first = _restless(tenths, seed, 127, rate_mhz)
                latest = max(latest, first)
            assert latest < most, (rate_mhz, tenths)


def test_as_much_noise_as_commissioned_and_twice_takes_no_rest_away() -> None:
    for rate_mhz in (10000, 80000, 1280000):
        for tenths in (1, 10, 15, 20):
            assert _restless(tenths, 3, 20000, rate_mhz)[0] < 0.001, (rate_mhz, tenths)
