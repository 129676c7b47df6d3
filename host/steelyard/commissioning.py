"""What a commissioning finds in two load changes: ringing against load, noise, rate, a profile.

Owns: the fits, the extrapolation to Max, and the recommendation, which is measured: both load
changes run through the firmware's own filters (see replay).
Refuses: with `Unfit` and the reason, a trace without a load change, or with one that says nothing.
Units: counts, hertz, seconds; damping is the ratio to the critical one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from steelyard import measures
from steelyard.facts import Line
from steelyard.replay import PROFILES, Change, replay
from steelyard.ringing import RAMP_S, Ring, change_at, fit_ring
from steelyard.spectrum import Array, spectrum_of
from steelyard.trace import Trace

# The terminal judges noise by second differences (terminal.weighing.guard): of white noise their
# mean magnitude is sqrt(6) sqrt(2 / pi) = 1.954 sigma.
_SECOND = 1.954
_BLOCK = 16
_REST_S = 1.5  # at least so long before and after the load moves
_LEAST_LOAD = 0.15  # of Max: less says little of what a load does to the platform
# Hands need more time than the model's 0.2 s, or touch the load again.
_STARTS_S = (RAMP_S, 0.4, 0.6, 0.9, 1.3)
_GOOD_FIT = 0.9
_SAME_DAMPING = 1.35  # of loaded and unloaded: rubber and joints keep their ratio
_HEAVIER = 0.3  # of the unloaded frequency: no load on a scale makes it slower
# What can be recommended; dosing and animals are uses, not properties of a platform.
_CANDIDATES = ("default", "ringing", "stiff", "vibrating")
_QUIET_E = 0.125  # of the output: half the span within which a load is at rest
_BETTER = 0.8  # of the default's settling time, to leave it
_SEEN = 100.0  # times the noise: less is no load
_SLOW_HZ = 30.0  # below, what rings is folded, and one fit alone does not tell how
_CALM_S, _CALM_SAMPLES = 3.0, 64  # of the end of a rest, when ringing has died away
_SHAKES = 1.4  # noise over that without lines: the floor shakes, and may stand still tomorrow
_SUPPLY = 1.5  # noise that grows with the load is that of the supply


class Unfit(Exception):
    """The trace cannot be used; the text says what to do about it."""


@dataclass(frozen=True)
class Transient:
    """One load change. size: counts. rest: samples before it, at rest. rings: its fits."""

    trace: Trace
    counts: Array
    start: int
    size: float
    rest: Array
    ring: Ring | None

    def calm_before(self) -> Array:
        """The end of the rest, when what rang before has died away."""
        return self.rest[-max(_CALM_SAMPLES, round(_CALM_S * self.trace.rate_hz)) :]

    def calm_after(self) -> Array:
        """What comes when the ringing of this change is lost in the noise."""
        rate = self.trace.rate_hz
        over_s = self.start / rate + _CALM_S
        if self.ring is not None:
            over_s = max(over_s, self.ring.over_s(0.1 * max(signature(self.calm_before()), 0.5)))
        return self.counts[round(over_s * rate) :]


@dataclass(frozen=True)
class Commissioned:
    """What is stored and shown. ring_hz 0: it does not ring visibly. noise_floor: of the
    converter alone, 0: as noise. load_share: of Max. zero_away: how far the empty platform is from
    the calibration's zero, as a share of its span.

    settling: for each candidate the slower of both load changes in s; None: it did not settle.
    """

    profile: str
    ring_hz: float
    ring_loaded_hz: float
    ring_max_hz: float
    damping: float
    noise: float
    noise_floor: float
    rate_hz: float
    load_share: float
    zero_away: float
    settling: dict[str, float | None]

    @property
    def values(self) -> tuple[int, ...]:
        """The arguments of COMMISSION."""
        return (
            PROFILES.index(self.profile),
            round(self.ring_hz * 1000),
            round(self.ring_max_hz * 1000),
            min(500, round(self.damping * 1000)),
            max(1, round(self.noise * 10)),
            round(self.noise_floor * 10),
            round(self.rate_hz * 1000),
            round((self.settling.get(self.profile) or 0) * 1000),
        )


def signature(*parts: Array) -> float:
    """Noise of one sample at rest, as the terminal will judge it; blind to drift and slow swing.

    parts: stretches of counts. The median of blocks, so that a knock does not count.
    """
    second = [np.abs(np.diff(part, n=2)) for part in parts if len(part) > 2]
    if not second:
        return 0.0
    all_of_it = np.concatenate(second)
    blocks = len(all_of_it) // _BLOCK
    if blocks < 5:
        return float(all_of_it.mean()) / _SECOND
    means = all_of_it[: blocks * _BLOCK].reshape(blocks, _BLOCK).mean(axis=1)
    return float(np.median(means)) / _SECOND


def _noise(on: Transient, off: Transient) -> float:
    """That of the empty and the loaded scale; if they differ, the larger one."""
    empty, loaded = (
        signature(before.calm_before(), after.calm_after())
        for before, after in ((on, off), (off, on))
    )
    if max(empty, loaded) > _SUPPLY * min(empty, loaded):
        return max(empty, loaded)
    return (empty + loaded) / 2


def _noise_floor(on: Transient, off: Transient, noise: float) -> float:
    """The noise without lines, if a shaking floor makes more of it; else 0."""
    whites = [
        spectrum.white
        for one in (on, off)
        for part in (one.calm_before(), one.calm_after())
        if (spectrum := spectrum_of(part, one.trace.rate_hz)) is not None
    ]
    white = min(whites, default=noise)
    return white if white * _SHAKES < noise else 0.0


def transient(trace: Trace) -> Transient:
    """The load change in a trace; Unfit if there is none that can be used."""
    good = trace.counts[trace.good].astype(np.float64)
    rate = trace.rate_hz
    if not rate or len(good) < 0.9 * len(trace):
        raise Unfit("samples are missing: `steelyard doctor` says why")
    counts = measures.without(good, measures.glitches(good))
    edge = round(_REST_S * rate)
    parts = [counts[at : at + edge] for at in range(0, len(counts) - edge + 1, edge)]
    quietest = min(map(signature, parts), default=0.0)
    if parts and np.ptp(counts) < _SEEN * max(quietest, 0.5):
        raise Unfit("no load change was seen")  # wherever noise looks most like one
    start = change_at(counts, rate)
    rest = counts[: max(0, start - round(0.3 * rate))]
    if len(rest) < edge or len(counts) - start < 2 * edge:
        raise Unfit("the load must move in the middle of the time, not at its begin or end")
    noise = max(signature(rest[-round(_CALM_S * rate) :]), 0.5)
    size = float(np.median(counts[-edge:]) - np.median(rest[-edge:]))
    if abs(size) < _SEEN * noise:
        raise Unfit("no load change was seen")
    return Transient(trace, counts, start, size, rest, _ring(counts, rate, noise, start))


def _ring(counts: Array, rate: float, noise: float, start: int) -> Ring | None:
    best: Ring | None = None
    for after in _STARTS_S:
        found = fit_ring(counts, rate, noise, start + round(after * rate) + 1)
        if found is None or not found.dies_away:
            continue
        if found.explained >= _GOOD_FIT:
            return found
        if best is None or found.explained > best.explained:
            best = found
    return best


def _unfolded(empty: Ring, loaded: Ring, rate: float) -> tuple[float, float, float]:
    """Frequencies (empty, loaded) and damping of two fits that a slow converter may have folded.

    A load makes the platform slower and leaves its damping ratio; a folded frequency does neither:
    it may rise with the load, and its ratio is that of the true decay to a wrong frequency.
    """
    decays = [
        2 * np.pi * ring.hertz * ring.damping / np.sqrt(1 - ring.damping**2)
        for ring in (empty, loaded)
    ]
    folds = [_folds(ring.hertz, rate) for ring in (empty, loaded)]
    fits = []
    for order, (first, second) in enumerate(product(*folds)):
        ratios = [decay / 2 / np.pi / f for decay, f in zip(decays, (first, second), strict=True)]
        apart = max(ratios) / min(ratios)
        if _HEAVIER * first < second <= 1.02 * first and apart < _SAME_DAMPING:
            fits.append((max(first, second) > rate / 2, apart, order, first, second))
    if not fits and rate < _SLOW_HZ:
        return 0.0, 0.0, 0.0
    if not fits:
        return empty.hertz, loaded.hertz, (empty.damping + loaded.damping) / 2
    *_, first, second = min(fits)
    damping = (decays[0] / first + decays[1] / second) / 4 / np.pi
    return first, second, float(damping)


def _folds(hertz: float, rate: float) -> list[float]:
    """What may show at `hertz`; a converter's mean leaves little above 1.5 times its rate."""
    return [hertz, rate - hertz, rate + hertz]


