"""Makes `comb6.bin`, the fixed-base comb table of the device's Ed25519 signer.

Owns: the table's content, computed from the definition of the curve in RFC 8032 section 5.1 alone:
affine coordinates, the complete addition law, Fermat inverses. It shares no code with the device.
Refuses: `--check` ends with exit code 1 when the file differs from what is computed.
Units: field elements are integers modulo 2**255 - 19.

Entry v (0..63) is the sum of 2**(43 i) B over the bits i that are set in v; the scalars of a
signature are below 2**253 and 6 x 43 = 258. An entry is 96 bytes: y - x, y + x, 2 d x y, each as
32 bytes little-endian, reduced.
"""

import argparse
import hashlib
import sys
from pathlib import Path

WIDTH = 6
SPACING = 43
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)

DEFAULT = Path(__file__).resolve().parents[3] / "firmware/terminal/evidence/comb6.bin"


def base_point() -> Point:
    """B of RFC 8032 5.1: y = 4/5 and the even x with -x^2 + y^2 = 1 + d x^2 y^2."""
    y = 4 * pow(5, -1, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    # P = 5 (mod 8), so this is a root of the square or of its negative.
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        raise ArithmeticError("the base point has no x")
    return (P - x if x & 1 else x), y


def add(first: Point, second: Point) -> Point:
    """Sum of two points by the addition law of the twisted Edwards curve (a = -1), complete."""
    x1, y1 = first
    x2, y2 = second
    product = D * x1 * x2 * y1 * y2 % P
    x3 = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P
    y3 = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P
    return x3, y3


def table() -> bytes:
    """The 6144 bytes of the table."""
    rows = [base_point()]
    for _ in range(WIDTH - 1):
        point = rows[-1]
        for _ in range(SPACING):
            point = add(point, point)
        rows.append(point)
    parts = []
    for value in range(2**WIDTH):
        total = NEUTRAL
        for index, row in enumerate(rows):
            if value >> index & 1:
                total = add(total, row)
        x, y = total
        for number in (y - x, y + x, 2 * D * x * y):
            parts.append((number % P).to_bytes(32, "little"))
    return b"".join(parts)


def main(arguments: list[str] | None = None) -> int:
    """Write the table, or compare it with `--check`; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m steelyard.generate.comb", description="Make the comb table of the signer."
    )
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("file", nargs="?", type=Path, default=DEFAULT, help="the table file")
    options = parser.parse_args(arguments)
    file: Path = options.file
    made = table()
    digest = hashlib.sha256(made).hexdigest()
    if not options.check:
        file.write_bytes(made)
        print(f"{file.name}: {len(made)} bytes written, sha256 {digest}")
        return 0
    if not file.exists():
        print(f"{file}: missing; run `make gen`", file=sys.stderr)
        return 1
    if file.read_bytes() != made:
        print(f"{file}: differs from the definition of the curve", file=sys.stderr)
        return 1
    print(f"{file.name}: as computed, sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
