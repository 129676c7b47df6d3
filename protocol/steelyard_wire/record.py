"""The signed payload: a deterministic CBOR map with integer keys, format 1.

Owns: the fields of a record, which type carries which, their types and ranges; device ids.
Refuses: with Refused, a record that breaks a rule: ARGUMENT when encoding, SYNTAX when decoding
(unknown key, mandatory field missing, wrong type, out of range, contradictory fields, too long).
Units: times in s (T, TS) and ms (UP), quantities as [mantissa, exp10, unit id], counts as
converted.
"""

from steelyard_wire import cbor
from steelyard_wire.codes import (
    ARGUMENT,
    ST_EXTENDED,
    ST_NET,
    ST_NO_ZERO,
    ST_WARM_UP,
    SYNTAX,
    Refused,
)
from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

FORMAT = 1
MAX_PAYLOAD = 640  # so that any record fits a reply line in base64

V = 1
DEV = 2
N = 3
ROOT = 4
TYP = 5
TOT = 6
BC = 7
UP = 8
T = 9
TS = 10
VAL = 11
TARE = 12
PRICE = 13  # reserved, refused in format 1
ST = 14
CAL = 15
FW = 16
NONCE = 17
RAW = 18
DATA = 19
USE = 20
EV = 21
WHO = 22

BOOT = 0
READING = 1
VOID = 2
CALIBRATION = 3
PARAMETER = 4
CASE = 5
LOCK = 6
TIME_SET = 7
FIRMWARE = 8
WITNESS = 9
DAY_CLOSE = 10
RETIRE = 11
FAULT = 12

# Index = record type.
TYPES = (
    "BOOT",
    "READING",
    "VOID",
    "CALIBRATION",
    "PARAMETER",
    "CASE",
    "LOCK",
    "TIME_SET",
    "FIRMWARE",
    "WITNESS",
    "DAY_CLOSE",
    "RETIRE",
    "FAULT",
)

_UNANNOUNCED = const(4)  # of DATA's keys a FIRMWARE record has, of a firmware that just was there

# What EV counts, by its index; nothing sets a count back.
EVENTS = (CALIBRATION, PARAMETER, CASE, LOCK, FIRMWARE)

# What became of a lock (LOCK, DATA key 2).
UNLOCKED = 0
LOCKED = 1
REFUSED = 2

TEST_PREFIX = b"TEST"

# Rules, as in protocol/README.md: u32 an integer of 32 bits without a sign, p32 the same but not
# 0, i32 with a sign, m7 of 0..7, x9 of -9..9, b8 exactly 8 bytes, B16 of 1..16 bytes, t32 text of
# 1..32 bytes, s64 an i32 or text of 0..64 bytes; "?" or null; several: an array of exactly these;
# "|"
# or; "2..3 of ..." an array of two or three of these.
_RULES = {
    V: "p1",
    DEV: "b8",
    N: "u32",
    ROOT: "b32",
    TYP: "m12",
    TOT: "u32 i64 u32",
    BC: "u32",
    UP: "u48",
    T: "u40?",
    TS: "m4 u32?",
    VAL: "i32 x9 m7",
    TARE: "i32 x9 m1|i32 x9 m0 i32 x9 p1",
    ST: "u19",
    CAL: "u32 b8",
    FW: "t32 b8",
    NONCE: "B16",
    RAW: "i32 i16?",
    USE: "p21",
    EV: "u32 u32 u32 u32 u32",
    WHO: "b8",
}

# The map DATA of the types that have one: rules of its keys 1, 2, ..., which are all there.
_DATA: "dict[object, tuple[str, ...]]" = {
    BOOT: ("b32|b64", "u32", "B32?"),
    VOID: ("u32",),
    CALIBRATION: (
        "p32",
        "m2",
        "2..11 of i32 u31",
        "x9 m7",
        "t64?",
        "null|u24 u24",
        "null|u31 i32",
        "u31",
        "p32?",
        "null|i16 i32 i32 u16 i16 i16",
        "i32?",
        "null|i16 i16",
    ),
    PARAMETER: ("t32", "s64?", "s64?"),
    LOCK: ("t32", "m2", "u32", "t32?"),
    TIME_SET: ("u40?", "u40"),
    FIRMWARE: ("t32", "b8", "t32", "b8", "m2", "p32"),
    WITNESS: ("t64", "b4", "p32", "u40", "b64"),
    RETIRE: ("b8?", "t64"),
    FAULT: ("t32", "u32"),
}

# Status that no record has: there was no weight, or no registration.
_NEVER = ST_NO_ZERO | ST_WARM_UP | ST_EXTENDED
_COMMON = (V, DEV, N, ROOT, TYP, TOT, BC, UP, T, TS, CAL, FW)
_REQUIRED: "dict[object, tuple[int, ...]]" = {READING: (VAL, ST), VOID: (VAL,), CASE: (ST,)}


