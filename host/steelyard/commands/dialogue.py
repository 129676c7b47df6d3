"""The dialogue with somebody at the scale: two lines on the screen, single keys."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.live import Live
from rich.text import Text

from steelyard.client import Terminal
from steelyard.factory import scales
from steelyard.factory.technician import Technician
from steelyard.keyboard import keyboard
from steelyard.output import errors


def is_attended() -> bool:
    """Whether somebody sits at a screen with a keyboard."""
    return sys.stdin.isatty() and errors.is_terminal


@contextmanager
def technician(
    terminal: Terminal, halt: threading.Event | None = None, stays: str = "", back: bool = False
) -> Iterator[Technician]:
    """Somebody at the scale; the screen shows what is asked for and what lies there.

    stays: what is so when he gives up. back: whether a load may be put on once more.
    """
    last = [""]
    with (
        keyboard(halt) as keys,
        Live(console=errors, auto_refresh=False, transient=True) as live,
    ):

        def draw(what: str, said: str, usable: str) -> None:
            if what != last[0]:
                live.console.print(Text(last[0], "dim")) if last[0] else None
                last[0] = what
            live.update(Text(f"{what}\n{said}\n{usable}"), refresh=True)

        config = terminal.config()
        calibrated = terminal.identify().calibration > 0
        scale = scales.of_config(config, judged=False)
        somebody = Technician(terminal, scale, keys, draw, calibrated, stays)
        somebody.may_go_back = back
        yield somebody
