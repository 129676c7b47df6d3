"""Rules of a test: each on both sides of its limits, the golden vectors, an independent sum.

Owns: what measurement.py says of raw readings. Expected: OIML R 76-1 Table 6 and its clauses, the
published examples of A.4.4.3, A.4.10, A.4.11, A.5.2 and A.5.3. Units: kg, unless a test says g.
"""

from __future__ import annotations

import inspect
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard.factory import measurement
from steelyard.factory.measurement import RULES, Measurement, Raw, Scale, Unusable, text

MARKET = Scale(3, ((Fraction(15), Fraction(5, 1000)),), "kg", Fraction(1, 10))
# In g: the multi-interval example of the standard (3.3), and a single range for those of annex A.
THREE = Scale(
    3,
    tuple((Fraction(most), Fraction(e)) for most, e in ((2000, 1), (5000, 2), (15000, 10))),
    "g",
    20,
)
GRAMS = Scale(3, ((Fraction(15000), Fraction(5)),), "g", Fraction(100))

# rule, raw without the reading, the name of the reading, what it is at a value of 0, and the
# limits: legal and the factory's. None: nothing limits this side.
LIMITS: list[tuple[str, dict[str, str], str, str, str | None, str | None]] = [
    # Table 6, class III: 0.5 e to 500 e, 1 e to 2000 e, 1.5 e above; the factory's are 0.7 of it.
    ("error", {"load": "2.5", "at_zero": "0"}, "fine", "2.5", "0.0025", "0.00175"),
    ("error", {"load": "2.505", "at_zero": "0"}, "fine", "2.505", "0.005", "0.0035"),
    ("error", {"load": "10", "at_zero": "0.001"}, "fine", "10.001", "0.005", "0.0035"),
    ("error", {"load": "10.005", "at_zero": "0"}, "fine", "10.005", "0.0075", "0.00525"),
    ("error", {"load": "-2.5", "at_zero": "0"}, "fine", "-2.5", "0.0025", "0.00175"),
    # 4.5.2 and 4.6.3: a quarter of e; the factory's are 0.2 e. With tracking 10 e lie there.
    ("zero", {"load": "0"}, "fine", "0", "0.00125", "0.001"),
    ("zero", {"load": "0.05"}, "fine", "0.05", "0.00125", "0.001"),
    ("tare", {"load": "0"}, "fine", "0", "0.00125", "0.001"),
    # 4.4.2: what is printed is within e of what shows.
    ("printed", {"load": "7.5", "printed": "7.5"}, "shown", "7.5", "0.005", "0.0035"),
    # 3.9.4.1: 0.5 e in half an hour, 0.2 e in its second half; 3.9.4.2: 0.5 e of zero.
    ("creep", {"load": "15", "before": "14.999"}, "fine", "14.999", "0.0025", "0.00175"),
    ("creep late", {"load": "15", "before": "15"}, "fine", "15", "0.001", "0.0007"),
    ("in place of weights", {"load": "15", "before": "15"}, "fine", "15", "0.0005", "0.0005"),
    ("zero return", {"load": "0", "before": "0.0002"}, "fine", "0.0002", "0.0025", "0.00175"),
    # 3.9.2.3: one e in 5 K, up or down.
    ("zero by temperature", {"before": "0", "kelvin": "20"}, "fine", "0", "0.02", "0.014"),
    ("zero by temperature", {"before": "0", "kelvin": "-50"}, "fine", "0", "0.05", "0.035"),
]
_LEAST = Decimal("0.000000000001")


def judged(rule: str, raw: Raw, scale: Scale = MARKET) -> measurement.Judged:
    return Measurement("it", rule, "", raw).judged(scale)


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: f"{row[0]} {row[1].get('load', '')}")
@pytest.mark.parametrize("sign", (1, -1))
def test_F11_a_limit_is_within_and_the_least_beyond_it_is_not(
    row: tuple[str, dict[str, str], str, str, str, str], sign: int
) -> None:
    rule, known, name, at, legal, factory = row
    # Where the factory wants no more than the law, there is nothing between the two.
    between = [(Decimal(factory) + _LEAST, True, False), (Decimal(legal), True, False)]
    for off, passed, guarded in (
        (Decimal(factory), True, True),
        *(between if factory != legal else []),
        (Decimal(legal) + _LEAST, False, False),
    ):
        found = judged(rule, {**known, name: str(Decimal(at) + sign * off)})
        assert (found.value, found.passed, found.guarded) == (
            sign * Fraction(off),
            passed,
            guarded,
        )


