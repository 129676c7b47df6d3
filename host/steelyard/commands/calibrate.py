"""`steelyard calibrate`: zero and one weight; the old calibration stays to the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer
from steelyard_wire import record
from steelyard_wire.codes import Refused
from steelyard_wire.quantity import format_quantity, parse_quantity, unit_id

from steelyard.access import judge, opened
from steelyard.client import Terminal
from steelyard.commands import Address, Json
from steelyard.errors import REFUSED, USAGE, VERDICT, DeviceRefused, UserError
from steelyard.output import errors, show
from steelyard.store import Store

Prompt = Callable[[str], None]


def parse_weight(text: str) -> tuple[str, str]:
    """("10.000", "kg") of "10.000 kg" or "10kg"; UserError for anything else."""
    unit = text.lstrip("0123456789. ").strip()
    number = text.strip()[: len(text.strip()) - len(unit)].strip()
    try:
        mantissa, exp10 = parse_quantity(number)
        unit_id(unit)
    except Refused:
        raise UserError(USAGE, f"{text!r} is not a weight: say --weight 10kg") from None
    return format_quantity(mantissa, exp10), unit


def calibrate_terminal(
    terminal: Terminal, store: Store, weight: tuple[str, str], reference: str, prompt: Prompt
) -> dict[str, Any]:
    """Zero, span, commit; `prompt` returns when what it says has been done by hand."""
    terminal.calibrate("BEGIN")
    try:
        prompt("Take everything off the platform")
        zero = terminal.calibrate_when_still("ZERO")["counts"]
        prompt(f"Put the weight of {weight[0]} {weight[1]} on")
        extra = (reference,) if reference else ()
        span = terminal.calibrate_when_still("SPAN", *weight, *extra)["counts"]
        done = terminal.calibrate("COMMIT")
    except BaseException:
        # Also for Ctrl-C: the session must not wait for the next program.
        terminal.calibrate("ABORT")
        raise
    envelope = terminal.record(int(done["n"]))
    report = judge(store, [envelope], allow_test=True)
    fields = report.records[0] if report.records else {}
    data = fields.get(record.DATA, {})
    if not report.ok or [str(data.get(2)), str(data.get(3))] != [zero, span]:
        raise UserError(VERDICT, "the terminal did not sign the calibration that was made")
    return {
        "generation": int(done["generation"]),
        "zero_counts": int(zero),
        "span_counts": int(span),
        "weight": " ".join(weight),
        "record": int(done["n"]),
        "verdict": "signed and verified",
    }


def _by_hand(text: str) -> None:
    errors.print(f"{text}, then press Enter. ", end="")
    if input().strip().lower() in ("q", "quit"):
        raise UserError(REFUSED, "given up; the calibration in force stays")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def calibrate(
        address: Address,
        weight: Annotated[str, typer.Option(help="The weight that you have, e.g. 10kg.")],
        reference: Annotated[str, typer.Option(help="Its certificate, for the record.")] = "",
        step: Annotated[
            str, typer.Option(help="For scripts: do one step: begin, zero, span, commit, abort.")
        ] = "",
        as_json: Json = False,
    ) -> int:
        """Calibrate with the empty platform and one weight of 10 % to 100 % of Max.

        It asks for each load, waits until the load is at rest, and says why it refuses one. Until
        the end the old calibration is in force; Ctrl-C keeps it.

        Example: steelyard calibrate /dev/ttyACM0 --weight 10kg
        """
        quantity = parse_weight(weight)
        store = Store()
        with opened(address, store) as (terminal, identity):
            if not identity.provisioned:
                raise UserError(
                    REFUSED,
                    "the terminal has no key to sign its calibration with. First:"
                    f" steelyard provision {address} --serial SY-0001",
                )
            if step:
                show(one_step(terminal, step, quantity, reference), as_json)
            else:
                show(calibrate_terminal(terminal, store, quantity, reference, _by_hand), as_json)
        return 0


def one_step(
    terminal: Terminal, step: str, weight: tuple[str, str], reference: str
) -> dict[str, str]:
    """One step of a scripted calibration."""
    if step not in ("begin", "zero", "span", "commit", "abort"):
        raise UserError(USAGE, "--step is begin, zero, span, commit or abort")
    if step in ("begin", "commit", "abort"):
        return terminal.calibrate(step.upper())
    extra = (*weight, *((reference,) if reference else ())) if step == "span" else ()
    try:
        return terminal.calibrate_when_still(step.upper(), *extra)
    except DeviceRefused:
        terminal.calibrate("ABORT")
        raise
