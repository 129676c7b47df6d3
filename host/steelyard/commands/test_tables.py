"""Records of tests for people: a table for each phase, and lines while one goes on."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from rich import box
from rich.table import Table
from rich.text import Text

from steelyard.factory.measurement import Judged, Limits, Measurement, Scale, text
from steelyard.factory.test_record import BROKEN, FAILED, PASSED, PhaseRecord, TestRecord
from steelyard.factory.testing import Begun, Told
from steelyard.output import errors


def places_of(scale: Scale) -> int:
    """Decimal places that a twentieth of e needs: half of a small weight."""
    exponent = Decimal(text(scale.e / 20)).as_tuple().exponent
    return max(0, -int(exponent))


def limit_text(limits: Limits, places: int | None, guarded: bool = False) -> str:
    """What a value may be, in a few characters. places: of a weight; None: as many as it has."""
    low, high = (limits.guard_low, limits.guard_high) if guarded else (limits.low, limits.high)
    if low is not None and high is not None:
        if low == -high:
            return f"± {_figure(high, places)}"
        return f"{_figure(low, places)} … {_figure(high, places)}"
    if high is not None:
        return f"≤ {_figure(high, places)}"
    return "-" if low is None else f"≥ {_figure(low, places)}"


def _figure(value: Fraction, places: int | None) -> str:
    return text(value) if places is None else f"{float(value):.{places}f}"


def in_a_word(record: TestRecord, guarded: bool = False) -> str:
    """The verdict of a whole test: what was not carried through is neither right nor wrong."""
    if record.passes(guarded):
        return "passed"
    found = [phase.outcome(record.scale, guarded) for phase in record.phases]
    return "FAILED" if FAILED in found else "NO VERDICT"


def tables(record: TestRecord) -> list[Table | Text]:
    """A table for each phase."""
    return [_table(record, phase) for phase in record.phases]


def _table(record: TestRecord, phase: PhaseRecord) -> Table | Text:
    scale = record.scale
    outcome, guarded = phase.outcome(scale), phase.outcome(scale, guarded=True)
    said = outcome if outcome == PASSED else outcome.upper()
    if outcome == BROKEN and phase.unseen():
        said = "NO VERDICT"
    if outcome == PASSED and guarded != PASSED:
        said += ", beyond the factory's limit"
    clause = f" (R 76-1, {phase.clause})" if phase.clause else ""
    title = f"{phase.name}{clause}: {said}"
    if phase.why:
        title += f"\n  {phase.why}"
    if phase.missing() and phase.measurements:
        title += f"\n  not measured: {', '.join(phase.missing())}"
    if phase.unseen():
        title += f"\n  nobody looked: {', '.join(phase.unseen())}"
    if not phase.measurements:
        return Text(title + "\n")
    rows = [row_of(one, one.judged(scale), places_of(scale)) for one in phase.measurements]
    headings = ("", "load", "shown", "added", "value", "legal", "factory", "")
    used = [at for at in range(len(headings)) if any(row[at] for row in rows)]
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for at in used:
        table.add_column(
            headings[at], justify="right" if headings[at] else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*(Text(row[at]) for at in used))
    return table


def row_of(one: Measurement, judged: Judged, places: int) -> list[str]:
    """A measurement in a row: texts that were compared, or numbers."""
    verdict = "" if judged.guarded else "beyond the factory's" if judged.passed else "FAILED"
    if one.unseen:
        verdict = "NO VERDICT"
    if "is" in one.raw:
        return [one.name, "", "", "", one.raw["is"], one.raw["should"], "", verdict]
    if one.rule == "number":
        unit = f" {one.raw['unit']}" if "unit" in one.raw else ""
        limits = [limit_text(judged.limits, None, guarded) for guarded in (False, True)]
        return [one.name, "", "", "", one.raw["value"] + unit, *limits, verdict]
    shown = one.raw.get("indication", one.raw.get("after", one.raw.get("shown", "")))
    figures = [one.raw.get("load", ""), one.raw.get("fine", shown), one.raw.get("added", "")]
    limits = [limit_text(judged.limits, places), limit_text(judged.limits, places, True)]
    return [one.name, *figures, _figure(judged.value, places), *limits, verdict]


def announce() -> tuple[Begun, Told]:
    """What is printed while a test goes on, on a screen: it takes long."""

    def begun(name: str, measurements: int) -> None:
        if errors.is_terminal:
            errors.print(f"{name}: {measurements} measurements", markup=False)

    def told(name: str, one: Measurement, judged: Judged) -> None:
        if errors.is_terminal:
            verdict = "" if judged.passed or one.unseen else "  FAILED"
            value = one.raw.get("is", text(judged.value))
            errors.print(f"  {one.name}: {value}{verdict}", markup=False)

    return begun, told
