"""The report of a test, in the manner of OIML R 76-2.

Owns: its order, and the one verdict. Refuses: nothing: what is missing is said.
Units: loads in the scale's unit, errors in the small one, times in UTC.

Nothing looks passed that was not carried through: a phase that was stopped, that ended early or
lacks a measurement has no verdict, and the test has none either.
"""

from __future__ import annotations

from steelyard.factory.measurement import GUARD, GUARD_ZERO, VERSION, rules_digest
from steelyard.factory.recompute import differences
from steelyard.factory.reports import drawings, parts, sheets
from steelyard.factory.reports.columns import Context, lines
from steelyard.factory.reports.document import (
    BAD,
    GOOD,
    WARN,
    Block,
    Cell,
    Document,
    Figures,
    Heading,
    Note,
    Pairs,
    Paragraph,
    Table,
    Verdict,
)
from steelyard.factory.reports.figures import Numbers, clock, day, moment
from steelyard.factory.reports.words import Say, name_of, speaker
from steelyard.factory.test_record import BROKEN, FAILED, PASSED, STOPPED, PhaseRecord, TestRecord

_TONES = {PASSED: GOOD, FAILED: BAD, BROKEN: BAD, STOPPED: BAD}


def test_report(record: TestRecord, language: str) -> Document:
    """The report in a language."""
    say = speaker(language)
    context = Context(record.scale, Numbers.of(record.scale), say, language, record.weights)
    serial = record.dut.get("serial", "")
    blocks: list[Block] = [
        verdict(record, say),
        *_identification(record, language, say),
        *_summary(record, language, say),
        *_decision(record, say),
        *_general(record, language, say),
        Heading(say("measurements")),
    ]
    for phase in record.phases:
        blocks += phase_blocks(phase, record, context)
    blocks += [*parts.weights(record.weights, language, say), *parts.signatures(say)]
    return Document(
        language,
        say("test report"),
        " · ".join(one for one in (serial, record.id, day(record.started)) if one),
        parts.warnings(record.dut, record.station, say),
        say("page", "{0}", "{1}"),
        int(record.ended),
        tuple(blocks),
    )


test_report.__test__ = False  # type: ignore[attr-defined]  # it is no test of pytest's


def verdict(record: TestRecord, say: Say) -> Verdict:
    """The one verdict: passed is what passed at both limits."""
    legal = [phase.outcome(record.scale) for phase in record.phases]
    factory = [phase.outcome(record.scale, guarded=True) for phase in record.phases]
    detail = say("counted", legal.count(PASSED), len(legal), factory.count(PASSED))
    if not legal:
        return Verdict(say("verdict error"), say("no phases"), BAD)
    if FAILED in legal:
        return Verdict(say("verdict failed"), detail, BAD)
    if STOPPED in legal:
        return Verdict(say("verdict stopped"), detail, BAD)
    if BROKEN in legal:
        return Verdict(say("verdict error"), detail, BAD)
    if FAILED in factory:
        return Verdict(say("verdict legal"), detail, WARN)
    return Verdict(say("verdict passed"), detail, GOOD)


def _identification(record: TestRecord, language: str, say: Say) -> list[Block]:
    rows = [
        (say("application no"), record.dut.get("application", "")),
        (say("type designation"), record.dut.get("type") or record.dut.get("model", "")),
        (say("serial"), record.dut.get("serial", "")),
        *parts.range_rows(record.scale, say, record.conditions),
        (say("plan"), plan_of(record)),
        (say("observer"), observer(record)),
        (say("start"), moment(record.started)),
        (say("end"), moment(record.ended)),
        (say("record"), record.id),
    ]
    missing = say("not recorded")
    return [
        Heading(say("identification")),
        Pairs(tuple((name, value.strip() or missing) for name, value in rows)),
    ]


def plan_of(record: TestRecord) -> str:
    """Name and version of the plan, and the beginning of its digest."""
    plan = record.plan
    return " ".join(
        one for one in (plan.get("name"), plan.get("version"), plan.get("digest", "")[:16]) if one
    )


def observer(record: TestRecord) -> str:
    """Who tested."""
    found = (record.station.get(name, "") for name in ("observer", "operator"))
    return next((one for one in found if one), "")


