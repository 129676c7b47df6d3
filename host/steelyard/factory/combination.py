"""Which of some bodies together have a wanted mass: exactly, or as nearly as they can.

Owns: the search, which is exact and always gives the same answer. Refuses: nothing.
Units: one for all sizes, exact (Fraction); costs in one of their own.

Bodies of one size are a group. After the groups of larger bodies, what is still missing has to lie
between nothing and all of the smaller ones, which leaves few cases for weights of 1, 2 and 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import lcm


@dataclass(frozen=True)
class Body:
    """Something to be put on. cost: what it adds to that of the whole."""

    size: Fraction
    cost: Fraction


@dataclass(frozen=True)
class _Group:
    size: int
    indices: tuple[int, ...]  # the cheapest first
    costs: tuple[Fraction, ...]  # of the first 0, 1, 2 ... of them


def _groups(bodies: Sequence[Body], one: int) -> list[_Group]:
    """The largest first; sizes in 1/one."""
    by_size: dict[int, list[int]] = {}
    for index, body in enumerate(bodies):
        by_size.setdefault(int(body.size * one), []).append(index)
    found = []
    for size, indices in sorted(by_size.items(), reverse=True):
        indices.sort(key=lambda index: (bodies[index].cost, index))
        costs = [Fraction(0)]
        for index in indices:
            costs.append(costs[-1] + bodies[index].cost)
        found.append(_Group(size, tuple(indices), tuple(costs)))
    return found


def _rests(groups: Sequence[_Group]) -> list[int]:
    """All bodies from each group on together, and 0 after the last."""
    found = [0]
    for group in reversed(groups):
        found.append(found[-1] + group.size * len(group.indices))
    return found[::-1]


def _unit(bodies: Sequence[Body], *more: Fraction) -> int:
    sizes = [body.size for body in bodies]
    return lcm(*(size.denominator for size in (*sizes, *more)))


def exact(
    bodies: Sequence[Body], total: Fraction, cheapest: bool = False
) -> tuple[int, ...] | None:
    """Indices of those that together have `total`; None: there are none.

    The fewest, and of as few the cheapest; or, of all ways, the cheapest.
    """
    one = _unit(bodies, total)
    groups = _groups(bodies, one)
    rests = _rests(groups)

    @cache
    def best(at: int, missing: int) -> tuple[tuple[Fraction, Fraction], tuple[int, ...]] | None:
        """The least (number, cost), or (cost, number), and how many of each group from `at` on."""
        if missing > rests[at]:
            return None
        if at == len(groups):
            return (Fraction(0), Fraction(0)), ()
        group = groups[at]
        found = None
        for taken in range(min(len(group.indices), missing // group.size), -1, -1):
            after = best(at + 1, missing - taken * group.size)
            if after is None:
                continue
            (first, second), more = after
            mine = (Fraction(taken), group.costs[taken])
            here = mine[::-1] if cheapest else mine
            way = ((first + here[0], second + here[1]), (taken, *more))
            if found is None or way[0] < found[0]:
                found = way
        return found

    way = best(0, int(total * one)) if total > 0 else None
    if way is None:
        return None
    taken = [index for group, n in zip(groups, way[1], strict=True) for index in group.indices[:n]]
    return tuple(taken)


def below(bodies: Sequence[Body], limit: Fraction) -> Fraction:
    """The most that they can have together without being above the limit."""
    one = _unit(bodies, limit)
    groups = _groups(bodies, one)
    rests = _rests(groups)

    @cache
    def most(at: int, room: int) -> int:
        if room >= rests[at]:
            return rests[at]
        group = groups[at]
        found = 0
        for taken in range(min(len(group.indices), room // group.size), -1, -1):
            used = taken * group.size
            found = max(found, used + most(at + 1, room - used))
            if found == room:
                break
        return found

    return Fraction(most(0, int(limit * one)), one) if limit > 0 else Fraction(0)


def above(bodies: Sequence[Body], limit: Fraction) -> Fraction | None:
    """The least that they can have together without being below it; None: all are less."""
    everything = sum((body.size for body in bodies), Fraction(0))
    if limit > everything:
        return None
    # What is left off is the most that may be.
    return everything - below(bodies, everything - limit)
