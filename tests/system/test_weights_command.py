"""`steelyard weights`: a set for a person and for a program, with a scale or without."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import CommandLine
from steelyard.errors import OK, USAGE, VERDICT
from terminals import Bench

PIECES = {"10": "10 kg", "5": "5 kg", "2": "2 kg", "1": "1 kg", "500": "500 g", "100": "100 g"}


def write(path: Path, name: str = "M1", days: int = 400, pieces: dict[str, str] = PIECES) -> Path:
    """A set of these weights whose certificate holds for so many days more."""
    today = datetime.now(UTC).date()
    text = f"""name = "Set 3"
[certificate]
number = "K-1"
date = {today - timedelta(500)}
valid_until = {today + timedelta(days)}
"""
    for mark, nominal in pieces.items():
        text += f'[[piece]]\nmark = "{mark}"\nnominal = "{nominal}"\nclass = "{name}"\n'
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def user(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "kept.sqlite3")


SHOP = ("--max", "15kg", "--e", "5g")


def test_a_set_by_itself(tmp_path: Path, user: CommandLine) -> None:
    found = user("weights", write(tmp_path / "w.toml"), "--json").json()
    assert found["passed"] and found["set"] == "Set 3" and len(found["pieces"]) == 6
    assert {piece["state"] for piece in found["pieces"]} == {"ok"} and "loads" not in found
    said = user("weights", tmp_path / "w.toml")
    assert said.code == OK and "nothing is refused" in said.out and "K-1" in said.out
    soon = user("weights", write(tmp_path / "w.toml", days=60))
    assert soon.code == OK and "ENDS SOON" in soon.out
    assert (
        "warning: the certificate K-1 of 10, 5, 2, 1, 500, 100 ends on" in soon.out
        and "in 60 days" in soon.out
    )
    assert "ENDS SOON" not in user("weights", write(tmp_path / "w.toml", days=61)).out
    ended = user("weights", write(tmp_path / "w.toml", days=-1))
    assert ended.code == VERDICT and "ENDED" in ended.out and "calibrated anew" in ended.out


def test_each_load_with_its_pieces_and_its_third(tmp_path: Path, user: CommandLine) -> None:
    found = user("weights", write(tmp_path / "w.toml", "M2"), *SHOP, "--json").json()
    assert found["passed"] and found["scale"]["min"] == "0.1"
    loads = {row["load"]: row for row in found["loads"]}
    assert loads["10"]["pieces"] == ["10"] and loads["10"]["wrong"] == "0.0016"
    assert loads["13"]["pieces"] == ["10", "2", "1"] and loads["13"]["allowed"] == "0.0025"
    assert loads["14.975"]["made"] == "13.6" and "nearest" in loads["14.975"]["notes"][0]
    assert found["warnings"] == ["Max - 5 e is missing: add 14.975 kg"]
    assert found["missing_tenths"][0] == "0.0005"


def test_what_is_refused_ends_with_1_and_says_what_would_do(
    tmp_path: Path, user: CommandLine
) -> None:
    said = user("weights", write(tmp_path / "w.toml", "M3"), *SHOP)
    assert said.code == VERDICT and "NOT GOOD ENOUGH" in said.out
    assert "take one of class M2 or better (10 kg M2: 1.6 g)" in said.out
    said = user("weights", tmp_path / "w.toml", "--max", "60kg", "--e", "20g")
    assert said.code == VERDICT and "substitution needs 30 kg" in said.out
    assert said.out.count("cannot be reached") == 1


def test_substitution_with_a_known_repeatability(tmp_path: Path, user: CommandLine) -> None:
    write(tmp_path / "w.toml")
    platform = ("weights", tmp_path / "w.toml", "--max", "60kg", "--e", "20g")
    said = user(*platform, "--repeatability", "4g")
    assert said.code == OK and "59.9 kg, step 1: Have nothing on, and set zero" in said.out
    last = user(*platform, "--repeatability", "4g", "--json").json()["loads"][-1]
    wrong = [float(step["wrong"]) for step in last["substitution"] if step["reads"] == "error"]
    assert wrong == sorted(wrong) and float(last["wrong"]) < wrong[-1]


def test_several_ranges_and_other_classes(tmp_path: Path, user: CommandLine) -> None:
    write(tmp_path / "w.toml")
    two = ("--max", "3kg", "--e", "1g", "--max", "15kg", "--e", "5g")
    found = user("weights", tmp_path / "w.toml", *two, "--json")
    assert '"ranges": [["3", "0.001"], ["15", "0.005"]]' in found.out
    grams = user("weights", tmp_path / "w.toml", "--max", "5000g", "--e", "5g", "--class", "iiii")
    assert "load g" in grams.out


def test_what_cannot_be_understood(tmp_path: Path, user: CommandLine) -> None:
    file = write(tmp_path / "w.toml")
    user("weights", tmp_path / "none.toml").refused(USAGE, "cannot read", "docs/weights.md")
    user("weights", file, "--max", "15kg").refused(USAGE, "--max 15kg and --e 5g")
    user("weights", file, "--max", "15", "--e", "5g").refused(USAGE, "not a weight like 5g")
    user("weights", file, "--max", "15kg", "--e", "0g").refused(USAGE, "above 0")
    user("weights", file, *SHOP, "--class", "I").refused(USAGE, "classes are II, III, IIII")
    user("weights", file, "--max", "15kg", "--e", "1g").refused(USAGE, "n is 15000", "Table 3")
    user("weights", file, *SHOP, "--max", "3kg", "--e", "1g").refused(USAGE, "smallest is first")
    user("weights", file, "/dev/null", *SHOP).refused(USAGE, "and not both")
    user("weights", file, "--repeatability", "1g").refused(USAGE, "needs a scale")


def test_the_scale_of_a_terminal(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    found = user("weights", write(tmp_path / "w.toml"), bench.simulator.pty, "--json").json()
    assert found["scale"] == {
        "class": "III",
        "ranges": [["15", "0.005"]],
        "min": "0.1",
        "unit": "kg",
    }
