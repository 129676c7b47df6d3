"""What code is on this board: the digests behind the software identification.

Owns: the walk over the deployed files, the same rule as the host's (steelyard_wire.identify).
Refuses: to skip a file that it cannot read; the OSError goes up and stops the terminal.
Units: SHA-256 digests of 32 bytes.
"""

import os
import sys
from hashlib import sha256

from steelyard_wire.identify import platform_text, software_id

_ROOTS = ("/steelyard_wire", "/terminal")
_FILES = ("/boot.py", "/main.py", "/board.py")
_DIRECTORY = 0x4000


def _digest(path: str, buffer: bytearray) -> bytes:
    state = sha256()
    view = memoryview(buffer)
    with open(path, "rb") as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                return state.digest()
            state.update(view[:count])


def _walk(folder: str, buffer: bytearray):
    for name, mode, *_ in os.ilistdir(folder):
        path = folder + "/" + name
        if mode == _DIRECTORY:
            yield from _walk(path, buffer)
        else:
            yield path, _digest(path, buffer)


def software_identification() -> bytes:
    """The 32-byte software identification of the files on this board."""
    steps = steps_of_identification()
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def steps_of_identification():
    """The same in slices: yields after each file."""
    buffer = bytearray(512)
    found = [(path, _digest(path, buffer)) for path in _FILES]
    for root in _ROOTS:
        for entry in _walk(root, buffer):
            found.append(entry)
            yield
    version = sys.implementation
    platform = platform_text(
        version.name, version.version, version._mpy, version._machine, sys.version
    )
    return software_id(found, platform)
