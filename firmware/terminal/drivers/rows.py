"""The table of a comb: rows of three numbers of 32 bytes, in RAM or in a file.

Owns: the open file and a buffer for one row. Refuses: with OSError, as the file system does, and
a row that is not there. Units: bytes.
"""

from steelyard_wire.shim import const

_SIZE = const(96)
_ROWS = const(64)  # of a table in RAM
_EIO = const(5)


class _Rows:
    """What a call gives is written over by the next: nothing is taken for a row."""

    def __init__(self) -> None:
        self._row = view = memoryview(bytearray(_SIZE))
        self._three = view[:32], view[32:64], view[64:]


class FileRows(_Rows):
    """Reads a row at a time."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._file = open(path, "rb")  # noqa: SIM115 - stays open as long as the terminal runs
        self._begins = self._file.tell()  # in a pack not 0

    def __call__(self, index: int):
        """Row `index`, from 0."""
        self._file.seek(self._begins + index * _SIZE)
        if self._file.readinto(self._row) != _SIZE:
            raise OSError(_EIO)
        return self._three


class RamRows(_Rows):
    """The same for a small table: all of it is read at once."""

    def __init__(self, path: str) -> None:
        super().__init__()
        with open(path, "rb") as file:
            self._table = memoryview(file.read(_ROWS * _SIZE))  # a pack goes on behind it

    def __call__(self, index: int):
        """Row `index`, from 0."""
        at = index * _SIZE
        if not 0 <= at <= len(self._table) - _SIZE:
            raise OSError(_EIO)
        self._row[:] = self._table[at : at + _SIZE]
        return self._three