def test_a_rise_is_one_interval_at_least_and_has_no_upper_limit() -> None:
    # 3.8.2.2: 1.4 d more change the indication by d, or more.
    known = {"load": "7.5", "d": "0.005", "before": "7.5"}
    for after, passed in (("7.505", True), ("7.51", True), ("7.504999999", False), ("7.5", False)):
        found = judged("rise", {**known, "after": after})
        assert (found.passed, found.guarded) == (passed, passed)


def test_numbers_are_within_what_a_plan_declares() -> None:
    for value, passed, guarded in (
        ("4.999", False, False),
        ("5", True, False),
        ("6", True, True),
        ("19", True, True),
        ("19.001", True, False),
        ("20.001", False, False),
    ):
        raw = {"value": value, "low": "5", "high": "20", "guard_low": "6", "guard_high": "19"}
        assert (judged("number", raw).passed, judged("number", raw).guarded) == (passed, guarded)
    # Without limits of the factory's own they are the same; a side without one has none.
    high = {"high": "20"}
    assert judged("number", {**high, "value": "20"}).guarded
    assert not judged("number", {**high, "value": "20.1"}).guarded
    assert judged("number", {**high, "value": "-1000000"}).passed
    # A factory's limit that is wider than the legal one lets nothing pass that the law does not.
    wide = judged("number", {"value": "7", "high": "5", "guard_high": "10"})
    assert not wide.passed and not wide.guarded


def test_the_same_is_the_same_text() -> None:
    assert judged("same", {"is": "NONE", "should": "NONE"}).guarded
    for other in ("none", "NONE ", "", "0"):
        assert not judged("same", {"is": other, "should": "NONE"}).passed


def test_one_of_several_texts_one_at_all_and_what_somebody_saw() -> None:
    for said, passed in (("NONE", True), ("VALID", True), ("NONE | VALID", False), ("", False)):
        assert judged("among", {"is": said, "should": "NONE | VALID"}).passed is passed
    for said, passed in (("P-1", True), ("-", False), ("", False), ("  ", False)):
        assert judged("given", {"is": said, "should": "given"}).passed is passed
    right = "as it should be"
    for said, passed in ((right, True), ("not as it should be", False), ("not looked at", False)):
        raw = {"is": said, "should": right}
        assert judged("seen", raw).passed is judged("seen", raw).guarded is passed
        # A limit that asks for nothing lets nothing pass.
        assert not judged("seen", {**raw, "should": said if said != right else "x"}).passed


def test_every_rule_is_tested_here() -> None:
    here = {row[0] for row in LIMITS} | {"rise", "number", "spread", "spread at most", *_OF_TEXTS}
    assert here == set(RULES)


# --- golden vectors ------------------------------------------------------------------------------


def test_repeatability_of_the_standard() -> None:
    # e = 5 g, 7.5 kg: 2.5 g and 3.0 g added give 7.5000 and 7.4995 kg, 0.5 g apart.
    errors = []
    for added, before_rounding in (("2.5", "7500.0"), ("3.0", "7499.5")):
        raw = {"load": "7500", "indication": "7500", "added": added, "at_zero": "0"}
        assert measurement.before_rounding(GRAMS, raw) == Fraction(before_rounding)
        errors.append(text(judged("error", raw, GRAMS).value))
    spread = judged("spread", {"load": "7500", "errors": " ".join(errors)}, GRAMS)
    assert spread.value == Fraction(1, 2) and spread.limits.high == 5
    # 3.6.1: as far apart as one error may be, and no farther.
    for errors_, passed, guarded in (
        ("0 -2 1.5", True, True),
        ("-2.5 2.5", True, False),
        ("-2.5 0 2.501", False, False),
    ):
        found = judged("spread", {"load": "7500", "errors": errors_}, GRAMS)
        assert (found.passed, found.guarded) == (passed, guarded)
    # One weighing is as far from itself as nothing is: that says nothing of the scale.
    with pytest.raises(Unusable, match="one weighing has no spread"):
        judged("spread", {"load": "7500", "errors": "0"}, GRAMS)


def test_creep_of_the_standard() -> None:
    # 15 kg: 3.5, 3.0, 2.5, 2.5 g added after 0, 5, 15, 30 min.
    found = [
        measurement.before_rounding(GRAMS, {"indication": "15000", "added": added})
        for added in ("3.5", "3.0", "2.5", "2.5")
    ]
    assert found == [Fraction(one) for one in ("14999", "14999.5", "15000", "15000")]
    last = {"load": "15000", "indication": "15000", "added": "2.5"}
    whole = judged("creep", {**last, "before": "14999"}, GRAMS)
    assert (whole.value, whole.limits.high, whole.passed) == (1, Fraction(5, 2), True)
    late = judged("creep late", {**last, "before": "15000"}, GRAMS)
    assert (late.value, late.limits.high) == (0, 1)


