"""A calibration from begin to commit: loads put on by hand, each step by the terminal's word.

Owns: the order of the steps, and that the terminal signed what was done. Refuses: UserError, a
weight that does not suit; DeviceRefused with what it means; the calibration in force stays.
Units: weights as decimal text with a unit; errors in the terminal's unit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from steelyard_wire import record
from steelyard_wire.codes import Refused
from steelyard_wire.quantity import format_quantity, parse_quantity, unit_id, unit_name

from steelyard import wrong_weight
from steelyard.access import after_signing, judge
from steelyard.client import Terminal
from steelyard.errors import INTERRUPTED, REFUSED, USAGE, VERDICT, DeviceRefused, UserError
from steelyard.store import Store

PATIENCE_S = 20.0
METHODS = ("segments", "line", "cell")
_NOT_SIGNED = (
    "the terminal did not sign the calibration that was made. Do not trust it: calibrate again, or"
    " have it examined"
)

Weight = tuple[str, str]  # number, unit


class Request(str):
    """What is to be on the platform, in words; load: for whoever needs none. None: nothing."""

    load: Weight | None

    def __new__(cls, words: str, load: Weight | None = None) -> Request:
        made = super().__new__(cls, words)
        made.load = load
        return made


Prompt = Callable[[Request], None]  # returns when what it says has been done


class GoBack(Exception):
    """Raised by a prompt: the load before this one once more."""


def fails(wrong: UserError) -> None:
    """What a wrong load means for a machine: it has no other."""
    raise wrong


@dataclass(frozen=True)
class Work:
    """What is to be done.

    weights: the loads, rising. down: take them on the way back too. check: a second weight, tried
    before the commit. line: fit a straight line (least squares) instead of going through the
    points. references: of each weight its own, in place of `reference`. at_hand: the weights that
    there are, to name a wrong one by. gravity: (here, where it will weigh) in 0.00001 m/s2. cell:
    (mV/V, capacity) instead of weights. keep: begin with the calibration in force. temperature:
    arguments of CAL TEMPERATURE.
    """

    weights: tuple[Weight, ...] = ()
    down: bool = False
    check: Weight | None = None
    line: bool = False
    reference: str = ""
    references: tuple[str, ...] = ()
    at_hand: tuple[str, ...] = ()
    gravity: tuple[int, int] | None = None
    cell: tuple[str, Weight] | None = None
    keep: bool = False
    temperature: tuple[int, ...] = ()


def parse_weight(text: str, option: str = "--weight") -> Weight:
    """("10.000", "kg") of "10.000 kg" or "10kg"; UserError for anything else."""
    unit = text.lstrip("0123456789. ").strip()
    number = text.strip()[: len(text.strip()) - len(unit)].strip()
    try:
        mantissa, exp10 = parse_quantity(number)
        unit_id(unit)
    except Refused:
        raise UserError(USAGE, f"{text!r} is not a weight: say {option} 10kg") from None
    return format_quantity(mantissa, exp10), unit


def check_weights(terminal: Terminal, work: Work) -> None:
    """UserError for weights that the terminal will refuse, before anybody has carried them."""
    config = terminal.config()
    unit = unit_name(int(config["unit"]))
    most = Decimal(config["max"]).scaleb(int(config["exp10"]))
    loads = [*work.weights, *([work.check] if work.check else [])]
    for number, its_unit in loads:
        if its_unit != unit:
            raise UserError(REFUSED, f"the terminal weighs in {unit}: give the weight in {unit}")
        if not 0 < Decimal(number) <= most:
            raise _unsuitable(number, most, unit)
    numbers = [Decimal(number) for number, _ in work.weights]
    if numbers and 10 * max(numbers) < most:
        raise _unsuitable(str(max(numbers)), most, unit)
    if numbers != sorted(set(numbers)):
        raise UserError(USAGE, "name the weights from the smallest to the largest, each once")


def _unsuitable(number: str, most: Decimal, unit: str) -> UserError:
    return UserError(
        REFUSED,
        f"a weight of {number} {unit} does not suit. Take one of {most / 10} to {most} {unit} (10"
        " to 100 % of Max)",
    )


def calibrate_terminal(
    terminal: Terminal,
    store: Store,
    work: Work,
    prompt: Prompt,
    patience_s: float = PATIENCE_S,
    wrong: Callable[[UserError], None] = fails,
) -> dict[str, Any]:
    """Do it; `prompt` returns when what it says has been done by hand, or raises GoBack.

    patience_s: how long a load may take to come to rest. wrong: gets the error for a load that is
    another than was said, or that the terminal does not take; when it returns, it is asked for
    again.
    """
    terminal.calibrate("BEGIN")
    before = terminal.identify().calibration
    try:
        zero, span = (0, 0)
        as_found: list[str] = []
        if not work.keep:
            zero, span = _capture_all(terminal, work, prompt, patience_s, wrong, as_found)
        if work.keep:
            terminal.calibrate("KEEP")
        errors: str | None = None
        if work.weights:
            errors = terminal.calibrate("FIT", METHODS[work.line].upper())["errors"]
        if work.gravity:
            terminal.calibrate("GRAVITY", *map(str, work.gravity))
        if work.temperature:
            terminal.calibrate("TEMPERATURE", *map(str, work.temperature))
        checked = _check(terminal, work, prompt, patience_s)
        done = commit(terminal, store, checked is None)
    except BaseException as error:
        # Also for Ctrl-C: the session must not wait for the next program.
        give_up(terminal, error, before)
        raise
    # A line and means of up and down are not what was captured, nor is what was kept.
    as_captured = not (work.keep or work.line or work.down)
    if as_captured and (done["zero_counts"], done["span_counts"]) != (zero, span):
        raise UserError(VERDICT, _NOT_SIGNED)
    if work.gravity:
        here, there = work.gravity
        done["gravity"] = f"{here / 1e5:.5f} here, {there / 1e5:.5f} there: {here / there:.6f}"
    weights = ", ".join(" ".join(weight) for weight in work.weights)
    said = checked and f"{checked['load']}: off by {checked['error']}, {checked['most']} allowed"
    return {
        **done,
        "weight": weights or None,
        "as_found": ",".join(as_found) if before and as_found else None,
        "errors": errors,
        "check": said,
        "checked": checked,
    }


def _capture_all(
    terminal: Terminal,
    work: Work,
    prompt: Prompt,
    patience_s: float,
    wrong: Callable[[UserError], None],
    as_found: list[str],
) -> tuple[int, int]:
    """Zero and what was asked for; the counts of zero and of the largest load.

    as_found: gets how far the calibration in force was off at each.
    """
    steps = _steps(work)
    counts: list[int] = []
    while len(counts) < len(steps):
        asked, step = steps[len(counts)]
        try:
            prompt(asked)
        except GoBack:
            if counts:
                terminal.calibrate("UNDO")
                counts.pop()
                as_found.pop()
            continue
        try:
            counts.append(_capture(terminal, patience_s, *step))
            as_found.append(_off(terminal, asked.load))
        except DeviceRefused as refused:
            wrong(refused)
            continue
        try:
            _look_for_another(work, counts)
        except UserError as another:
            wrong(another)
            terminal.calibrate("UNDO")
            counts.pop()
            as_found.pop()
    if work.cell:
        sensitivity, capacity = work.cell
        return counts[0], int(terminal.calibrate("CELL", sensitivity, *capacity)["counts"])
    return counts[0], counts[len(work.weights)]


def _steps(work: Work) -> list[tuple[Request, tuple[str, ...]]]:
    """What is asked for, and the terminal's word for it: zero, up, and down again."""
    found: list[tuple[Request, tuple[str, ...]]] = []
    found.append((Request("Take everything off the platform"), ("ZERO",)))
    for place, (number, unit) in enumerate(work.weights):
        reference = work.references[place] if work.references else work.reference
        step = ("SPAN", number, unit, *((reference,) if reference else ()))
        found.append((Request(f"Put the weight of {number} {unit} on", (number, unit)), step))
    if work.down:
        for number, unit in reversed(work.weights[:-1]):
            asked = Request(f"Leave {number} {unit} on", (number, unit))
            found.append((asked, ("SPAN", number, unit)))
        found.append((Request("Take everything off"), ("SPAN", "0", work.weights[0][1])))
    return found


