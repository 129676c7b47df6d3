"""`steelyard void` and `stream`: what a terminal signs beside its readings."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated

import typer
from steelyard_wire import block, codes
from steelyard_wire.quantity import format_quantity, unit_name

from steelyard import saved
from steelyard.access import after_signing, judge, opened
from steelyard.commands import Address, AllowTest, Json
from steelyard.errors import OK, VERDICT
from steelyard.opened import Rejected, open_block
from steelyard.output import show
from steelyard.store import Store


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def void(
        address: Address,
        number: Annotated[int, typer.Argument(help="Number of the reading's record.", min=0)],
        allow_test: AllowTest = False,
        as_json: Json = False,
    ) -> int:
        """Take a registered reading back, with a signed record that says so.

        The reading stays, and so does the sum of all weights: nothing is ever unsaid.

        Example: steelyard void /dev/ttyACM0 17
        """
        store = Store()
        with opened(address, store) as (terminal, identity):
            n, raw = terminal.void(number)
            with after_signing(f"steelyard pull {address}"):
                report = judge(store, [raw], allow_test)
        show({"n": n, "void": number, "serial": identity.serial, "ok": report.ok}, as_json)
        return OK if report.ok else VERDICT

    @app.command()
    def stream(
        address: Address,
        count: Annotated[int, typer.Option(help="How many.", min=1, max=block.MOST)] = 20,
        every: Annotated[float, typer.Option(help="Seconds apart.", min=0.02, max=60)] = 0.1,
        save: Annotated[
            Path | None, typer.Option(help="Write the signed block to this file, in base64.")
        ] = None,
        allow_test: AllowTest = False,
        as_json: Json = False,
    ) -> int:
        """Take readings one after another, moving or not, under one signature.

        The block is in no journal and takes no record's room; it says after which record it was
        made. steelyard verify takes its file, and several of them in one.

        Example: steelyard stream /dev/ttyACM0 --count 60 --every 0.5
        """
        store = Store()
        with opened(address, store) as (terminal, _):
            raw = terminal.stream(round(every * 1000), count)
        try:
            fields, entry = open_block(raw, store.registry())
        except Rejected as rejected:
            show({"ok": False, "check": rejected.check, "detail": rejected.detail}, as_json)
            return VERDICT
        exp10, unit = fields[block.UNIT]
        rows = [
            {
                "ms": apart,
                "value": None if value is None else format_quantity(value, exp10),
                "flags": codes.status_names(status),
            }
            for apart, value, status in fields[block.READINGS]
        ]
        ok = allow_test or not entry.test
        data = {"ok": ok, "serial": entry.serial, "test": entry.test, "n": fields[block.N]}
        data |= {"unit": unit_name(unit), "readings": rows}
        if save is not None:
            saved.save(save, base64.b64encode(raw).decode() + "\n")
        values = ", ".join(str(row["value"] or "-") for row in rows)
        people = {**data, "readings": values, "ok": "yes" if ok else "no: a TEST key"}
        show(data if as_json else people, as_json)
        return OK if ok else VERDICT
