"""COSE_Sign (RFC 9052, 4.1): one payload, signed by several.

Owns: the envelope 98([h'', {}, payload, [[protected {1: -8}, {4: kid}, signature], ...]]) and the
bytes that each of them signs. Refuses: with Refused(SYNTAX), every other envelope, a key that is
named twice. Neither signs nor verifies. Units: bytes.
"""

from steelyard_wire import cbor
from steelyard_wire.codes import ARGUMENT, SYNTAX, Refused
from steelyard_wire.cose import ALG_EDDSA, protected
from steelyard_wire.shim import const

MOST = 7  # signers

_TAG = b"\xd8\x62"
_KID = const(8)
_SIGNATURE = const(64)
_HEADER_KID = const(4)


def to_be_signed(payload: bytes, aad: bytes) -> bytes:
    """What each of them signs: the Sig_structure of RFC 9052, 4.4."""
    return cbor.encode(["Signature", b"", protected(ALG_EDDSA), aad, payload])


def build(payload: bytes, signatures: "list[tuple[bytes, bytes]]") -> bytes:
    """The envelope. signatures: (id of the key, 8 bytes; signature, 64 bytes), 1 to 7 of them."""
    if not 1 <= len(signatures) <= MOST or len({kid for kid, _ in signatures}) < len(signatures):
        raise Refused(ARGUMENT, "1 to 7 signatures, each of another key")
    rows = []
    for kid, signature in sorted(signatures):
        if len(kid) != _KID or len(signature) != _SIGNATURE:
            raise Refused(ARGUMENT, "signature or kid")
        rows.append([protected(ALG_EDDSA), {_HEADER_KID: kid}, signature])
    return _TAG + cbor.encode([b"", {}, payload, rows])


def split(envelope: bytes) -> "tuple[bytes, list[tuple[bytes, bytes]]]":
    """(payload, [(kid, signature)]) of an envelope that `build` makes; Refused(SYNTAX)."""
    if bytes(envelope[:2]) != _TAG:
        raise Refused(SYNTAX, "COSE_Sign")
    value = cbor.decode(envelope[2:])
    # Of every type that is looked into: `bytes` makes bytes of a number, too.
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        raise Refused(SYNTAX, "COSE_Sign")
    payload, rows = value[2], value[3]
    if not isinstance(payload, bytes) or not isinstance(rows, (list, tuple)):
        raise Refused(SYNTAX, "COSE_Sign")
    found = []
    for row in rows:
        if not isinstance(row, (list, tuple)) or len(row) != 3 or not isinstance(row[1], dict):
            raise Refused(SYNTAX, "COSE_Sign")
        kid, signature = row[1].get(_HEADER_KID), row[2]
        if not isinstance(kid, bytes) or not isinstance(signature, bytes):
            raise Refused(SYNTAX, "COSE_Sign")
        found.append((kid, signature))
    try:
        whole = build(payload, found) == bytes(envelope)
    except Refused:
        whole = False
    if not whole:
        raise Refused(SYNTAX, "COSE_Sign")
    return payload, found
