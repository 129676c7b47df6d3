"""`steelyard test`: the type test of OIML R 76 on one scale, by hand or in a virtual world."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from steelyard_wire.quantity import unit_name

from steelyard import saved
from steelyard.access import opened
from steelyard.client import Terminal
from steelyard.commands import Address, Json
from steelyard.commands.hands import Prompt, by_hand
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.instrument import Hands, Instrument, Row, Section
from steelyard.output import errors, show
from steelyard.simulator import World
from steelyard.type_test import SECTIONS, run

_REST_S = 3.0
_ONLY = f"Some sections alone: {', '.join(SECTIONS)}."


class Person:
    """Somebody at the scale, who does what is printed and presses Enter."""

    def __init__(self, unit: str, prompt: Prompt) -> None:
        self._unit = unit
        self._prompt = prompt

    def put(self, load: Fraction, place: str = "centre") -> None:
        """See type_test.Hands."""
        text = f"Have {_decimal(load)} {self._unit} on the platform" if load else "Take all off"
        self._prompt(text + (f", {place}" if place != "centre" else ""))

    def push(self, load: Fraction) -> None:
        """See type_test.Hands."""
        self._prompt("Press on the platform, let go and press Enter at the same moment")

    def wait(self, seconds: float) -> None:
        """See type_test.Hands."""
        if seconds > 60:
            self._prompt(f"Leave everything as it is for {seconds / 60:g} minutes")
        else:
            time.sleep(seconds)

    def air(self, celsius: float) -> None:
        """See type_test.Hands."""
        self._prompt(f"Have the scale at {celsius:g} degrees Celsius for two hours")


class Simulated:
    """The world of a virtual terminal, whose time is held but for what is asked."""

    def __init__(self, world: World, unit: str) -> None:
        if unit not in ("kg", "g"):
            raise UserError(USAGE, f"the virtual world has kg and g, not {unit}")
        self._world = world
        self._unit = unit
        self._speed = json.loads(world("state"))["speed"]
        world("speed 0")

    def let_go(self) -> None:
        """Time passes again as it did."""
        self._world(f"speed {self._speed}")
        self._world.close()

    def put(self, load: Fraction, place: str = "centre") -> None:
        """See type_test.Hands."""
        self._world(f"place {_decimal(load)} {self._unit} {place}" if load else "remove")
        self.wait(_REST_S)

    def push(self, load: Fraction) -> None:
        """See type_test.Hands."""
        self._world(f"place {_decimal(load * Fraction(104, 100))} {self._unit}")
        self.wait(0.15)
        self._world(f"place {_decimal(load)} {self._unit}")
        self.wait(0.1)

    def wait(self, seconds: float) -> None:
        """See type_test.Hands."""
        self._world(f"advance {seconds:g} s")

    def air(self, celsius: float) -> None:
        """See type_test.Hands."""
        # Two hours of soaking, which a virtual body has at once.
        self._world(f"temperature {celsius:g} now")
        self.wait(60)


def _decimal(number: Fraction) -> str:
    """Exact decimal text; loads are whole tenths of e, and e is 1, 2 or 5 times a power of ten."""
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return f"{exact:f}"


def _plain(value: object) -> object:
    return _decimal(value) if isinstance(value, Fraction) else value


def _report(instrument: Instrument, sections: list[Section]) -> dict[str, Any]:
    return {
        "plan": "r76-type",
        "class": instrument.accuracy,
        "ranges": [[_decimal(most), _decimal(e)] for most, e in instrument.ranges],
        "zero tracking": "in operation" if instrument.tracking else "not in operation",
        "passed": bool(sections) and all(section.passed for section in sections),
        "sections": [
            {
                "name": section.name,
                "clause": section.clause,
                "passed": section.passed,
                "rows": [
                    {name: _plain(value) for name, value in asdict(row).items()}
                    for row in section.rows
                ],
            }
            for section in sections
        ],
    }


def _tables(instrument: Instrument, sections: list[Section], unit: str) -> RenderableType:
    # As many figures as a twentieth of e has: half of a small weight.
    exponent = Decimal(_decimal(instrument.e / 20)).as_tuple().exponent
    places = max(0, -int(exponent))
    tables = []
    for section in sections:
        verdict = "passed" if section.passed else "FAILED"
        table = Table(
            title=f"{section.name} (R 76-1, {section.clause}): {verdict}",
            title_justify="left",
            box=box.SIMPLE_HEAD,
            pad_edge=False,
        )
        for heading in ("", f"load {unit}", "shown", "added", "error", "limit", ""):
            table.add_column(heading, justify="left" if not heading else "right")
        for row in section.rows:
            numbers = (row.load, row.indication, row.added, row.error, row.limit)
            texts = [
                "-" if number is None else f"{float(number):.{places}f}" for number in numbers
            ]
            table.add_row(row.what, *texts, "" if row.passed else "FAILED")
        tables.append(table)
    return Group(*tables)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("test")
    def type_test(
        address: Address,
        plan: Annotated[str, typer.Option(help="r76-type is all there is.")] = "r76-type",
        only: Annotated[list[str] | None, typer.Option(help=_ONLY)] = None,
        world: Annotated[
            str, typer.Option(help="The virtual terminal's world: it puts the loads on.")
        ] = "",
        save: Annotated[Path | None, typer.Option(help="Keep the report (JSON) here.")] = None,
        as_json: Json = False,
    ) -> int:
        """Try a scale as OIML R 76 asks of a type, and give a verdict for each clause.

        Each error is found by the changeover point: weights of a tenth of e are added until the
        indication is one interval more. By hand that is a day's work and a climatic chamber;
        --only does a part of it. Zero is set, tare is taken and weights are registered.

        Example: steelyard test /dev/ttyACM0 --only weighing --only eccentricity
        """
        if plan != "r76-type":
            raise UserError(USAGE, f"there is no plan {plan!r}; there is r76-type")
        names = list(only or SECTIONS)
        for name in names:
            if name not in SECTIONS:
                raise UserError(USAGE, f"there is no section {name!r}: {', '.join(SECTIONS)}")
        with opened(address) as (terminal, _):
            unit = unit_name(int(terminal.config()["unit"]))
            hands = _hands(terminal, world, unit)
            instrument = Instrument(terminal, hands)
            try:
                sections = run(instrument, names, _say)
            finally:
                if isinstance(hands, Simulated):
                    hands.let_go()
            report = _report(instrument, sections)
        if save is not None:
            saved.save(save, json.dumps(report, indent=1) + "\n")
        show(report, as_json, _tables(instrument, sections, unit))
        return OK if report["passed"] else VERDICT


def _hands(terminal: Terminal, world: str, unit: str) -> Hands:
    if world:
        return Simulated(World(world), unit)
    stays = "nothing is kept of the test"
    return Person(unit, by_hand(stays, f"Say --world for {terminal.address} if it is virtual"))


def _say(name: str, row: Row) -> None:
    """A row as it comes, on a screen: the test takes long."""
    if errors.is_terminal:
        verdict = "" if row.passed else "  FAILED"
        errors.print(
            f"{name}: {row.what} {_decimal(row.load)}, off by {_decimal(row.error)}{verdict}"
        )
