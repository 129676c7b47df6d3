"""RFC 8032 as it is printed: what the device's signer is measured against.

Owns: the definitions of sections 5.1.1 to 5.1.6 in big integers, written from the text for
clarity, without a table. Refuses: nothing. Runs on every interpreter.
"""

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = 37095705934669439343138083508754565189542113879843219016388785533085940283555
G_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
G_Y = 46316835694926478169428394003475163141307993866256225615783033603165251855960
G = (G_X, G_Y, 1, G_X * G_Y % P)


def point_add(first, second):
    """Section 5.1.4, the addition; it doubles too."""
    a = (first[1] - first[0]) * (second[1] - second[0]) % P
    b = (first[1] + first[0]) * (second[1] + second[0]) % P
    c = 2 * first[3] * second[3] * D % P
    d = 2 * first[2] * second[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(scalar, point):
    """Doubling and adding, bit by bit."""
    total = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            total = point_add(total, point)
        point = point_add(point, point)
        scalar >>= 1
    return total


def compress(point):
    """Section 5.1.2."""
    inverse = pow(point[2], P - 2, P)
    x = point[0] * inverse % P
    y = point[1] * inverse % P
    return (y | ((x & 1) << 255)).to_bytes(32, "little")


def sign(seed, message, sha512):
    """Section 5.1.6; the public key is derived anew, as there. sha512: bytes -> 64 bytes."""
    digest = sha512(seed)
    a = int.from_bytes(digest[:32], "little")
    a &= (1 << 254) - 8
    a |= 1 << 254
    public_key = compress(point_multiply(a, G))
    r = int.from_bytes(sha512(digest[32:] + message), "little") % L
    point = compress(point_multiply(r, G))
    h = int.from_bytes(sha512(point + public_key + message), "little") % L
    s = (r + h * a) % L
    return point + s.to_bytes(32, "little")
