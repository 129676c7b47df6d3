"""The record of a test as it is kept: nothing gets lost, nothing changed stays unseen.

Owns: what makes a record pass, its JSON, and computing it again. Expected: OIML R 76-1 Table 6 as
written down in tests/measured.py. Units: kg.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import EXPECTED, made
from steelyard.errors import USAGE, UserError
from steelyard.factory.measurement import Measurement
from steelyard.factory.recompute import differences, recompute
from steelyard.factory.test_record import (
    BROKEN,
    FAILED,
    PASSED,
    STOPPED,
    PhaseRecord,
    TestRecord,
    from_json,
    to_json,
)

PASSES = made(at_ten="10.003")  # 3 g of the factory's 3.5 g


def _with(phase: PhaseRecord) -> TestRecord:
    return replace(PASSES, phases=(phase, *PASSES.phases[1:]))


def test_F2_a_record_passes_at_the_limits_that_its_measurements_meet() -> None:
    assert PASSES.passes() and PASSES.passes(guarded=True)
    between = made()
    assert between.passes() and not between.passes(guarded=True)
    assert between.phases[0].outcome(between.scale, guarded=True) == FAILED
    beyond = made(at_ten="10.0051")
    assert not beyond.passes() and beyond.phases[0].outcome(beyond.scale) == FAILED


def test_what_is_not_whole_never_passes() -> None:
    phase = PASSES.phases[0]
    first, second = phase.measurements
    for changed, outcome in (
        (replace(phase, measurements=()), BROKEN),
        (replace(phase, measurements=(), wanted=()), BROKEN),
        (replace(phase, measurements=(first,)), BROKEN),
        (replace(phase, wanted=(*phase.wanted, "15 kg")), BROKEN),
        # Measured and never declared, or the same twice: the one that suits could be taken.
        (replace(phase, wanted=phase.wanted[:1]), BROKEN),
        (replace(phase, measurements=(first, second, second)), BROKEN),
        (replace(phase, measurements=(first, replace(second, rule="luck"))), BROKEN),
        (replace(phase, measurements=(first, replace(second, raw={}))), BROKEN),
        (replace(phase, why="it broke"), BROKEN),
        (replace(phase, stopped=True), STOPPED),
    ):
        record = _with(changed)
        assert changed.outcome(record.scale) == changed.outcome(record.scale, True) == outcome
        assert not record.passes() and not record.passes(guarded=True)
        assert json.loads(to_json(record))["passed"] is False
    assert phase.outcome(PASSES.scale) == PASSED
    assert not replace(PASSES, phases=()).passes()


# --- JSON ----------------------------------------------------------------------------------------

_texts = st.text(max_size=8)
_tables = st.dictionaries(_texts, _texts, max_size=3)
_numbers = st.decimals(-100, 100, places=4).map(str) | st.sampled_from(("NaN", "", "five"))


@st.composite
def _records(draw: st.DrawFn) -> TestRecord:
    phases = []
    for name in draw(st.lists(_texts, max_size=3, unique=True)):
        measured = []
        for what in draw(st.lists(_texts, max_size=3, unique=True)):
            rule = draw(st.sampled_from(("error", "zero", "number", "creep", "luck")))
            names = ("load", "fine", "at_zero", "value", "low", "before")
            raw = {one: draw(_numbers) for one in names}
            measured.append(Measurement(what, rule, draw(_texts), raw))
        wanted = tuple(one.name for one in measured) + tuple(draw(st.lists(_texts, max_size=1)))
        said = (draw(_texts), draw(_texts), draw(st.floats(0, 1e10)), draw(st.floats(0, 1e10)))
        phases.append(
            PhaseRecord(name, *said, wanted, tuple(measured), draw(_texts), draw(st.booleans()))
        )
    scale = replace(PASSES.scale, tracking=draw(st.booleans()))
    return replace(
        PASSES,
        phases=tuple(phases),
        scale=scale,
        plan=draw(_tables),
        station=draw(_tables),
        dut=draw(_tables),
        conditions=draw(_tables),
        weights=tuple(draw(st.lists(_tables, max_size=2))),
        rules=draw(_tables),
    )


@settings(max_examples=40)
@given(_records())
def test_F5_everything_comes_back_and_is_computed_alike(record: TestRecord) -> None:
    kept = to_json(record)
    again = from_json(kept)
    assert again == record
    assert to_json(again) == kept
    assert recompute(kept).equal


def test_the_verdicts_are_in_the_record() -> None:
    whole = json.loads(to_json(made()))
    names = ("value", "low", "high", "guard_low", "guard_high", "passed", "guarded")
    rows = [
        (phase["name"], one["name"], *(one[name] for name in names))
        for phase in whole["phases"]
        for one in phase["measurements"]
    ]
    assert rows == EXPECTED


def test_a_slash_in_a_name_confuses_no_two_measurements() -> None:
    one, other = (replace(it, wanted=()) for it in PASSES.phases)
    (volts,) = PASSES.phases[1].measurements
    phases = (
        replace(one, name="a/b", measurements=(replace(one.measurements[0], name="c"),)),
        replace(other, name="a", measurements=(replace(volts, name="b/c"),)),
    )
    assert recompute(to_json(replace(PASSES, phases=phases))).equal


# --- what was changed ----------------------------------------------------------------------------

_VERDICTS = ("passed", "passed_guarded", "outcome", "outcome_guarded", "guarded", "value")
_VERDICTS += ("low", "high", "guard_low", "guard_high")


def _changes() -> Iterator[tuple[str, Callable[[dict[str, Any]], None]]]:
    """Each number that was read and each verdict, changed by itself."""
    whole = json.loads(to_json(made()))

    def visit(node: Any, way: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(value, dict | list):
                yield from visit(value, (*way, key))
            elif way and way[-1] == "raw" or (key in _VERDICTS and "raw" not in way):
                yield (*way, key)

    for way in visit(whole, ()):

        def change(data: dict[str, Any], way: tuple[Any, ...] = way) -> None:
            for key in way[:-1]:
                data = data[key]
            was = data[way[-1]]
            if isinstance(was, bool):
                data[way[-1]] = not was
            elif was in (PASSED, FAILED):
                data[way[-1]] = PASSED if was == FAILED else FAILED
            else:
                data[way[-1]] = str(Decimal(was) + Decimal("0.0001"))

        yield "/".join(map(str, way)), change


CHANGES = dict(_changes())


def test_all_of_them_are_changed() -> None:
    # 4, 3 and 3 readings; 7 of each verdict, 2 of each phase and of the whole.
    assert len(CHANGES) == 10 + 3 * 7 + 2 * 2 + 2


@pytest.mark.parametrize("way", CHANGES)
def test_F5_a_change_is_found(way: str) -> None:
    whole = json.loads(to_json(made()))
    changed = copy.deepcopy(whole)
    CHANGES[way](changed)
    found = recompute(json.dumps(changed))
    assert not found.equal
    # A report says so, too.
    assert differences(from_json(json.dumps(changed))) == [*found.differences]
    assert differences(made()) == []


def test_a_verdict_that_is_gone_is_found() -> None:
    whole = json.loads(to_json(made()))
    for name in ("passed", "guarded", "value"):
        less = copy.deepcopy(whole)
        del less["phases"][0]["measurements"][0][name]
        (told, *_) = recompute(json.dumps(less)).differences
        assert f"{name} was not there" in told


# --- what is no record ---------------------------------------------------------------------------


def _changed(**values: Any) -> str:
    return json.dumps({**json.loads(to_json(made())), **values})


def _measured(**values: Any) -> str:
    whole = json.loads(to_json(made()))
    whole["phases"][0]["measurements"][0].update(values)
    return json.dumps(whole)


def _scaled(**values: Any) -> str:
    scale = json.loads(to_json(made()))["scale"]
    return _changed(scale={**scale, **values})


@pytest.mark.parametrize(
    "data",
    (
        *("", "[]", "{}", "5", "null", '"x"', "[" * 100_000, _changed(form="steelyard/test/2")),
        *(_changed(phases=5), _changed(phases=[5]), _changed(phases=["x"]), _changed(dut=5)),
        *(_changed(scale=None), _changed(started="soon"), _changed(weights=[5])),
        *(_scaled(ranges=[]), _scaled(ranges=[["15"]]), _scaled(ranges=[["15", "NaN"]])),
        *(_scaled(ranges=[["15", "1e999999999"]]), _scaled(ranges=[[15, 5]])),
        *(_scaled(**{"class": "III"}), _scaled(min="Infinity"), _scaled(**{"class": None})),
        _scaled(**{"class": 0}).replace('"class": 0', '"class": 1e400'),
        *(_measured(raw=5), _measured(raw={"load": 2.5}), _measured(raw={"load": None})),
        *(_measured(raw={"load": ["2.5"]}), _measured(raw=[["load", 1]])),
    ),
)
def test_what_is_no_record_is_refused_in_a_sentence(data: str) -> None:
    with pytest.raises(UserError, match="this is no record of a test") as caught:
        from_json(data)
    assert caught.value.exit_code == USAGE
