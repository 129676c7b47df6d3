"""Whether the signer is right: asked at each start, before anything is signed.

Owns: the digests of the tables, a signature of RFC 8032.
Refuses (SIGNER_FAULT): a table that is not the one this code was written for, another signature,
a random source that was not asked or gives no random bytes.
Units: work as ed25519. Loaded for a start.
"""

from hashlib import sha256

from steelyard_wire.codes import SIGNER_FAULT, Refused
from steelyard_wire.shim import const

from terminal.evidence.ed25519 import Signer

# SHA-256 of the tables, by their entries (host/steelyard/generate/comb.py).
_TABLES = {
    64: (
        b"\x11\x14\xe6\xaf\xec\xbe\x6b\xe8\x96\xf0\x59\xcb\xa1\x3d\x55\x44"
        b"\x2a\xfc\xbb\xc2\x0d\xf7\x38\x4b\xb3\xb4\xe7\x47\x05\xac\xa2\x6d"
    ),
    512: (
        b"\x56\xde\x5c\x17\xfb\xb5\x97\xa4\x1c\x56\x29\xe9\xda\xa1\xb3\xad"
        b"\x11\xf1\xc7\xd3\x3a\x15\x4e\xe0\xbc\x9f\x7f\xe5\xb6\x94\xdb\xcb"
    ),
}

# RFC 8032 7.1, TEST 2: secret key, public key, signature of the one byte 0x72.
_TEST_SEED = (
    b"\x4c\xcd\x08\x9b\x28\xff\x96\xda\x9d\xb6\xc3\x46\xec\x11\x4e\x0f"
    b"\x5b\x8a\x31\x9f\x35\xab\xa6\x24\xda\x8c\xf6\xed\x4f\xb8\xa6\xfb"
)
_TEST_PUBLIC_KEY = (
    b"\x3d\x40\x17\xc3\xe8\x43\x89\x5a\x92\xb7\x0a\xa7\x4d\x1b\x7e\xbc"
    b"\x9c\x98\x2c\xcf\x2e\xc4\x96\x8c\xc0\xcd\x55\xf1\x2a\xf4\x66\x0c"
)
_TEST_SIGNATURE = (
    b"\x92\xa0\x09\xa9\xf0\xd4\xca\xb8\x72\x0e\x82\x0b\x5f\x64\x25\x40"
    b"\xa2\xb2\x7b\x54\x16\x50\x3f\x8f\xb3\x76\x22\x23\xeb\xdb\x69\xda"
    b"\x08\x5a\xc1\xe4\x3e\x15\x99\x6e\x45\x8f\x36\x13\xd0\xf1\x1d\x8c"
    b"\x38\x7b\x2e\xae\xb4\x30\x2a\xee\xb0\x0d\x29\x16\x12\xbb\x0c\x00"
)


_DRAWS = const(2)  # of the random source, one for a key and one for a signature
# 32 bytes of a random source have fewer than 12 distinct values once in 10**25 draws.
_MIN_DISTINCT = const(12)
_ROWS = const(16)  # a slice of the table
_ROWS_UNITS = const(8)  # from a file; the hash alone takes one


def steps(arithmetic, comb, random_bytes):
    """Generator of work, as ed25519.Signer.sign_steps."""
    digest = sha256()
    for index in range(comb.entries):
        for part in comb.row(index):
            digest.update(part)
        if index % _ROWS == _ROWS - 1:
            yield _ROWS_UNITS
    if digest.digest() != _TABLES[comb.entries]:
        raise Refused(SIGNER_FAULT, "the comb table is damaged")
    draws = []

    def drawn(count: int) -> bytes:
        data = random_bytes(count)
        draws.append(data)
        return data

    signer = Signer(_TEST_SEED, arithmetic, comb, drawn)
    yield from signer.prepare_steps()
    signature = yield from signer.sign_steps(b"\x72")
    if signer.public_key != _TEST_PUBLIC_KEY or signature != _TEST_SIGNATURE:
        raise Refused(SIGNER_FAULT, "the signer fails the test of RFC 8032")
    if len(set(draws)) < _DRAWS or min([len(set(data)) for data in draws]) < _MIN_DISTINCT:
        raise Refused(SIGNER_FAULT, "the random source is stuck")
