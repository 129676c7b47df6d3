"""SHA-512 (FIPS 180-4) for interpreters whose small integers have 31 bits.

Owns: the hash function, whole or in slices that a scheduler can put between samples.
Refuses: nothing; a part that is not bytes-like raises TypeError.
Units: work in 69 us of an RP2040 at 125 MHz, the unit of `ed25519`.

A 64-bit word is four limbs of 16 bits, least significant first. Every intermediate value stays
below 2**30, so that a block leaves a few hundred bytes of garbage; with 64-bit integers it leaves
120 KB on a 32-bit board.

Work: trust.md 3.1 gives 12.16 ns per instruction of an RP2040, so a unit is 5 670 instructions.
From its empty loop (7 bytecodes, 240 instructions) a binary operation or subscript costs about 60
and any other bytecode 20. A round here has 510 bytecodes, 189 of the dear kind: 17 800
instructions; a word of the schedule 370 and 157: 13 700; reading a block and adding it to the
state 120 000. Together 432 units a block; with big integers 571 (3.24 M, trust.md 3.4).
"""

from array import array

from steelyard_wire.shim import const

_READ_UNITS = const(13)  # a block into words
_ROUNDS_UNITS = const(51)  # sixteen rounds
_SCHEDULE_UNITS = const(39)  # sixteen words of the schedule
_ADD_UNITS = const(8)  # the result to the state

