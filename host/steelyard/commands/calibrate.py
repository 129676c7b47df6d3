"""`steelyard calibrate`: zero and weights; the old calibration stays to the end."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

import typer

from steelyard import gravity
from steelyard.access import opened
from steelyard.calibration import (
    METHODS,
    PATIENCE_S,
    Request,
    Work,
    calibrate_terminal,
    check_weights,
    commit,
    give_up,
    parse_weight,
    roll_back,
)
from steelyard.client import Terminal
from steelyard.commands import Address, Json, Wait
from steelyard.commands.dialogue import is_attended, technician
from steelyard.commands.hands import by_hand
from steelyard.commands.test import HANDLER, WORLD, hands_for
from steelyard.errors import REFUSED, USAGE, DeviceRefused, UserError
from steelyard.output import rows, show
from steelyard.store import Store

STEPS = ("begin", "keep", "zero", "span", "fit", "check", "commit", "abort")
_REFERENCE = 64  # bytes of UTF-8: protocol/README.md section 8, CALIBRATION
_OPTIONS = "weight check down fit reference here there cell capacity keep step".split()
_STEP_HELP = f"For scripts: do one step: {', '.join(STEPS)}."
_HERE_HELP = 'Where it is calibrated: latitude and height, "30.27,10", or m/s2, "9.79345".'


def _work(options: dict[str, Any]) -> Work:
    """What the options ask for; UserError where they do not fit each other."""
    if len(options["reference"].encode("utf-8", "replace")) > _REFERENCE:
        raise UserError(USAGE, f"--reference has at most {_REFERENCE} bytes: shorten it")
    if options["fit"] not in METHODS[:2]:
        raise UserError(USAGE, "--fit is segments or line")
    if bool(options["here"]) != bool(options["there"]):
        raise UserError(USAGE, "--here and --there belong together")
    if bool(options["cell"]) != bool(options["capacity"]):
        raise UserError(USAGE, "--cell and --capacity belong together")
    weights = tuple(parse_weight(text) for text in options["weight"] or [])
    ways = [bool(weights), bool(options["cell"]), options["keep"]]
    if options["step"] == "" and sum(ways) != 1:
        raise UserError(
            USAGE,
            "say which weight you have, --weight 10kg; or what the cell's papers say, --cell"
            " 2.0mV/V --capacity 20kg; or --keep, to go on with the calibration in force",
        )
    places = [(options[side], "--" + side) for side in ("here", "there") if options[side]]
    here_and_there = [gravity.of_place(*place) for place in places]
    return Work(
        weights=weights,
        down=options["down"],
        check=parse_weight(options["check"], "--check") if options["check"] else None,
        line=options["fit"] == "line",
        reference=options["reference"],
        gravity=(here_and_there[0], here_and_there[1]) if here_and_there else None,
        cell=(_sensitivity(options["cell"]), parse_weight(options["capacity"], "--capacity"))
        if options["cell"]
        else None,
        keep=options["keep"],
    )


def _sensitivity(text: str) -> str:
    number = text.strip().removesuffix("mV/V").strip()
    try:
        good = Decimal("0.1") <= Decimal(number) <= 10
    except ArithmeticError:
        good = False
    if not good:
        raise UserError(USAGE, f"{text!r} is no sensitivity: say --cell 2.0015mV/V")
    return number


def _shown(done: dict[str, Any]) -> dict[str, object]:
    """For people: what there is, and what was not done."""
    said = {name: value for name, value in done.items() if value is not None and name != "checked"}
    if "check" in done and done["check"] is None:
        said["check"] = "none: put a second weight on next time, --check 5kg"
    if done.get("method") == "cell":
        said["method"] = "cell: as exact as the converter's gain, 0.5 % or so; not for trade"
    return said


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def calibrate(
        address: Address,
        weight: Annotated[
            list[str] | None, typer.Option(help="A weight, e.g. 10kg; up to ten, rising.")
        ] = None,
        check: Annotated[str, typer.Option(help="A second weight, tried at the end.")] = "",
        down: Annotated[bool, typer.Option("--down", help="Weights on the way back too.")] = False,
        fit: Annotated[str, typer.Option(help="segments (exact) or line (least squares).")] = (
            "segments"
        ),
        reference: Annotated[str, typer.Option(help="Their certificate, for the record.")] = "",
        here: Annotated[str, typer.Option(help=_HERE_HELP)] = "",
        there: Annotated[str, typer.Option(help="Where it will weigh, likewise.")] = "",
        cell: Annotated[str, typer.Option(help="No weights: the cell's mV/V.")] = "",
        capacity: Annotated[str, typer.Option(help="No weights: the cell's capacity.")] = "",
        keep: Annotated[
            bool, typer.Option("--keep", help="Go on with the calibration in force.")
        ] = False,
        rollback: Annotated[
            bool, typer.Option("--rollback", help="Put the one before in force again.")
        ] = False,
        step: Annotated[str, typer.Option(help=_STEP_HELP)] = "",
        world: Annotated[str, typer.Option(help=WORLD)] = "",
        handler: Annotated[str, typer.Option("--auto", "--handler", help=HANDLER)] = "",
        wait: Wait = PATIENCE_S,
        as_json: Json = False,
    ) -> int:
        """Calibrate with the empty platform and weights, the largest 10 % to 100 % of Max.

        It asks for each load, waits until the load is at rest, and says why it refuses one. Until
        the end the old calibration is in force; Ctrl-C keeps it, and --rollback brings it back.
        Errors are those of what was weighed, in the order of weighing; "as found" is how far the
        old calibration was off at each of them.

        Example: steelyard calibrate /dev/ttyACM0 --weight 10kg --check 5kg
        """
        if step and step not in STEPS:
            raise UserError(USAGE, f"there is no step {step}: --step is {', '.join(STEPS)}")
        if not weight and step in ("span", "check"):
            raise UserError(USAGE, "say which weight you have: --weight 10kg")
        given = (weight, check, down, fit, reference, here, there, cell, capacity, keep, step)
        work = Work() if rollback else _work(dict(zip(_OPTIONS, given, strict=True)))
        store = Store()
        with opened(address, store) as (terminal, identity):
            if not identity.provisioned:
                raise UserError(
                    REFUSED,
                    "the terminal has no key to sign its calibration with. First:"
                    f" steelyard provision {address} --serial SY-0001",
                )
            if rollback:
                done = roll_back(terminal, store)
            elif step:
                done = one_step(terminal, store, step, work, wait)
            else:
                check_weights(terminal, work)
                done = _all(terminal, store, work, wait, world, handler)
        show(done, as_json, rows(_shown(done)))
        return 0


def _all(
    terminal: Terminal, store: Store, work: Work, wait: float, world: str, handler: str
) -> dict[str, Any]:
    """By a person, or a machine that is named."""
    if not world and not handler:
        return _by_hand(terminal, store, work, wait)
    with hands_for(terminal, world, handler) as hands:

        def put(asked: Request) -> None:
            hands.put(Fraction(asked.load[0]) if asked.load else Fraction(0))

        return calibrate_terminal(terminal, store, work, put, wait)


def _by_hand(terminal: Terminal, store: Store, work: Work, wait: float) -> dict[str, Any]:
    """With the dialogue at a screen, line by line without one."""
    if not is_attended():
        hands = by_hand(
            "the calibration in force stays", "Run it in a terminal, or step by step with --step"
        )
        return calibrate_terminal(terminal, store, work, hands, wait)
    stays = "the calibration in force stays"
    with technician(terminal, stays=stays, back=True) as somebody:

        def put(asked: Request) -> None:
            somebody.put(Fraction(asked.load[0]) if asked.load else Fraction(0))

        def wrong(error: UserError) -> None:
            somebody.told(error.sentence)

        return calibrate_terminal(terminal, store, work, put, wait, wrong)


def one_step(
    terminal: Terminal, store: Store, step: str, work: Work, patience_s: float
) -> dict[str, Any]:
    """One step of a scripted calibration; a step that is refused ends the session."""
    before = terminal.identify().calibration
    try:
        if step == "commit":
            return {"step": step, **_committed(terminal, store)}
        if step in ("begin", "keep", "abort"):
            if step == "keep":
                terminal.calibrate("BEGIN")
            terminal.calibrate(step.upper())
            return {"step": step, "session": "ended" if step == "abort" else "open"}
        if step == "fit":
            method = METHODS[work.line]
            return {"step": step, "method": method, **terminal.calibrate("FIT", method.upper())}
        words = work.weights[-1] if step in ("span", "check") else ()
        extra = (work.reference,) if step == "span" and work.reference else ()
        said = terminal.calibrate_when_still(step.upper(), *words, *extra, seconds=patience_s)
        if step == "check":
            return {"step": step, **said}
        return {"step": step, "counts": int(said["counts"])}
    except DeviceRefused as refused:
        give_up(terminal, refused, before, "begin with --step begin")
        raise


def _committed(terminal: Terminal, store: Store) -> dict[str, Any]:
    """Checked or not, as the steps before it were."""
    checked = terminal.calibrate("STATUS")["staged"] == "checked"
    return commit(terminal, store, not checked)
