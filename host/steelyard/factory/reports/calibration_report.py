"""The report of a calibration: errors before, what was adjusted, errors after, uncertainty.

Owns: its order: as found before as left. Refuses: nothing: what is missing is said.
Units: loads in the scale's unit, errors and uncertainties in the small one, times in UTC.

It states no conformity, because nobody agreed on a rule for one, and it is no certificate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from steelyard.factory import budgets
from steelyard.factory.calibration_record import CalibrationRecord
from steelyard.factory.reports import drawings, parts, uncertain
from steelyard.factory.reports.columns import Context, Line, lines
from steelyard.factory.reports.document import (
    BAD,
    Block,
    Cell,
    Document,
    Figures,
    Heading,
    Note,
    Pairs,
    Paragraph,
    Table,
)
from steelyard.factory.reports.figures import Numbers, day, moment
from steelyard.factory.reports.test_report import observer
from steelyard.factory.reports.words import name_of, speaker
from steelyard.factory.test_record import BROKEN, STOPPED, TestRecord


def calibration_report(
    record: CalibrationRecord, language: str, tests: Mapping[str, TestRecord]
) -> Document:
    """The report in a language; tests: its as-found and as-left tests that are at hand."""
    say = speaker(language)
    context = Context(record.scale, Numbers.of(record.scale), say, language)
    serial = record.dut.get("serial", "")
    blocks: list[Block] = [
        Paragraph(say("no conformity")),
        *_identification(record, context),
        Heading(say("as found")),
        *_errors(record.as_found, tests, "found", context),
        *_adjustment(record, context),
        *_gravity(record, context),
        Heading(say("as left")),
        *_errors(record.as_left, tests, "left", context),
        *parts.weights(_weights(record, tests), language, say),
        *parts.signatures(say),
    ]
    return Document(
        language,
        say("calibration report"),
        " · ".join(one for one in (serial, record.id, day(record.started)) if one),
        parts.warnings(record.dut, record.station, say),
        say("page", "{0}", "{1}"),
        int(record.ended),
        tuple(blocks),
    )


def _identification(record: CalibrationRecord, context: Context) -> list[Block]:
    say, language = context.say, context.language
    rows = [
        (say("type designation"), record.dut.get("type") or record.dut.get("model", "")),
        (say("serial"), record.dut.get("serial", "")),
        *parts.range_rows(record.scale, say),
        (say("observer"), record.operator),
        (say("start"), moment(record.started)),
        (say("end"), moment(record.ended)),
        (say("record"), record.id),
        (say("generation"), str(record.generation)),
        (say("digest"), record.digest),
        (say("signed record"), str(record.number)),
    ]
    missing = say("not recorded")
    blocks: list[Block] = [
        Heading(say("calibrated")),
        Pairs(tuple((name, value or missing) for name, value in rows)),
    ]
    of_dut = parts.fields(record.dut, language, ("serial", "type"))
    around = dict(record.conditions)
    if record.temperature:
        around["temperature"] = record.temperature
    said = parts.fields(around, language)
    said += parts.fields(record.station, language, ("observer", "operator"))
    if of_dut:
        blocks += [Heading(say("general")), Pairs(tuple(of_dut))]
    if said:
        blocks += [Heading(say("conditions")), Pairs(tuple(said))]
    return blocks


def _adjustment(record: CalibrationRecord, context: Context) -> list[Block]:
    say, numbers = context.say, context.numbers
    rows = []
    for number, point in enumerate(record.points):
        residual = record.residuals[number] if number < len(record.residuals) else ""
        shown = numbers.error(Fraction(residual)) if residual else ""
        rows.append(
            (
                Cell(point.load, number=True),
                Cell(say(f"series {point.direction}")),
                Cell(point.counts, number=True),
                Cell(shown, number=True),
                Cell(" + ".join(point.pieces)),
            )
        )
    header = (
        f"{say('load')} / {numbers.unit}",
        say("direction"),
        say("counts"),
        f"{say('residual')} / {numbers.small}",
        say("pieces"),
    )
    blocks: list[Block] = [
        Heading(say("adjustment")),
        Pairs(((say("method"), name_of(record.method, context.language)),)),
        Table(header, tuple(rows)),
    ]
    check = record.check
    if check is None:
        return [*blocks, Note(say("not checked"))]
    off, allowed = Fraction(check.error), Fraction(check.allowed)
    sentence = say(
        "checked",
        check.load,
        numbers.unit,
        " + ".join(check.pieces) or say("not recorded"),
        numbers.error(off),
        numbers.small,
        numbers.small_text(allowed),
    )
    return [*blocks, Paragraph(sentence) if abs(off) <= allowed else Note(sentence, BAD)]


def _gravity(record: CalibrationRecord, context: Context) -> list[Block]:
    say, numbers, gravity = context.say, context.numbers, record.gravity
    if gravity is None:
        return [Heading(say("gravity")), Paragraph(say("no gravity"))]
    rows = (
        (Cell(say("calibrated at")), Cell(gravity.here_name), Cell(gravity.here, number=True)),
        (Cell(say("used at")), Cell(gravity.there_name), Cell(gravity.there, number=True)),
    )
    relative = 1 / gravity.factor - 1
    off = relative * record.scale.most
    e = record.scale.interval(record.scale.most)
    sentence = say(
        "gravity text",
        f"{float(gravity.factor):.6f}",
        f"{float(relative) * 1e6:+.0f}",
        numbers.error(off),
        numbers.small,
        f"{float(off / e):+.1f}",
    )
    return [
        Heading(say("gravity")),
        Table(("", say("place"), say("g")), rows),
        Paragraph(sentence),
    ]


def _errors(
    name: str, tests: Mapping[str, TestRecord], which: str, context: Context
) -> list[Block]:
    """The errors of one test with their uncertainties, a drawing, and for as left the budget."""
    say = context.say
    if not name:
        return [Note(say(f"no as {which}"))]
    test = tests.get(name)
    if test is None:
        return [Note(say("not given", name))]
    blocks: list[Block] = [
        Paragraph(say("from test", test.id, moment(test.started), observer(test)))
    ]
    bad = [
        name_of(phase.name, context.language)
        for phase in test.phases
        if phase.outcome(test.scale) in (BROKEN, STOPPED)
    ]
    if bad:
        blocks.append(Note(say("test broken", test.id, ", ".join(bad)), BAD))
    found = budgets.errors_of(test)
    if not found:
        return [*blocks, Note(say("no errors", test.id))]
    blocks.append(uncertain.table(found, context))
    blocks += [Note(sentence) for sentence in uncertain.reasons(found, say)]
    drawn = drawings.calibrated(
        _weighing(test, context), found, say(f"figure as {which}"), context
    )
    if drawn is not None:
        blocks.append(Figures((drawn,)))
    if which == "left":
        blocks += uncertain.budget_blocks(found, context)
        blocks += uncertain.use_blocks(budgets.use_of(test, found), test, context)
    return blocks


def _weighing(test: TestRecord, context: Context) -> list[Line]:
    found = []
    for phase in test.phases:
        if not any(one.rule.startswith("spread") for one in phase.measurements):
            found += drawings.weighed(lines(phase, context.scale))
    return found


def _weights(
    record: CalibrationRecord, tests: Mapping[str, TestRecord]
) -> Sequence[Mapping[str, str]]:
    """The weights of the adjustment and of both tests, each once."""
    rows: list[Mapping[str, str]] = [*record.weights]
    for name in (record.as_found, record.as_left):
        rows += tests[name].weights if name in tests else ()
    return list({tuple(sorted(row.items())): row for row in rows}.values())
