"""What a terminal's parameters may be, before there is a terminal: its firmware is asked, in a VM.

Owns: the question; names, ranges and what fits what are the firmware's own (terminal.weighing).
Refuses: with UserError, a filter that there is not; what the firmware refuses is told by `Answer`.
Units: as the firmware's config.py, as text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from steelyard.errors import USAGE, UserError
from steelyard.replay import PROFILES
from steelyard.virtual import VirtualError, micropython
from steelyard.weighing_vm import run_script

_SCRIPT = """
import json
from steelyard_wire import classes
from steelyard_wire.codes import Refused
from terminal.weighing.config import COMMISSIONED, SCALE, Config
config = Config.from_map(START)
said = {"refused": "", "at": -1}
for at, words in enumerate(CHANGES):
    try:
        changed = config.with_values(words)
        classes.check(*changed.law())
        config = changed
    except Refused as refused:
        said = {"refused": refused.detail, "at": at}
        break
said["values"] = {name: str(config.get(name)) for name in config.names()}
said["of_scale"], said["of_commission"] = SCALE, COMMISSIONED
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Answer:
    """What a terminal's firmware says of some changes, one after the other.

    refused: why it does not take the change number `at`, "" if it takes all. values: CONFIG's
    after those that it took. of_scale, of_commission: names of what belongs to a scale's ranges,
    and of what a commissioning finds.
    """

    refused: str
    at: int
    values: Mapping[str, str]
    of_scale: Sequence[str]
    of_commission: Sequence[str]


def can_ask() -> bool:
    """Whether this computer has a VM: where it has none, a terminal refuses for itself."""
    try:
        micropython()
    except VirtualError:
        return False
    return True


def ask(start: Mapping[int, int], changes: Sequence[Sequence[str]]) -> Answer:
    """The answer. start: a board's SCALE; changes: of SET, name, value, name, value ... each."""
    words = [list(change) for change in changes]
    given = f"START = {ascii(dict(start))}\nCHANGES = {ascii(words)}\n"
    return Answer(**json.loads(_answer(given + _SCRIPT)))


@cache
def _answer(script: str) -> str:
    """The firmware's answer; it does not change while this program runs."""
    return run_script(script)


def said(name: str, value: str) -> str:
    """A value as the line takes it: a filter may be given by its name. UserError."""
    if name != "profile" or value.isdigit():
        return value
    if value not in PROFILES:
        there = ", ".join(PROFILES)
        raise UserError(USAGE, f"there is no profile {value!r}; there are: {there}")
    return str(PROFILES.index(value))
