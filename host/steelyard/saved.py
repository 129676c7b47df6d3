"""Files that commands leave behind: whole, or as they were.

Owns: the step in which a new file takes the place of the old one. Refuses: with UserError, what
cannot be written; nothing has changed then. Units: none.
"""

from __future__ import annotations

import os
from pathlib import Path

from steelyard.errors import USAGE, UserError
from steelyard.scratch import scratch


def is_no_file(path: Path) -> bool:
    """Whether it is a device or a pipe: something goes through it, and nothing takes its place."""
    return path.exists() and not path.is_file()


def sync_folder(path: Path) -> None:
    """The entry of a file in its folder is on the disk, too."""
    if os.name == "posix":
        folder = os.open(path.resolve().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def save(path: Path, data: bytes | str) -> None:
    """Write a file in one step."""
    raw = data.encode() if isinstance(data, str) else data
    try:
        if is_no_file(path):
            path.write_bytes(raw)
            return
        with scratch(path.resolve().parent) as folder:
            made = folder / "made"
            with made.open("wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            os.replace(made, path)
            sync_folder(path)
    except OSError as error:
        raise UserError(
            USAGE,
            f"cannot write {path}: {error.strerror}. Nothing was changed; free space, or name"
            " another file",
        ) from None
