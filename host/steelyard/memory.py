"""This host as a witness: what it saw before against what a terminal shows now.

Owns: the checks `memory`. Refuses: nothing; what does not agree is a verdict.
Units: none.

A journal that was rolled back, or a terminal that signs one number twice, is consistent in itself.
Whoever has kept a record of the other branch can prove it (trust.md section 5, rows 8, 9 and 14).
"""

from __future__ import annotations

from collections.abc import Sequence

from steelyard_wire import cose, record
from steelyard_wire.codes import Refused

from steelyard.report import Check, Report
from steelyard.store import Store


def _signed(report: Report, envelopes: Sequence[bytes]) -> dict[bytes, dict[int, set[bytes]]]:
    """The records whose signature holds: device id -> number -> envelopes."""
    good = {(fields[record.DEV], fields[record.N]) for fields in report.records}
    found: dict[bytes, dict[int, set[bytes]]] = {}
    for raw in envelopes:
        try:
            envelope = cose.split(raw)
            n = record.decode(envelope.payload)[record.N]
        except Refused:
            continue
        if isinstance(n, int) and (envelope.kid, n) in good:
            found.setdefault(envelope.kid, {}).setdefault(n, set()).add(raw)
    return found


def _span(first: int, last: int) -> str:
    return f"record {first}" if first == last else f"records {first} to {last}"


def remember(
    report: Report, envelopes: Sequence[bytes], store: Store, all_of: bytes | None
) -> None:
    """Add to the report whether it agrees with what this host has kept.

    all_of: device id of a terminal of which these are all records; those that are missing at the
    end, or at the beginning, are a failure then.
    """
    for dev, given in _signed(report, envelopes).items():
        kept = store.numbered(dev)
        common = [n for n in sorted(given) if n in kept]
        failures = []
        for n in common:
            if kept[n] - given[n]:
                said = f"number {n} was given to 2 records"
                failures.append(Check("memory", True, False, said, n))
                report.equivocations[dev, n] = kept[n] | given[n]
        if dev == all_of:
            gone = [n for n in kept if n > max(given)]
            if gone:
                which = _span(max(given) + 1, max(gone))
                detail = f"{which}, which this host has seen, cannot be had any more"
                failures.append(Check("memory", True, False, detail))
            if min(given) > 0:  # also nothing that this host could have put in its place
                detail = f"{_span(0, min(given) - 1)} cannot be had any more"
                failures.append(Check("memory", True, False, detail))
        if failures:
            report.checks += failures
        elif common:
            detail = f"the {len(common)} that this host had are the same"
            report.checks.append(Check("memory", True, True, detail))
        else:
            report.checks.append(Check("memory", False, False, "this host had none of them"))
