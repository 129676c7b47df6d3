"""How big the firmware is: bytes of each compiled module against the board's budget.

Owns: the table. Code on a 32-bit board needs about 1.45 times its .mpy bytes of heap, so the
budget keeps the heap that the terminal works with.
Refuses: nothing; above the budget the program ends with exit code 1.
Units: bytes.

    python -m steelyard.size [board]
"""

import sys

from steelyard import bench
from steelyard.boards import BoardError, load
from steelyard.image import build

# The configuration that the budget of the whole is kept for.
BOARD = "rpi_pico"


def measure(board: str = BOARD) -> dict[str, object]:
    """{"mpy_bytes_total": n, "mpy_bytes": {module: n}} of what the board gets."""
    sizes = build(load(board)).mpy_sizes()
    return {"mpy_bytes_total": sum(sizes.values()), "mpy_bytes": sizes}


def main(arguments: list[str]) -> int:
    """Print the table, keep the figures of the Pico; the exit code."""
    try:
        board = load(arguments[0] if arguments else BOARD)
    except BoardError as error:
        print(error, file=sys.stderr)
        return 2
    sizes = build(board).mpy_sizes()
    total = sum(sizes.values())
    for name, count in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        print(f"{name:<40} {count:>7}")
    print(f"{'total':<40} {total:>7}")
    print(f"{'budget of ' + board.name:<40} {board.budget_bytes:>7}")
    if board.name == BOARD:
        bench.merge("size", {"mpy_bytes_total": total, "mpy_bytes": sizes})
    if total > board.budget_bytes:
        print(f"{total - board.budget_bytes} bytes too many", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
