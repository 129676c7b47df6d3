"""The tables of a phase: what was read, what it means, what was allowed, and both verdicts.

Owns: verdicts in words, and remarks. Refuses: nothing: a rule or a reading that is not known is
printed as it was read. Units: loads in the scale's unit, errors in the small one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from steelyard.factory.budgets import marks_of
from steelyard.factory.measurement import number
from steelyard.factory.reports.columns import (
    COLUMNS,
    EXTRA,
    NUMBER,
    OTHER,
    SAID,
    SAME,
    SEEN,
    WEIGHED,
    Context,
    Line,
    extras,
)
from steelyard.factory.reports.document import BAD, GOOD, WARN, Block, Cell, Note, Paragraph, Table
from steelyard.factory.reports.figures import between
from steelyard.factory.reports.words import Say, name_of
from steelyard.factory.test_record import PhaseRecord


def tables(found: Sequence[Line], context: Context, counts: bool = True) -> list[Block]:
    """A table for each kind of measurement, in the order in which they come first.

    counts: whether the phase has a verdict; without one, nothing in it looks passed.
    """
    blocks: list[Block] = []
    for kind in dict.fromkeys(line.kind for line in found):
        of_kind = [line for line in found if line.kind == kind]
        blocks.append(_table(kind, of_kind, context, counts))
        if kind == WEIGHED:
            blocks += _formulas(of_kind, context)
    return [*blocks, *_pieces(found, context)]


def _formulas(found: Sequence[Line], context: Context) -> list[Block]:
    zeros = dict.fromkeys(line.raw["at_zero"] for line in found if line.one.rule == "error")
    if not zeros:
        return []
    if len(zeros) > 1:
        return [Paragraph(context.say("formulas several"))]
    at_zero = context.numbers.error(number({"E0": next(iter(zeros))}, "E0"))
    return [Paragraph(context.say("formulas", at_zero, context.numbers.small))]


def _pieces(found: Sequence[Line], context: Context) -> list[Block]:
    """Which weights made which load, said once for each load, by what it is called: with a tare
    it is all that lies there."""
    made: dict[str, str] = {}
    for line in found:
        if line.raw.get("pieces"):
            called = (line.raw.get(key, "") for key in ("on", "nominal", "load"))
            made.setdefault(next(filter(None, called), ""), line.raw["pieces"])
    if not made:
        return []
    unit = context.scale.unit
    # The mark of a weight is not broken at the end of a line.
    said = "; ".join(f"{load}\u00a0{unit}: {_sum(marks, context)}" for load, marks in made.items())
    return [Paragraph(context.say("weights on", said))]


def _sum(marks: str, context: Context) -> str:
    found = marks_of(marks, context.weights)
    return " + ".join(mark.replace(" ", "\u00a0") for mark in found)


def _table(kind: int, found: Sequence[Line], context: Context, counts: bool) -> Table:
    columns = [*extras(found, context), *COLUMNS[kind](found, context)]
    say = context.say
    header = [say("measurement"), *(name for name, _ in columns)]
    limited = kind not in (SAME, SEEN, OTHER)
    if limited:
        unit = "" if kind == NUMBER else f" / {context.numbers.small}"
        header += [say("limit") + unit, say("factory limit short") + unit]
    header += [say("legal"), say("factory")]
    remarks = [_remark(line, context) for line in found]
    if any(remarks):
        header.append(say("remark"))
    rows = []
    for line, remark in zip(found, remarks, strict=True):
        cells = [Cell(_name(line, context))]
        for _, value in columns:
            shown = value(line)
            cells.append(Cell(shown, number=_is_number(shown)))
        if limited:
            cells += _limits(line, kind, context)
        cells += _verdicts(line, say, counts)
        if any(remarks):
            cells.append(Cell(remark))
        rows.append(tuple(cells))
    return Table(tuple(header), tuple(rows))


def _name(line: Line, context: Context) -> str:
    name = name_of(line.one.name, context.language)
    for key in ("place", "way"):
        more = line.raw.get(key, "")
        if more and more not in line.one.name:
            name += f" · {name_of(more, context.language)}"
    return name


def _is_number(shown: str) -> bool:
    try:
        Decimal(shown)
    except InvalidOperation:
        return not shown
    return True


def _limits(line: Line, kind: int, context: Context) -> list[Cell]:
    if line.judged is None:
        return [Cell(""), Cell("")]
    limits = line.judged.limits
    say = between if kind == NUMBER else context.numbers.limits
    return [
        Cell(say(limits.low, limits.high), number=True),
        Cell(say(limits.guard_low, limits.guard_high), number=True),
    ]


def _verdicts(line: Line, say: Say, counts: bool) -> list[Cell]:
    if line.judged is None:
        return [Cell(say("none"), BAD), Cell(say("none"), BAD)]
    if line.one.unseen:
        return [Cell(say("none"), WARN), Cell(say("none"), WARN)]
    legal, factory = line.judged.passed, line.judged.guarded
    good = Cell(say("pass"), GOOD) if counts else Cell(f"({say('pass')})")
    return [
        good if legal else Cell(say("fail"), BAD),
        good if factory else Cell(say("fail"), WARN if legal else BAD),
    ]


def _remark(line: Line, context: Context) -> str:
    """What has no column: other readings, and why there is no verdict."""
    known = {*SAID[line.kind].split(), *EXTRA}
    said = [
        f"{name_of(key, context.language)}: {value}"
        for key, value in line.raw.items()
        if key not in known and line.kind != OTHER
    ]
    if line.why:
        said.append(context.say("unusable", line.why))
    return "; ".join(said)


def endings(phase: PhaseRecord, context: Context) -> list[Block]:
    """What a reader of a phase must not miss: it was stopped, it broke off, something lacks."""
    say = context.say
    blocks: list[Block] = []
    if phase.stopped:
        blocks.append(Note(say("was stopped"), BAD))
    if phase.why:
        blocks.append(Note(say("why", phase.why), BAD))
    missing = [name_of(name, context.language) for name in phase.missing()]
    if missing:
        blocks.append(Note(say("missing", ", ".join(missing)), BAD))
    unseen = [name_of(name, context.language) for name in phase.unseen()]
    if unseen:
        blocks.append(Note(say("unseen", ", ".join(unseen)), BAD))
    if not missing and not phase.measurements:
        blocks.append(Note(say("nothing measured"), BAD))
    return blocks