def encode(fields: "dict[int, object]") -> bytes:
    """The payload of a record; Refused(ARGUMENT) unless the fields keep every rule.

    DATA's map has integer keys. TOT includes the record itself, ROOT covers the N before it.
    """
    _check(fields, ARGUMENT)
    payload = cbor.encode(fields)
    if len(payload) > MAX_PAYLOAD:
        raise Refused(ARGUMENT, "record length")
    return payload


def decode(payload: bytes) -> "dict[int, object]":
    """The fields of a payload, arrays as lists; Refused(SYNTAX) unless `encode` could give it."""
    if len(payload) > MAX_PAYLOAD:
        raise Refused(SYNTAX, "record length")
    value = cbor.decode(payload)
    if not isinstance(value, dict):
        raise Refused(SYNTAX, "record")
    _check(value, SYNTAX)
    return value


def type_name(typ: int) -> str:
    """The name of a record type, or its number as text if it is not in the table."""
    return TYPES[typ] if 0 <= typ < len(TYPES) else str(typ)


def device_id(public_key: bytes, test: bool) -> bytes:
    """8 bytes: the first of SHA-256(public key); of a TEST key "TEST" and the first 4.

    Refused(ARGUMENT) for a key of another length than 32 (Ed25519) or 64 (ES256), and for a real
    key whose id would say TEST (one in 2**32): make another key.
    """
    digest = sha256(public_key)
    if len(public_key) not in (32, 64) or (not test and is_test(digest)):
        raise Refused(ARGUMENT, "public key")
    return TEST_PREFIX + digest[:4] if test else digest[:8]


def is_test(dev: bytes) -> bool:
    """Whether a device id says TEST: such a key proves nothing about a weight."""
    return dev[:4] == TEST_PREFIX


def _check(fields: "dict[int, object]", code: int) -> None:
    broken = _first_broken(fields)
    if broken is not None:
        raise Refused(code, "record field " + str(broken))


def _first_broken(fields: "dict[int, object]") -> object:
    """The key of a field that breaks a rule, or None."""
    for key in _COMMON:
        if key not in fields:
            return key
    for key, value in fields.items():
        if key != DATA and not (key in _RULES and fits(value, _RULES[key])):
            return key
    return broken_relation(fields)


def broken_relation(fields: "dict[int, object]") -> object:
    """The key of a field that does not go with the others, or None.

    Every field but DATA has its type already (before, TYP may be no key for a dict).
    """
    typ = fields[TYP]
    for key in _REQUIRED.get(typ, ()):
        if key not in fields:
            return key
    status = fields.get(ST)
    if isinstance(status, int) and status & _NEVER:
        return ST
    net = typ == READING and isinstance(status, int) and status & ST_NET != 0
    if (VAL in fields) != (typ in (READING, VOID)):
        return VAL
    if (TARE in fields) != net:
        return TARE
    if typ == READING and _first(fields[CAL]) == 0:
        return CAL
    if fields[T] is None and _first(fields[TS]) != 0:
        return TS
    data = fields.get(DATA, {})
    rules = _DATA.get(typ, ())
    if typ == FIRMWARE and isinstance(data, dict) and len(data) == _UNANNOUNCED:
        rules = rules[:_UNANNOUNCED]
    if not isinstance(data, dict) or len(data) != len(rules) or (DATA in fields and not rules):
        return DATA
    for index, rule in enumerate(rules):
        if index + 1 not in data or not fits(data[index + 1], rule):
            return DATA
    return None


def _first(value: object) -> object:
    return value[0] if isinstance(value, (list, tuple)) else None


def fits(value: object, rule: str) -> bool:
    """Whether a value keeps a rule, as protocol/README.md writes them."""
    if " of " in rule:
        count, each = rule.split(" of ")
        fewest, most = count.split("..")
        if not isinstance(value, (list, tuple)) or not int(fewest) <= len(value) <= int(most):
            return False
        return False not in [fits(item, each) for item in value]
    if rule == "null":
        return value is None
    if "|" in rule:
        one, other = rule.split("|")
        return fits(value, one) or fits(value, other)
    rules = rule.split(" ")
    if len(rules) == 1:
        return _fits_one(value, rule)
    if not isinstance(value, (list, tuple)) or len(value) != len(rules):
        return False
    for index, item in enumerate(value):
        if not _fits_one(item, rules[index]):
            return False
    return True


def _fits_one(value: object, rule: str) -> bool:
    if value is None:
        return rule[-1] == "?"
    # A bool is an int to CPython, and only there.
    if value is True or value is False:
        return False
    kind = rule[0]
    limit = int(rule[1:].rstrip("?"))
    if isinstance(value, (bytes, bytearray)):
        return len(value) == limit if kind == "b" else kind == "B" and 1 <= len(value) <= limit
    if isinstance(value, str):
        try:
            size = len(value.encode())
        except ValueError:
            return False
        return kind in "ts" and (kind == "s" or size > 0) and size <= limit
    if not isinstance(value, int):
        return False
    if kind == "m" or kind == "x":
        return (0 if kind == "m" else -limit) <= value <= limit
    if kind == "u" or kind == "p":
        return (kind == "p") <= value < 1 << limit
    top = 1 << (31 if kind == "s" else limit - 1)
    return kind in "is" and -top <= value < top
