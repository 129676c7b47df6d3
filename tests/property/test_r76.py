"""OIML R 76-1: maximum permissible errors and the changeover point, by the standard's examples."""

from __future__ import annotations

from fractions import Fraction as F

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from steelyard.r76 import before_rounding, change_points, error, mpe
from steelyard_wire.classes import check
from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.quantity import unit_id

II, III, IIII = 2, 3, 4


def one(most: int, e: int) -> list[tuple[F, F]]:
    return [(F(most), F(e))]


# Table 6, in e: class, load, error. The limit of a band belongs to it.
TABLE_6 = [
    (II, 0, "0.5"),
    (II, 5000, "0.5"),
    (II, 5001, "1"),
    (II, 20000, "1"),
    (II, 20001, "1.5"),
    (II, 100000, "1.5"),
    (III, 500, "0.5"),
    (III, 501, "1"),
    (III, 2000, "1"),
    (III, 2001, "1.5"),
    (III, 10000, "1.5"),
    (IIII, 50, "0.5"),
    (IIII, 51, "1"),
    (IIII, 200, "1"),
    (IIII, 201, "1.5"),
    (IIII, 1000, "1.5"),
]


@pytest.mark.parametrize(("accuracy", "load", "wanted"), TABLE_6)
def test_W3_bands_and_their_inclusive_edges(accuracy: int, load: int, wanted: str) -> None:
    most = {II: 100000, III: 10000, IIII: 1000}[accuracy]
    assert mpe(accuracy, one(most * 5, 5), F(load * 5)) == F(wanted) * 5
    assert mpe(accuracy, one(most * 5, 5), F(-load * 5)) == F(wanted) * 5


# The example of 3.3: class III, e = 1/2/10 g, Max = 2/5/15 kg.
EXAMPLE = [(F(2000), F(1)), (F(5000), F(2)), (F(15000), F(10))]


@pytest.mark.parametrize(
    ("grams", "wanted"),
    [
        (0, "0.5"),
        (400, "0.5"),
        (500, "0.5"),
        (501, "1"),
        (2000, "1"),
        ("2000.5", "2"),
        (4000, "2"),
        (4001, "3"),
        (5000, "3"),
        (5001, "10"),
        (15000, "10"),
    ],
)
def test_W3_multi_interval(grams: int | str, wanted: str) -> None:
    assert mpe(III, EXAMPLE, F(grams)) == F(wanted)


def test_W3_where_the_error_changes() -> None:
    assert change_points(III, EXAMPLE) == [500, 2000, 4000, 5000]
    assert change_points(III, one(15000, 5)) == [2500, 10000]
    assert change_points(IIII, one(1000, 5)) == [250]
    with pytest.raises(ValueError, match="II, III, IIII"):
        mpe(1, EXAMPLE, F(1))


@given(st.sampled_from([II, III, IIII]), st.integers(0, 15000 * 20), st.integers(1, 400))
def test_W3_more_load_has_no_smaller_error(accuracy: int, load: int, more: int) -> None:
    at = mpe(accuracy, EXAMPLE, F(load, 20))
    beyond = mpe(accuracy, EXAMPLE, F(load + more, 20))
    assert at <= beyond
    if at != beyond:
        edges = change_points(accuracy, EXAMPLE)
        assert any(F(load, 20) <= edge < F(load + more, 20) for edge in edges)


def test_the_changeover_point() -> None:
    """The worked examples of A.4.10 and A.4.11: e = 5 g, dL to the flip, P before rounding."""
    for added, wanted in (("2.5", "7500.0"), ("3.0", "7499.5")):
        assert before_rounding(F(7500), F(5), F(added)) == F(wanted)
    creep = [before_rounding(F(15000), F(5), F(x)) for x in ("3.5", "3.0", "2.5", "2.5")]
    assert creep == [F("14999.0"), F("14999.5"), F(15000), F(15000)]
    assert max(creep) - min(creep) == 1 and creep[3] - creep[2] == 0
    # 10 e on the scale for E0: I = 50, dL = 3: P = 49.5, E0 = -0.5; at 1000 g P = 999, Ec = -0.5.
    at_zero = error(F(50), F(5), F(3), F(50), F(0))
    assert at_zero == F("-0.5")
    assert error(F(1000), F(5), F("3.5"), F(1000), at_zero) == F("-0.5")


# Table 3, in grams: class, from e, to e, fewest n, most n, lowest Min in e.
TABLE_3 = [
    (II, F("0.001"), F("0.05"), 100, 100000, 20),
    (II, F("0.1"), None, 5000, 100000, 50),
    (III, F("0.1"), F(2), 100, 10000, 20),
    (III, F(5), None, 500, 10000, 20),
    (IIII, F(5), None, 100, 1000, 10),
]
GRAMS = {"g": F(1), "kg": F(1000), "mg": F(1, 1000), "t": F(1000000)}


def in_table_3(accuracy: int, most: int, e: int, unit: str, exp10: int, least: int) -> bool:
    """Whether a single range is a scale, from the table as it is printed."""
    step = GRAMS[unit] * F(10) ** exp10
    for row, low, high, fewest, highest, first in TABLE_3:
        if row == accuracy and low <= e * step and (high is None or e * step <= high):
            return fewest <= F(most, e) <= highest and (not least or first * e <= least <= most)
    return False


@settings(max_examples=400)
@given(
    st.sampled_from([II, III, IIII]),
    st.sampled_from([1, 2, 5]),
    st.integers(0, 4),
    st.sampled_from(sorted(GRAMS)),
    st.integers(-6, 3),
    st.sampled_from([99, 100, 101, 499, 500, 999, 1000, 1001, 4999, 5000, 10000, 10001, 100000]),
    st.sampled_from([0, 9, 10, 19, 20, 49, 50]),
)
def test_W1_a_scale_is_taken_if_the_table_has_it(
    accuracy: int, digit: int, zeros: int, unit: str, exp10: int, n: int, least: int
) -> None:
    e = digit * 10**zeros
    wanted = in_table_3(accuracy, n * e, e, unit, exp10, least * e)
    try:
        check(accuracy, unit_id(unit), exp10, ((n * e, e),), least * e, 0)
        assert wanted
    except Refused as refused:
        assert not wanted and refused.code == ARGUMENT
