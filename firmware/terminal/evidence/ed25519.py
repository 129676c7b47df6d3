"""Ed25519 signatures (RFC 8032, 5.1) in big integers, in slices that fit between samples.

Owns: the expanded private key of a signer, the field and curve arithmetic of signing.
Refuses (SIGNER_FAULT): a seed that is not 32 bytes or is all zero, a table that is not the one
this code was written for, random bytes that are none, a self-test that fails.
Units: work in 69 us of an RP2040 at 125 MHz. trust.md 3.1 gives 12.16 ns per instruction, so a
unit is 5 670 instructions and a field multiplication with its fold (9 900, 3.2) is 1.75 units.

R = r B by a fixed-base comb (w = 6, v = 1): the scalar's 258 bits are six rows of 43; a column of
six bits names an entry of the table, and 42 doublings and additions make the product. The table
has 64 entries of 96 bytes: y - x, y + x and 2 d x y of an affine point, each 32 bytes
little-endian; host/steelyard/generate/comb.py makes it.

Projective coordinates begin with a random Z, and the inverse is taken of Z times a random element,
because the time of Euclid's algorithm depends on its input (trust.md 3.5).
"""

from hashlib import sha256

from steelyard_wire.codes import SIGNER_FAULT, Refused
from steelyard_wire.shim import const

from terminal.evidence.sha512 import finish, sha512_steps

_M = (1 << 255) - 1
_P = (1 << 255) - 19
_L = (1 << 252) + 27742317777372353535851937790883648493  # the order of B

_ENTRY = const(96)
_TABLE_SIZE = const(6144)
_TABLE_SHA256 = (
    b"\x11\x14\xe6\xaf\xec\xbe\x6b\xe8\x96\xf0\x59\xcb\xa1\x3d\x55\x44"
    b"\x2a\xfc\xbb\xc2\x0d\xf7\x38\x4b\xb3\xb4\xe7\x47\x05\xac\xa2\x6d"
)

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

# From trust.md 3.2 and 3.3. A doubling and an addition are 14 multiplications; all in all, with
# sums, table and collector, a multiplication costs 14 400 instructions there.
_COLUMN_UNITS = const(36)
_EUCLID_UNITS = const(48)  # a slice; 148 steps on average of 5 350 instructions, a unit each
_FIELD_UNITS = const(11)  # two or three multiplications with `%`, conversions
_SCALAR_UNITS = const(5)  # a division by the order


class Signer:
    """Signs with the key that RFC 8032 derives from `seed` (32 bytes, secret).

    table: the comb table, bytes-like, 6144 bytes. random_bytes: function n -> n random bytes, for
    blinding only; the signature does not depend on them.
    """

    def __init__(self, seed: bytes, table, random_bytes) -> None:
        if not isinstance(seed, bytes) or len(seed) != 32 or seed == bytes(32):
            raise Refused(SIGNER_FAULT, "the seed is not 32 random bytes")
        _check_table(table)
        self._table = memoryview(table)
        self._random_bytes = random_bytes
        self._seed = seed
        self._scalar = 0
        self._prefix = b""
        self.public_key = b""

    def prepare(self):
        """Derive the key pair at once; returns the signer."""
        finish(self.prepare_steps())
        return self

    def prepare_steps(self):
        """Generator of the same, as sign_steps; until it has ended nothing is signed."""
        digest = yield from sha512_steps((self._seed,))
        # RFC 8032 5.1.5, and modulo L: B has this order, and 258 bits would not hold all.
        scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | 1 << 254
        yield _SCALAR_UNITS
        self._scalar = scalar % _L
        self._prefix = digest[32:]
        self.public_key = yield from self._multiply(self._scalar)
        self._seed = b""

    def sign(self, message) -> bytes:
        """Signature of `message` (bytes-like): 64 bytes."""
        return finish(self.sign_steps(message))

    def sign_steps(self, message):
        """Generator of the same: yields the work since the last yield, at most 70 units (5 ms).

        Returns the signature, 64 bytes.
        """
        if not self.public_key:
            raise Refused(SIGNER_FAULT, "the signer is not ready")
        # A buffer that changed between the two hashes would give the key away.
        message = bytes(message)
        digest = yield from sha512_steps((self._prefix, message))
        nonce = int.from_bytes(digest, "little") % _L
        yield _SCALAR_UNITS
        point = yield from self._multiply(nonce)
        digest = yield from sha512_steps((point, self.public_key, message))
        challenge = int.from_bytes(digest, "little") % _L
        yield _SCALAR_UNITS
        answer = (nonce + challenge * self._scalar) % _L
        yield _SCALAR_UNITS
        return point + answer.to_bytes(32, "little")

    def _multiply(self, scalar: int):
        # Generator; returns the encoding of scalar * B, RFC 8032 5.1.2. scalar: below 2**258.
        blinding = self._blinding()
        x, y, z = yield from _comb(scalar, self._table, blinding)
        blinding = self._blinding()
        inverse = yield from _inverse(z * blinding % _P)
        inverse = inverse * blinding % _P
        x = x * inverse % _P
        y = y * inverse % _P
        yield _FIELD_UNITS
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def _blinding(self) -> int:
        data = self._random_bytes(32)
        element = int.from_bytes(data, "little") & _M
        if len(data) != 32 or element % _P == 0:
            raise Refused(SIGNER_FAULT, "the random generator gives no random bytes")
        return element


