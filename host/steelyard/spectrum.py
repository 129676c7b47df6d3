"""The spectrum of a stretch of samples: its white noise and the lines that stand out of it.

Owns: the estimate of white noise that lines and drift do not disturb, the search for lines, and
where a converter shows the mains.
Refuses: nothing; a stretch of fewer than 32 samples has no spectrum (None).
Units: counts, hertz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_LEAST_SAMPLES = 32
# A window of N samples has N/2 bins with exponentially distributed power: one above 25 times the
# mean comes with N/2 exp(-25), once in 10^8 traces of 10 s at 80 samples a second.
_LINE_POWER = 25.0
# Of an exponential distribution with mean 1 the lowest 3/4 have the mean 1 + ln(1/4) / 3.
_LOWER = 0.75
_LOWER_MEAN = 1 + float(np.log(1 - _LOWER)) * (1 - _LOWER) / _LOWER
_NEAR = 3  # bins of a Hann window that belong to one line
_AROUND = 15  # bins to either side that say what the noise is there
_SLOW_BINS = 5  # drift, creep and 1/f live there
# Amplitude in a quarter of the trace, least to most: a steady line keeps it, ringing dies away.
_STEADY = 0.4


@dataclass(frozen=True)
class Line:
    """A sine in the signal. hertz: as it appears below half the rate. amplitude: counts.

    steady: whether it is there all the time.
    """

    hertz: float
    amplitude: float
    steady: bool


@dataclass(frozen=True)
class Spectrum:
    """hertz, amplitude: (m,) of a sine of that frequency, counts. white: standard deviation of
    one sample without lines and drift. lines: strongest first."""

    hertz: Array
    amplitude: Array
    white: float
    lines: tuple[Line, ...]


def detrended(counts: npt.ArrayLike) -> Array:
    """The samples less their straight line."""
    values = np.asarray(counts, dtype=np.float64)
    at = np.arange(len(values)) - (len(values) - 1) / 2
    slope = float(at @ values / (at @ at)) if len(values) > 1 else 0.0
    return np.asarray(values - values.mean() - slope * at, dtype=np.float64)


def spectrum_of(counts: npt.ArrayLike, rate_hz: float) -> Spectrum | None:
    """The spectrum of evenly spaced samples, behind a Hann window."""
    size = len(np.atleast_1d(counts))
    if size < _LEAST_SAMPLES or rate_hz <= 0:
        return None
    values = detrended(counts)
    window = np.hanning(size)
    power = np.abs(np.fft.rfft(values * window)) ** 2 / (window @ window)
    hertz = np.fft.rfftfreq(size, 1 / rate_hz)
    white = float(np.sqrt(_mean_power(power[_SLOW_BINS:])))
    amplitude: Array = np.sqrt(power) * _amplitude(1.0, size)
    return Spectrum(
        np.asarray(hertz, dtype=np.float64),
        amplitude,
        white,
        tuple(_lines(values, power, rate_hz, white)),
    )


def _amplitude(power: float, size: int) -> float:
    """Of the sine whose top in a Hann window of `size` samples has this power."""
    return float(np.sqrt(power * 0.375 * size)) * 2 / (0.5 * size)


def _mean_power(power: Array) -> float:
    """The mean of an exponential distribution from its lower part, which no line reaches."""
    lower = np.sort(power)[: round(_LOWER * len(power))]
    return float(lower.mean()) / _LOWER_MEAN


def _lines(values: Array, power: Array, rate_hz: float, white: float) -> list[Line]:
    found = []
    last = len(power)
    for at in range(2, last - 1):
        if power[at] < max(power[at - 1], power[at + 1]):
            continue
        near = np.arange(max(1, at - _AROUND), min(last, at + _AROUND + 1))
        floor = _mean_power(power[near[np.abs(near - at) > _NEAR]])
        if power[at] < _LINE_POWER * max(floor, white * white):
            continue
        # The top of a parabola through the logarithms: within a fiftieth of a bin.
        left, top, right = np.log(power[at - 1 : at + 2] + 1e-300)
        shift = float(np.clip(0.5 * (left - right) / (left - 2 * top + right - 1e-12), -0.5, 0.5))
        line = (at + shift) * rate_hz / len(values)
        size = _amplitude(float(np.exp(top - 0.25 * (left - right) * shift)), len(values))
        found.append(Line(line, size, _is_steady(values, line, rate_hz)))
    return sorted(found, key=lambda line: -line.amplitude)


def _is_steady(values: Array, hertz: float, rate_hz: float) -> bool:
    turns = np.exp(-2j * np.pi * hertz / rate_hz * np.arange(len(values)))
    parts = [abs(part.mean()) for part in np.array_split(values * turns, 4)]
    return bool(min(parts) > _STEADY * max(parts))


def alias_hz(hertz: float, rate_hz: float) -> float:
    """Where a converter of this rate shows a sine of a frequency above half the rate."""
    rest = hertz % rate_hz
    return min(rest, rate_hz - rest)
