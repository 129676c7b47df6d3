"""COSE_Sign1 (RFC 9052 section 4.2), the one shape in which a record travels.

Owns: the envelope 18([protected {1: alg}, {4: kid}, payload, signature]) and the bytes that are
signed, with the external data that keeps a record's signature from meaning anything else.
Refuses: with Refused(SYNTAX), every other envelope. Neither signs nor verifies nor looks into the
payload: a verifier takes the algorithm from the key's registry entry, never from the envelope.
Units: bytes.
"""

from steelyard_wire.cbor import encode, head, read_head
from steelyard_wire.codes import ARGUMENT, SYNTAX, Refused
from steelyard_wire.shim import const

ALG_EDDSA = -8
ALG_ES256 = -7
# Index = suite id; 3 is for SM2 with SM3, which COSE has no number for yet.
ALGORITHMS = (None, ALG_EDDSA, ALG_ES256)
AAD = b"steelyard/rec/1"
BLOCK_AAD = b"steelyard/blk/1"

_BYTES = const(2)
_KID = const(8)
_SIGNATURE = const(64)
# 18(array(4)), protected header as a byte string of 3 bytes; the map {4: bytes(8)}.
_START = b"\xd2\x84\x43"
_ALG = b"\xa1\x01"
_KID_START = b"\xa1\x04\x48"
_KID_AT = const(6)
_PAYLOAD_AT = const(17)


class Envelope:
    """The parts of a COSE_Sign1: protected, kid (8), payload, signature (64), all bytes."""

    def __init__(self, protected: bytes, kid: bytes, payload: bytes, signature: bytes) -> None:
        self.protected = protected
        self.kid = kid
        self.payload = payload
        self.signature = signature


def protected(alg: int) -> bytes:
    """The protected header {1: alg}, encoded; Refused(ARGUMENT) unless -24 <= alg <= -1."""
    if not -24 <= alg <= -1:
        raise Refused(ARGUMENT, "algorithm")
    return encode({1: alg})


def to_be_signed(
    payload: bytes, protected: bytes = protected(ALG_EDDSA), aad: bytes = AAD
) -> bytes:
    """The Sig_structure of RFC 9052 section 4.4 over `payload`: the bytes that are signed.

    aad: what kind of thing it is, so that no signature means another: AAD, BLOCK_AAD.
    """
    return encode(["Signature1", protected, aad, payload])


def build(payload: bytes, signature: bytes, kid: bytes, alg: int = ALG_EDDSA) -> bytes:
    """The envelope; Refused(ARGUMENT) unless signature has 64 and kid 8 bytes."""
    if len(signature) != _SIGNATURE or len(kid) != _KID:
        raise Refused(ARGUMENT, "signature or kid")
    return b"".join(
        (
            _START,
            protected(alg),
            _KID_START,
            kid,
            head(_BYTES, len(payload)),
            payload,
            head(_BYTES, _SIGNATURE),
            signature,
        )
    )


def kid(envelope: bytes) -> bytes:
    """The device id that an envelope of the right shape names."""
    return bytes(envelope[_KID_AT + 3 : _PAYLOAD_AT])


def split(envelope: bytes) -> Envelope:
    """The parts of an envelope of exactly the shape that `build` makes, any algorithm -24..-1.

    Refused(SYNTAX) otherwise. Says nothing about the signature.
    """
    header = bytes(envelope[3:_KID_AT])
    if (
        bytes(envelope[:3]) != _START
        or len(envelope) < _PAYLOAD_AT
        or header[:2] != _ALG
        or header[2] >> 3 not in (4, 5, 6)
        or bytes(envelope[_KID_AT : _KID_AT + 3]) != _KID_START
    ):
        raise Refused(SYNTAX, "COSE header")
    payload, at = _byte_string(envelope, _PAYLOAD_AT)
    signature, at = _byte_string(envelope, at)
    if len(signature) != _SIGNATURE or at != len(envelope):
        raise Refused(SYNTAX, "COSE signature")
    return Envelope(header, bytes(envelope[_KID_AT + 3 : _PAYLOAD_AT]), payload, signature)


def _byte_string(data: bytes, at: int) -> tuple[bytes, int]:
    major, size, at = read_head(data, at)
    if major != _BYTES or at + size > len(data):
        raise Refused(SYNTAX, "COSE bytes")
    return bytes(data[at : at + size]), at + size
