"""weights.toml: what it says, and every way in which it cannot be used."""

from __future__ import annotations

from fractions import Fraction as F
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from steelyard.errors import USAGE, UserError
from steelyard.factory import weights_file

EXAMPLE = Path(__file__).parents[2] / "docs" / "weights.example.toml"


def test_the_example_is_a_set() -> None:
    found = weights_file.read(EXAMPLE)
    assert found.name == "Set 3" and len(found.pieces) == 23 and len(found.digest) == 64
    ten = found.pieces[0]
    assert (ten.nominal, ten.unit, ten.accuracy, ten.error) == (10, "kg", "M1", F("0.00012"))
    assert ten.certificate == "K-2026-0815" and found.pieces[-1].certificate == "K-2026-0816"
    assert found.pieces[-1].issuer == "" and found.pieces[-1].size == F("0.5")


GOOD = """name = "S"
[certificate]
number = "K-1"
date = 2026-03-02
valid_until = 2028-03-01
[[piece]]
mark = "A"
nominal = "10 kg"
class = "M1"
error = "120 mg"
uncertainty = "150 mg"
k = 2
[[piece]]
marks = ["B", "C"]
nominal = "500 g"
class = "M1"
"""
REFUSALS = [
    ('name = "S"', "", "the set has no name"),
    ('name = "S"', 'name = ""', "name is one line of text"),
    ('name = "S"', 'name = "S"\nowner = "me"', "nothing here is called 'owner'"),
    ('mark = "A"', 'mark = "A"\ncolour = 1', "piece A: nothing here is called 'colour'"),
    ('mark = "A"', "", "piece 1: a weight has a mark"),
    ('mark = "A"', 'mark = "A"\nmarks = ["A"]', "piece 1: a weight has a mark"),
    ('mark = "A"', "mark = 7", "piece 1: a mark is one line of text"),
    ('["B", "C"]', "[]", "piece 2: marks is a list"),
    ('["B", "C"]', '["B", "A"]', "piece A: there are two of this mark"),
    ('"10 kg"', "10.0", "piece A: nominal is text with a unit of g, kg, mg, t"),
    ('"10 kg"', '"10 lb"', "piece A: nominal is text with a unit"),
    ('"10 kg"', '"10"', "piece A: nominal is text with a unit"),
    ('"10 kg"', '"3 kg"', "piece A: R 111 has no weight of 3 kg"),
    ('"10 kg"', '"-10 kg"', "piece A: R 111 has no weight of -10 kg"),
    ('nominal = "10 kg"', "", "piece A: it has no nominal"),
    (
        'class = "M1"\nerror',
        'class = "M4"\nerror',
        "piece A: there is no class M4. Write one of E2",
    ),
    ('class = "M1"\nerror', "error", "piece A: it has no class"),
    ('"500 g"\nclass = "M1"', '"500 mg"\nclass = "M3"', "class M3 has no weight of 0.5 g"),
    ('"120 mg"', '"12"', "piece A: error is text with a unit"),
    ('"120 mg"', '"360 mg"', "piece A: its error of 0.36 g and uncertainty of 0.15 g are more"),
    ('"120 mg"', '"-0.36 g"', "more than the 0.5 g of class M1 (R 111-1, 5.3.1)"),
    ('"150 mg"', '"170 mg"', "uncertainty of 0.17 g (k = 2) is more than a third of the 0.5 g"),
    ('"150 mg"', '"0 mg"', "an uncertainty of 0 or less"),
    ('uncertainty = "150 mg"', "", "piece A: its error says little without an uncertainty"),
    ("k = 2", "k = 1.5", "uncertainty of 0.2 g (k = 2) is more than a third"),
    ("k = 2", "k = nan", "piece A: k is a number from 1 to 10"),
    ("k = 2", 'k = "2"', "piece A: k is a number from 1 to 10"),
    ("k = 2", "k = true", "piece A: k is a number from 1 to 10"),
    ('["B", "C"]', '["B", "C"]\nerror = "1 mg"', "piece B, C: each mark has an error of its own"),
    ('["B", "C"]', '["B", "C"]\nerrors = ["1 mg"]', "each mark has an error of its own"),
    ('number = "K-1"', "", "piece A: its certificate has no number"),
    ('number = "K-1"', 'number = "K-1"\nby = "x"', "nothing here is called 'by'"),
    ("date = 2026-03-02", "", "piece A: its certificate has no date"),
    ("date = 2026-03-02", "date = 2026-03-02T10:00:00", "its certificate has no date"),
    ("date = 2026-03-02", 'date = "2026-02-30"', "its certificate has no date"),
    ("date = 2026-03-02", 'date = "20260302"', "its certificate has no date"),
    ("date = 2026-03-02", "date = 2026-02-30", "weights.toml is no TOML"),
    ("2028-03-01", "2026-03-01", "of 2026-03-02 ends before that, on 2026-03-01"),
    ("[[piece]]\nmark ", "[[[", "weights.toml is no TOML"),
    ("[certificate]", "[other]", "nothing here is called 'other'"),
]


