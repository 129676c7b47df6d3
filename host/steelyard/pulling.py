"""Records from a terminal into the database, and the receipt that lets the terminal forget them.

Owns: the order of it: take, verify, commit, and only then receipt.
Refuses: see link and store; what does not verify is a verdict, and is not receipted.
Units: none.

A receipt is cumulative: it says of all records before number n that they are here. The terminal
gives it force only if their root is its own, so a host cannot receipt what it did not get.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from steelyard_wire import record
from steelyard_wire.auth import receipt_mac

from steelyard.access import fetch
from steelyard.audit import Auditor
from steelyard.client import Identity, Terminal
from steelyard.opened import Fields
from steelyard.report import Check, Report
from steelyard.signatures import outcomes
from steelyard.store import Store


@dataclass(frozen=True)
class Pulled:
    """What a pull did. taken: records that were new here. kept: how many there are now.

    receipted: records before this number may be removed by the terminal; 0 if none was sent.
    """

    taken: int
    kept: int
    receipted: int
    report: Report


def _missing(known: Iterator[int], numbers: range) -> tuple[list[int], list[int], list[Check]]:
    """What the terminal has that is not here; its newest that is; what neither has any more."""
    wanted: list[int] = []
    newest: list[int] = []
    lost: list[int] = []
    beyond: list[int] = []
    expected = 0
    for n in known:
        if n >= numbers.stop:
            beyond.append(n)
            continue
        for gap in range(expected, n):
            (wanted if gap in numbers else lost).append(gap)
        expected = n + 1
        newest = [n] if n in numbers else []
    for gap in range(expected, numbers.stop):
        (wanted if gap in numbers else lost).append(gap)
    failures = []
    if beyond:
        detail = f"records {numbers.stop} to {beyond[-1]}, which this host has seen, cannot be had"
        failures.append(Check("memory", True, False, f"{detail} any more"))
    if lost:
        detail = f"records {lost[0]} to {lost[-1]} are neither there nor here"
        failures.append(Check("memory", True, False, detail))
    return wanted, newest, failures


def _merged(kept: Iterator[tuple[int, bytes]], taken: list[tuple[int, bytes]]) -> Iterator[bytes]:
    """All records by number, those that are the same once."""
    before: tuple[int, bytes] | None = None
    for one in merge(kept, sorted(taken)):
        if one != before:
            yield one[1]
        before = one


def pull(
    terminal: Terminal,
    identity: Identity,
    store: Store,
    allow_test: bool = False,
    receipt: bool = True,
    show_progress: bool = False,
) -> Pulled:
    """Take what is new; the verdict is over everything from record 0 on.

    receipt: send one, if the verdict passes and this host has the terminal's link key.
    """
    dev = identity.dev
    numbers = terminal.records()
    wanted, newest, failures = _missing(store.numbers(dev), numbers)
    # The newest that is known is asked for again: a terminal that gives that number to another
    # record now has begun another history.
    asked = newest + wanted
    taken = list(zip(asked, fetch(terminal, asked, show_progress), strict=True))
    registry = store.registry()
    fresh = {raw for _, raw in taken}
    signed: list[tuple[Fields, bytes]] = []

    def keep(fields: Fields, raw: bytes) -> None:
        if raw in fresh and fields[record.DEV] in registry:
            signed.append((fields, raw))

    auditor = Auditor(registry, allow_test, store.trust(), keep)
    everything = _merged(store.exported(dev), taken)
    for raw, outcome in outcomes(everything, registry):
        auditor.take(raw, outcome)
    done = auditor.finish()
    report = done.report
    report.checks += failures
    # They are committed whatever the verdict, and only then receipted.
    passes = report.passes()
    with store.writer() as write:
        for fields, raw in signed:
            write(fields, raw, passes(fields[record.N]))
    store.disown(dev, {check.n for check in report.failures if check.n is not None})
    receipted = 0
    key = store.link_key(dev)
    chain = done.chains.get(dev)
    # A key that nobody vouches for may be wrong for whoever buys; what it signed is here.
    kept = not {check.name for check in report.failures} - {"certificate"}
    if kept and receipt and key is not None and chain is not None and chain.whole:
        count, root = chain.frontier.size, chain.frontier.root()
        receipted = terminal.receipt(count, root, receipt_mac(key, dev, count, root))
    return Pulled(len(wanted), report.count, receipted, report)
