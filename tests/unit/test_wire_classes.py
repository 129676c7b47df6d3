"""OIML R 76-1, Tables 3 and 4: every row, on both sides of each of its limits."""

import check
from steelyard_wire import codes
from steelyard_wire.classes import check as checked
from steelyard_wire.classes import lowest_min
from steelyard_wire.quantity import unit_id

_G = 0
_MG = 2
II, III, IIII = 2, 3, 4

# Class; e as mantissa, exp10 in g; fewest and most n; lowest Min in e: Table 3, row by row, at the
# first and the last e that the rule of 1, 2, 5 puts into it.
_TABLE_3 = (
    (II, 1, -3, 100, 100000, 20),
    (II, 50, -3, 100, 100000, 20),
    (II, 1, -1, 5000, 100000, 50),
    (II, 5, 3, 5000, 100000, 50),
    (III, 1, -1, 100, 10000, 20),
    (III, 2, 0, 100, 10000, 20),
    (III, 5, 0, 500, 10000, 20),
    (III, 10, 3, 500, 10000, 20),
    (IIII, 5, 0, 100, 1000, 10),
    (IIII, 50, 3, 100, 1000, 10),
)


def _accepts(accuracy, unit, exp10, ranges, least=0, multirange=0):
    checked(accuracy, unit, exp10, ranges, least, multirange)


def _refuses(*args):
    return check.refused(codes.ARGUMENT, _accepts, *args).detail


def test_W1_every_row_of_table_3_at_its_limits():
    for accuracy, e, exp10, fewest, most, least in _TABLE_3:
        for n in (fewest, most):
            _accepts(accuracy, _G, exp10, ((n * e, e),), least * e)
        assert "Table 3" in _refuses(accuracy, _G, exp10, ((fewest * e - e, e),))
        assert "Table 3" in _refuses(accuracy, _G, exp10, ((most * e + e, e),))
        assert "Min" in _refuses(accuracy, _G, exp10, ((most * e, e),), least * e - 1)
        assert lowest_min(accuracy, _G, exp10, e) == least * e


def test_W1_an_e_below_the_class_is_refused():
    for accuracy, e, exp10 in ((II, 5, -4), (III, 5, -2), (IIII, 2, 0)):
        assert "too small" in _refuses(accuracy, _G, exp10, ((5000 * e, e),))
        assert (
            "too small" in check.refused(codes.ARGUMENT, lowest_min, accuracy, _G, exp10, e).detail
        )


def test_W1_the_unit_counts():
    # 5 g as mg, g, kg and t is one scale: class III needs 500 intervals of it, not 100.
    for name, exp10 in (("mg", 3), ("g", 0), ("kg", -3), ("t", -6)):
        _accepts(III, unit_id(name), exp10, ((2500, 5),))
        _refuses(III, unit_id(name), exp10, ((2495, 5),))
    # 0.005 lb are 2.268 g and 0.1 oz 2.835 g, between the rows of class III: the upper one holds.
    _accepts(III, unit_id("lb"), -3, ((2500, 5),))
    _refuses(III, unit_id("lb"), -3, ((2495, 5),))
    _refuses(III, unit_id("oz"), -1, ((499, 1),))
    # 0.2 g: 0.0005 lb are 0.2268 g
    _accepts(III, unit_id("lb"), -4, ((500, 5),))


def test_W1_table_4_for_partial_ranges():
    # The example of 3.3: class III, e = 1/2/10 g, Max = 2/5/15 kg.
    _accepts(III, _G, 0, ((2000, 1), (5000, 2), (15000, 10)))
    # Max_1 / e_2 is 500 at least: 1000 g / 2 g, and 998 g are too little.
    _accepts(III, _G, 0, ((1000, 1), (5000, 2)))
    assert "Table 4" in _refuses(III, _G, 0, ((998, 1), (5000, 2)))
    # Of ranges of their own (multiple range) Table 4 says nothing.
    _accepts(III, _G, 0, ((998, 1), (5000, 2)), 0, 1)
    _accepts(II, _MG, 0, ((25000, 1), (100000, 5)))
    assert "Table 4" in _refuses(II, _MG, 0, ((24999, 1), (100000, 5)))
    _accepts(IIII, _G, 0, ((500, 5), (2000, 10)))
    assert "Table 4" in _refuses(IIII, _G, 0, ((995, 5), (5000, 20)))
    # Each partial range is one of Table 3 by itself.
    assert "Table 3" in _refuses(III, _G, 0, ((2000, 1), (60000, 5)))
    assert "Table 3" in _refuses(III, _G, 0, ((1000, 1), (2000, 5)))
