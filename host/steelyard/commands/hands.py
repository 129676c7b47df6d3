"""What a person does with their hands between two steps of a command."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable

from steelyard.errors import INTERRUPTED, USAGE, UserError
from steelyard.output import errors

Prompt = Callable[[str], None]
Ask = Callable[[str], str]


_LOOK_S = 0.2


def _typed(line: str) -> str:
    """A line without what was taken back: some keyboards send for Backspace what no line edits."""
    found = ""
    for character in line:
        found = found[:-1] if character in "\x08\x7f" else found + character
    return found


def by_word(stays: str, instead: str, halt: threading.Event | None = None) -> Ask:
    """Asks something; what is typed before Enter.

    stays: what is so when it is given up. instead: what to do where nobody can press Enter. halt:
    set when everything is to stop: Ctrl-C does not end `input` in a thread.
    """

    def wait() -> None:
        while halt is not None and os.name == "posix" and sys.stdin.isatty():
            if select.select([sys.stdin], [], [], _LOOK_S)[0]:
                return
            if halt.is_set():
                raise KeyboardInterrupt

    def ask(text: str) -> str:
        errors.print(text, end=" ", markup=False)
        try:
            wait()
            answer = _typed(input()).strip()
        except EOFError:
            errors.print()
            raise UserError(USAGE, f"nobody can press Enter here; {stays}. {instead}") from None
        if answer.lower() in ("q", "quit"):
            raise UserError(INTERRUPTED, f"given up; {stays}")
        return answer

    return ask


def by_hand(stays: str, instead: str, halt: threading.Event | None = None) -> Prompt:
    """Asks for something to be done, and returns when Enter says that it was. As `by_word`."""
    word = by_word(stays, instead, halt)

    def ask(text: str) -> None:
        word(f"{text}, then press Enter (q gives up).")

    return ask