def test_warm_up_and_temperature_of_the_standard() -> None:
    raw = {"load": "15000", "fine": "14999", "at_zero": "0.8"}
    assert judged("error", raw, GRAMS).value == Fraction("-1.8")
    # Zero at 20.0 g, then at 22.6 g, 20.2 degrees apart: 0.6436 g in 5 degrees.
    drift = judged(
        "zero by temperature", {"fine": "22.6", "before": "20", "kelvin": "20.2"}, GRAMS
    )
    assert drift.limits.high is not None
    assert round(drift.value / drift.limits.high * GRAMS.e, 4) == Fraction("0.6436")
    assert drift.value == Fraction("2.6") and drift.passed


def test_partial_ranges_of_the_standard() -> None:
    # Class III, e = 1/2/10 g to 2/5/15 kg (3.5.1, 3.3): 0.5, 1, 2, 3, 10 g.
    for upto, mpe in ((500, "0.5"), (2000, "1"), (4000, "2"), (5000, "3"), (15000, "10")):
        raw = {"load": str(upto), "fine": str(upto), "at_zero": "0"}
        assert judged("error", raw, THREE).limits.high == Fraction(mpe)
    # Just above: the next line of it.
    for above, mpe in (("500.1", "1"), ("2000.1", "2"), ("4000.1", "3"), ("5000.1", "10")):
        raw = {"load": above, "fine": above, "at_zero": "0"}
        assert judged("error", raw, THREE).limits.high == Fraction(mpe)
    # Near zero e is that of the first range; half an e is that of the indication.
    assert judged("zero", {"load": "0", "fine": "0.25"}, THREE).passed
    assert not judged("zero", {"load": "0", "fine": "0.251"}, THREE).passed
    for indication, p in (("2000", "2000.1"), ("3000", "3000.6"), ("10000", "10004.6")):
        raw = {"indication": indication, "added": "0.4"}
        assert measurement.before_rounding(THREE, raw) == Fraction(p)


def test_a_scale_for_another_place_shows_the_share_of_gravity() -> None:
    raw = {"load": "10", "at_zero": "0", "gravity": "979345/980641"}
    shown = Fraction(10 * 979345, 980641)
    right = {**raw, "fine": "9.98678416"}
    assert abs(judged("error", right).value) < Fraction(1, 10**6)
    assert judged("error", right).value == Fraction("9.98678416") - shown
    assert not judged("error", {**raw, "fine": "10"}).passed
    # The limit is that of the load.
    assert judged("error", {**raw, "load": "2.5", "fine": "2.5"}).limits.high == Fraction("0.0025")


# --- what is of no use ---------------------------------------------------------------------------

_GOOD: dict[str, dict[str, str]] = {
    **{row[0]: {**row[1], row[2]: row[3]} for row in LIMITS},
    "rise": {"load": "7.5", "d": "0.005", "before": "7.5", "after": "7.505"},
    "number": {"value": "1", "high": "2"},
    "spread": {"load": "7.5", "errors": "0 0.001"},
    # 3.7.3: 0.3 e of 5 g, where the weights are a third of Max.
    "spread at most": {"high": "0.0015", "errors": "0 0.0015"},
    "same": {"is": "x", "should": "x"},
    "among": {"is": "x", "should": "w | x"},
    "given": {"is": "x", "should": "given"},
    "seen": {"is": "as it should be", "should": "as it should be"},
}
_OF_TEXTS = ("same", "among", "given", "seen")
_NO_NUMBERS = ("", "NaN", "sNaN", "Infinity", "-inf", "five", "5 kg", "1/2", "0x5", "1e999999999")


@pytest.mark.parametrize("rule", RULES)
def test_F11_what_is_missing_or_no_number_has_no_verdict(rule: str) -> None:
    good = _GOOD[rule]
    assert judged(rule, good).passed
    for name in good:
        less = {key: value for key, value in good.items() if key != name}
        if name == "load" and rule in ("zero by temperature", "rise", "zero return"):
            continue  # which need none
        if (rule, name) == ("number", "high"):
            continue
        with pytest.raises(Unusable, match=f"it: the rule {rule} cannot use what was read"):
            judged(rule, less)
        for bad in _NO_NUMBERS if rule not in _OF_TEXTS else ():
            with pytest.raises(Unusable):
                judged(rule, {**good, name: bad})


