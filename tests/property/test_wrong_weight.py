"""Which weight lay there: named rightly when it was another one, nothing said when it was not.

Owns: what wrong_weight.guess makes of counts that are drawn from known weights.
Units: kg; counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from steelyard.wrong_weight import guess

SAID = tuple(Fraction(load) for load in (5, 10, 15))


def captured(
    said: Sequence[Fraction], lay: Sequence[Fraction], slope: int = 100_000, zero: int = 8_000
) -> list[tuple[Fraction, int]]:
    return [(Fraction(0), zero)] + [
        (load, zero + round(slope * real)) for load, real in zip(said, lay, strict=True)
    ]


@pytest.mark.parametrize("order", ((5, 10, 15), (10, 5, 15), (10, 15, 5), (15, 10, 5)))
def test_two_for_five_is_named_wherever_it_lay(order: tuple[int, ...]) -> None:
    said = [Fraction(load) for load in order]
    lay = [Fraction(2) if load == 5 else load for load in said]
    assert guess(captured(said, lay)) == (5, 2, 2)


@pytest.mark.parametrize("loads", ((5, 10), (10, 5)))
def test_of_two_loads_the_one_is_wrong_that_would_be_a_weight(loads: tuple[int, int]) -> None:
    # 2 kg for 5 kg: had the 10 kg been wrong, 25 kg would have lain there, which there are not.
    said = [Fraction(load) for load in loads]
    lay = [Fraction(2) if load == 5 else load for load in said]
    assert guess(captured(said, lay)) == (5, 2, 2)


def test_two_pieces_are_named_from_those_at_hand() -> None:
    at_hand = [Fraction(one) for one in ("0.5", "1", "2", "5", "10")]
    for lay in (Fraction(7), Fraction(6), Fraction("5.5"), Fraction("8")):
        found = guess(captured(SAID, (Fraction(5), lay, Fraction(15))), at_hand)
        assert found == (10, lay, lay)
    # Without them, or without one that would do, what it weighs is all that can be said.
    assert guess(captured(SAID, (Fraction(5), Fraction(7), Fraction(15)))) == (10, 7, None)
    odd = guess(captured(SAID, (Fraction(5), Fraction("8.8"), Fraction(15))), at_hand)
    assert odd == (10, Fraction("8.8"), None)


def test_nothing_is_said_of_a_bent_cell() -> None:
    # A thousand millionths of Max, highest in the middle, either way.
    for bend in (Fraction(1, 1000), Fraction(-1, 1000)):
        lay = [load + 4 * bend * load * (15 - load) / 15 for load in SAID]
        assert guess(captured(SAID, lay)) is None
        assert guess(captured(SAID[:2], lay[:2])) is None


def test_nothing_can_be_said() -> None:
    assert guess([(Fraction(0), 5)]) is None
    assert guess(captured(SAID[:1], (Fraction(2),))) is None
    # The cell is wired the other way round: another message says so.
    assert guess(captured(SAID, SAID, slope=-100_000)) is None
    falling = captured(SAID, (Fraction(5), Fraction(-1), Fraction(15)))
    assert guess(falling) is None


_slopes = st.integers(20_000, 400_000)
_zeros = st.integers(-1_000_000, 1_000_000)
_loads = st.lists(
    st.sampled_from([Fraction(one) for one in ("0.5", "1", "2", "3", "5", "6", "10", "15", "30")]),
    min_size=2,
    max_size=6,
    unique=True,
)
_noise = st.integers(-20, 20)


@settings(max_examples=40)
@given(_loads, _slopes, _zeros, st.data())
def test_right_weights_are_never_suspected(
    loads: list[Fraction], slope: int, zero: int, data: st.DataObject
) -> None:
    points = captured(loads, loads, slope, zero)
    noisy = [(load, counts + data.draw(_noise)) for load, counts in points]
    assert guess(noisy) is None


@settings(max_examples=40)
@given(_loads, _slopes, _zeros, st.data())
def test_a_weight_that_is_off_is_always_suspected_and_the_right_one_named(
    loads: list[Fraction], slope: int, zero: int, data: st.DataObject
) -> None:
    assume(len(loads) > 2)
    at = data.draw(st.integers(0, len(loads) - 1))
    share = data.draw(st.fractions("0.1", "0.97") | st.fractions("1.03", "8"))
    lay = [load * (share if number == at else 1) for number, load in enumerate(loads)]
    points = captured(loads, lay, slope, zero)
    noisy = [(load, counts + data.draw(_noise)) for load, counts in points]
    assume(all(counts > zero for _, counts in noisy[1:]))
    found = guess(noisy)
    assert found is not None
    load, seems, _ = found
    assert load == loads[at]
    # Within the noise of two captures, and its quotient with the other load.
    assert abs(seems - lay[at]) <= lay[at] / 100


@given(_slopes, _zeros, st.permutations([Fraction(one) for one in (1, 2, 5, 10, 20)]), st.data())
def test_a_weight_of_the_series_is_named(
    slope: int, zero: int, loads: list[Fraction], data: st.DataObject
) -> None:
    said = loads[:3]
    lay = [*said[:2], loads[3]]
    at = data.draw(st.integers(0, 2))
    said[at], said[2], lay[at], lay[2] = said[2], said[at], lay[2], lay[at]
    found = guess(captured(said, lay, slope, zero))
    assert found is not None and found[0] == said[at] and found[2] == lay[at]
    assert all(one != other for one, other in pairwise(said))
