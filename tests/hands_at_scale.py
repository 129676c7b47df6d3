"""Somebody who reads the screen of a dialogue and does what it says, on a virtual platform.

Owns: a program on a pseudo-terminal, what stands on its screen, the keys that were pressed.
Refuses: with AssertionError, a program that does not end in time.
Units: seconds.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

from command_line import PROGRAM

_ASKED = re.compile(
    r"Put ([\d.]+) kg[^\n]*? on(?:, (?P<place>[a-z ]+?))?\s*[\r\n]|Take everything off\s*[\r\n]"
)
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_DEADLINE_S = 240.0


class Screen:
    """A program at whose screen somebody sits. place: puts a load (kg as text, place), "" none.

    odd: what is put on in place of a load, once, by its text.
    """

    def __init__(
        self,
        arguments: list[object],
        environment: dict[str, str],
        place: Callable[[str, str], None],
        odd: dict[str, str] | None = None,
    ) -> None:
        self._place = place
        self._odd = dict(odd or {})
        self.pressed = 0
        self.seen = ""
        self._asked = ""
        self.raw = ""
        self._ours, theirs = pty.openpty()
        self._mode = termios.tcgetattr(theirs)
        self._slave = os.dup(theirs)  # so that its mode is there afterwards
        self._process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**environment, "TERM": "xterm", "COLUMNS": "120", "LINES": "40"},
            start_new_session=True,
            # Its Ctrl-C is for this program and those that it starts.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            text=True,
        )
        os.close(theirs)

    def press(self, key: str) -> None:
        self.pressed += 1
        os.write(self._ours, key.encode())

    @property
    def is_tidy(self) -> bool:
        """Whether keys and cursor are as they were: to be asked when the program has ended."""
        shown = self.raw.rfind("\x1b[?25h") >= self.raw.rfind("\x1b[?25l")
        return shown and self._after == self._mode

    @property
    def asked(self) -> str:
        """What is asked for."""
        return self._asked

    def again(self) -> None:
        """What is asked for next is put on, also if it was asked for before."""
        self._asked = ""

    def rest(self) -> None:
        """Until a load has come to rest, at four times the usual speed."""
        time.sleep(1.0)

    def serve(self, react: Callable[[Screen, str], None] = lambda screen, new: None) -> int:
        """Do what is asked for until the program ends; its exit code. react: gets what is new."""
        end = time.monotonic() + _DEADLINE_S
        while self._process.poll() is None:
            if time.monotonic() > end:
                os.killpg(self._process.pid, signal.SIGKILL)
                raise AssertionError(self.seen[-2000:])
            if select.select([self._ours], [], [], 0.1)[0]:
                new = os.read(self._ours, 65536).decode(errors="replace")
                self.raw += new
                new = _ESCAPES.sub("", new)
                self.seen += new
                self._do(new)
                react(self, new)
        code = self._process.wait()
        while select.select([self._ours], [], [], 0)[0]:  # its last words
            self.raw += (new := os.read(self._ours, 65536).decode(errors="replace"))
            self.seen += _ESCAPES.sub("", new)
        self._after = termios.tcgetattr(self._slave)
        os.close(self._slave)
        self.out = self._process.stdout.read() if self._process.stdout else ""
        os.close(self._ours)
        return code

    def _do(self, new: str) -> None:
        for found in _ASKED.finditer(new):
            asked = found.group(0).strip()
            if asked == self._asked:
                continue
            self._asked = asked
            load = found.group(1) or ""
            self._place(self._odd.pop(load, load), found.group("place") or "centre")


def transcript_of(folder: Path) -> str:
    """What went over the line in the only run of a folder."""
    (found,) = folder.glob("runs/*/transcript.txt")
    return found.read_text()
