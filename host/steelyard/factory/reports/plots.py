"""The drawings of a report: errors against load, repeatability, eccentricity, creep, temperature.

Owns: what they look like, and that the same measurements give the same bytes. Refuses: nothing.
Units: as handed in, written on the axes.

Figures are made without pyplot, and matplotlib's settings stay as they are: reports are made in
threads. Letters are drawn as outlines, so that a reader needs no font for them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from steelyard.doctor_plot import BLUE, GREEN, GREY, ORANGE, RED
from steelyard.factory.reports.document import printable
from steelyard.factory.reports.fonts import file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

    Say = Callable[..., str]

PURPLE, TEAL = "#6a4c93", "#1f8a8a"
# Not those of the limits.
COLOURS = (BLUE, TEAL, PURPLE, GREEN, "#8a6d3b", "#444444")
_ID = re.compile(r'\bid="([^"]+)"')
_USE = re.compile(r'(href="#|url\(#)([^")]+)')
_WIDTH = 7.0  # inches: the type area of a page


@dataclass(frozen=True)
class Step:
    """The permissible error (and the factory's) between two loads."""

    start: float
    end: float
    legal: float
    guard: float


@dataclass(frozen=True)
class Series:
    """Points that belong together. down: on the way back; u: expanded uncertainties."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    down: bool = False
    u: tuple[float, ...] = ()


@dataclass(frozen=True)
class Place:
    """An error at a place of the platform, each coordinate -1 to 1; tone: its colour."""

    x: float
    y: float
    text: str
    name: str
    tone: str


@cache
def _font(size: float) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=file(), size=size)


def _axes(height: float, title: str, x: str, y: str) -> tuple[Figure, Axes]:
    """A figure as wide as a page. Margins in inches: no layout engine, which takes its time."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height))
    left, right, top, bottom = 0.72, 0.12, 0.34, 0.5
    axes = figure.add_axes(
        (
            left / _WIDTH,
            bottom / height,
            1 - (left + right) / _WIDTH,
            1 - (top + bottom) / height,
        )
    )
    _write(axes.set_title(title, loc="left", pad=7), 10)
    _write(axes.set_xlabel(x, labelpad=3), 9)
    _write(axes.set_ylabel(y, labelpad=4), 9)
    axes.grid(True, color="#e6e8ea", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.ticklabel_format(useOffset=False, style="plain")
    return figure, axes


def _write(text: Any, size: float) -> None:
    """The report's font for a text, in which a $ is a $, and nothing that it cannot show."""
    text.set_fontproperties(_font(size))
    text.set_parse_math(False)
    text.set_text(printable(text.get_text()))


def _finish(figure: Figure, axes: Axes, name: str, legend: bool = True) -> str:
    """The SVG. name: goes before the ids in it, of which two drawings may have none in common."""
    if legend and axes.get_legend_handles_labels()[0]:
        low, high = axes.get_ylim()
        rows = 1 + (len(axes.get_legend_handles_labels()[0]) - 1) // 4
        axes.set_ylim(low, high + (0.05 + 0.11 * rows) * (high - low))
        box = axes.legend(
            prop=_font(8), loc="upper center", ncols=4, frameon=False, borderpad=0.1,
            handlelength=1.6, columnspacing=1.4,
        )  # fmt: skip
        for text in box.get_texts():
            _write(text, 8)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        _write(label, 8)
    return _svg(figure, name)


def _svg(figure: Figure, name: str) -> str:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    drawn = io.StringIO()
    FigureCanvasSVG(figure)
    figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue()
    # matplotlib's ids are random; ours are counted.
    names: dict[str, str] = {}
    text = _ID.sub(
        lambda found: f'id="{names.setdefault(found[1], f"{name}-{len(names)}")}"', text
    )
    text = _USE.sub(lambda found: found[1] + names.get(found[2], found[2]), text)
    return text[text.index("<svg") :]


def _envelope(axes: Axes, steps: Sequence[Step], say: Say) -> None:
    """Both limits as lines that change at the loads at which they do."""
    loads = [edge for step in steps for edge in (step.start, step.end)]
    for sign in (1, -1):
        legal = [sign * step.legal for step in steps for _ in (0, 1)]
        guard = [sign * step.guard for step in steps for _ in (0, 1)]
        first = sign == 1
        axes.plot(
            loads, legal, color=RED, linewidth=1.3, label=say("legal limit") if first else None
        )
        axes.plot(
            loads,
            guard,
            color=ORANGE,
            linewidth=1,
            linestyle=(0, (4, 2)),
            label=say("factory limit") if first else None,
        )
        axes.fill_between(loads, guard, legal, color=ORANGE, alpha=0.08, linewidth=0)
    axes.axhline(0, color=GREY, linewidth=0.8)


def errors(
    series: Sequence[Series], steps: Sequence[Step], texts: tuple[str, str, str], say: Say
) -> str:
    """Errors against load. texts: title, and names of both axes with units."""
    figure, axes = _axes(2.9, *texts)
    _envelope(axes, steps, say)
    colours = iter(COLOURS * (1 + len(series) // len(COLOURS)))
    for one in series:
        colour = TEAL if one.down else next(colours)
        marker = "v" if one.down else "^" if len(series) < 3 else "o"
        axes.plot(
            one.x, one.y, color=colour, marker=marker, markersize=4.5, linewidth=1.2,
            linestyle="--" if one.down else "-", label=one.name,
        )  # fmt: skip
        if one.u:
            axes.errorbar(one.x, one.y, yerr=one.u, fmt="none", ecolor=colour, elinewidth=0.9,
                          capsize=2.5)  # fmt: skip
    ways = {one.down: one for one in series}
    if len(series) == 2 and len(ways) == 2:
        back = dict(zip(ways[True].x, ways[True].y, strict=True))
        there = zip(ways[False].x, ways[False].y, strict=True)
        both = [(x, y, back[x]) for x, y in there if x in back]
        if both:
            x, up, down = zip(*both, strict=True)
            axes.fill_between(x, up, down, color=BLUE, alpha=0.13, linewidth=0)
    axes.margins(x=0.02)
    return _finish(figure, axes, "errors")


def repeatability(
    series: Sequence[Series], limits: Sequence[float], texts: tuple[str, str, str], say: Say
) -> str:
    """Errors of repeated weighings in turn; limits: by how much a series may spread."""
    figure, axes = _axes(2.6, *texts)
    start = 0
    ticks = []
    for one, limit, colour in zip(
        series, limits, COLOURS * (1 + len(series) // len(COLOURS)), strict=False
    ):
        x = [start + number for number in range(1, len(one.y) + 1)]
        low, high = min(one.y), max(one.y)
        middle = (low + high) / 2
        axes.fill_between(
            [start + 0.5, start + len(one.y) + 0.5],
            middle - limit / 2,
            middle + limit / 2,
            color=colour,
            alpha=0.08,
            linewidth=0,
        )
        for bound in (low, high):
            axes.plot([x[0], x[-1]], [bound, bound], color=colour, linewidth=0.7, linestyle=":")
        axes.plot(x, one.y, color=colour, marker="o", markersize=4.5, linewidth=0.9,
                  label=one.name)  # fmt: skip
        ticks += [(place, str(number)) for number, place in enumerate(x, 1)]
        start += len(one.y) + 1
    axes.set_xticks([place for place, _ in ticks], [name for _, name in ticks])
    return _finish(figure, axes, "repeatability")


def eccentricity(places: Sequence[Place], title: str, front: str) -> str:
    """The platform from above, with the error at each place; `front` says where it is."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Circle, FancyBboxPatch

    tones = {"good": GREEN, "warn": ORANGE, "bad": RED}
    figure = Figure(figsize=(3.4, 3.2))
    axes = figure.add_axes((0.02, 0.01, 0.96, 0.88))
    _write(figure.text(0.04, 0.93, title), 10)
    axes.set_aspect("equal")
    axes.set(xlim=(-1.25, 1.25), ylim=(-1.3, 1.1), xticks=[], yticks=[])
    axes.set_axis_off()
    axes.add_patch(
        FancyBboxPatch((-1.08, -0.98), 2.16, 1.96, boxstyle="round,pad=0,rounding_size=0.12",
                       facecolor="#f4f6f8", edgecolor=GREY, linewidth=1.3)
    )  # fmt: skip
    for sign in (-1, 1):
        axes.plot([0.36 * sign] * 2, [-0.98, 0.98], color="#d9dde1", linewidth=0.7, zorder=1)
        axes.plot([-1.08, 1.08], [0.33 * sign] * 2, color="#d9dde1", linewidth=0.7, zorder=1)
    for place in places:
        x, y = 0.72 * place.x, 0.62 * place.y
        colour = tones.get(place.tone, GREY)
        axes.add_patch(
            Circle((x, y + 0.06), 0.225, facecolor="white", edgecolor=colour, linewidth=1.6,
                   zorder=2)
        )  # fmt: skip
        _write(axes.text(x, y + 0.06, place.text, ha="center", va="center", color=colour), 9)
        _write(axes.text(x, y - 0.19, place.name, ha="center", va="top", color="#444444"), 7)
    _write(axes.text(0, -1.06, front, ha="center", va="top", color="#444444"), 8)
    return _svg(figure, "eccentricity")


def creep(
    change: Series,
    limits: Sequence[tuple[float, float, float, float, str]],
    texts: tuple[str, str, str],
    returned: tuple[float, float, str] | None = None,
) -> str:
    """The change of an indication over minutes.

    limits: (from minute, to minute, around what, plus or minus so much, name). returned: (minute,
    change of zero, name), when the load had gone.
    """
    figure, axes = _axes(2.6, *texts)
    axes.axhline(0, color=GREY, linewidth=0.8)
    for (start, end, centre, most, name), colour in zip(
        limits, (RED, ORANGE, PURPLE), strict=False
    ):
        for sign in (1, -1):
            axes.plot([start, end], [centre + sign * most] * 2, color=colour, linewidth=1.2,
                      label=name if sign == 1 else None)  # fmt: skip
    axes.plot(change.x, change.y, color=BLUE, marker="o", markersize=4.5, linewidth=1.2,
              label=change.name)  # fmt: skip
    if returned is not None:
        minute, off, name = returned
        axes.plot([minute], [off], color=TEAL, marker="s", markersize=5, linestyle="none",
                  label=name)  # fmt: skip
    axes.margins(x=0.03)
    return _finish(figure, axes, "creep")


def bars(
    names: Sequence[str],
    values: Sequence[float],
    limits: Sequence[float],
    texts: tuple[str, str, str],
    say: Say,
) -> str:
    """Values side by side, each with its own limit on both sides."""
    figure, axes = _axes(2.3, *texts)
    axes.axhline(0, color=GREY, linewidth=0.8)
    x = range(len(names))
    axes.bar(x, values, width=0.36, color=BLUE, label=say("change"))
    for place, limit in zip(x, limits, strict=True):
        for sign in (1, -1):
            axes.plot([place - 0.33, place + 0.33], [sign * limit] * 2, color=RED, linewidth=1.3,
                      label=say("legal limit") if place == 0 and sign == 1 else None)  # fmt: skip
    axes.set_xticks(list(x), [printable(name) for name in names])
    axes.margins(x=0.05)
    return _finish(figure, axes, "bars")
