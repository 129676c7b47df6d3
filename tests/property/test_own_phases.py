"""Phases of one's own, in a file of Python: what they enter, and how they can be wrong.

Owns: phases.own_phase, without a terminal, which these do not look at. Units: mA.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from steelyard.errors import USAGE, UserError
from steelyard.factory.measurement import Scale, Unusable
from steelyard.factory.phases import own_phase
from steelyard.factory.sheet import Sheet, Undeclared, Wanted
from steelyard.factory.test_record import BROKEN, PASSED, PhaseRecord
from steelyard.factory.weighing_phases import Options

SCALE = Scale(3, ((Fraction(15), Fraction(5, 1000)),), "kg", Fraction(1, 10))
WANTED = (
    Wanted("current", "number", {"low": "5", "high": "20"}),
    Wanted("lamp", "same", {"should": "on"}),
)
NOBODY: Any = None


def _carried(folder: Path, source: str) -> Sheet:
    (folder / "own.py").write_text(f"def look(dut, enter):\n    {source}\n")
    phase = own_phase(folder, "own.py:look", "", WANTED)
    assert phase.method("fine") == ""
    sheet = Sheet(SCALE, "", tuple(phase.declare(NOBODY, Options())))
    phase.carry_out(NOBODY, sheet, Options())
    return sheet


def _outcome(sheet: Sheet) -> str:
    names = tuple(one.name for one in WANTED)
    return PhaseRecord("own", "", "", 0, 1, names, tuple(sheet.measured)).outcome(SCALE)


def test_what_it_enters_is_judged(tmp_path: Path) -> None:
    sheet = _carried(tmp_path, 'enter("current", 12.3); enter("lamp", "on")')
    assert [one.judged(SCALE).passed for one in sheet.measured] == [True, True]
    assert sheet.measured[0].raw == {"low": "5", "high": "20", "value": "12.3"}
    assert _outcome(sheet) == PASSED


def test_one_that_forgets_a_measurement_is_broken(tmp_path: Path) -> None:
    assert _outcome(_carried(tmp_path, 'enter("current", 12.3)')) == BROKEN
    assert _outcome(_carried(tmp_path, "pass")) == BROKEN


@pytest.mark.parametrize(
    ("source", "error"),
    (
        ('enter("voltage", 5)', Undeclared),
        ('enter("current", 5); enter("current", 6)', Undeclared),
        ('enter("current", float("nan"))', Unusable),
        ('enter("current", None)', Unusable),
        ("1 / 0", ZeroDivisionError),
        ("raise SystemExit(0)", SystemExit),
    ),
)
def test_what_it_does_wrong_comes_out(
    source: str, error: type[BaseException], tmp_path: Path
) -> None:
    # testing.carry_out() makes the phase's `why` of each of these.
    with pytest.raises(error):
        _carried(tmp_path, source)


@pytest.mark.parametrize(
    ("named", "source"),
    (
        ("own.py", "def look(dut, enter): pass"),
        ("own.py:other", "def look(dut, enter): pass"),
        ("own.py:look", "look = 5"),
        ("own.py:look", "def look("),
        ("own.py:look", "import nothing_of_this_name"),
        ("own.py:look", "raise SystemExit(0)"),
        ("none.py:look", ""),
        ("own.txt:look", ""),
        (":look", ""),
    ),
)
def test_what_cannot_be_loaded_is_refused(named: str, source: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(source)
    with pytest.raises(UserError, match="cannot be loaded from") as caught:
        own_phase(tmp_path, named, "", WANTED)
    assert caught.value.exit_code == USAGE
