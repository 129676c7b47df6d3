"""The doctor's picture: samples over time, their distribution, their spectrum.

Owns: the one figure of `steelyard doctor`. Refuses: with UserError, a file that cannot be written.
Units: seconds, counts of the converter, hertz.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from steelyard_wire import codes

from steelyard.errors import USAGE, UserError
from steelyard.findings import FAULT, Facts, Report
from steelyard.spectrum import alias_hz, spectrum_of
from steelyard.trace import Trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREY, RED, GREEN = "#1f5fa8", "#d1741f", "#9aa0a6", "#b3261e", "#2e7d32"
_BINS = 40


def write(figure: Figure, file: Path) -> None:
    """Save a figure as the kind of picture that the file's name ends with."""
    try:
        # Without an ending matplotlib would add one, and write another file than was named.
        figure.savefig(file, dpi=110, format=None if file.suffix else "png")
    except OSError as error:
        sentence = f"{file} cannot be written: {error.strerror}. Name another file with --plot"
        raise UserError(USAGE, sentence) from None
    except ValueError:
        raise UserError(
            USAGE, f"{file} is no kind of picture that is known: end it with .png, .svg or .pdf"
        ) from None


def quiet_axes(axes: Axes, title: str, x: str, y: str) -> None:
    """Names on the axes, and no more lines than are read."""
    axes.set_title(title, loc="left", fontsize=10)
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(True, color="#e6e8ea", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def draw(trace: Trace, facts: Facts, report: Report, title: str) -> Figure:
    """The figure of a report; it has what the trace has."""
    # Here, because it takes half a second, which every command would take to start.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7), layout="constrained")
    rows = figure.subplot_mosaic(
        [["time", "time"], ["spread", "spectrum"]], height_ratios=[1.15, 1]
    )
    verdict = "; ".join(report.ids).replace("_", " ") or "nothing wrong found"
    serious = any(finding.severity == FAULT for finding in report.findings)
    colour = RED if serious else ORANGE if report.findings else GREEN
    figure.suptitle(f"{title}: {verdict}", fontsize=12, color=colour, x=0.02, ha="left")
    _time(rows["time"], trace, facts)
    _spread(rows["spread"], trace, report)
    _spectrum(rows["spectrum"], trace, facts, report)
    return figure


def _time(axes: Axes, trace: Trace, facts: Facts) -> None:
    speed = f", {trace.rate_hz:.1f} a second" if trace.rate_hz else ""
    quiet_axes(axes, f"{len(trace)} samples{speed}", "seconds", "counts")
    seconds = trace.times_ms / 1000
    good = trace.good
    # A sample without a count interrupts the line.
    axes.plot(seconds, np.where(good, trace.counts, np.nan), color=BLUE, linewidth=0.8)
    axes.margins(x=0.01)
    for code in np.unique(trace.faults[~good]):
        of_kind = trace.faults == code
        name = codes.fault_name(int(code))
        measured = code in (codes.FAULT_GAP, codes.FAULT_SETTLING, codes.FAULT_JUMP)
        ends = code in (codes.FAULT_OVERLOAD, codes.FAULT_UNDERLOAD)
        if measured or ends:
            axes.plot(
                seconds[of_kind], trace.counts[of_kind], ".", color=RED, markersize=4, label=name
            )
        else:  # there is no count to draw
            axes.vlines(
                seconds[of_kind],
                0,
                0.06,
                transform=axes.get_xaxis_transform(),
                color=RED,
                linewidth=0.8,
                label=name,
            )
    if facts.zero is not None and good.any():
        low, high = axes.get_ylim()
        # Only where it does not squeeze the samples to a line.
        if low - 3 * (high - low) < facts.zero < high + 3 * (high - low):
            axes.axhline(
                facts.zero, color=GREY, linewidth=1, linestyle="--", label="zero at calibration"
            )
    if axes.get_legend_handles_labels()[0]:
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.1 * (high - low))
        axes.legend(fontsize=8, loc="upper right", frameon=False)
    at_ends = np.isin(trace.faults, (codes.FAULT_OVERLOAD, codes.FAULT_UNDERLOAD))
    if not good.any() and not at_ends.any():
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no good sample", transform=axes.transAxes, ha="center", color=GREY)


def _say(axes: Axes, text: str) -> None:
    axes.set(xticks=[], yticks=[])
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", color=GREY, fontsize=11)


def _spread(axes: Axes, trace: Trace, report: Report) -> None:
    counts = trace.counts[trace.good].astype(np.float64)
    part = report.rest is not None and len(report.rest) < len(counts)
    counts = report.rest if report.rest is not None else counts
    title = "distribution at rest" if part else "distribution"
    quiet_axes(axes, title, "counts from the mean", "samples")
    if len(counts) < 10 or float(np.ptp(counts)) == 0:
        _say(axes, "all words are the same" if len(counts) >= 10 else "too few good samples")
        return
    mean, sigma = float(counts.mean()), float(counts.std())
    # Words are whole numbers: bins of another width hold now one more of them, now one less.
    width = max(1, round(float(np.ptp(counts)) / _BINS))
    edges = np.arange(counts.min() - 0.5, counts.max() + width, width)
    axes.hist(counts - mean, bins=(edges - mean).tolist(), color=BLUE, alpha=0.75)
    x = np.linspace(edges[0] - mean, edges[-1] - mean, 200)
    normal = len(counts) * width / sigma / np.sqrt(2 * np.pi) * np.exp(-0.5 * (x / sigma) ** 2)
    axes.plot(x, normal, color=ORANGE, linewidth=1.5, label=f"normal, {sigma:.0f} counts")
    axes.set_ylim(0, 1.18 * axes.get_ylim()[1])  # room for the legend
    axes.legend(fontsize=8, loc="upper right", frameon=False)


def _spectrum(axes: Axes, trace: Trace, facts: Facts, report: Report) -> None:
    quiet_axes(axes, "spectrum: amplitude of a sine", "Hz", "counts")
    # What rings is not at rest: then all of the trace.
    spectrum = None if report.ring else report.spectrum
    spectrum = spectrum or spectrum_of(trace.counts[trace.good], trace.rate_hz)
    if spectrum is None or not float(spectrum.amplitude[1:].max()) > 0:
        _say(axes, "no spectrum of this")
        return
    axes.semilogy(spectrum.hertz[1:], spectrum.amplitude[1:], color=BLUE, linewidth=0.8)
    seen = alias_hz(facts.mains_hz, trace.rate_hz)
    if seen > 0.02 * trace.rate_hz:
        axes.axvline(seen, color=ORANGE, linewidth=1, linestyle="--")
        axes.text(
            seen,
            0.97,
            f" {facts.mains_hz:.0f} Hz mains",
            transform=axes.get_xaxis_transform(),
            fontsize=8,
            color=ORANGE,
            va="top",
        )
    ring = report.ring
    if ring is not None:
        axes.axvline(ring.hertz, color=RED, linewidth=1, linestyle=":")
        axes.text(
            ring.hertz,
            0.88,
            f" rings at {ring.hertz:.1f} Hz",
            transform=axes.get_xaxis_transform(),
            fontsize=8,
            color=RED,
            va="top",
        )
    axes.set_xlim(0, trace.rate_hz / 2)