def _look_for_another(work: Work, counts: Sequence[int]) -> None:
    """UserError for a load that is not what was said, as far as those before it tell."""
    loads = [Fraction(0), *(Fraction(number) for number, _ in work.weights)]
    points = list(zip(loads, counts, strict=False))
    found = wrong_weight.guess(points, [Fraction(one) for one in work.at_hand])
    if found is None:
        return
    load, seems, named = found
    unit = work.weights[0][1]
    lay = f"a weight of {float(named):g} {unit}" if named else f"about {float(seems):.3g} {unit}"
    raise UserError(
        REFUSED,
        f"when {float(load):g} {unit} were asked for, {lay} lay there: the counts of the others"
        " say so. Put the right one on",
    )


def _off(terminal: Terminal, load: Weight | None) -> str:
    """What is shown of a load more than it is, by the calibration in force; "-": nothing is."""
    reading = terminal.reading()
    shown = reading.gross or reading.value
    if shown is None:
        return "-"
    off = Decimal(shown) - Decimal(load[0] if load else 0)
    return f"{off:+f}" if off else "0"


def _capture(terminal: Terminal, patience_s: float, *step: str) -> int:
    return int(terminal.calibrate_when_still(*step, seconds=patience_s)["counts"])


def _check(
    terminal: Terminal, work: Work, prompt: Prompt, patience_s: float
) -> dict[str, str] | None:
    """What the second weight showed: load, error, most; None without one."""
    if work.check is None:
        return None
    number, unit = work.check
    asked = Request(f"Put the second weight of {number} {unit} on, alone", work.check)
    while True:
        try:
            prompt(asked)
            break
        except GoBack:
            continue  # the loads before it have been made a calibration: it is asked for again
    said = terminal.calibrate_when_still("CHECK", number, unit, seconds=patience_s)
    return {"load": f"{number} {unit}", "error": said["error"], "most": said["most"]}


