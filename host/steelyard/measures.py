"""Numbers of a stretch of samples that outliers, lines and drift do not spoil.

Owns: robust spread, isolated samples, bursts of noise, drift. Refuses: nothing.
Units: counts per sample; indices into the stretch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from steelyard.spectrum import Array

_SIGMA = 1.4826  # standard deviation of a normal distribution over its median absolute deviation
_GLITCH_NOISE = 8.0  # times the spread: chance makes one in 10^15 samples
_GLITCH_RANGE = 3.0  # times the range of the four neighbours: ringing and steps stay below 1
_GLITCH_AROUND = 8  # samples to either side that say how restless it is there
# Root mean square over the usual one. Of 5 samples chance brings one beyond in 10^13 (chi-square
# with 5 degrees), of a single sample one in 10^6.
_BURST_SAMPLES, _BURST = 5, 4.0
_SLOW_SAMPLES, _SLOW_BURST = 1, 7.5  # the median of |x| is 0.67 sigma: 5 sigma
_FAST_HZ = 40.0  # above, a burst of 0.1 s has several samples


def robust_spread(values: Array) -> float:
    """Standard deviation, from the median absolute deviation."""
    if not len(values):
        return 0.0
    return float(np.median(np.abs(values - np.median(values)))) * _SIGMA


def sample_noise(counts: Array) -> float:
    """Noise of one sample from the differences of neighbours: blind to drift and single steps."""
    return robust_spread(np.diff(counts)) / float(np.sqrt(2))


def glitches(counts: Array) -> npt.NDArray[np.intp]:
    """Indices of isolated samples that stand out of their two neighbours on either side."""
    if len(counts) < 5:
        return np.zeros(0, dtype=np.intp)
    padded = np.pad(counts, (2, 2), mode="reflect")
    around = np.stack([padded[:-4], padded[1:-3], padded[3:-1], padded[4:]])
    # Without the furthest neighbour: two glitches may be close to each other.
    near = np.sort(np.abs(around - np.median(around, axis=0)), axis=0)[:3]
    off = np.abs(counts - np.median(around, axis=0))
    usual = np.maximum(_local_noise(counts), max(sample_noise(counts), 0.5))
    return np.flatnonzero(off > _GLITCH_NOISE * usual + _GLITCH_RANGE * 2 * near[2])


def _local_noise(counts: Array) -> Array:
    """Noise of the neighbourhood of each sample: a burst of noise is no row of glitches."""
    steps = np.abs(np.diff(counts, prepend=counts[0], append=counts[-1]))
    padded = np.pad(steps, (_GLITCH_AROUND, _GLITCH_AROUND), mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * _GLITCH_AROUND + 2)
    found = np.median(windows, axis=1) * _SIGMA / np.sqrt(2)
    return np.asarray(found, dtype=np.float64)


def without(counts: Array, at: npt.NDArray[np.intp]) -> Array:
    """The samples with those at these indices replaced by a line between their neighbours."""
    if not len(at) or len(at) == len(counts):
        return counts
    kept = np.delete(np.arange(len(counts)), at)
    return np.interp(np.arange(len(counts)), kept, counts[kept])


def bursts(counts: Array, rate_hz: float) -> int:
    """How many separate stretches have far more noise than usual."""
    fast = np.diff(counts, n=2)
    size, limit = (_BURST_SAMPLES, _BURST) if rate_hz >= _FAST_HZ else (_SLOW_SAMPLES, _SLOW_BURST)
    blocks = len(fast) // size
    if blocks < 10:
        return 0
    rms = np.sqrt((fast[: blocks * size].reshape(blocks, -1) ** 2).mean(axis=1))
    loud = rms > limit * np.median(rms)
    return int(loud[0]) + int((loud[1:] & ~loud[:-1]).sum())


def drift(counts: Array) -> float:
    """Slope of the straight line through the samples, in counts per sample."""
    if len(counts) < 2:
        return 0.0
    at = np.arange(len(counts)) - (len(counts) - 1) / 2
    return float(at @ counts / (at @ at))
