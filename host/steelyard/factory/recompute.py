"""Verdicts computed anew from the raw readings of a test's record, and compared with those kept.

Owns: what counts as a difference. Refuses: with UserError, what is no record of a test.
Units: weights as decimal text, in the scale's unit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from steelyard.factory.measurement import VERSION, rules_digest
from steelyard.factory.test_record import TestRecord, from_json, to_json

_WHOLE = ("passed", "passed_guarded")
_OF_PHASE = ("outcome", "outcome_guarded")
_OF_MEASUREMENT = (
    *("value", "low", "high", "guard_low", "guard_high"),
    *("passed", "guarded", "unusable"),
)


@dataclass(frozen=True)
class Recomputed:
    """What came of one record. rules_then: what computed it first; differences: in words."""

    id: str
    serial: str
    passed: bool
    passed_guarded: bool
    rules_then: Mapping[str, str]
    differences: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether every verdict, value and limit is what it was."""
        return not self.differences


def rules_now() -> dict[str, str]:
    """The rules of this program."""
    return {"version": VERSION, "digest": rules_digest()}


def recompute(data: str) -> Recomputed:
    """A record's JSON, computed anew; UserError for what is none."""
    record = from_json(data)
    now = json.loads(to_json(record))
    return Recomputed(
        id=record.id,
        serial=record.dut.get("serial", ""),
        passed=now["passed"],
        passed_guarded=now["passed_guarded"],
        rules_then=record.rules,
        differences=tuple(differences(record)),
    )


def differences(record: TestRecord) -> list[str]:
    """What is computed otherwise now than it was kept, in words; none of a record made now."""
    if record.kept is None:
        return []
    return list(_differences(record.kept, json.loads(to_json(record))))


def _differences(kept: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    yield from _changed("the test", kept, now, _WHOLE)
    for was, phase in zip(kept["phases"], now["phases"], strict=True):
        yield from _changed(phase["name"], was, phase, _OF_PHASE)
        for before, one in zip(was["measurements"], phase["measurements"], strict=True):
            yield from _changed(f"{phase['name']}: {one['name']}", before, one, _OF_MEASUREMENT)


def _changed(
    name: str, kept: Mapping[str, Any], now: Mapping[str, Any], fields: tuple[str, ...]
) -> Iterator[str]:
    for field in fields:
        was, is_now = kept.get(field), now.get(field)
        # True is 1 to Python, and "1" is neither: a verdict of another kind is another verdict.
        if was != is_now or type(was) is not type(is_now):
            yield f"{name}: {field} was {_told(was)}, is {_told(is_now)}"


def _told(value: object) -> str:
    if value is None:
        return "not there"
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)
