"""The curve P-256, as little of it as a chip model needs (SEC 2, 2.4.2; FIPS 186-4, 6).

Owns: public keys and ECDSA signatures by plain arithmetic, in no constant time: for keys that
say TEST. Refuses: nothing. Units: numbers of 256 bits.
"""

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _inverse(number, modulus):
    # Euclid: MicroPython's pow takes no exponent -1.
    low, high, one, other = number % modulus, modulus, 1, 0
    while low > 1:
        ratio = high // low
        low, high = high - low * ratio, low
        one, other = other - one * ratio, one
    return one % modulus


def _double(x, y, z):
    # Jacobian coordinates; a = -3 (hyperelliptic.org, dbl-2001-b).
    delta = z * z % P
    gamma = y * y % P
    beta = x * gamma % P
    alpha = 3 * (x - delta) * (x + delta) % P
    new = (alpha * alpha - 8 * beta) % P
    return (
        new,
        (alpha * (4 * beta - new) - 8 * gamma * gamma) % P,
        ((y + z) * (y + z) - gamma - delta) % P,
    )


def _add(x1, y1, z1, x2, y2):
    """The sum with a point in plain coordinates, another one (madd)."""
    square = z1 * z1 % P
    h = (x2 * square - x1) % P
    r = (y2 * z1 * square - y1) % P
    h2 = h * h % P
    h3 = h * h2 % P
    v = x1 * h2 % P
    x = (r * r - h3 - 2 * v) % P
    return x, (r * (v - x) - y1 * h3) % P, z1 * h % P


def multiply(scalar):
    """scalar * G, 0 < scalar < N, as (x, y)."""
    x, y, z = G[0], G[1], 1
    bit = 1
    while bit <= scalar:
        bit <<= 1
    bit >>= 2
    while bit:
        x, y, z = _double(x, y, z)
        if scalar & bit:
            x, y, z = _add(x, y, z, G[0], G[1])
        bit >>= 1
    z = _inverse(z, P)
    square = z * z % P
    return x * square % P, y * square * z % P


def public_key(private):
    """x and y, 64 bytes."""
    x, y = multiply(private)
    return x.to_bytes(32, "big") + y.to_bytes(32, "big")


def sign(private, digest, k):
    """r and s, 64 bytes, over 32 bytes of a digest; k: 0 < k < N, never twice."""
    r = multiply(k)[0] % N
    s = _inverse(k, N) * (int.from_bytes(digest, "big") + r * private) % N
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")