# FIPS 180-4, 4.2.3 and 5.3.5: first 64 bits of the fractional parts of the cube roots of the
# first eighty primes and of the square roots of the first eight. Each word little-endian: these
# are the limbs in order on every port of MicroPython (all are little-endian).
_K = array(
    "H",
    b"\x22\xae\x28\xd7\x98\x2f\x8a\x42\xcd\x65\xef\x23\x91\x44\x37\x71"
    b"\x2f\x3b\x4d\xec\xcf\xfb\xc0\xb5\xbc\xdb\x89\x81\xa5\xdb\xb5\xe9"
    b"\x38\xb5\x48\xf3\x5b\xc2\x56\x39\x19\xd0\x05\xb6\xf1\x11\xf1\x59"
    b"\x9b\x4f\x19\xaf\xa4\x82\x3f\x92\x18\x81\x6d\xda\xd5\x5e\x1c\xab"
    b"\x42\x02\x03\xa3\x98\xaa\x07\xd8\xbe\x6f\x70\x45\x01\x5b\x83\x12"
    b"\x8c\xb2\xe4\x4e\xbe\x85\x31\x24\xe2\xb4\xff\xd5\xc3\x7d\x0c\x55"
    b"\x6f\x89\x7b\xf2\x74\x5d\xbe\x72\xb1\x96\x16\x3b\xfe\xb1\xde\x80"
    b"\x35\x12\xc7\x25\xa7\x06\xdc\x9b\x94\x26\x69\xcf\x74\xf1\x9b\xc1"
    b"\xd2\x4a\xf1\x9e\xc1\x69\x9b\xe4\xe3\x25\x4f\x38\x86\x47\xbe\xef"
    b"\xb5\xd5\x8c\x8b\xc6\x9d\xc1\x0f\x65\x9c\xac\x77\xcc\xa1\x0c\x24"
    b"\x75\x02\x2b\x59\x6f\x2c\xe9\x2d\x83\xe4\xa6\x6e\xaa\x84\x74\x4a"
    b"\xd4\xfb\x41\xbd\xdc\xa9\xb0\x5c\xb5\x53\x11\x83\xda\x88\xf9\x76"
    b"\xab\xdf\x66\xee\x52\x51\x3e\x98\x10\x32\xb4\x2d\x6d\xc6\x31\xa8"
    b"\x3f\x21\xfb\x98\xc8\x27\x03\xb0\xe4\x0e\xef\xbe\xc7\x7f\x59\xbf"
    b"\xc2\x8f\xa8\x3d\xf3\x0b\xe0\xc6\x25\xa7\x0a\x93\x47\x91\xa7\xd5"
    b"\x6f\x82\x03\xe0\x51\x63\xca\x06\x70\x6e\x0e\x0a\x67\x29\x29\x14"
    b"\xfc\x2f\xd2\x46\x85\x0a\xb7\x27\x26\xc9\x26\x5c\x38\x21\x1b\x2e"
    b"\xed\x2a\xc4\x5a\xfc\x6d\x2c\x4d\xdf\xb3\x95\x9d\x13\x0d\x38\x53"
    b"\xde\x63\xaf\x8b\x54\x73\x0a\x65\xa8\xb2\x77\x3c\xbb\x0a\x6a\x76"
    b"\xe6\xae\xed\x47\x2e\xc9\xc2\x81\x3b\x35\x82\x14\x85\x2c\x72\x92"
    b"\x64\x03\xf1\x4c\xa1\xe8\xbf\xa2\x01\x30\x42\xbc\x4b\x66\x1a\xa8"
    b"\x91\x97\xf8\xd0\x70\x8b\x4b\xc2\x30\xbe\x54\x06\xa3\x51\x6c\xc7"
    b"\x18\x52\xef\xd6\x19\xe8\x92\xd1\x10\xa9\x65\x55\x24\x06\x99\xd6"
    b"\x2a\x20\x71\x57\x85\x35\x0e\xf4\xb8\xd1\xbb\x32\x70\xa0\x6a\x10"
    b"\xc8\xd0\xd2\xb8\x16\xc1\xa4\x19\x53\xab\x41\x51\x08\x6c\x37\x1e"
    b"\x99\xeb\x8e\xdf\x4c\x77\x48\x27\xa8\x48\x9b\xe1\xb5\xbc\xb0\x34"
    b"\x63\x5a\xc9\xc5\xb3\x0c\x1c\x39\xcb\x8a\x41\xe3\x4a\xaa\xd8\x4e"
    b"\x73\xe3\x63\x77\x4f\xca\x9c\x5b\xa3\xb8\xb2\xd6\xf3\x6f\x2e\x68"
    b"\xfc\xb2\xef\x5d\xee\x82\x8f\x74\x60\x2f\x17\x43\x6f\x63\xa5\x78"
    b"\x72\xab\xf0\xa1\x14\x78\xc8\x84\xec\x39\x64\x1a\x08\x02\xc7\x8c"
    b"\x28\x1e\x63\x23\xfa\xff\xbe\x90\xe9\xbd\x82\xde\xeb\x6c\x50\xa4"
    b"\x15\x79\xc6\xb2\xf7\xa3\xf9\xbe\x2b\x53\x72\xe3\xf2\x78\x71\xc6"
    b"\x9c\x61\x26\xea\xce\x3e\x27\xca\x07\xc2\xc0\x21\xc7\xb8\x86\xd1"
    b"\x1e\xeb\xe0\xcd\xd6\x7d\xda\xea\x78\xd1\x6e\xee\x7f\x4f\x7d\xf5"
    b"\xba\x6f\x17\x72\xaa\x67\xf0\x06\xa6\x98\xc8\xa2\xc5\x7d\x63\x0a"
    b"\xae\x0d\xf9\xbe\x04\x98\x3f\x11\x1b\x47\x1c\x13\x35\x0b\x71\x1b"
    b"\x84\x7d\x04\x23\xf5\x77\xdb\x28\x93\x24\xc7\x40\x7b\xab\xca\x32"
    b"\xbc\xbe\xc9\x15\x0a\xbe\x9e\x3c\x4c\x0d\x10\x9c\xc4\x67\x1d\x43"
    b"\xb6\x42\x3e\xcb\xbe\xd4\xc5\x4c\x2a\x7e\x65\xfc\x9c\x29\x7f\x59"
    b"\xec\xfa\xd6\x3a\xab\x6f\xcb\x5f\x17\x58\x47\x4a\x8c\x19\x44\x6c",
)
_INITIAL = array(
    "H",
    b"\x08\xc9\xbc\xf3\x67\xe6\x09\x6a\x3b\xa7\xca\x84\x85\xae\x67\xbb"
    b"\x2b\xf8\x94\xfe\x72\xf3\x6e\x3c\xf1\x36\x1d\x5f\x3a\xf5\x4f\xa5"
    b"\xd1\x82\xe6\xad\x7f\x52\x0e\x51\x1f\x6c\x3e\x2b\x8c\x68\x05\x9b"
    b"\x6b\xbd\x41\xfb\xab\xd9\x83\x1f\x79\x21\x7e\x13\x19\xcd\xe0\x5b",
)


def sha512(*parts) -> bytes:
    """SHA-512 of the concatenated parts (bytes-like): 64 bytes."""
    return finish(sha512_steps(parts))


