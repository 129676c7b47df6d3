"""The picture of a replay: raw, filtered, the fast tap, and when the terminal called it stable.

Owns: the one figure of `steelyard replay`. Refuses: nothing; see doctor_plot for files.
Units: seconds, counts of the converter or the unit of the weight.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from steelyard_wire import codes

from steelyard import measures
from steelyard.doctor_plot import BLUE, GREEN, GREY, ORANGE, RED, quiet_axes
from steelyard.replay import Replayed
from steelyard.spectrum import Array
from steelyard.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = (BLUE, ORANGE, GREEN, "#7b3fa0", "#0f8b8d", "#8c564b")
# What a driver or the supervision says of samples that carry no weight.
_SHOWN = (codes.FAULT_NONE, codes.FAULT_SETTLING)


def draw(
    trace: Trace,
    replayed: Sequence[Replayed],
    title: str,
    zero: float = 0.0,
    per_unit: float = 1.0,
    unit: str = "counts",
) -> Figure:
    """The figure; a weight is (counts - zero) / per_unit in `unit`."""
    # Here, because it takes half a second, which every command would take to start.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6.5), layout="constrained")
    high = 0.35 + 0.22 * len(replayed)
    value, state = figure.subplots(2, 1, sharex=True, height_ratios=[5.5 - high, high])
    figure.suptitle(title, fontsize=12, x=0.02, ha="left")
    seconds = trace.times_ms / 1000

    def scaled(counts: npt.ArrayLike) -> Array:
        return np.asarray((np.asarray(counts) - zero) / per_unit, dtype=np.float64)

    quiet_axes(value, "", "", unit)
    good = trace.good
    value.plot(
        seconds[good], scaled(trace.counts[good]), color=GREY, linewidth=0.6, label="raw", zorder=1
    )
    for one, colour in zip(replayed, _COLOURS, strict=False):
        if len(replayed) == 1:
            value.plot(
                seconds, scaled(one.tap), color=ORANGE, linewidth=1.0, label="low-latency tap"
            )
        label = one.profile
        if one.change is not None:
            label += f", settles in {one.change.settle_s:.2f} s"
        value.plot(seconds, scaled(one.value), color=colour, linewidth=1.5, label=label)
    _limits(value, trace, replayed, scaled)
    value.legend(fontsize=8, loc="best", framealpha=0.9, edgecolor="none")
    _states(state, seconds, replayed)
    return figure


def _limits(
    axes: Axes,
    trace: Trace,
    replayed: Sequence[Replayed],
    scaled: Callable[[npt.ArrayLike], Array],
) -> None:
    """Room for what is weighed; a single wild word does not squeeze it."""
    good = trace.counts[trace.good].astype(np.float64)
    plain = measures.without(good, measures.glitches(good)) if len(good) else np.zeros(2)
    low, high = np.percentile(plain, [0.2, 99.8])
    shown = [one.value[np.isfinite(one.value)] for one in replayed]
    ends = [part for part in shown if len(part)]
    low = min([low, *[float(part.min()) for part in ends]])
    high = max([high, *[float(part.max()) for part in ends]])
    room = max(0.06 * (high - low), 1.0)
    bottom, top = sorted(scaled([low - room, high + room]).tolist())
    axes.set_ylim(bottom, top)


def _states(axes: Axes, seconds: Array, replayed: Sequence[Replayed]) -> None:
    """A row for each profile: where it is stable, and where a fault takes the weight away."""
    quiet_axes(axes, "", "seconds", "")
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 1.0
    for row, (one, colour) in enumerate(zip(replayed, _COLOURS, strict=False)):
        for mask, height, shade in (
            (one.stable, 0.62, colour),
            (~np.isin(one.fault, _SHOWN), 0.9, RED),
        ):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
            spans = [
                (float(seconds[first]), max(float(seconds[last - 1] - seconds[first]), 0.0) + step)
                for first, last in zip(edges[::2], edges[1::2], strict=True)
            ]
            axes.broken_barh(spans, (row - height / 2, height), facecolors=shade)
    axes.set_yticks(range(len(replayed)), [f"{one.profile}: stable" for one in replayed])
    axes.set_ylim(len(replayed) - 0.4, -0.6)
    faulty = any(not np.isin(one.fault, _SHOWN).all() for one in replayed)
    if faulty:
        axes.set_title("red: fault, no weight", loc="right", fontsize=8, color=RED)
    axes.set_xlim(float(seconds[0]), float(seconds[-1]))
