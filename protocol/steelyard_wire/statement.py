"""Signed statements: who may say what about a terminal (trust.md 4, 6.5).

Owns: the fields of each kind, their forms, what their signatures are made over. A statement is a
deterministic CBOR map in a COSE envelope: one signer's in COSE_Sign1 (`cose`), that of several
holders of a threshold in COSE_Sign (`several`). Whoever checks one knows its kind beforehand; the
external data of the signature keeps one kind from passing for another.
Refuses: with Refused, fields that keep no rule, or contradict each other: ARGUMENT when encoding,
SYNTAX when decoding.
Units: times in s since 1970. Serial numbers of a range have as many characters as its ends.
"""

from steelyard_wire import cbor, cose
from steelyard_wire.auth import LINK_DOMAIN
from steelyard_wire.codes import ARGUMENT, SYNTAX, Refused
from steelyard_wire.commands import OPEN
from steelyard_wire.digest import hmac_sha256, sha256
from steelyard_wire.record import device_id, fits, is_test

# Bytes of a payload; of a revocation list more.
MAX_STATEMENT = 2048
MAX_REVOCATION = 131072

ROOT = 0
STATION = 1
DEVICE = 2
VERIFICATION = 3
REVOCATION = 4
UNLOCK = 5
RELEASE = 6
# Index = kind.
KINDS = ("ROOT", "STATION", "DEVICE", "VERIFICATION", "REVOCATION", "UNLOCK", "RELEASE")

# What a station may do.
MAKES = 1
VERIFIES = 2

# Kinds of a key for access: what proves it.
BY_HMAC = 0  # `key` is the commitment to a shared secret, see link_commitment
BY_SIGNATURE = 1  # `key` is an Ed25519 public key

# What a revocation list may name, and what the last good number of each counts: records, the
# statements that the station issued, nothing.
TERMINAL = 0
ISSUER = 1
ACCESS = 2
REVOKED = ("TERMINAL", "STATION", "ACCESS KEY")

# Kinds of an unlocking, and the level whose key may say it: factory, service, inspector.
PRODUCTION = 0
REPAIR = 1
INSPECTION = 2
UNLOCKINGS = ("PRODUCTION", "REPAIR", "VERIFICATION")

# Name and rule (record.py) of each field; its index plus one is its key. All are there.
FIELDS = {
    ROOT: (
        ("version", "p32"),
        ("name", "t64"),
        ("made", "u40"),
        ("threshold", "p3"),
        ("holders", "2..7 of b32"),
        ("release_threshold", "p3"),
        ("release", "1..7 of b32"),
    ),
    STATION: (
        ("number", "p32"),
        ("name", "t64"),
        ("key", "b32"),
        ("roles", "p2"),
        ("serials", "0..8 of t32 t32"),
        ("from", "u40"),
        ("until", "u40"),
    ),
    DEVICE: (
        ("number", "p32"),
        ("dev", "b8"),
        ("suite", "p2"),
        ("key", "b32|b64"),
        ("serial", "t32"),
        ("model", "t32"),
        ("hardware", "m2"),
        ("made", "u40"),
        ("production", "t32"),
        ("seals", "0..4 of t32"),
        ("access", "0..8 of m5 m1 b32"),
        ("approval", "t32?"),
    ),
    VERIFICATION: (
        ("number", "p32"),
        ("dev", "b8"),
        ("calibration", "p32 b8"),
        ("software", "b8"),
        ("production", "t32"),
        ("repair", "t32?"),
        ("code", "t32"),
        ("seals", "0..4 of t32"),
        ("from", "u40"),
        ("until", "u40"),
        ("body", "t64"),
        ("lock", "u32"),
    ),
    REVOCATION: (
        ("version", "p32"),
        ("made", "u40"),
        ("entries", "0..1000 of m2 b8 u32? t64"),
    ),
    UNLOCK: (
        ("dev", "b8"),
        ("n", "u32"),
        ("counter", "u32"),
        ("kind", "m2"),
        ("code", "t32?"),
        ("seals", "0..4 of t32"),
    ),
    RELEASE: (
        ("version", "t32"),
        ("sequence", "p32"),
        ("minimum", "u32"),
        ("product", "t32"),
        ("board", "t32"),
        ("hardware", "b8"),
        ("mpy", "m255 m3 m15"),
        ("oldest", "m99 m99"),
        ("newest", "m99 m99"),
        ("made", "u40"),
        ("size", "p32"),
        ("contents", "b32"),
        ("calibration", "m1"),
    ),
}
_AAD = b"steelyard/stm/1/"
_GRANT_DOMAIN = b"steelyard/grant/1"
_UNLOCK_DOMAIN = b"steelyard/unlock/1"
_DIGITS = 12
# The field of a kind whose rows go with each other.
_ROWS = {STATION: "serials", DEVICE: "access", REVOCATION: "entries"}
# What several holders sign together.
BY_SEVERAL = (ROOT, STATION, REVOCATION, RELEASE)


def aad(kind: int) -> bytes:
    """The external data of the signature of a kind."""
    return _AAD + KINDS[kind].encode()


def encode(kind: int, fields: "dict[str, object]") -> bytes:
    """The payload; Refused(ARGUMENT) names the first field that is missing or keeps no rule."""
    broken = _first_broken(kind, fields)
    if broken:
        raise Refused(ARGUMENT, broken)
    return cbor.encode({key + 1: fields[name] for key, (name, _) in enumerate(FIELDS[kind])})


