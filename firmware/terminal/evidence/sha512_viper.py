"""SHA-512's block function in machine code.

Owns: the hash function in slices. Refuses: nothing. Units: as `sha512`. Its twin in bytecode is
sha512_limbs.

A 64-bit word is two of 32 bits, the lower first. Sums of lower words are made in halves of 16
bits, for their carry, and every word is masked before it is shifted to the right, so that it does
not matter whether the processor has 32 bits or 64.
"""

import micropython
from steelyard_wire.shim import const

from terminal.evidence.sha512 import K, digest_steps

_BLOCK_UNITS = const(14)  # 116 000 cycles


def sha512_steps(parts):
    """Generator of work: SHA-512 of the concatenated parts (bytes-like), 64 bytes."""
    return digest_steps(parts, _block_steps)


def _block_steps(state, words, block):
    _read(words, block)
    _block(state, words, K)
    yield _BLOCK_UNITS


@micropython.viper
def _read(w: ptr8, source: ptr8):
    # Big-endian words of 64 bits become little-endian ones.
    at = 0
    while at < 128:
        w[at ^ 7] = source[at]
        at += 1


@micropython.viper
def _block(state: ptr32, w: ptr32, k: ptr32):
    # FIPS 180-4, 6.4.2.
    m = uint(k[160])
    al = uint(state[0])
    ah = uint(state[1])
    bl = uint(state[2])
    bh = uint(state[3])
    cl = uint(state[4])
    ch = uint(state[5])
    dl = uint(state[6])
    dh = uint(state[7])
    el = uint(state[8])
    eh = uint(state[9])
    fl = uint(state[10])
    fh = uint(state[11])
    gl = uint(state[12])
    gh = uint(state[13])
    hl = uint(state[14])
    hh = uint(state[15])
    t = 0
    while t < 160:
        i = t & 31
        if t >= 32:
            # W[t] = W[t-16] + s0(W[t-15]) + W[t-7] + s1(W[t-2]) with s0 = rotr 1 ^ rotr 8 ^ shr 7
            # and s1 = rotr 19 ^ rotr 61 ^ shr 6.
            low = uint(w[(t + 2) & 31])
            high = uint(w[(t + 3) & 31])
            x = (low >> 1 ^ high << 31 ^ low >> 8 ^ high << 24 ^ low >> 7 ^ high << 25) & m
            y = high >> 1 ^ low << 31 ^ high >> 8 ^ low << 24 ^ high >> 7
            low = uint(w[(t + 28) & 31])
            high = uint(w[(t + 29) & 31])
            z = (low >> 19 ^ high << 13 ^ high >> 29 ^ low << 3 ^ low >> 6 ^ high << 26) & m
            y += high >> 19 ^ low << 13 ^ low >> 29 ^ high << 3 ^ high >> 6
            low = uint(w[i])
            high = uint(w[(t + 18) & 31])
            s = (low & 65535) + (x & 65535) + (high & 65535) + (z & 65535)
            x = (low >> 16) + (x >> 16) + (high >> 16) + (z >> 16) + (s >> 16)
            w[i] = int(s & 65535 | x << 16)
            w[i + 1] = int(uint(w[i + 1]) + uint(w[(t + 19) & 31]) + y + (x >> 16))
        # T1 = h + Ch(e, f, g) + S1(e) + K + W with S1 = rotr 14 ^ rotr 18 ^ rotr 41.
        x = gl ^ el & (fl ^ gl)
        y = (el >> 14 ^ eh << 18 ^ el >> 18 ^ eh << 14 ^ eh >> 9 ^ el << 23) & m
        low = uint(k[t])
        high = uint(w[i])
        s = (hl & 65535) + (x & 65535) + (y & 65535) + (low & 65535) + (high & 65535)
        x = (hl >> 16) + (x >> 16) + (y >> 16) + (low >> 16) + (high >> 16) + (s >> 16)
        low = (s & 65535 | x << 16) & m
        high = hh + (x >> 16) + (gh ^ eh & (fh ^ gh)) + uint(k[t + 1]) + uint(w[i + 1])
        high += eh >> 14 ^ el << 18 ^ eh >> 18 ^ el << 14 ^ el >> 9 ^ eh << 23
        high &= m
        hl = gl
        hh = gh
        gl = fl
        gh = fh
        fl = el
        fh = eh
        s = (dl & 65535) + (low & 65535)
        x = (dl >> 16) + (low >> 16) + (s >> 16)
        el = (s & 65535 | x << 16) & m
        eh = (dh + high + (x >> 16)) & m
        # T2 = Maj(a, b, c) + S0(a) with S0 = rotr 28 ^ rotr 34 ^ rotr 39.
        x = al & (bl ^ cl) ^ bl & cl
        y = (al >> 28 ^ ah << 4 ^ ah >> 2 ^ al << 30 ^ ah >> 7 ^ al << 25) & m
        s = (x & 65535) + (y & 65535) + (low & 65535)
        x = (x >> 16) + (y >> 16) + (low >> 16) + (s >> 16)
        low = (s & 65535 | x << 16) & m
        high += (x >> 16) + (ah & (bh ^ ch) ^ bh & ch)
        high += ah >> 28 ^ al << 4 ^ al >> 2 ^ ah << 30 ^ al >> 7 ^ ah << 25
        dl = cl
        dh = ch
        cl = bl
        ch = bh
        bl = al
        bh = ah
        al = low
        ah = high & m
        t += 2
    w[0] = int(al)
    w[1] = int(ah)
    w[2] = int(bl)
    w[3] = int(bh)
    w[4] = int(cl)
    w[5] = int(ch)
    w[6] = int(dl)
    w[7] = int(dh)
    w[8] = int(el)
    w[9] = int(eh)
    w[10] = int(fl)
    w[11] = int(fh)
    w[12] = int(gl)
    w[13] = int(gh)
    w[14] = int(hl)
    w[15] = int(hh)
    i = 0
    while i < 16:
        low = uint(state[i])
        high = uint(w[i])
        s = (low & 65535) + (high & 65535)
        x = (low >> 16) + (high >> 16) + (s >> 16)
        state[i] = int(s & 65535 | x << 16)
        state[i + 1] = int(uint(state[i + 1]) + uint(w[i + 1]) + (x >> 16))
        i += 2
