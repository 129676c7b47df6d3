"""Drawings of what tests/truth.py marks, and of what it leaves in doubt: to be looked at.

Owns: one page a channel. Refuses: nothing.
Units: rows, counts. Red: glitch; orange: doubtful.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
import truth

mpl.use("Agg")
from matplotlib import pyplot as plt

_AROUND = 12
_COLUMNS = 10


def _page(file: Path, values: np.ndarray, marks: list[truth.Mark], title: str) -> None:
    rows = (len(marks) + _COLUMNS - 1) // _COLUMNS
    figure = plt.figure(figsize=(24, 4 + 2.2 * rows))
    grid = figure.add_gridspec(rows + 2, _COLUMNS)
    whole = figure.add_subplot(grid[:2, :])
    whole.plot(values, lw=0.5)
    for mark in marks:
        color = "orange" if mark.kind == "doubt" else "red"
        whole.plot(mark.row, values[mark.row], "o", ms=3, color=color)
    middle = np.median(values)
    reach = np.percentile(np.abs(values - middle), 98) * 1.5
    whole.set_ylim(middle - reach, middle + reach)
    whole.set_title(title)
    for number, mark in enumerate(marks):
        one = figure.add_subplot(grid[2 + number // _COLUMNS, number % _COLUMNS])
        first = max(0, mark.row - _AROUND)
        part = values[first : mark.row + _AROUND + 1]
        one.plot(range(first, first + len(part)), part, ".-", lw=0.6, ms=3)
        color = "orange" if mark.kind == "doubt" else "red"
        one.plot(mark.row, values[mark.row], "o", ms=5, mfc="none", color=color)
        one.set_title(f"{mark.row} {mark.kind} {mark.sigma:.0f}s", fontsize=7)
        one.tick_params(labelsize=5)
    figure.tight_layout()
    figure.savefig(file, dpi=50)
    plt.close(figure)


def draw(folder: Path) -> None:
    """A PNG for each channel of the coffee pot and of the swing."""
    folder.mkdir(parents=True, exist_ok=True)
    recordings = {name: truth.coffee_pot(name) for name in truth.COFFEE}
    recordings["swing"] = truth.swing()
    for name, channels in recordings.items():
        for number, found in enumerate(truth.judge(channels)):
            marks = sorted(found.glitches + found.doubtful, key=lambda mark: mark.row)
            title = f"{name} channel {number}: sigma {found.sigma:.0f} counts"
            _page(folder / f"{name[:10]}-{number}.png", channels[number], marks, title)
