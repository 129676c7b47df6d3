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
from typing import Any, cast

import cbor2
from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from steelyard_wire import block, cose, record
from steelyard_wire.codes import Refused

EDDSA = "Ed25519"

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


def _test(rule: str) -> Test:
    """Whether a value keeps a rule (protocol/README.md, section 8)."""
    if " of " in rule or "|" in rule or rule == "null":
        return lambda value: record.fits(value, rule)
    parts = rule.split(" ")
    if len(parts) > 1:
        tests = [_test(part) for part in parts]
        count = len(tests)
        return lambda value: (
            type(value) is list
            and len(value) == count
            and all(test(item) for test, item in zip(tests, value, strict=True))
        )
    if rule[0] in "bBts" or rule[-1] == "?":
        return lambda value: record.fits(value, rule)
    low, high = _limits(rule)
    return lambda value: type(value) is int and low <= value <= high


_FIELDS = {key: _test(rule) for key, rule in record._RULES.items()}
_COMMON = frozenset(record._COMMON)


def _decode(payload: bytes) -> Fields:
    """The fields of a record; Refused as steelyard_wire.record.decode."""
    if len(payload) > record.MAX_PAYLOAD:
        raise Refused(1, "record length")
    try:
        fields = cbor2.loads(payload)
        keys = list(fields)
        same = keys == sorted(keys) and cbor2.dumps(fields) == payload
    except Exception:  # noqa: BLE001 - whatever a stranger's bytes make of a decoder is refused
        same = False
    if not same or type(fields) is not dict:
        # The slow way says why; what only it takes (keys of nested maps) is decided there.
        return cast(Fields, record.decode(payload))
    if not (fields.keys() >= _COMMON) or record.DATA in fields:
        return cast(Fields, record.decode(payload))
    for key, value in fields.items():
        test = _FIELDS.get(key)
        if test is None or not test(value):
            raise Refused(1, f"record field {key}")
    broken = record.broken_relation(fields)
    if broken is not None:
        raise Refused(1, f"record field {broken}")
    return cast(Fields, fields)


# --- envelopes -----------------------------------------------------------------------------------

_PROTECTED = cose.protected(cose.ALG_EDDSA)


def _signed(raw: bytes, aad: bytes, registry: Mapping[bytes, KeyEntry]) -> tuple[bytes, KeyEntry]:
    """Payload and key of an envelope whose signature holds; Rejected."""
    try:
        envelope = cose.split(raw)
    except Refused as refused:
        raise Rejected("envelope", f"not a record ({refused.detail})") from None
    entry = registry.get(envelope.kid)
    if entry is None:
        raise Rejected("key", f"no key of terminal {envelope.kid.hex()} in the registry")
    if entry.algorithm != EDDSA or envelope.protected != _PROTECTED:
        raise Rejected("signature", "not the algorithm of the registry")
    message = cose.to_be_signed(envelope.payload, envelope.protected, aad)
    try:
        crypto_sign_open(envelope.signature + message, entry.public_key)
    except (BadSignatureError, ValueError):
        raise Rejected("signature", "the signature does not fit the bytes") from None
    return envelope.payload, entry


def open_record(raw: bytes, registry: Mapping[bytes, KeyEntry]) -> tuple[Fields, KeyEntry]:
    """Fields and key of a record whose signature holds; Rejected."""
    payload, entry = _signed(raw, cose.AAD, registry)
    try:
        return _decode(payload), entry
    except Refused as refused:
        raise Rejected("decoding", f"signed, but {refused.detail}") from None


def open_block(raw: bytes, registry: Mapping[bytes, KeyEntry]) -> tuple[Fields, KeyEntry]:
    """The same of a block of stream readings."""
    payload, entry = _signed(raw, cose.BLOCK_AAD, registry)
    try:
        return cast(Fields, block.decode(payload)), entry
    except Refused as refused:
        raise Rejected("decoding", f"signed, but {refused.detail}") from None
