"""An inspection without a terminal: its limits, its verdicts, and what nobody looked at.

Owns: step 0 of metrology.md, 4.1, as rules. Expected: OIML R 76-1, Table 3 (metrology.md, 1.1).
Units: e.
"""

from __future__ import annotations

import json
import os
import pty
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from measured import made
from report_reader import tables, texts
from steelyard.client import Terminal
from steelyard.errors import USAGE, UserError
from steelyard.factory import plan, product
from steelyard.factory.hands import Person
from steelyard.factory.inspection_phases import _scale_wanted, _seal_should
from steelyard.factory.look_ahead import look_ahead
from steelyard.factory.measurement import RIGHT, UNSEEN, WRONG, Measurement, Scale, Unusable
from steelyard.factory.papers import Papers
from steelyard.factory.recompute import recompute
from steelyard.factory.reports.document import GOOD, Table
from steelyard.factory.reports.make import document_of
from steelyard.factory.reports.test_report import verdict
from steelyard.factory.reports.words import speaker
from steelyard.factory.technician import Technician
from steelyard.factory.test_record import (
    BROKEN,
    FAILED,
    PASSED,
    PhaseRecord,
    TestRecord,
    to_json,
)
from steelyard.keyboard import keyboard
from works import PLAN

SCALE = made().scale


def _scale(accuracy: int, unit: str, *ranges: tuple[str, str]) -> Scale:
    pairs = tuple((Fraction(most), Fraction(e)) for most, e in ranges)
    return Scale(accuracy, pairs, unit, Fraction(0))


# Table 3: class, e, fewest and most intervals, lowest Min in e.
@pytest.mark.parametrize(
    ("accuracy", "unit", "e", "fewest", "most", "least"),
    (
        (2, "g", "0.001", 100, 100_000, 20),
        (2, "g", "0.05", 100, 100_000, 20),
        (2, "g", "0.1", 5000, 100_000, 50),
        (3, "g", "0.1", 100, 10_000, 20),
        (3, "kg", "0.002", 100, 10_000, 20),
        (3, "kg", "0.005", 500, 10_000, 20),
        (4, "kg", "0.005", 100, 1000, 10),
    ),
)
def test_what_a_scale_may_be_is_table_3(
    accuracy: int, unit: str, e: str, fewest: int, most: int, least: int
) -> None:
    scale = _scale(accuracy, unit, (str(600 * Fraction(e)), e))
    wanted = {one.name: one for one in _scale_wanted(scale)}
    limits = wanted["Max of range 1"].limits(scale)
    assert (limits.low, limits.high) == (fewest, most)
    assert wanted["least load"].limits(scale).low == least
    raw = dict(wanted["Max of range 1"].known)
    for n, passed in ((fewest - 1, False), (fewest, True), (most, True), (most + 1, False)):
        one = Measurement("n", "number", "3.2", {**raw, "value": str(n)})
        assert one.judged(scale).passed is passed


def test_each_range_has_a_row_of_its_own() -> None:
    # e of 2 g lies in the upper part of the row to 2 g, 5 g in the next (multi-interval, 3.3).
    scale = _scale(3, "kg", ("6", "0.002"), ("15", "0.005"))
    wanted = {one.name: one.limits(scale) for one in _scale_wanted(scale)}
    assert [wanted[f"Max of range {number}"].low for number in (1, 2)] == [100, 500]


def test_a_seal_may_come_after_the_first_verification_and_before_every_other() -> None:
    never, verified = {"verification": "NONE"}, {"verification": "EXPIRED"}
    for found, papers, sealed, opened in (
        (never, Papers(), True, True),
        (verified, Papers(), True, False),
        ({"verification": "OPENED"}, Papers(), True, False),
        (never, Papers(sealed_after=True), False, True),
    ):
        should = _seal_should(found, papers)
        for said, passed in (("sealed", sealed), ("not sealed", opened)):
            one = Measurement("seal", "among", "8.3.2", {"is": said, "should": should})
            assert one.judged(SCALE).passed is passed, (found, papers, said)


def _seen(name: str, said: str) -> Measurement:
    return Measurement(name, "seen", "8.3.2", {"is": said, "should": RIGHT, "what": "it is"})


def _inspected(*measured: Measurement) -> TestRecord:
    names = tuple(one.name for one in measured)
    phase = PhaseRecord("inspection", "8.3.2", "", 0, 1, names, measured)
    return replace(made(at_ten="10.003"), phases=(phase,), kept=None)


_SAME = Measurement("serial number", "same", "8.3.2", {"is": "SY-1", "should": "SY-1"})
_OTHER = Measurement("serial number", "same", "8.3.2", {"is": "SY-2", "should": "SY-1"})
_LACKS = Measurement("type approval", "given", "8.3.2", {"is": "-", "should": "given"})


