"""Standard weights: R 111-1's tolerances, R 76-1's third, and the search for those that will do.

The tolerances are those of a reprint of R 111-1:2004, Table 1, a line for each class there
(abcdocz.com/doc/214925); M1 to M3 are also in a Greek rule for trade weights (opengov.gr, ypoian,
2697), which agrees.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction as F
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard.errors import VERDICT, UserError
from steelyard.factory import r111
from steelyard.factory.combination import Body, above, below, exact
from steelyard.factory.measurement import Scale
from steelyard.factory.weights import (
    Piece,
    WeightSet,
    check,
    limit_error,
    nominal,
    problems,
    said,
    true_value,
    uncertainty,
)

TODAY = date(2026, 11, 29)
# From 1 mg, in mg, each class from its smallest weight on.
REPRINT = {
    "E2": "0.006 0.006 0.006 0.008 0.010 0.012 0.016 0.020 0.025 0.030 0.040 0.050 0.060 0.080"
    " 0.10 0.16 0.30 0.80 1.6 3.0 8.0 16 30 80 160 300 800 1600",
    "F1": "0.020 0.020 0.020 0.025 0.03 0.04 0.05 0.06 0.08 0.10 0.12 0.16 0.20 0.25 0.3 0.5 1.0"
    " 2.5 5 10 25 50 100 250 500 1000 2500 5000 10000 25000",
    "F2": "0.06 0.06 0.06 0.08 0.10 0.12 0.16 0.20 0.25 0.3 0.4 0.5 0.6 0.8 1.0 1.6 3.0 8.0 16 30"
    " 80 160 300 800 1600 3000 8000 16000 30000 80000",
    "M1": "0.20 0.20 0.20 0.25 0.3 0.4 0.5 0.6 0.8 1.0 1.2 1.6 2.0 2.5 3.0 5 10 25 50 100 250 500"
    " 1000 2500 5000 10000 25000 50000 100000 250000",
    "M2": "1.6 2.0 2.5 3.0 4.0 5.0 6.0 8.0 10 16 30 80 160 300 800 1600 3000 8000 16000 30000"
    " 80000 160000 300000 800000",
    "M3": "10 12 16 20 25 30 50 100 250 500 1000 2500 5000 10000 25000 50000 100000 250000 500000"
    " 1000000 2500000",
}
FIRST_MG = {"E2": 1, "F1": 1, "F2": 1, "M1": 1, "M2": 100, "M3": 1000}
NOMINALS_MG = [digit * 10**power for power in range(10) for digit in (1, 2, 5)]


@pytest.mark.parametrize("name", r111.CLASSES)
def test_the_tolerances_are_those_of_the_table(name: str) -> None:
    from_first = [mg for mg in NOMINALS_MG if mg >= FIRST_MG[name]]
    wanted = dict(zip(from_first, REPRINT[name].split(), strict=False))
    assert len(wanted) == len(REPRINT[name].split())
    found = {int(size * 1000): row[name] for size, row in r111.TABLE_1.items() if name in row}
    assert found == {mg: F(text) / 1000 for mg, text in wanted.items()}


def test_what_the_table_does_not_have() -> None:
    for size, name in ((F(3), "M1"), (F("0.5"), "M3"), (F("0.05"), "M2"), (F(1), "M4")):
        with pytest.raises(ValueError, match=r"classes|Table 1"):
            r111.mpe(size, name)
    assert r111.poorest([F(10000), F(5000)], F("2.5")) == ("M2", F("2.4"))
    assert r111.poorest([F(10000)], F("0.001")) is None


def scale(most: str, e: str, accuracy: int = 3, unit: str = "kg") -> Scale:
    return Scale(accuracy, ((F(most), F(e)),), unit, 20 * F(e))


def piece(
    mark: str,
    size: str,
    name: str = "M1",
    unit: str = "kg",
    until: date = date(2027, 6, 1),
    **more: F,
) -> Piece:
    return Piece(mark, F(size), unit, name, "K-1", date(2026, 6, 1), until, **more)


# metrology.md, 4.1: scale, weights, class, their error in g, and whether it is a third or less.
THIRDS = [
    ("15", "0.005", "10 5", "M1", "0.75", True),
    ("15", "0.005", "10 5", "M2", "2.4", True),
    ("15", "0.005", "10 5", "M3", "7.5", False),
    ("6", "0.002", "5 1", "M1", "0.3", True),
    ("6", "0.002", "5 1", "M2", "0.96", True),
    ("6", "0.002", "5 1", "M3", "3", False),
    ("3", "0.001", "2 1", "M1", "0.15", True),
    ("3", "0.001", "2 1", "M2", "0.46", True),
    ("30", "0.01", "20 10", "M2", "4.6", True),
    ("30", "0.01", "20 10", "M3", "15", False),
]


@pytest.mark.parametrize(("most", "e", "sizes", "name", "wrong", "good"), THIRDS)
def test_F1_a_third_of_the_permissible_error_at_max(
    most: str, e: str, sizes: str, name: str, wrong: str, good: bool
) -> None:
    pieces = [piece(f"W{size}", size, name) for size in sizes.split()]
    assert limit_error(pieces, "g") == F(wrong) and limit_error(pieces, "kg") * 1000 == F(wrong)
    found = problems(scale(most, e), F(most), pieces, TODAY)
    assert bool(found) is not good


def test_a_refusal_says_how_wrong_and_what_will_do() -> None:
    bad, good = piece("bad", "10", "M3"), piece("good", "10", "M2")
    shop = scale("15", "0.005")
    with pytest.raises(UserError) as caught:
        check(shop, F(10), [bad], TODAY, [bad, good])
    assert caught.value.exit_code == VERDICT
    assert caught.value.sentence == (
        "10 kg of bad may be wrong by 5 g, and a third of the maximum permissible error there is"
        " 1.667 g (R 76-1, 3.7.1): take one of class M2 or better (10 kg M2: 1.6 g). Of the set,"
        " good will do"
    )
    (found,) = problems(shop, F(15), [bad, piece("b5", "5", "M3")], TODAY)
    assert "15 kg" in found and "7.5 g" in found and "is 2.5 g" in found
    assert found.endswith("take all of class M2 or better (10 kg + 5 kg M2: 2.4 g)")


def test_not_even_the_best_class() -> None:
    many = [piece(f"m{n}", "1", "E2", "g") for n in range(100)]
    (found,) = problems(scale("2000", "0.001", 2, "g"), F(100), many, TODAY)
    assert "no class of weights is good enough" in found and "larger" in found


def test_F1_a_certificate_that_has_ended_or_has_not_begun() -> None:
    old = piece("old", "10", until=date(2026, 11, 28))
    new = piece("new", "10", until=date(2026, 11, 29))
    shop = scale("15", "0.005")
    assert problems(shop, F(10), [new], TODAY) == []
    (found,) = problems(shop, F(10), [old], TODAY, [old, new])
    assert "K-1 of old ended on 2026-11-28" in found and "calibrated anew" in found
    assert found.endswith("Of the set, new will do")
    (found,) = problems(shop, F(10), [new], date(2026, 5, 31))
    assert "K-1 of new is of 2026-06-01, which is to come: correct that day" in found
    other = piece("x5", "5", until=date(2026, 11, 28))
    (found,) = problems(shop, F(15), [old, other], TODAY)
    assert "K-1 of old, x5 ended on 2026-11-28" in found
    assert WeightSet("S", (old, new)).usable(TODAY) == (new,)


def test_other_refusals_of_a_load() -> None:
    shop, five = scale("15", "0.005"), piece("W5", "5")
    (found,) = problems(shop, F(10), [five, five], TODAY)
    assert "W5 cannot be put on twice" in found
    (found,) = problems(shop, F(6), [five], TODAY)
    assert "W5 is 5 kg and not 6 kg" in found
    (found,) = problems(shop, F(6), [], TODAY)
    assert "there are no weights for 6 kg" in found


def test_values_of_certificates() -> None:
    known = piece("a", "10", error=F("-0.00012"), uncertainty=F("0.00015"), k=F(2))
    triple = piece("b", "5000", unit="g", error=F("0.06"), uncertainty=F("0.12"), k=F(3))
    plain = piece("c", "1")
    together = [known, triple, plain]
    assert nominal(together, "kg") == 16
    assert true_value(together, "g") == F("15999.94")
    assert uncertainty(together, "g") == F("0.15") + F("0.08") + F("0.05")
    # The errors count as a whole: -0.12 and +0.06 g.
    assert limit_error(together, "g") == F("0.06") + F("0.28")
    # Class E2 is excused from its error (3.7.1): it is corrected.
    fine = piece("d", "1", "E2", error=F("0.000001"), uncertainty=F("0.0000005"))
    assert limit_error([fine], "mg") == F("0.5") and true_value([fine], "mg") == 1000001


def test_the_row_for_a_record() -> None:
    known = piece("a", "10", error=F("-0.00012"), uncertainty=F("0.00015"))
    (row,) = WeightSet("S", (known,), "ab12").rows([known])
    assert row == {
        "mark": "a",
        "nominal": "10 kg",
        "class": "M1",
        "certificate": "K-1",
        "date": "2026-06-01",
        "valid_until": "2027-06-01",
        "error": "-0.12 g",
        "uncertainty": "0.15 g",
        "k": "2",
        "used": "by certificate",
        "set": "S",
        "digest": "ab12",
    }
    assert piece("c", "1").row()["used"] == "at nominal"
    assert said(F(1, 3)) == "0.3333 g" and said(F(0)) == "0 mg" and said(F("0.05")) == "50 mg"


@given(
    st.lists(
        st.tuples(st.sampled_from(r111.NOMINALS[9:24]), st.sampled_from(r111.CLASSES)),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from([("15", "0.005"), ("6", "0.002"), ("150", "0.05"), ("0.6", "0.0002")]),
    st.lists(
        st.tuples(st.booleans(), st.integers(-60, 60), st.integers(1, 33)), min_size=8, max_size=8
    ),
    st.integers(-400, 400),
)
def test_refused_exactly_where_decimals_say_so(
    sizes: list[tuple[F, str]],
    of_scale: tuple[str, str],
    figures: list[tuple[bool, int, int]],
    days: int,
) -> None:
    pieces = []
    off = doubt = total = Decimal(0)
    for n, ((size, name), (known, error, unsure)) in enumerate(zip(sizes, figures, strict=False)):
        mg = int(size * 1000)
        line = [one for one in NOMINALS_MG if one >= FIRST_MG[name]]
        tolerance = Decimal(REPRINT[name].split()[line.index(mg)])
        values: dict[str, F] = {}
        if known:
            own = tolerance * error / 100
            values = {"error": F(own), "uncertainty": F(tolerance * unsure / 100)}
            doubt += tolerance * unsure / 100
            off += 0 if name == "E2" else own
        else:
            doubt += tolerance
        total += mg
        pieces.append(
            Piece(f"w{n}", F(mg), "mg", name, "K", TODAY, TODAY + timedelta(30), **values)
        )
    most, e = map(Decimal, of_scale)
    load = total / 10**6
    if load > most:
        return
    intervals = load / e
    halves = 1 if intervals <= 500 else 2 if intervals <= 2000 else 3
    too_wrong = (abs(off) + doubt) * 6 > e * 10**6 * halves
    today = TODAY + timedelta(days)
    refused = bool(problems(scale(*of_scale), F(load), pieces, today))
    assert refused is (too_wrong or not 0 <= days <= 30)


BODIES = st.lists(st.sampled_from([1, 2, 2, 5, 10, 20, 50]), max_size=9)


@given(BODIES, st.integers(0, 120))
def test_the_search_is_that_of_trying_everything(sizes: list[int], wanted: int) -> None:
    bodies = [Body(F(size), F(n % 3 + 1)) for n, size in enumerate(sizes)]
    ways: dict[int, list[tuple[int, F]]] = {}
    for n in range(len(sizes) + 1):
        for chosen in combinations(range(len(sizes)), n):
            cost = sum((bodies[index].cost for index in chosen), F(0))
            ways.setdefault(sum(sizes[index] for index in chosen), []).append((n, cost))
    assert below(bodies, F(wanted)) == max(one for one in ways if one <= wanted)
    assert above(bodies, F(wanted)) == min((one for one in ways if one >= wanted), default=None)
    for cheapest in (False, True):
        found = exact(bodies, F(wanted), cheapest)
        if not wanted or wanted not in ways:
            assert found is None
            continue
        assert found is not None and len(set(found)) == len(found)
        assert sum(sizes[index] for index in found) == wanted
        cost = sum((bodies[index].cost for index in found), F(0))
        best = min(ways[wanted], key=lambda way: way[::-1] if cheapest else way)
        assert (len(found), cost) == best
        assert found == exact(bodies, F(wanted), cheapest)
