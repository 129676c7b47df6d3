"""What the link key authenticates: a command over the network, and a receipt for records.

Owns: which bytes are authenticated and how.
Refuses: keys and nonces of the wrong length, Refused(ARGUMENT).
Units: the key has 32 bytes, the nonce 16; the code of a command 16 hex digits, of a receipt 32.
"""

from binascii import hexlify

from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.digest import hmac_sha256, sha256

DOMAIN = b"steelyard/mac/1"
RECEIPT_DOMAIN = b"steelyard/receipt/1"
LINK_DOMAIN = b"steelyard/link/1"


def session_mac(key32: bytes, nonce16: bytes, text_before_mac: bytes) -> str:
    """The code of one command line: 16 upper-case hex digits.

    The first 8 bytes of HMAC-SHA-256(key, DOMAIN + nonce + text); text is the line from its
    first byte (the "@") to the last byte before " ~".
    """
    if len(key32) != 32 or len(nonce16) != 16:
        raise Refused(ARGUMENT, "key or nonce")
    code = hmac_sha256(key32, DOMAIN, nonce16, text_before_mac)[:8]
    return hexlify(code).decode().upper()


def receipt_mac(key32: bytes, dev8: bytes, n: int, root32: bytes) -> str:
    """The code of a receipt for records 0..n-1 of a terminal: 32 upper-case hex digits.

    The first 16 bytes of HMAC-SHA-256(key, RECEIPT_DOMAIN + dev + n + root), n in 4 bytes,
    big-endian.
    """
    if len(key32) != 32 or len(dev8) != 8 or len(root32) != 32 or not 0 <= n <= 0xFFFFFFFF:
        raise Refused(ARGUMENT, "key, device id, number or root")
    code = hmac_sha256(key32, RECEIPT_DOMAIN, dev8, n.to_bytes(4, "big"), root32)[:16]
    return hexlify(code).decode().upper()


def operator_id(link_key: bytes) -> bytes:
    """How records name the operator: the id, 8 bytes, of what the device statement has of his key
    (statement.link_commitment)."""
    return sha256(sha256(LINK_DOMAIN, link_key))[:8]
