"""Which of two firmwares starts: the fixed part that an update never changes.

Owns: the packs /a.pack and /b.pack, and /active, one line that says which of them starts, how many
tries it has left, the SHA-256 of its contents.
Refuses: to start a firmware on trial that is not, file by file, what its contents say.
Units: bytes; SHA-256 digests.

A pack is a line `steelyard VERSION SEQUENCE`, a line `PATH SIZE SHA-256` for each of its files, an
empty line, and the files one after the other. It has its name, a.pack, since its signatures were
verified; before, it has another.

/active is written beside, read back and renamed: a cut at any moment leaves the old line or the
new one. boot.py mounts what it names (`enter`); main.py counts (`begin`): a firmware that was not
confirmed by itself has three starts, then the other one has its place again. Without a line that
can be read, of the firmwares that are whole the newer one is tried.
"""

import os
import sys
from binascii import hexlify
from hashlib import sha256

import packed

ROOT = ""  # of the file system; tests have another
MOUNT = "/code"
CONFIRMED = "-"  # tries, of a firmware that is no longer on trial
TRIES = "3"
_EIO = 5
_LINE = 200  # more than any line of the contents has


def _hex(data: bytes) -> str:
    return hexlify(data).decode()


def _check(text: str) -> str:
    return _hex(sha256(text.encode()).digest()[:8])


def line(slot: str, tries: str, contents: str) -> str:
    """The line of /active. contents: SHA-256 of the pack's contents in hex."""
    text = slot + " " + tries + " " + contents
    return text + " " + _check(text) + "\n"


def read() -> "list[str] | None":
    """[slot, tries, digest of the contents], or None if the line is not there or not whole."""
    try:
        with open(ROOT + "/active") as file:
            text = file.read(_LINE)
        words = text.split()
        if text == line(*words[:3]) and words[0] in ("a", "b"):
            return words[:3]
    except (OSError, ValueError, TypeError):  # ValueError: no text
        pass
    return None


def write(slot: str, tries: str, contents: str) -> None:
    """Replace the line, in one step; OSError."""
    text = line(slot, tries, contents)
    with open(ROOT + "/active.new", "w") as file:
        file.write(text)
    with open(ROOT + "/active.new") as file:
        if file.read() != text:
            raise OSError(_EIO)
    os.rename(ROOT + "/active.new", ROOT + "/active")


def contents(file):
    """Generator over an open pack: its first line in words, then (path, begins, size, digest).

    ValueError, IndexError: it is no pack. The file stays where the contents are read.
    """
    first = file.readline(_LINE)
    words = first.decode().split()
    if words[0] != "steelyard" or len(words) != 3:
        raise ValueError
    yield words
    while file.readline(_LINE) not in (b"\n", b""):
        pass
    begins = file.tell()
    file.seek(len(first))
    while True:
        text = file.readline(_LINE)
        if text == b"\n":
            return
        path, size, digest = text.decode().split()
        yield path, begins, int(size), digest
        begins += int(size)


def _hash(file, size: int, buffer) -> str:
    """SHA-256 of the next bytes, in hex; OSError if there are not so many."""
    state = sha256()
    while size:
        part = buffer[: min(size, len(buffer))]
        if file.readinto(part) != len(part):
            raise OSError(_EIO)
        state.update(part)
        size -= len(part)
    return _hex(state.digest())


def whole_steps(pack: str):
    """Generator, a step a file: [sequence, SHA-256 of the contents] of a whole pack, else None."""
    buffer = memoryview(bytearray(512))
    found = None
    path = ROOT + "/" + pack
    try:
        with open(path, "rb") as file, open(path, "rb") as body:
            entries = contents(file)
            sequence = int(next(entries)[2])
            for _, begins, size, digest in entries:
                if found is None:
                    found = [sequence, _hash(body, begins, buffer)]
                if _hash(body, size, buffer) != digest:
                    return None
                yield
            if body.read(1):
                return None
    except (OSError, ValueError, IndexError):
        return None
    return found


def whole(slot: str) -> "list | None":
    """[sequence, SHA-256 of the contents] of the slot's pack if it is whole, else None."""
    steps = whole_steps(slot + ".pack")
    try:
        while True:
            next(steps)
    except StopIteration as end:
        return end.value


def other(slot: str) -> str:
    """The slot beside this one."""
    return "b" if slot == "a" else "a"


def _index(pack: str) -> bytes:
    """What packed.Packed needs; OSError, ValueError."""
    index = bytearray()
    folders = [""]
    with open(pack, "rb") as file:
        entries = contents(file)
        next(entries)
        for path, begins, _, _ in entries:
            index += sha256(path.encode()).digest()[:4] + begins.to_bytes(4, "big")
            folder = path[: path.rfind("/")]
            if folder not in folders:
                folders.append(folder)
                index += sha256(folder.encode()).digest()[:4] + bytes(4)
    return bytes(index)


def enter() -> None:
    """Mount the slot that starts; for boot.py. Nothing is counted, nothing written."""
    import vfs

    state = read()
    first = state[0] if state else "a"
    for slot in (first, other(first)):
        pack = ROOT + "/" + slot + ".pack"
        try:
            index = _index(pack)
        except (OSError, ValueError, IndexError):
            continue
        vfs.mount(packed.Packed(pack, index), MOUNT)
        sys.path.insert(0, MOUNT)
        packed.slot = slot
        return


def _chosen() -> "str | None":
    """The slot that is to start now; what that costs is written. None: any that is there."""
    state = read()
    if state is None:
        found = [whole(slot) + [slot] for slot in ("a", "b") if whole(slot)]
        if not found:
            return None
        _, digest, slot = max(found)
        write(slot, TRIES, digest)
        state = [slot, TRIES, digest]
    slot, tries, digest = state
    if tries == CONFIRMED:
        return packed.slot
    found = whole(slot)
    good = found is not None and found[1] == digest
    if good and tries != "0":
        if slot == packed.slot:
            write(slot, str(int(tries) - 1), digest)
        return slot
    before = whole(other(slot))
    if before is None:
        return slot  # what there is
    write(other(slot), CONFIRMED, before[1])
    return other(slot)


def begin(reset) -> bool:
    """Count a start of a firmware on trial; whether it is. For main.py. reset: restarts it."""
    chosen = _chosen()
    if chosen is not None and chosen != packed.slot:
        reset()
    state = read()
    return state is not None and state[1] != CONFIRMED


def failed(error: Exception, reset) -> None:
    """The firmware ended with an error: on trial it is started again, or no more."""
    state = read()
    if state is None or state[1] == CONFIRMED:
        raise error
    sys.print_exception(error)
    reset()
