"""One weight in other units: sizes of the units, and exact rounding."""

from steelyard_wire.quantity import LEGAL, UNITS
from steelyard_wire.units import NANOGRAMS, convert, interval

_G, _KG, _T, _LB, _OZ, _JIN, _LIANG = [UNITS.index(x) for x in "g kg t lb oz jin liang".split()]


def test_units_have_their_published_sizes():
    # The international pound of 1959 is 0.45359237 kg; GB 3100: jin 500 g, liang 50 g.
    assert NANOGRAMS["lb"] == 453592370000 and NANOGRAMS["oz"] * 16 == NANOGRAMS["lb"]
    assert NANOGRAMS["jin"] == 500 * NANOGRAMS["g"] == 10 * NANOGRAMS["liang"]
    assert NANOGRAMS["t"] == 1000 * NANOGRAMS["kg"] == 10**6 * NANOGRAMS["g"]
    assert len(NANOGRAMS) == len(UNITS)
    # R 76-1, 2.1: kilogram, microgram, milligram, gram and tonne.
    assert LEGAL == ("g", "kg", "mg", "t")


def test_an_interval_is_the_next_that_is_not_much_finer():
    # e = 5 g is 0.0110 lb, 0.1764 oz, 0.01 jin, 0.1 liang; 2 g are 0.00441 lb.
    for e, exp10, unit, other, wanted in (
        (5, -3, _KG, _LB, (1, -2)),
        (5, -3, _KG, _OZ, (2, -1)),
        (5, -3, _KG, _JIN, (1, -2)),
        (5, -3, _KG, _LIANG, (1, -1)),
        (5, -3, _KG, _G, (5, 0)),
        (2, -3, _KG, _LB, (5, -3)),
        (1, 0, _G, _KG, (1, -3)),
        (5, 3, _G, _T, (5, -3)),
        (1, -6, _G, _T, (1, -12)),
    ):
        found = interval(e, exp10, unit, other)
        if wanted[1] >= -9:
            assert found == wanted, (e, exp10, unit, other, found)
        else:
            assert found == (1, -9)  # no more figures than a quantity has


def test_a_weight_is_rounded_to_the_interval_halves_away_from_zero():
    # 1 lb = 453.59237 g.
    for mantissa, other, step, places, wanted in (
        (2000, _LB, 1, -2, 441),  # 4.4092 lb
        (454, _LB, 1, -2, 100),
        (0, _OZ, 2, -1, 0),
        (2000, _OZ, 2, -1, 706),  # 70.548 oz
        (2500, _JIN, 1, -2, 500),
        (125, _LIANG, 1, -1, 25),
        (1250, _JIN, 5, 0, 5),  # 2.5 jin in steps of 5: a half
        (-1250, _JIN, 5, 0, -5),
        (1249, _JIN, 5, 0, 0),
    ):
        assert convert((mantissa,), -3, _KG, other, step, places) == [wanted], mantissa
