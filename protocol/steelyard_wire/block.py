"""A block of readings of a stream under one signature: a deterministic CBOR map, format 1.

Owns: the fields of a block, their types and ranges.
Refuses: with Refused, a block that breaks a rule: ARGUMENT when encoding, SYNTAX when decoding.
Units: as `record`; times between readings in ms.

It travels in the envelope of a record, signed with other external data (cose.BLOCK_AAD). It is in
no journal and has no number of its own: N and ROOT say after which records it was made.
"""

from steelyard_wire import cbor
from steelyard_wire.codes import ARGUMENT, SYNTAX, Refused
from steelyard_wire.record import fits

FORMAT = 1
MOST = 60
MAX_PAYLOAD = 1600

V = 1
DEV = 2
N = 3
ROOT = 4
BC = 5
SEQ = 6
UP = 7
T = 8
TS = 9
UNIT = 10
CAL = 11
FW = 12
READINGS = 13
NONCE = 14

# Rules as in `record`. A reading: [ms since the one before, net mantissa or null, status].
_RULES = {
    V: "p1",
    DEV: "b8",
    N: "u32",
    ROOT: "b32",
    BC: "u32",
    SEQ: "u32",
    UP: "u48",
    T: "u40?",
    TS: "m4 u32?",
    UNIT: "x9 m7",
    CAL: "u32 b8",
    FW: "t32 b8",
    READINGS: "1..60 of u24 i32? u19",
    NONCE: "B16",
}


def encode(fields: "dict[int, object]") -> bytes:
    """The payload of a block; Refused(ARGUMENT) unless the fields keep every rule."""
    _check(fields, ARGUMENT)
    return cbor.encode(fields)


def decode(payload: bytes) -> "dict[int, object]":
    """The fields of a payload, arrays as lists; Refused(SYNTAX) unless `encode` could give it."""
    if len(payload) > MAX_PAYLOAD:
        raise Refused(SYNTAX, "block length")
    value = cbor.decode(payload)
    if not isinstance(value, dict):
        raise Refused(SYNTAX, "block")
    _check(value, SYNTAX)
    return value


def _check(fields: "dict[int, object]", code: int) -> None:
    for key in _RULES:
        if key not in fields and key != NONCE:
            raise Refused(code, "block field " + str(key))
    for key, value in fields.items():
        if key not in _RULES or not fits(value, _RULES[key]):
            raise Refused(code, "block field " + str(key))
