"""The journal device on flash of its own: an external NOR chip, or a partition.

Owns: the blocks of that region, and the head page of each segment in it.
Refuses: with OSError, as the flash does; ENOSPC when no place is free.
Units: segments of `blocks` erase blocks of 4096 bytes; pages of 256, but the first of a segment.

The head page has "SYrw", the segment's number in 4 bytes and 8 of SHA-256 over both; it is
programmed when all blocks are erased, so a segment that was begun and cut is none. The second
half of that page is zero when the segment was removed. Places are taken in turn, which spreads the
wear.

`flash` speaks the block protocol of vfs.AbstractBlockDev with offsets.
"""

from hashlib import sha256

from steelyard_wire.shim import const

_BLOCK = const(4096)
_PAGE = const(256)
_HEAD = const(16)
_REMOVED = const(128)  # from here on zero
_MAGIC = b"SYrw"
_ENOSPC = const(28)
_BLOCK_COUNT = const(4)  # ioctl
_ERASE = const(6)


def make(flash, _random, _call):
    """The device of a board: all of the flash."""
    return RawRegion(flash, 0, flash.ioctl(_BLOCK_COUNT, 0))


class RawRegion:
    """Segments of `blocks` erase blocks in `count` blocks of `flash` from `first` on."""

    atomic = False

    def __init__(self, flash, first: int, count: int, blocks: int = 16) -> None:
        self._flash = flash
        self._first = first
        self.blocks = self._blocks = blocks
        self._slots = count // blocks
        self.pages = blocks * _BLOCK // _PAGE - 1
        self._at = {}  # segment: its first block
        self.damaged = False  # whether there is a segment that cannot be told

    def _block(self, slot: int) -> int:
        return self._first + slot * self._blocks

    def segments(self) -> "list[int]":
        """Numbers of the segments, ascending."""
        page = bytearray(_PAGE)
        self._at = {}
        self.damaged = False
        for slot in range(self._slots):
            block = self._block(slot)
            self._flash.readblocks(block, page, 0)
            start = bytes(page[:8])
            # One zero alone is a flipped byte; a removal that was cut there has not happened.
            if bytes(page[_REMOVED:]).count(b"\x00") > 1:
                continue
            if start[:4] == _MAGIC and sha256(start).digest()[:8] == page[8:_HEAD]:
                self._at[int.from_bytes(start[4:], "big")] = block
            elif page[:_HEAD] != b"\xff" * _HEAD:
                # A head that was cut has nothing behind it; what has is damaged, and not free.
                self._flash.readblocks(block, page, _PAGE)
                self.damaged |= page != b"\xff" * _PAGE
        return sorted(self._at)

    def read(self, segment: int, page: int, buffer) -> None:
        """Fill `buffer`, whole pages, from `page` on."""
        self._each(self._flash.readblocks, segment, page, buffer)

    def write(self, segment: int, page: int, data) -> None:
        """Program whole pages; bits can only be cleared."""
        self._each(self._flash.writeblocks, segment, page, data)

    def _each(self, work, segment: int, page: int, data) -> None:
        view = memoryview(data)
        first = self._at[segment]
        for at in range(0, len(view), _PAGE):
            page += 1
            offset = page * _PAGE
            work(first + offset // _BLOCK, view[at : at + _PAGE], offset % _BLOCK)

    def create_steps(self, segment: int):
        """Generator: make a blank segment, a block at a time; OSError if it cannot be had."""
        taken = list(self._at.values())
        # After the newest, so that all places are used in turn.
        last = max(self._at) if taken else -1
        slot = (self._at[last] - self._first) // self._blocks if taken else -1
        for _ in range(self._slots):
            slot = (slot + 1) % self._slots
            if self._block(slot) not in taken:
                break
        else:
            raise OSError(_ENOSPC)
        block = self._block(slot)
        for index in range(self._blocks):
            self._flash.ioctl(_ERASE, block + index)
            yield 0  # other tasks may run; there is nothing to wait for
        start = _MAGIC + segment.to_bytes(4, "big")
        head = start + sha256(start).digest()[:8]
        self._flash.writeblocks(block, head + b"\xff" * (_PAGE - _HEAD), 0)
        self._at[segment] = block

    def remove(self, segment: int) -> None:
        """Give its blocks back."""
        head = bytearray(_PAGE)
        self._flash.readblocks(self._at[segment], head, 0)
        for at in range(_REMOVED, _PAGE):
            head[at] = 0
        self._flash.writeblocks(self._at[segment], head, 0)
        del self._at[segment]

    def room(self) -> int:
        """How many segments can still be created."""
        return self._slots - len(self._at)
