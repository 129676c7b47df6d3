"""`steelyard soak` and `steelyard compensate`: what temperature does, logged, fitted, stored."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from steelyard_wire.quantity import unit_name

from steelyard import soak
from steelyard.access import opened
from steelyard.calibration import PATIENCE_S, Weight, Work, calibrate_terminal, parse_weight
from steelyard.client import Identity, Terminal
from steelyard.commands import Address, Json, Wait
from steelyard.commands.hands import by_hand
from steelyard.doctor_plot import write
from steelyard.errors import REFUSED, USAGE, UserError
from steelyard.facts import Line, calibration_of, interval_counts
from steelyard.output import errors, rows, show
from steelyard.simulator import World
from steelyard.soak_plot import draw
from steelyard.store import Store

_LISTEN_S = 2.0
_STORED = ("generation", "record", "check", "verdict")
Log = Annotated[Path, typer.Argument(metavar="LOG", help="The log: a CSV that grows.")]


def _look(terminal: Terminal, device: str, run: int, load: Weight, boot: str) -> soak.Row:
    """One row; UserError where there is no temperature or no sample, or it started again."""
    told = terminal.status()
    if told["boot"] != boot:
        raise UserError(
            REFUSED,
            "the terminal started again: how warm its load cell is nobody knows now. What was"
            " logged is kept; log another run when all is at rest",
        )
    if told["celsius"] == "-":
        raise UserError(
            REFUSED,
            f"the terminal at {terminal.address} has no thermometer, or it failed. Its board file"
            " says where there is one: THERMOMETER, in boards/README.md",
        )
    trace = terminal.trace(_LISTEN_S)
    if not trace.good.any():
        raise UserError(
            REFUSED, f"no good sample came. `steelyard doctor {terminal.address}` says why"
        )
    return soak.Row(
        device,
        run,
        Decimal(load[0]),
        load[1],
        int(told["up_ms"]) / 1000,
        float(told["celsius"]),
        float(trace.counts[trace.good].mean()),
    )


def _next_run(log: Path, identity: Identity) -> int:
    rows = soak.read(log) if log.exists() and log.stat().st_size else []
    _same(log, rows, identity)
    return 1 + max((row.run for row in rows), default=0)


def _same(log: Path, rows: list[soak.Row], identity: Identity) -> None:
    other = {row.device for row in rows} - {identity.dev.hex()}
    if other:
        raise UserError(
            USAGE,
            f"{log} is the log of another terminal ({', '.join(sorted(other))}); this one is"
            f" {identity.dev.hex()}. Name another file",
        )


class _Chamber:
    """Real time, or a virtual world whose air goes through some temperatures."""

    def __init__(self, world: str, air: str, each_min: float) -> None:
        if bool(air) is not bool(world):
            raise UserError(USAGE, "--world and --air belong together")
        try:
            self._air = [float(word) for word in air.split(",")] if air else []
        except ValueError:
            raise UserError(USAGE, f"{air!r} are no temperatures: say --air 20,40,5") from None
        self._left_s = 0.0
        self._each_s = each_min * 60
        self._world = World(world) if world else None
        if self._world is not None:
            self._speed = json.loads(self._world("state"))["speed"]
            self._world("speed max")

    def put(self, number: str, unit: str) -> None:
        """Have a virtual load on the platform, at rest."""
        if self._world is not None:
            self._world(f"place {number} {unit}")
            self._world("advance 3 s")

    def wait(self, seconds: float) -> bool:
        """Let time pass; False when the air has been through all."""
        if self._world is None:
            time.sleep(seconds)
            return True
        if self._left_s <= 0:
            if not self._air:
                return False
            self._world(f"temperature {self._air.pop(0):g}")
            self._left_s = self._each_s
        self._left_s -= seconds
        self._world(f"advance {seconds:g} s")
        return True

    def close(self) -> None:
        """Let virtual time pass as before."""
        if self._world is not None:
            self._world(f"speed {self._speed}")
            self._world.close()


def _log(
    look: Callable[[], soak.Row],
    log: Path,
    every: float,
    chamber: _Chamber,
    until_s: float,
) -> int:
    """Rows until the time is over, the chamber has ended or Ctrl-C; how many."""
    rows: list[soak.Row] = []
    try:
        while True:
            row = look()
            soak.append(log, row)
            rows.append(row)
            if errors.is_terminal:
                errors.print(f"{row.celsius:.2f} degrees, {row.counts:.1f} counts", markup=False)
            passed = row.seconds - rows[0].seconds
            if passed >= until_s or not chamber.wait(every):
                return len(rows)
    except KeyboardInterrupt:
        return len(rows)


def _as_data(found: soak.Fit, span_counts: float, e_counts: float) -> dict[str, Any]:
    """What was found, for a program."""
    return {
        "zero_counts_per_k": round(found.zero, 3),
        "zero_standard_error": round(found.zero_error, 3),
        "zero_e_in_5_k": round(found.zero * 5 / e_counts, 3),
        "span_ppm_per_k": round(found.span * 1e6, 3) if found.span_error else None,
        "span_standard_error": round(found.span_error * 1e6, 3) if found.span_error else None,
        "span_e_in_20_k": round(found.span * 20 * span_counts / e_counts, 3),
        "lag_s": round(found.lag_s, 1),
        "coldest": round(found.coldest, 2),
        "warmest": round(found.warmest, 2),
        "before_e_rms": round(found.before / e_counts, 3),
        "after_e_rms": round(found.after / e_counts, 3),
    }


def _for_people(data: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "lag_s" in data:
        said = {
            "zero": "{zero_counts_per_k:.2f} counts in a kelvin (+- {zero_standard_error:.2f}):"
            " {zero_e_in_5_k:+.2f} e in 5 K, 1 e is allowed (R 76-1, 3.9.2.3)",
            "span": "{span_ppm_per_k:.2f} ppm in a kelvin (+- {span_standard_error:.2f}):"
            " {span_e_in_20_k:+.2f} e in 20 K under the calibration's largest weight"
            if data["span_ppm_per_k"] is not None
            else "not found: no run had a load",
            "lag": "{lag_s:.0f} s behind the thermometer",
            "from": "{coldest:.1f} to {warmest:.1f} degrees",
            "in the log": "{before_e_rms:.2f} e rms, {after_e_rms:.3f} e compensated",
        }
    said = {name: text.format(**data) for name, text in said.items()}
    return said | {name: data[name] for name in _STORED if name in data}


def _store(
    terminal: Terminal, numbers: tuple[int, ...], check: str, wait: float
) -> dict[str, Any]:
    second = parse_weight(check, "--check") if check else None
    work = Work(keep=True, temperature=numbers, check=second)
    ask = by_hand("the calibration in force stays", "Leave out --check where nobody is there")
    store = Store()
    done = calibrate_terminal(terminal, store, work, ask, wait)
    return {name: done[name] for name in _STORED}


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command("soak")
    def log_soak(
        address: Address,
        log: Log,
        load: Annotated[str, typer.Option(help="What lies on it all the time, e.g. 10kg.")] = "",
        every: Annotated[float, typer.Option(min=5, help="Seconds between two looks.")] = 60.0,
        hours: Annotated[
            float, typer.Option(min=0.01, help="How long; Ctrl-C ends it too.")
        ] = 8.0,
        world: Annotated[
            str, typer.Option(help="The virtual terminal's world, for its air and its time.")
        ] = "",
        air: Annotated[str, typer.Option(help="With --world: its temperatures, 20,40,5.")] = "",
        each: Annotated[
            float, typer.Option(min=0.1, help="With --world: minutes at each.")
        ] = 120.0,
        as_json: Json = False,
    ) -> int:
        """Log what temperature does to a load that stays: counts beside the thermometer.

        Once with the empty platform and, in the same LOG, once with a large weight (--load), each
        over 5 K or more: a climatic chamber, or a hall by night and day. Begin when all has stood
        at one temperature for two hours. Nothing is changed; each look is kept at once, so Ctrl-C
        is a good end. Then: steelyard compensate ADDRESS LOG

        Example: steelyard soak /dev/ttyACM0 soak.csv --load 10kg
        """
        with opened(address) as (terminal, identity):
            config = terminal.config()
            unit = unit_name(int(config["unit"]))
            weight = parse_weight(load, "--load") if load else ("0", unit)
            if weight[1] != unit:
                raise UserError(USAGE, f"the terminal weighs in {unit}: give the load in {unit}")
            run = _next_run(log, identity)
            chamber = _Chamber(world, air, each)
            try:
                chamber.put(*weight)
                boot = terminal.status()["boot"]
                count = _log(
                    lambda: _look(terminal, identity.dev.hex(), run, weight, boot),
                    log,
                    every,
                    chamber,
                    hours * 3600,
                )
            finally:
                chamber.close()
        show({"log": str(log), "run": run, "load": " ".join(weight), "looks": count}, as_json)
        return 0

    @app.command()
    def compensate(
        address: Address,
        log: Annotated[Path | None, typer.Argument(metavar="LOG", help="Of `soak`.")] = None,
        check: Annotated[str, typer.Option(help="A weight, tried with it: 5kg.")] = "",
        look: Annotated[bool, typer.Option("--look", help="Show it; store nothing.")] = False,
        plot: Annotated[
            Path | None, typer.Option(help="A picture of the log and the fit.")
        ] = None,
        creep: Annotated[
            float, typer.Option(min=0, help="Minutes left out under a load, which creeps.")
        ] = soak.CREEP_S / 60,
        forget: Annotated[
            bool, typer.Option("--forget", help="Compensate no more; needs no LOG.")
        ] = False,
        wait: Wait = PATIENCE_S,
        as_json: Json = False,
    ) -> int:
        """Find in a log what a kelvin does to zero and span, and have the terminal take it off.

        It becomes a part of the calibration in force, as a new generation with a signed record;
        `steelyard calibrate --rollback` brings the one before back. Outside of the temperatures of
        the log a reading says TEMPERATURE.

        Example: steelyard compensate /dev/ttyACM0 soak.csv --plot soak.svg
        """
        if (log is None) is not forget:
            raise UserError(USAGE, "say the LOG of `steelyard soak`, or --forget")
        with opened(address) as (terminal, identity):
            config = terminal.config()
            calibration = calibration_of(terminal, config)
            if calibration is None:
                raise UserError(
                    REFUSED,
                    "a kelvin means nothing without a calibration. First: steelyard calibrate"
                    f" {address} --weight 10kg",
                )
            shown: dict[str, Any] = {}
            numbers: tuple[int, ...] = (0, 0, 0, 0, 0)
            if log is not None:
                looks = soak.read(log)
                _same(log, looks, identity)
                line = Line.of(calibration)
                span_counts = line.span - line.zero
                runs = soak.runs_of(looks, line.weight, creep * 60)
                found = soak.fit(runs, span_counts)
                numbers = found.numbers
                e_counts = interval_counts(calibration, config)
                shown = _as_data(found, span_counts, e_counts)
                if plot is not None:
                    write(draw(runs, found, span_counts, e_counts), plot)
            if look:
                shown["verdict"] = "not stored: only looked at"
            else:
                shown |= _store(terminal, numbers, check, wait)
        show(shown, as_json, rows(_for_people(shown)))
        return 0
