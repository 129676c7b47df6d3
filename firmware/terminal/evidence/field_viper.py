"""The field of edwards25519 in machine code: elements are slots of one buffer.

Owns: the form of an element. Refuses: nothing: whoever calls keeps to the buffer.
Units: limbs of 13 bits. tests/system/test_viper_signer.py counts cycles on an emulated RP2040.

A field element is twenty limbs of a slot, slot k begins at limb 20 k. Limbs are at most 8 191, the
second and the third a little more: twenty products then stay below 2**31, so that neither 32 nor
64 bits of the processor matter. 2**260 is 608 modulo 2**255 - 19.
"""

import micropython

BUFFER = 1764  # bytes: the slots, and a product of 41 limbs at 1600


@micropython.viper
def multiply(t: ptr32, b: int, x: int, d: int):
    """Slot d = slot b * slot x; d may be one of them."""
    base = int(t)
    a = base + 80 * x
    b = base + 80 * b
    d = base + 80 * d
    product = base + 1600
    t = ptr32(product)
    x = 10
    while x > 0:
        t[0] = 0
        t[1] = 0
        t[2] = 0
        t[3] = 0
        t = ptr32(int(t) + 16)
        x -= 1
    t = ptr32(product)
    end = a + 80
    while a < end:
        x = ptr32(a)[0]
        t[0] = x * ptr32(b)[0] + t[0]
        t[1] = x * ptr32(b)[1] + t[1]
        t[2] = x * ptr32(b)[2] + t[2]
        t[3] = x * ptr32(b)[3] + t[3]
        t[4] = x * ptr32(b)[4] + t[4]
        t[5] = x * ptr32(b)[5] + t[5]
        t[6] = x * ptr32(b)[6] + t[6]
        t[7] = x * ptr32(b)[7] + t[7]
        t[8] = x * ptr32(b)[8] + t[8]
        t[9] = x * ptr32(b)[9] + t[9]
        t[10] = x * ptr32(b)[10] + t[10]
        t[11] = x * ptr32(b)[11] + t[11]
        t[12] = x * ptr32(b)[12] + t[12]
        t[13] = x * ptr32(b)[13] + t[13]
        t[14] = x * ptr32(b)[14] + t[14]
        t[15] = x * ptr32(b)[15] + t[15]
        t[16] = x * ptr32(b)[16] + t[16]
        t[17] = x * ptr32(b)[17] + t[17]
        t[18] = x * ptr32(b)[18] + t[18]
        t[19] = x * ptr32(b)[19] + t[19]
        t = ptr32(int(t) + 4)
        a += 4
    # The upper half in limbs of 13 bits; t is its beginning.
    b = 0
    x = 5
    while x > 0:
        b += t[0]
        t[0] = b & 8191
        b >>= 13
        b += t[1]
        t[1] = b & 8191
        b >>= 13
        b += t[2]
        t[2] = b & 8191
        b >>= 13
        b += t[3]
        t[3] = b & 8191
        b >>= 13
        t = ptr32(int(t) + 16)
        x -= 1
    end = b
    # 2**260 is 608.
    t = ptr32(product)
    b = 0
    a = d + 80
    x = d
    while x < a:
        b += 608 * t[20] + t[0]
        ptr32(x)[0] = b & 8191
        b >>= 13
        b += 608 * t[21] + t[1]
        ptr32(x)[1] = b & 8191
        b >>= 13
        b += 608 * t[22] + t[2]
        ptr32(x)[2] = b & 8191
        b >>= 13
        b += 608 * t[23] + t[3]
        ptr32(x)[3] = b & 8191
        b >>= 13
        t = ptr32(int(t) + 16)
        x += 16
    t = ptr32(d)
    b = 608 * (b + 608 * end) + t[0]
    t[0] = b & 8191
    b = (b >> 13) + t[1]
    t[1] = b & 8191
    t[2] = (b >> 13) + t[2]


@micropython.viper
def add(t: ptr32, b: int, x: int, d: int):
    """Slot d = slot b + slot x."""
    base = int(t)
    t = ptr32(base + 80 * b)
    b = base + 80 * x
    x = 0
    d = base + 80 * d
    end = d + 80
    first = d
    while d < end:
        x += t[0] + ptr32(b)[0]
        ptr32(d)[0] = x & 8191
        x >>= 13
        t = ptr32(int(t) + 4)
        b += 4
        d += 4
    x = 608 * x + ptr32(first)[0]
    ptr32(first)[0] = x & 8191
    ptr32(first)[1] = ptr32(first)[1] + (x >> 13)


@micropython.viper
def subtract(t: ptr32, b: int, x: int, d: int):
    """Slot d = slot b - slot x, with 64 P added so that no limb is below zero."""
    base = int(t)
    t = ptr32(base + 80 * b)
    b = base + 80 * x
    x = -1214
    d = base + 80 * d
    end = d + 80
    first = d
    while d < end:
        x += t[0] + 16382 - ptr32(b)[0]
        ptr32(d)[0] = x & 8191
        x >>= 13
        t = ptr32(int(t) + 4)
        b += 4
        d += 4
    x = 608 * x + ptr32(first)[0]
    ptr32(first)[0] = x & 8191
    ptr32(first)[1] = ptr32(first)[1] + (x >> 13)


@micropython.viper
def load(t: ptr32, d: int, source: ptr8):
    """Slot d = the 32 bytes of source, little-endian."""
    t = ptr32(int(t) + 80 * d)
    word = 0
    bits = 0
    at = 0
    limb = 0
    while limb < 20:
        while bits < 13:
            if at < 32:
                word |= source[at] << bits
            at += 1
            bits += 8
        t[limb] = word & 8191
        word >>= 13
        bits -= 13
        limb += 1


@micropython.viper
def store(t: ptr32, d: int, target: ptr8):
    """The 33 bytes of target = slot d, not reduced."""
    t = ptr32(int(t) + 80 * d)
    word = 0
    bits = 0
    at = 0
    limb = 0
    while at < 33:
        if bits < 8 and limb < 20:
            word += t[limb] << bits
            bits += 13
            limb += 1
        target[at] = word & 255
        word >>= 8
        bits -= 8
        at += 1
