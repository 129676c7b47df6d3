"""Which weight lies there, if not the one that was said: from what the converter saw.

Owns: the comparison of a captured load with those before it. Refuses: nothing.
Units: weights in one unit, exact (Fraction); counts of the converter.

A load cell is straight to a thousandth or better; weights of 1, 2 and 5 differ by half at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

_OFF = Fraction(1, 100)  # of the load: no cell is that bent
_NEAR = Fraction(1, 200)  # a guess is named when it is that near
_SERIES = (1, 2, 5)


def guess(
    captured: Sequence[tuple[Fraction, int]], at_hand: Sequence[Fraction] = ()
) -> tuple[Fraction, Fraction, Fraction | None] | None:
    """(load as it was said, what it seems to be, the weight that it may be) of a wrong load.

    captured: (load, counts), zero first. at_hand: the weights that there are; without them those
    of 1, 2 and 5. None: nothing seems wrong, or nothing can be said yet. Of two loads that do not
    fit each other the one is taken that would be a weight there is; the later one, if both would.
    """
    (_, zero), *loads = captured
    if len(loads) < 2:
        return None
    slopes = [Fraction(counts - zero) / load for load, counts in loads if load]
    if len(slopes) < len(loads) or min(slopes) <= 0:
        return None
    suspects = []
    for at in reversed(range(len(loads))):
        others = sorted(slopes[:at] + slopes[at + 1 :])
        usual = others[len(others) // 2]
        seems = slopes[at] * loads[at][0] / usual
        if abs(seems - loads[at][0]) > _OFF * loads[at][0]:
            suspects.append((loads[at][0], seems, _named(seems, at_hand)))
    if not suspects:
        return None
    if len(loads) > 2:  # the others agree with each other
        return max(suspects, key=lambda one: abs(one[1] - one[0]) / one[0])
    return next((one for one in suspects if one[2] is not None), suspects[0])


def _named(seems: Fraction, at_hand: Sequence[Fraction]) -> Fraction | None:
    """The weight, or the sum of two or three, that is nearest, if it is near enough."""
    near = [one for one in _sums(seems, at_hand) if abs(one - seems) <= _NEAR * seems]
    return min(near, key=lambda one: abs(one - seems), default=None)


def _sums(seems: Fraction, at_hand: Sequence[Fraction]) -> list[Fraction]:
    if at_hand:
        several = list(at_hand)[:40]
        return [sum(some, Fraction(0)) for n in (1, 2, 3) for some in combinations(several, n)]
    power = Fraction(1)
    while power > seems:
        power /= 10
    while power * 10 <= seems:
        power *= 10
    return [digit * power for digit in (*_SERIES, 10)]
