"""OIML R 76-1 in numbers: maximum permissible errors, and the error by the changeover point.

Owns: clauses 3.5.1 (Table 6), 3.3 and 3.5.2, and A.4.4.3. Refuses: ValueError, what no scale has.
Units: loads, indications and errors in the unit of e, exact (Fraction); e of the range that holds
the load.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from steelyard_wire.classes import BANDS, CLASSES

Range = tuple[Fraction, Fraction]  # Max and e


def interval(ranges: Sequence[Range], load: Fraction) -> Fraction:
    """e of the partial range that holds a load; beyond the last Max that of the last."""
    for most, e in ranges:
        if abs(load) <= most:
            return e
    return ranges[-1][1]


def mpe(accuracy: int, ranges: Sequence[Range], load: Fraction) -> Fraction:
    """The maximum permissible error on initial verification of a load (in service: twice that)."""
    if accuracy not in BANDS or not ranges:
        raise ValueError(f"class is one of {', '.join(CLASSES.values())}, with a range at least")
    e = interval(ranges, load)
    first, second, _ = BANDS[accuracy]
    halves = 1 if abs(load) <= first * e else 2 if abs(load) <= second * e else 3
    return e * halves / 2


def change_points(accuracy: int, ranges: Sequence[Range]) -> list[Fraction]:
    """The loads up to Max after which the maximum permissible error is another one."""
    found = []
    below = Fraction(0)
    for most, e in ranges:
        edges = [limit * e for limit in BANDS[accuracy][:2]]
        found += [edge for edge in edges if below < edge < most]
        if most != ranges[-1][0]:
            found.append(most)
        below = most
    return found


def before_rounding(indication: Fraction, e: Fraction, added: Fraction) -> Fraction:
    """P = I + e/2 - dL: what the scale says before it rounds, when dL more makes it one e more."""
    return indication + e / 2 - added


def error(
    indication: Fraction, e: Fraction, added: Fraction, load: Fraction, at_zero: Fraction
) -> Fraction:
    """Ec = P - L - E0: the error of a load, less the error at or near zero."""
    return before_rounding(indication, e, added) - load - at_zero
