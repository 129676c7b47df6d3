"""The files that a sealed image does not have: served from the frozen module steelyard_build.

Owns: read-only mounts over the places of the fixed part and of all packs (protocol/README.md, 16):
whatever the flash has there is never read. There is one pack, without a slot, `/.pack`: what is
part of the signed image and no module. drivers/measure.py identifies it, and at /code its files
are found; sys.path does not lead there.
Refuses: with OSError, EROFS to write and ENOENT what is not in the image.
Units: sizes in bytes.

The contents are constants in the image; an open file refers to them and copies nothing.
"""

import io

import packed
import slots
import vfs

PACK = "/.pack"
FIXED = ("/boot.py", "/main.py", "/packed.mpy", "/slots.mpy")
PLACES = FIXED + (PACK, "/active", "/a.pack", "/b.pack")
_FILE = 0x8000
_DIRECTORY = 0x4000
_ENOENT = 2
_EROFS = 30


class Frozen:
    """A file system as vfs.mount takes it. files: absolute path -> content; place: its mount."""

    def __init__(self, files: dict, place: str) -> None:
        self._files = files
        self._place = place

    def mount(self, readonly: bool, mkfs: bool) -> None:
        """Nothing to do."""

    def umount(self) -> None:
        """Nothing to do."""

    def _path(self, path: str) -> str:
        return self._place + path.rstrip("/")

    def open(self, path: str, mode: str):
        """A file for reading bytes."""
        if mode != "rb":
            raise OSError(_EROFS)
        path = self._path(path)
        if path not in self._files:
            raise OSError(_ENOENT)
        return io.BytesIO(self._files[path])

    def ilistdir(self, path: str):
        """Name, type, inode 0 and size of what is in a folder."""
        start = self._path(path) + "/"
        seen = set()
        for full, body in self._files.items():
            if not full.startswith(start):
                continue
            name, _, below = full[len(start) :].partition("/")
            if name not in seen:
                seen.add(name)
                yield (name, _DIRECTORY, 0, 0) if below else (name, _FILE, 0, len(body))

    def stat(self, path: str) -> tuple:
        """As os.stat."""
        path = self._path(path)
        if path in self._files:
            return (_FILE, 0, 0, 0, 0, 0, len(self._files[path]), 0, 0, 0)
        start = path + "/"
        if path in PLACES or any([full.startswith(start) for full in self._files]):
            return (_DIRECTORY, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        raise OSError(_ENOENT)


def mount(files: dict) -> None:
    """Put the files of the image in their places; after the file system of the flash is at /."""
    for place in PLACES:
        vfs.mount(Frozen(files, place), place)
    vfs.mount(packed.Packed(PACK, slots._index(PACK)), slots.MOUNT)


def is_blank(flash) -> bool:
    """Whether the first two blocks of a file system, of 4096 bytes, are erased.

    Only then is it made: what cannot be read may be records, and is never written over.
    """
    page = bytearray(256)
    for block in range(2):
        for offset in range(0, 4096, 256):
            flash.readblocks(block, page, offset)
            if bytes(page) != b"\xff" * 256:
                return False
    return True
