"""The steps that end it: report, seal, label, verify.

Owns: what each does and leaves behind. Refuses: with UserError, a plate or a seal that lacks
something, a verdict that does not hold.
Units: times in s since 1970.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from steelyard_wire import cose, record

from steelyard import saved
from steelyard.access import history, judge
from steelyard.client import Terminal
from steelyard.errors import REFUSED, VERDICT, UserError
from steelyard.factory import labels
from steelyard.factory.instrument import Instrument
from steelyard.factory.work import Work
from steelyard.plate import plate_of

Found = Mapping[str, Any]


# --- seal ----------------------------------------------------------------------------------------


def _sealing(terminal: Terminal) -> int:
    """The number of the newest record that says SEAL."""
    for n in reversed(terminal.records()):
        fields: dict[int, Any] = record.decode(cose.split(terminal.record(n)).payload)
        if fields[record.TYP] == record.LOCK and fields[record.DATA][1] == "SEAL":
            return int(n)
    raise UserError(VERDICT, "the terminal is sealed, and no record says so. Have it examined")


def seal(work: Work) -> Found:
    """Close it: from now on its line is a service line and nothing else."""
    with work.terminal() as (terminal, identity):
        if identity.sealed:  # and the reply to it was lost
            n = _sealing(terminal)
        else:
            n = terminal.seal()
            identity = terminal.await_start()
        if not identity.sealed:
            raise UserError(VERDICT, "the terminal took the seal and says that it has none")
        found = terminal.seals()
        status = terminal.status()
    return {
        "record": n,
        "calibration": found["calibration"],
        "seals": found["seals"],
        "production": found["production"],
        "software": identity.software_id.hex(),
        "boots": status["boot"],
        "operator": work.operator,
    }


def is_sealed(work: Work, found: Found) -> bool:
    """Whether it is, with what it was sealed with."""
    with work.terminal() as (terminal, identity):
        now = terminal.seals()
    same = all(now[name] == found[name] for name in ("calibration", "seals", "production"))
    return identity.sealed and now["locked"] == "0" and same


# --- label ---------------------------------------------------------------------------------------


def label(work: Work) -> Found:
    """The plate as the terminal is, and a QR code that names it."""
    with work.terminal() as (terminal, identity):
        made = plate_of(identity, terminal.config(), terminal.seals())
    wanted = [one for one in made.missing if one != "approval" or work.product.station.approval]
    if wanted:
        raise UserError(REFUSED, f"the name plate lacks {', '.join(wanted)}: complete the plan")
    registry = work.product.registry or "steelyard:{device}"
    address = registry.replace("{device}", made.device).replace("{serial}", made.serial)
    drawn = labels.drawn(made, address)
    path = work.folder / "label.svg"
    saved.save(path, drawn)
    digest = work.store.attach(
        drawn.encode(), path.name, "image/svg+xml", "label", run=work.run.id, serial=work.serial
    )
    return {"plate": asdict(made), "address": address, "file": str(path), "attachment": digest}


def is_labelled(work: Work, found: Found) -> bool:
    """Whether the label says what the terminal is."""
    with work.terminal() as (terminal, identity):
        made = plate_of(identity, terminal.config(), terminal.seals())
    return bool(json.loads(json.dumps(asdict(made))) == found["plate"])


# --- verify --------------------------------------------------------------------------------------


def verify(work: Work) -> Found:
    """End to end: a weight with a fresh nonce, and every record there is, under what counts."""
    nonce = secrets.token_bytes(16)
    with work.terminal() as (terminal, identity):
        with work.handled(terminal) as hands:
            instrument = Instrument(terminal, hands)
            shown = instrument.shown(instrument.near(instrument.scale.most / 3))
            n, _ = terminal.register(nonce)
            hands.put(Fraction(0))
        work.say(0.5, "all records are verified")
        envelopes = history(terminal, identity.dev, work.store)
        found = judge(work.store, envelopes, allow_test=identity.test)
        seals = terminal.seals()
    mine: dict[int, Any] = next((one for one in found.records if one[record.N] == n), {})
    mantissa, exp10, _ = mine.get(record.VAL, (0, 0, 0))
    checks = {
        "records": found.ok,
        "nonce": mine.get(record.NONCE) == nonce,
        "weight": Fraction(10) ** exp10 * mantissa == shown,
        "sealed": identity.sealed and seals["locked"] == "0",
    }
    wrong = [name for name, good in checks.items() if not good]
    if wrong:
        raise UserError(
            VERDICT,
            f"the sealed terminal does not verify: {', '.join(wrong)}. `steelyard verify"
            f" {work.address}` says more; do not ship it",
        )
    return {"record": n, "records": len(found.records), "nonce": nonce.hex(), "checks": checks}


def is_verified(work: Work, found: Found) -> bool:
    """Never: the nonce is to be fresh."""
    return False
