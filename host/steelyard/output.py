"""The one place that prints results: for people, or as JSON with --json.

Owns: standard output. Refuses: with UserError, an output that cannot be written.
Units: none.

What comes from a terminal, a file or a person is printed as it is: it is text, never markup.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from steelyard.errors import USAGE, UserError


class OutputClosed(Exception):
    """Whoever read our output has gone: `steelyard watch ADDRESS | head`."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Instead of rich's exit code 1, which is a verdict here."""
        raise _closed()


def _closed() -> OutputClosed:
    # What is still in the buffer goes nowhere, without a word when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OutputClosed()


console = _Console(highlight=False, emoji=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)


def show(data: Mapping[str, Any], as_json: bool, people: RenderableType | None = None) -> None:
    """Print a result: `data` as one JSON object, or `people` (by default data as rows)."""
    with _given():
        if as_json:
            sys.stdout.write(json.dumps(data, default=_plain) + "\n")
            sys.stdout.flush()
        else:
            console.print(rows(data) if people is None else people)


def show_text(text: str) -> None:
    """Print what another program reads, as it is."""
    with _given():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextmanager
def _given() -> Iterator[None]:
    """Whoever reads our output may go, and what it goes to may be full."""
    try:
        yield
    except BrokenPipeError:
        raise _closed() from None
    except OSError as error:
        _closed()
        raise UserError(
            USAGE,
            f"the output cannot be written: {error.strerror}. Free space, or write it elsewhere",
        ) from None


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value)} has no JSON form")


def rows(data: Mapping[str, Any]) -> Table:
    """A map as two columns."""
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")  # a key is nothing without its end
    for key, value in data.items():
        table.add_row(Text(key, "dim"), Text(_text(value) or "-"))
    return table


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)
