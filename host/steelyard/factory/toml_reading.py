"""Files of TOML that people write for a factory: read strictly, with sentences that say where.

Owns: what a table may say. Refuses: with `Wrong`, what nothing reads; with UserError, no TOML.
Units: none.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from steelyard.errors import USAGE, UserError


class Wrong(Exception):
    """What is wrong, and where; whoever knows the file's name makes a UserError of it."""


def read_toml(named: str, raw: bytes) -> dict[str, Any]:
    """The tables of a file; UserError."""
    try:
        return tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise UserError(USAGE, f"{named} is no TOML: {error}") from None


def known(
    where: str, table: Any, names: Iterable[str], must: Iterable[str] = ()
) -> Mapping[str, Any]:
    """A table that says nothing but `names`, and all of `must`; Wrong."""
    if not isinstance(table, dict):
        raise Wrong(f"there is no table [{where}]")
    unknown = sorted(set(table) - set(names))
    if unknown:
        raise Wrong(
            f"{where} says {', '.join(unknown)}, which nothing reads; it can say"
            f" {', '.join(sorted(names))}"
        )
    missing = sorted(set(must) - set(table))
    if missing:
        raise Wrong(f"{where} does not say {', '.join(missing)}")
    return table


def one_of(name: str, said: Any, which: Sequence[str]) -> str:
    """One of some texts; Wrong."""
    if said not in which:
        raise Wrong(f"{name} is {' or '.join(map(repr, which))}, not {said!r}")
    return str(said)


def count(name: str, said: Any, least: int, most: int) -> int:
    """A whole number; Wrong."""
    if not isinstance(said, int) or isinstance(said, bool) or not least <= said <= most:
        raise Wrong(f"{name} is a number from {least} to {most}, not {said!r}")
    return said


def text_of(name: str, said: Any) -> str:
    """A text that is not empty; Wrong."""
    if not isinstance(said, str) or not said.strip():
        raise Wrong(f'{name} is a text, {name} = "..."')
    return said


def texts(name: str, said: Any) -> tuple[str, ...]:
    """A list of texts; Wrong."""
    if not isinstance(said, list) or not all(isinstance(one, str) and one for one in said):
        raise Wrong(f'{name} is a list of texts, {name} = ["..."]')
    return tuple(said)


def yes_or_no(name: str, said: Any) -> bool:
    """true or false; Wrong."""
    if not isinstance(said, bool):
        raise Wrong(f"{name} is true or false")
    return said
