"""Folders that are gone afterwards, also when Ctrl-C comes while they are being made or removed.

Owns: how long Ctrl-C is put off: for a system call or two, never while something is waited for.
Refuses: with UserError, in `room_needed`, what the disk has no room for. Units: none.
"""

from __future__ import annotations

import errno
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from steelyard.errors import USAGE, UserError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Put Ctrl-C off to the end of the block."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted
        return
    came: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def scratch(place: Path | None = None) -> Iterator[Path]:
    """A new empty folder for temporary files, removed at the end of the block.

    place: where it is to lie, for files that are moved from it in one step; OSError.
    """
    folder = None
    try:
        with uninterrupted():
            prefix = ".steelyard-" if place else "steelyard-"
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        yield folder
    finally:
        if folder is not None:
            with uninterrupted():
                shutil.rmtree(folder)


@contextmanager
def room_needed(unchanged: str) -> Iterator[None]:
    """Where temporary files are made: UserError for what cannot be written. unchanged: what a
    person need not fear for."""
    try:
        yield
    except OSError as error:
        # Without a name: Python found no folder at all that takes a temporary file.
        nowhere = error.errno == errno.ENOENT and error.filename is None
        if error.errno not in _NO_ROOM and not nowhere:
            raise
        why = "no folder takes any" if nowhere else error.strerror
        raise UserError(
            USAGE,
            f"temporary files cannot be written: {why}. {unchanged}. Free space, or name another"
            " folder in TMPDIR; then run the same command again",
        ) from None
