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
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, BinaryIO

from steelyard.errors import USAGE, UserError
from steelyard.saved import is_no_file
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
    copy = Copied(envelopes, path, comment)
    for _ in copy:
        pass
    copy.check()


class Copied:
    """Records that are written to a file, as `write` does, on their way to somebody else.

    That they cannot be written keeps nothing from going on: `check` says it afterwards.
    """

    def __init__(self, envelopes: Iterable[bytes], path: Path, comment: str = "") -> None:
        self._envelopes = envelopes
        self._path = path
        self._comment = comment
        self._error: OSError | None = None
        self._made: Path
        self._file: BinaryIO

    def __iter__(self) -> Iterator[bytes]:
        with ExitStack() as stack:
            self._attempt(self._begin, stack)
            for envelope in self._envelopes:
                self._attempt(self._line, base64.b64encode(envelope))
                yield envelope
            self._attempt(self._finish)

    def check(self) -> None:
        """UserError unless the file is there, with all of them."""
        if self._error is not None:
            raise UserError(
                USAGE,
                f"cannot write {self._path}: {self._error.strerror}. Nothing was changed; free"
                " space, or name another file",
            )

    def _attempt(self, step: Callable[..., None], *values: Any) -> None:
        if self._error is None:
            try:
                step(*values)
            except OSError as error:
                self._error = error

    def _begin(self, stack: ExitStack) -> None:
        self._made = self._path
        if not is_no_file(self._path):
            self._made = stack.enter_context(scratch(self._path.resolve().parent)) / "records"
        self._file = self._made.open("wb")
        stack.callback(self._close)
        if self._comment:
            self._line(b"# " + self._comment.encode())

    def _line(self, line: bytes) -> None:
        self._file.write(line + b"\n")

    def _finish(self) -> None:
        self._file.flush()
        if self._made != self._path:
            os.fsync(self._file.fileno())
            os.replace(self._made, self._path)

    def _close(self) -> None:
        with suppress(OSError):  # what could not be flushed was told already
            self._file.close()
