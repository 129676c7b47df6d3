"""Single keys of a keyboard, without Enter, while something goes on.

Owns: the terminal's mode, which is as it was afterwards, whatever happens.
Refuses: with UserError, an input that is no keyboard. Units: seconds.
"""

from __future__ import annotations

import atexit
import os
import select
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from steelyard.errors import USAGE, UserError

ENTER, BACK, QUIT = "enter", "back", "quit"
_MEANING = {"\r": ENTER, "\n": ENTER, " ": ENTER, "\x7f": BACK, "\x08": BACK, "u": BACK, "q": QUIT}


class Keyboard:
    """Keys as they are pressed. halt: set when everything is to stop, as by Ctrl-C."""

    def __init__(self, halt: threading.Event | None = None) -> None:
        self._halt = halt

    def forget(self) -> None:
        """What was pressed until now does not count."""
        while _read(0.0):
            pass

    def key(self, seconds: float) -> str:
        """The next key within so long: ENTER, BACK, QUIT, or the character; "" for none."""
        if self._halt is not None and self._halt.is_set():
            raise KeyboardInterrupt
        character = _read(seconds)
        return _MEANING.get(character.lower(), character)


@contextmanager
def keyboard(halt: threading.Event | None = None) -> Iterator[Keyboard]:
    """The keyboard, key by key; Ctrl-C stays what it is. halt: as Keyboard."""
    if not sys.stdin.isatty():
        raise UserError(
            USAGE,
            "nobody can press a key here. Run it in a terminal, or have a machine put the loads"
            " on: --world, --handler",
        )
    if os.name == "nt":
        yield Keyboard(halt)
        return
    import termios
    import tty

    where = sys.stdin.fileno()
    before = termios.tcgetattr(where)
    restore = partial(termios.tcsetattr, where, termios.TCSADRAIN, before)
    # Whoever does not wait for a thread that has the keyboard gets it back all the same.
    atexit.register(restore)
    try:
        tty.setcbreak(where)
        yield Keyboard(halt)
    finally:
        atexit.unregister(restore)
        restore()


def _read(seconds: float) -> str:
    if os.name == "nt":
        return _read_of_windows(seconds)
    if not select.select([sys.stdin], [], [], seconds)[0]:
        return ""
    data = os.read(sys.stdin.fileno(), 8)  # a key of several bytes is one
    if not data:
        raise UserError(USAGE, "the keyboard is gone; nothing was changed")
    return data.decode(errors="replace")


def _read_of_windows(seconds: float) -> str:
    import msvcrt

    end = time.monotonic() + seconds
    while True:
        if msvcrt.kbhit():  # type: ignore[attr-defined]  # there alone
            return str(msvcrt.getwch())  # type: ignore[attr-defined]
        if time.monotonic() >= end:
            return ""
        time.sleep(0.02)
