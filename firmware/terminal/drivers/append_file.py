"""The plain-append journal device: one file per segment in the file system of the board.

Owns: /journal/000000.log, /journal/000001.log ...; what is in them is the journal's business.
Refuses: with OSError, as the file system does; a segment that exists is not created again.
Units: offsets, sizes and free space in bytes; segments are numbered from 0.

The device interface of `evidence.journal.Journal`: segments, size, read, append, create, free. An
append is durable when it returns: littlefs commits when the file is closed, and until then the
old contents stand, so that a power cut leaves the file as it was or as it is to be. The cost on
the rp2 geometry is about one block erase and ten page programs, whatever the length of the file.
"""

import os

_SUFFIX = ".log"
_DIGITS = 6
_EIO = 5
_EEXIST = 17

# CPython keeps written data in the kernel until it is told; MicroPython has no fsync, its littlefs
# needs none.
_fsync = getattr(os, "fsync", None)


class AppendFile:
    """Segment files in `folder`, which is made with the first of them."""

    def __init__(self, folder: str = "/journal") -> None:
        self._folder = folder
        above, _, self._name = folder.rpartition("/")
        self._above = above or "/"
        self._file = None  # the segment that was read last, kept open: a replay reads it in pieces
        self._open = -1

    def _path(self, segment: int) -> str:
        return f"{self._folder}/{segment:06d}{_SUFFIX}"

    def segments(self) -> "list[int]":
        """Numbers of the segments, ascending."""
        if not self._has_folder():
            return []
        found = []
        for name in os.listdir(self._folder):
            stem = name[: -len(_SUFFIX)]
            if name.endswith(_SUFFIX) and len(stem) == _DIGITS and stem.isdigit():
                found.append(int(stem))
        found.sort()
        return found

    def _has_folder(self) -> bool:
        # Not by the error of a stat: a device error taken for "none" would begin again at 0.
        return self._name in os.listdir(self._above)

    def size(self, segment: int) -> int:
        """Bytes in a segment."""
        return self._reader(segment).seek(0, 2)

    def read(self, segment: int, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset`; fewer only at the end of the segment."""
        file = self._reader(segment)
        file.seek(offset)
        return file.read(count)

    def create(self, segment: int) -> None:
        """Make an empty segment; OSError if it exists."""
        self._close()
        if segment in self.segments():
            raise OSError(_EEXIST)
        if not self._has_folder():
            os.mkdir(self._folder)
        open(self._path(segment), "wb").close()

    def append(self, segment: int, data: bytes) -> None:
        """Add `data` to the end of a segment, durably; OSError leaves open what became of it."""
        self._close()
        with open(self._path(segment), "ab") as file:
            if file.write(data) != len(data):
                raise OSError(_EIO)
            if _fsync is not None:
                file.flush()
                _fsync(file.fileno())

    def free(self) -> int:
        """Bytes free in the file system."""
        # The folder above: it is of the same file system and there from the start.
        stat = os.statvfs(self._above)
        return stat[0] * stat[4]

    def _reader(self, segment: int):
        if segment != self._open:
            self._close()
            self._file = open(self._path(segment), "rb")  # noqa: SIM115 - stays open, see above
            self._open = segment
        return self._file

    def _close(self) -> None:
        # Before every write: littlefs does not show it to files that are open already.
        if self._file is not None:
            self._open = -1
            self._file.close()
            self._file = None
