"""The audit trail of a terminal: who did what, with the old and the new value, and when.

Owns: what a record says to an inspector (OIML D 31, 3.1.2; metrology.md rows S6, S7).
Refuses: nothing: whether the records are right is `audit`'s to say.
Units: times in s since 1970, as the terminal knew them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from steelyard_wire import record
from steelyard_wire.quantity import format_quantity, unit_name

from steelyard.calibration import METHODS
from steelyard.dates import moment
from steelyard.opened import Fields

# Index = what a LOCK record says became of it.
_LOCKS = ("unlocked", "locked", "refused")
COUNTED = tuple(record.type_name(typ).lower() for typ in record.EVENTS)


@dataclass(frozen=True)
class Event:
    """One line. time: None while the clock was not set. who: a key by name or id; "": nobody's
    (the bench of a terminal that was not sealed, a button, the terminal itself)."""

    n: int
    time: int | None
    what: str
    old: str
    new: str
    who: str

    def to_json(self) -> dict[str, Any]:
        """As data."""
        return asdict(self)


def _points(data: Mapping[int, Any]) -> str:
    exp10, unit = data[4]
    largest = format_quantity(data[3][-1][1], exp10)
    text = f"generation {data[1]}, {METHODS[data[2]].lower()}, {len(data[3])} points to {largest}"
    text += f" {unit_name(unit)}"
    return f"{text}, {data[5]}" if data[5] else text


class Trail:
    """Records in the order of their numbers, and what happened in them. names: key id -> name."""

    def __init__(self, names: Mapping[bytes, str] | None = None) -> None:
        self._names = names or {}
        self._calibration = "none"
        self.counts: list[int] | None = None

    def take(self, records: Iterable[Fields]) -> Iterator[Event]:
        """The events among these records, one by one."""
        for fields in records:
            self.counts = fields.get(record.EV, self.counts)
            told = self._told(fields)
            if told is not None:
                key = fields.get(record.WHO, b"")
                who = self._names.get(key, key.hex())
                yield Event(fields[record.N], fields[record.T], *told, who)

    def _told(self, fields: Fields) -> tuple[str, str, str] | None:
        data = fields.get(record.DATA, {})
        match fields[record.TYP]:
            case record.CALIBRATION:
                old, self._calibration = self._calibration, _points(data)
                return "calibration", old, self._calibration
            case record.PARAMETER:
                return f"parameter {data[1]}", _text(data[2]), _text(data[3])
            case record.CASE:
                return "case", "", "opened: locked"
            case record.LOCK:
                code = f", {data[4]}" if data[4] else ""
                return data[1].lower(), "", f"{_LOCKS[data[2]]} (lock {data[3]}){code}"
            case record.TIME_SET:
                return "time", moment(data[1]), moment(data[2])
            case record.FIRMWARE:
                old, new = (f"{data[at]} {data[at + 1].hex()}" for at in (1, 3))
                return "firmware", old, new
            case record.RETIRE:
                after = f"goes on as {data[1].hex()}" if data[1] else "the end"
                return "retired", "", f"{after}: {data[2]}"
            case record.FAULT:
                return f"fault {data[1]}", "", "once" if data[2] == 1 else f"{data[2]} times"
        return None


def _text(value: object) -> str:
    return "" if value is None else str(value)
