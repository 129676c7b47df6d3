"""Plans, of a test and of a product: what is refused says where, whatever stands in the file.

Owns: the sentences of plan.py, a sheet, limits of a plan; any tables for product.py too.
Units: kg.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from steelyard.errors import USAGE, UserError
from steelyard.factory import plan, product
from steelyard.factory.measurement import Measurement, Scale, Unusable
from steelyard.factory.phases import PHASES
from steelyard.factory.sheet import Sheet, Undeclared, Wanted
from steelyard.factory.weighing_phases import runs_of

SCALE = Scale(3, ((Fraction(15), Fraction(5, 1000)),), "kg", Fraction(1, 10))
_HEAD = '[plan]\nname = "mine"\n'
_ZERO = '[[phase]]\nname = "zero"\n'
_REPEATED = '[[phase]]\nname = "repeatability"\n'
_OWN = '[[phase]]\nname = "own"\npython = "own.py:look"\n'
_CURRENT = 'measurements = [{ name = "current", low = 5, high = 20 }]\n'


def parsed(text: str, folder: Path = Path()) -> plan.Plan:
    return plan.parse("mine.toml", text.encode(), folder)


def test_the_plans_that_come_with_the_program() -> None:
    assert plan.built_in() == ["initial-verification", "production", "r76-type", "retest"]
    for name in plan.built_in():
        found = plan.load(name)
        assert found.name == name and not found.stops and found.unit == ""
        assert found.phases and {one.name for one in found.phases} <= set(PHASES)
    type_test = plan.load("r76-type")
    # Annex A: two series of ten at half and whole Max, ten loads; by the changeover point.
    assert type_test.method == "changeover"
    options = {one.name: one.options for one in type_test.phases}
    assert options["repeatability"].at == (Fraction(1, 2), 1)
    assert (options["repeatability"].runs, options["weighing"].loads) == (10, 10)
    verification = {one.name: one.options for one in plan.load("initial-verification").phases}
    # 8.3: three weighings at 0.8 of Max, exactly.
    assert verification["repeatability"].at == (Fraction(4, 5),)
    assert verification["repeatability"].runs == 3 and verification["weighing"].down
    # Of class II six (metrology.md, 4.1); a plan that says nothing of it has one number.
    for accuracy, name, runs in ((2, "verification", 6), (3, "", 3), (4, "", 3), (2, "type", 10)):
        its = options if name == "type" else verification
        assert runs_of(replace(SCALE, accuracy=accuracy), its["repeatability"]) == runs


REFUSED = {
    "x": "is no TOML",
    "": "there is no table [plan]",
    "plan = 5": "there is no table [plan]",
    "colour = 1": "the file says colour, which nothing reads; it can say phase, plan",
    "[plan]\nname = 5": "plan has no name",
    '[plan]\nname = ""': "plan has no name",
    '[plan]\nname = "x"\ncolour = 1': "plan says colour, which nothing reads",
    _HEAD + 'method = "quick"': "method is 'changeover' or 'fine', not 'quick'",
    _HEAD + "method = []": "method is 'changeover' or 'fine', not []",
    _HEAD + 'after_failure = "hope"': "after_failure is 'go on' or 'stop', not 'hope'",
    _HEAD: "it has no [[phase]]",
    "phase = 5\n" + _HEAD: "it has no [[phase]]",
    "phase = [5]\n" + _HEAD: "there is no table [phase 1]",
    _HEAD + "[[phase]]\nruns = 3": "phase 1 has no name",
    _HEAD
    + _ZERO
    + '[[phase]]\nname = "zro"': "there is no phase 'zro'; there are inspection, zero",
    _HEAD + _ZERO + _ZERO: "two phases are called zero",
    _HEAD + _ZERO + "run = 3": "phase 1 says run, which nothing reads",
    _HEAD + _ZERO + "runs = 0": "phase zero: runs is a number from 1 to 100, not 0",
    _HEAD + _ZERO + "runs = true": "phase zero: runs is a number from 1 to 100, not True",
    _HEAD
    + _REPEATED
    + "runs = 1": "phase repeatability: runs is 2 at least (R 76-1, A.4.10, has 3",
    _HEAD + _ZERO + "loads = 2": "phase zero: loads is a number from 3 to 50, not 2",
    _HEAD + _ZERO + 'loads = ["5"]': "phase zero: '5' is no load",
    _HEAD + _ZERO + 'loads = ["5 kg", 6]': "phase zero: 6 is no load",
    _HEAD + _ZERO + 'loads = ["5 kg", "6 g"]': "phase zero: loads in g and in kg",
    _HEAD + _ZERO + 'loads = ["5 kg"]': "phase zero: two loads at least",
    _HEAD + _ZERO + 'loads = ["5 kg", "5.0 kg"]': "phase zero: two loads at least, each once",
    _HEAD + _ZERO + 'loads = ["5 kg", "0 kg"]': "phase zero: two loads at least",
    _HEAD + _ZERO + "at = [0]": "phase zero: at is a list of shares of Max",
    _HEAD + _ZERO + "at = [1.1]": "phase zero: at is a list of shares of Max",
    _HEAD + _ZERO + "at = [nan]": "phase zero: at is a list of shares of Max",
    _HEAD + _ZERO + "at = [0.5, 0.50]": "phase zero: at is a list of shares of Max",
    _HEAD + _ZERO + "at = 0.5": "phase zero: at is a list of shares of Max",
    _HEAD + _ZERO + 'at = "1"': "phase zero: at is a list of shares of Max",
    _HEAD + _ZERO + 'at = ["1e-999999999"]': "phase zero: at is a list of shares of Max",
    _HEAD + _ZERO + 'down = "no"': "phase zero: down is true or false",
    _HEAD + _ZERO + 'places = ["roof"]': "phase zero: places are some of centre, front left",
    _HEAD + _ZERO + "places = []": "phase zero: places are some of",
    _HEAD + _ZERO + "limits = 5": "phase zero: limits is a table of measurements",
    _HEAD + _ZERO + "[phase.limits.x]\nhi = 1": "phase zero, limits of x says hi, which nothing",
    _HEAD + _ZERO + "[phase.limits.x]\nlow = 'a'": "limits of x: low = 'a' is no number",
    _HEAD + _ZERO + "[phase.limits.x]\nlow = inf": "limits of x: low = 'inf' is no number",
    _HEAD + _ZERO + "[phase.limits.x]\nlow = true": "limits of x: low = 'True' is no number",
    _HEAD + _ZERO + "[phase.limits.x]\nlow = '1e999999'": "limits of x: low = '1e999999' is no",
    _HEAD + _ZERO + "[phase.limits.x]\nlow = 5\nhigh = 4": "limits of x: low is above high",
    _HEAD + _ZERO + _CURRENT: "phase zero: measurements are declared for a phase of your own",
    _HEAD + _OWN: "phase own declares no measurements",
    _HEAD + _OWN + "measurements = []": "phase own declares no measurements",
    _HEAD + _OWN + "measurements = [5]": "phase own: measurement 1 has no name",
    _HEAD + _OWN + "measurements = [{low = 5}]": "phase own: measurement 1 has no name",
    _HEAD + _OWN + "measurements = [{name = 'a'}]": "measurement a has a low or a high, or says",
    _HEAD + _OWN + "measurements = [{name = 'a', low = 1, should = 'b'}]": "without one nothing",
    _HEAD + _OWN + "measurements = [{name = 'a', guard_low = 1}]": "without one nothing",
    _HEAD + _OWN + "measurements = [{name = 'a', low = 1}, {name = 'a', low = 2}]": (
        "phase own: two measurements are called a"
    ),
    _HEAD + _OWN + _CURRENT: "the phase 'own.py:look' cannot be loaded",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_plan_that_is_none_says_what_and_where(text: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        parsed(text, tmp_path)
    assert caught.value.exit_code == USAGE
    assert REFUSED[text] in caught.value.sentence
    assert "mine.toml" in caught.value.sentence or "own.py" in caught.value.sentence


def test_no_such_plan(tmp_path: Path) -> None:
    for named in ("nothing", str(tmp_path), str(tmp_path / "x.toml")):
        with pytest.raises(UserError, match="there is no plan .* There are initial-verification,"):
            plan.load(named)
    with pytest.raises(UserError, match="plan mine has no phase 'x'; it has zero"):
        parsed(_HEAD + _ZERO).only(["x"])


def test_a_limit_of_a_plan_is_the_one_that_counts() -> None:
    noise = '[[phase]]\nname = "noise"\n[phase.limits."resolution"]\nlow = 100\nguard_low = 200\n'
    (planned,) = parsed(_HEAD + noise).phases
    wanted = {one.name: one for one in planned.phase.declare(None, planned.options)}  # type: ignore[arg-type]
    limits = wanted["resolution"].limits(SCALE)
    assert (limits.low, limits.guard_low, limits.high) == (100, 200, None)
    # The others are what they were: 0.2 e peak to peak (metrology.md, W12).
    assert wanted["noise of the weight, peak to peak"].limits(SCALE).high == Fraction(1, 5)


# --- whatever stands in the file -----------------------------------------------------------------

_names = st.sampled_from(
    [
        *("plan", "phase", "name", "method", "loads", "runs", "at", "down", "places", "limits"),
        *("measurements", "python", "low", "high", "product", "scale", "station", "calibration"),
        *("key", "seals", "production", "serials", "ranges", "class", "min", "here", "there"),
        *("test", "report", "label", "registry", "languages", "commission", "load", "seconds"),
        *("board", "x", "g", "latitude", "height", "parameters", "weights", "hardware"),
    ]
)
_values = st.recursive(
    st.sampled_from(
        [
            *("zero", "weighing", "5 kg", "1e999999", "III", "15kg/5g", "a\x00b", "virtual", ""),
            *("SY-{serial}", "SY-1..SY-9", "x.py:y", "9.79", 0, 1, 3, -1, 10**30, 0.5, True),
            *(float("nan"), float("inf"), datetime.date(2026, 1, 1), "SY-" + "1" * 5000 + ".."),
        ]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_names, inner, max_size=3),
    max_leaves=3,
)


def _toml(value: Any) -> str:
    """A value in TOML, inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} = {_toml(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\x00", "\\u0000") + '"'
    return str(value).lower()


def _file(tables: Mapping[str, Any]) -> bytes:
    return "".join(f"{name} = {_toml(one)}\n" for name, one in tables.items()).encode()


_WHOLE: dict[str, Any] = {
    "product": {"name": "x", "board": "virtual"},
    "scale": {"class": "III", "ranges": ["15kg/5g"]},
    "station": {"key": "w.pem", "production": "P-{serial}", "seals": ["S-{serial}"]},
    "calibration": {"loads": ["5 kg"]},
}


@settings(max_examples=30)
@given(st.dictionaries(_names, _values, max_size=3), st.data())
def test_any_tables_give_a_plan_or_a_sentence(phase: dict[str, Any], data: st.DataObject) -> None:
    tables = data.draw(
        st.just({"plan": {"name": "x"}, "phase": [{"name": "weighing", **phase}]})
        | st.dictionaries(_names, _values, max_size=3)
    )
    try:
        assert plan.parse("x.toml", _file(tables), Path()).phases
    except UserError as refused:
        assert "x.toml" in refused.sentence or "x.py" in refused.sentence or ".py" in str(refused)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([*product._TABLES]), st.dictionaries(_names, _values, max_size=2))
def test_any_tables_give_a_product_or_a_sentence(
    tmp_path: Path, name: str, more: dict[str, Any]
) -> None:
    path = tmp_path / "x.toml"
    may = product._TABLES[name]
    said = {key: value for key, value in more.items() if may is None or key in may}
    path.write_bytes(_file({**_WHOLE, name: {**_WHOLE.get(name, {}), **said}}))
    try:
        assert product.load(path).name
    except UserError as refused:
        assert "x.toml" in refused.sentence


@given(st.binary(max_size=40))
def test_any_bytes_give_a_sentence(raw: bytes) -> None:
    with pytest.raises(UserError, match="x.toml"):
        plan.parse("x.toml", raw, Path())


# --- a sheet -------------------------------------------------------------------------------------


def test_a_sheet_takes_what_was_declared_and_once() -> None:
    told: list[Measurement] = []
    wanted = (Wanted("a", "number", {"high": "2"}), Wanted("b", "same", {"should": "x"}))
    sheet = Sheet(SCALE, "4.2", wanted, lambda one, judged: told.append(one))
    assert sheet.enter("a", value=Fraction(1, 2)).passed
    assert (
        sheet.measured
        == told
        == [Measurement("a", "number", "4.2", {"high": "2", "value": "0.5"})]
    )
    for name in ("a", "c"):
        with pytest.raises(Undeclared, match=f"{name} was not declared, or is measured twice"):
            sheet.enter(name, value="1")
    with pytest.raises(Unusable):
        sheet.enter("b")
    assert len(sheet.measured) == 1
    with pytest.raises(Undeclared, match="two measurements have one name"):
        Sheet(SCALE, "", (wanted[0], wanted[0]))
    with pytest.raises(Undeclared, match="limit"):
        Sheet(SCALE, "", (Wanted("a", "number", {"high": "2"}),)).enter("a", value="3", high="4")


def test_a_load_that_weighs_more_than_it_is_called_has_the_limit_that_was_declared() -> None:
    # 2000 e = 10 kg is the last load with 1 e (Table 6); the weights are 120 mg heavy.
    heavy = {"load": "10.00012", "fine": "10.006", "at_zero": "0"}
    wanted = (Wanted("a", "error", {"load": "10"}),)
    assert not Sheet(SCALE, "", wanted).enter("a", **heavy, nominal="10").passed
    with pytest.raises(Undeclared, match="a has another limit than was declared"):
        Sheet(SCALE, "", wanted).enter("a", **heavy)
