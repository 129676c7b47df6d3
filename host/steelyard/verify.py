"""What a set of records proves, and what it does not.

Owns: the order of the checks. Refuses: nothing; bad bytes are a verdict, not an error.
Units: as in the records.

The order matters: the signature is checked over the bytes that travelled, with the key and the
algorithm of the registry, before anything of the payload is decoded. Then the record is decoded,
then the chain: numbers, roots, totals, boots. (trust.md 6.2, 6.8; RFC 9052; RFC 6962)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from steelyard_wire import cose, record
from steelyard_wire.codes import Refused

from steelyard.chain import Chain
from steelyard.opened import (
    EDDSA,
    ES256,
    Fields,
    KeyEntry,
    Rejected,
    algorithm_of,
    decoded,
    open_record,
    payload_of,
)
from steelyard.report import Check, Report
from steelyard.trust import Trust

__all__ = ["EDDSA", "Check", "Fields", "KeyEntry", "Report", "verify"]

# Passed one by one, told as one.
_ALONE = ("envelope", "signature", "decoding", "device", "test key")


class Alone:
    """What is checked of each record by itself; its tallies."""

    def __init__(
        self, report: Report, registry: Mapping[bytes, KeyEntry], allow_test: bool
    ) -> None:
        self.report = report
        self._registry = registry
        self._allow_test = allow_test
        self._passed: Counter[str] = Counter()
        self._devices: dict[bytes, bytes] = {}  # public key: device id
        self._test_told = ""
        self._opened = 0  # with envelope, signature and decoding
        self._named = 0  # and device
        self._untrusted = 0  # of those, TEST keys that are not allowed

    def take(self, place: int, raw: bytes, outcome: str | None = None) -> Fields | None:
        """The fields of a record if its signature holds and it names its key.

        outcome: of signatures.outcomes, where the signature was checked already.
        """
        report = self.report
        try:
            if outcome is None:
                fields, entry = open_record(raw, self._registry)
            else:
                if outcome:
                    raise Rejected(*outcome.split(":", 1))
                fields = decoded(payload_of(raw))
                entry = self._registry[cose.kid(raw)]
        except Rejected as rejected:
            order = ("envelope", "key", "signature", "decoding")
            for name in order[: order.index(rejected.check)]:
                if name != "key":
                    self._passed[name] += 1
            report.fail(rejected.check, f"item {place}: {rejected.detail}")
            return None
        self._opened += 1
        n = fields[record.N]
        dev = self._devices.get(entry.public_key)
        if dev is None:
            try:
                dev = record.device_id(entry.public_key, entry.test)
            except Refused:
                dev = b""
            self._devices[entry.public_key] = dev
        if not fields[record.DEV] == dev == cose.kid(raw):
            report.fail("device", f"record {n} names another", n)
            return None
        self._named += 1
        if entry.algorithm == ES256 and record.USE not in fields:
            report.fail("uses", f"record {n} does not say how often its key was used", n)
        if entry.test:
            report.test = True
            self._test_told = f"{entry.serial}: a TEST key proves no weight"
            if not self._allow_test:
                self._untrusted += 1
                report.fail("test key", self._test_told, n)
        return fields

    def finish(self) -> None:
        """Tell the report what passed."""
        for name in ("envelope", "signature", "decoding"):
            self._passed[name] += self._opened
        self._passed["device"] = self._named
        self._passed["test key"] = self._named - self._untrusted
        for name in _ALONE:
            if self._passed[name]:
                detail = self._test_told if name == "test key" else ""
                self.report.checks.append(
                    Check(name, True, True, detail, count=self._passed[name])
                )


def sequence(report: Report, numbers: list[int], distinct: dict[int, set[bytes]]) -> None:
    """Gaps, repetitions, swaps, two truths under one number."""
    before = len(report.checks)
    counts = Counter(numbers)
    for n, raws in sorted(distinct.items()):
        if len(raws) > 1:
            report.fail("sequence", f"number {n} was given to {len(raws)} records", n)
        elif counts[n] > 1:
            report.fail("sequence", f"record {n} is repeated", n)
    order = list(dict.fromkeys(numbers))
    for one, other in zip(order, order[1:], strict=False):
        if other < one:
            report.fail("sequence", f"record {other} comes after record {one}", other)
    present = sorted(distinct)
    for one, other in zip(present, present[1:], strict=False):
        if other > one + 1:
            report.fail("sequence", f"{missing(one + 1, other - 1)} missing", one + 1)
    if len(report.checks) == before:
        detail = f"records {present[0]} to {present[-1]}, each once"
        report.checks.append(Check("sequence", True, True, detail, count=len(numbers)))


def missing(first: int, last: int) -> str:
    """Subject and verb for records that are not there."""
    return f"record {first} is" if first == last else f"records {first} to {last} are"


def unvouched(dev: bytes) -> str:
    """What is wrong with a key that came with its records."""
    return f"the key of terminal {dev.hex()} came with its records: nobody vouches for it"


def self_supplied(
    envelopes: Iterable[bytes], registry: Mapping[bytes, KeyEntry]
) -> dict[bytes, KeyEntry]:
    """The registry with the keys that records 0 bring themselves, for terminals it lacks.

    They make nothing more than consistent in itself.
    """
    found = dict(registry)
    for raw in envelopes:
        try:
            if cose.kid(raw) in found:
                continue
            envelope = cose.split(raw)
            fields = record.decode(envelope.payload)
            data = fields.get(record.DATA)
            if fields[record.TYP] != record.BOOT or not isinstance(data, dict):
                continue
            test = record.is_test(envelope.kid)
            key = data[1]
            if isinstance(key, bytes) and record.device_id(key, test) == envelope.kid:
                algorithm = algorithm_of(envelope.protected)
                found[envelope.kid] = KeyEntry(key, "not registered", test, algorithm)
        except Refused:
            continue
    return found


def verify(
    envelopes: Sequence[bytes],
    registry: Mapping[bytes, KeyEntry],
    allow_test: bool = False,
    trust: Trust | None = None,
    keep: Callable[[Fields, bytes], None] | None = None,
) -> Report:
    """Check records in the order given.

    registry: device id (8 bytes) -> KeyEntry. allow_test: let TEST keys pass. trust: approvals and
    witnesses. keep: gets every record whose signature holds. Records of several terminals are
    checked terminal by terminal; those of a terminal that is not registered by the key that its
    record 0 brings, which then does not pass.
    """
    report = Report()
    if not envelopes:
        report.fail("envelope", "there are no records")
        return report
    supplied = self_supplied(envelopes, registry)
    for dev in supplied.keys() - registry.keys():
        report.supplied += 1
        report.fail("key", unvouched(dev))
    alone = Alone(report, supplied, allow_test)
    chains: dict[bytes, list[tuple[Fields, bytes]]] = {}
    for place, raw in enumerate(envelopes, 1):
        fields = alone.take(place, raw)
        if fields is not None:
            report.records.append(fields)
            report.count_record(fields[record.N])
            if keep is not None:
                keep(fields, raw)
            chains.setdefault(fields[record.DEV], []).append((fields, raw))
    alone.finish()
    finished = []
    for dev, given in chains.items():
        distinct: dict[int, set[bytes]] = {}
        for fields, raw in given:
            distinct.setdefault(fields[record.N], set()).add(raw)
        for n, raws in distinct.items():
            if len(raws) > 1:
                report.equivocations[dev, n] = set(raws)
        sequence(report, [fields[record.N] for fields, _ in given], distinct)
        once = {fields[record.N]: (fields, raw) for fields, raw in given}
        chain = Chain(report, dev, trust)
        for n in sorted(once):
            chain.take(*once[n])
        chain.finish()
        finished.append(chain)
    climb(report, finished)
    return report


def climb(report: Report, chains: Sequence[Chain]) -> None:
    """What the levels 3, 4 and 5 ask for."""
    report.approved = bool(chains) and not any(chain.doubtful for chain in chains)
    report.witnessed = bool(chains) and all(chain.seen for chain in chains)
    report.audited = bool(chains) and all(chain.whole for chain in chains)
