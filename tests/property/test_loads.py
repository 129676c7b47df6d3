"""The load list of R 76-1, A.4.4.1, the pieces of each load, and substitution (3.7.3)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction as F
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from steelyard.errors import VERDICT, UserError
from steelyard.factory import r111, weights_file
from steelyard.factory.loads import (
    Choice,
    beside,
    combine,
    highest,
    loads,
    missing_tenths,
    points,
    warnings,
)
from steelyard.factory.measurement import Scale
from steelyard.factory.substitution import ERROR, SAME, ZERO, share
from steelyard.factory.weights import Piece, WeightSet, limit_error, nominal, problems
from steelyard_wire.classes import check
from steelyard_wire.codes import Refused
from steelyard_wire.quantity import unit_id

EXAMPLE = Path(__file__).parents[2] / "docs" / "weights.example.toml"
TODAY = date(2026, 11, 29)
# Table 6 in e, written again: where the error is one half, one, and one and a half.
BANDS = {2: (5000, 20000), 3: (500, 2000), 4: (50, 200)}
LOWEST_MIN = {2: 50, 3: 20, 4: 10}


def scale(*ranges: tuple[str, str], accuracy: int = 3, unit: str = "kg", least: str = "") -> Scale:
    exact = tuple((F(most), F(e)) for most, e in ranges)
    return Scale(accuracy, exact, unit, F(least) if least else LOWEST_MIN[accuracy] * exact[0][1])


SHOP = scale(("15", "0.005"))
# The scale, and its loads: Min, where the error changes (metrology.md, 1.2), Max - 5 e.
POINTS = [
    (SHOP, "0.1 2.5 10 14.975"),
    (scale(("3", "0.001")), "0.02 0.5 2 2.995"),
    (scale(("6", "0.002")), "0.04 1 4 5.99"),
    (scale(("30", "0.01")), "0.2 5 20 29.95"),
    (scale(("500", "5"), accuracy=4, unit="g"), "50 250 475"),
    (scale(("60", "0.001"), accuracy=2), "0.05 5 20 59.995"),
    # The example of 3.3: 5 e below 2000 g and 5000 g, where the interval changes.
    (
        scale(("2000", "1"), ("5000", "2"), ("15000", "10"), unit="g"),
        "20 500 1995 4000 4990 14950",
    ),
    # Min below 100 mg is no load.
    (scale(("20", "0.001"), accuracy=2, unit="g", least="0.02"), "5 19.995"),
]


@pytest.mark.parametrize(("one", "wanted"), POINTS)
def test_F3_the_points_that_no_list_may_be_without(one: Scale, wanted: str) -> None:
    assert points(one) == [F(load) for load in wanted.split()]
    for count in (5, 10):
        found = loads(one, count)
        assert set(points(one)) <= set(found) and len(found) >= count
        assert warnings(one, found) == []


def test_the_loads_between_are_round_ones() -> None:
    assert loads(SHOP, 10) == [F(load) for load in "0.1 2.5 4 5 6 8 10 12 13 14.975".split()]
    assert loads(scale(("6", "0.002")), 5) == [F(load) for load in "0.04 1 2 4 5.99".split()]


STEPS = [F(digit) * F(10) ** power for power in range(-3, 3) for digit in (1, 2, 5)]


@st.composite
def scales(draw: st.DrawFn) -> Scale:
    """Any that R 76-1 allows (Tables 3 and 4), in grams."""
    accuracy = draw(st.sampled_from([2, 3, 4]))
    first = draw(st.integers(0, len(STEPS) - 3))
    count = draw(st.integers(1, 3))
    ranges: list[tuple[F, F]] = []
    for e in STEPS[first : first + count]:
        low = ranges[-1][0] / e + 20 if ranges else 100
        n = draw(st.integers(int(low), {2: 100000, 3: 10000, 4: 1000}[accuracy]))
        ranges.append((n * e, e))
    whole = tuple((int(most * 1000), int(e * 1000)) for most, e in ranges)
    least = LOWEST_MIN[accuracy] * ranges[0][1]
    try:
        check(accuracy, unit_id("g"), -3, whole, int(least * 1000), 0)
    except Refused:
        assume(False)
    return Scale(accuracy, tuple(ranges), "g", least)


def widest(one: Scale, found: list[F]) -> F:
    ends = found if one.least in found else [F(0), *found]
    return max(after - before for before, after in pairwise(ends))


@settings(max_examples=60)
@given(scales(), st.integers(5, 15))
def test_F3_the_list_of_any_scale_keeps_the_rules(one: Scale, count: int) -> None:
    found = loads(one, count)
    assert found == sorted(set(found)) and len(found) >= count
    assert [warning for warning in warnings(one, found) if "few" not in warning] == []
    below = F(0)
    if one.least >= F("0.1"):
        assert found[0] == one.least
    last_most, last_e = one.ranges[-1]
    assert found[-1] == last_most - 5 * last_e
    for most, e in one.ranges:
        inside = [load for load in found if below < load <= most]
        assert max(inside) == most - 5 * e
        assert all((load / e).denominator == 1 for load in inside)
        for edge in BANDS[one.accuracy]:
            if max(below, one.least) < edge * e <= most - 5 * e:
                assert edge * e in inside
        below = most
    # Every gap between the points can be divided once, and no part is more than two thirds.
    narrow = loads(one, 2 * len(points(one)) + 1)
    assert widest(one, narrow) <= widest(one, points(one)) * 2 / 3


def test_net_loads_are_those_of_what_a_tare_leaves() -> None:
    # A.4.6.1: five net loads at least, with those where the error changes (500 e, 2000 e), and as
    # much as the tare leaves. 1.5 kg and 5 kg are Max/10 and Max/3 (metrology.md, 4.1, step 7).
    for tare, needed in (("1.5", "0.1 2.5 10 13.475"), ("5", "0.1 2.5 9.975")):
        nets = loads(beside(SHOP, F(tare)), 5)
        assert len(nets) == 5 and set(map(F, needed.split())) <= set(nets)
        # The weights of the docs make each, together with the tare.
        for net in nets:
            assert combine(weights_file.read(EXAMPLE), F(tare) + net, SHOP, TODAY).exact
    # 10 kg of two ranges: the first one alone is left.
    assert loads(beside(scale(("6", "0.002"), ("15", "0.005")), F(10)), 5)[-1] == F("4.99")


@settings(max_examples=40)
@given(scales())
def test_a_list_without_a_point_is_warned_of(one: Scale) -> None:
    whole = loads(one, 5)
    for point in points(one):
        rest = [load for load in whole if abs(load - point) > 10 * one.interval(point)]
        assert any("missing" in said or "changes" in said for said in warnings(one, rest))


def test_F3_warnings_say_what_to_take() -> None:
    found = warnings(SHOP, [F("0.1"), F(5), F(10), F(15)])
    assert found == [
        "4 loads are few: R 76-1, A.4.4.1 has 5 at least",
        "15 kg is so near to Max, or beyond, that nothing may be shown: take 14.975 kg, Max - 5 e",
        "no load is where the maximum permissible error changes: add 2.5 kg",
        "Max - 5 e is missing: add 14.975 kg",
    ]
    assert warnings(SHOP, map(F, ("0.5", "2.49", "5", "9.98", "14.95"))) == [
        "Min is missing: add 0.1 kg"
    ]
    two = scale(("3", "0.001"), ("15", "0.005"))
    (found_at, *_) = warnings(two, [*loads(two, 10), F(3)])
    assert found_at == (
        "at 3 kg the scale interval changes, and either may be shown: take 2.995 kg, 5 e below"
    )


def piece(mark: str, size: str, name: str = "M1", until: date = date(2027, 6, 1)) -> Piece:
    return Piece(mark, F(size), "kg", name, "K", date(2026, 6, 1), until)


def a_set(*sizes: str, name: str = "M1") -> WeightSet:
    return WeightSet("S", tuple(piece(f"{n}:{size}", size, name) for n, size in enumerate(sizes)))


def marks(choice: Choice) -> list[str]:
    return sorted(one.mark for one in choice.pieces)


def test_every_load_of_a_shop_scale_from_the_example() -> None:
    found = weights_file.read(EXAMPLE)
    for load in loads(SHOP, 10):
        choice = combine(found, load, SHOP, TODAY)
        assert choice.exact and choice.load == load == nominal(choice.pieces, "kg")
        assert problems(SHOP, load, choice.pieces, TODAY) == []
    assert marks(combine(found, F(10), SHOP, TODAY)) == ["10"]
    left = [one for one in found.pieces if one.mark.startswith("t")]
    assert missing_tenths(SHOP, left, F(5)) == []
    assert missing_tenths(scale(("6", "0.002")), left, F(5))[0] == F("0.0002")
    assert combine(found, F(0), SHOP, TODAY) == Choice(F(0), (), F(0))


def test_one_body_unless_it_is_too_wrong_or_its_certificate_has_ended() -> None:
    bad, good = piece("bad", "10", "M3"), [piece("a", "5"), piece("b", "5")]
    assert marks(combine(WeightSet("S", (bad, *good)), F(10), SHOP, TODAY)) == ["a", "b"]
    old = piece("old", "10", until=date(2026, 1, 1))
    assert marks(combine(WeightSet("S", (old, *good)), F(10), SHOP, TODAY)) == ["a", "b"]
    # Nothing good enough: what there is, and `problems` says why not.
    choice = combine(WeightSet("S", (bad,)), F(10), SHOP, TODAY)
    assert marks(choice) == ["bad"] and problems(SHOP, F(10), choice.pieces, TODAY)


def test_the_nearest_load_is_on_the_same_side_of_a_change() -> None:
    # 10.1 and 9.5 are as near to 9.8, but beyond 10 kg the error is another one.
    choice = combine(a_set("5", "2", "2", "0.5", "10", "0.1"), F("9.8"), SHOP, TODAY)
    assert choice.made == F("9.6") and not choice.exact
    (note,) = choice.notes
    assert note == (
        "9.8 kg cannot be made exactly: 9.6 kg is the nearest. To make it add 200 g of class M3 or"
        " better"
    )
    with pytest.raises(UserError) as caught:
        combine(a_set("10", "5"), F("2.5"), SHOP, TODAY)
    assert caught.value.exit_code == VERDICT and "cannot make 2.5 kg" in caught.value.sentence
    assert caught.value.sentence.endswith("To make it add 2 kg + 500 g of class M2 or better")
    for load in (F(-1), F(16)):
        with pytest.raises(UserError, match="choose one from 0 to Max"):
            combine(a_set("10"), load, SHOP, TODAY)


SIZES = st.lists(st.sampled_from(["10", "5", "2", "1", "0.5", "0.2", "0.1"]), max_size=12)


@settings(max_examples=60)
@given(SIZES, st.integers(0, 3000), st.sampled_from(["M1", "M2", "M3"]))
def test_what_is_chosen_is_what_was_wanted(sizes: list[str], n: int, name: str) -> None:
    found, load = a_set(*sizes, name=name), n * F("0.005")
    try:
        choice = combine(found, load, SHOP, TODAY)
    except UserError as error:
        assert error.exit_code == VERDICT and len(error.sentence) > 60
        return
    assert choice == combine(found, load, SHOP, TODAY)
    assert len({one.mark for one in choice.pieces}) == len(choice.pieces)
    material = choice.substitution.steps[-1].material if choice.substitution else F(0)
    assert nominal(choice.pieces, "kg") + material == choice.made
    assert SHOP.mpe(choice.made) == SHOP.mpe(load)
    assert choice.exact or choice.notes


@settings(max_examples=25)
@given(
    st.lists(st.sampled_from(r111.NOMINALS[9:22]), min_size=40, max_size=40), st.integers(1, 3000)
)
def test_forty_pieces_are_no_trouble(sizes: list[F], n: int) -> None:
    pieces = tuple(
        Piece(f"w{at}", size, "g", "M1", "K", TODAY, TODAY) for at, size in enumerate(sizes)
    )
    choice = combine(WeightSet("S", pieces), n * F("0.005"), SHOP, TODAY)
    assert nominal(choice.pieces, "kg") == choice.made or choice.substitution


# 3.7.3: repeatability in e, and how much of Max has to be weights.
@pytest.mark.parametrize(
    ("repeatability", "wanted"),
    [
        (None, "1/2"),
        ("0.31", "1/2"),
        ("0.3", "1/3"),
        ("0.21", "1/3"),
        ("0.2", "1/5"),
        ("0", "1/5"),
    ],
)
def test_how_much_of_max_are_weights(repeatability: str | None, wanted: str) -> None:
    known = None if repeatability is None else F(repeatability) * F("0.005")
    assert share(SHOP, known) == F(wanted)


PLATFORM = scale(("60", "0.02"))


def test_substitution_up_to_max() -> None:
    found = a_set("10", "10", "5", "2", "2", "1")
    choice = combine(found, F("59.9"), PLATFORM, TODAY, F("0.004"))
    way = choice.substitution
    assert way is not None and way.share == F("1/5") and way.portion >= F(12)
    assert [step.reads for step in way.steps] == [
        ZERO,
        ERROR,
        *(SAME, ERROR) * (len(way.steps) // 2 - 1),
    ]
    before = way.steps[1]
    for same, after in zip(way.steps[2::2], way.steps[3::2], strict=True):
        # Material alone, as heavy as everything before; known worse by e/10 and the repeatability.
        assert (same.weights, same.material, same.load) == ((), before.load, before.load)
        assert same.wrong == before.wrong + F("0.002") + F("0.004")
        assert after.load == same.material + nominal(after.weights, "kg")
        assert after.wrong == same.wrong + limit_error(after.weights, "kg")
        before = after
    assert way.steps[-1].load == choice.made == F(59) and "59 kg is the nearest" in way.notes[0]
    assert choice.pieces == way.steps[-1].weights


def test_substitution_with_equal_parts() -> None:
    choice = combine(a_set("20", "10"), F(60) - F("0.1") - F("29.9"), PLATFORM, TODAY)
    assert choice.substitution is None and choice.made == 30
    choice = combine(a_set("20", "10", "5"), F(50), PLATFORM, TODAY)
    way = choice.substitution
    assert way is not None and way.steps[-1].load == 50 and choice.exact
    assert way.steps[1].load in (25, 30, 35) and "repeatability is not known" in way.notes[0]


def test_a_set_that_is_too_small_even_so() -> None:
    with pytest.raises(UserError) as caught:
        combine(a_set("10", "5"), F(59), PLATFORM, TODAY)
    assert caught.value.sentence == (
        "59 kg cannot be reached: S has 15 kg of weights that may be used, and substitution needs"
        " 30 kg (20 kg where the repeatability is 0.006 kg or better, 12 kg where the"
        " repeatability is 0.004 kg or better) (R 76-1, 3.7.3). Add weights of 15 kg or more"
    )
    with pytest.raises(UserError, match=r"needs 20 kg with a repeatability of 0.005 kg"):
        combine(a_set("10", "5"), F(59), PLATFORM, TODAY, F("0.005"))
    with pytest.raises(UserError) as caught:
        combine(a_set("10", "10", "10", name="M3"), F("59.9"), PLATFORM, TODAY)
    assert "30 kg of 0:10 + 1:10 + 2:10 may be wrong by 15 g for the" in caught.value.sentence
    assert caught.value.sentence.endswith("take weights of class M2 or better")


def test_by_certificates_that_have_ended_nothing_is_made() -> None:
    old = WeightSet("S", (piece("old", "10", until=date(2026, 11, 28)),))
    with pytest.raises(UserError, match=r"S has 0 kg of weights that may be used"):
        combine(old, F(10), SHOP, TODAY)
    assert highest(SHOP) == F("14.975")
