"""`steelyard calibrate`: zero and one weight; the old calibration stays to the end."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Annotated, Any

import typer
from steelyard_wire import record
from steelyard_wire.codes import Refused
from steelyard_wire.quantity import format_quantity, parse_quantity, unit_id, unit_name

from steelyard.access import after_signing, judge, opened
from steelyard.client import Terminal
from steelyard.commands import Address, Json, Wait
from steelyard.commands.hands import Prompt, by_hand
from steelyard.errors import INTERRUPTED, REFUSED, USAGE, VERDICT, DeviceRefused, UserError
from steelyard.output import show
from steelyard.store import Store

STEPS = ("begin", "zero", "span", "commit", "abort")
PATIENCE_S = 20.0
_REFERENCE = 64  # bytes of UTF-8: protocol/README.md section 8, CALIBRATION
_NOT_SIGNED = (
    "the terminal did not sign the calibration that was made. Do not trust it: calibrate again, or"
    " have it examined"
)


def parse_weight(text: str, option: str = "--weight") -> tuple[str, str]:
    """("10.000", "kg") of "10.000 kg" or "10kg"; UserError for anything else."""
    unit = text.lstrip("0123456789. ").strip()
    number = text.strip()[: len(text.strip()) - len(unit)].strip()
    try:
        mantissa, exp10 = parse_quantity(number)
        unit_id(unit)
    except Refused:
        raise UserError(USAGE, f"{text!r} is not a weight: say {option} 10kg") from None
    return format_quantity(mantissa, exp10), unit


def check_weight(terminal: Terminal, weight: tuple[str, str]) -> None:
    """UserError for a weight that the terminal will refuse, before anybody has carried it."""
    config = terminal.config()
    unit = unit_name(int(config["unit"]))
    most = Decimal(config["max"]).scaleb(int(config["exp10"]))
    if weight[1] != unit:
        raise UserError(REFUSED, f"the terminal weighs in {unit}: give the weight in {unit}")
    if not most <= 10 * Decimal(weight[0]) <= 10 * most:
        raise UserError(
            REFUSED,
            f"a weight of {' '.join(weight)} does not suit. Take one of {most / 10} to {most}"
            f" {unit} (10 to 100 % of Max)",
        )


def calibrate_terminal(
    terminal: Terminal,
    store: Store,
    weight: tuple[str, str],
    reference: str,
    prompt: Prompt,
    patience_s: float = PATIENCE_S,
) -> dict[str, Any]:
    """Zero, span, commit; `prompt` returns when what it says has been done by hand.

    patience_s: how long a load may take to come to rest.
    """
    terminal.calibrate("BEGIN")
    before = terminal.identify().calibration
    try:
        prompt("Take everything off the platform")
        zero = _capture(terminal, patience_s, "ZERO")
        prompt(f"Put the weight of {weight[0]} {weight[1]} on")
        extra = (reference,) if reference else ()
        span = _capture(terminal, patience_s, "SPAN", *weight, *extra)
        done = _commit(terminal, store)
    except BaseException as error:
        # Also for Ctrl-C: the session must not wait for the next program.
        _give_up(terminal, error, before)
        raise
    if (done["zero_counts"], done["span_counts"]) != (zero, span):
        raise UserError(VERDICT, _NOT_SIGNED)
    return {**done, "weight": " ".join(weight)}


def _capture(terminal: Terminal, patience_s: float, *step: str) -> int:
    return int(terminal.calibrate_when_still(*step, seconds=patience_s)["counts"])


def _give_up(terminal: Terminal, why: BaseException, before: int) -> None:
    """Drop the session; for what a person did or the terminal refused, say what that means.

    before: generation of the calibration that was in force. Ctrl-C may come when the terminal has
    the COMMIT already.
    """
    stays = "The calibration in force stays, the session is ended: begin again"
    with suppress(UserError):  # the cable may be out, which is what `why` says
        terminal.calibrate("ABORT")
        now = terminal.identify().calibration
        if now != before:
            stays = f"The new calibration is in force all the same (generation {now})"
    if isinstance(why, KeyboardInterrupt):
        raise UserError(INTERRUPTED, f"interrupted. {stays}") from None
    if isinstance(why, DeviceRefused):
        raise UserError(REFUSED, f"{why.sentence}. {stays}") from None


def _commit(terminal: Terminal, store: Store) -> dict[str, Any]:
    done = terminal.calibrate("COMMIT")
    n = int(done["n"])
    with after_signing(f"`steelyard verify {terminal.address}` fetches it"):
        envelope = terminal.record(n)
        report = judge(store, [envelope], allow_test=True)
    fields = report.records[0] if report.records else {}
    data = fields.get(record.DATA, {})
    now = terminal.calibrate("STATUS")
    if not report.ok or [str(data.get(2)), str(data.get(3))] != [now["zero"], now["span"]]:
        raise UserError(VERDICT, _NOT_SIGNED)
    return {
        "generation": int(done["generation"]),
        "zero_counts": data[2],
        "span_counts": data[3],
        "record": n,
        "verdict": "signed and verified",
    }


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def calibrate(
        address: Address,
        weight: Annotated[str, typer.Option(help="The weight that you have, e.g. 10kg.")] = "",
        reference: Annotated[str, typer.Option(help="Its certificate, for the record.")] = "",
        step: Annotated[
            str, typer.Option(help="For scripts: do one step: begin, zero, span, commit, abort.")
        ] = "",
        wait: Wait = PATIENCE_S,
        as_json: Json = False,
    ) -> int:
        """Calibrate with the empty platform and one weight of 10 % to 100 % of Max.

        It asks for each load, waits until the load is at rest, and says why it refuses one. Until
        the end the old calibration is in force; Ctrl-C keeps it.

        Example: steelyard calibrate /dev/ttyACM0 --weight 10kg
        """
        if step and step not in STEPS:
            raise UserError(USAGE, f"there is no step {step}: --step is {', '.join(STEPS)}")
        if not weight and step in ("", "span"):
            raise UserError(USAGE, "say which weight you have: --weight 10kg")
        if len(reference.encode("utf-8", "replace")) > _REFERENCE:
            raise UserError(USAGE, f"--reference has at most {_REFERENCE} bytes: shorten it")
        quantity = parse_weight(weight) if weight else ("", "")
        hands = by_hand(
            "the calibration in force stays", "Run it in a terminal, or step by step with --step"
        )
        store = Store()
        with opened(address, store) as (terminal, identity):
            if not identity.provisioned:
                raise UserError(
                    REFUSED,
                    "the terminal has no key to sign its calibration with. First:"
                    f" steelyard provision {address} --serial SY-0001",
                )
            if weight:
                check_weight(terminal, quantity)
            if step:
                done = one_step(terminal, store, step, quantity, reference, wait)
            else:
                done = calibrate_terminal(terminal, store, quantity, reference, hands, wait)
        show(done, as_json)
        return 0


def one_step(
    terminal: Terminal,
    store: Store,
    step: str,
    weight: tuple[str, str],
    reference: str,
    patience_s: float,
) -> dict[str, Any]:
    """One step of a scripted calibration; a step that is refused ends the session."""
    before = terminal.identify().calibration
    try:
        if step == "commit":
            return {"step": step, **_commit(terminal, store)}
        if step in ("begin", "abort"):
            terminal.calibrate(step.upper())
            return {"step": step, "session": "open" if step == "begin" else "ended"}
        extra = (*weight, *((reference,) if reference else ())) if step == "span" else ()
        return {"step": step, "counts": _capture(terminal, patience_s, step.upper(), *extra)}
    except DeviceRefused as refused:
        _give_up(terminal, refused, before)
        raise
