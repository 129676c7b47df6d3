"""The memory test of the start: a memory that keeps everything, and one with a bad cell."""

from __future__ import annotations

import pytest
import vms
from terminal.drivers import ram


class Collector:
    """The collector of a board with 64 KB free."""

    def __init__(self) -> None:
        self.free = 65536

    def collect(self) -> None:
        """Nothing to do."""

    def mem_free(self) -> int:
        """A kilobyte less each time that it is asked: a block was taken."""
        self.free -= 1024
        return self.free


def memory(stuck_at: int, block: int, cell: int) -> type[bytearray]:
    """Blocks of which one has a cell with bits that are always set."""
    made = []

    class Block(bytearray):
        def __init__(self, size: int) -> None:
            super().__init__(size)
            made.append(self)

        def __setitem__(self, where: object, value: object) -> None:
            super().__setitem__(where, value)  # type: ignore[call-overload]
            if len(made) == block:
                super().__setitem__(cell, self[cell] | stuck_at)

    return Block


@pytest.mark.parametrize("bit", range(8))
@pytest.mark.parametrize("cell", [0, 1, 512, 1023])
def test_a_stuck_bit_is_found(monkeypatch: pytest.MonkeyPatch, bit: int, cell: int) -> None:
    for block, found in ((1, True), (40, True), (1000, False)):
        monkeypatch.setattr(ram, "gc", Collector())
        monkeypatch.setattr(ram, "bytearray", memory(1 << bit, block, cell), raising=False)
        assert ram.keeps() is not found, block


def test_the_vms_memory_keeps_what_is_written_and_is_given_back() -> None:
    script = (
        "import gc\nfrom terminal.drivers import ram\ngc.collect()\nbefore = gc.mem_free()\n"
        "assert ram.keeps()\ngc.collect()\nassert gc.mem_free() >= before - 512\nprint('good')"
    )
    assert "good" in vms.run_micropython(script)
