"""Whether a verification covers a reading, or why not.

Owns: the comparison of a record's calibration, firmware and time with what was verified.
Refuses: nothing. Units: times in s since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from steelyard_wire import record

from steelyard.keys.authority import Authority
from steelyard.keys.statements import Statement
from steelyard.keys.words import day, plain


class Verified:
    """The verification statements of one terminal."""

    def __init__(self, authority: Authority, dev: bytes) -> None:
        self.statements: Sequence[Statement]
        self.statements, self._doubts = authority.verifications(dev)

    @property
    def any(self) -> bool:
        """Whether there is one, whatever it is worth."""
        return bool(self.statements or self._doubts)

    @property
    def newest(self) -> Statement | None:
        """The one whose seals should be on the terminal."""
        return self.statements[0] if self.statements else None

    def doubt(self, fields: Mapping[int, Any]) -> str:
        """Why no statement covers a reading; "" if one does."""
        why = self._doubts[-1] if self._doubts else "nobody has verified it"
        for one in reversed(self.statements):  # so that the newest has the last word
            why = _doubt(one.fields, fields)
            if not why:
                return ""
        return why


def _doubt(said: Mapping[str, Any], fields: Mapping[int, Any]) -> str:
    generation, digest = fields[record.CAL]
    now = fields[record.T]
    if [generation, digest] != said["calibration"]:
        verified = said["calibration"][0]
        return f"calibration {generation} is not the one that was verified ({verified})"
    if fields[record.FW][1] != said["software"]:
        return "the firmware is not the one that was verified"
    if now is None:
        return "nobody knows when it was made, and a verification has its dates"
    if now < said["from"]:
        return f"made before the verification, which counts from {day(said['from'])}"
    if now > said["until"]:
        return f"the verification ended on {day(said['until'])}"
    return ""


def in_words(one: Statement) -> str:
    """Who verified what, for the report."""
    said = one.fields
    return f"by {plain(said['body'])} until {day(said['until'])}, code {plain(said['code'])}"


def seals(one: Statement) -> str:
    """The seals that should be on the terminal."""
    return ", ".join(map(plain, one.fields["seals"])) or "none"
