"""A terminal's seal from this host: statements that it is to take, keys that open it, its state.

Owns: which statements a terminal needs before one, what proves a level to it, the sentences about
its seal, its lock and its verification (metrology.md 3.2, rows C3, C5, C6).
Refuses: with UserError, a statement whose station or root this host does not know.
Units: times in s since 1970.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from steelyard_wire import commands, statement
from steelyard_wire.auth import operator_id
from steelyard_wire.codes import STATEMENT

from steelyard.client import Terminal
from steelyard.errors import REFUSED, USAGE, DeviceRefused, UserError
from steelyard.keys import files
from steelyard.keys.authority import Doubtful
from steelyard.keys.passphrase import Passphrase
from steelyard.keys.statements import Statement
from steelyard.keys.words import day, title
from steelyard.store import Store

KEY = "STEELYARD_KEY"  # names the file of the key that opens a sealed terminal
PASSPHRASE = "STEELYARD_PASSPHRASE_FILE"
_TAKEN = (statement.ROOT, statement.STATION, statement.DEVICE, statement.VERIFICATION)
# What does not hold any more, in words.
_VOID = {
    "NONE": "it was not verified yet",
    "OPENED": "its case, or its seal, was opened since then",
    "CALIBRATION": "calibration or parameters are others than were verified",
    "SOFTWARE": "its software is another than was verified",
    "PRODUCTION": "its production code is another than was verified",
    "REPAIR": "its repair code is another than was verified",
    "SEALS": "its seals are others than were verified",
    "DEVICE": "it is of another terminal",
    "EARLY": "it is not in force yet",
    "EXPIRED": "it has expired",
    "LOCK": "it was made before the case was opened",
    "NO_TIME": "its clock is not set (steelyard time ADDRESS --set)",
}


def _before(store: Store, one: Statement) -> list[Statement]:
    """The station that signed a statement, and the root of that, as this host knows them."""
    if one.kind == statement.ROOT:
        return []
    if one.kind == statement.STATION:
        try:
            return [store.authority().root_of(one).statement]
        except Doubtful as why:
            raise UserError(REFUSED, f"{title(one)} does not count here: {why.detail}") from None
    kid = one.signatures[0][0]
    found = store.statements(statement.STATION, subject=kid)
    if not found:
        raise UserError(
            USAGE,
            f"this host does not know station {kid.hex()}, which signed the {one.name} statement."
            " First: steelyard keys trust FILE of the station",
        )
    return [*_before(store, found[-1]), found[-1]]


def install(terminal: Terminal, store: Store, wanted: Iterable[Statement]) -> list[str]:
    """Have a terminal take statements, and before them what they need; their titles."""
    told: list[str] = []
    for one in sorted(wanted, key=lambda one: _TAKEN.index(one.kind) if one.kind in _TAKEN else 9):
        if one.kind not in _TAKEN or not one.signatures:
            raise UserError(USAGE, f"a terminal does not take this: {title(one)}")
        for needed in [*_before(store, one), one]:
            if title(needed) in told:
                continue
            try:
                terminal.send_statement(needed.kind, needed.envelope)
            except DeviceRefused as refused:
                # The root is there already: it need not be taken twice.
                there = needed.kind == statement.ROOT and "is installed" in refused.sentence
                unfit = re.search(r"does not fit: ([A-Z_]+)", refused.sentence)
                if unfit and unfit[1] in _VOID:
                    raise UserError(
                        REFUSED,
                        f"the terminal did not take {title(needed)}: {_VOID[unfit[1]]}. See"
                        " `steelyard seals`, and have it stated anew",
                    ) from None
                if refused.code != STATEMENT or not there or needed is one:
                    raise
            told.append(title(needed))
    return told


def key_of_user(level: str = "") -> files.PrivateKey:
    """The key that STEELYARD_KEY names; UserError. level: whose is needed, if that is known."""
    named = os.environ.get(KEY, "")
    if not named:
        raise UserError(
            REFUSED,
            "the terminal is sealed, and this needs a key that its device statement names. Say"
            f" where its file is: {KEY}={level or 'service'}.pem",
        )
    source = os.environ.get(PASSPHRASE)
    public = files.public_half(Path(named), *files.ACCESS)
    has, needs = (commands.LEVELS.index(it.upper()) for it in (public.role, level or public.role))
    if not commands.covers(has, needs):
        raise UserError(
            REFUSED, f"this needs a key for {level}, and {KEY} names one for {public.role}"
        )
    asked = Passphrase(Path(source) if source else None)
    return files.load(Path(named), lambda: asked.ask(f"the {public.role} key"), *files.ACCESS)


def prove(terminal: Terminal, dev: bytes, key: files.PrivateKey) -> None:
    """Be given the level of a key; only over the cable."""
    level = files.ACCESS.index(key.public.role) + 1
    terminal.grant(dev, level, key.public.key_id, key.sign)


def names_of_keys(store: Store, dev: bytes) -> dict[bytes, str]:
    """Who has the keys that records name by id: stations, levels of the device statement."""
    found = {}
    for one in store.statements(statement.STATION):
        found[statement.key_id(one.fields["key"])] = str(one.fields["name"])
    for one in store.statements(statement.DEVICE, subject=dev):
        for level, _, key in one.fields["access"]:
            found[statement.key_id(key)] = commands.LEVELS[level].lower()
    secret = store.unlock_key(dev)
    if secret is not None:
        found[operator_id(secret)] = "unlock digits"
    return found


def state(found: Mapping[str, str], issued: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a terminal says of its seal, in words. issued: its device statement, if known here.

    Nothing is wrong with one that was just made: it waits for an office. "may be used": sealed,
    not locked, as its maker says, and verified.
    """
    wrong, waits = [], ""
    if found["sealed"] != "1":
        wrong.append("it is not sealed")
    if found["locked"] == "1":
        wrong.append(f"its case was opened (record {found['n']}): it is locked")
    if found["verification"] == "NONE":
        waits = f"an office: {_VOID['NONE']} (steelyard keys verification, then install)"
    elif found["verification"] != "VALID":
        wrong.append("no verification holds: " + _VOID[found["verification"]])
    for name in ("production", "seals"):
        said = ",".join(issued["seals"]) if issued and name == "seals" else None
        said = said or (str(issued[name]) if issued and name == "production" else None)
        # After a repair the seals are the repairer's, after a verification the office's.
        others = found["repair"] != "-" or found["verification"] == "VALID"
        if said and said != found[name] and not (name == "seals" and others):
            wrong.append(f"{name}: the terminal says {found[name]}, its maker {said}")
    until = None if found["until"] == "-" else day(int(found["until"]))
    if found["warning"] in ("15", "60"):
        wrong_soon = f"the verification ends in {found['days']} days"
    else:
        wrong_soon = ""
    return {
        "sealed": found["sealed"] == "1",
        "locked": found["locked"] == "1",
        "lock": f"record {found['n']}, lock {found['lock']}" if found["locked"] == "1" else "",
        "openings": found["lock"],
        "calibration digest": found["calibration"],
        "production code": found["production"],
        "repair code": found["repair"],
        "verification code": found["code"],
        "seals": found["seals"],
        "verified by": found["body"],
        "verified until": until,
        "warning": wrong_soon,
        "waits for": waits,
        "wrong": "; ".join(wrong),
        "may be used": not (wrong or waits),
    }
