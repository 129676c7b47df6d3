"""SHA-512's block function for interpreters whose small integers have 31 bits.

Owns: the hash function, whole or in slices that a scheduler can put between samples.
Refuses: nothing. Units: as `sha512`. Its twin in machine code is sha512_viper.

A 64-bit word is four limbs of 16 bits, least significant first. Every intermediate value stays
below 2**30, so that a block leaves a few hundred bytes of garbage; with 64-bit integers it leaves
120 KB on a 32-bit board.

Work: trust.md 3.1 gives 12.16 ns per instruction of an RP2040, so a unit is 5 670 instructions.
From its empty loop (7 bytecodes, 240 instructions) a binary operation or subscript costs about 60
and any other bytecode 20. A round here has 510 bytecodes, 189 of the dear kind: 17 800
instructions; a word of the schedule 370 and 157: 13 700; reading a block and adding it to the
state 120 000. Together 432 units a block; with big integers 571 (3.24 M, trust.md 3.4).
"""

from steelyard_wire.shim import const

from terminal.evidence.sha512 import K, digest_steps

_READ_UNITS = const(13)  # a block into words
_ROUNDS_UNITS = const(51)  # sixteen rounds
_SCHEDULE_UNITS = const(39)  # sixteen words of the schedule
_ADD_UNITS = const(8)  # the result to the state


def sha512_steps(parts):
    """Generator of work: SHA-512 of the concatenated parts (bytes-like), 64 bytes."""
    return digest_steps(parts, _block_steps)


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
    k = K
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
