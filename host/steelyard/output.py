"""The one place that prints results: for people, or as JSON with --json.

Owns: standard output. Refuses: nothing. Units: none.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def show(data: Mapping[str, Any], as_json: bool, people: RenderableType | None = None) -> None:
    """Print a result: `data` as one JSON object, or `people` (by default data as rows)."""
    if as_json:
        sys.stdout.write(json.dumps(data, default=_plain) + "\n")
        sys.stdout.flush()
    else:
        console.print(rows(data) if people is None else people)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value)} has no JSON form")


def rows(data: Mapping[str, Any]) -> Table:
    """A map as two columns."""
    table = Table.grid(padding=(0, 2))
    for key, value in data.items():
        text = value.hex() if isinstance(value, bytes) else "-" if value is None else str(value)
        table.add_row(f"[dim]{key}[/]", text)
    return table