def _at_max(empty_hz: float, loaded_hz: float, share: float) -> float:
    """The frequency under Max, when the load swings with the platform: f0 / sqrt(1 + load / m)."""
    heavier = max((empty_hz / loaded_hz) ** 2 - 1, 0.0)
    return float(empty_hz / np.sqrt(1 + heavier / share))


def _zero_away(on: Transient, calibration: Mapping[int, object]) -> float:
    line = Line.of(calibration)
    return (float(np.mean(on.calm_before())) - line.zero) / (line.span - line.zero)


def commission(
    put_on: Trace,
    take_off: Trace,
    config: Mapping[str, int],
    calibration: Mapping[int, object],
    e: float,
) -> Commissioned:
    """Judge the load change of each trace. e: scale interval in counts.

    config: the terminal's parameters. Unfit says what is wrong with a trace.
    """
    on, off = transient(put_on), transient(take_off)
    share = abs(on.size) / (e * config["max"] / config["e"])
    if on.size < 0 or off.size > 0 or abs(on.size + off.size) > 0.1 * abs(on.size):
        raise Unfit("the load that was put on is not the one that was taken off")
    if share < _LEAST_LOAD:
        raise Unfit(f"the load is {share:.0%} of Max: take a heavier one, a third of Max or more")
    rate = (put_on.rate_hz + take_off.rate_hz) / 2
    empty = loaded = damping = at_max = 0.0
    if on.ring is not None and off.ring is not None:
        empty, loaded, damping = _unfolded(off.ring, on.ring, rate)
        at_max = _at_max(empty, loaded, share) if empty else 0.0
    elif (one := off.ring or on.ring) is not None and rate > _SLOW_HZ:
        empty, loaded, damping = one.hertz, one.hertz, one.damping
    noise = _noise(on, off)
    found = Commissioned(
        "default",
        empty,
        loaded,
        at_max,
        damping,
        noise,
        _noise_floor(on, off, noise),
        rate,
        min(share, 1.0),
        _zero_away(on, calibration),
        {},
    )
    return _recommended(found, (put_on, take_off), config, calibration, e)


