"""Plots of the filter benchmark, shown in firmware/README.md.

Owns: docs/filter_settling.png and docs/filter_step.png. Refuses: nothing.
Units: seconds, scale intervals e.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from steelyard.load_model import LOAD_AT_S, Score, Trial

DOCS = Path("docs")
_SHOWN = (
    ("commissioned", "Steelyard, commissioned", "tab:blue", "-"),
    ("default", "Steelyard, default", "tab:green", "-"),
    ("p4_zvd_1k", "P4: ZVD shaper, 1/k", "tab:blue", ":"),
    ("p2_chebyshev_1k", "P2: FIR 40, 1/k", "tab:green", ":"),
    ("cascade", "cascade 8 11 16 11", "tab:orange", "--"),
    ("mean_16", "mean of 16", "tab:red", "--"),
    ("one_pole_025", "one-pole 0.25", "tab:brown", "--"),
)


def _settling(kept: Mapping[str, Sequence[Score]], file: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.2), dpi=80)
    for name, label, colour, line in _SHOWN:
        settle = np.sort([one.settle_s for one in kept[name]])
        share = 100 * np.arange(1, len(settle) + 1) / len(settle)
        axes.step(settle, share, where="post", label=label, color=colour, linestyle=line)
    axes.set(
        xlim=(0.1, 6), ylim=(0, 101), xscale="log", xlabel="settled within 0.5 e after (s)",
        ylabel="share of 200 loads (%)",
    )  # fmt: skip
    axes.minorticks_off()
    axes.set_xticks([0.1, 0.2, 0.3, 0.5, 1, 2, 5], ["0.1", "0.2", "0.3", "0.5", "1", "2", "5"])
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    figure.savefig(file)
    plt.close(figure)


def _step(one: Trial, file: Path) -> None:
    import matplotlib.pyplot as plt

    from steelyard import filter_bench
    from steelyard.filter_reference import FILTERS

    figure, axes = plt.subplots(figsize=(8, 4.2), dpi=80)
    t = one.t - LOAD_AT_S
    axes.plot(t, one.x - one.truth, color="0.75", linewidth=0.8, label="converter")
    for name, label, colour, line in _SHOWN:
        if name in filter_bench.CASES:
            settings = filter_bench.CASES[name][0]
            (said,) = filter_bench.run([one], settings)
            y = filter_bench.in_e(said.value)
        else:
            y = FILTERS[name](one)
        axes.plot(t, y - one.truth, label=label, color=colour, linestyle=line, linewidth=1.2)
    axes.axhspan(-0.5, 0.5, color="0.9")
    axes.set(
        xlim=(0, 2.4), ylim=(-900, 900), xlabel="time after the load starts (s)",
        ylabel=f"off the load of {one.size_e:.0f} e by (e)",
    )  # fmt: skip
    axes.set_yscale("symlog", linthresh=1)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    figure.savefig(file)
    plt.close(figure)


def write(kept: Mapping[str, Sequence[Score]], ones: Sequence[Trial]) -> None:
    """Write both plots: the distribution of settling, and one load of middling frequency."""
    DOCS.mkdir(exist_ok=True)
    _settling(kept, DOCS / "filter_settling.png")
    typical = min(ones, key=lambda one: abs(one.ring_hz - 8) + abs(one.size_e - 800) / 200)
    _step(typical, DOCS / "filter_step.png")