def decode(kind: int, payload: bytes) -> "dict[str, object]":
    """The fields by name, arrays as lists; Refused(SYNTAX) unless `encode` could give it."""
    if len(payload) > (MAX_REVOCATION if kind == REVOCATION else MAX_STATEMENT):
        raise Refused(SYNTAX, "statement length")
    value = cbor.decode(payload)
    rows = FIELDS[kind]
    if not isinstance(value, dict) or len(value) != len(rows):
        raise Refused(SYNTAX, "statement")
    fields = {name: value.get(key + 1) for key, (name, _) in enumerate(rows)}
    broken = _first_broken(kind, fields)
    # A key that is missing may not pass for one that is null.
    if broken or [key for key in range(len(rows)) if key + 1 not in value]:
        raise Refused(SYNTAX, broken or "statement")
    return fields


def _first_broken(kind: int, fields: "dict[str, object]") -> str:
    broken = ""
    for name, rule in FIELDS[kind]:
        if not broken and (name not in fields or not fits(fields[name], rule)):
            broken = name
    if not broken and len(fields) != len(FIELDS[kind]):
        broken = "unknown field"
    broken = broken or _contradiction(kind, fields)
    return KINDS[kind].lower() + " statement: " + broken if broken else ""


def _contradiction(kind: int, fields: "dict[str, object]") -> str:
    """The name of a field that does not go with the others, or "". Each keeps its rule."""
    if "until" in fields and _number(fields["until"]) < _number(fields["from"]):
        return "until"
    if kind == ROOT:
        # Of two groups that may sign, one holder is in both.
        broken = _beyond(fields, "threshold", "holders", 2)
        return broken or _beyond(fields, "release_threshold", "release", 1)
    if kind == RELEASE:
        if _number(fields["minimum"]) > _number(fields["sequence"]):
            return "minimum"
        oldest, newest = fields["oldest"], fields["newest"]
        return "newest" if list(newest) < list(oldest) else ""  # type: ignore[call-overload]
    name = _ROWS.get(kind, "")
    rows = fields[name] if name else None
    if not isinstance(rows, (list, tuple)):
        return ""
    if kind == STATION:
        for first, last in rows:
            if len(first) != len(last) or first > last:
                return name
        return name if not rows and _number(fields["roles"]) & MAKES else ""
    if kind == DEVICE:
        if not _fits_key(fields["dev"], fields["key"], fields["suite"]):
            return "key"
        named = [(level, key) for level, _, key in rows if level != OPEN]
    else:
        # Of an access key nothing is counted.
        named = [(what, key) for what, key, last, _ in rows if what != ACCESS or last is None]
    return name if len(set(named)) < len(rows) else ""


def _beyond(fields: "dict[str, object]", threshold: str, keys: str, least: int) -> str:
    """The name of what is wrong with a threshold: more than half of the keys, each once."""
    count, rows = _number(fields[threshold]), fields[keys]
    if not isinstance(rows, (list, tuple)) or len(set(rows)) < len(rows):
        return keys
    return "" if count >= least and len(rows) < 2 * count <= 2 * len(rows) else threshold


def _fits_key(dev: object, key: object, suite: object) -> bool:
    if not isinstance(dev, bytes) or not isinstance(key, bytes) or len(key) != 32 * _number(suite):
        return False
    try:
        return device_id(key, is_test(dev)) == dev
    except Refused:
        return False


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def says_test(name: str) -> bool:
    """Whether the name of a root, or of a key, says that it proves nothing about a weight."""
    return name[:4] == "TEST"


def key_id(public_key: bytes) -> bytes:
    """How statements and records name a key: the first 8 bytes of its SHA-256."""
    return sha256(public_key)[:8]


def link_commitment(link_key: bytes) -> bytes:
    """What a device statement says of the operator's key, a shared secret of 32 bytes."""
    if len(link_key) != 32:
        raise Refused(ARGUMENT, "link key")
    return sha256(LINK_DOMAIN, link_key)


def to_be_signed(kind: int, payload: bytes) -> bytes:
    """What the one signer of a statement signs (RFC 9052, 4.4)."""
    return cose.to_be_signed(payload, cose.protected(cose.ALG_EDDSA), aad(kind))


def challenge_text(dev: bytes, nonce: bytes, level: int) -> bytes:
    """What the holder of a key signs to be given a level. dev: 8 bytes, nonce: 16."""
    if len(dev) != 8 or len(nonce) != 16 or not 0 < level < 256:
        raise Refused(ARGUMENT, "challenge")
    return _GRANT_DOMAIN + dev + nonce + bytes([level])


def in_range(serial: str, serials: "list[list[str]]") -> bool:
    """Whether a serial number lies in one of the ranges [first, last] of a station."""
    for first, last in serials:
        if len(first) == len(serial) == len(last) and first <= serial <= last:
            return True
    return False


def unlock_digits(unlock_key: bytes, dev: bytes, n: int, counter: int, kind: int) -> str:
    """The 12 digits that open one lock once: of the CASE record n, the counter-th lock.

    HMAC-SHA-256(key, domain + dev + n + counter + kind), n and counter in 4 bytes and kind in one,
    big-endian; its first 8 bytes modulo 10**12. Refused(ARGUMENT) on lengths and ranges.
    """
    if len(unlock_key) != 32 or len(dev) != 8 or not 0 <= kind < len(UNLOCKINGS):
        raise Refused(ARGUMENT, "unlock code")
    numbers = n.to_bytes(4, "big") + counter.to_bytes(4, "big") + bytes([kind])
    code = hmac_sha256(unlock_key, _UNLOCK_DOMAIN, dev, numbers)[:8]
    digits = str(int.from_bytes(code, "big") % 10**_DIGITS)
    return "0" * (_DIGITS - len(digits)) + digits
