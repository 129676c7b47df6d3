"""The session code that a command carries over the network.

Owns: which bytes are authenticated and how.
Refuses: keys and nonces of the wrong length, Refused(ARGUMENT).
Units: the key has 32 bytes, the nonce 16, the code 16 hex digits (64 bits).
"""

from binascii import hexlify

from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.digest import hmac_sha256

DOMAIN = b"steelyard/mac/1"


def session_mac(key32: bytes, nonce16: bytes, text_before_mac: bytes) -> str:
    """The code of one command line: 16 upper-case hex digits.

    The first 8 bytes of HMAC-SHA-256(key, DOMAIN + nonce + text); text is the line from its
    first byte (the "@") to the last byte before " ~".
    """
    if len(key32) != 32 or len(nonce16) != 16:
        raise Refused(ARGUMENT, "key or nonce")
    code = hmac_sha256(key32, DOMAIN, nonce16, text_before_mac)[:8]
    return hexlify(code).decode().upper()