def finish(steps):
    """Run a generator of work to its end; what it returns."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def sha512_steps(parts):
    """Generator of the same: yields the work done since the last yield, at most 51 units.

    parts: iterable of bytes-like, at most 128 MB in all. Returns the digest, 64 bytes.
    """
    state = array("H", _INITIAL)
    words = array("H", bytes(128))
    block = bytearray(128)
    filled = 0
    total = 0
    for part in parts:
        view = memoryview(part)
        size = len(view)
        total += size
        at = 0
        while at < size:
            count = min(128 - filled, size - at)
            block[filled : filled + count] = view[at : at + count]
            filled += count
            at += count
            if filled == 128:
                yield from _block_steps(state, words, block)
                filled = 0
    # Padding, FIPS 180-4 5.1.2: a one bit, zeros, the length in bits as 128-bit number.
    block[filled] = 0x80
    for index in range(filled + 1, 128):
        block[index] = 0
    if filled >= 112:
        yield from _block_steps(state, words, block)
        block[:] = bytes(128)
    block[112:] = (8 * total).to_bytes(16, "big")
    yield from _block_steps(state, words, block)
    return _digest(state)


def _block_steps(state, words, block):
    # FIPS 180-4, 6.4.2.
    for word in range(0, 64, 4):
        at = 2 * word
        for limb in range(word + 3, word - 1, -1):
            words[limb] = block[at] << 8 | block[at + 1]
            at += 2
    yield _READ_UNITS
    work = state
    for limb in range(0, 320, 64):
        if limb:
            _schedule(words)
            yield _SCHEDULE_UNITS
        work = _rounds(work, words, limb)
        yield _ROUNDS_UNITS
    carry = 0
    for limb in range(32):
        if not limb & 3:
            carry = 0
        carry += state[limb] + work[limb]
        state[limb] = carry & 0xFFFF
        carry >>= 16
    yield _ADD_UNITS


def _digest(state) -> bytes:
    digest = bytearray(64)
    at = 0
    for word in range(0, 32, 4):
        for limb in range(word + 3, word - 1, -1):
            digest[at] = state[limb] >> 8
            digest[at + 1] = state[limb] & 0xFF
            at += 2
    return bytes(digest)


def _schedule(w) -> None:
    # The next sixteen words in place: W[t] = W[t-16] + s0(W[t-15]) + W[t-7] + s1(W[t-2]), where
    # s0 = rotr 1 ^ rotr 8 ^ shr 7 and s1 = rotr 19 ^ rotr 61 ^ shr 6. Rotation by 16 is a change
    # of limb. Masks come before shifts that would leave the small integers.
    m = 0xFFFF
    for i in range(0, 64, 4):
        j = (i + 4) & 63
        x0 = w[j]
        x1 = w[j + 1]
        x2 = w[j + 2]
        x3 = w[j + 3]
        j = (i + 56) & 63
        y0 = w[j]
        y1 = w[j + 1]
        y2 = w[j + 2]
        y3 = w[j + 3]
        j = (i + 36) & 63
        s = w[i] + w[j] + (x0 >> 1 ^ x0 >> 7 ^ x0 >> 8 ^ ((x1 ^ x1 << 1 ^ x1 << 7) & 0xFF) << 8)
        s += y0 >> 6 ^ y1 >> 3 ^ y3 >> 13 ^ (y2 << 13 ^ y0 << 3 ^ y1 << 10) & m
        w[i] = s & m
        s = (s >> 16) + w[i + 1] + w[j + 1]
        s += x1 >> 1 ^ x1 >> 7 ^ x1 >> 8 ^ ((x2 ^ x2 << 1 ^ x2 << 7) & 0xFF) << 8
        s += y1 >> 6 ^ y2 >> 3 ^ y0 >> 13 ^ (y3 << 13 ^ y1 << 3 ^ y2 << 10) & m
        w[i + 1] = s & m
        s = (s >> 16) + w[i + 2] + w[j + 2]
        s += x2 >> 1 ^ x2 >> 7 ^ x2 >> 8 ^ ((x3 ^ x3 << 1 ^ x3 << 7) & 0xFF) << 8
        s += y2 >> 6 ^ y3 >> 3 ^ y1 >> 13 ^ (y0 << 13 ^ y2 << 3 ^ y3 << 10) & m
        w[i + 2] = s & m
        s = (s >> 16) + w[i + 3] + w[j + 3]
        s += x3 >> 1 ^ x3 >> 7 ^ x3 >> 8 ^ ((x0 ^ x0 << 7) & 0xFF) << 8
        s += y3 >> 6 ^ y0 >> 3 ^ y2 >> 13 ^ (y1 << 13 ^ y3 << 3) & m
        w[i + 3] = s & m


def _rounds(state, w, t):
    # Sixteen rounds on the 32 limbs of `state`; returns them as a tuple. t: first limb of K.
    # Variables that are used most come first: the first sixteen have one-byte opcodes.
    m = 0xFFFF
    k = _K
    i = e0 = e1 = e2 = e3 = b0 = b1 = b2 = b3 = 0
    (a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3,
     e0, e1, e2, e3, f0, f1, f2, f3, g0, g1, g2, g3, h0, h1, h2, h3) = state  # fmt: skip
    q0, q1 = b0 ^ c0, b1 ^ c1
    q2, q3 = b2 ^ c2, b3 ^ c3
    for i in range(0, 64, 4):
        # T1 = h + Ch(e, f, g) + S1(e) + K + W with S1 = rotr 14 ^ rotr 18 ^ rotr 41.
        x0 = h0 + k[t] + w[i] + (g0 ^ e0 & (f0 ^ g0))
        x0 += e0 >> 14 ^ e1 >> 2 ^ e2 >> 9 ^ (e1 << 2 ^ e2 << 14 ^ e3 << 7) & m
        x1 = h1 + k[t + 1] + w[i + 1] + (g1 ^ e1 & (f1 ^ g1))
        x1 += e1 >> 14 ^ e2 >> 2 ^ e3 >> 9 ^ (e2 << 2 ^ e3 << 14 ^ e0 << 7) & m
        x2 = h2 + k[t + 2] + w[i + 2] + (g2 ^ e2 & (f2 ^ g2))
        x2 += e2 >> 14 ^ e3 >> 2 ^ e0 >> 9 ^ (e3 << 2 ^ e0 << 14 ^ e1 << 7) & m
        x3 = h3 + k[t + 3] + w[i + 3] + (g3 ^ e3 & (f3 ^ g3))
        x3 += e3 >> 14 ^ e0 >> 2 ^ e1 >> 9 ^ (e0 << 2 ^ e1 << 14 ^ e2 << 7) & m
        t += 4
        h0, h1 = g0, g1
        h2, h3 = g2, g3
        g0, g1 = f0, f1
        g2, g3 = f2, f3
        f0, f1 = e0, e1
        f2, f3 = e2, e3
        e0 = d0 + x0
        e1 = d1 + x1 + (e0 >> 16)
        e2 = d2 + x2 + (e1 >> 16)
        e3 = d3 + x3 + (e2 >> 16) & m
        e0, e1, e2 = e0 & m, e1 & m, e2 & m
        d0, d1 = c0, c1
        d2, d3 = c2, c3
        c0, c1 = b0, b1
        c2, c3 = b2, b3
        b0, b1 = a0, a1
        b2, b3 = a2, a3
        # a = T1 + Maj(a, b, c) + S0(a) with S0 = rotr 28 ^ rotr 34 ^ rotr 39 and
        # Maj = b ^ (a ^ b) & (b ^ c). All three have moved on by one letter above; q is the
        # b ^ c of here, left by the round before.
        x0 += c0 ^ (b0 ^ c0) & q0
        x0 += b1 >> 12 ^ b2 >> 2 ^ b2 >> 7 ^ (b2 << 4 ^ b3 << 14 ^ b3 << 9) & m
        q0 = b0 ^ c0
        x1 += (c1 ^ (b1 ^ c1) & q1) + (x0 >> 16)
        x1 += b2 >> 12 ^ b3 >> 2 ^ b3 >> 7 ^ (b3 << 4 ^ b0 << 14 ^ b0 << 9) & m
        q1 = b1 ^ c1
        x2 += (c2 ^ (b2 ^ c2) & q2) + (x1 >> 16)
        x2 += b3 >> 12 ^ b0 >> 2 ^ b0 >> 7 ^ (b0 << 4 ^ b1 << 14 ^ b1 << 9) & m
        q2 = b2 ^ c2
        x3 += (c3 ^ (b3 ^ c3) & q3) + (x2 >> 16)
        x3 += b0 >> 12 ^ b1 >> 2 ^ b1 >> 7 ^ (b1 << 4 ^ b2 << 14 ^ b2 << 9) & m
        q3 = b3 ^ c3
        a0, a1 = x0 & m, x1 & m
        a2, a3 = x2 & m, x3 & m
    return (a0, a1, a2, a3, b0, b1, b2, b3, c0, c1, c2, c3, d0, d1, d2, d3,
            e0, e1, e2, e3, f0, f1, f2, f3, g0, g1, g2, g3, h0, h1, h2, h3)  # fmt: skip
