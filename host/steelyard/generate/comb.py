"""Makes `comb6.bin` and `comb8.bin`, the fixed-base comb tables of the device's Ed25519 signer.

Owns: their content, computed from the definition of the curve in RFC 8032 section 5.1 alone:
affine coordinates, the complete addition law, Fermat inverses. It shares no code with the device.
Refuses: `--check` ends with exit code 1 when a file differs from what is computed.
Units: field elements are integers modulo 2**255 - 19.

The scalars of a signature are below 2**253. Entry v of `comb6.bin` (64) is the sum of 2**(43 i) B
over the bits i that are set in v: 6 x 43 = 258. Entry v of the first half of `comb8.bin` (256) is
that of 2**(32 i) B, and entry v of its second half 2**16 times as much. An entry is 96 bytes:
y - x, y + x, 2 d x y, each as 32 bytes little-endian, reduced.
"""

import argparse
import hashlib
import sys
from pathlib import Path

# File: (rows of bits, bits in a row, tables).
SHAPES = {"comb6.bin": (6, 43, 1), "comb8.bin": (8, 32, 2)}
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)

DEFAULT = Path(__file__).resolve().parents[3] / "firmware/terminal/evidence"


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


def _doubled(point: Point, times: int) -> Point:
    for _ in range(times):
        point = add(point, point)
    return point


def table(name: str) -> bytes:
    """The bytes of one of the files: 6144 or 49152."""
    width, spacing, blocks = SHAPES[name]
    parts = []
    for block in range(blocks):
        rows = [_doubled(base_point(), block * spacing // blocks)]
        while len(rows) < width:
            rows.append(_doubled(rows[-1], spacing))
        for value in range(2**width):
            total = NEUTRAL
            for index, row in enumerate(rows):
                if value >> index & 1:
                    total = add(total, row)
            x, y = total
            for number in (y - x, y + x, 2 * D * x * y):
                parts.append((number % P).to_bytes(32, "little"))
    return b"".join(parts)


def _check(file: Path, made: bytes) -> int:
    if not file.exists():
        print(f"{file}: missing; run `make gen`", file=sys.stderr)
        return 1
    if file.read_bytes() != made:
        print(f"{file}: differs from the definition of the curve", file=sys.stderr)
        return 1
    print(f"{file.name}: as computed, sha256 {hashlib.sha256(made).hexdigest()}")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Write the tables, or compare them with `--check`; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m steelyard.generate.comb", description="Make the signer's comb tables."
    )
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT, help="where they are")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    for name in SHAPES:
        made = table(name)
        if options.check:
            if _check(folder / name, made):
                return 1
            continue
        (folder / name).write_bytes(made)
        digest = hashlib.sha256(made).hexdigest()
        print(f"{name}: {len(made)} bytes written, sha256 {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
