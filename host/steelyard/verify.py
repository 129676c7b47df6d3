"""What a set of records proves, and what it does not.

Owns: the order of the checks, for records in any order, repeated, of several terminals, with
blocks of streams among them.
Refuses: nothing; bad bytes are a verdict, not an error. With UserError, more than the disk takes.
Units: as in the records.

The order matters: the signature is checked over the bytes that travelled, with the key and the
algorithm of the registry, before anything of the payload is decoded. Then the record is decoded,
then the chain: numbers, roots, totals, boots. (trust.md 6.2, 6.8; RFC 9052; RFC 6962)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from heapq import merge
from operator import itemgetter
from typing import Any

from steelyard_wire import record

from steelyard.audit import Auditor
from steelyard.blocks import Blocks
from steelyard.opened import EDDSA, Fields, KeyEntry, decoded, payload_of
from steelyard.report import Check, Report
from steelyard.signatures import outcomes
from steelyard.spool import Spool
from steelyard.trust import Trust

__all__ = ["EDDSA", "Check", "Fields", "KeyEntry", "Report", "verify", "verify_stream"]


def verify(
    envelopes: Iterable[bytes],
    registry: Mapping[bytes, KeyEntry],
    allow_test: bool = False,
    trust: Trust | None = None,
) -> Report:
    """Check records in the order given; those whose signature holds are in the report, decoded.

    registry: device id (8 bytes) -> KeyEntry. allow_test: let TEST keys pass. trust: approvals and
    witnesses. Records of several terminals are checked terminal by terminal; those of a terminal
    that is not registered by the key that its record 0 brings, which then does not pass.
    """
    found: list[Fields] = []
    with Spool() as spool:
        report = verify_stream(envelopes, registry, spool, allow_test, trust, found.append, 0)
    report.records = found
    return report


def verify_stream(
    envelopes: Iterable[bytes],
    registry: Mapping[bytes, KeyEntry],
    spool: Spool,
    allow_test: bool = False,
    trust: Trust | None = None,
    told: Callable[[Fields], object] | None = None,
    processes: int | None = None,
) -> Report:
    """The same of any number of records: they go to `spool`, which is empty before.

    The fields of each whose signature holds, in the order given, go to `told` and nowhere else.
    processes: as for signatures.outcomes.
    """
    auditor = Auditor(registry, allow_test, trust)
    blocks = Blocks(auditor.report, spool, trust)
    newest: dict[bytes, int] = {}
    for raw, outcome in outcomes(envelopes, registry, processes):
        fields, is_block = auditor.open_any(raw, outcome)
        if fields is None:
            continue
        if is_block:
            blocks.take(fields, raw)
            continue
        dev, n = fields[record.DEV], fields[record.N]
        before = newest.get(dev, -1)
        if n < before:
            auditor.disordered(dev, n, f"record {n} comes after record {before}")
        newest[dev] = n
        spool.add(dev, n, raw)
        if told is not None:
            told(fields)
    # What blocks say of the first n records comes when those were followed, before record n.
    trees: Iterable[tuple[bytes, int, bool, Any]]
    trees = ((dev, n, False, (root, count)) for dev, n, root, count in spool.block_roots())
    given = ((dev, n, True, raw) for dev, n, raw in spool.records())
    for dev, n, is_record, what in merge(trees, given, key=itemgetter(0, 1, 2)):
        if is_record:
            fields = decoded(payload_of(what))
            blocks.see((dev, n), fields[record.ROOT])
            auditor.follow(fields, what)
        else:
            root, count = what
            blocks.expect((dev, n), root, count, auditor.chains.get(dev))
    report = auditor.finish(complete=False).report
    blocks.finish(auditor.chains)
    return report
