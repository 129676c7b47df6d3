"""What code is on this board: the digests behind the software identification.

Owns: the walk over the files of the slot that runs, as they lie in its pack, and of the fixed
part; the same rule as the host's (steelyard_wire.identify).
Refuses: to skip a file that it cannot read; the OSError goes up and stops the terminal.
Units: SHA-256 digests of 32 bytes.
"""

import sys
from binascii import unhexlify
from hashlib import sha256

import packed
import slots
from steelyard_wire.identify import FIXED, platform_text, software_id


def _digest(file, size: int, buffer) -> bytes:
    """SHA-256 of the next bytes; of all that there are where size is -1."""
    state = sha256()
    while size:
        part = buffer[:size] if 0 < size < len(buffer) else buffer
        count = file.readinto(part)
        if not count:
            break
        state.update(part[:count])
        size -= count if size > 0 else 0
    return state.digest()


def of_fixed_part(buffer) -> list:
    """(path, digest) of each of its files."""
    found = []
    for path in FIXED:
        with open(slots.ROOT + path, "rb") as file:
            found.append((path, _digest(file, -1, buffer)))
    return found


def platform() -> str:
    """What runs the code."""
    version = sys.implementation
    return platform_text(
        version.name, version.version, version._mpy, version._machine, sys.version
    )


def software_identification() -> bytes:
    """The 32-byte software identification of the files on this board."""
    steps = steps_of_identification()
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def steps_of_identification(name: str = ""):
    """The same in slices: yields after each file. name: of the pack, if not the one that runs.

    b"" if a pack was made for another fixed part than this board has.
    """
    buffer = memoryview(bytearray(512))
    found = of_fixed_part(buffer)
    fixed = dict(found)
    pack = slots.ROOT + "/" + (name or packed.slot + ".pack")
    with open(pack, "rb") as file, open(pack, "rb") as body:
        entries = slots.contents(file)
        next(entries)
        for path, begins, size, digest in entries:
            body.seek(begins)
            if path not in FIXED:
                found.append((path, _digest(body, size, buffer)))
            elif name and fixed[path] != unhexlify(digest):
                return b""
            yield
    return software_id(found, platform())
