"""Which scales there are: OIML R 76-1, Tables 3 and 4, for classes II, III and IIII.

Owns: the limits. Refuses: with Refused(ARGUMENT) and the rule, a configuration beyond them.
Units: e in nanograms (a pound of 453.59237 g and an ounce of 1/16 of it are whole ones).

A terminal needs it when a configuration comes in, and not while it weighs.
"""

from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.quantity import UNITS
from steelyard_wire.units import NANOGRAMS

CLASSES = {2: "II", 3: "III", 4: "IIII"}

# For each class: least e of the row in ng, fewest and most intervals, the lowest Min in e. An e
# between two rows, which no metric scale has, falls in the upper one.
_ROWS = {
    2: ((10**6, 100, 100000, 20), (5 * 10**7 + 1, 5000, 100000, 50)),
    3: ((10**8, 100, 10000, 20), (2 * 10**9 + 1, 500, 10000, 20)),
    4: ((5 * 10**9, 100, 1000, 10),),
}
# Table 6: up to so many e the error is 0.5 e, 1 e and 1.5 e; the limits belong to their band.
BANDS = {2: (5000, 20000, 100000), 3: (500, 2000, 10000), 4: (50, 200, 1000)}
# Table 4: Max of a partial range in intervals of the next, at least.
_NEXT = {2: 5000, 3: 500, 4: 50}


def _row(accuracy: int, e: int, unit: int, exp10: int) -> tuple[int, int, int, int]:
    size = e * NANOGRAMS[UNITS[unit]]
    scale = 1
    for _ in range(exp10, 0):
        scale *= 10
    for _ in range(exp10):
        size *= 10
    found = None
    for row in _ROWS[accuracy]:
        if size >= row[0] * scale:
            found = row
    if found is None:
        raise Refused(ARGUMENT, "e is too small for class " + CLASSES[accuracy] + " (Table 3)")
    return found


def lowest_min(accuracy: int, unit: int, exp10: int, e: int) -> int:
    """The lowest Min of a class (a key of CLASSES), a mantissa as e; Refused(ARGUMENT): no row."""
    return _row(accuracy, e, unit, exp10)[3] * e


def permissible(accuracy: int, ranges: tuple[tuple[int, int], ...], load: int) -> int:
    """Twice the maximum permissible error of a load on initial verification (3.5.1, 3.3).

    load and result: mantissas as `ranges`, (Max, e) of each.
    """
    e = ranges[-1][1]
    for most, step in ranges:
        if load <= most:
            e = step
            break
    first, second, _ = BANDS[accuracy]
    return e if load <= first * e else 2 * e if load <= second * e else 3 * e


def check(
    accuracy: int,
    unit: int,
    exp10: int,
    ranges: tuple[tuple[int, int], ...],
    least: int,
    multirange: int,
) -> None:
    """Refused(ARGUMENT) unless every range is one of Table 3, and Table 4 holds.

    ranges: (Max, e) of each, mantissas; least: Min, 0 for the lowest; multirange: 1 when they are
    not partial ranges of one (Table 4 is about those).
    """
    lowest = lowest_min(accuracy, unit, exp10, ranges[0][1])
    if least and not lowest <= least <= ranges[0][0]:
        raise Refused(ARGUMENT, "Min is %d at least, and within the first range" % lowest)
    before = 0
    for most, e in ranges:
        row = _row(accuracy, e, unit, exp10)
        n = most // e
        if not row[1] <= n <= row[2]:
            too_many = (n, CLASSES[accuracy], row[1], row[2])
            raise Refused(ARGUMENT, "n is %d, class %s has %d..%d (Table 3)" % too_many)
        if before and not multirange and before // e < _NEXT[accuracy]:
            too_low = (before, _NEXT[accuracy], e)
            raise Refused(ARGUMENT, "%d is less than %d times %d (Table 4)" % too_low)
        before = most
