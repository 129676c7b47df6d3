"""What a set of records proves, and what it does not.

Owns: the checks, each with whether it was performed and whether it passed. Refuses: nothing; bad
bytes are a verdict, not an error.
Units: as in the records.

The order matters: the signature is checked over the bytes that travelled, with the key and the
algorithm of the registry, before anything of the payload is decoded. Then the record is decoded,
then the chain: numbers, roots, totals, boots. (trust.md 6.2, 6.8; RFC 9052; RFC 6962)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from steelyard_wire import cose, record
from steelyard_wire.codes import (
    ST_CASE_OPEN,
    ST_EXTRAPOLATED,
    ST_LOCKED,
    ST_TEMPERATURE,
    Refused,
)
from steelyard_wire.tree import Frontier

EDDSA = "Ed25519"
NOT_ESTABLISHED = (
    "that the key belongs to a certified terminal (keys come from this host's own registry)",
    "that seals are intact and the verification is valid",
    "that the firmware is what it says (its digest is self-reported)",
    "that no records follow the last one given (no witness)",
    "the true mass on the pan",
)

# Right as records; whoever trusts the weights is told.
_TOLD = {
    ST_EXTRAPOLATED: "beyond the weights of their calibration",
    ST_TEMPERATURE: "outside of the temperatures that were compensated",
}

Fields = dict[int, Any]


@dataclass(frozen=True)
class KeyEntry:
    """A terminal of the registry; the algorithm is decided here, never by a record."""

    public_key: bytes
    serial: str
    test: bool
    algorithm: str = EDDSA


@dataclass(frozen=True)
class Check:
    """One check on one record (n) or on all (n is None): was it performed, did it pass?"""

    name: str
    performed: bool
    passed: bool
    detail: str = ""
    n: int | None = None


@dataclass
class Report:
    """All checks, the decoded records whose signature holds, and the verdict."""

    checks: list[Check] = field(default_factory=list)
    records: list[Fields] = field(default_factory=list)
    test: bool = False  # whether any key says TEST

    @property
    def level(self) -> int:
        """How far it carries (trust.md 6.8): 0 not at all, 1 a TEST key's, 2 a known key's."""
        if not self.ok:
            return 0
        return 1 if self.test else 2

    @property
    def ok(self) -> bool:
        """Whether something was checked and everything that was performed passed."""
        performed = [check for check in self.checks if check.performed]
        return bool(performed) and all(check.passed for check in performed)

    @property
    def failures(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if check.performed and not check.passed]

    def to_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        return {
            "ok": self.ok,
            "level": self.level,
            "records": len(self.records),
            "checks": [vars(check) for check in self.checks],
            "not_established": list(NOT_ESTABLISHED),
        }


def _signature(envelope: cose.Envelope, entry: KeyEntry) -> bool:
    message = cose.to_be_signed(envelope.payload, envelope.protected)
    try:
        Ed25519PublicKey.from_public_bytes(entry.public_key).verify(envelope.signature, message)
    except InvalidSignature:
        return False
    return True


class _Verification:
    def __init__(self, registry: Mapping[bytes, KeyEntry], allow_test: bool) -> None:
        self.report = Report()
        self._registry = registry
        self._allow_test = allow_test

    def _note(
        self, name: str, passed: bool, detail: str = "", n: int | None = None, done: bool = True
    ) -> bool:
        self.report.checks.append(Check(name, done, passed, detail, n))
        return passed

    def one(self, place: int, raw: bytes) -> Fields | None:
        """Check one record alone; its fields if its signature holds."""
        where = f"item {place}"
        try:
            envelope = cose.split(raw)
        except Refused as refused:
            self._note("envelope", False, f"{where}: not a record ({refused.detail})")
            return None
        self._note("envelope", True, where)
        entry = self._registry.get(envelope.kid)
        if entry is None:
            kid = envelope.kid.hex()
            self._note("key", False, f"{where}: no key of terminal {kid} in the registry")
            return None
        if entry.algorithm != EDDSA or envelope.protected != cose.protected(cose.ALG_EDDSA):
            self._note("signature", False, f"{where}: not the algorithm of the registry")
            return None
        if not _signature(envelope, entry):
            self._note("signature", False, f"{where}: the signature does not fit the bytes")
            return None
        self._note("signature", True, where)
        try:
            fields = cast(Fields, record.decode(envelope.payload))
        except Refused as refused:
            self._note("decoding", False, f"{where}: signed, but {refused.detail}")
            return None
        n = fields[record.N]
        self._note("decoding", True, n=n)
        dev = record.device_id(entry.public_key, entry.test)
        named = fields[record.DEV] == dev == envelope.kid
        if not self._note("device", named, "" if named else f"record {n} names another", n):
            return None
        test = entry.test
        self._note(
            "test key",
            self._allow_test or not test,
            f"{entry.serial}: a TEST key proves no weight" if test else "",
            n,
        )
        self.report.test |= test
        return fields

    def sequence(self, numbers: list[int], distinct: dict[int, set[bytes]]) -> None:
        """Gaps, repetitions, swaps, two truths under one number."""
        for n, raws in sorted(distinct.items()):
            if len(raws) > 1:
                self._note("sequence", False, f"number {n} was given to {len(raws)} records", n)
            elif numbers.count(n) > 1:
                self._note("sequence", False, f"record {n} is repeated", n)
        order = list(dict.fromkeys(numbers))
        for before, after in zip(order, order[1:], strict=False):
            if after < before:
                self._note("sequence", False, f"record {after} comes after record {before}", after)
        present = sorted(distinct)
        for before, after in zip(present, present[1:], strict=False):
            if after > before + 1:
                missing = (
                    f"record {before + 1} is"
                    if after == before + 2
                    else f"records {before + 1} to {after - 1} are"
                )
                self._note("sequence", False, f"{missing} missing", before + 1)
        if not any(check.name == "sequence" for check in self.report.checks):
            self._note("sequence", True, f"records {present[0]} to {present[-1]}, each once")

    def roots(self, chain: list[tuple[Fields, bytes]]) -> None:
        """Every record commits to all before it: recompute what it commits to."""
        if chain[0][0][record.N] != 0:
            why = f"the records before {chain[0][0][record.N]} were not given"
            self._note("root", False, why, done=False)
            return
        frontier = Frontier()
        for fields, raw in chain:
            n = fields[record.N]
            if n != frontier.size:
                self._note("root", False, f"not beyond record {frontier.size - 1}", done=False)
                return
            if fields[record.ROOT] != frontier.root():
                self._note("root", False, f"record {n} commits to another past", n)
                return
            frontier.append(raw)
        self._note("root", True, f"{len(chain)} records commit to all before them")

    def totals(self, chain: list[tuple[Fields, bytes]]) -> None:
        """Counts and sums go on from record to record; over a gap they say how much is missing."""
        good = True
        last: Fields | None = None
        for fields, _ in chain:
            count, total, voids = fields[record.TOT]
            n, typ = fields[record.N], fields[record.TYP]
            own = [0, 0, 0]
            if typ == record.READING:
                own = [1, fields[record.VAL][0], 0]
            elif typ == record.VOID:
                own = [0, 0, 1]
            before = [0, 0, 0] if n == 0 else last[record.TOT] if last else None
            if before is not None and (n == 0 or last is None or n == last[record.N] + 1):
                wanted = [a + b for a, b in zip(before, own, strict=True)]
                if wanted != [count, total, voids]:
                    good = self._note("totals", False, f"record {n} does not add up", n)
            elif last is not None:
                lost = count - own[0] - last[record.TOT][0]
                if lost:
                    detail = f"{lost} readings are missing before record {n}"
                    good = self._note("totals", False, detail, n)
            last = fields
        if good:
            self._note("totals", True, f"{chain[-1][0][record.TOT][0]} readings in all")

    def life(self, chain: list[tuple[Fields, bytes]]) -> None:
        """Boots and uptime go forward, calibrations change only by a record, no lock is set."""
        good = {"boots": True, "calibration": True, "status": True}
        for (before, _), (after, _) in zip(chain, chain[1:], strict=False):
            n = after[record.N]
            then, now = ((fields[record.BC], fields[record.UP]) for fields in (before, after))
            if now[0] < then[0] or (now[0] == then[0] and now[1] < then[1]):
                good["boots"] = self._note("boots", False, f"record {n} goes back in time", n)
            changed = before[record.CAL] != after[record.CAL]
            if changed and n == before[record.N] + 1:
                said = before[record.TYP] in (record.CALIBRATION, record.PARAMETER)
                if not said:
                    detail = f"record {n} has another calibration, and no record says why"
                    good["calibration"] = self._note("calibration", False, detail, n)
        told: Counter[str] = Counter()
        for fields, _ in chain:
            for bit, what in _TOLD.items():
                told[what] += fields.get(record.ST, 0) & bit > 0
            if fields[record.TYP] == record.FAULT:
                told[f"times {fields[record.DATA][1]}"] += 1
            if fields.get(record.ST, 0) & (ST_LOCKED | ST_CASE_OPEN):
                detail = f"record {fields[record.N]}: locked, or opened since it was verified"
                good["status"] = self._note("status", False, detail, fields[record.N])
        said_of = {"status": "; ".join(f"{count} {what}" for what, count in told.items() if count)}
        for name, passed in good.items():
            if passed:
                self._note(name, True, said_of.get(name, ""))

    def clock(self, chain: list[tuple[Fields, bytes]]) -> None:
        """The time of day goes back only by a record that sets it, and then that is said."""
        good = True
        backs: list[str] = []
        known: int | None = None  # the last time that a record gave
        last = -1  # and the number of the last record
        said = False
        for fields, _ in chain:
            n, now = fields[record.N], fields[record.T]
            if now is not None:
                if known is not None and now < known:
                    if said or n != last + 1:
                        backs.append(f"set back by {known - now} s before record {n}")
                    else:
                        detail = f"record {n}: the time goes back by {known - now} s"
                        good = self._note("clock", False, f"{detail}, and no record says why", n)
                known, said = now, False
            said = said or fields[record.TYP] == record.TIME_SET or n != last + 1
            last = n
        if good:
            self._note("clock", True, "; ".join(backs))


def verify(
    envelopes: Sequence[bytes], registry: Mapping[bytes, KeyEntry], allow_test: bool = False
) -> Report:
    """Check records in the order given.

    registry: device id (8 bytes) -> KeyEntry. allow_test: let TEST keys pass. Records of several
    terminals are checked terminal by terminal.
    """
    work = _Verification(registry, allow_test)
    if not envelopes:
        work.report.checks.append(Check("envelope", True, False, "there are no records"))
        return work.report
    chains: dict[bytes, list[tuple[Fields, bytes]]] = {}
    for place, raw in enumerate(envelopes, 1):
        fields = work.one(place, raw)
        if fields is not None:
            work.report.records.append(fields)
            chains.setdefault(fields[record.DEV], []).append((fields, raw))
    for given in chains.values():
        distinct: dict[int, set[bytes]] = {}
        for fields, raw in given:
            distinct.setdefault(fields[record.N], set()).add(raw)
        work.sequence([fields[record.N] for fields, _ in given], distinct)
        once = {fields[record.N]: (fields, raw) for fields, raw in given}
        chain = [once[n] for n in sorted(once)]
        work.roots(chain)
        work.totals(chain)
        work.life(chain)
        work.clock(chain)
    return work.report
