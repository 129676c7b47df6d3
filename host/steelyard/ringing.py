"""Ringing of a platform: frequency and damping of what swings on after a load has moved.

Owns: the search for the moment of a load change and the fit of a decaying sine.
Refuses: a transient that does not ring, or too little to fit (None).
Units: counts, seconds, hertz; damping is the ratio to the critical one.

The fit is the matrix pencil (Hua and Sarkar, IEEE Trans. ASSP 38, 1990), which finds damped sines
without a first guess, refined by least squares over frequency and decay; amplitude, phase, rest
and drift are linear and solved for each trial (variable projection, Golub and Pereyra, 1973).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from steelyard.spectrum import Array

# Hands need 0.08 to 0.20 s (the model of the benchmark); before that the platform is driven.
RAMP_S = 0.25
_LONGEST_S = 4.0
_LEAST_SAMPLES = 12
_ORDERS = 8  # poles looked for: one pair rings, the rest takes up drift and noise
_SLOWEST_HZ = 0.8
_MOST_DAMPING = 0.35  # beyond it nothing swings that a filter would see
_LEAST_DAMPING = 0.004  # bolted steel has 0.01; a steady sine is fitted with a few 0.0001
_EXPLAINED = 0.7  # share of the variance that the sine must explain
_LEAST_SWING = 5.0  # times the noise
_LEAST_PERIODS = 2.5  # before it is lost in the noise: fewer may be a burst of it


@dataclass(frozen=True)
class Ring:
    """A decaying sine. amplitude: counts at its start. explained: share of the variance.

    start_s: of the stretch that was fitted. fell: by how much
    the swing fell in it, 0 to 1. hertz: of the damped oscillation, as it is seen.
    """

    hertz: float
    damping: float
    amplitude: float
    explained: float
    start_s: float
    fell: float

    @property
    def dies_away(self) -> bool:
        """Whether it is the platform's: a machine on the floor keeps its swing."""
        return self.damping >= _LEAST_DAMPING and self.fell > 0.5

    def over_s(self, amplitude: float) -> float:
        """When the swing has come down to this amplitude, in seconds of the trace."""
        if self.amplitude <= amplitude:
            return self.start_s
        rate = 2 * np.pi * self.hertz * self.damping / np.sqrt(1 - self.damping**2)
        return self.start_s + float(np.log(self.amplitude / amplitude) / rate)


def change_at(counts: Array, rate_hz: float) -> int:
    """Index at which the largest change of the load begins: the steepest 0.25 s."""
    width = max(2, round(RAMP_S * rate_hz))
    if len(counts) <= 3 * width:
        return 0
    sums = np.concatenate([[0.0], np.cumsum(counts)])
    means = (sums[width:] - sums[:-width]) / width
    steps = np.abs(means[width:] - means[:-width])
    return int(np.argmax(steps)) + width // 2


def fit_ring(counts: Array, rate_hz: float, noise: float, start: int) -> Ring | None:
    """The ringing from index `start` on; noise: standard deviation of a sample at rest."""
    part = np.asarray(counts[start : start + round(_LONGEST_S * rate_hz)], dtype=np.float64)
    if len(part) < _LEAST_SAMPLES:
        return None
    guess = _pencil(part - part[-max(4, len(part) // 4) :].mean(), rate_hz)
    best: tuple[float, Array] | None = None
    for decay, turn in guess:
        point = _refine(part, rate_hz, np.array([decay, turn]))
        left = _left_over(part, rate_hz, point)[0]
        if best is None or left < best[0]:
            best = (left, point)
    if best is None:
        return None
    left, (decay, turn) = best
    still = _left_over(part, rate_hz, None)[0]
    amplitude = _left_over(part, rate_hz, best[1])[1]
    damping = float(decay / np.hypot(decay, turn))
    explained = 1 - left / still if still > 0 else 0.0
    fell = 1 - float(np.exp(-decay * len(part) / rate_hz))
    if not 0 < damping < _MOST_DAMPING or explained < _EXPLAINED:
        return None
    swings = np.log(max(amplitude / max(noise, 1e-9), 1)) / 2 / np.pi / damping
    if (
        amplitude < _LEAST_SWING * noise
        or swings < _LEAST_PERIODS
        or turn / 2 / np.pi < _SLOWEST_HZ
    ):
        return None
    return Ring(float(turn / 2 / np.pi), damping, amplitude, explained, start / rate_hz, fell)


def _pencil(values: Array, rate_hz: float) -> list[tuple[float, float]]:
    """(decay in 1/s, angular frequency in 1/s) of every pole that swings, strongest first."""
    size = len(values)
    width = min(size // 2, 100)
    rows = np.lib.stride_tricks.sliding_window_view(values, width + 1)
    _, strength, basis = np.linalg.svd(rows, full_matrices=False)
    order = min(_ORDERS, int((strength > 1e-3 * strength[0]).sum()), width)
    signal = basis[:order].T
    poles = np.linalg.eigvals(np.linalg.pinv(signal[:-1]) @ signal[1:])
    poles = poles[(np.abs(poles) > 1e-6) & (poles.imag > 0)]
    logs = np.log(poles) * rate_hz
    found = [
        (float(-log.real), float(log.imag))
        for log in logs
        if 0 < -log.real < log.imag and log.imag > 2 * np.pi * _SLOWEST_HZ
    ]
    return found


def _model(size: int, rate_hz: float, point: Array | None) -> Array:
    at = np.arange(size) / rate_hz
    columns = [np.ones(size), at]
    if point is not None:
        envelope = np.exp(-point[0] * at)
        columns += [envelope * np.cos(point[1] * at), envelope * np.sin(point[1] * at)]
    return np.stack(columns, axis=1)


def _left_over(values: Array, rate_hz: float, point: Array | None) -> tuple[float, float]:
    """Sum of squares that the model leaves, and the amplitude of its sine."""
    model = _model(len(values), rate_hz, point)
    found = np.linalg.lstsq(model, values, rcond=None)[0]
    left = values - model @ found
    return float(left @ left), float(np.hypot(*found[2:])) if point is not None else 0.0


def _refine(values: Array, rate_hz: float, point: Array) -> Array:
    """Damped Gauss-Newton over decay and frequency; the linear part is solved each time."""

    def left(trial: Array) -> Array:
        model = _model(len(values), rate_hz, trial)
        return values - model @ np.linalg.lstsq(model, values, rcond=None)[0]

    weight = 1e-3
    now = left(point)
    for _ in range(20):
        steps = np.maximum(np.abs(point) * 1e-4, 1e-5)
        slopes = np.stack(
            [
                (left(point + step * unit) - now) / step
                for step, unit in zip(steps, np.eye(2), strict=True)
            ],
            axis=1,
        )
        normal = slopes.T @ slopes
        move = np.linalg.solve(normal + weight * np.diag(np.diag(normal) + 1e-12), -slopes.T @ now)
        trial = point + move
        if trial[0] <= 0 or not 0 < trial[1] < np.pi * rate_hz:
            weight *= 10
            continue
        then = left(trial)
        if then @ then < now @ now:
            better = 1 - (then @ then) / (now @ now)
            point, now, weight = trial, then, max(weight / 10, 1e-9)
            if better < 1e-9:
                break
        else:
            weight *= 10
            if weight > 1e6:
                break
    return point
