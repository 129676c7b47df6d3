"""`steelyard test`: a plan carried out on one scale, by hand, by a machine, in a virtual world."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text
from steelyard_wire.quantity import unit_name

from steelyard import gravity, saved
from steelyard.access import opened
from steelyard.client import Terminal
from steelyard.commands import Address, Json
from steelyard.commands.dialogue import is_attended, technician
from steelyard.commands.hands import by_hand, by_word
from steelyard.commands.test_tables import announce, in_a_word, tables
from steelyard.errors import INTERRUPTED, OK, USAGE, VERDICT, UserError
from steelyard.factory import plan as plans
from steelyard.factory import scales
from steelyard.factory.hands import Handler, Person, Simulated
from steelyard.factory.instrument import METHODS, Hands, Instrument
from steelyard.factory.loading import Loading
from steelyard.factory.papers import known_here
from steelyard.factory.test_record import TestRecord, from_json, to_json
from steelyard.factory.testing import Stopped, Surroundings, carry_out
from steelyard.output import errors, show
from steelyard.simulator import World
from steelyard.store import Store

_PLAN = "A plan by its name (initial-verification, production, r76-type, retest), or a file."
_WEIGHTS = "The register of the weights that are put on (docs/weights.md)."
WORLD = "The virtual terminal's world: it puts the loads on."
_HERE = 'Where it is tested, if not where it will weigh: "30.27,10" or "9.79345".'
HANDLER = "A weight handler: its serial port, or socket://HOST:PORT."
_METHOD = "How errors are found, if not as the plan says: changeover or fine."


@contextmanager
def hands_for(
    terminal: Terminal,
    world: str = "",
    handler: str = "",
    loading: Loading | None = None,
    halt: threading.Event | None = None,
    back: bool = False,
) -> Iterator[Hands]:
    """Whoever puts loads on: a virtual world, a machine, else a person; back: as technician."""
    if world and handler:
        raise UserError(USAGE, "either --world or --handler")
    if not world and not handler and is_attended():
        with technician(terminal, halt, back=back) as somebody:
            yield somebody
        return
    unit = unit_name(int(terminal.config()["unit"]))
    hands: Hands
    if world:
        hands = Simulated(World(world), unit, loading.errors() if loading else None, halt)
    elif handler:
        hands = Handler(handler, unit, halt=halt)
    else:
        stays = "nothing is kept of the test"
        words = (stays, f"Say --world for {terminal.address} if it is virtual")
        hands = Person(unit, by_hand(*words, halt), by_word(*words, halt))
    try:
        yield hands
    finally:
        hands.let_go()


def _gravity(here: str, terminal: Terminal) -> Fraction:
    """Of here over that of the place for which the terminal was adjusted; UserError."""
    if not here:
        return Fraction(1)
    said = terminal.calibrate("STATUS")["gravity"]
    if "," not in said:
        raise UserError(USAGE, "the terminal was adjusted for the place it is at: without --here")
    return Fraction(gravity.of_place(here, "--here"), int(said.split(",")[1]))


def loading_of(path: Path | None, terminal: Terminal) -> Loading | None:
    """The weights of a register's file, for a terminal; UserError."""
    if path is None:
        return None
    return Loading.of_file(path, scales.of_config(terminal.config()))


def operator_of(named: str) -> str:
    """Who does it: as named, else as this computer knows the user."""
    return named or os.environ.get("STEELYARD_OPERATOR") or os.environ.get("USER") or ""


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("test")
    def test(
        address: Address,
        plan: Annotated[str, typer.Option(help=_PLAN)] = "r76-type",
        only: Annotated[list[str] | None, typer.Option(help="Some phases alone.")] = None,
        method: Annotated[str, typer.Option(help=_METHOD)] = "",
        weights: Annotated[Path | None, typer.Option(help=_WEIGHTS)] = None,
        world: Annotated[str, typer.Option(help=WORLD)] = "",
        handler: Annotated[str, typer.Option("--auto", "--handler", help=HANDLER)] = "",
        here: Annotated[str, typer.Option(help=_HERE)] = "",
        operator: Annotated[str, typer.Option(help="Who does it, for the record.")] = "",
        celsius: Annotated[float | None, typer.Option(help="Temperature of the room.")] = None,
        humidity: Annotated[float | None, typer.Option(help="Relative, in per cent.")] = None,
        save: Annotated[Path | None, typer.Option(help="Keep the record (JSON) here.")] = None,
        as_json: Json = False,
    ) -> int:
        """Carry out a test plan on a scale, with a verdict for each phase.

        Each measurement has its limits before it is made: the legal one, and the factory's, which
        leaves room. Errors are found by the changeover point (weights of a tenth of e are added
        until the indication is one interval more), or by the tenths of d that the terminal shows.
        Zero is set, tare is taken and weights are registered.

        Example: steelyard test /dev/ttyACM0 --plan initial-verification
        """
        chosen = plans.load(plan).only(list(only or []))
        if method and method not in METHODS:
            raise UserError(USAGE, f"--method is {' or '.join(METHODS)}, not {method!r}")
        said = {"celsius": celsius, "humidity": humidity}
        stopped = False
        with opened(address) as (terminal, identity):
            loading = loading_of(weights, terminal)
            if identity.dev:
                with closing(Store()) as store:
                    chosen = chosen.by_papers(known_here(store, identity))
            around = Surroundings(
                station={"operator": operator_of(operator)},
                conditions={name: f"{it:g}" for name, it in said.items() if it is not None},
                weights=loading.rows if loading else tuple,
            )
            with hands_for(terminal, world, handler, loading) as hands:
                how = method or chosen.method
                instrument = Instrument(terminal, hands, how, loading, _gravity(here, terminal))
                try:
                    made = carry_out(chosen.by(method), instrument, around, *announce())
                except Stopped as interrupted:
                    made, stopped = interrupted.record, True
        return finish(made, save, as_json, stopped)


def finish(made: TestRecord, save: Path | None, as_json: bool, stopped: bool) -> int:
    """Keep and show a record; the exit code."""
    text = to_json(made)
    if made.dut["serial"]:
        with closing(Store()) as store:
            store.add_test(made)
        errors.print(f"kept as test {made.id}", markup=False)
    if save is not None:
        saved.save(save, text)
        errors.print(f"the record is in {save}", markup=False)
    whole = from_json(text)
    passed = whole.passes()
    verdict = Text(in_a_word(whole), "bold")
    verdict.append(" at the legal limits, ")
    verdict.append(in_a_word(whole, guarded=True), "bold")
    verdict.append(" at the factory's")
    show(json.loads(text), as_json, Group(*tables(whole), verdict))
    return INTERRUPTED if stopped else OK if passed else VERDICT
