"""Storage for tests of what writes files, the same on both interpreters.

Owns: an empty folder: on CPython a temporary directory, on MicroPython a new littlefs on a NOR
flash in RAM (the file system and geometry of an RP2 board; the wasm VM has none and uses its
own); small records to put into it.
Refuses: nothing.
Units: sizes in bytes.
"""

import hashlib
import os
import sys

from steelyard_wire import cose, record

DEVICE = b"TESTunit"
_chips = {}


class Scratch:
    """`with Scratch() as folder:` gives the path of an empty folder that is gone afterwards."""

    def __init__(self, blocks=64):
        self._blocks = blocks
        self._vfs = None

    def __enter__(self):
        self._path = "/scratch"
        if sys.implementation.name != "micropython":
            import tempfile

            self._path = tempfile.mkdtemp()
            return self._path
        import vfs

        if hasattr(vfs, "VfsLfs2"):
            from simulation.nor import NorFlash, file_system

            self._vfs = vfs
            # A chip of its own would soon leave the heap of the VM in pieces.
            memory = _chips.setdefault(self._blocks, bytearray(self._blocks * 4096))
            for at in range(0, len(memory), 4096):
                memory[at : at + 4096] = bytes(4096)
            chip = NorFlash(memory, self._blocks)
            vfs.mount(file_system(chip), self._path)
        else:  # the wasm VM: its file system is in memory
            os.mkdir(self._path)
        return self._path

    def __exit__(self, *_):
        if self._vfs is not None:
            self._vfs.umount(self._path)
        else:
            _remove(self._path)


class Chip:
    """A NOR chip in RAM with nothing on it, on any interpreter; `flash` is its block device.

    Chips of one size share their memory: a heap of 2 MB would soon be in pieces.
    """

    _memory = {}

    def __init__(self, blocks):
        from simulation.nor import BLOCK, NorFlash

        self._block = BLOCK
        if blocks not in self._memory:
            self._memory[blocks] = bytearray(blocks * BLOCK)
        self.storage = self._memory[blocks]
        blank = b"\xff" * BLOCK
        for at in range(0, len(self.storage), BLOCK):
            self.storage[at : at + BLOCK] = blank
        self.blocks = blocks
        self._make = NorFlash
        self.power_up()

    def power_up(self):
        """The supply comes back."""
        self.flash = self._make(self.storage, self.blocks)
        return self.flash

    def page(self, segment_at, page):
        """Where a page of a segment of drivers.raw_region that begins at a block lies."""
        return segment_at * self._block + (page + 1) * 256


def _remove(path):
    if os.stat(path)[0] & 0x4000:
        for name in os.listdir(path):
            _remove(path + "/" + name)
        os.rmdir(path)
    else:
        os.remove(path)


def read(path):
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    """Make or replace a file."""
    with open(path, "wb") as file:
        file.write(data)


def totals(n):
    """Totals after record `n` when record k is a reading of 5 * k."""
    return [n + 1, 5 * n * (n + 1) // 2, 0]


def envelope(n, root=bytes(32), salt=0, long=False):
    """A well-formed record `n`, a reading of 5 * n; its signature is 64 arbitrary bytes.

    long: a changed parameter instead, of two pages, with the totals of the record before it.
    """
    fields = {
        record.V: 1,
        record.DEV: DEVICE,
        record.N: n,
        record.ROOT: root,
        record.TYP: record.PARAMETER if long else record.READING,
        record.TOT: totals(n - 1 if long else n),
        record.BC: 1,
        record.UP: 1000 * n,
        record.T: None,
        record.TS: [0, None],
        record.CAL: [1, bytes(8)],
        record.FW: ["0", bytes(8)],
    }
    if long:
        fields[record.DATA] = {1: "commission", 2: "o" * 64, 3: "n" * 64}
    else:
        fields[record.VAL] = [5 * n, -3, 1]
        fields[record.ST] = 1
    payload = record.encode(fields)
    signature = hashlib.sha256(bytes([n & 0xFF, salt])).digest()
    return cose.build(payload, signature + signature, DEVICE)


def tree_root(leaves):
    """MTH of RFC 6962 section 2.1, straight from its definition."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + tree_root(leaves[:k]) + tree_root(leaves[k:])).digest()
