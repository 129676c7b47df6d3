"""`steelyard doctor`: what is wrong with cell, cable and converter, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Group
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text
from steelyard_wire.codes import fault_name

from steelyard import doctor_plot
from steelyard.access import opened
from steelyard.client import Identity, Terminal
from steelyard.commands import Address, Json
from steelyard.commands.hands import by_hand
from steelyard.diagnosis import diagnose
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.facts import facts_of
from steelyard.findings import FAULT, Facts, Report
from steelyard.output import errors, show
from steelyard.trace import Trace, save

PAGE = "docs/doctor.md"
_SETTLE_S = 3.0  # a platform at 3 Hz with a damping of 0.03 has lost 80 % of its swing


def listen(terminal: Terminal, seconds: float, what: str) -> Trace:
    """A trace, with a bar on a screen."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
    )
    with Progress(
        *columns, console=errors, transient=True, disable=not errors.is_terminal
    ) as progress:
        task = progress.add_task(what, total=seconds)
        return terminal.trace(seconds, lambda passed: progress.update(task, completed=passed))


def _signal(trace: Trace, report: Report) -> dict[str, Any]:
    """The numbers of a trace, for the report."""
    counts = trace.counts[trace.good].astype(np.float64)
    found, number = np.unique(trace.faults, return_counts=True)
    some = len(counts) > 0
    return {
        "samples": len(trace),
        "seconds": round(trace.seconds, 3),
        "rate_hz": round(trace.rate_hz, 3),
        "lost": trace.lost,
        "faults": {
            fault_name(int(code)): int(times)
            for code, times in zip(found, number, strict=True)
            if code
        },
        "mean": round(float(counts.mean()), 1) if some else None,
        "deviation": round(float(counts.std()), 1) if some else None,
        "peak_to_peak": int(np.ptp(counts)) if some else None,
        "white_noise": round(report.spectrum.white, 1) if report.spectrum else None,
        "lines": [
            {"hz": round(line.hertz, 3), "counts": round(line.amplitude, 1)}
            for line in (report.spectrum.lines if report.spectrum else ())
        ],
        "ring_hz": round(report.ring.hertz, 3) if report.ring else None,
        "damping": round(report.ring.damping, 4) if report.ring else None,
    }


def as_data(identity: Identity, trace: Trace, facts: Facts, report: Report) -> dict[str, Any]:
    """The report as one JSON object."""
    return {
        "ok": not report.findings,
        "serial": identity.serial or None,
        "board": identity.board,
        "converter": identity.converter,
        "findings": [vars(finding) for finding in report.findings],
        "checked": report.checked,
        "unchecked": report.unchecked,
        "signal": _signal(trace, report),
        "facts": vars(facts),
    }


def for_people(report: Report, trace: Trace) -> Group:
    """The findings with what to do, then what was looked at."""
    parts: list[Any] = []
    for finding in report.findings:
        colour = "red" if finding.severity == FAULT else "yellow"
        head = Text(f"{finding.id.replace('_', ' ')} ", f"bold {colour}")
        parts.append(head + Text(f"({finding.severity})", colour))
        parts += [Text(f"  {finding.sentence}"), Text(f"  Do: {finding.advice}"), Text()]
    if not report.findings:
        parts.append(Text("nothing wrong found", "bold green"))
    parts.append(
        Text(
            f"looked at {len(trace)} samples ({trace.rate_hz:.1f} a second): "
            + ", ".join(report.checked)
        )
    )
    parts += [Text(f"not checked: {text}") for text in report.unchecked]
    if report.findings:
        parts.append(Text(f"each finding is explained in {PAGE}", "dim"))
    return Group(*parts)


def _picture(plot: Path | None, identity: Identity) -> Path:
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in identity.serial)
    return plot or Path(f"doctor-{name or identity.board}.png")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def doctor(
        address: Address,
        seconds: Annotated[
            float, typer.Option(min=4, max=120, help="How long to listen to the empty scale.")
        ] = 10.0,
        load: Annotated[
            bool, typer.Option("--load", help="Then ask for a load, any one: shows swapped wires.")
        ] = False,
        loaded: Annotated[
            bool,
            typer.Option("--loaded", help="Something stays on the platform: zero is not judged."),
        ] = False,
        plot: Annotated[
            Path | None, typer.Option(help="File of the picture; else doctor-SERIAL.png.")
        ] = None,
        save_to: Annotated[
            Path | None, typer.Option("--save", help="Write the samples to this CSV file too.")
        ] = None,
        as_json: Json = False,
    ) -> int:
        """Listen to the converter for 10 s; say what is wrong with the wiring, and what to do.

        Take everything off the platform first, and touch nothing while it listens. Nothing in the
        terminal is changed. It ends with exit code 1 if something is wrong; docs/doctor.md
        explains each finding.

        Example: steelyard doctor /dev/ttyACM0 --load
        """
        ask = by_hand("nothing was changed", "Run it in a terminal, or without --load")
        if plot is not None and not plot.resolve().parent.is_dir():
            raise UserError(USAGE, f"{plot} cannot be written: there is no such folder")
        with opened(address) as (terminal, identity):
            trace = listen(terminal, seconds, "listening to the empty scale")
            facts = facts_of(terminal, identity, not loaded, trace.rate_hz)
            counters = {name: int(number) for name, number in terminal.faults().items()}
            under = None
            if load:
                ask("Put any load on the platform")
                listen(terminal, _SETTLE_S, "waiting for it to rest")
                under = listen(terminal, max(4.0, seconds / 2), "listening to the load")
        report = diagnose(trace, facts, under)
        if save_to is not None:
            save(trace, save_to)
        picture = _picture(plot, identity)
        shown = {**as_data(identity, trace, facts, report), "counters": counters}
        try:
            title = identity.serial or identity.board
            doctor_plot.write(doctor_plot.draw(trace, facts, report, title), picture)
            shown["plot"] = str(picture)
        except UserError:
            if plot is not None:
                raise
            shown["plot"] = None  # it was not asked for: the folder is not ours to write
        people = for_people(report, trace)
        note = Text(f"picture: {picture}") if shown["plot"] else Text("no picture: see --plot")
        show(shown, as_json, Group(people, note))
        return VERDICT if report.findings else OK
