"""An envelope opened: signature first, over the bytes that travelled, then the record in it.

Owns: the fast way to what steelyard_wire's cose.split and record.decode give, with the same
refusals: libsodium verifies, cbor2 decodes, and what it made must encode to the same bytes with
the keys in order, which leaves no other form of any value.
Refuses: with `Rejected`, which names the check that did not pass.
Units: as in the records.

The rules of the fields are steelyard_wire.record's own, made into functions once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from steelyard_wire import block, cose, record
from steelyard_wire.codes import Refused

EDDSA = "Ed25519"
ES256 = "ES256"
# Index = suite id, as a terminal names its own.
ALGORITHMS = ("", EDDSA, ES256)

Fields = dict[int, Any]
Test = Callable[[Any], bool]


@dataclass(frozen=True)
class KeyEntry:
    """A terminal of the registry; the algorithm is decided here, never by a record."""

    public_key: bytes
    serial: str
    test: bool
    algorithm: str = EDDSA


class Rejected(Exception):
    """A check that did not pass. check: its name. detail: in words, without the place."""

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(check, detail)
        self.check = check
        self.detail = detail


# --- the rules of fields, as functions -----------------------------------------------------------


def _limits(rule: str) -> tuple[int, int]:
    """The integers that a rule of one value takes."""
    kind, limit = rule[0], int(rule[1:].rstrip("?"))
    if kind == "m":
        return 0, limit
    if kind == "x":
        return -limit, limit
    if kind in "up":
        return int(kind == "p"), (1 << limit) - 1
    top = 1 << (31 if kind == "s" else limit - 1)
    return -top, top - 1


def _of_one(rule: str) -> Test:
    kind, limit = rule[0], int(rule[1:].rstrip("?"))
    if kind == "b":
        return lambda v: type(v) is bytes and len(v) == limit
    if kind == "B":
        return lambda v: type(v) is bytes and 1 <= len(v) <= limit
    if kind == "t":
        return lambda v: type(v) is str and 1 <= len(v.encode()) <= limit
    low, high = _limits(rule)
    if rule[-1] == "?":
        return lambda v: v is None or (type(v) is int and low <= v <= high)
    return lambda v: type(v) is int and low <= v <= high


def _test(rule: str) -> Test:
    """Whether a value keeps a rule (protocol/README.md, section 8)."""
    parts = rule.split(" ")
    plain = not any(mark in rule for mark in ("of", "|", "null", "s")) and len(parts) < 4
    if not plain or (rule[0] in "bBt" and rule[-1] == "?"):
        return lambda v: record.fits(v, rule)
    tests = [_of_one(part) for part in parts]
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        one, other = tests
        return lambda v: type(v) is list and len(v) == 2 and one(v[0]) and other(v[1])
    one, other, third = tests
    return lambda v: type(v) is list and len(v) == 3 and one(v[0]) and other(v[1]) and third(v[2])


_FIELDS = {key: _test(rule) for key, rule in record._RULES.items()}
_COMMON = frozenset(record._COMMON)


def _same(payload: bytes) -> Fields | None:
    """What cbor2 makes of a map, if it makes the same bytes of it again; else None."""
    try:
        fields = cbor2.loads(payload)
        if type(fields) is dict and cbor2.dumps(fields) == payload:
            keys = list(fields)
            return fields if keys == sorted(keys) else None
    except Exception:  # noqa: BLE001 - whatever a stranger's bytes make of a decoder
        return None
    return None


def _decode(payload: bytes) -> Fields:
    """The fields of a record; Refused as steelyard_wire.record.decode."""
    fields = _same(payload)
    if fields is None or len(payload) > record.MAX_PAYLOAD or not fields.keys() >= _COMMON:
        # The slow way says why.
        return cast(Fields, record.decode(payload))
    if record.DATA in fields:  # with maps inside, whose keys have an order too
        return cast(Fields, record.decode(payload))
    for key, value in fields.items():
        if not _FIELDS.get(key, _never)(value):
            return cast(Fields, record.decode(payload))
    if record.broken_relation(fields) is not None:
        return cast(Fields, record.decode(payload))
    return fields


# --- envelopes -----------------------------------------------------------------------------------

_PROTECTED = {
    EDDSA: cose.protected(cose.ALG_EDDSA),
    ES256: cose.protected(cose.ALG_ES256),
}


def algorithm_of(protected: bytes) -> str:
    """The algorithm that a protected header names, "" if there is none; not to be believed."""
    return next((name for name, header in _PROTECTED.items() if header == protected), "")


_STARTS = tuple(b"\xd2\x84\x43" + header + b"\xa1\x04\x48" for header in _PROTECTED.values())
_SIGNATURE = b"\x58\x40"
# Of a byte string of 24 to 255 bytes, and of more: where a payload begins.
_SHORT, _LONG = 0x58, 0x59


def _parts(raw: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    """kid, protected header, the payload with its CBOR head, signature; Refused as cose.split."""
    if raw.startswith(_STARTS) and raw[-66:-64] == _SIGNATURE:
        wrapped = raw[17:-66]
        size = len(wrapped)
        if size > 25 and wrapped[0] == _SHORT and wrapped[1] == size - 2:
            return raw[9:17], raw[3:6], wrapped, raw[-64:]
        long = size > 258 and wrapped[0] == _LONG
        if long and int.from_bytes(wrapped[1:3], "big") == size - 3:
            return raw[9:17], raw[3:6], wrapped, raw[-64:]
    found = cose.split(raw)
    wrapped = cbor2.dumps(found.payload)
    return found.kid, found.protected, wrapped, found.signature


def _before(algorithm: str, aad: bytes) -> bytes:
    """What is signed before the payload and its head (RFC 9052, section 4.4)."""
    return b"\x84" + b"".join(map(cbor2.dumps, ("Signature1", _PROTECTED[algorithm], aad)))


_BEFORE = {
    (algorithm, aad): _before(algorithm, aad)
    for algorithm in _PROTECTED
    for aad in (cose.AAD, cose.BLOCK_AAD)
}
_EDDSA_KEY = 32
_HALF_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551 >> 1


@lru_cache(maxsize=1024)
def point_of(public_key: bytes) -> ec.EllipticCurvePublicKey:
    """The key of ES256 in 64 bytes; ValueError if that is no point of P-256."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + public_key)


