"""What another filter would have shown: recorded counts through the firmware's own weight path.

Owns: the names of the profiles, and the figures of a load change: when the output has settled,
when the terminal calls it stable.
Refuses: see weighing_vm. Units: counts (also of the filter's output), seconds; e in counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from steelyard_wire import codes

from steelyard import measures
from steelyard.ringing import change_at
from steelyard.spectrum import Array
from steelyard.trace import Trace
from steelyard.weighing_vm import Stream, weigh

# Index = value of the parameter `profile` (boards/README.md).
PROFILES = ("default", "ringing", "stiff", "dosing", "vibrating", "animal")
BAND_E = 0.5  # of the indication's rounding: within it the right number stands there
_BAND_SHARE = 1 / 2000  # of the change, where e is not known
_BAND_NOISE = 5.0  # where e is not known: else what is noisier than its band never settles
_LEAST_CHANGE = 30.0  # times the noise: less is no load change
_LONGEST_S = 10.0  # what comes later may be the next change
_FINAL = 0.25  # of that: the new load
_SIXTEENTH = 16
_NO_OUTPUT = (codes.NOT_READY, codes.CONVERTER_FAULT)


@dataclass(frozen=True)
class Change:
    """The largest load change of a trace under one filter. seconds of the trace and after it.

    at_s: when it begins. settle_s: last time outside of `band` counts around the final value.
    stable_s: when the terminal first called the new load stable; None: never. error: counts that
    the value was off then.
    """

    at_s: float
    size: float
    band: float
    settle_s: float
    stable_s: float | None
    error: float | None


@dataclass(frozen=True)
class Replayed:
    """One profile's output: arrays as long as the trace.

    value, tap: counts, NaN while there is no valid window. stable: of the reading. fault: code.
    noise: standard deviation of `value` at rest, counts. change: None if the load stays.
    """

    profile: str
    value: Array
    tap: Array
    stable: npt.NDArray[np.bool_]
    fault: npt.NDArray[np.int32]
    noise: float
    change: Change | None


def _stream(
    trace: Trace, config: Mapping[str, int], calibration: Mapping[int, object] | None
) -> Stream:
    rate = round(trace.rate_hz * 1000)
    return Stream(
        trace.counts,
        rate_mhz=rate,
        config=config,
        calibration=calibration,
        faults=trace.faults.astype(np.int32),
        ticks_ms=np.round(trace.times_ms).astype(np.int64).astype(np.int32) & 0x3FFFFFFF,
        measured_mhz=rate,
    )


def replay(
    trace: Trace,
    profiles: Iterable[str],
    config: Mapping[str, int],
    calibration: Mapping[int, object] | None = None,
    e: float = 0.0,
) -> list[Replayed]:
    """Run a trace through the firmware once for each profile.

    config: parameters by name. calibration: as weighing_vm.Stream's. e: scale interval in counts,
    0: unknown.
    """
    names = list(profiles)
    streams = [
        _stream(trace, {**config, "profile": PROFILES.index(name)}, calibration) for name in names
    ]
    found = []
    for name, weighed in zip(names, weigh(streams), strict=True):
        valid = ~np.isin(weighed.obstacle, _NO_OUTPUT) & (weighed.status & codes.ST_FAULT == 0)
        value = np.where(valid, weighed.value / _SIXTEENTH, np.nan)
        tap = np.where(valid, weighed.tap / _SIXTEENTH, np.nan)
        stable = (weighed.status & codes.ST_STABLE) != 0
        change = _change(trace, value, stable, e)
        noise = _noise(value, trace.rate_hz)
        found.append(Replayed(name, value, tap, stable, weighed.fault, noise, change))
    return found


def _noise(value: Array, rate_hz: float) -> float:
    """Deviation of the output where it rests: in the quietest tenth of all seconds."""
    known = value[np.isfinite(value)]
    size = max(8, round(rate_hz))
    blocks = len(known) // size
    if not blocks:
        return 0.0
    spread = known[: blocks * size].reshape(blocks, size).std(axis=1)
    return float(np.percentile(spread, 10))


def _change(trace: Trace, value: Array, stable: npt.NDArray[np.bool_], e: float) -> Change | None:
    rate = trace.rate_hz
    good = trace.counts.astype(np.float64)
    good[~trace.good] = np.nan
    known = np.flatnonzero(np.isfinite(good))
    if len(known) < 2 * rate:
        return None
    filled = np.interp(np.arange(len(good)), known, good[known])
    filled = measures.without(filled, measures.glitches(filled))
    middle = change_at(filled, rate)
    begin = _begin(filled, middle, rate)
    after = value[begin : begin + round(_LONGEST_S * rate)]
    end = after[round(len(after) * (1 - _FINAL)) :]
    final = float(np.nanmedian(end)) if np.isfinite(end).any() else np.nan
    before = value[max(0, begin - round(rate)) : begin]
    if not np.isfinite(before).any() or not np.isfinite(final):
        return None  # no valid window before the change, or none after it
    size = final - float(np.nanmedian(before))
    ripple = float(np.nanstd(end))
    if abs(size) < max(_LEAST_CHANGE * float(np.nanstd(before)), 2 * e):
        return None
    band = BAND_E * e if e else max(abs(size) * _BAND_SHARE, _BAND_NOISE * ripple)
    outside = np.flatnonzero(~(np.abs(after - final) <= band))
    seconds = (trace.times_ms[begin : begin + len(after)] - trace.times_ms[begin]) / 1000
    settle = float(seconds[min(int(outside[-1]) + 1, len(seconds) - 1)]) if len(outside) else 0.0
    there = np.flatnonzero(
        stable[begin : begin + len(after)] & (np.abs(after - final) < abs(size) / 2)
    )
    first = int(there[0]) if len(there) else None
    return Change(
        at_s=float(trace.times_ms[begin]) / 1000,
        size=size,
        band=band,
        settle_s=settle,
        stable_s=None if first is None else float(seconds[first]),
        error=None if first is None else abs(float(after[first]) - final),
    )


def _begin(counts: Array, about: int, rate: float) -> int:
    """Where the change begins: the first sample near `about` that is unlike those before."""
    window = counts[max(0, about - round(1.5 * rate)) : max(1, about - round(0.3 * rate))]
    if len(window) < 4:
        return about
    level = float(np.median(window))
    limit = max(6 * measures.robust_spread(window), 1.0)
    first = max(0, about - round(0.3 * rate))
    moved = np.flatnonzero(np.abs(counts[first : about + round(0.3 * rate)] - level) > limit)
    return first + int(moved[0]) if len(moved) else about
