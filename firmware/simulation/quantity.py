"""Numbers with a unit, as people type them into the world's command line.

Owns: `1.5 kg`, `200 ms`. Refuses: with CommandError, in a sentence that shows the right form.
Units: the caller's.
"""

from __future__ import annotations

import re

_QUANTITY = re.compile(r"(-?\d+(?:\.\d+)?)\s*([A-Za-z]+)?")

MASS = {"kg": 1.0, "g": 0.001}


class CommandError(ValueError):
    """A command that cannot be carried out; the message says what would."""


def quantity(text: str, units: dict[str, float], form: str) -> float:
    """The value in the unit whose factor is 1; without a unit, the first one is meant."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or (match[2] or next(iter(units))) not in units:
        raise CommandError(f"say `{form}`")
    return float(match[1]) * units[match[2] or next(iter(units))]