def self_test(table) -> None:
    """Refused(SIGNER_FAULT) unless the table is right and a signature of RFC 8032 comes out."""
    finish(self_test_steps(table))


def self_test_steps(table):
    """Generator of the same, as Signer.sign_steps."""
    signer = Signer(_TEST_SEED, table, _fixed_bytes)
    yield from signer.prepare_steps()
    signature = yield from signer.sign_steps(b"\x72")
    if signer.public_key != _TEST_PUBLIC_KEY or signature != _TEST_SIGNATURE:
        raise Refused(SIGNER_FAULT, "the signer fails the test of RFC 8032")


def _fixed_bytes(count: int) -> bytes:
    return bytes(range(1, count + 1))


def _check_table(table) -> None:
    if len(table) != _TABLE_SIZE or sha256(table).digest() != _TABLE_SHA256:
        raise Refused(SIGNER_FAULT, "the comb table is damaged")


def _entry(bits: bytes, column: int) -> int:
    # Offset in the table of the entry that a column of the comb names.
    at = column + 215
    index = 0
    for _ in range(6):
        index = index << 1 | bits[at >> 3] >> (at & 7) & 1
        at -= 43
    return index * _ENTRY


def _comb(scalar: int, table, factor: int):
    # Generator; returns X, Y, Z of scalar * B, each 255 bits and a little, perhaps negative.
    # A product is folded once, (r & m) + 19 * (r >> 255). Growth over 255 bits: coordinates
    # begin with 0; first products of the doubling 6 bits, its result 17, first products of the
    # addition 23, its result 50; a second fold there makes that 0 again. Negative numbers fold
    # rightly: `&` and `>>` are those of two's complement.
    m = _M
    number = int.from_bytes
    bits = scalar.to_bytes(33, "little")
    at = _entry(bits, 42)
    x = number(table[at : at + 32], "little")
    y = number(table[at + 32 : at + 64], "little")
    x, y = (y - x) * factor % _P, (y + x) * factor % _P
    z = factor + factor
    yield _FIELD_UNITS
    for column in range(41, -1, -1):
        # Doubling, dbl-2008-hwcd for a = -1 of the Explicit-Formulas Database, with the signs of
        # all four results changed: E = 2XY, G = B - A, F = C - G, H = A + B.
        r = x * x
        a = (r & m) + 19 * (r >> 255)
        r = y * y
        b = (r & m) + 19 * (r >> 255)
        r = (x + x) * y
        e = (r & m) + 19 * (r >> 255)
        r = (z + z) * z
        g = b - a
        f = (r & m) + 19 * (r >> 255) - g
        h = a + b
        r = e * f
        x = (r & m) + 19 * (r >> 255)
        r = g * h
        y = (r & m) + 19 * (r >> 255)
        r = f * g
        z = (r & m) + 19 * (r >> 255)
        r = e * h
        c = (r & m) + 19 * (r >> 255)
        # Addition, madd-2008-hwcd-3; the doubling that follows needs no T.
        at = _entry(bits, column)
        r = (y - x) * number(table[at : at + 32], "little")
        a = (r & m) + 19 * (r >> 255)
        r = (y + x) * number(table[at + 32 : at + 64], "little")
        b = (r & m) + 19 * (r >> 255)
        r = c * number(table[at + 64 : at + 96], "little")
        c = (r & m) + 19 * (r >> 255)
        z += z
        e = b - a
        f = z - c
        g = z + c
        h = b + a
        r = e * f
        r = (r & m) + 19 * (r >> 255)
        x = (r & m) + 19 * (r >> 255)
        r = g * h
        r = (r & m) + 19 * (r >> 255)
        y = (r & m) + 19 * (r >> 255)
        r = f * g
        r = (r & m) + 19 * (r >> 255)
        z = (r & m) + 19 * (r >> 255)
        yield _COLUMN_UNITS
    return x, y, z


def _inverse(value: int):
    # Generator; returns 1 / value modulo P by Euclid's algorithm. value: 1 to P - 1.
    a, b = value, _P
    u, v = 1, 0
    units = 4  # for the product with `%` that made `value`; a step is one
    while a > 1:
        quotient = b // a
        a, b = b - quotient * a, a
        u, v = v - quotient * u, u
        units += 1
        if units == _EUCLID_UNITS:
            yield units
            units = 0
    yield units + 1
    if a != 1:
        raise Refused(SIGNER_FAULT, "the arithmetic of the signer fails")
    return u
