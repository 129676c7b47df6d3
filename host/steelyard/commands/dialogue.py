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

_KEYS = "Enter takes what lies there, Backspace goes back one load, q gives up"


def is_attended() -> bool:
    """Whether somebody sits at a screen with a keyboard."""
    return sys.stdin.isatty() and errors.is_terminal


@contextmanager
def technician(terminal: Terminal, halt: threading.Event | None = None) -> Iterator[Technician]:
    """Somebody at the scale; the screen shows what is asked for and what lies there."""
    last = [""]
    with (
        keyboard(halt) as keys,
        Live(console=errors, auto_refresh=False, transient=True) as live,
    ):

        def draw(what: str, said: str) -> None:
            if what != last[0]:
                live.console.print(Text(last[0], "dim")) if last[0] else None
                last[0] = what
            live.update(Text(f"{what}\n{said}\n{_KEYS}"), refresh=True)

        config = terminal.config()
        calibrated = terminal.identify().calibration > 0
        yield Technician(terminal, scales.of_config(config, judged=False), keys, draw, calibrated)
