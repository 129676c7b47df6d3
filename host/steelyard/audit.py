"""A full export audited as a stream: everything that `verify` checks, of any number of records.

Owns: the order that an export must have, and what is remembered of it. Refuses: nothing; what is
wrong is a verdict.
Units: as in the records.

An export has the records of a terminal in the order of their numbers. What is kept of them does
not grow with their number, so that a million takes no more memory than a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from steelyard_wire import cose, record

from steelyard.chain import Chain
from steelyard.opened import Fields, KeyEntry
from steelyard.report import Check, Report
from steelyard.signatures import outcomes
from steelyard.trust import Trust
from steelyard.verify import Alone, climb, missing, self_supplied, unvouched

Keep = Callable[[Fields, bytes], None]


@dataclass
class Audit:
    """The verdict, and the chain of each terminal by device id."""

    report: Report = field(default_factory=Report)
    chains: dict[bytes, Chain] = field(default_factory=dict)


class Auditor:
    """Takes records one by one; `finish` gives the verdict.

    keep: called with every record whose signature holds.
    """

    def __init__(
        self,
        registry: Mapping[bytes, KeyEntry],
        allow_test: bool = False,
        trust: Trust | None = None,
        keep: Keep | None = None,
    ) -> None:
        self._audit = Audit()
        self._registry = dict(registry)
        self._trust = trust
        self._keep = keep
        self._alone = Alone(self._audit.report, self._registry, allow_test)
        self._place = 0
        self._ordered = 0
        self._last_raw: dict[bytes, bytes] = {}

    def take(self, raw: bytes, outcome: str | None = None) -> None:
        """The next record of the export; outcome: of its signature, if that was checked."""
        self._place += 1
        if cose.kid(raw) not in self._registry:
            self._supply(raw)
        if outcome and outcome.startswith("key:"):
            outcome = None  # of a key that came with an earlier record
        fields = self._alone.take(self._place, raw, outcome)
        if fields is None:
            return
        report = self._audit.report
        report.count_record(fields[record.N])
        if self._keep is not None:
            self._keep(fields, raw)
        dev, n = fields[record.DEV], fields[record.N]
        chain = self._audit.chains.get(dev)
        if chain is None:
            chain = self._audit.chains[dev] = Chain(report, dev, self._trust)
        elif chain.last is not None:
            before = chain.last[record.N]
            if n <= before:
                self._out_of_order(dev, n, before, raw)
                return
            if n > before + 1:
                report.fail("sequence", f"{missing(before + 1, n - 1)} missing", n)
        self._ordered += 1
        self._last_raw[dev] = raw
        chain.take(fields, raw)

    def _out_of_order(self, dev: bytes, n: int, before: int, raw: bytes) -> None:
        report = self._audit.report
        last = self._last_raw[dev]
        if n < before:
            report.fail("sequence", f"record {n} comes after record {before}", n)
        elif raw == last:
            report.fail("sequence", f"record {n} is repeated", n)
        else:
            report.fail("sequence", f"number {n} was given to 2 records", n)
            report.equivocations.setdefault((dev, n), {last}).add(raw)

    def _supply(self, raw: bytes) -> None:
        """The key that a record 0 brings itself, for a terminal that is not registered."""
        for dev, entry in self_supplied([raw], self._registry).items():
            if dev not in self._registry:
                self._registry[dev] = entry
                self._audit.report.supplied += 1
                self._audit.report.fail("key", unvouched(dev))

    def finish(self) -> Audit:
        """The verdict over everything taken."""
        audit = self._audit
        report = audit.report
        if not self._place:
            report.fail("envelope", "there are no records")
        self._alone.finish()
        if self._ordered and not any(check.name == "sequence" for check in report.checks):
            report.checks.append(Check("sequence", True, True, "each once", count=self._ordered))
        for chain in audit.chains.values():
            chain.expect_all()
            chain.finish()
        climb(report, list(audit.chains.values()))
        return audit


def audit(
    raws: Iterable[bytes],
    registry: Mapping[bytes, KeyEntry],
    allow_test: bool = False,
    trust: Trust | None = None,
    keep: Keep | None = None,
    processes: int | None = None,
) -> Audit:
    """Audit an export; signatures are checked by `processes` others (signatures.outcomes)."""
    auditor = Auditor(registry, allow_test, trust, keep)
    for raw, outcome in outcomes(raws, registry, processes):
        auditor.take(raw, outcome)
    return auditor.finish()
