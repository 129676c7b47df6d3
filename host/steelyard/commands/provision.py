"""`steelyard provision`: a key for a terminal; with a plan, all the way to a sealed one."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from steelyard.access import opened
from steelyard.client import Terminal
from steelyard.commands import Json
from steelyard.commands.dialogue import is_attended
from steelyard.commands.keys_issue import desk
from steelyard.commands.test import hands_for, operator_of
from steelyard.errors import OK, USAGE, UserError
from steelyard.factory import bench, flow
from steelyard.factory import product as products
from steelyard.factory.instrument import Hands
from steelyard.factory.loading import Loading
from steelyard.factory.look_ahead import look_ahead
from steelyard.factory.work import Work
from steelyard.keys.issuing import Desk
from steelyard.keys.passphrase import Passphrase
from steelyard.output import errors, show
from steelyard.provisioning import check_serial, provision_terminal
from steelyard.sealing import PASSPHRASE
from steelyard.store import Store
from steelyard.turns import turn

_BUSY_S = 2.0
_QUIET_S = 5.0
_BY_HAND = ("commission", "calibrate", "test", "verify")
_ADDRESS = "Where the terminal is; with a plan, several."
_SERIAL = "Serial number, e.g. SY-0001. With a plan: if not its next one."
_PLAN = "What it is to become (docs/factory.md): from a bare board to a sealed terminal."
_PORTS = "More addresses, with commas."
_BENCH = "A file that names the terminals of a bench, and who puts their loads on."
_WORLD = "Of each virtual terminal, in order: its world, which puts the loads on."
_HANDLER = "Of each terminal, in order: its weight handler's address."


class _Progress:
    """What each place is at; drawn on a screen, lines without one.

    A line when a step begins and when it ends, and between them what it is at, not too often:
    nobody is to wonder whether anything goes on.
    """

    def __init__(self, places: Sequence[bench.Place]) -> None:
        self._steps = [step.name for step in flow.STEPS]
        self.at = {place.address: ("", 0.0, "waits") for place in places}
        self._said = dict.fromkeys(self.at, time.monotonic())
        self.drawn = False
        self.dialogue = False

    def tell(self, address: str, step: str, share: float, words: str) -> None:
        self.at[address] = (step, share, words)
        if not self.drawn and (share >= 1.0 or words == flow.BEGINS):
            self._say(address)

    def _say(self, address: str) -> None:
        step, _, words = self.at[address]
        self._said[address] = time.monotonic()
        errors.print(f"{address}: {step}: {words}", markup=False)

    def remind(self, results: Sequence[bench.Result]) -> None:
        """A line for each place of which nothing was said for a while."""
        for result in results:
            address = result.place.address
            step, _, words = self.at[address]
            # A dialogue says itself what it is at.
            quiet = result.seconds or not step or (self.dialogue and step in _BY_HAND)
            if not quiet and time.monotonic() > self._said[address] + _QUIET_S:
                self.at[address] = (step, 0.0, words if words != flow.BEGINS else "goes on")
                self._say(address)

    def table(self, results: Sequence[bench.Result]) -> Table:
        """One line for each place."""
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
        for heading in ("terminal", "serial", "step", ""):
            table.add_column(heading, no_wrap=True)
        table.add_column(no_wrap=True, ratio=1)  # a long sentence is cut, and no address
        for result in results:
            address = result.place.address
            step, share, words = self.at[address]
            done = self._steps.index(step) + share if step else 0.0
            style, said = "", words
            if result.seconds:
                style = "green" if result.code == OK else "red"
                said = f"done in {result.seconds:.0f} s" if result.code == OK else result.why
            bar = ProgressBar(total=len(self._steps), completed=done, width=20)
            table.add_row(
                Text(address), Text(result.serial or "-"), Text(step), bar, Text(said, style)
            )
        return table


def _folder(store: Store, run: str) -> Path:
    folder = store.folder / "runs" / run
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            USAGE,
            f"cannot make the folder {folder}: {error.strerror}. Free space, or let this user"
            " write there; then run the same command again",
        ) from None
    return folder


def provision_all(
    places: Sequence[bench.Place], product: products.Product, store: Store, operator: str
) -> list[bench.Result]:
    """Serve all places of a bench; their results."""
    bench.check(places)
    if not operator:
        raise UserError(
            USAGE,
            "who does it is in the records, and nobody knows: say --operator NAME, or have it in"
            " STEELYARD_OPERATOR",
        )
    look_ahead(product, any(place.world or place.handler for place in places))
    flow.check_clock(store)
    station = _station(product, store)
    progress = _Progress(places)

    def serve(
        place: bench.Place, result: bench.Result, halt: threading.Event
    ) -> Mapping[str, Any]:
        name = station.key.public.name
        run = flow.begin(store, product, place.address, place.serial, operator, name)
        result.serial = run.serial

        def hands(
            terminal: Terminal, loading: Loading | None, back: bool
        ) -> AbstractContextManager[Hands]:
            return hands_for(terminal, place.world, place.handler, loading, halt, back)

        def told(step: str, share: float, words: str) -> None:
            progress.tell(place.address, step, share, words)

        work = Work(
            address=place.address,
            product=product,
            store=store,
            run=run,
            folder=_folder(store, run.id),
            desk=station,
            hands=hands,
            operator=operator,
            told=told,
            halt=halt,
        )
        # A run may be found by its number, too: not by two at once.
        with turn(work.transcript, _BUSY_S):
            return flow.carry_on(work)

    # A person has a dialogue there instead, and lines for each step.
    handled = all(one.world or one.handler for one in places)
    progress.drawn = errors.is_terminal and handled
    progress.dialogue = is_attended() and not handled
    if not progress.drawn:
        return bench.run(places, serve, progress.remind)
    # What stands there at the end is the result alone.
    with Live(console=errors, auto_refresh=False, transient=True) as live:
        return bench.run(
            places, serve, lambda results: live.update(progress.table(results), refresh=True)
        )


def _station(product: products.Product, store: Store) -> Desk:
    """The station, its passphrase asked for once."""
    source = os.environ.get(PASSPHRASE)
    plan = product.station
    return desk(plan.key, plan.log, store, Passphrase(Path(source) if source else None))


def _places(
    addresses: list[str], ports: str, serial: str, worlds: list[str], handlers: list[str]
) -> list[bench.Place]:
    named = [*addresses, *(one.strip() for one in ports.split(",") if one.strip())]
    if not named:
        raise UserError(USAGE, "say where the terminal is: its ADDRESS, or --bench FILE")
    if serial and len(named) > 1:
        raise UserError(
            USAGE, "--serial is for one terminal; the plan, or a bench file, numbers several"
        )
    for name, given in (("--world", worlds), ("--handler", handlers)):
        if given and len(given) != len(named):
            raise UserError(USAGE, f"{name} once for each terminal, in their order")
    return [
        bench.Place(
            address,
            serial,
            worlds[at] if worlds else "",
            handlers[at] if handlers else "",
        )
        for at, address in enumerate(named)
    ]


def _show(results: Sequence[bench.Result], as_json: bool) -> int:
    for result in results:
        if result.trace and os.environ.get("STEELYARD_DEBUG"):
            errors.print(result.trace, markup=False)
    if len(results) == 1 and results[0].code != OK and not as_json:
        raise UserError(results[0].code, results[0].why)
    rows = [
        {
            "address": result.place.address,
            "serial": result.serial,
            "ok": result.code == OK,
            "why": result.why,
            "seconds": round(result.seconds, 1),
            "steps": json.loads(json.dumps(result.found, default=str)),
        }
        for result in results
    ]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("terminal", "serial", "", "seconds"):
        table.add_column(heading, overflow="fold")
    for result in results:
        said = "sealed and verified" if result.code == OK else result.why
        table.add_row(
            Text(result.place.address),
            Text(result.serial or "-"),
            Text(said),
            f"{result.seconds:.0f}",
        )
    show({"ok": bench.exit_code(results) == OK, "terminals": rows}, as_json, table)
    return bench.exit_code(results)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def provision(
        address: Annotated[
            list[str] | None,
            typer.Argument(metavar="[ADDRESS]...", help=_ADDRESS, show_default=False),
        ] = None,
        serial: Annotated[str | None, typer.Option(help=_SERIAL, show_default=False)] = None,
        plan: Annotated[Path | None, typer.Option(help=_PLAN)] = None,
        ports: Annotated[str, typer.Option(help=_PORTS)] = "",
        bench_file: Annotated[Path | None, typer.Option("--bench", help=_BENCH)] = None,
        world: Annotated[list[str] | None, typer.Option(help=_WORLD)] = None,
        handler: Annotated[
            list[str] | None, typer.Option("--auto", "--handler", help=_HANDLER)
        ] = None,
        operator: Annotated[str, typer.Option(help="Who does it, for the records.")] = "",
        as_json: Json = False,
    ) -> int:
        """Give a terminal its serial number and let it make its signing key; or, with a plan, take
        bare boards all the way to sealed and verified terminals.

        The key is made on the terminal and stays there; this host keeps the public key and the
        key for the network link. Running it again changes nothing.

        With --plan: flash, key, certify, configure, commission, calibrate, test, report, seal,
        label, verify. Each step is read back and compared; after a pulled cable or Ctrl-C the
        same command goes on where it stopped.

        Example: steelyard provision /dev/ttyACM0 --serial SY-0001

        Example: steelyard provision /dev/ttyACM0 --plan market.toml
        """
        addresses = list(address or [])
        store = Store()
        if plan is not None:
            product = products.load(plan)
            if bench_file is not None:
                if addresses or ports or serial or world or handler:
                    raise UserError(USAGE, "--bench names everything about the terminals")
                places = bench.read(bench_file)
            else:
                given = (list(world or []), list(handler or []))
                places = _places(addresses, ports, serial or "", *given)
            return _show(provision_all(places, product, store, operator_of(operator)), as_json)
        if len(addresses) != 1 or ports or bench_file or world or handler:
            raise UserError(USAGE, "one ADDRESS; several, or a bench, need a plan: --plan FILE")
        if serial is None:
            raise UserError(USAGE, "say its serial number, --serial SY-0001, or --plan FILE")
        check_serial(serial)
        with opened(addresses[0], store) as (terminal, _):
            show(provision_terminal(terminal, store, serial), as_json)
        return OK
