"""Multiples of the base point of edwards25519 in big integers: the portable signer.

Owns: the field and curve arithmetic of signing.
Refuses (SIGNER_FAULT): random bytes that are none, a table that cannot be read, a result that is
not on the curve.
Units: work in 69 us of an RP2040 at 125 MHz. trust.md 3.1 gives 12.16 ns per instruction, so a
unit is 5 670 instructions and a field multiplication with its fold (9 900, 3.2) is 1.75 units.

Projective coordinates begin with a random Z, and the inverse is taken of Z times a random element,
because the time of Euclid's algorithm depends on its input (trust.md 3.5).
"""

from steelyard_wire.codes import SIGNER_FAULT, Refused
from steelyard_wire.shim import const

from terminal.evidence.sha512_limbs import sha512_steps  # noqa: F401 - the hash that goes with it

_M = (1 << 255) - 1
_P = (1 << 255) - 19
_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555  # RFC 8032 5.1

# From trust.md 3.2 and 3.3. A doubling and an addition are 14 multiplications; all in all, with
# sums, table and collector, a multiplication costs 14 400 instructions there.
_COLUMN_UNITS = const(36)
_MORE_UNITS = const(18)  # of one more addition to a column
_EUCLID_UNITS = const(48)  # a slice; 148 steps on average of 5 350 instructions, a unit each
_FIELD_UNITS = const(11)  # two or three multiplications with `%`, conversions


def multiply_steps(scalar: int, comb, random_bytes):
    """Generator of work; returns the encoding of scalar * B, RFC 8032 5.1.2: 32 bytes.

    scalar: 0 to the order of B. comb: comb.Comb. random_bytes: n -> n random bytes.
    """
    x, y, z = yield from _comb(scalar, comb, _element(random_bytes))
    blinding = _element(random_bytes)
    inverse = yield from _inverse(z * blinding % _P)
    inverse = inverse * blinding % _P
    x = x * inverse % _P
    y = y * inverse % _P
    yield _FIELD_UNITS
    # Whatever went wrong in table or arithmetic, hardly anything else ends on the curve.
    a = x * x % _P
    b = y * y % _P
    if (b - a - 1 - a * b % _P * _D) % _P:
        raise Refused(SIGNER_FAULT, "the arithmetic of the signer fails")
    yield _FIELD_UNITS
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _element(random_bytes) -> int:
    data = random_bytes(32)
    element = int.from_bytes(data, "little") & _M
    if len(data) != 32 or element % _P == 0:
        raise Refused(SIGNER_FAULT, "the random generator gives no random bytes")
    return element


def _comb(scalar: int, comb, factor: int):
    # Generator; returns X, Y, Z of scalar * B, each 255 bits and a little, perhaps negative.
    # A product is folded once, (r & m) + 19 * (r >> 255). Growth over 255 bits: coordinates
    # begin with 0; first products of the doubling 6 bits, its result 17, first products of the
    # addition 23, its result 50; a second fold there makes that 0 again. Negative numbers fold
    # rightly: `&` and `>>` are those of two's complement.
    m = _M
    number = int.from_bytes
    bits = comb.bits(scalar)
    last = comb.blocks - 1
    column = comb.columns - 1
    first, second, _ = comb.entry(bits, column, 0)
    x = number(first, "little")
    y = number(second, "little")
    x, y = (y - x) * factor % _P, y + x  # 2 x f and 2 y
    c = x * y % _P  # 4 x y f
    x, y, z = x + x, 2 * factor * y % _P, 4 * factor
    yield _FIELD_UNITS
    block = 1  # the next to be added
    while True:
        while block <= last:
            # Addition, madd-2008-hwcd-3, of the Explicit-Formulas Database; `c` is T.
            first, second, third = comb.entry(bits, column, block)
            r = (y - x) * number(first, "little")
            a = (r & m) + 19 * (r >> 255)
            r = (y + x) * number(second, "little")
            b = (r & m) + 19 * (r >> 255)
            r = c * number(third, "little")
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
            if block < last:  # the doubling that follows the last needs no T
                r = e * h
                r = (r & m) + 19 * (r >> 255)
                c = (r & m) + 19 * (r >> 255)
            block += 1
        yield _COLUMN_UNITS + last * _MORE_UNITS
        if not column:
            return x, y, z
        column -= 1
        block = 0
        x, y, z, c = _double(x, y, z)


def _double(x: int, y: int, z: int):
    # dbl-2008-hwcd for a = -1, with the signs of all four results changed: E = 2XY, G = B - A,
    # F = C - G, H = A + B. Returns X, Y, Z, T.
    m = _M
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
    return x, y, z, (r & m) + 19 * (r >> 255)


def _inverse(value: int):
    # Generator; returns 1 / value modulo P by Euclid's algorithm. value: 1 to P - 1.
    a, b = value, _P
    u, v = 1, 0
    units = 4  # for the product with `%` that made `value`; a step is one
    while a > 1:
        quotient, rest = divmod(b, a)
        a, b = rest, a
        u, v = v - quotient * u, u
        units += 1
        if units == _EUCLID_UNITS:
            yield units
            units = 0
    yield units + 1
    if a != 1:
        raise Refused(SIGNER_FAULT, "the arithmetic of the signer fails")
    return u