def _summary(record: TestRecord, language: str, say: Say) -> list[Block]:
    rows = []
    for phase in record.phases:
        legal, factory = (phase.outcome(record.scale, guarded) for guarded in (False, True))
        tone = WARN if legal == PASSED and factory == FAILED else _TONES[factory]
        missing = len(phase.missing())
        remark = phase.why
        if missing and not remark:
            remark = say("missing short", missing, len(phase.wanted))
        if phase.unseen() and not remark:
            remark = say("unseen short", len(phase.unseen()), len(phase.wanted))
        rows.append(
            (
                Cell(name_of(phase.name, language)),
                Cell(phase.clause),
                Cell(str(len(phase.measurements)), number=True),
                Cell(say(legal), _TONES[legal]),
                Cell(say(factory), tone),
                Cell(remark),
            )
        )
    header = tuple(say(key) for key in ("phase", "clause", "values", "legal", "factory", "remark"))
    blocks: list[Block] = [Heading(say("summary")), Table(header, tuple(rows))]
    return blocks if rows else [Heading(say("summary")), Note(say("no phases"), BAD)]


def _decision(record: TestRecord, say: Say) -> list[Block]:
    here = (VERSION, rules_digest())
    rules = (record.rules.get("version", ""), record.rules.get("digest", ""))
    blocks: list[Block] = [
        Heading(say("decision")),
        Paragraph(say("decision text")),
        Paragraph(say("decision guard", int(GUARD * 100), int(GUARD_ZERO * 100))),
        Paragraph(say("rules", *rules)),
    ]
    if rules != here:
        blocks.append(Note(say("other rules", *here)))
    differing = differences(record)
    if differing:
        blocks.append(Note(say("recomputed", len(differing), differing[0]), BAD))
    return blocks


def _general(record: TestRecord, language: str, say: Say) -> list[Block]:
    blocks: list[Block] = []
    of_dut = parts.fields(record.dut, language, ("application", "serial", "type"))
    if of_dut:
        blocks += [Heading(say("general")), Pairs(tuple(of_dut))]
    around = parts.fields(record.conditions, language, ("auto-zero",))
    around += parts.fields(record.station, language, ("observer", "operator"))
    if around:
        blocks += [Heading(say("conditions")), Pairs(tuple(around))]
    return blocks


def phase_blocks(phase: PhaseRecord, record: TestRecord, context: Context) -> list[Block]:
    """A phase: the header of R 76-2, what must not be missed, its tables and drawings."""
    say = context.say
    name = name_of(phase.name, context.language)
    title = say("clause of", name, phase.clause) if phase.clause else name
    found = lines(phase, context.scale)
    drawn = drawings.figures(found, context)
    counts = phase.outcome(context.scale) in (PASSED, FAILED)
    return [
        Heading(title[:1].upper() + title[1:], 2),
        Pairs(_header(phase, record, say), 5),
        *sheets.endings(phase, context),
        *sheets.tables(found, context, counts),
        *([Figures(tuple(drawn))] if drawn else []),
    ]


def _header(phase: PhaseRecord, record: TestRecord, say: Say) -> tuple[tuple[str, str], ...]:
    """The page header of R 76-2."""
    missing = say("not recorded")
    around = {name: parts.value_of(value, "en", name) for name, value in record.conditions.items()}
    scale = record.scale
    method = {"changeover": say("changeover"), "fine": say("fine"), "": say("no load")}
    rows = [
        (say("application no"), record.dut.get("application", "")),
        (say("type designation"), record.dut.get("type") or record.dut.get("model", "")),
        (say("date"), day(phase.started)),
        (say("observer"), observer(record)),
        parts.range_rows(scale, say)[2],
        (say("resolution"), method.get(phase.method, phase.method)),
        (say("auto-zero"), parts.tracking(scale, record.conditions, say)),
        (say("temperature"), around.get("celsius") or around.get("temperature", "")),
        (say("humidity"), around.get("humidity", "")),
        (say("time"), f"{clock(phase.started)} – {clock(phase.ended)}"),
    ]
    if "pressure" in around:
        rows.append((say("pressure"), around["pressure"]))
    return tuple((name, value or missing) for name, value in rows)
