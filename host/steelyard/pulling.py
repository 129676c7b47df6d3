"""Records from a terminal into the database, and the receipt that lets the terminal forget them.

Owns: the order of it: take, verify, commit, and only then receipt.
Refuses: see link and store; what does not verify is a verdict, and is not receipted.
Units: none.

A receipt is cumulative: it says of all records before number n that they are here. The terminal
gives it force only if their root is its own, so a host cannot receipt what it did not get.
"""

from __future__ import annotations

from dataclasses import dataclass

from steelyard_wire import record
from steelyard_wire.auth import receipt_mac
from steelyard_wire.tree import Frontier

from steelyard.access import fetch, judge
from steelyard.client import Identity, Terminal
from steelyard.report import Check, Report
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


def _told(kept: dict[int, set[bytes]], numbers: range) -> list[Check]:
    """What the terminal should have and has not."""
    failures = []
    gone = [n for n in kept if n >= numbers.stop]
    if gone:
        detail = f"records {numbers.stop} to {max(gone)}, which this host has seen, cannot be had"
        failures.append(Check("memory", True, False, f"{detail} any more"))
    lost = [n for n in range(numbers.start) if n not in kept]
    if lost:
        detail = f"records {lost[0]} to {lost[-1]} are neither there nor here"
        failures.append(Check("memory", True, False, detail))
    return failures


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
    kept = store.numbered(identity.dev)
    numbers = terminal.records()
    # The newest that is known is asked for again: a terminal that gives that number to another
    # record now has begun another history.
    known = [n for n in numbers if n in kept]
    wanted = [n for n in numbers if n not in kept or n == known[-1]]
    taken = fetch(terminal, wanted, show_progress)
    everything = {n: set(raws) for n, raws in kept.items()}
    for n, raw in zip(wanted, taken, strict=True):
        everything.setdefault(n, set()).add(raw)
    envelopes = [raw for n in sorted(everything) for raw in sorted(everything[n])]
    # Here they are committed, whatever the verdict.
    report = judge(store, envelopes, allow_test)
    report.checks += _told(kept, numbers)
    receipted = 0
    key = store.link_key(identity.dev)
    if report.ok and receipt and key is not None and envelopes:
        frontier = Frontier()
        for raw in envelopes:
            frontier.append(raw)
        count, root = frontier.size, frontier.root()
        code = receipt_mac(key, identity.dev, count, root)
        receipted = terminal.receipt(count, root, code)
    new = len(wanted) - len(known[-1:])
    return Pulled(new, len({fields[record.N] for fields in report.records}), receipted, report)
