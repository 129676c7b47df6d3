"""Whether an Ed25519 signature is right (RFC 8032, 5.1.7), in slices that fit between samples.

Owns: the equation, and what passes for a key and for a signature.
Refuses: nothing; whatever is wrong, the answer is False.
Units: work in 69 us of an RP2040 at 125 MHz, 5 670 instructions, the unit of `ed25519`.

RFC 8032 leaves some cases open; only these pass, on every interpreter and board:
- a key A of 32 bytes whose y is below p, a point of the curve, and not of small order: with such a
  key one signature is right for many messages. This excludes x = 0, and so a sign of x = 0;
- a signature of 64 bytes whose S is below L, the order of B: S + L would sign the same once more;
- R equal, byte for byte, to the encoding of S B - k A: the equation without the cofactor, with k
  modulo L, and no second encoding of R.
A key with a part of small order beside the large one passes, and so does R of small order: only
who has the private key can make a signature with them.

All of this is public, so that times may depend on it. Loaded for a call:
cold.call("terminal.evidence.verify", "verify_steps", key, message, signature,
signers.sha512_steps).
"""

from array import array

from steelyard_wire.shim import const

_M = (1 << 255) - 1
_P = (1 << 255) - 19
_L = (1 << 252) + 27742317777372353535851937790883648493  # the order of B
# RFC 8032 5.1: d, B and, by 5.1.3, 2**((p - 1) / 4), a root of -1.
_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555
_B = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
)
_D2 = 2 * _D
_ROOT = 19681161376707505956807079304988542015446066515923890162744021073123829784752

# From trust.md 3.2 and 3.3, as in sign_bigint: a product with all that is around it, a third of a
# second fold too, is 14 400 instructions, that fold alone 4 300: 7 products with three of them are
# 19 units.
_SLICE = const(70)
_DOUBLE_UNITS = const(20)  # without T
_ADD_UNITS = const(23)  # with the T that it needs
_DIGITS_UNITS = const(50)  # 250 rounds of 35 bytecodes, ten of them dear
_FIRST_UNITS = const(38)  # three multiplications with `%`, a doubling with T
_MULTIPLE_UNITS = const(30)  # an addition with T, a multiplication with `%`
_FIELD_UNITS = const(28)  # up to seven multiplications with `%`
_SCALAR_UNITS = const(5)  # a division by the order, or what is less
_SQUARES = const(24)  # a slice
_SQUARE_UNITS = const(13)  # of five, with a second fold each
_MULTIPLES = const(8)  # 1, 3 ... 15 times a point

# (n, m): from the power of 2**n - 1 to that of 2**(n + m) - 1 by m squares and a product.
_CHAIN = (
    (1, 1), (2, 2), (4, 1), (5, 5), (10, 10), (20, 20), (40, 10), (50, 50), (100, 100), (200, 50)
)  # fmt: skip


def verify_steps(public_key: bytes, message: bytes, signature: bytes, sha512_steps):
    """Generator: yields the work since the last yield, at most 70 units (5 ms); True or False.

    sha512_steps: function (parts) -> generator of the same that returns the SHA-512 of the parts.
    """
    if len(public_key) != 32 or len(signature) != 64:
        return False
    answer = int.from_bytes(signature[32:], "little")
    if answer >= _L:
        return False
    point = yield from _negative_steps(int.from_bytes(public_key, "little"))
    if point is None:
        return False
    digest = yield from sha512_steps((signature[:32], public_key, message))
    challenge = int.from_bytes(digest, "little") % _L
    yield _SCALAR_UNITS
    x, y, z, _ = yield from _sum_steps(answer, challenge, point)
    # 1 / z is z to the power of p - 2 = 8 (2**252 - 3) + 3.
    inverse = yield from _power_steps(z % _P)
    for _ in range(3):
        inverse = inverse * inverse % _P
    inverse = z * z % _P * z % _P * inverse % _P
    yield _FIELD_UNITS
    x = x * inverse % _P
    y = y * inverse % _P
    yield _FIELD_UNITS
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def _negative_steps(encoded: int):
    # Generator; x and y of -A, or None if A is not to pass. RFC 8032 5.1.3.
    y = encoded & _M
    if y >= _P:
        return None
    v = y * y % _P
    u = v - 1
    v = (v * _D + 1) % _P
    cube = v * v % _P * v % _P
    power = cube * cube % _P * v % _P * u % _P
    yield _FIELD_UNITS
    power = yield from _power_steps(power)
    x = cube * u % _P * power % _P
    square = x * x % _P
    found = square * v % _P
    if found != u % _P:
        if (found + u) % _P:
            return None
        x = x * _ROOT % _P
        square = _P - square
    yield _FIELD_UNITS
    # The order is 1 or 2 with x = 0, 4 with y = 0; 8 if 2 A has y = 0, which is x x + y y = 0.
    if x == 0 or y == 0 or (square + y * y) % _P == 0:
        return None
    if x & 1 == encoded >> 255:
        x = _P - x
    yield _SCALAR_UNITS
    return x, y


