"""The journal device inside the board's own littlefs: files whose pages are programmed in place.

Owns: the blocks of /journal/000000.seg, /journal/000001.seg ...; segment_setup makes and finds
them.
Refuses: with OSError, as file system and flash do.
Units: segments of `blocks` erase blocks of 4096 bytes, pages of 256.

A segment is an ordinary file, written once with 0xFF. littlefs puts such a file into whole blocks
and leaves them where they are until the file is removed; it checks no sum over them. So the pages
can be programmed past it, one in 0.4 ms, where an append would erase and copy for 60. The first
page of each block belongs to littlefs and to the search; the journal has the pages after it.

`flash` speaks the block protocol of vfs.AbstractBlockDev with offsets: rp2.Flash, esp32.Partition.
"""

import os

from steelyard_wire.shim import const

_PAGE = const(256)
_PAGES = const(15)  # of a block, without the first
_SETUP = "terminal.drivers.segment_setup"


def make(flash, random, call):
    """The device of a board."""
    return SegmentFiles(flash, random, call)


class SegmentFiles:
    """Segments of `blocks` erase blocks in `folder`, on `flash`; random(n) -> n random bytes.

    call: cold.call, for what only a start and a new segment need.
    """

    atomic = False

    def __init__(self, flash, random, call, folder: str = "/journal", blocks: int = 16) -> None:
        self.flash = flash
        self.random = random
        self._call = call
        self.folder = folder
        self.blocks = blocks
        self.pages = blocks * _PAGES
        self.damaged = False  # whether there is a segment whose blocks are not found
        self.places = {}  # segment: its blocks in the flash, in order

    def path(self, segment: int) -> str:
        """The file of a segment."""
        return "%s/%06d.seg" % (self.folder, segment)

    def segments(self) -> "list[int]":
        """Numbers of the segments, ascending; what was not created to its end is removed."""
        return self._call(_SETUP, "segments", self)

    def create_steps(self, segment: int):
        """Generator: make a blank segment, a block at a time; OSError if it cannot be had."""
        return self._call(_SETUP, "create_steps", self, segment)

    def read(self, segment: int, page: int, buffer) -> None:
        """Fill `buffer`, whole pages, from `page` on."""
        self._each(self.flash.readblocks, segment, page, buffer)

    def write(self, segment: int, page: int, data) -> None:
        """Program whole pages; bits can only be cleared."""
        self._each(self.flash.writeblocks, segment, page, data)

    def _each(self, work, segment: int, page: int, data) -> None:
        view = memoryview(data)
        places = self.places[segment]
        for at in range(0, len(view), _PAGE):
            offset = (page % _PAGES + 1) * _PAGE
            work(places[page // _PAGES], view[at : at + _PAGE], offset)
            page += 1

    def remove(self, segment: int) -> None:
        """Give its blocks back."""
        self.places.pop(segment, None)
        os.remove(self.path(segment))

    def room(self) -> int:
        """How many segments can still be created."""
        return self._call(_SETUP, "room", self)
