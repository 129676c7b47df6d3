"""A terminal's identity: it makes its key, and this host sees it happen.

Owns: that a key is known here before the terminal has it, and that its first record proves it.
Refuses: with UserError, another serial number, a birth that proves nothing, a stranger over a
network. Units: none.
"""

from __future__ import annotations

import secrets
from typing import Any

from steelyard_wire import cose, record
from steelyard_wire.digest import sha256

from steelyard.access import after_signing
from steelyard.client import Identity, Terminal
from steelyard.errors import REFUSED, USAGE, VERDICT, UserError
from steelyard.store import Store
from steelyard.verify import KeyEntry, verify


def check_serial(serial: str) -> None:
    """UserError for what is no serial number."""
    if not (0 < len(serial) <= 32 and serial.isascii() and serial.isprintable()):
        raise UserError(USAGE, "a serial number is 1 to 32 printable ASCII characters")


def check_birth(envelope: bytes, terminal: Identity, nonce: bytes | None) -> bytes:
    """The device id, if record 0 is signed by the key that it names; UserError otherwise."""
    dev = record.device_id(terminal.key, terminal.test)
    entry = KeyEntry(terminal.key, "", terminal.test, terminal.algorithm)
    report = verify([envelope], {dev: entry}, allow_test=True)
    fields: dict[int, Any] = report.records[0] if report.records else {}
    data = fields.get(record.DATA, {})
    proven = (
        report.ok
        and fields.get(record.N) == 0
        and data.get(1) == terminal.key
        and (nonce is None or data.get(3) == nonce)
    )
    if not proven:
        raise UserError(
            VERDICT,
            "record 0 of the terminal is not signed by the key that it reports. Do not trust this"
            " terminal: flash it anew, or have it examined",
        )
    return dev


def provision_terminal(terminal: Terminal, store: Store, serial: str) -> dict[str, Any]:
    """Give a terminal its identity, or find that it has one that we know."""
    before = terminal.identify()
    if before.provisioned:
        if before.serial != serial:
            raise UserError(
                REFUSED,
                f"this terminal is {before.serial} already, and its identity never changes. To"
                f" have it known to this host: --serial {before.serial}",
            )
        made = "known to this host already"
        if before.dev not in store.registry():
            # Its birth was seen by another host, or our database was lost: take the key from the
            # record that it signed, and say that nobody vouches for it but the cable.
            if "://" in terminal.address and not before.test:
                raise UserError(
                    REFUSED,
                    "this terminal has its key already, this host does not know it, and over a"
                    " network anybody could answer. Connect the terminal by its cable once",
                )
            vouches = "the network" if "://" in terminal.address else "the cable"
            made = f"taken from the terminal: nobody vouches for it but {vouches}"
            check_birth(terminal.record(0), before, None)
            store.add_terminal(before.key, serial, before.model, before.test, before.algorithm)
        store.claim_keys(serial, before.dev)
        return _result(terminal, before.dev, made, store)
    entropy, link_key, unlock_key = (secrets.token_bytes(32) for _ in range(3))
    # Before the terminal takes it: a key that only the terminal knows would be lost.
    store.offer_keys(serial, link_key, unlock_key)
    n, envelope = terminal.provision(serial, entropy, link_key, unlock_key)
    after = terminal.identify()
    nonce = sha256(entropy)[:16]
    dev = check_birth(envelope, after, nonce)
    if n != 0 or cose.split(envelope).kid != dev:
        raise UserError(VERDICT, "the first record of the terminal is not record 0")
    with after_signing("run the same command again"):
        store.add_terminal(after.key, serial, after.model, after.test, after.algorithm)
        store.claim_keys(serial, dev)
        store.add_record(envelope, True)
    return _result(terminal, dev, "made now, while this host watched", store)


def _result(terminal: Terminal, dev: bytes, made: str, store: Store) -> dict[str, Any]:
    now = terminal.identify()
    return {
        "serial": now.serial,
        "device": dev,
        "public_key": now.key,
        "algorithm": now.algorithm,
        "test_key": now.test,
        "key": made,
        "link_key": "known to this host" if store.link_key(dev) else "not known to this host",
    }