def _recommended(
    found: Commissioned,
    traces: tuple[Trace, Trace],
    config: Mapping[str, int],
    calibration: Mapping[int, object],
    e: float,
) -> Commissioned:
    """The same with the profile that settles first on both load changes, and stays quiet."""
    names = [name for name in _CANDIDATES if found.ring_hz or name != "ringing"]
    _, ring, ring_max, damping, noise, floor, rate, _ = found.values
    tried = dict(
        config,
        ring_mhz=ring,
        ring_max_mhz=ring_max,
        damping=damping,
        noise=noise,
        noise_floor=floor,
        rate_mhz=rate,
    )
    slower: dict[str, float | None] = {}
    runs = [replay(trace, names, tried, calibration, e) for trace in traces]
    for name, *both in zip(names, *runs, strict=True):
        times = [_settling(one.change) for one in both]
        quiet = max(one.noise for one in both) <= _QUIET_E * e
        known = [time for time in times if time is not None]
        slower[name] = max(known) if len(known) == len(times) and quiet else None
    best = "default"
    limit = slower["default"]
    for name, time in slower.items():
        much = _BETTER if best == "default" else 1.0
        if time is not None and (limit is None or time < much * limit):
            best, limit = name, time
    return Commissioned(**{**vars(found), "profile": best, "settling": slower})


def _settling(change: Change | None) -> float | None:
    """Seconds, or None where it never settled or was never called stable."""
    if change is None or change.stable_s is None:
        return None
    return change.settle_s
