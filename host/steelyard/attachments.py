"""Files that are kept under their hash: `attachments/ab/abcdef...` in the folder of the database.

Owns: that a file is there whole or not at all, and is what its name says. Refuses: with UserError,
a file that cannot be written, is missing or was damaged. Units: a digest is SHA-256 in hex.

Nothing here removes a file. One that no row of the database names (the power failed between the
two) takes space and nothing else.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from steelyard import saved
from steelyard.errors import USAGE, UserError

_DIGEST = re.compile("[0-9a-f]{64}")


class Attachments:
    """folder: that of the database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "attachments"

    def path(self, digest: str) -> Path:
        """Where it is; UserError for what is no digest."""
        if not _DIGEST.fullmatch(digest):
            raise UserError(USAGE, f"{digest[:80]!r} is no digest: it has 64 digits of 0-9a-f")
        return self._folder / digest[:2] / digest

    def put(self, data: bytes) -> str:
        """Keep these bytes; their digest. What is there already is not written again."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.path(digest)
        if _digest_of(path) == digest:
            return digest
        try:
            for folder in (self._folder, path.parent):
                if not folder.exists():
                    folder.mkdir(parents=True, exist_ok=True)
                    saved.sync_folder(folder)
        except OSError as error:
            raise UserError(
                USAGE,
                f"cannot make the folder {path.parent}: {error.strerror}. Nothing was changed;"
                " free space, or let this user write there",
            ) from None
        saved.save(path, data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes; UserError if they are not these any more."""
        path = self.path(digest)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UserError(
                USAGE,
                f"the attachment {path} cannot be read: {error.strerror}. Restore it from a copy"
                " of the folder; attachments of a server's database are in the folder that"
                " STEELYARD_FOLDER names, on the host where they were made",
            ) from None
        if hashlib.sha256(data).hexdigest() != digest:
            raise UserError(
                USAGE,
                f"the attachment {path} is damaged: its bytes are not those that were kept."
                " Restore it from a copy",
            )
        return data


def _digest_of(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
