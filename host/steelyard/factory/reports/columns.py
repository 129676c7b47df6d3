"""The columns of a measurement: what each rule reads, and what comes of it.

Owns: which readings have a column. Refuses: nothing: a reading that is not known has none.
Units: loads in the scale's unit, errors in the small one of `figures.Numbers`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from steelyard.factory.measurement import (
    OR,
    Judged,
    Measurement,
    Raw,
    Scale,
    Unusable,
    before_rounding,
    number,
    wanted,
)
from steelyard.factory.reports.figures import Numbers
from steelyard.factory.reports.words import Say, name_of, said_text
from steelyard.factory.test_record import PhaseRecord

WEIGHED, DRIFT, SPREAD, RISE, PRINTED, NUMBER, SAME, SEEN, OTHER = range(9)
KINDS = {
    "error": WEIGHED,
    "zero": WEIGHED,
    "tare": WEIGHED,
    "creep": DRIFT,
    "creep late": DRIFT,
    "zero return": DRIFT,
    "zero by temperature": DRIFT,
    "in place of weights": DRIFT,
    "spread": SPREAD,
    "spread at most": SPREAD,
    "rise": RISE,
    "printed": PRINTED,
    "number": NUMBER,
    "same": SAME,
    "among": SAME,
    "given": SAME,
    "seen": SEEN,
}
# Readings that stand in a column of their own or in the name.
EXTRA = ("minutes", "celsius", "kelvin", "tare")
SAID = {
    WEIGHED: "load nominal on indication added fine at_zero place way pieces",
    DRIFT: "load nominal indication added fine before place pieces",
    SPREAD: "errors load pieces high",
    RISE: "before after d load at pieces",
    PRINTED: "shown printed load pieces",
    NUMBER: "value low high guard_low guard_high unit",
    SAME: "is should",
    SEEN: "is should what says",
    OTHER: "",
}


@dataclass(frozen=True)
class Context:
    """What all tables of a report need."""

    scale: Scale
    numbers: Numbers
    say: Say
    language: str
    weights: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Line:
    """A measurement with its verdict; judged is None, and why says it, where it has none."""

    one: Measurement
    kind: int
    judged: Judged | None
    why: str = ""

    @property
    def raw(self) -> Raw:
        """What was read."""
        return self.one.raw


def lines(phase: PhaseRecord, scale: Scale) -> list[Line]:
    """The measurements of a phase, judged as it is done today."""
    found = []
    for one in phase.measurements:
        try:
            found.append(Line(one, KINDS.get(one.rule, OTHER), one.judged(scale)))
        except Unusable as error:
            found.append(Line(one, OTHER, None, str(error)))
    return found


Column = tuple[str, Callable[[Line], str]]


def _raw(key: str) -> Callable[[Line], str]:
    return lambda line: line.raw.get(key, "")


def _small(key: str, context: Context) -> Callable[[Line], str]:
    """A reading in the small unit."""

    def value(line: Line) -> str:
        try:
            return context.numbers.small_text(number(line.raw, key))
        except (KeyError, ArithmeticError):
            return line.raw.get(key, "")

    return value


def _value(context: Context) -> Callable[[Line], str]:
    def value(line: Line) -> str:
        if line.judged is None:
            return ""
        return context.numbers.judged(line.judged.value, line.judged.limits)

    return value


def extras(found: Sequence[Line], context: Context) -> list[Column]:
    units = {"tare": f" / {context.scale.unit}"}
    return [
        (context.say(key) + units.get(key, ""), _raw(key))
        for key in EXTRA
        if any(key in line.raw and line.kind != OTHER for line in found)
    ]


def _read(found: Sequence[Line], context: Context) -> list[Column]:
    """Load, indication, and what was added, or the terminal's tenths."""
    say, unit, small = context.say, context.scale.unit, context.numbers.small
    columns = [
        (f"{say('load')} / {unit}", _raw("load")),
        (f"{say('indication')} / {unit}", _raw("indication")),
    ]
    if any("added" in line.raw for line in found):
        columns.append((f"{say('added')} / {small}", _small("added", context)))
    if any("fine" in line.raw for line in found):
        columns.append((f"{say('tenths')} / {unit}", _raw("fine")))
    return columns


