"""Multiples of the base point of edwards25519 in machine code: a constant sequence of steps.

Owns: the curve arithmetic of signing, on the slots of field_viper.
Refuses (SIGNER_FAULT): random bytes that are none, a table that cannot be read, a result that is
not on the curve.
Units: work in 69 us of an RP2040 at 125 MHz: 8 625 cycles.

Its twin is sign_bigint, which gives the same bytes. The inverse is the power P - 2, the same 265
multiplications for every element; an entry's place in the table is all that depends on a secret.
"""

from array import array

from steelyard_wire.codes import SIGNER_FAULT, Refused
from steelyard_wire.shim import const

from terminal.evidence.field_viper import BUFFER, add, load, multiply, store, subtract
from terminal.evidence.sha512_viper import sha512_steps  # noqa: F401 - the hash that goes with it

_P = (1 << 255) - 19
# d of RFC 8032 5.1, little-endian.
_D = (
    b"\xa3\x78\x59\x13\xca\x4d\xeb\x75\xab\xd8\x41\x41\x4d\x0a\x70\x00"
    b"\x98\xe8\x79\x77\x79\x40\xc7\x8c\x73\xfe\x6f\x2b\xee\x6c\x03\x52"
)

# Slots.
_X = const(0)
_Y = const(1)
_Z = const(2)
_T = const(3)
_A = const(4)
_B = const(5)
_C = const(6)
_E = const(7)
_F = const(8)
_G = const(9)
_H = const(10)
_ZERO = const(11)  # never written

# In cycles, with 1 500 for a call: a multiplication 10 800, a sum 3 200, an entry 22 000.
_COLUMN_UNITS = const(25)  # a doubling and an addition
_MORE_UNITS = const(16)  # of one more addition to a column
_FIELD_UNITS = const(12)

_w = array("I", bytes(BUFFER))
_bytes = bytearray(33)


def _number(slot: int) -> int:
    store(_w, slot, _bytes)
    return int.from_bytes(_bytes, "little") % _P


def _double() -> None:
    # dbl-2008-hwcd of the Explicit-Formulas Database for a = -1, with the signs of all four
    # results changed: E = 2XY, G = B - A, F = C - G, H = A + B.
    w = _w
    multiply(w, _X, _X, _A)
    multiply(w, _Y, _Y, _B)
    add(w, _X, _X, _X)
    multiply(w, _X, _Y, _E)
    add(w, _Z, _Z, _T)
    multiply(w, _T, _Z, _F)
    subtract(w, _B, _A, _G)
    subtract(w, _F, _G, _F)
    add(w, _A, _B, _H)
    multiply(w, _E, _F, _X)
    multiply(w, _G, _H, _Y)
    multiply(w, _F, _G, _Z)
    multiply(w, _E, _H, _T)


def _add_entry(entry, more: bool) -> None:
    # madd-2008-hwcd-3; T is made only if another addition follows.
    w = _w
    subtract(w, _Y, _X, _A)
    load(w, _B, entry[0])
    multiply(w, _A, _B, _A)
    add(w, _Y, _X, _B)
    load(w, _C, entry[1])
    multiply(w, _B, _C, _B)
    load(w, _C, entry[2])
    multiply(w, _T, _C, _C)
    add(w, _Z, _Z, _Z)
    subtract(w, _B, _A, _E)
    subtract(w, _Z, _C, _F)
    add(w, _Z, _C, _G)
    add(w, _B, _A, _H)
    multiply(w, _E, _F, _X)
    multiply(w, _G, _H, _Y)
    multiply(w, _F, _G, _Z)
    if more:
        multiply(w, _E, _H, _T)


def _draw(random_bytes, slot: int) -> None:
    data = random_bytes(32)
    if len(data) != 32:
        raise Refused(SIGNER_FAULT, "the random generator gives no random bytes")
    load(_w, slot, data)
    if not _number(slot):
        raise Refused(SIGNER_FAULT, "the random generator gives no random bytes")


def _first(entry) -> None:
    # The affine point of an entry, times the random Z in slot F.
    w = _w
    load(w, _A, entry[0])
    load(w, _B, entry[1])
    subtract(w, _B, _A, _X)
    add(w, _B, _A, _Y)
    multiply(w, _X, _F, _X)  # 2 x f
    multiply(w, _X, _Y, _T)  # 4 x y f
    add(w, _X, _X, _X)
    add(w, _F, _F, _F)
    multiply(w, _Y, _F, _Y)  # 4 y f
    add(w, _F, _F, _Z)


# Of the inverse: so many squarings, then times that slot; before it the power goes to that slot.
# The powers are 2**n - 1 with n = 5, 10, 20, 40, 50, 100, 200, 250, and at last P - 2.
_CHAIN = (
    (5, _E, _E),
    (10, _F, _F),
    (20, _E, _E),
    (10, _F, _ZERO),
    (50, _F, _F),
    (50, _ZERO, _E),
    (50, _E, _ZERO),
    (50, _F, _ZERO),
    (5, _A, _ZERO),
)


def _inverse_steps():
    # Slot G = slot Z ** (P - 2); P - 2 = (2**250 - 1) * 2**5 + 11.
    w = _w
    multiply(w, _Z, _Z, _A)  # 2
    multiply(w, _A, _A, _G)
    multiply(w, _G, _G, _G)  # 8
    multiply(w, _G, _Z, _G)  # 9
    multiply(w, _A, _G, _A)  # 11
    multiply(w, _A, _A, _B)  # 22
    multiply(w, _G, _B, _G)  # 31
    for times, by, into in _CHAIN:
        if into != _ZERO:
            add(w, _G, _ZERO, into)
        for _ in range(times):
            multiply(w, _G, _G, _G)
        if by != _ZERO:
            multiply(w, _G, by, _G)
        yield times + (times >> 2) + 2


def multiply_steps(scalar: int, comb, random_bytes):
    """Generator of work; returns the encoding of scalar * B, RFC 8032 5.1.2: 32 bytes.

    scalar: 0 to the order of B. comb: comb.Comb. random_bytes: n -> n random bytes.
    """
    w = _w
    _draw(random_bytes, _F)
    bits = comb.bits(scalar)
    last = comb.blocks - 1
    column = comb.columns - 1
    _first(comb.entry(bits, column, 0))
    block = 1
    while True:
        while block <= last:
            _add_entry(comb.entry(bits, column, block), block < last)
            block += 1
        yield _COLUMN_UNITS + last * _MORE_UNITS
        if not column:
            break
        column -= 1
        block = 0
        _double()
    yield from _inverse_steps()
    multiply(w, _X, _G, _X)
    multiply(w, _Y, _G, _Y)
    # Whatever went wrong in table or arithmetic, hardly anything else ends on the curve:
    # y^2 - x^2 = 1 + d x^2 y^2.
    multiply(w, _X, _X, _A)
    multiply(w, _Y, _Y, _B)
    multiply(w, _A, _B, _C)
    load(w, _E, _D)
    multiply(w, _C, _E, _C)
    subtract(w, _B, _A, _B)
    subtract(w, _B, _C, _B)
    if _number(_B) != 1:
        raise Refused(SIGNER_FAULT, "the arithmetic of the signer fails")
    encoded = _number(_Y) | (_number(_X) & 1) << 255
    yield _FIELD_UNITS
    return encoded.to_bytes(32, "little")
