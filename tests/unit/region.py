"""A journal on a raw region of a NOR chip in RAM, and what it acknowledged, on any interpreter."""

import hashlib

from check import refused
from steelyard_wire import codes
from storage import Chip, envelope, totals, tree_root
from terminal.drivers.raw_region import RawRegion
from terminal.evidence.journal import Journal

# Segments of two blocks: 31 pages, a checkpoint and 30 records.
BLOCKS = 2
RECORDS = 30


class Region:
    """A journal on a chip of `blocks` blocks, and what it acknowledged."""

    def __init__(self, blocks=12):
        self.chip = Chip(blocks)
        self.leaves = []
        self.start()

    def device(self):
        return RawRegion(self.chip.flash, 0, self.chip.blocks, BLOCKS)

    def start(self, receipted=0):
        self.chip.power_up()
        self.journal = Journal(self.device())
        self.journal.open(receipted)

    def append(self, count=1, salt=0):
        for _ in range(count):
            n = self.journal.next_n
            leaf = envelope(n, self.journal.root(), salt)
            self.journal.append(n, leaf, totals(n))
            self.leaves.append(leaf)

    def check(self, first=0):
        journal = self.journal
        leaves = self.leaves
        assert journal.next_n == len(leaves), (journal.next_n, len(leaves))
        for n in range(first, len(leaves)):
            assert journal.get(n) == leaves[n], n
        assert journal.root() == tree_root(leaves)
        assert journal.totals == (totals(len(leaves) - 1) if leaves else [0, 0, 0])
        refused(codes.NO_RECORD, journal.get, len(leaves))


def frame(magic, n, body, marked):
    """A frame in whole pages, by the format in the docstring of `frames`."""
    start = magic + len(body).to_bytes(2, "big") + n.to_bytes(4, "big") + body
    start += hashlib.sha256(start).digest()[:8]
    first = start[:254]
    while len(first) < 254:
        first += b"\xff"
    whole = first + (b"\x00\x00" if marked else b"\xff\xff") + start[254:]
    while len(whole) % 256:
        whole += b"\xff"
    return whole