@pytest.mark.parametrize(
    ("measured", "outcome"),
    (
        ((_SAME, _seen("level", RIGHT)), PASSED),
        ((_SAME, _seen("level", UNSEEN)), BROKEN),
        ((_SAME, _seen("level", WRONG)), FAILED),
        ((_SAME, _seen("level", WRONG), _seen("marks on the scale", UNSEEN)), FAILED),
        # What is wrong is wrong, whoever looked at the rest.
        ((_OTHER, _seen("level", UNSEEN)), FAILED),
        ((_LACKS, _seen("level", RIGHT)), FAILED),
        ((_SAME, _seen("level", "perhaps")), BROKEN),
    ),
)
def test_what_nobody_looked_at_never_passes(
    measured: tuple[Measurement, ...], outcome: str
) -> None:
    record = _inspected(*measured)
    for guarded in (False, True):
        assert record.phases[0].outcome(record.scale, guarded) == outcome
        assert record.passes(guarded) is (outcome == PASSED)
    kept = to_json(record)
    assert recompute(kept).equal
    # Who writes afterwards that somebody looked is found out.
    if outcome == BROKEN and UNSEEN in kept:
        forged = json.loads(kept.replace(UNSEEN, RIGHT))
        assert not recompute(json.dumps(forged)).equal


def test_a_reader_sees_what_nobody_looked_at() -> None:
    record = _inspected(_SAME, _seen("level", UNSEEN))
    for language, words in (
        ("en", ("For a person to look at, and nobody did: level", "not looked at", "NO VERDICT")),
        ("zh", ("需由人员目视检查而无人查看：水平", "未查看", "无结论", "出厂编号", "外观检查")),
    ):
        document = document_of(record, language, {})
        said = "\n".join(texts(document))
        assert all(word in said for word in words), said
        assert verdict(record, speaker(language)).tone != GOOD
        rows = [row for table in tables(document) for row in table]
        assert ["SY-1", "SY-1"] in [row[1:3] for row in rows]
    passing = document_of(_inspected(_SAME, _seen("level", RIGHT)), "en", {})
    cells = [
        cell
        for block in passing.blocks
        if isinstance(block, Table)
        for row in block.rows
        for cell in row
    ]
    assert sum(cell.tone == GOOD for cell in cells) >= 4
    with pytest.raises(Unusable):
        _seen("level", "perhaps").judged(SCALE)


def test_what_only_eyes_see_is_nothing_for_a_machine(tmp_path: Path) -> None:
    path = tmp_path / "market.toml"
    own = '[plan]\nname = "mine"\n[[phase]]\nname = "inspection"\nlooks = []\n'
    (tmp_path / "mine.toml").write_text(own)
    path.write_text(PLAN.replace('"short.toml"', '"initial-verification"'))
    with pytest.raises(
        UserError, match=r"a weight handler sees nothing.* says looks = \[\]"
    ) as no:
        look_ahead(product.load(path), by_machine=True)
    assert no.value.exit_code == USAGE
    # Then it is the first key file that is missed: the test itself may be done.
    for named, machine in (("initial-verification", False), ("mine.toml", True)):
        path.write_text(PLAN.replace('"short.toml"', f'"{named}"'))
        with pytest.raises(UserError, match="factory.pub"):
            look_ahead(product.load(path), by_machine=machine)
    assert plan.load("initial-verification").needs_eyes()
    with pytest.raises(UserError, match="each of looks is 'plate' or 'seals' or 'level', not 'x'"):
        plan.parse("x.toml", own.replace("[]", '["x"]').encode(), tmp_path)


_WHAT = ("The plate says: Max 15 kg", "The scale stands level")


@pytest.mark.parametrize(
    ("typed", "said"),
    (
        ("\r", [RIGHT, RIGHT]),
        ("2\r", [RIGHT, WRONG]),
        ("12\r", [WRONG, WRONG]),
        ("2127\r", [WRONG, RIGHT]),  # twice is as before; there is no 7
        ("q", None),
    ),
)
def test_one_key_says_that_all_is_so(
    typed: str, said: list[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    drawn: list[str] = []

    def draw(what: str, rows: str, usable: str) -> None:
        drawn.append(rows)
        if len(drawn) <= len(typed):  # what comes in one piece is one key
            os.write(ours, typed[len(drawn) - 1].encode())

    with os.fdopen(theirs) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with keyboard() as keys:
            hands = Technician(Terminal.__new__(Terminal), SCALE, keys, draw)
            if said is None:
                with pytest.raises(UserError, match="given up"):
                    hands.look(_WHAT)
            else:
                assert hands.look(_WHAT) == said
    os.close(ours)
    assert all(what in drawn[0] for what in _WHAT)
    assert ("NOT SO" in drawn[-1]) == (said is not None and WRONG in said)


def test_who_follows_a_list_types_the_numbers_of_what_is_wrong() -> None:
    for answers, said in ((["3", "x", "2"], [RIGHT, WRONG]), ([""], [RIGHT, RIGHT])):
        left = iter(answers)
        person = Person("kg", print, lambda text, left=left: next(left))
        assert person.look(_WHAT) == said and next(left, None) is None
    # Nobody is asked who could not answer.
    assert Person("kg", print).look(_WHAT) == [UNSEEN, UNSEEN]