def _power_steps(value: int):
    # Generator; value to the power of 2**252 - 3, which is (p - 5) / 8.
    m = _M
    powers = {1: value}
    done = 0
    for n, more in _CHAIN:
        power = powers[n]
        for _ in range(more):
            r = power * power
            r = (r & m) + 19 * (r >> 255)
            power = (r & m) + 19 * (r >> 255)
            done += 1
            if done >= _SQUARES:
                yield _SQUARE_UNITS * done // 5
                done = 0
        power = power * powers[more] % _P
        powers[n + more] = power
        done += 2  # such a product takes as long
    yield _SQUARE_UNITS * done // 5
    power = power * power % _P
    power = power * power % _P * value % _P
    yield _FIELD_UNITS
    return power


def _sum_steps(answer: int, challenge: int, point):
    # Generator; X, Y, Z of answer B + challenge `point`, and something: Straus' method.
    bases = yield from _multiples_steps(_B)
    others = yield from _multiples_steps(point)
    first = _digits(answer)
    yield _DIGITS_UNITS
    second = _digits(challenge)
    yield _DIGITS_UNITS
    at = 255
    while at and not (first[at] or second[at]):
        at -= 1
    point = 0, 1, 1, 0
    units = 0
    while at >= 0:
        one = first[at]
        other = second[at]
        work = _DOUBLE_UNITS
        if one:
            work += _ADD_UNITS
        if other:
            work += _ADD_UNITS
        if units + work > _SLICE:
            yield units
            units = 0
        units += work
        point = _double(point, one or other)
        if one:
            point = _add(point, bases[one >> 1], other)
        if other:
            point = _add(point, others[other >> 1], 0)
        at -= 1
    yield units
    return point


def _digits(number: int):
    # Signed digits, odd and between -16 and 16, or 0, least significant first; of five neighbours
    # one at most is not 0. number: below 2**253.
    digits = array("b", bytes(256))
    data = number.to_bytes(33, "little")
    at = carry = 0
    while at < 256:
        byte = at >> 3
        value = ((data[byte] | data[byte + 1] << 8) >> (at & 7) & 31) + carry
        if value & 1:
            carry = value >> 4
            digits[at] = value - (carry << 5)
            at += 5
        else:
            at += 1
    return digits


def _multiples_steps(affine):
    # Generator; 1, 3 ... 15, -15 ... -3, -1 times the point: a digit >> 1 is the place, also if it
    # is negative. Each as `_add` takes it: Y + X, Y - X, 2 d T and 2 Z.
    x, y = affine
    point = x, y, 1, x * y % _P
    twice = _entry(_double(point, 1))
    entries = [_entry(point)]
    yield _FIRST_UNITS
    while len(entries) < _MULTIPLES:
        point = _add(point, twice, 1)
        entries.append(_entry(point))
        yield _MULTIPLE_UNITS
    for plus, minus, t, z in reversed(list(entries)):
        entries.append((minus, plus, -t, z))
    yield _SCALAR_UNITS
    return entries


def _entry(point):
    x, y, z, t = point
    return y + x, y - x, _D2 * t % _P, z + z


# A product is folded once, (r & m) + 19 * (r >> 255), and a coordinate twice. Growth over 255
# bits: coordinates have none; what is made of their products 7 bits, with entries 9; their
# products 23 before the second fold. Negative numbers fold rightly, as in sign_bigint.


def _double(point, more):
    # dbl-2008-hwcd of the Explicit-Formulas Database for a = -1, with the signs of all four
    # results changed: E = 2XY, G = B - A, F = C - G, H = A + B. more: whether T is needed.
    x, y, z, t = point
    m = _M
    r = x * x
    a = (r & m) + 19 * (r >> 255)
    r = y * y
    b = (r & m) + 19 * (r >> 255)
    r = (x + x) * y
    e = (r & m) + 19 * (r >> 255)
    r = (z + z) * z
    g = b - a
    return _product(e, (r & m) + 19 * (r >> 255) - g, g, a + b, more)


def _add(point, entry, more):
    # add-2008-hwcd-3; complete, so that it may be any two points. more: whether T is needed.
    x, y, z, t = point
    plus, minus, t2d, z2 = entry
    m = _M
    r = (y - x) * minus
    a = (r & m) + 19 * (r >> 255)
    r = (y + x) * plus
    b = (r & m) + 19 * (r >> 255)
    r = t * t2d
    c = (r & m) + 19 * (r >> 255)
    r = z * z2
    d = (r & m) + 19 * (r >> 255)
    return _product(b - a, d - c, d + c, b + a, more)


def _product(e, f, g, h, more):
    # X, Y, Z and, if it is needed, T.
    m = _M
    r = e * f
    r = (r & m) + 19 * (r >> 255)
    x = (r & m) + 19 * (r >> 255)
    r = g * h
    r = (r & m) + 19 * (r >> 255)
    y = (r & m) + 19 * (r >> 255)
    r = f * g
    r = (r & m) + 19 * (r >> 255)
    z = (r & m) + 19 * (r >> 255)
    if not more:
        return x, y, z, 0
    r = e * h
    r = (r & m) + 19 * (r >> 255)
    return x, y, z, (r & m) + 19 * (r >> 255)
