"""How a passphrase gets in: typed unseen, or read from a file or descriptor.

Owns: these ways; there is no other, since arguments and the environment can be seen by others.
Refuses: with UserError, a place where nobody can type, two that differ, a file for everybody.
Units: none.
"""

from __future__ import annotations

import getpass
import os
import stat
import sys
from pathlib import Path

from steelyard.errors import USAGE, UserError


class Passphrase:
    """Where a passphrase comes from. file, descriptor: its first line; else it is typed."""

    def __init__(self, file: Path | None = None, descriptor: int | None = None) -> None:
        if file is not None and descriptor is not None:
            raise UserError(USAGE, "either --passphrase-file or --passphrase-fd")
        self._file = file
        self._descriptor = descriptor

    def ask(self, whose: str, twice: bool = False) -> str:
        """The passphrase. whose: in words. twice: typed again, when a key is made."""
        try:
            if self._descriptor is not None:
                with os.fdopen(self._descriptor, encoding="utf-8", closefd=False) as stream:
                    return stream.readline().rstrip("\r\n")
            if self._file is not None:
                with self._file.open(encoding="utf-8") as stream:
                    mode = os.fstat(stream.fileno()).st_mode
                    if os.name == "posix" and stat.S_ISREG(mode) and mode & 0o077:
                        advice = f"First: chmod 600 {self._file}"
                        raise UserError(USAGE, f"{self._file} can be read by others. {advice}")
                    return stream.readline().rstrip("\r\n")
        except OSError as error:
            raise UserError(USAGE, f"the passphrase cannot be read: {error.strerror}") from None
        except ValueError:
            raise UserError(USAGE, "the passphrase is no text in UTF-8") from None
        if not sys.stdin.isatty():
            raise UserError(
                USAGE,
                "nobody can type a passphrase here. Name a file with --passphrase-file, or an open"
                " descriptor with --passphrase-fd",
            )
        said = getpass.getpass(f"Passphrase of {whose}: ")
        if twice and getpass.getpass("Once more: ") != said:
            raise UserError(USAGE, "the two differ; no key was made")
        return said