@pytest.mark.parametrize(("old", "new", "words"), REFUSALS)
def test_what_a_file_cannot_say(old: str, new: str, words: str) -> None:
    assert weights_file.parse(GOOD.encode(), "weights.toml").pieces[2].mark == "C"
    assert old in GOOD
    with pytest.raises(UserError) as caught:
        weights_file.parse(GOOD.replace(old, new, 1).encode(), "weights.toml")
    assert caught.value.exit_code == USAGE
    assert words in caught.value.sentence and caught.value.sentence.startswith("weights.toml")
    assert any(
        verb in caught.value.sentence for verb in ("Write", "Correct", "Copy", "Give", "There are")
    )


def test_whole_files_that_are_refused(tmp_path: Path) -> None:
    head, _, pieces = GOOD.partition("[[piece]]")
    bare = GOOD.replace(GOOD[GOOD.index("[certificate]") : GOOD.index("[[piece]]")], "")
    many = ", ".join(f'"m{n}"' for n in range(201))
    for text, words in (
        (head, "there are no weights in it"),
        ('name = "S"\npiece = [1]', "piece 1: it is no table"),
        (bare, "piece A: it has no certificate, and without one nothing is traceable"),
        (GOOD.replace('"B", "C"', many), "more than 200 weights"),
        ("x" * (weights_file.MOST_BYTES + 1), "too long"),
        ("a = " + "[" * 100000, "is no TOML"),
        ("a = " + "9" * 5000, "is no TOML"),
        ("a = 1e99999999999999999999", ""),
    ):
        with pytest.raises(UserError, match="weights") as caught:
            weights_file.parse(text.encode(), "weights.toml")
        assert words in caught.value.sentence
    assert pieces
    with pytest.raises(UserError, match=r"cannot read .*docs/weights.md"):
        weights_file.read(tmp_path / "none.toml")
    with pytest.raises(UserError, match="cannot read"):
        weights_file.read(tmp_path)


VALUES = st.sampled_from(
    ['"10 kg"', "10", "1.5", "inf", "[]", "{}", "2026-03-02", '"M1"', "true", '"2026-13-01"', '""',
     '"1 mg"', '["1 mg"]', "1979-05-27T07:32:00", "-0.0", '"\\u0000"', "[[[]]]", "{ a = 1 }"]
)  # fmt: skip


@settings(max_examples=50)
@given(st.data())
def test_no_file_ends_in_a_traceback(data: st.DataObject) -> None:
    lines = GOOD.split("\n")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        name, equals, _ = lines[at].partition(" = ")
        kind = data.draw(st.integers(0, 3))
        if kind == 0 and equals:
            lines[at] = f"{name} = {data.draw(VALUES)}"
        elif kind == 1:
            lines[at] = ""
        elif kind == 2:
            lines[at] = data.draw(st.sampled_from(lines))
        else:
            lines[at] += data.draw(
                st.sampled_from(['"', "]", "\x00", "\ud800", "é = 1", " = 2", "#"])
            )
    try:
        found = weights_file.parse("\n".join(lines).encode(errors="replace"), "weights.toml")
    except UserError as error:
        assert error.sentence.startswith("weights.toml")
    else:
        assert all(one.tolerance > 0 and one.row() for one in found.pieces)


@given(st.binary(max_size=60))
def test_no_bytes_end_in_a_traceback(raw: bytes) -> None:
    with pytest.raises(UserError, match=r"weights\.toml"):
        weights_file.parse(raw, "weights.toml")
