"""The signal that filters are held to, and the scoring: signal.md section 2, re-implemented.

Owns: the model of a load that is put on a ringing platform, seeded, and what settled means.
Refuses: nothing. Units: scale intervals e, seconds, hertz.

The platform is a second-order system under a force held between the steps of 1/(16 * 80) s; its
exact transition replaces scipy's discretisation. tests/system/test_filter_bench.py compares every
trial with the original (tests/data/benchmark).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RATE_HZ = 80.0
LOAD_AT_S = 2.0
_OVER = 16  # the platform is simulated at 16 times the sample rate
_CREEP_S = 15.0
BAND_E = 0.5
_REST_E = 0.25
_REST_SAMPLES = 32
_LOADED_E = 20.0


@dataclass(frozen=True)
class Model:
    """What the trials are drawn from; the defaults are those of the table.

    ring_hz, damping: ranges. rate_error: largest relative error of the converter's clock against
    the mains. rate_hz: samples a second, for other converters than the table's.
    """

    duration_s: float = 8.0
    white_e: float = 0.10
    pink_e: float = 0.03
    mains_e: float = 0.30
    vibration_e: float = 0.15
    ring_hz: tuple[float, float] = (5.0, 15.0)
    damping: tuple[float, float] = (0.03, 0.08)
    rate_error: float = 0.03
    size_e: float | None = None
    rate_hz: float = RATE_HZ


@dataclass(frozen=True)
class Trial:
    """One load: times, what the converter gives, what is true, and what was drawn.

    hint: relative error, at most 7 %, of a ring frequency found by commissioning.
    """

    t: Floats
    x: Floats
    truth: Floats
    size_e: float
    ring_hz: float
    damping: float
    hint: float


@dataclass(frozen=True)
class Score:
    """settle: last time outside half an e; sigma: deviation from 6 s on; stable: when the output
    first spans no more than 0.25 e over 0.4 s (None: never), and its error then."""

    settle_s: float
    sigma_e: float
    stable_s: float | None
    error_e: float | None


def _ringing(force: Floats, hertz: float, damping: float, step_s: float) -> Floats:
    """The platform's answer to a force that is held between steps."""
    w = 2 * math.pi * hertz
    root = math.sqrt(1 - damping * damping)
    decay = math.exp(-damping * w * step_s)
    cosine = math.cos(w * root * step_s)
    sine = math.sin(w * root * step_s) * damping / root
    a1, a2 = 2 * decay * cosine, -decay * decay
    b1 = 1 - decay * (cosine + sine)
    b2 = decay * decay + decay * (sine - cosine)
    answer = np.empty_like(force)
    y1 = y2 = u1 = u2 = 0.0
    for at, u in enumerate(force.tolist()):
        y = b1 * u1 + b2 * u2 + a1 * y1 + a2 * y2
        answer[at] = y
        y2, y1, u2, u1 = y1, y, u1, u
    return answer


def trial(seed: int, model: Model | None = None) -> Trial:
    """The trial of a seed: the order of the draws is the original's."""
    m = model or Model()
    rng = np.random.default_rng(seed)
    n = int(m.duration_s * m.rate_hz)
    t = np.arange(n) / m.rate_hz
    size = m.size_e if m.size_e is not None else rng.uniform(100, 1500)
    ramp = rng.uniform(0.08, 0.20)
    hertz, damping = rng.uniform(*m.ring_hz), rng.uniform(*m.damping)
    fine = np.arange(n * _OVER) / (m.rate_hz * _OVER)
    force = np.clip((fine - LOAD_AT_S) / ramp, 0, 1)
    force = size * force * force * (3 - 2 * force)
    step_s = 1 / (m.rate_hz * _OVER)
    x = _ringing(force, hertz, damping, step_s).reshape(n, _OVER).mean(1)
    loaded = t >= LOAD_AT_S
    creep = rng.choice([-1, 1]) * rng.uniform(0, 0.0002) * size
    truth = np.where(loaded, size, 0.0)
    slow = np.where(loaded, creep * (1 - np.exp(-(t - LOAD_AT_S) / _CREEP_S)), 0.0)
    noise = m.white_e * rng.standard_normal(n)
    spectrum = np.fft.rfft(rng.standard_normal(n))
    frequency = np.fft.rfftfreq(n, 1 / m.rate_hz)
    frequency[0] = frequency[1]
    pink = np.fft.irfft(spectrum / np.sqrt(frequency), n)
    noise += pink * m.pink_e / pink.std()
    clock = m.rate_hz * (1 + rng.uniform(-m.rate_error, m.rate_error))
    phase = rng.uniform(0, 2 * np.pi)
    mains = np.sin(2 * np.pi * 50 * np.arange(n) / clock + phase)
    noise += m.mains_e * mains * rng.uniform(0.3, 1)
    floor = np.sin(2 * np.pi * rng.uniform(8, 25) * t + rng.uniform(0, 6.28))
    noise += m.vibration_e * floor * rng.uniform(0.2, 1)
    slow = slow + rng.uniform(-0.004, 0.004) * (t - LOAD_AT_S)
    hint = 0.07 * rng.uniform(-1, 1)
    return Trial(t, x + slow + noise, truth + slow, size, hertz, damping, hint)


def score(t: Floats, y: Floats, truth: Floats) -> Score:
    """Score what a filter made of a trial."""
    rate_hz = round(1 / (t[1] - t[0]))
    window = round(_REST_SAMPLES * rate_hz / RATE_HZ)
    off = np.abs(y - truth)
    bad = np.flatnonzero((off > BAND_E) & (t >= LOAD_AT_S))
    settle = float(t[bad[-1]] + 1 / rate_hz - LOAD_AT_S) if len(bad) else 0.0
    sigma = float((y - truth)[t >= 6.0].std())
    parts = np.lib.stride_tricks.sliding_window_view(y, window)[:-1]
    still = parts.max(1) - parts.min(1) <= _REST_E
    still &= np.abs(y[window:]) > _LOADED_E
    still[: int(LOAD_AT_S * rate_hz)] = False
    found = np.flatnonzero(still)
    if not len(found):
        return Score(settle, sigma, None, None)
    at = int(found[0]) + window
    return Score(settle, sigma, float(t[at] - LOAD_AT_S), float(off[at]))


def summary(scores: list[Score]) -> dict[str, float]:
    """The row of the table; what never came to rest has no stable_p50_s and no err95_e."""
    settle = [one.settle_s for one in scores]
    stable = [one.stable_s for one in scores if one.stable_s is not None]
    errors = [one.error_e for one in scores if one.error_e is not None]
    row = {
        "settle_p50_s": float(np.median(settle)),
        "settle_p95_s": float(np.percentile(settle, 95)),
        "sigma_e": float(np.median([one.sigma_e for one in scores])),
        "stable_share": len(stable) / len(scores),
    }
    if stable:
        row["stable_p50_s"] = float(np.median(stable))
        row["err95_e"] = float(np.percentile(errors, 95))
    return row
