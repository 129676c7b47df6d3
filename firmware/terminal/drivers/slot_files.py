"""The packs on this board, for an update: the one that runs, and what comes into the other slot.

Owns: the file of an upload, what is removed for it, the changes of /active (slots.py).
Refuses: with OSError, as the file system does. Units: bytes; digests of contents in hex.
Loaded for an update; an Upload as long as pieces come.
"""

import os
import sys

import packed
import slots
from steelyard_wire.shim import const

_BLOCK = const(4096)
_RESERVE = const(10)  # blocks that stay free, as in segment_setup
_FLUSH = const(16384)


def _name(end: str) -> str:
    return slots.other(packed.slot) + end


def _size(name: str) -> int:
    if name not in os.listdir(slots.ROOT or "/"):
        return 0
    return os.stat(slots.ROOT + "/" + name)[6]


class Upload:
    """The pack of a release on its way: whole up to `have` of `size` bytes."""

    def __init__(self, size: int) -> None:
        name = _name(".new")
        self.size = size
        self.have = _size(name)
        self._path = slots.ROOT + "/" + name
        self._file = None
        self._flushed = self.have

    def put(self, data: bytes) -> None:
        """Append; now and then so that it stays."""
        if self._file is None:
            self._file = open(self._path, "ab")  # noqa: SIM115 - until `close`
        self._file.write(data)
        self.have += len(data)
        if self.have - self._flushed >= _FLUSH:
            self._file.flush()
            self._flushed = self.have
        if self.have == self.size:
            self.close()

    def close(self) -> None:
        """What came stays."""
        if self._file is not None:
            self._file.close()
            self._file = None


def have() -> int:
    """Bytes of the upload that are there."""
    return _size(_name(".new"))


def clear(before: bool) -> None:
    """Remove the upload; before: and the firmware that ran in that slot before."""
    there = os.listdir(slots.ROOT or "/")
    for end in (".new", ".pack") if before else (".new",):
        if _name(end) in there:
            os.remove(slots.ROOT + "/" + _name(end))


def fits(size: int) -> bool:
    """Whether a pack of so many bytes has room, once `clear` was called."""
    free = os.statvfs(slots.ROOT or "/")[3] - _RESERVE
    for end in (".new", ".pack"):
        free += _size(_name(end)) // _BLOCK
    return size // _BLOCK < free


def whole_steps():
    """Generator: [sequence, digest of the contents] of the upload if it is whole, else None."""
    return slots.whole_steps(_name(".new"))


def upload_name() -> str:
    """The file of the upload, for measure.py."""
    return _name(".new")


def activate(contents: str) -> None:
    """The upload is the firmware that starts next, on trial. It was verified."""
    os.rename(slots.ROOT + "/" + _name(".new"), slots.ROOT + "/" + _name(".pack"))
    slots.write(slots.other(packed.slot), slots.TRIES, contents)


def state() -> list:
    """[slot that runs, its release or 0, slot that starts next, tries or "-", its contents].

    Of an image in which all is frozen no slot runs: "".
    """
    active = slots.read() or ["-", "-", ""]
    return [packed.slot, _sequence(packed.slot + ".pack")] + active


def confirm() -> None:
    """The firmware that runs stays."""
    active = slots.read()
    if active is not None and active[0] == packed.slot and active[1] != slots.CONFIRMED:
        slots.write(packed.slot, slots.CONFIRMED, active[2])


def forget_older(minimum: int) -> None:
    """Remove the firmware of the other slot if it is older than what may run here."""
    if _size(_name(".pack")) and _sequence(_name(".pack")) < minimum:
        os.remove(slots.ROOT + "/" + _name(".pack"))


def _sequence(name: str) -> int:
    try:
        with open(slots.ROOT + "/" + name, "rb") as file:
            return int(next(slots.contents(file))[2])
    except (OSError, ValueError, IndexError):
        return 0


def machine() -> dict:
    """What runs the code, as sys.implementation has it."""
    version = sys.implementation
    return {"mpy": version._mpy, "micropython": version.version}
