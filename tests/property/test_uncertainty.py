"""EURAMET cg-18: the worked examples, Student's t against scipy, the line of use."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats
from steelyard.factory import r111, uncertainty
from steelyard.factory.uncertainty import Budget, Piece, Weighed, budget

_M1 = [Piece(10000, float(r111.mpe(Fraction(10000), "M1"))), Piece(5000, 0.25)]


def test_F7_several_bodies_on_15_kg() -> None:
    # metrology.md, 5.1: 15 kg / 5 g, s = 1.2 g, M1 load of 10 and 5 kg, eccentricity 5 g at 5 kg.
    found = budget(Weighed(5, 5, 1.2, off_centre=(5, 5000)), 15000, _M1)
    assert round(found.indication, 2) == 4.94
    assert round(found.reference, 2) == 0.47
    assert found.k == 2
    assert round(found.expanded, 1) == 9.9


def test_F7_one_body_after_setting_zero() -> None:
    found = budget(Weighed(5, 5, 1.2, zeroed=True), 15000, _M1)
    assert round(found.indication, 2) == 2.01
    assert round(found.expanded, 1) == 4.1


def test_coverage_factors_are_those_of_student() -> None:
    for freedom in (*range(1, 60), 75, 101, 400):
        expected = stats.t.ppf((1 + 0.9545) / 2, freedom)
        assert uncertainty.coverage_factor(freedom) == pytest.approx(expected, rel=1e-9)
    # The table of the GUM (G.2) in its own figures.
    assert [round(uncertainty.coverage_factor(n), 2) for n in (1, 2, 5, 10, 20, 50)] == [
        *(13.97, 4.53, 2.65, 2.28, 2.13, 2.05)
    ]
    with pytest.raises(ValueError, match="freedom"):
        uncertainty.coverage_factor(0)


def test_few_weighings_that_decide_make_k_larger() -> None:
    few = budget(Weighed(0.01, 0.01, 1.2, weighings=3), 15000, _M1)
    assert few.freedom == pytest.approx(few.standard**4 / (1.2**4 / 2))
    assert few.k == uncertainty.coverage_factor(math.floor(few.freedom)) > 3
    # The same few weighings hardly count beside the eccentricity.
    assert budget(Weighed(5, 5, 1.2, 5, off_centre=(5, 5000)), 15000, _M1).k == 2
    assert budget(Weighed(0.01, 0.01, 1.2, weighings=10), 15000, _M1).k == 2


def test_weights_with_certificates_and_buoyancy_of_an_old_adjustment() -> None:
    pieces = [Piece(10000, 0.5, 0.16, 2), Piece(5000, 0.25)]
    mass, drift, buoyancy = uncertainty.reference(pieces, adjusted=False)
    assert mass.u == pytest.approx(0.08 + 0.25 / math.sqrt(3))  # linear: one set, one laboratory
    assert drift.u == pytest.approx(0.25 / math.sqrt(3))
    assert buoyancy.u == pytest.approx((0.1 * 1.2 / 8000 * 15000 + 0.75 / 4) / math.sqrt(3))


@given(
    some.lists(some.floats(-50, 50, allow_subnormal=False), min_size=2, max_size=30),
)
def test_the_standard_deviation_is_numpys(values: list[float]) -> None:
    import numpy as np

    assert uncertainty.standard_deviation(values) == pytest.approx(
        float(np.std(values, ddof=1)), rel=1e-9, abs=1e-12
    )


@given(some.floats(0, 20), some.integers(2, 40), some.floats(100, 15000))
def test_no_contribution_makes_it_smaller(s: float, n: int, load: float) -> None:
    known = Weighed(5, 5, s, n)
    plain = budget(known, load, [])
    assert plain.standard <= budget(known, load, _M1).standard
    off = Weighed(5, 5, s, n, off_centre=(5, 5000))
    assert plain.standard <= budget(off, load, []).standard
    assert 2 <= plain.k <= uncertainty.coverage_factor(1)
    assert Budget(plain.contributions[:2]).freedom == math.inf


def test_the_line_of_use_and_the_minimum_weight() -> None:
    known = Weighed(5, 0.5, 1.2)
    points = [(load, 0.5, budget(known, load, []).standard) for load in (0, 5000, 10000, 15000)]
    use = uncertainty.in_use(known, points)
    # The same at each load: a line without a slope.
    u = math.hypot(points[0][2], 5 / math.sqrt(12), 5 / math.sqrt(12), 1.2)
    assert use.beta == pytest.approx(0, abs=1e-12)
    assert use.of(7000) == pytest.approx(2 * u + 0.5)
    assert use.least(0.01, 2) == pytest.approx((2 * u + 0.5) * 2 / 0.01)
    steep = uncertainty.in_use(known, points, temperature=0.03, adjustment=0.01, buoyancy=1e-4)
    assert steep.beta > 0.01
    assert steep.least(0.01) is None
    with pytest.raises(ValueError, match="two readings"):
        uncertainty.in_use(known, points[:1])


def test_two_significant_figures() -> None:
    cases = {9.9: 1, 4.13: 1, 0.47: 2, 0.0947: 3, 0.0999: 2, 12: 0, 0: 0}
    assert {u: uncertainty.two_figures(u) for u in cases} == cases
