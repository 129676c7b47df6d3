"""Parts that both reports have: warnings, who and what, weights, signatures.

Owns: their order and wording. Refuses: nothing. Units: as the records say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from steelyard_wire.classes import CLASSES

from steelyard.factory.measurement import Scale, text
from steelyard.factory.reports.document import (
    Block,
    Cell,
    Heading,
    Note,
    Pairs,
    Signatures,
    Table,
)
from steelyard.factory.reports.words import Say, name_of

_YES = ("yes", "true", "1")
_UNITS = {"celsius": "°C", "temperature": "°C", "humidity": "%", "pressure": "hPa", "g": "m/s²"}
_OF_ALL = "certificate date issuer valid_until class set digest unit used".split()
# In this order, where they are; the others follow as the record has them.
_FIRST = "application maker applicant type model serial class".split()
_OF_WEIGHTS = "mark id nominal unit class used error uncertainty k certificate date".split()


def warnings(dut: Mapping[str, str], station: Mapping[str, str], say: Say) -> tuple[str, ...]:
    """What stands on every page: a draft; a TEST key; a virtual terminal.

    A TEST key is one that the fields "test key", test or key name so; a virtual terminal one
    whose board or model is virtual, or that was tested in a simulated world (station: world or
    hands).
    """
    found = []
    keys = [dut.get(name, "") for name in ("test key", "test", "key", "algorithm")]
    if any("TEST" in one for one in keys) or any(one.lower() in _YES for one in keys[:2]):
        found.append(say("test key"))
    said = [dut.get(name, "") for name in ("board", "model", "type", "virtual")]
    said += [station.get(name, "") for name in ("world", "hands", "virtual")]
    virtual = any("virtual" in one.lower() or "simulat" in one.lower() for one in said)
    if virtual or dut.get("virtual", "").lower() in _YES:
        found.append(say("virtual"))
    return (*found, say("draft"))


def fields(
    texts: Mapping[str, str], language: str, leave_out: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """A record's texts with their names; yes and no in the report's language."""
    names = [name for name in _FIRST if name in texts]
    names += [name for name in texts if name not in names]
    return [
        (
            _capital(name_of(name.replace("_", " "), language)),
            value_of(texts[name], language, name),
        )
        for name in names
        if name not in leave_out
    ]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def value_of(value: str, language: str, name: str = "") -> str:
    """A text of a record: yes and no translated, a number of the surroundings with its unit."""
    if value.lower() in (*_YES[:2], "no", "false"):
        return name_of(value.lower(), language)
    unit = _UNITS.get(name.partition(" ")[0])
    if unit is None:
        return value
    try:
        Decimal(value)
    except InvalidOperation:
        return value
    return f"{value} {unit}"


def tracking(scale: Scale, conditions: Mapping[str, str], say: Say) -> str:
    """The state of automatic zero-setting and zero-tracking; as the record says it, if it does."""
    said = conditions.get("auto-zero", "")
    known = {"in operation": "tracking", "not in operation": "no tracking"}
    if said and said not in known:
        return said
    return say(known.get(said, "tracking" if scale.tracking else "no tracking"))


def range_rows(
    scale: Scale, say: Say, conditions: Mapping[str, str] | None = None
) -> list[tuple[str, str]]:
    """Max, e, Min, class, zero-tracking."""
    unit = scale.unit
    most = " / ".join(text(most) for most, _ in scale.ranges)
    e = " / ".join(text(e) for _, e in scale.ranges)
    return [
        (say("Max"), f"{most} {unit}"),
        (say("Min"), f"{text(scale.least)} {unit}"),
        (say("e = d"), f"{e} {unit}"),
        (say("class"), CLASSES.get(scale.accuracy, str(scale.accuracy))),
        (say("auto-zero"), tracking(scale, conditions or {}, say)),
    ]


def weights(rows: Sequence[Mapping[str, str]], language: str, say: Say) -> list[Block]:
    """The register's rows of what was used, or that there are none."""
    if not rows:
        return [Heading(say("weights")), Note(say("no weights"))]
    keys = [key for key in _OF_WEIGHTS if any(key in row for row in rows)]
    keys = list(dict.fromkeys([*keys, *(key for row in rows for key in row)]))
    # What is the same for all of them is said once.
    same = [key for key in keys if key in _OF_ALL and len({row.get(key, "") for row in rows}) == 1]
    keys = [key for key in keys if key not in same]
    said = tuple(
        (_capital(_field(key, language)), _of_weight(key, rows[0].get(key, ""), language))
        for key in same
    )
    table = Table(
        tuple(_field(key, language) for key in keys),
        tuple(
            tuple(Cell(_of_weight(key, row.get(key, ""), language)) for key in keys)
            for row in rows
        ),
    )
    return [Heading(say("weights")), *([Pairs(said)] if said else []), table]


def _field(key: str, language: str) -> str:
    return name_of("file digest" if key == "digest" else key.replace("_", " "), language)


def _of_weight(key: str, value: str, language: str) -> str:
    if key == "digest":  # enough to know the file again
        return value[:12]
    return name_of(value, language) if key == "used" else value


def signatures(say: Say) -> list[Block]:
    """Where persons sign, and what it is until then."""
    rows = tuple((say(who), say("sign line")) for who in ("sign observer", "sign checked"))
    return [Heading(say("signatures")), Signatures(rows, say("not a certificate"))]