def give_up(
    terminal: Terminal, why: BaseException, before: int, again: str = "run the same command again"
) -> None:
    """Drop the session; for what a person did or the terminal refused, say what that means.

    before: generation of the calibration that was in force. Ctrl-C may come when the terminal has
    the COMMIT already. again: how to calibrate anew.
    """
    kept = "The calibration in force stays" if before else "The terminal stays without one"
    stays = f"{kept}, and of this one nothing is kept: {again}"
    with suppress(UserError):  # the cable may be out, which is what `why` says
        terminal.calibrate("ABORT")
        now = terminal.identify().calibration
        if now != before:
            stays = f"The new calibration is in force all the same (generation {now})"
    if isinstance(why, KeyboardInterrupt):
        raise UserError(INTERRUPTED, f"interrupted. {stays}") from None
    if isinstance(why, DeviceRefused):
        raise UserError(REFUSED, f"{why.sentence}. {stays}") from None


def commit(terminal: Terminal, store: Store, unchecked: bool) -> dict[str, Any]:
    """Put it in force, and prove that the terminal signed what it says."""
    return _signed(terminal, store, "COMMIT", *(("UNCHECKED",) if unchecked else ()))


def roll_back(terminal: Terminal, store: Store) -> dict[str, Any]:
    """The calibration before the present one in force again."""
    return _signed(terminal, store, "ROLLBACK")


def _signed(terminal: Terminal, store: Store, *step: str) -> dict[str, Any]:
    done = terminal.calibrate(*step)
    n = int(done["n"])
    with after_signing(f"`steelyard verify {terminal.address}` fetches it"):
        envelope = terminal.record(n)
        report = judge(store, [envelope], allow_test=True, set_up=False)
    fields = report.records[0] if report.records else {}
    data = fields.get(record.DATA, {})
    now = terminal.calibrate("STATUS")
    points = data.get(3, [])
    text = ",".join(
        f"{counts}:{format_quantity(mantissa, data[4][0])}" for counts, mantissa in points
    )
    thermal = ",".join(map(str, data.get(10) or ["-"]))
    if not report.ok or (text, thermal) != (now["points"], now["temperature"]):
        raise UserError(VERDICT, _NOT_SIGNED)
    return {
        "generation": int(done["generation"]),
        "method": METHODS[data[2]],
        "zero_counts": points[0][0] // 16,
        "span_counts": points[-1][0] // 16,
        "points": len(points),
        "residual": now["residual"],
        "restored": data.get(9),
        "record": n,
        "verdict": "signed and verified",
    }
