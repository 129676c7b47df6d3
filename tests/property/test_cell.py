"""Papers of a load cell against a scale: R 76-1, Annex F, by hand-made cases."""

from __future__ import annotations

from fractions import Fraction as F
from pathlib import Path

import pytest
from command_line import CommandLine
from hypothesis import given, settings
from hypothesis import strategies as st
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.factory import cell
from steelyard.factory.measurement import Scale

EXAMPLE = Path(__file__).parents[2] / "docs" / "cell.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
SHOP = Scale(3, ((F(15), F("0.005")),), "kg", F("0.1"))
TWO = Scale(3, ((F(3), F("0.001")), (F(15), F("0.005"))), "kg", F("0.02"))
CLASS, ERRORS, N_CELL, N_IND, CAPACITY, V_MIN, RETURN, SIGNAL = (
    "class of the cell",
    "errors together",
    "intervals of the cell",
    "intervals of the indicator",
    "capacity of a cell",
    "smallest interval of a cell",
    "return of a cell",
    "signal of an e",
)


def failed(scale: Scale, *changes: tuple[str, str]) -> set[str]:
    text = TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    found = cell.rules(cell.parse(text.encode(), "cell.toml"), scale)
    return {rule.name for rule in found if not rule.passed}


# What is changed in the example, and which rules fail then; figures worked out by hand.
CASES: list[tuple[list[tuple[str, str]], set[str]]] = [
    ([], set()),
    ([('class = "C"', 'class = "D"')], {CLASS}),
    ([('class = "C"', 'class = "B"')], set()),
    # 0.49 + 0.36 + 0.25; and exactly 1: 0.2304 + 0.36 + 0.4096.
    ([("p = 0.5", "p = 0.6")], {ERRORS}),
    ([("p = 0.7 ", "p = 0.48 "), ("p = 0.5", "p = 0.6"), ("p = 0.5", "p = 0.64")], set()),
    ([("p = 0.7 ", "p = 0.48 "), ("p = 0.5", "p = 0.6"), ("p = 0.5", "p = 0.641")], {ERRORS}),
    ([("n = 3000", "n = 2999")], {N_CELL}),
    ([("n = 6000", "n = 2500")], {N_IND}),
    # 15 kg + 1 kg + 3 kg are 19 kg; with 1 kg of tare more they are 20.
    ([('dead_load = "1 kg"', 'dead_load = "2 kg"')], set()),
    ([('dead_load = "1 kg"', 'dead_load = "2001 g"')], {CAPACITY}),
    ([("cells = 1", "cells = 1\nq = 1.34")], {CAPACITY}),
    # sqrt(4): up to 2.5 g; a quarter of the load, and of the signal too.
    ([("cells = 1", "cells = 4"), ("least_signal = 1 ", "least_signal = 0.6 ")], set()),
    (
        [("cells = 1", "cells = 4"), ("least_signal = 1 ", "least_signal = 0.6 "),
         ("y = 10000", 'v_min = "2.6 g"')],
        {V_MIN},
    ),
    ([("y = 10000", 'v_min = "5 g"')], set()),
    ([("y = 10000", "y = 3999")], {V_MIN}),
    # 2 mV/V, 5 V, 5 g of 20 kg: 2.5 uV.
    ([("least_signal = 1 ", "least_signal = 2.5 ")], set()),
    ([("least_signal = 1 ", "least_signal = 2.51 ")], {SIGNAL}),
    # Levers of 1:2 put half the load on the cell.
    ([("cells = 1", "cells = 1\nreduction = 0.5"), ('"1 kg"', '"20 kg"')], set()),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "wanted"), CASES)
def test_F12_papers_that_fit_and_papers_that_do_not(
    changes: list[tuple[str, str]], wanted: set[str]
) -> None:
    assert failed(SHOP, *changes) == wanted