def test_what_is_no_text_has_no_verdict() -> None:
    for rule, name in (("error", "fine"), ("spread", "errors"), ("number", "high")):
        for bad in (None, [], {}, [1, 2], object()):
            with pytest.raises(Unusable):
                judged(rule, {**_GOOD[rule], name: bad})  # type: ignore[dict-item]


@pytest.mark.parametrize("gravity", ("", "NaN", "1/0", "0", "-1", "1e999999999", "nothing"))
def test_gravity_that_there_is_nowhere_has_no_verdict(gravity: str) -> None:
    with pytest.raises(Unusable):
        judged("error", {"load": "5", "fine": "5", "at_zero": "0", "gravity": gravity})


def test_a_rule_or_a_class_that_there_is_not() -> None:
    with pytest.raises(Unusable, match="there is no rule 'luck'"):
        judged("luck", {})
    with pytest.raises(Unusable):
        judged("error", _GOOD["error"], Scale(7, MARKET.ranges, "kg", Fraction(0)))
    with pytest.raises(Unusable):
        judged("creep", _GOOD["creep"], Scale(3, (), "kg", Fraction(0)))


# --- an independent sum --------------------------------------------------------------------------

_BANDS = {2: (5_000, 20_000), 3: (500, 2_000), 4: (50, 200)}
_steps = st.sampled_from(
    [Decimal(digit).scaleb(power) for digit in (1, 2, 5) for power in (-4, -3, 0, 1)]
)


@st.composite
def _changeovers(draw: st.DrawFn) -> tuple[int, Decimal, dict[str, Decimal]]:
    """Class, e, and readings in it, often at an edge of Table 6 or of the permissible error."""
    accuracy, e = draw(st.sampled_from((2, 3, 4))), draw(_steps)
    edges = [edge + more for edge in (*_BANDS[accuracy], 20) for more in (-1, 0, 1)]
    steps = draw(st.sampled_from(edges) | st.integers(0, 3 * _BANDS[accuracy][1]))
    off = draw(st.integers(-3, 3))
    tenths, hundredths = draw(st.integers(1, 15)), draw(st.integers(-60, 60))
    return (
        accuracy,
        e,
        {
            "load": steps * e,
            "indication": (steps + off) * e,
            "added": tenths * e / 10,
            "at_zero": hundredths * e / 100,
        },
    )


@given(_changeovers())
def test_F11_the_verdict_is_that_of_a_sum_in_decimals(
    case: tuple[int, Decimal, dict[str, Decimal]],
) -> None:
    accuracy, e, raw = case
    first, second = _BANDS[accuracy]
    load = raw["load"]
    halves = 1 if load <= first * e else 2 if load <= second * e else 3
    error = raw["indication"] + e / 2 - raw["added"] - load - raw["at_zero"]
    scale = Scale(accuracy, ((Fraction(10**9) * Fraction(e), Fraction(e)),), "kg", Fraction(0))
    found = judged("error", {name: str(value) for name, value in raw.items()}, scale)
    assert found.value == Fraction(error)
    assert found.passed == (abs(error) <= halves * e / 2)
    assert found.guarded == (abs(error) * 10 <= 7 * halves * e / 2)


@given(st.decimals(-(10**12), 10**12, places=9) | st.integers(-(10**20), 10**20).map(Decimal))
def test_the_text_of_a_decimal_is_that_decimal(value: Decimal) -> None:
    assert Fraction(Decimal(text(Fraction(value)))) == Fraction(value)
    assert "e" not in text(Fraction(value)).lower()


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**12))
def test_the_text_of_any_number_is_near_it(over: int, under: int) -> None:
    assert abs(Fraction(text(Fraction(over, under))) - Fraction(over, under)) <= Fraction(
        1, 10**12
    )


# --- identification ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module", ("steelyard.r76", "steelyard_wire.classes", measurement.__name__)
)
def test_another_source_is_another_rule(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, read = measurement.rules_digest(), inspect.getsource
    assert len(before) == 16 and int(before, 16) >= 0 and measurement.rules_digest() == before

    def changed(one: object) -> str:
        return read(one) + ("#" if getattr(one, "__name__", "") == module else "")  # type: ignore[arg-type]

    monkeypatch.setattr(inspect, "getsource", changed)
    assert measurement.rules_digest() != before
