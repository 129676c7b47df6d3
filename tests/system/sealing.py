"""A maker, a service and an inspection body for virtual terminals: TEST keys of `cryptography`.

Owns: their statements and the way of a bench to a sealed, verified terminal.
Refuses: nothing. Units: times in s since 1970.
"""

from __future__ import annotations

import base64
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from steelyard_wire import commands, cose, several, statement
from terminals import Bench

YEAR_S = 365 * 86400


class Key:
    """A key pair by a name."""

    def __init__(self, name: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(f"TEST {name}".ljust(32, ".").encode())
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = statement.key_id(self.public)
        self.sign = self._key.sign


HOLDERS = [Key(f"holder {number}") for number in range(3)]
RELEASE = [Key(f"release {number}") for number in range(3)]
MAKER, BODY = Key("maker"), Key("body")
LEVELS = {
    commands.SERVICE: Key("service"),
    commands.FACTORY: Key("factory"),
    commands.INSPECTOR: Key("inspector"),
}


def by_several(kind: int, fields: dict[str, Any], holders: list[Key]) -> bytes:
    """The envelope of a statement that these sign."""
    payload = statement.encode(kind, fields)
    message = several.to_be_signed(payload, statement.aad(kind))
    return several.build(payload, [(key.id, key.sign(message)) for key in holders])


def by_one(kind: int, fields: dict[str, Any], key: Key) -> bytes:
    """The envelope of a statement that one signs."""
    payload = statement.encode(kind, fields)
    return cose.build(payload, key.sign(statement.to_be_signed(kind, payload)), key.id)


def _station(key: Key, roles: int, now: int) -> bytes:
    fields = {"number": 1, "name": "TEST station", "key": key.public, "roles": roles}
    fields |= {"serials": [["SY-TEST-1", "SY-TEST-9"]], "from": now - 60, "until": now + YEAR_S}
    return by_several(statement.STATION, fields, HOLDERS[1:])


def certify(bench: Bench) -> None:
    """Root, stations and the device statement."""
    now = int(time.time())
    root = {"version": 1, "name": "TEST root", "made": now, "threshold": 2}
    root |= {"holders": [key.public for key in HOLDERS], "release_threshold": 2}
    root |= {"release": [key.public for key in RELEASE]}
    send = bench.terminal.send_statement
    send(statement.ROOT, by_several(statement.ROOT, root, HOLDERS[:2]))
    send(statement.STATION, _station(MAKER, statement.MAKES, now))
    identity = bench.terminal.identify()
    link_key = bench.store.link_key(identity.dev) or b""
    access = [[commands.OPERATOR, statement.BY_HMAC, statement.link_commitment(link_key)]]
    access += [[level, statement.BY_SIGNATURE, key.public] for level, key in LEVELS.items()]
    fields = {"number": 1, "dev": identity.dev, "suite": 1, "key": identity.key}
    fields |= {"serial": identity.serial, "model": identity.model, "hardware": 0, "made": now}
    fields |= {"production": "P-2026-1", "seals": ["A1", "A2"], "access": access}
    fields |= {"approval": "TEST CPA 2026F001"}
    send(statement.DEVICE, by_one(statement.DEVICE, fields, MAKER))


def seal(bench: Bench) -> None:
    """Close it; it has started again."""
    certify(bench)
    bench.terminal.set_time(int(time.time()))
    bench.terminal.seal()
    started(bench)


def started(bench: Bench) -> None:
    """It starts again: this host has its link key."""
    identity = bench.terminal.await_start()
    bench.terminal.link.set_key(bench.store.link_key(identity.dev))


def grant(bench: Bench, level: int) -> None:
    """Prove the key of a level."""
    key = LEVELS[level]
    bench.terminal.grant(bench.terminal.identify().dev, level, key.id, key.sign)


def verify(bench: Bench, number: int = 1, **other: Any) -> None:
    """The inspection body verifies it as it is."""
    now = int(time.time())
    bench.terminal.set_time(now)
    bench.terminal.send_statement(statement.STATION, _station(BODY, statement.VERIFIES, now))
    identity = bench.terminal.identify()
    found = bench.terminal.seals()
    grant(bench, commands.SERVICE)
    digest = bytes.fromhex(bench.terminal.calibrate("STATUS")["digest"])
    fields: dict[str, Any] = {"number": number, "dev": identity.dev, "body": "TEST body"}
    fields |= {"calibration": [identity.calibration, digest], "production": "P-2026-1"}
    fields |= {"software": identity.software_id[:8], "code": f"V-{number}"}
    fields |= {"repair": None if found["repair"] == "-" else found["repair"]}
    fields |= {"seals": found["seals"].split(","), "from": now, "until": now + YEAR_S}
    fields |= {"lock": int(found["lock"])}
    envelope = by_one(statement.VERIFICATION, fields | other, BODY)
    bench.terminal.send_statement(statement.VERIFICATION, envelope)


def token(bench: Bench, level: int, kind: int, code: str | None = None) -> bytes:
    """What unlocks it now."""
    found = bench.terminal.seals()
    fields = {"dev": bench.terminal.identify().dev, "n": int(found["n"]), "kind": kind}
    fields |= {"counter": int(found["lock"]), "code": code, "seals": []}
    return by_one(statement.UNLOCK, fields, LEVELS[level])


def text(token: bytes) -> str:
    """As a word of a command."""
    return base64.b64encode(token).decode()
