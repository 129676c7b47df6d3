"""Whether a board without a key is the one that a run was begun over: two must not get one number.

Owns: what tells boards apart that do not say who they are: the number of the chip, which the step
`flash` finds. Refuses: with UserError, another board for a number that may be on one already.
Units: none.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from steelyard.errors import REFUSED, UserError
from steelyard.factory.runs import Run
from steelyard.store import Store

CHIP = "chip"  # in what the step found
_FLASH, _KEY = "flash", "key"


@dataclass(frozen=True)
class Unborn:
    """An open run over a board without a key, as far as is known here.

    chip: of the board that was flashed, "" before that. may_have_key: the terminal was told to
    make it, and nobody saw what became of that: the number may be on that board.
    """

    run: Run
    chip: str
    may_have_key: bool


def place(address: str) -> str:
    """An address as a run keeps it: of several computers with one database each has its ports."""
    return address if "://" in address else f"{address} of {platform.node() or 'this computer'}"


def unborn(store: Store, plan: str, serial: str) -> list[Unborn]:
    """The runs of a serial number, else of a plan; the newest first."""
    found = []
    for run in store.unborn_runs(plan, serial):
        steps = {step.name: step.detail for step in store.steps(run.id)}
        chip = str(steps.get(_FLASH, {}).get(CHIP, ""))
        found.append(Unborn(run, chip, _KEY in steps))
    return found


def of_board(
    store: Store, known: Sequence[Unborn], address: str, serial: str, ask: Callable[[], str]
) -> Run | None:
    """The run that is to go on over the board at an address; None: a new one. UserError.

    serial: "" unless it was asked for. ask: the board for its chip; only where that tells.
    """
    chip = ask() if any(one.chip for one in known) else ""
    for one in known:
        if chip and one.chip == chip:
            return one.run
    for one in known:
        here = one.run.address == address
        told_apart = bool(chip and one.chip)
        if one.may_have_key and (told_apart or not here):
            if serial:
                raise _another(one, address, chip)
            continue
        if here or serial:
            if told_apart:  # what was flashed is another board, which has no number
                store.begin_step(one.run.id, _FLASH)
            return one.run
    return None


def _another(one: Unborn, address: str, chip: str) -> UserError:
    serial, where = one.run.serial, one.run.address
    if chip and one.chip:
        seen = f"the board at {address} (chip {chip}) is not the one (chip {one.chip})"
    else:
        seen = f"nothing says that the board at {address} is the one at {where}"
    return UserError(
        REFUSED,
        f"{seen} that was told to make its key as {serial}, and may have it. Connect that one"
        f" {'' if chip and one.chip else 'there '}to go on with it; give this one another number,"
        " --serial NUMBER",
    )
