"""`steelyard watch` and `steelyard read`: the weight, live or signed."""

from __future__ import annotations

import secrets
import shlex
import sys
import time
from typing import Annotated

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text
from steelyard_wire import record
from steelyard_wire.codes import CONVERTER_FAULT, status_names
from steelyard_wire.quantity import UNITS, format_quantity, unit_name

from steelyard.access import after_signing, judge, opened
from steelyard.client import Terminal, when_still
from steelyard.commands import ALLOW_TEST_HINT, Address, AllowTest, Json, Wait
from steelyard.errors import USAGE, VERDICT, DeviceRefused, UserError
from steelyard.output import console, errors, rows, show
from steelyard.reading import Reading
from steelyard.store import Store

COLUMNS = ("value", "unit", "stable", "zero", "net", "sequence", "verdict")


def cells(reading: Reading, verdict: str = "-") -> tuple[str, ...]:
    """A reading as the cells of COLUMNS."""
    mark = {True: "yes", False: "no"}
    if reading.fault != "NONE":
        verdict = reading.fault
    elif reading.value is None:
        verdict = ", ".join(reading.flags) or "no weight yet"
    return (
        reading.value or "-",
        reading.unit if reading.legal else reading.unit + " *",
        mark[reading.stable],
        mark["CENTRE_ZERO" in reading.flags],
        mark["NET" in reading.flags],
        str(reading.n),
        verdict,
    )


def _print_rows(terminal: Terminal, end: float | None, unit: str) -> None:
    """For a file or a pipe: a row for each reading, as it comes."""
    console.print("  ".join(COLUMNS))
    while end is None or time.monotonic() < end:
        row = zip(cells(terminal.reading(unit), "unsigned"), COLUMNS, strict=True)
        console.print("  ".join(cell.ljust(len(head)) for cell, head in row), markup=False)
        sys.stdout.flush()
        time.sleep(0.2)


def _registered(terminal: Terminal, nonce: bytes, wait: float) -> tuple[int, bytes]:
    try:
        return when_still(lambda: terminal.register(nonce), wait)
    except DeviceRefused as refused:
        if refused.code == CONVERTER_FAULT:
            refused.sentence += (
                f". The fault is {terminal.reading().fault}; `steelyard doctor {terminal.address}`"
                " says what it means and what to do"
            )
        raise


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def watch(
        address: Address,
        seconds: Annotated[float, typer.Option(help="End after so long; 0: Ctrl-C.", min=0)] = 0,
        unit: Annotated[str, typer.Option(help=f"One of {', '.join(UNITS)}.")] = "",
        as_json: Json = False,
    ) -> int:
        """Show the weight live until Ctrl-C. Nothing is signed: `steelyard read` does that.

        Another unit is shown, never registered; "*" marks one that OIML R 76-1 does not have.

        sequence is the number that the next record will have; verdict says "unsigned", or why
        there is no weight. With --json each reading is a line of its own.

        Example: steelyard watch /dev/ttyACM0 --seconds 10
        """
        if unit and unit not in UNITS:
            raise UserError(USAGE, f"there is no unit {unit!r}; there are: {', '.join(UNITS)}")
        end = time.monotonic() + seconds if seconds else None
        with opened(address) as (terminal, _):
            if as_json:
                while end is None or time.monotonic() < end:
                    show(vars(terminal.reading(unit)), True)
                    time.sleep(0.2)
                return 0
            if not console.is_terminal:
                _print_rows(terminal, end, unit)
                return 0
            with Live(console=console, refresh_per_second=10) as live:
                while end is None or time.monotonic() < end:
                    table = Table(*COLUMNS, box=None)
                    table.add_row(*map(Text, cells(terminal.reading(unit), "unsigned")))
                    live.update(table)
                    time.sleep(0.1)
        return 0

    @app.command()
    def read(
        address: Address,
        unsigned: Annotated[
            bool, typer.Option("--unsigned", help="Only look; register nothing.")
        ] = False,
        wait: Wait = 10.0,
        allow_test: AllowTest = False,
        as_json: Json = False,
    ) -> int:
        """Register one weight: the terminal signs it, this host verifies and keeps it.

        It waits until the load is at rest. A virtual terminal's key says TEST: add --allow-test.

        Example: steelyard read /dev/ttyACM0
        """
        store = Store()
        with opened(address, store) as (terminal, identity):
            if unsigned:
                shown = vars(terminal.reading())
                show(shown, as_json, rows({**shown, "status": f"0x{shown['status']:04X}"}))
                return 0
            if identity.provisioned and identity.dev not in store.registry():
                # Before it signs: a record that nobody can check would be thrown away.
                raise UserError(
                    USAGE,
                    "this host does not know the key of this terminal, and could not check what it"
                    f" signs. First: steelyard provision {address} --serial"
                    f" {shlex.quote(identity.serial)}",
                )
            nonce = secrets.token_bytes(8)
            n, envelope = _registered(terminal, nonce, wait)
        with after_signing(f"`steelyard verify {address}` fetches record {n}"):
            report = judge(store, [envelope], allow_test)
        fields = report.records[0] if report.records else {}
        if not fields or fields.get(record.NONCE) != nonce:
            failed = report.failures[0].detail if report.failures else "another reading"
            raise UserError(VERDICT, f"record {n} is not what was asked for: {failed}")
        mantissa, exp10, unit = fields[record.VAL]
        tare = fields.get(record.TARE, [])
        kinds = ("tare", "preset tare")
        shown = {
            "value": format_quantity(mantissa, exp10),
            "unit": unit_name(unit),
            **{
                kinds[tare[at + 2]]: format_quantity(tare[at], tare[at + 1])
                for at in range(0, len(tare), 3)
            },
            "flags": ", ".join(status_names(fields[record.ST])),
            "n": n,
            "verdict": "verified" if report.ok else report.failures[0].detail,
        }
        show(shown, as_json)
        if any(check.name == "test key" for check in report.failures):
            errors.print(ALLOW_TEST_HINT)
        return 0 if report.ok else VERDICT
