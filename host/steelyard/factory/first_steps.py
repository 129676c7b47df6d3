"""The steps that make a board a terminal: flash, key, certify, configure.

Owns: what each does and what it finds when it was done before. Each writes, reads back, compares.
Refuses: with UserError, what the terminal does not take, or says otherwise afterwards.
Units: times in s since 1970.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from steelyard import boards, flash, saved, sealing
from steelyard.errors import REFUSED, VERDICT, UserError
from steelyard.factory.same_board import CHIP
from steelyard.factory.work import Work
from steelyard.keys.issuing import access_rows, issue_device
from steelyard.provisioning import provision_terminal

Found = Mapping[str, Any]
BORN = "born"  # of what `key` found: there was none when the run began
_CLOCK_S = 2.0
# One log, one registry of serial numbers: one terminal at a time.
_DESK = threading.Lock()


def differs(what: str, wanted: object, found: object) -> UserError:
    """What was written is not what is read back."""
    return UserError(
        VERDICT,
        f"{what}: the terminal says {found}, and {wanted} was written. Have it examined; or run"
        " the same command again",
    )


# --- flash ---------------------------------------------------------------------------------------


def flash_board(work: Work) -> Found:
    """The firmware, compared file by file and by its identification."""

    def progress(number: int, files_: int, path: str) -> None:
        work.say((number - 1) / max(files_, 1), f"copies {path}")

    board = boards.load(work.product.board)
    report = flash.flash(board, work.address, progress=progress, look=work.look)
    work.note(
        f"flash {report.board} ({report.machine}, chip {report.chip or '-'}, MicroPython"
        f" {report.micropython}): copied {', '.join(report.copied) or 'nothing'}; software"
        f" {report.software_id}"
    )
    return {
        "software": report.software_id,
        "micropython": report.micropython,
        "machine": report.machine,
        CHIP: report.chip,
        "copied": report.copied,
    }


def is_flashed(work: Work, found: Found) -> bool:
    """Whether the terminal runs what was copied."""
    with work.terminal() as (_, identity):
        return bool(identity.software_id.hex() == found["software"])


# --- key -----------------------------------------------------------------------------------------


def make_key(work: Work) -> Found:
    """The terminal makes its key; this host sees record 0 signed with it."""
    others = {dev for dev, entry in work.store.registry().items() if entry.serial == work.serial}
    with work.terminal() as (terminal, identity):
        if others - {identity.dev}:
            raise UserError(
                REFUSED,
                f"{work.serial} is another terminal already ({sorted(others)[0].hex()}). Two with"
                " one number cannot be told apart: give this one another, --serial NUMBER",
            )
        made = provision_terminal(terminal, work.store, work.serial)
    born = work.run.dev is None
    work.run = work.store.set_run(work.run.id, dev=made["device"])
    found = {"device": made["device"].hex(), "key": made["key"]}
    return {**found, BORN: True} if born else found


def has_key(work: Work, found: Found) -> bool:
    """Whether it is the terminal that made that key."""
    with work.terminal() as (_, identity):
        return bool(identity.dev.hex() == found["device"])


# --- certify -------------------------------------------------------------------------------------


def certify(work: Work) -> Found:
    """The station states whose key it is; the terminal takes the statement."""
    plan = work.product.station
    production = work.product.filled(plan.production, work.serial)
    seals = [work.product.filled(one, work.serial) for one in plan.seals]
    with work.terminal() as (terminal, identity):
        with _DESK:
            issued = issue_device(
                work.desk,
                public_key=identity.key,
                test=identity.test,
                serial=identity.serial,
                model=identity.model,
                hardware=plan.hardware,
                production=production,
                seals=seals,
                access=access_rows(list(plan.access), work.store.link_key(identity.dev)),
                approval=plan.approval or None,
            )
        path = work.folder / "device.statement"
        saved.save(path, issued.statement.envelope)
        work.store.attach(
            issued.statement.envelope,
            path.name,
            "application/cose",
            "device statement",
            run=work.run.id,
            serial=work.serial,
        )
        told = sealing.install(terminal, work.store, [issued.statement])
        found = terminal.seals()
        wanted = {"production": production, "seals": ",".join(seals)}
        wanted["approval"] = plan.approval or "-"
        for name, value in wanted.items():
            if found[name] != value:
                raise differs(name, value, found[name])
    return {**wanted, "statement": issued.statement.number, "installed": told}


def is_certified(work: Work, found: Found) -> bool:
    """Whether the terminal says what its statement says."""
    with work.terminal() as (terminal, _):
        said = terminal.seals()
    return all(said[name] == found[name] for name in ("production", "seals", "approval"))


# --- configure -----------------------------------------------------------------------------------


def configure(work: Work) -> Found:
    """Class, ranges, parameters, clock."""
    with work.terminal() as (terminal, _):
        pairs = _pairs(work, terminal.config())
        now = terminal.config()
        if any(now.get(name) != value for name, value in pairs.scale.items()):
            terminal.set_parameter(*(word for pair in pairs.scale.items() for word in pair))
        for name, value in pairs.single.items():
            if now.get(name) != value:
                terminal.set_parameter(name, value)
        now = terminal.config()
        for name, value in {**pairs.scale, **pairs.single}.items():
            if now.get(name) != value:
                raise differs(name, value, now.get(name, "nothing"))
        terminal.set_time(int(time.time()))
        off = int(terminal.time()["utc"]) - time.time()
        if abs(off) > _CLOCK_S:
            raise differs("clock", f"{time.time():.0f} s", f"{off:+.0f} s")
    return {"scale": dict(pairs.scale), "parameters": dict(pairs.single), "clock": f"{off:+.1f} s"}


class _Pairs:
    """What SET is to be told: names that belong together, and the others."""

    def __init__(self, scale: dict[str, str], single: dict[str, str]) -> None:
        self.scale = scale
        self.single = single


def _pairs(work: Work, config: Mapping[str, str]) -> _Pairs:
    words = work.product.scale.words(config)
    return _Pairs(dict(zip(words[::2], words[1::2], strict=True)), dict(work.product.parameters))


def is_configured(work: Work, found: Found) -> bool:
    """Whether its parameters are those that were set."""
    with work.terminal() as (terminal, _):
        now = terminal.config()
    wanted = {**found["scale"], **found["parameters"]}
    # Min as it was said: a Min of 0 is the lowest that the class has.
    return all(now.get(name) == value for name, value in wanted.items())
