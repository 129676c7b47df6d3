"""How big the firmware is: bytes of each compiled module against the board's budget.

Owns: the table. Code on a 32-bit board needs about 1.45 times its .mpy bytes of heap, so the
budget keeps the heap that the terminal works with. Modules that are loaded for a call and let go
of are listed and not counted.
Refuses: nothing; above the budget the program ends with exit code 1.
Units: bytes.

    python -m steelyard.size [board]
"""

import sys

from steelyard import bench
from steelyard.boards import Board, BoardError, list_boards, load
from steelyard.image import build

# The configuration that the budget of the whole is kept for.
BOARD = "rpi_pico"


def measure(board: str = BOARD) -> dict[str, object]:
    """{"mpy_bytes_total": n, "mpy_bytes": {module: n}} of what the board gets."""
    image = build(load(board))
    total = sum(image.resident_sizes().values())
    return {"mpy_bytes_total": total, "mpy_bytes": image.mpy_sizes()}


def main(arguments: list[str]) -> int:
    """Print the table, keep the figures of the Pico, name other boards' totals; the exit code."""
    try:
        board = load(arguments[0] if arguments else BOARD)
    except BoardError as error:
        print(error, file=sys.stderr)
        return 2
    image = build(board)
    sizes = image.mpy_sizes()
    resident = image.resident_sizes()
    total = sum(resident.values())
    for name, count in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        print(f"{name:<40} {count:>7}" + ("" if name in resident else " when called"))
    print(f"{'total':<40} {total:>7}")
    print(f"{'budget of ' + board.name:<40} {board.budget_bytes:>7}")
    if board.name == BOARD:
        bench.merge("size", {"mpy_bytes_total": total, "mpy_bytes": sizes})
    return max([_judge(board, total), *(_other(name) for name in list_boards() if not arguments)])


def _judge(board: Board, total: int) -> int:
    if total <= board.budget_bytes:
        return 0
    print(f"{board.name}: {total - board.budget_bytes} bytes too many", file=sys.stderr)
    return 1


def _other(name: str) -> int:
    """Another board's total beside its budget, when none was asked for."""
    board = load(name)
    if name == BOARD:
        return 0
    total = sum(build(board).resident_sizes().values())
    print(f"{name:<40} {total:>7} of {board.budget_bytes}")
    return _judge(board, total)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
