"""The filters of the table in signal.md section 2, re-implemented: what ours are compared with.

Owns: them and the figures of the table. Refuses: nothing. Units: e, seconds, samples at 80/s.

The table says what each filter is, not every constant: those of the IIR ladder and of the Kalman
filter were found by a search for the table's figures. Each figure lies within 15 % of the table
(tests/system/test_filter_bench.py), otherwise the comparison would be worth nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from steelyard.load_model import RATE_HZ, Floats, Trial

KEYS = ("settle_p50_s", "settle_p95_s", "sigma_e", "stable_p50_s", "err95_e")
# Raw never comes to rest; so it has no last two.
TABLE: dict[str, tuple[float, ...]] = {
    "raw": (3.70, 5.94, 0.200),
    "one_pole_025": (1.26, 4.05, 0.052, 2.10, 0.11),
    "trimmed_mean_16": (0.94, 3.53, 0.030, 1.70, 0.09),
    "mean_16": (0.95, 3.21, 0.030, 1.76, 0.09),
    "mean_80": (1.29, 2.96, 0.012, 2.05, 0.08),
    "iir_ladder": (0.88, 4.08, 0.005, 1.41, 0.06),
    "kalman": (0.94, 4.02, 0.013, 1.36, 0.05),
    "cascade": (0.59, 1.05, 0.023, 1.01, 0.07),
    "p1_cascade_1k": (0.59, 0.93, 0.007, 1.01, 0.07),
    "p2_chebyshev_1k": (0.58, 0.63, 0.006, 0.99, 0.07),
    "p4_zvd_1k": (0.31, 0.63, 0.007, 0.73, 0.06),
}
_RESET_E, _MOST_K = 0.35, 80
_STOP_DB, _TAPS = 58.0, 40


def _fir(x: Floats, weights: Floats) -> Floats:
    held = np.concatenate([np.full(len(weights) - 1, x[0]), x])
    answer: Floats = np.convolve(held, weights, "valid")
    return answer


def _mean(x: Floats, length: int) -> Floats:
    return _fir(x, np.full(length, 1 / length))


def _trimmed(x: Floats, length: int) -> Floats:
    held = np.concatenate([np.full(length - 1, x[0]), x])
    window = np.sort(sliding_window_view(held, length), axis=1)
    answer: Floats = window[:, 1:-1].mean(1)
    return answer


def _one_pole(x: Floats, part: float) -> Floats:
    y = np.empty_like(x)
    state = float(x[0])
    for at, value in enumerate(x.tolist()):
        state += part * (value - state)
        y[at] = state
    return y


def _growing(x: Floats) -> Floats:
    """1/k gain: k up to 80, 1 again after two departures of more than 0.35 e."""
    y = np.empty_like(x)
    state, k, over = float(x[0]), 1, 0
    for at, value in enumerate(x.tolist()):
        over = over + 1 if abs(value - state) > _RESET_E else 0
        k = 1 if over >= 2 else min(k + 1, _MOST_K)
        state += (value - state) / k
        y[at] = state
    return y


def _ladder(x: Floats) -> Floats:
    """Gains 1, 1/2, ... 1/128 behind a mean of 8: one step down after 8 values within 1 e."""
    y = np.empty_like(x)
    state, level, calm = float(x[0]), 0, 0
    for at, value in enumerate(_mean(x, 8).tolist()):
        if abs(value - state) > 1:
            level = calm = 0
        else:
            calm += 1
        if calm >= 8:
            level, calm = min(level + 1, 7), 0
        state += (value - state) / 2**level
        y[at] = state
    return y


def _kalman(x: Floats) -> Floats:
    """A constant behind a mean of 8; three innovations above 5.4 sigma set its variance back."""
    noise, drift, gate, unknown = 0.0053, 4.44e-6, 5.42, 1.0
    y = np.empty_like(x)
    state, variance, over = float(x[0]), unknown, 0
    for at, value in enumerate(_mean(x, 8).tolist()):
        variance += drift
        innovation = value - state
        over = over + 1 if abs(innovation) > gate * math.sqrt(variance + noise) else 0
        if over >= 3:
            variance = max(variance, unknown)
        gain = variance / (variance + noise)
        state += gain * innovation
        variance *= 1 - gain
        y[at] = state
    return y


def _chebyshev() -> Floats:
    """Dolph-Chebyshev weights, sum 1."""
    order = _TAPS - 1
    beta = math.cosh(math.acosh(10 ** (_STOP_DB / 20)) / order)
    k = np.arange(_TAPS)
    x = beta * np.cos(np.pi * k / _TAPS)
    inside = np.clip(x, -1, 1)
    outside = np.maximum(np.abs(x), 1)
    sign = np.where(x < 0, (-1.0) ** order, 1.0)
    poly = np.where(
        np.abs(x) <= 1,
        np.cos(order * np.arccos(inside)),
        sign * np.cosh(order * np.arccosh(outside)),
    )
    half = np.real(np.fft.fft(poly * np.exp(1j * np.pi / _TAPS * k)))[1 : _TAPS // 2 + 1]
    weights = np.concatenate([half[::-1], half])
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _zvd(one: Trial) -> Floats:
    """Impulses at 0, T/2 and T of the frequency known to 7 %, split between samples."""
    period = RATE_HZ / (one.ring_hz * (1 + one.hint))
    fall = math.exp(-one.damping * math.pi / math.sqrt(1 - one.damping**2))
    weights = np.zeros(math.ceil(period) + 2)
    for at, size in enumerate((1.0, 2 * fall, fall * fall)):
        place = at * period / 2
        first = int(place)
        weights[first] += size * (1 - place + first)
        weights[first + 1] += size * (place - first)
    shaper: Floats = weights / weights.sum()
    return shaper


def _cascade(x: Floats) -> Floats:
    for length in (8, 11, 16, 11):
        x = _mean(x, length)
    return x


FILTERS: dict[str, Callable[[Trial], Floats]] = {
    "raw": lambda one: one.x,
    "one_pole_025": lambda one: _one_pole(one.x, 0.25),
    "trimmed_mean_16": lambda one: _trimmed(one.x, 16),
    "mean_16": lambda one: _mean(one.x, 16),
    "mean_80": lambda one: _mean(one.x, 80),
    "iir_ladder": lambda one: _ladder(one.x),
    "kalman": lambda one: _kalman(one.x),
    "cascade": lambda one: _cascade(one.x),
    "p1_cascade_1k": lambda one: _growing(_cascade(one.x)),
    "p2_chebyshev_1k": lambda one: _growing(_fir(one.x, _chebyshev())),
    "p4_zvd_1k": lambda one: _growing(_mean(_fir(one.x, _zvd(one)), 8)),
}
