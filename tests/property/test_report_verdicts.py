"""What a test report says: verdicts, limits, and what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import sample_records as samples
from hypothesis import given, settings
from hypothesis import strategies as some
from report_reader import (
    document,
    tables,
    texts,
)
from steelyard.factory import test_record
from steelyard.factory.measurement import Limits, Measurement
from steelyard.factory.reports import words
from steelyard.factory.reports.document import GOOD, Table, Verdict
from steelyard.factory.reports.figures import Numbers
from steelyard.factory.reports.make import document_of
from steelyard.factory.reports.test_report import verdict
from steelyard.factory.test_record import TestRecord


def _verdict(record: TestRecord, language: str = "en") -> Verdict:
    return verdict(record, words.speaker(language))


def test_the_verdict_of_each_kind_of_test() -> None:
    assert document("passing", "en").blocks[0] == _verdict(samples.passing())
    assert _verdict(samples.passing()).text == "PASSED"
    assert _verdict(samples.passing(), "zh").text == "合格"
    assert _verdict(samples.type_test()).text.startswith("FAILED at the factory limit, passed")
    assert _verdict(samples.failing()).text == "FAILED"
    assert _verdict(samples.stopped()).text.startswith("NOT COMPLETE")
    assert _verdict(samples.record()).tone != GOOD


_good = samples.weighing()
_PARTS = {
    "good": _good,
    "stopped": replace(_good, stopped=True),
    "broken": replace(_good, why="the cable was pulled"),
    "short": replace(_good, measurements=_good.measurements[:-1]),
    "empty": replace(_good, measurements=()),
    "off": samples.eccentricity(Fraction(6, 1000)),
    "guarded": samples.eccentricity(Fraction(4, 1000)),
    "unknown": samples.numbers(),
}


@settings(max_examples=40, deadline=None)
@given(some.lists(some.sampled_from(sorted(_PARTS)), max_size=4))
def test_F2_only_what_passed_at_both_limits_looks_passed(parts: list[str]) -> None:
    record = samples.record(*(_PARTS[part] for part in parts))
    found = _verdict(record)
    assert (found.tone == GOOD) == record.passes(guarded=True)
    assert (found.text == "PASSED") == (bool(parts) and set(parts) == {"good"})


def test_what_is_missing_is_named_and_nothing_beside_it_is_green() -> None:
    made = document("stopped", "en")
    said = "\n".join(texts(made))
    assert "Declared and never measured: up 5, up 7.5" in said
    assert "The phase was stopped before its end" in said
    assert "The phase ended early: the terminal at socket://127.0.0.1:4590" in said
    assert "13 of 18 not measured" in said
    weighed = [
        block for block in made.blocks if isinstance(block, Table) and "load L" in str(block)
    ]
    # The zero phase passed; the two that did not end have passes in brackets.
    tones = [{cell.tone for row in block.rows for cell in row} for block in weighed]
    assert tones[0] == {"", GOOD} and all(GOOD not in of_table for of_table in tones[1:])


def test_F2_F10_each_phase_has_the_header_of_r76_2_and_both_limits() -> None:
    said = list(texts(document("type", "en")))
    for label in (
        *("Application no.", "Type designation", "Date", "Observer", "e", "Zero-tracking"),
        *("Resolution during test", "Temperature", "Relative humidity", "Time (UTC)"),
    ):
        assert said.count(label) >= 9
    record = samples.type_test()
    assert f"Rules {record.rules['version']}, digest {record.rules['digest']}." in said
    assert any("simple acceptance" in text for text in said)
    assert any("guard band" in text and "70 %" in text and "80 %" in text for text in said)
    assert "TEST KEY: its signatures prove nothing" in said
    assert "VIRTUAL TERMINAL: no real instrument" in said
    row = next(row for table in tables(document("type", "en")) for row in table
               if row[0] == "up 12.5")  # fmt: skip
    # 12.5 kg and 1.25 g: 1.5 g more make the indication one e more, so E = 2.5 - 1.5 g.
    assert row == ["up 12.5", "12.5", "12.5", "1.5", "+1.00", "+1.00", "±7.5", "±5.25",
                   "pass", "pass"]  # fmt: skip


def test_the_weights_of_a_load_are_said_by_what_lies_there() -> None:
    # With a tare of 1.5 kg 4 kg lie there for 2.5 kg net: two pieces, 7 mg light together.
    net = {"load": "2.499993", "nominal": "2.5", "on": "4", "tare": "1.5", "pieces": "2 2*"}
    zero = {"load": "0", "on": "1.5", "pieces": "1 500g"}
    read = {"indication": "0", "added": "0.0025"}
    rows = [
        Measurement("tare 1.5", "tare", "4.6.3", {**read, **zero}),
        Measurement("net 2.5", "error", "", {**read, **net, "indication": "2.5", "at_zero": "0"}),
    ]
    made = document_of(samples.record(samples.phase("tare", "changeover", rows)), "en", {})
    said = list(texts(made))
    assert "Weights put on: 1.5\u00a0kg: 1 + 500g; 4\u00a0kg: 2 + 2*" in said
    assert not any("nominal: " in one for one in said)


def test_the_golden_vectors_of_r76() -> None:
    # metrology.md, 1.10: creep of 0, 0.5, 1.0, 1.0 g within 2.5 g, none from 15 to 30 min.
    table = next(rows for rows in tables(document("type", "en")) if rows[0][0] == "0 min")
    assert [row[6] for row in table[:5]] == ["0.00", "+0.50", "+1.00", "+1.00", "0.00"]
    assert [row[7] for row in table[3:5]] == ["±2.5", "±1"]
    # Repeatability: 2.5 and 3.0 g give 7.5000 and 7.4995 kg, a spread of 0.5 g.
    errors = "0 -0.0005"
    spread = Measurement("spread", "spread", "3.6.1", {"errors": errors, "load": "7.5"})
    made = document_of(samples.record(samples.phase("repeatability", "", [spread])), "en", {})
    row = next(row for rows in tables(made) for row in rows if row[0] == "spread")
    assert row[1:5] == ["7.5", "2", "0.00  -0.50", "+0.50"]


def test_a_value_that_rounding_would_let_pass_is_printed_whole() -> None:
    numbers = Numbers.of(samples.SCALE)
    limits = Limits.of(samples.SCALE.mpe(Fraction(1)))
    assert numbers.judged(Fraction("0.0025"), limits) == "+2.50"
    assert numbers.judged(Fraction("0.0025001"), limits) == "2.5001"
    assert numbers.judged(Fraction("0.0017501"), limits) == "1.7501"
    assert numbers.judged(Fraction("0.0020001"), limits) == "+2.00"


def test_other_verdicts_in_the_record_and_other_rules_are_said() -> None:
    told = json.loads(test_record.to_json(samples.passing()))
    told["phases"][1]["measurements"][1]["value"] = "0.001"
    told["rules"]["digest"] = "0123456789abcdef"
    record = test_record.from_json(json.dumps(told))
    said = "\n".join(texts(document_of(record, "en", {})))
    assert "Computed again, 1 values differ" in said and "weighing: up 0.1: value was" in said
    assert "the record was judged with others" in said
    assert "differ" not in "\n".join(texts(document("passing", "en")))
