"""This host as a witness: what it saw before against what a terminal shows now.

Owns: the checks `memory`. Refuses: nothing; what does not agree is a verdict.
Units: none.

A journal that was rolled back, or a terminal that signs one number twice, is consistent in itself.
Whoever has kept a record of the other branch can prove it (trust.md section 5, rows 8, 9 and 14).
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter

from steelyard.report import Check, Report
from steelyard.spool import Spool
from steelyard.store import Store

_Numbered = Iterator[tuple[int, bytes]]


def _span(first: int, last: int) -> str:
    return f"record {first}" if first == last else f"records {first} to {last}"


def _of_side(side: int, rows: _Numbered) -> Iterator[tuple[int, int, bytes]]:
    return ((n, side, raw) for n, raw in rows)


def _common(given: _Numbered, kept: _Numbered) -> Iterator[tuple[int, set[bytes], set[bytes]]]:
    """The numbers on both sides, with the records of each side; both come by number."""
    rows = merge(_of_side(0, given), _of_side(1, kept), key=itemgetter(0))
    for n, group in groupby(rows, key=itemgetter(0)):
        found: tuple[set[bytes], set[bytes]] = (set(), set())
        for _, side, raw in group:
            found[side].add(raw)
        if found[0] and found[1]:
            yield n, *found


def remember(report: Report, spool: Spool, store: Store, all_of: bytes | None) -> None:
    """Add to the report whether what is in the spool agrees with what this host has kept.

    all_of: device id of a terminal of which these are all records; those that are missing at the
    end, or at the beginning, are a failure then.
    """
    for dev, first, last in spool.spans():
        count = failures = 0
        for n, given, kept in _common(spool.of(dev), store.exported(dev, first, last)):
            count += 1
            if kept - given:
                failures += 1
                report.fail("memory", f"number {n} was given to 2 records", n)
                report.signed_twice(dev, n, kept | given)
        if dev == all_of:
            newest = store.newest(dev)
            if newest > last:
                failures += 1
                which = f"{_span(last + 1, newest)}, which this host has seen,"
                report.fail("memory", f"{which} cannot be had any more")
            if first > 0:  # also nothing that this host could have put in its place
                failures += 1
                report.fail("memory", f"{_span(0, first - 1)} cannot be had any more")
        if failures:
            continue
        if count:
            detail = f"the {count} that this host had are the same"
            report.checks.append(Check("memory", True, True, detail))
        else:
            report.checks.append(Check("memory", False, False, "this host had none of them"))
