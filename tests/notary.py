"""Statements by independent code: cbor2 and cryptography, as the golden ones are made.

Owns: a root with three holders, a station that makes, an office that verifies; what they sign.
Refuses: nothing: whether a statement is right is for the tests to say.
Units: times in s since 1970. All keys are those of protocol/vectors/statement.json.
"""

from __future__ import annotations

from collections.abc import Sequence

from forge import Forger
from steelyard.generate import statement_vectors as made
from steelyard.keys import installing
from steelyard.keys.files import PrivateKey, PublicKey
from steelyard.keys.statements import Statement, opened
from steelyard.store import Store
from steelyard_wire import statement

UTC = 1767225600  # 2026-01-01
DAY = 86400
HOLDERS = ("anna", "ben", "cleo")


def signed(kind: int, fields: dict[str, object], signers: Sequence[str]) -> Statement:
    """A statement, signed by those who are named."""
    names = [name for name, _ in statement.FIELDS[kind]]
    payload = made.payload_of({name: fields[name] for name in names})
    return opened(kind, made.sign(kind, payload, signers)[1])


def private(name: str) -> PrivateKey:
    """The key of somebody, as our code has it."""
    return PrivateKey(PublicKey(f"TEST {name}", "holder", made.public_of(name)), made.key_of(name))


def install(store: Store, *given: Statement) -> list[str]:
    """Take statements on trust; the fingerprint of a root is right."""
    return [installing.install(store, one, lambda _: None) for one in given]


def root(
    name: str = "Berg Scales",
    version: int = 1,
    holders: Sequence[str] = HOLDERS,
    signers: Sequence[str] = ("anna", "ben"),
) -> Statement:
    """A root of two of its holders."""
    keys = [made.public_of(one) for one in holders]
    fields: dict[str, object] = {"version": version, "name": name, "made": UTC, "threshold": 2}
    fields |= {"holders": keys, "release_threshold": 2, "release": keys}
    return signed(statement.ROOT, fields, signers)


def station(signers: Sequence[str] = ("anna", "cleo"), **changes: object) -> Statement:
    """A station that makes SY-0 to SY-9 in the year 2026."""
    fields: dict[str, object] = {"number": 1, "name": "Works 1", "key": made.public_of("station")}
    fields |= {"roles": 1, "serials": [["SY-0", "SY-9"]], "from": UTC, "until": UTC + 365 * DAY}
    return signed(statement.STATION, fields | changes, signers)


def office(signers: Sequence[str] = ("ben", "cleo"), **changes: object) -> Statement:
    """A station that verifies any terminal."""
    changes = {"name": "Weights office", "key": made.public_of("office")} | changes
    return station(signers, **{"roles": 2, "serials": []} | changes)


def device(forger: Forger, signer: str = "station", **changes: object) -> Statement:
    """The device statement of a forger's terminal, SY-1."""
    fields: dict[str, object] = {"number": 1, "dev": forger.dev, "suite": 1}
    fields |= {"key": forger.public_key, "serial": "SY-1", "model": "bench", "hardware": 0}
    fields |= {"made": UTC + DAY, "production": "P-1", "seals": ["S-1"], "access": []}
    fields |= {"approval": None}
    return signed(statement.DEVICE, fields | changes, (signer,))


def verification(forger: Forger, signer: str = "office", **changes: object) -> Statement:
    """That the forger's calibration and software were verified for January 2026."""
    fields: dict[str, object] = {"number": 1, "dev": forger.dev, "calibration": [1, b"calibrat"]}
    fields |= {
        "software": b"software",
        "production": "P-1",
        "repair": None,
        "code": "V-1",
        "lock": 0,
    }
    fields |= {"seals": ["S-1", "S-2"], "from": UTC, "until": UTC + 31 * DAY, "body": "Office"}
    return signed(statement.VERIFICATION, fields | changes, (signer,))


def revoked(
    *entries: tuple[int, bytes, int | None, str],
    version: int = 1,
    signers: Sequence[str] = ("anna", "ben"),
) -> Statement:
    """A revocation list."""
    fields: dict[str, object] = {"version": version, "made": UTC, "entries": [*map(list, entries)]}
    return signed(statement.REVOCATION, fields, signers)
