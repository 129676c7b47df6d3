"""From fine weight to what is shown: steps of e, over and under, centre of zero.

Owns: the limits of the indication (OIML R 76-1, 4.2.3, 4.5.5). Refuses: nothing.
Units: fine weight in 1/100 of a mantissa, mantissas in steps of e.
"""

from steelyard_wire.codes import ST_CENTRE_ZERO, ST_OVER, ST_UNDER
from steelyard_wire.shim import const

FINE = 100
_OVER_STEPS = const(9)
_UNDER_STEPS = const(20)
_QUARTER = const(25)  # of e, in fine units


def rounded(fine: int, e: int) -> int:
    """The mantissa nearest to a fine weight in steps of e; halves go away from zero."""
    step = e * FINE
    if fine < 0:
        return -((-fine + step // 2) // step) * e
    return (fine + step // 2) // step * e


def range_status(fine: int, config) -> int:
    """ST_OVER above Max + 9 e, ST_UNDER below -20 e, ST_CENTRE_ZERO within 0.25 e of zero."""
    e = config.e
    if fine > (config.max + _OVER_STEPS * e) * FINE:
        return ST_OVER
    if fine < -_UNDER_STEPS * e * FINE:
        return ST_UNDER
    if -e * _QUARTER <= fine <= e * _QUARTER:
        return ST_CENTRE_ZERO
    return 0
