"""A full export audited as a stream: everything that `verify` checks, of any number of records.

Owns: the order that an export must have, and what is remembered of it. Refuses: nothing; what is
wrong is a verdict.
Units: as in the records.

An export has the records of a terminal in the order of their numbers. What is kept of them does
not grow with their number, so that a million takes no more memory than a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from steelyard_wire import cose, record

from steelyard.alone import Alone, own_key, unvouched
from steelyard.chain import Chain
from steelyard.opened import Fields, KeyEntry
from steelyard.report import Check, Report
from steelyard.signatures import outcome_of, outcomes
from steelyard.trust import Trust

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
        self.report, self.chains = self._audit.report, self._audit.chains
        self._registry = dict(registry)
        self._trust = trust
        self._keep = keep
        authority = trust.authority if trust else None
        self._alone = Alone(self.report, self._registry, allow_test, authority)
        self._place = 0
        self._disordered: set[bytes] = set()  # terminals
        self._last_raw: dict[bytes, bytes] = {}

    def take(self, raw: bytes, outcome: str | None = None) -> None:
        """The next record of the export; outcome: of its signature, if that was checked."""
        fields = self.open(raw, outcome)
        if fields is None:
            return
        if self._keep is not None:
            self._keep(fields, raw)
        dev, n = fields[record.DEV], fields[record.N]
        chain = self.chains.get(dev)
        if chain is not None and chain.last is not None and n < chain.last[record.N]:
            self.disordered(dev, n, f"record {n} comes after record {chain.last[record.N]}")
            return
        self.follow(fields, raw)

    def open(self, raw: bytes, outcome: str | None = None) -> Fields | None:
        """The fields of a record that is right by itself; for `follow`, in order of numbers."""
        return self._opened(raw, self._signature(raw, outcome), is_block=False)

    def open_any(self, raw: bytes, outcome: str | None = None) -> tuple[Fields | None, bool]:
        """The same of a record or a block, and whether it is a block.

        What it is, is what it was signed as: the external data of the signature, a record's first.
        """
        said = self._signature(raw, outcome)
        is_block = (
            said.startswith("signature:") and outcome_of(raw, self._registry, cose.BLOCK_AAD) == ""
        )
        return self._opened(raw, "" if is_block else said, is_block), is_block

    def _signature(self, raw: bytes, outcome: str | None) -> str:
        if cose.kid(raw) not in self._registry:
            self._supply(raw)
        if outcome is None or outcome.startswith("key:"):  # of a key that came with a record
            return outcome_of(raw, self._registry)
        return outcome

    def _opened(self, raw: bytes, outcome: str, is_block: bool) -> Fields | None:
        self._place += 1
        fields = self._alone.take(self._place, raw, outcome, is_block)
        if fields is not None and not is_block:
            self.report.count_record(fields[record.N])
        return fields

    def follow(self, fields: Fields, raw: bytes) -> None:
        """Check an opened record against those before it; its number is not below the last."""
        dev, n = fields[record.DEV], fields[record.N]
        chain = self.chains.get(dev)
        if chain is None:
            chain = self.chains[dev] = Chain(self.report, dev, self._trust)
        elif chain.last is not None:
            before = chain.last[record.N]
            if n == before:
                self._again(dev, n, raw)
                return
            if n > before + 1:
                self.disordered(dev, before + 1, f"{_missing(before + 1, n - 1)} missing")
        self._last_raw[dev] = raw
        chain.take(fields, raw)

    def disordered(self, dev: bytes, n: int, detail: str) -> None:
        """The numbers of a terminal are not those that an export has."""
        self._disordered.add(dev)
        self.report.fail("sequence", detail, n)

    def _again(self, dev: bytes, n: int, raw: bytes) -> None:
        last = self._last_raw[dev]
        if raw == last:
            self.disordered(dev, n, f"record {n} is repeated")
        else:
            self.disordered(dev, n, f"number {n} was given to 2 records")
            self.report.signed_twice(dev, n, {last, raw})

    def _supply(self, raw: bytes) -> None:
        """The key that a record 0 brings itself, for a terminal that is not registered."""
        entry = own_key(raw)
        if entry is not None:
            dev = cose.kid(raw)
            self._registry[dev] = entry
            self.report.supplied += 1
            self._alone.strangers.add(dev)
            self.report.fail("key", unvouched(dev))

    def finish(self, complete: bool = True) -> Audit:
        """The verdict over everything taken; complete: there is no more than this."""
        audit = self._audit
        report = audit.report
        if not self._place:
            report.fail("envelope", "there are no records")
        self._alone.finish()
        for dev, chain in audit.chains.items():
            if dev not in self._disordered and chain.last is not None:
                detail = f"records {chain.first_n} to {chain.last[record.N]}, each once"
                report.checks.append(Check("sequence", True, True, detail, count=chain.count))
            if complete:
                chain.expect_all()
            chain.finish()
        _climb(report, list(audit.chains.values()))
        return audit


def _missing(first: int, last: int) -> str:
    """Subject and verb for records that are not there."""
    return f"record {first} is" if first == last else f"records {first} to {last} are"


def _climb(report: Report, chains: Sequence[Chain]) -> None:
    """What the levels 3, 4 and 5 ask for."""
    report.approved = bool(chains) and not any(chain.doubtful for chain in chains)
    report.witnessed = bool(chains) and all(chain.seen for chain in chains)
    report.audited = bool(chains) and all(chain.whole for chain in chains)


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
