"""SHA-256 and what is made of it.

Owns: sha256, HMAC-SHA-256 (RFC 2104; MicroPython has no hmac module), comparison in constant time.
Refuses: nothing.
Units: digests are 32 bytes.
"""

import hashlib

from steelyard_wire.shim import const

_BLOCK = const(64)


def sha256(*parts: bytes) -> bytes:
    """SHA-256 of the concatenated parts."""
    state = hashlib.sha256()
    for part in parts:
        state.update(part)
    return state.digest()


def hmac_sha256(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256 of the concatenated parts under a key of any length."""
    if len(key) > _BLOCK:
        key = sha256(key)
    padded = key + bytes(_BLOCK - len(key))
    inner = sha256(bytes([byte ^ 0x36 for byte in padded]), *parts)
    return sha256(bytes([byte ^ 0x5C for byte in padded]), inner)


def equal(left: bytes, right: bytes) -> bool:
    """Whether both are the same bytes; the time depends on the lengths alone."""
    if len(left) != len(right):
        return False
    difference = 0
    for index in range(len(left)):
        difference |= left[index] ^ right[index]
    return not difference
