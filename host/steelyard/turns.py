"""One at a time: what several threads or programs would change at once.

Owns: the file beside, whose lock it is; it stays. Refuses: with UserError, after a time, while
somebody else is at it. Units: s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from steelyard.errors import USAGE, UserError

_WAIT_S = 20.0


@contextmanager
def turn(path: Path, wait_s: float = _WAIT_S) -> Iterator[None]:
    """Nobody else who asks for a turn at this file has one meanwhile; UserError."""
    if not path.parent.is_dir():  # which the library would make
        raise UserError(USAGE, f"the folder of {path} is not there. Nothing was changed; make it")
    # An object of its own for each turn: so threads of one program keep each other out, too.
    lock = FileLock(path.with_name(path.name + ".lock"), timeout=wait_s)
    try:
        lock.acquire()
    except Timeout:
        raise UserError(
            USAGE, f"another program has been writing {path} for {wait_s:.0f} s; wait for it"
        ) from None
    except OSError as error:
        raise UserError(
            USAGE, f"cannot write beside {path}: {error.strerror}. Nothing was changed"
        ) from None
    try:
        yield
    finally:
        lock.release()
