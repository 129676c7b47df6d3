"""`steelyard replay`: what another filter would have shown of recorded counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text
from steelyard_wire.codes import fault_name
from steelyard_wire.quantity import unit_name

from steelyard import doctor_plot, replay_plot, samples
from steelyard.access import opened
from steelyard.commands import Json
from steelyard.errors import USAGE, UserError
from steelyard.facts import Line, calibration_of, interval_counts
from steelyard.output import show
from steelyard.replay import PROFILES, Replayed, replay
from steelyard.trace import Trace, make

_ALL = "all"


@dataclass(frozen=True)
class Scale:
    """The scale that a recording is replayed on. calibration: None: counts, no weight."""

    config: dict[str, int] = field(default_factory=dict)
    calibration: dict[int, object] | None = None
    e: float = 0.0
    zero: float = 0.0
    per_unit: float = 1.0
    unit: str = "counts"


def scale_of(address: str) -> Scale:
    """Parameters and calibration of a terminal."""
    with opened(address) as (terminal, _):
        told = terminal.config()
        calibration = calibration_of(terminal, told)
    config = {name: int(value) for name, value in told.items()}
    if calibration is None:
        return Scale(config)
    line = Line.of(calibration)
    per_unit = (line.span - line.zero) / float(line.weight)
    unit = unit_name(config["unit"])
    interval = interval_counts(calibration, told)
    return Scale(config, calibration, interval, line.zero, per_unit, unit)


def _settings(texts: Sequence[str]) -> dict[str, int]:
    found = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not value.lstrip("-").isdigit():
            raise UserError(USAGE, f"{text!r} is no setting: say --set ring_mhz=9000")
        found[name.strip()] = int(value)
    return found


def _profiles(asked: Sequence[str]) -> list[str]:
    if _ALL in asked:
        return list(PROFILES)
    for name in asked:
        if name not in PROFILES:
            there = ", ".join((*PROFILES, _ALL))
            raise UserError(USAGE, f"there is no profile {name!r}; there are: {there}")
    return list(dict.fromkeys(asked)) or [PROFILES[0]]


def _part(trace: Trace, first_s: float, last_s: float | None) -> Trace:
    """The samples between two moments of the recording."""
    seconds = trace.times_ms / 1000
    wanted = (seconds >= first_s) & (seconds <= (np.inf if last_s is None else last_s))
    if wanted.sum() < 2:
        raise UserError(USAGE, f"the recording has {trace.seconds:.1f} s: nothing lies there")
    return make(trace.counts[wanted], trace.faults[wanted], trace.times_ms[wanted])


def as_data(trace: Trace, replayed: Sequence[Replayed]) -> dict[str, Any]:
    """The figures of every profile as one JSON object."""
    return {
        "samples": len(trace),
        "seconds": round(trace.seconds, 3),
        "rate_hz": round(trace.rate_hz, 3),
        "profiles": {
            one.profile: {
                "noise_counts": round(one.noise, 2),
                "stable_share": round(float(one.stable.mean()), 4),
                "faults": _faults(one),
                "change": None
                if one.change is None
                else {name: _rounded(value) for name, value in vars(one.change).items()},
            }
            for one in replayed
        },
    }


def _faults(one: Replayed) -> dict[str, int]:
    """Samples with each fault that the firmware saw, by name."""
    codes, times = np.unique(one.fault[one.fault != 0], return_counts=True)
    return {fault_name(int(code)): int(n) for code, n in zip(codes, times, strict=True)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def for_people(trace: Trace, replayed: Sequence[Replayed], scale: Scale) -> Group:
    """The figures as a table."""
    table = Table("profile", "settles", "stable after", "noise", "stable", "faults", box=None)
    for one in replayed:
        change = one.change
        noise = f"{one.noise / scale.e:.3f} e" if scale.e else f"{one.noise:.1f} counts"
        table.add_row(
            one.profile,
            "-" if change is None else f"{change.settle_s:.2f} s",
            "-" if change is None or change.stable_s is None else f"{change.stable_s:.2f} s",
            noise,
            f"{one.stable.mean():.0%} of the time",
            ", ".join(f"{name} {times}" for name, times in _faults(one).items()) or "-",
        )
    head = f"{len(trace)} samples, {trace.rate_hz:.1f} a second, {trace.seconds:.1f} s"
    change = next((one.change for one in replayed if one.change is not None), None)
    lines: list[Text | Table] = [Text(head), table]
    if change is not None:
        size = f"{change.size / scale.per_unit:+.6g} {scale.unit}"
        band = f"{change.band / scale.e:.2g} e" if scale.e else f"{change.band:.0f} counts"
        lines.append(
            Text(
                f"of the change by {size} at {change.at_s:.2f} s; settled is within {band}", "dim"
            )
        )
    return Group(*lines)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(name="replay")
    def command(
        recording: Annotated[
            Path,
            typer.Argument(
                help="CSV of `seconds,counts`, of `doctor --save`, or with more columns.",
                metavar="RECORDING",
                show_default=False,
            ),
        ],
        profile: Annotated[
            list[str] | None,
            typer.Option(help="Filter: default, ringing, stiff, dosing, vibrating, animal, all."),
        ] = None,
        column: Annotated[str, typer.Option(help="Column of the counts: name or number.")] = "",
        rate: Annotated[
            float, typer.Option(min=0, help="Samples a second; 0: by the times in the file.")
        ] = 0.0,
        like: Annotated[
            str, typer.Option(help="ADDRESS of a terminal: its parameters and calibration.")
        ] = "",
        setting: Annotated[
            list[str] | None, typer.Option("--set", help="A parameter, e.g. ring_mhz=9000.")
        ] = None,
        first: Annotated[float, typer.Option("--from", min=0, help="Begin at this second.")] = 0.0,
        last: Annotated[float | None, typer.Option("--to", help="End at this second.")] = None,
        plot: Annotated[
            Path | None, typer.Option(help="File of the picture; else RECORDING-replay.png.")
        ] = None,
        as_json: Json = False,
    ) -> int:
        """Run recorded counts through the firmware's own code: what would filter B have shown?

        Give --profile several times to compare filters. The picture has the raw samples, the
        filtered ones, the fast tap (with one profile), and where the terminal says stable or
        refuses to weigh. Without --like there is no calibration, and all is in counts.

        Example: steelyard replay trace.csv --profile default --profile stiff
        """
        names = _profiles(profile or [])
        settings = _settings(setting or [])
        trace = samples.load(recording, column, rate)
        if first or last is not None:
            trace = _part(trace, first, last)
        scale = scale_of(like) if like else Scale()
        replayed = replay(trace, names, {**scale.config, **settings}, scale.calibration, scale.e)
        picture = plot or Path(f"{recording.stem}-replay.png")
        figure = replay_plot.draw(
            trace, replayed, recording.name, scale.zero, scale.per_unit, scale.unit
        )
        doctor_plot.write(figure, picture)
        shown = {**as_data(trace, replayed), "plot": str(picture)}
        show(
            shown,
            as_json,
            Group(for_people(trace, replayed, scale), Text(f"picture: {picture}")),
        )
        return 0
