"""A disk that fills up, for the process that runs the tests, or for a program.

Owns: the limit on the size of files. Refuses: nothing. Units: bytes.
"""

from __future__ import annotations

import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def disk_full(at: int) -> Iterator[None]:
    """No file of this process grows beyond `at` bytes: writing more fails, as on a full disk."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (at, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)


def fill_for(program: int, at: int) -> None:
    """From now on no file of a running program grows beyond `at` bytes."""
    most = resource.prlimit(program, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(program, resource.RLIMIT_FSIZE, (at, most))
