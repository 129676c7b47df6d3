"""A firmware in one file: mounted, its modules are imported from there.

Owns: where each file begins in the pack (slots.py has read its contents).
Refuses: with OSError, a path that is not in it. Units: bytes.

Part of the fixed part: an update never changes it. Beside /boot.py, so that it is there before
what it mounts. 100 modules in files of their own would take 4 KB of flash each, two such firmwares
more than a Pico W has.

A file is opened as the pack, at the place where its content begins: what reads it knows its end.
"""

import hashlib

_ENOENT = 2
_FOLDER = 0x4000
_FILE = 0x8000

slot = ""  # which is mounted: "a", "b", or none
watchdog = None  # machine.WDT if one runs; for whoever feeds it


class Packed:
    """A file system to mount. pack: path of the file.

    index: for each file and folder 8 bytes: the first 4 of the SHA-256 of its path, then where its
    content begins; 0 for a folder.
    """

    def __init__(self, pack: str, index: bytes) -> None:
        self._pack = pack
        self._index = index

    def mount(self, _readonly, _format) -> None:
        """As vfs.mount asks for."""

    def umount(self) -> None:
        """As vfs.umount asks for."""

    def _find(self, path: str) -> int:
        key = hashlib.sha256(path.encode()).digest()[:4]
        at = self._index.find(key)
        while at & 7:  # not at the beginning of an entry; -1 is none either
            if at < 0:
                raise OSError(_ENOENT)
            at = self._index.find(key, at + 1)
        return int.from_bytes(self._index[at + 4 : at + 8], "big")

    def stat(self, path: str) -> tuple:
        """Whether it is a file or a folder; no more is told."""
        return (_FILE if self._find(path) else _FOLDER,) + (0,) * 9

    def open(self, path: str, _mode: str):
        """The pack, opened to be read where this file begins."""
        begins = self._find(path)
        file = open(self._pack, "rb")  # noqa: SIM115 - for the caller to close
        file.seek(begins)
        return file