def _weighed(found: Sequence[Line], context: Context) -> list[Column]:
    small = context.numbers.small

    def off(line: Line) -> str:
        value = before_rounding(context.scale, line.raw) - wanted(line.raw)
        if line.one.rule == "error":
            return context.numbers.error(value)
        return "" if line.judged is None else context.numbers.judged(value, line.judged.limits)

    columns = [*_read(found, context), (f"{context.say('E')} / {small}", off)]
    if any(line.one.rule == "error" for line in found):
        corrected = _value(context)
        columns.append(
            (
                f"{context.say('Ec')} / {small}",
                lambda line: corrected(line) if line.one.rule == "error" else "",
            )
        )
    return columns


def _drift(found: Sequence[Line], context: Context) -> list[Column]:
    before = (f"{context.say('before')} / {context.scale.unit}", _raw("before"))
    change = (f"{context.say('change')} / {context.numbers.small}", _value(context))
    return [*_read(found, context), before, change]


def _spread(found: Sequence[Line], context: Context) -> list[Column]:
    say, numbers = context.say, context.numbers

    def each(line: Line) -> str:
        return "  ".join(numbers.error(Fraction(Decimal(one))) for one in _errors(line.raw))

    return [
        (f"{say('load')} / {context.scale.unit}", _raw("load")),
        (say("n"), lambda line: str(len(_errors(line.raw)))),
        (f"{say('errors of')} / {numbers.small}", each),
        (f"{say('spread')} / {numbers.small}", _value(context)),
    ]


def _errors(raw: Mapping[str, str]) -> list[str]:
    return raw.get("errors", "").split()


def _rise(found: Sequence[Line], context: Context) -> list[Column]:
    say, unit, small = context.say, context.scale.unit, context.numbers.small
    columns = [(f"{say('load')} / {unit}", _raw("load"))]
    if any("at" in line.raw for line in found):
        columns.append((f"{say('put on')} / {unit}", _raw("at")))
    return [
        *columns,
        (f"d / {small}", _small("d", context)),
        (f"{say('shown before')} / {unit}", _raw("before")),
        (f"{say('shown after')} / {unit}", _raw("after")),
        (f"{say('rise')} / {small}", _value(context)),
    ]


def _printed(found: Sequence[Line], context: Context) -> list[Column]:
    say, unit = context.say, context.scale.unit
    return [
        (f"{say('load')} / {unit}", _raw("load")),
        (f"{say('printed value')} / {unit}", _raw("printed")),
        (f"{say('shown')} / {unit}", _raw("shown")),
        (f"{say('difference')} / {context.numbers.small}", _value(context)),
    ]


def _number(found: Sequence[Line], context: Context) -> list[Column]:
    return [(context.say("value"), _raw("value")), (context.say("unit"), _raw("unit"))]


def _said(key: str, context: Context) -> Callable[[Line], str]:
    """A text that was compared; what the program says, and no person, in the report's language."""

    def value(line: Line) -> str:
        said = line.raw.get(key, "")
        whole = line.one.rule == "same" or (line.one.rule == "given" and key == "is")
        parts = [said] if whole else said.split(OR)
        return OR.join(said_text(part, context.language) for part in parts)

    return value


def _same(found: Sequence[Line], context: Context) -> list[Column]:
    say = context.say
    return [(say("is"), _said("is", context)), (say("should"), _said("should", context))]


def _seen(found: Sequence[Line], context: Context) -> list[Column]:
    def asked(line: Line) -> str:
        says = line.raw.get("says", "")
        what = said_text(line.raw.get("what", ""), context.language)
        return what + (f": {says}" if says else "")

    return [(context.say("asked"), asked), (context.say("seen"), _said("is", context))]


def _other(found: Sequence[Line], context: Context) -> list[Column]:
    def read(line: Line) -> str:
        return "; ".join(
            f"{name_of(key, context.language)}: {value}" for key, value in line.raw.items()
        )

    return [(context.say("read"), read)]


COLUMNS: dict[int, Callable[[Sequence[Line], Context], list[Column]]] = {
    WEIGHED: _weighed,
    DRIFT: _drift,
    SPREAD: _spread,
    RISE: _rise,
    PRINTED: _printed,
    NUMBER: _number,
    SAME: _same,
    SEEN: _seen,
    OTHER: _other,
}
