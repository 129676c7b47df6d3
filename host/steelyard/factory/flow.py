"""From a bare board to a sealed terminal: the steps in order, each once, each looked at again.

Owns: which terminal may begin, its serial number, what has been done (the database knows) and
whether that still holds (the terminal says), so that a run which was cut off goes on.
Refuses: with UserError, a terminal that is somebody else's, sealed already, or another than the
run's; a clock that cannot be right.
Units: times in s since 1970.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from steelyard.client import Identity, Terminal
from steelyard.errors import INTERRUPTED, NO_DEVICE, REFUSED, USAGE, AtPrompt, UserError
from steelyard.factory import first_steps, last_steps, reporting, same_board, weighing_steps
from steelyard.factory.product import Product, part
from steelyard.factory.runs import ABANDONED, DONE, OPEN, Run
from steelyard.factory.work import Work
from steelyard.provisioning import check_serial
from steelyard.remote import Remote
from steelyard.store import Store

Found = Mapping[str, Any]
_NUMBERS = threading.Lock()
_TRANSCRIPT = "transcript"
_EARLIEST = 1_767_225_600  # 2026-01-01: nothing of this program was made before
_BACKWARDS_S = 86_400.0


@dataclass(frozen=True)
class Step:
    """do: carries it out and says what it found. holds: whether that is still so."""

    name: str
    do: Callable[[Work], Found]
    holds: Callable[[Work, Found], bool]


STEPS = (
    Step("flash", first_steps.flash_board, first_steps.is_flashed),
    Step("key", first_steps.make_key, first_steps.has_key),
    Step("certify", first_steps.certify, first_steps.is_certified),
    Step("configure", first_steps.configure, first_steps.is_configured),
    Step("commission", weighing_steps.fit_filter, weighing_steps.fits_filter),
    Step("calibrate", weighing_steps.calibrate, weighing_steps.is_calibrated),
    Step("test", weighing_steps.try_out, weighing_steps.is_tested),
    Step("report", reporting.make_reports, reporting.are_reported),
    Step("seal", last_steps.seal, last_steps.is_sealed),
    Step("label", last_steps.label, last_steps.is_labelled),
    Step("verify", last_steps.verify, last_steps.is_verified),
)
# What a sealed terminal cannot be given any more: it is looked at, and not done again.
_SEALING = "seal"
BEGINS = "begins"
# In what a step found: what the plan said then. A plan may be mended before a run goes on.
_PLANNED = "planned"
# Which board it was, and that it had no key: known from then on, whatever becomes of the step.
_KEPT = (same_board.CHIP, first_steps.BORN)
# What is mended beside the terminal: cables, disks, files.
_MENDED = (USAGE, NO_DEVICE)
_AGAIN = "the same command"


# --- who may begin -------------------------------------------------------------------------------


def check_clock(store: Store, now: float | None = None) -> None:
    """UserError for a clock of this computer that cannot be right: it dates what is signed."""
    now = time.time() if now is None else now
    newest = store.newest_run()
    if now < _EARLIEST:
        why = "which was before this program was made"
    elif newest and now < newest - _BACKWARDS_S:
        why = f"and a run here began {(newest - now) / 86_400:.0f} days after that"
    else:
        return
    raise UserError(
        USAGE,
        f"this computer's clock says {time.strftime('%Y-%m-%d %H:%M', time.gmtime(now))} UTC,"
        f" {why}. Set it: it dates statements and records",
    )


def who_is_there(address: str) -> Identity | None:
    """The terminal at an address; None for a board without one. NoDevice: nothing answers."""
    with Terminal(address) as terminal:
        try:
            return terminal.identify()
        except AtPrompt:
            return None


def begin(
    store: Store, product: Product, address: str, serial: str, operator: str, station: str
) -> Run:
    """The run that is to go on, or a new one; UserError.

    serial: "" takes the one that the terminal has, else the next of the plan.
    """
    identity = who_is_there(address)
    if identity is not None and identity.provisioned:
        with _NUMBERS:
            return _go_on(store, product, identity, address, serial, operator, station)
    if serial:
        check_serial(serial)
    # Not while others wait for their numbers: it takes seconds.
    known = same_board.unborn(store, product.name, serial)
    where = same_board.place(address)
    run = same_board.of_board(store, known, where, serial, lambda: _chip_at(address))
    if run is not None:
        return run
    with _NUMBERS:
        if serial in {entry.serial for entry in store.registry().values()}:
            raise UserError(
                REFUSED,
                f"{serial} is another terminal already. Two with one number cannot be told apart:"
                " give this one another, --serial NUMBER",
            )
        while True:
            number = serial or _next_number(store, product)
            run = store.begin_run(
                number, product.name, product.digest, operator, station, address=where
            )
            others = store.runs(number)
            if serial:
                others = [one for one in others if one.state == OPEN]
            if others[0].id == run.id:
                return run
            # Another station on this database took it at the same moment, and was first.
            store.set_run(run.id, state=ABANDONED)
            if serial:
                raise UserError(
                    REFUSED,
                    f"{serial} is being given to the board at {others[0].address}: go on there, or"
                    " give this one another number, --serial NUMBER",
                )


def _chip_at(address: str) -> str:
    """Of a board that has no key; it starts anew."""
    remote = Remote(address)
    chip = remote.chip()
    remote.reset()
    return chip


def _go_on(
    store: Store,
    product: Product,
    identity: Identity,
    address: str,
    serial: str,
    operator: str,
    station: str,
) -> Run:
    """For a terminal that has a key."""
    name = identity.serial
    if serial and serial != name:
        raise UserError(
            REFUSED,
            f"the terminal at {address} is {name} already, and its identity never changes. To go"
            f" on with it: --serial {name}, or leave that out",
        )
    run = store.open_run(serial=name, dev=identity.dev) or store.open_run(serial=name)
    if run is not None and run.dev not in (None, identity.dev):
        raise UserError(
            REFUSED,
            f"two terminals say that they are {name}: this one ({identity.dev.hex()}) and"
            f" {run.dev.hex()}, over which a run is open. One of them is not what it says: keep"
            " both, and find out which",
        )
    if run is None:
        run = _finished(store, product, name, identity.dev)
    if run is None and identity.dev not in store.registry():
        raise UserError(
            REFUSED,
            f"the terminal at {address} ({name}) has a key that this host has not seen made: it"
            " is another maker's, or of another bench. Take that bench's database"
            " (STEELYARD_DATABASE), or flash a new board",
        )
    if run is None and identity.sealed:
        raise UserError(
            REFUSED,
            f"{name} is sealed already, and no run over it is open. `steelyard history {name}`"
            f" says what was done; to do it again: steelyard unseal {address} --reason WHY",
        )
    if identity.board != product.board:
        raise UserError(
            REFUSED,
            f"the terminal at {address} is a {identity.board}, and the plan is for a"
            f" {product.board}: wrong board, or wrong plan",
        )
    where = same_board.place(address)
    return run or store.begin_run(
        name, product.name, product.digest, operator, station, address=where, dev=identity.dev
    )


def _finished(store: Store, product: Product, serial: str, dev: bytes) -> Run | None:
    """The newest run over a terminal if it came to its end by this plan: it is looked at again."""
    runs = [run for run in store.runs(serial) if run.dev == dev]
    if runs and runs[-1].state == DONE and runs[-1].plan_digest == product.digest:
        return runs[-1]
    return None


def _next_number(store: Store, product: Product) -> str:
    taken = store.numbers_taken()
    for number in product.serials:
        if number not in taken:
            return number
    if product.serials:
        raise UserError(
            REFUSED,
            f"all serial numbers of the plan are taken, up to {product.serials[-1]}: widen"
            " product.serials",
        )
    raise UserError(
        USAGE,
        "the board has no serial number yet. Say which, --serial SY-0001; or have the plan number"
        ' them, serials = "SY-0001..SY-0999"',
    )


# --- the way -------------------------------------------------------------------------------------


def carry_on(work: Work) -> Mapping[str, Found]:
    """All steps that have not been done, or do not hold any more; what they found. UserError."""
    done = {step.name: step.detail for step in work.store.steps(work.run.id) if step.state == DONE}
    redo = False
    # Where it is now: what else comes to where it was is another one.
    work.run = work.store.set_run(work.run.id, address=same_board.place(work.address))
    sealed = _is_sealed(work)
    for step in STEPS:
        work.step = step.name
        work.say(0.0, "")
        if step.name in done and not redo:
            work.found[step.name] = done[step.name]
            now = part(work.product, step.name)
            as_planned = done[step.name].get(_PLANNED, now) == now
            if as_planned and _holds(work, step, done[step.name]):
                work.told(step.name, 1.0, "done before")
                continue
        if sealed and step.name in _before_sealing():
            raise UserError(
                REFUSED,
                f"the terminal is sealed, and {step.name} is not as it was, or as the plan says"
                f" now: do not ship it. `steelyard events {work.address}` says who changed what",
            )
        redo = True
        work.found[step.name] = _do(work, step)
        work.told(step.name, 1.0, "done")
    _keep_transcript(work)
    work.store.set_run(work.run.id, state=DONE)
    return work.found


def _holds(work: Work, step: Step, found: Found) -> bool:
    """Whether what a step found is still so."""
    try:
        return step.holds(work, found)
    except AtPrompt:
        return False  # its firmware is gone, or it is another board


def _before_sealing() -> tuple[str, ...]:
    names = [step.name for step in STEPS]
    # Papers may be written again at any time.
    return tuple(name for name in names[: names.index(_SEALING)] if name != "report")


def _is_sealed(work: Work) -> bool:
    identity = who_is_there(work.address)
    return identity is not None and identity.sealed


def _do(work: Work, step: Step) -> Found:
    store, run = work.store, work.run.id
    kept: Found = {}
    try:
        before = {one.name: one.detail for one in store.steps(run)}.get(step.name, {})
        kept = {name: before[name] for name in _KEPT if name in before}
        store.begin_step(run, step.name)
        work.note(f"step {step.name}")
        work.told(step.name, 0.0, BEGINS)
        found = {**kept, **step.do(work), _PLANNED: part(work.product, step.name)}
        store.end_step(run, step.name, found)
    except (UserError, KeyboardInterrupt) as error:
        told = _told(work, error)
        with suppress(UserError):  # of a full disk the first that was said of it is told
            work.note(f"step {step.name} failed: {told}")
            store.end_step(run, step.name, {**kept, "why": str(told)}, failed=True)
            _keep_transcript(work)
        raise told from None
    return found


def _told(work: Work, error: UserError | KeyboardInterrupt) -> UserError:
    """What to say of a step that did not come to its end.

    After Ctrl-C whatever went wrong is its doing: it strikes the programs that a step starts, too.
    """
    halted = work.halt.is_set()
    if not isinstance(error, UserError) or halted or error.exit_code == INTERRUPTED:
        how = "given up" if isinstance(error, UserError) and not halted else "interrupted"
        return UserError(
            INTERRUPTED,
            f"{how} in the step {work.step}. What was done before it is kept: the same command"
            " goes on with that step",
        )
    if error.exit_code not in _MENDED or _AGAIN in error.sentence:
        return error
    end = "" if error.sentence.endswith("?") else "."
    sentence = f"{error.sentence.rstrip('.')}{end} Then {_AGAIN} goes on with the step {work.step}"
    return UserError(error.exit_code, sentence)


def _keep_transcript(work: Work) -> None:
    if work.transcript.exists():
        work.store.attach(
            work.transcript.read_bytes(),
            work.transcript.name,
            "text/plain",
            _TRANSCRIPT,
            run=work.run.id,
            serial=work.serial,
        )
