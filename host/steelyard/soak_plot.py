"""The picture of a soak: the log, what the model makes of it, and what is left.

Owns: the one figure of `steelyard compensate`. Refuses: nothing. Units: hours, degrees Celsius,
scale intervals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from steelyard.doctor_plot import BLUE, GREY, ORANGE, quiet_axes
from steelyard.soak import Fit, Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(runs: list[Run], found: Fit, span_counts: float, e_counts: float) -> Figure:
    """A column for each run: temperatures above, below the weight as it was and compensated."""
    # Here, because it takes half a second, which every command would take to start.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2 + 4 * len(runs), 6), layout="constrained")
    figure.suptitle(
        f"zero {found.zero:.1f} counts, span {found.span * 1e6:.1f} ppm in a kelvin, lag"
        f" {found.lag_s:.0f} s",
        fontsize=12,
        x=0.02,
        ha="left",
    )
    grid = figure.subplots(2, len(runs), squeeze=False, sharex="col")
    for at, run in enumerate(runs):
        hours = (run.seconds - run.seconds[0]) / 3600
        body = run.body(found.lag_s)
        above, below = grid[0][at], grid[1][at]
        name = f"{run.load} on it" if run.share else "empty"
        quiet_axes(above, name, "", "degrees Celsius")
        above.plot(hours, run.celsius, color=GREY, linewidth=1, label="thermometer")
        above.plot(hours, body, color=BLUE, linewidth=1.4, label="load cell")
        above.legend(fontsize=8, frameon=False)
        counts = found.zero + found.span * run.share * span_counts
        part = run.crept()
        mean = float(run.counts[part].mean())
        model = counts * (body - float(body[part].mean()))
        quiet_axes(below, "departure from the mean", "hours", "e")
        below.plot(
            hours, (run.counts - mean) / e_counts, color=ORANGE, linewidth=1, label="as it was"
        )
        left = (run.counts - mean - model) / e_counts
        below.plot(
            hours, np.where(part, left, np.nan), color=BLUE, linewidth=1.2, label="compensated"
        )
        below.legend(fontsize=8, frameon=False)
    return figure
