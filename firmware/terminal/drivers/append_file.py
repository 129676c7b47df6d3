"""The plain journal device: a file per segment, written through the file system alone.

Owns: /journal/000000.log, /journal/000001.log ...; what is in them is the journal's business.
Refuses: with OSError, as the file system does.
Units: segments of 240 pages of 256 bytes.

A write is durable and whole when it returns: littlefs commits when the file is closed, and until
then the old contents stand. The cost on the rp2 geometry is about one block erase and ten page
programs, whatever the length of the file. For boards whose flash cannot be programmed in place.
"""

import os

from steelyard_wire.shim import const

_PAGE = const(256)
_PAGES = const(240)
_BLOCK = const(4096)
_RESERVE = const(8)  # blocks that stay free for the settings
_SUFFIX = ".log"
_DIGITS = const(6)
_EIO = const(5)

# CPython keeps written data in the kernel until it is told; MicroPython has no fsync, its littlefs
# needs none.
_fsync = getattr(os, "fsync", None)


def make(_flash, _random, _call):
    """The device of a board."""
    return AppendFile("/journal")


class AppendFile:
    """Segment files in `folder`, which is made with the first of them."""

    atomic = True
    damaged = False
    pages = _PAGES
    blocks = 240  # an erase for each page, about

    def __init__(self, folder: str = "/journal") -> None:
        self._folder = folder
        above, _, self._name = folder.rpartition("/")
        self._above = above or "/"
        self._file = None  # the segment that was read last, kept open: a replay reads it in pieces
        self._open = -1

    def _path(self, segment: int) -> str:
        return "%s/%06d%s" % (self._folder, segment, _SUFFIX)

    def segments(self) -> "list[int]":
        """Numbers of the segments, ascending."""
        # Not by the error of a stat: a device error taken for "none" would begin again at 0.
        if self._name not in os.listdir(self._above):
            return []
        found = []
        for name in os.listdir(self._folder):
            stem = name[: -len(_SUFFIX)]
            if name.endswith(_SUFFIX) and len(stem) == _DIGITS and stem.isdigit():
                found.append(int(stem))
        found.sort()
        return found

    def read(self, segment: int, page: int, buffer) -> None:
        """Fill `buffer`, whole pages, from `page` on; what was not written is 0xFF."""
        if segment != self._open:
            self._close()
            self._file = open(self._path(segment), "rb")  # noqa: SIM115 - stays open, see above
            self._open = segment
        self._file.seek(page * _PAGE)
        found = self._file.read(len(buffer))
        buffer[:] = found + b"\xff" * (len(buffer) - len(found))

    def write(self, segment: int, page: int, data) -> None:
        """Put whole pages there, durably; OSError leaves open what became of it."""
        self._close()
        path = self._path(segment)
        at = page * _PAGE
        # Appending spares littlefs the copy that writing into a file would cost.
        mode = "ab" if os.stat(path)[6] == at else "r+b"
        with open(path, mode) as file:
            if mode == "r+b":
                missing = at - file.seek(0, 2)
                if missing > 0:
                    file.write(b"\xff" * missing)
                file.seek(at)
            if file.write(data) != len(data):
                raise OSError(_EIO)
            if _fsync is not None:
                file.flush()
                _fsync(file.fileno())

    def create_steps(self, segment: int):
        """Generator: make an empty segment."""
        self._close()
        if self._name not in os.listdir(self._above):
            os.mkdir(self._folder)
        open(self._path(segment), "wb").close()
        yield 0

    def remove(self, segment: int) -> None:
        """Give its space back."""
        self._close()
        os.remove(self._path(segment))

    def room(self) -> int:
        """How many segments can still be created."""
        # The folder above: it is of the same file system and there from the start.
        stat = os.statvfs(self._above)
        left = stat[3] * stat[0] // _BLOCK - _RESERVE
        # What the segments that there are will still take is not free.
        for segment in self.segments():
            left -= (_PAGES * _PAGE - os.stat(self._path(segment))[6]) // _BLOCK
        return max(0, left * _BLOCK // (_PAGES * _PAGE))

    def _close(self) -> None:
        # Before every write: littlefs does not show it to files that are open already.
        if self._file is not None:
            self._open = -1
            self._file.close()
            self._file = None