def signature_in_der(signature: bytes) -> bytes:
    """r and s, 32 bytes each, as other libraries want them."""
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    return encode_dss_signature(r, s)


def signature_holds(algorithm: str, public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether 64 bytes are the signature of a message. An algorithm that there is not: no.

    Of ES256 the larger of the two s that fit is refused: a record has one form.
    """
    try:
        if algorithm == EDDSA:
            if len(public_key) != _EDDSA_KEY:  # of more the library takes the beginning
                return False
            crypto_sign_open(signature + message, public_key)
            return True
        low = int.from_bytes(signature[32:], "big") <= _HALF_ORDER
        if algorithm != ES256 or not low or len(signature) != 64:
            return False
        point_of(public_key).verify(signature_in_der(signature), message, ec.ECDSA(SHA256()))
    except (BadSignatureError, InvalidSignature, ValueError):
        return False
    return True


def _unwrapped(wrapped: bytes) -> bytes:
    first = wrapped[0]
    return wrapped[2 if first == _SHORT else 3 if first == _LONG else 1 :]


def payload_of(raw: bytes) -> bytes:
    """The payload of an envelope whose signature was checked."""
    return _unwrapped(_parts(raw)[2])


def signed_payload(
    raw: bytes, aad: bytes, registry: Mapping[bytes, KeyEntry]
) -> tuple[bytes, KeyEntry]:
    """Payload and key of an envelope whose signature holds; Rejected."""
    try:
        kid, protected, wrapped, signature = _parts(raw)
    except Refused as refused:
        raise Rejected("envelope", f"not a record ({refused.detail})") from None
    entry = registry.get(kid)
    if entry is None:
        raise Rejected("key", f"no key of terminal {kid.hex()} in the registry")
    algorithm = entry.algorithm
    if protected != _PROTECTED.get(algorithm):
        raise Rejected("signature", "not the algorithm of the registry")
    signed = _BEFORE[algorithm, aad] + wrapped
    if not signature_holds(algorithm, entry.public_key, signed, signature):
        raise Rejected("signature", "the signature does not fit the bytes")
    return _unwrapped(wrapped), entry


def open_record(raw: bytes, registry: Mapping[bytes, KeyEntry]) -> tuple[Fields, KeyEntry]:
    """Fields and key of a record whose signature holds; Rejected."""
    payload, entry = signed_payload(raw, cose.AAD, registry)
    return decoded(payload), entry


def decoded(payload: bytes) -> Fields:
    """The fields of a payload whose signature holds; Rejected."""
    try:
        return _decode(payload)
    except Refused as refused:
        raise Rejected("decoding", f"signed, but {refused.detail}") from None


def open_block(raw: bytes, registry: Mapping[bytes, KeyEntry]) -> tuple[Fields, KeyEntry]:
    """The same of a block of stream readings."""
    payload, entry = signed_payload(raw, cose.BLOCK_AAD, registry)
    return decoded_block(payload), entry


def decoded_block(payload: bytes) -> Fields:
    """The fields of a block whose signature holds; Rejected."""
    try:
        return _decode_block(payload)
    except Refused as refused:
        raise Rejected("decoding", f"signed, but {refused.detail}") from None


_BLOCK_FIELDS = {key: _test(rule) for key, rule in block._RULES.items() if key != block.READINGS}
_BLOCK_KEYS = frozenset(block._RULES) - {block.NONCE}


def _decode_block(payload: bytes) -> Fields:
    """The fields of a block; Refused as steelyard_wire.block.decode."""
    fields = _quickly(payload)
    return cast(Fields, block.decode(payload)) if fields is None else fields


def _size(number: int) -> int:
    """Bytes of an integer's shortest form."""
    if number < 0:
        number = -1 - number
    return 1 if number < 24 else 2 if number < 256 else 3 if number < 65536 else 5


def _quickly(payload: bytes) -> Fields | None:
    """The fields of a block in its one form, None if the slow way has to say.

    Encoding sixty readings again to compare would take as long as their signature. Everything
    before them is encoded and compared; they themselves are in the shortest form if they take no
    byte more than that: an array of three begins with one byte in no other form.
    """
    try:
        fields = cbor2.loads(payload)
        rows = fields[block.READINGS]
        count = len(rows)
        before = {key: fields[key] for key in fields if key < block.READINGS}
        head = bytes([0xA0 + len(fields)]) + cbor2.dumps(before)[1:] + b"\x0d"
        head += bytes([0x80 + count] if count < 24 else [0x98, count])
        tail = b""
        if block.NONCE in fields:
            tail = b"\x0e" + cbor2.dumps(fields[block.NONCE])
        whole = len(fields) == len(before) + 1 + bool(tail) and list(before) == sorted(before)
    except Exception:  # noqa: BLE001 - whatever a stranger's bytes make of a decoder
        return None
    same = payload.startswith(head) and payload.endswith(tail)
    if not (whole and same and type(rows) is list and 1 <= count <= block.MOST):
        return None
    if len(payload) > block.MAX_PAYLOAD or not fields.keys() >= _BLOCK_KEYS:
        return None
    for key, test in _BLOCK_FIELDS.items():
        if key in fields and not test(fields[key]):
            return None
    size = len(head) + len(tail) + count
    for row in rows:
        # u24, i32 or null, u19; a bool is no int here.
        if type(row) is not list or len(row) != 3:
            return None
        apart, value, status = row
        if type(apart) is not int or type(status) is not int:
            return None
        if not (0 <= apart < 1 << 24 and 0 <= status < 1 << 19):
            return None
        if value is None:
            size += 1 + _size(apart) + _size(status)
        elif type(value) is int and -(1 << 31) <= value < 1 << 31:
            size += _size(apart) + _size(value) + _size(status)
        else:
            return None
    return fields if size == len(payload) else None


def _never(_value: Any) -> bool:
    return False