def test_F12_the_return_of_a_cell_counts_with_several_ranges() -> None:
    signal = ("least_signal = 1 ", "least_signal = 0.5 ")
    fine = ("y = 10000", "y = 20000")
    n = ("n = 3000", "n = 3000\n")
    assert failed(TWO, signal, fine) == {RETURN}  # 3000 are not 15 kg / 1 g
    assert failed(TWO, signal, fine, (n[0], n[1] + "z = 15000")) == set()
    assert failed(TWO, signal, fine, (n[0], n[1] + "z = 14999")) == {RETURN}
    assert failed(TWO, signal, fine, (n[0], n[1] + 'dr = "0.5 g"')) == set()
    assert failed(TWO, signal, fine, (n[0], n[1] + 'dr = "0.51 g"\nz = 20000')) == {RETURN}


def test_the_signal_of_an_e_is_that_of_the_notes() -> None:
    # metrology.md, 4.3: 2.5 uV with 5 V, 1.65 uV with 3.3 V.
    assert cell.signal(cell.parse(TEXT.encode(), "c"), SHOP) == F("2.5")
    low = TEXT.replace("excitation = 5", "excitation = 3.3")
    assert cell.signal(cell.parse(low.encode(), "c"), SHOP) == F("1.65")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[cell]", "[cells]", "there is no table 'cells'"),
        ("[cell]", "a = 1\n[cell]", "there is no table 'a'"),
        ("y = 10000", "yy = 1", "[cell] has no 'yy'"),
        ("y = 10000", "", "[cell] has no y. Copy it"),
        ("n = 3000", "", "[cell] has no n. Copy it"),
        ("excitation = 5", "", "[indicator] has no excitation. Copy it"),
        ('class = "C"', 'class = "C3"', "no class of A, B, C or D"),
        ('class = "C"', "class = 3", "class is text"),
        ('"20 kg"', "20", "capacity is text with a unit"),
        ('"20 kg"', '"0 kg"', "capacity is above 0"),
        ("n = 3000", "n = -1", "n is a number above 0"),
        ("n = 3000", "n = nan", "n is a number above 0"),
        ("n = 3000", "n = 1e-99", "n is too small"),
        ("cells = 1", "cells = 1.5", "cells is a whole number"),
        ("n = 3000", "n =", "it is no TOML"),
    ],
)
def test_what_papers_cannot_say(old: str, new: str, words: str) -> None:
    assert old in TEXT
    with pytest.raises(UserError) as caught:
        cell.rules(cell.parse(TEXT.replace(old, new, 1).encode(), "cell.toml"), SHOP)
    assert caught.value.exit_code == USAGE and caught.value.sentence.startswith("cell.toml: ")
    assert words in caught.value.sentence


@settings(max_examples=50)
@given(st.integers(0, 30), st.sampled_from(["", "n = inf", "p = []", "x", "[scale]", 'q = "1"']))
def test_no_papers_end_in_a_traceback(at: int, line: str) -> None:
    lines = TEXT.split("\n")
    lines[at % len(lines)] = line
    try:
        cell.rules(cell.parse("\n".join(lines).encode(), "cell.toml"), TWO)
    except UserError as error:
        assert error.sentence.startswith("cell.toml")


def test_the_command(tmp_path: Path) -> None:
    user = CommandLine(tmp_path / "kept.sqlite3")
    said = user("cell", EXAMPLE, "--max", "15kg", "--e", "5g")
    assert said.code == OK and "the papers fit" in said.out and "19 kg at least" in said.out
    assert user("cell", EXAMPLE, "--max", "15kg", "--e", "5g", "--json").json()["passed"]
    said = user("cell", EXAMPLE, "--max", "30kg", "--e", "10g")
    assert said.code == VERDICT and "FAILED" in said.out and "DO NOT FIT" in said.out
    user("cell", EXAMPLE).refused(USAGE, "say the scale")
    user("cell", tmp_path / "none", "--max", "15kg", "--e", "5g").refused(USAGE, "docs/cell.md")
