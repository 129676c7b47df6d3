"""Record files: what a terminal signed, as text that a person can mail.

Owns: the form of a `.records` file: one record a line in base64, `#` begins a comment.
Refuses: with UserError, files that cannot be read or written; a line that is no base64 is kept as
the bytes that it has, so that the verification names it instead of the reader hiding it.
Units: none.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from steelyard.errors import USAGE, UserError
from steelyard.scratch import scratch


def read(path: Path) -> list[bytes]:
    """The records of a file, in its order."""
    return list(stream(path))


def stream(path: Path) -> Iterator[bytes]:
    """The same, one by one."""
    found = False
    try:
        with path.open("rb") as file:
            for text in file:
                line = text.partition(b"#")[0].strip()
                if line:
                    found = True
                    yield _decoded(line)
    except OSError as error:
        raise UserError(USAGE, f"cannot read {path}: {error.strerror}") from None
    if not found:
        raise UserError(USAGE, f"{path} holds no records: one record in base64 a line is needed")


def _decoded(line: bytes) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except (ValueError, binascii.Error):
        return line


def write(path: Path, envelopes: Iterable[bytes], comment: str = "") -> None:
    """Write a file in one step: on any failure what was there before stays."""
    lines = [f"# {comment}"] if comment else []
    lines += [base64.b64encode(envelope).decode() for envelope in envelopes]
    try:
        with scratch(path.resolve().parent) as folder:
            made = folder / "records"
            with made.open("w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(made, path)
    except OSError as error:
        raise UserError(
            USAGE,
            f"cannot write {path}: {error.strerror}. Nothing was changed; free space, or name"
            " another file",
        ) from None
