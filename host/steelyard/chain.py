"""What follows from one record of a terminal to the next.

Owns: the checks of roots, totals, boots, calibrations, status and clock, and the tally of events.
Refuses: nothing; what does not go on is told to the report.
Units: as in the records.

Records come in the order of their numbers; what is kept of them does not grow with their number.
"""

from __future__ import annotations

from collections import Counter

from steelyard_wire import record
from steelyard_wire.codes import ST_CASE_OPEN, ST_EXTRAPOLATED, ST_LOCKED, ST_TEMPERATURE

from steelyard.keys.verified import Verified, in_words
from steelyard.opened import Fields
from steelyard.report import Check, Report
from steelyard.tlog import Frontier
from steelyard.trust import Cosigned, Trust, approved, holds

# Right as records; whoever trusts the weights is told.
_TOLD = {
    ST_EXTRAPOLATED: "beyond the weights of their calibration",
    ST_TEMPERATURE: "outside of the temperatures that were compensated",
}
# Uses of a key that leave no record (protocol/README.md, section 9): between two records, before a
# start.
MOST_BESIDE = 8
MOST_LOST = 16
MOST_USES = 2097151
_MOST_RECENT = 4096
_NO_EVENTS = [0] * len(record.EVENTS)
_WATCHED = ST_EXTRAPOLATED | ST_TEMPERATURE | ST_LOCKED | ST_CASE_OPEN


class Chain:
    """The records of one terminal, from the lowest number on; failures go to `report`."""

    def __init__(self, report: Report, dev: bytes = b"", trust: Trust | None = None) -> None:
        self.report = report
        self.dev = dev
        self._trust = trust or Trust()
        self._approvals = self._trust.approvals.get(dev, ())
        self._verified = Verified(self._trust.authority, dev)
        self._doubts: dict[str, int] = {}  # why no verification covers a reading: its number
        self._readings = 0
        self._notes = {said.size: said for said in self._trust.cosigned.get(dev, ())}
        self._recent: dict[int, bytes] = {}  # size: root, for what a witness said of late
        self.doubtful = 0  # readings whose calibration or firmware nobody approved
        self.seen_to = 0  # size of the largest tree that a witness has seen
        self.last_reading = -1
        self.frontier = Frontier()
        self.count = 0
        self.last: Fields | None = None
        self.first_n = 0
        self.root_open = ""  # why the roots are not checked any more
        self.events: Counter[str] = Counter()
        self._failed: set[str] = set()
        self._told: Counter[str] = Counter()
        self._known: int | None = None  # the last time of day that a record gave
        self._set = False  # since then the clock was set, or records are missing
        self._backs: list[str] = []
        self._counted = False  # the uses of its key
        self._beside = self._lost = self._starts = 0  # those that no record tells of

    def _fail(self, name: str, detail: str, n: int) -> None:
        self._failed.add(name)
        self.report.fail(name, detail, n)

    def take(self, fields: Fields, raw: bytes) -> None:
        """The next record; its number is above that of the last one."""
        n = fields[record.N]
        last = self.last
        if last is None:
            self.first_n = n
            if n:
                self.root_open = f"the records before {n} were not given"
        self._root(n, fields[record.ROOT], raw)
        self._totals(n, fields)
        self._counters(n, fields)
        if last is not None:
            self._life(n, fields, last)
        self._status(n, fields)
        self._clock(n, fields)
        self._uses(n, fields)
        self._witness(n, fields)
        self.count += 1
        self.last = fields

    def _root(self, n: int, root: bytes, raw: bytes) -> None:
        frontier = self.frontier
        if self.root_open or "root" in self._failed:
            return
        if n != frontier.size:
            self.root_open = f"not beyond record {frontier.size - 1}"
        elif root != frontier.root():
            self._fail("root", f"record {n} commits to another past", n)
        else:
            frontier.append(raw)

    def _totals(self, n: int, fields: Fields) -> None:
        count, total, voids = fields[record.TOT]
        typ = fields[record.TYP]
        last = self.last
        if n == 0:
            before = [0, 0, 0]
        elif last is None:
            return
        else:
            before = last[record.TOT]
        weight = fields[record.VAL][0] if typ == record.READING else 0
        own = typ == record.READING
        if n == 0 or (last is not None and n == last[record.N] + 1):
            void = typ == record.VOID
            if (
                count != before[0] + own
                or total != before[1] + weight
                or voids != before[2] + void
            ):
                self._fail("totals", f"record {n} does not add up", n)
            return
        lost = count - own - before[0]
        if lost:
            self._fail("totals", f"{lost} readings are missing before record {n}", n)

    def _counters(self, n: int, fields: Fields) -> None:
        """The counts of events grow by those that there are, and never fall (D 31, 3.1.21)."""
        last = self.last
        counts = fields.get(record.EV)
        if counts is None:
            if last is not None and record.EV in last:
                self._fail("counters", f"record {n} does not say how many events there were", n)
            return
        if last is None and n:
            return
        before = last.get(record.EV, _NO_EVENTS) if last else _NO_EVENTS
        follows = last is None or n == last[record.N] + 1
        if fields[record.TYP] not in record.EVENTS and counts == before:
            return
        for typ, count, old in zip(record.EVENTS, counts, before, strict=True):
            least = old + (fields[record.TYP] == typ)
            if count < least or (follows and count != least):
                detail = f"record {n}: {count} events {record.type_name(typ)}, not {least}"
                self._fail("counters", detail, n)

    def _life(self, n: int, fields: Fields, last: Fields) -> None:
        boot, up = fields[record.BC], fields[record.UP]
        before = last[record.BC]
        if boot < before or (boot == before and up < last[record.UP]):
            self._fail("boots", f"record {n} goes back in time", n)
        changed = fields[record.CAL] != last[record.CAL] and n == last[record.N] + 1
        if changed and last[record.TYP] not in (record.CALIBRATION, record.PARAMETER):
            detail = f"record {n} has another calibration, and no record says why"
            self._fail("calibration", detail, n)
        if last[record.TYP] == record.RETIRE:
            self._fail("retired", f"record {n} is signed after the key was retired", n)

    def _status(self, n: int, fields: Fields) -> None:
        typ = fields[record.TYP]
        if typ != record.READING:
            self.events[record.type_name(typ)] += 1
            if typ == record.FAULT:
                self._told[f"times {fields[record.DATA][1]}"] += 1
        status = fields.get(record.ST, 0)
        if status & _WATCHED:
            for bit, what in _TOLD.items():
                self._told[what] += status & bit > 0
            if typ == record.READING and status & (ST_LOCKED | ST_CASE_OPEN):
                self._fail("status", f"record {n}: locked, or opened since it was verified", n)

    def _uses(self, n: int, fields: Fields) -> None:
        """A key whose uses a chip counts: each record is one, and few leave none."""
        uses, last = fields.get(record.USE), self.last
        self._counted = self._counted or uses is not None
        if not self._counted:
            return
        if uses is None or (last is not None and record.USE not in last):
            self._fail(
                "uses", f"record {n}: either all say how often the key was used, or none", n
            )
            return
        before, at = (last[record.USE], last[record.N]) if last else (0, -1)
        apart = uses - before - (n - at)
        if apart < 0:
            self._fail("uses", f"the key was used fewer times than there are records up to {n}", n)
        elif n == at + 1:
            self._unrecorded(n, apart, fields[record.TYP] == record.BOOT)

    def _unrecorded(self, n: int, apart: int, start: bool) -> None:
        """Uses before record n that no record tells of (protocol/README.md, section 9)."""
        if start:
            self._starts += 1
            most = min(MOST_LOST, MOST_LOST + 2 * self._starts - self._lost)
            self._lost += apart
        else:
            self._beside += apart
            most = MOST_BESIDE
        if apart > most:
            detail = (
                f"the key was used {apart} times before record {n}, and no record says for what"
            )
            self._fail("uses", detail, n)

    def _clock(self, n: int, fields: Fields) -> None:
        now = fields[record.T]
        gap = self.last is not None and n != self.last[record.N] + 1
        if now is not None:
            known = self._known
            if known is not None and now < known:
                if self._set or gap:
                    self._backs.append(f"set back by {known - now} s before record {n}")
                else:
                    detail = f"record {n}: the time goes back by {known - now} s"
                    self._fail("clock", f"{detail}, and no record says why", n)
            self._known, self._set = now, False
        self._set = self._set or gap or fields[record.TYP] == record.TIME_SET

    def _witness(self, n: int, fields: Fields) -> None:
        if fields[record.TYP] == record.READING:
            self.last_reading = n
            self._readings += 1
            if not approved(fields, self._approvals):
                why = self._verified.doubt(fields)
                if why:
                    self.doubtful += 1
                    self._doubts.setdefault(why, n)
        if self.root_open or "root" in self._failed:
            return
        self._recent[n] = fields[record.ROOT]
        if len(self._recent) > _MOST_RECENT:
            del self._recent[next(iter(self._recent))]
        if fields[record.TYP] == record.WITNESS:
            data = fields[record.DATA]
            root = self._recent.get(data[3])
            if root is not None:
                self._hear(n, Cosigned(data[3], root, data[2], data[4], data[5]))
        said = self._notes.get(n + 1)
        if said is not None:
            if said.root == self.frontier.root():
                self._hear(n, said)
            else:
                detail = f"a witness saw another tree of {n + 1} records"
                self._fail("witness", detail, n)

    def _hear(self, n: int, said: Cosigned) -> None:
        witness = self._trust.witnesses.get(said.key_id)
        if witness is None:
            return
        if holds(self.dev, said, witness):
            self.seen_to = max(self.seen_to, said.size)
        else:
            detail = f"record {n}: {witness.name} has not signed the tree of {said.size} records"
            self._fail("witness", detail, n)

    def expect_all(self) -> None:
        """There is no more than this: whoever has seen more is a failure."""
        count = self.frontier.size
        for said in self._notes.values():
            witness = self._trust.witnesses.get(said.key_id)
            if said.size > count and self.whole and witness and holds(self.dev, said, witness):
                detail = f"{witness.name} saw {said.size} records, and these are {count}"
                self._fail("witness", detail, count)

    @property
    def whole(self) -> bool:
        """Whether it has everything from record 0 on, and every root was right."""
        return bool(self.count) and not self.root_open and "root" not in self._failed

    @property
    def seen(self) -> bool:
        """Whether a witness saw a tree with the last reading."""
        return self.seen_to > max(self.last_reading, 0)

    def finish(self) -> None:
        """Tell the report what passed."""
        if self.last is None:
            return
        if self.seen_to and "witness" not in self._failed:
            detail = f"a witness saw the first {self.seen_to} records"
            self.report.checks.append(Check("witness", True, True, detail))
        self._finish_verification()
        told = [f"{count} {what}" for what, count in self._told.items() if count]
        more = len(self._backs) - 3
        backs = "; ".join(self._backs[:3]) + (f"; and {more} times more" if more > 0 else "")
        details = {
            "totals": f"{self.last[record.TOT][0]} readings in all",
            "boots": "",
            "counters": "",
            "calibration": "",
            "status": "; ".join(told),
            "clock": backs,
        }
        if self._counted:
            told = [f"{self._beside} for what is no record"] if self._beside else []
            if self._lost:
                told.append(f"{self._lost} lost before {self._starts} starts, or records put back")
            left = MOST_USES - self.last.get(record.USE, 0)
            few = [f"the key can be used {left} times more"] if left < MOST_USES // 5 else []
            details["uses"] = "; ".join(told + few)
        checks = self.report.checks
        if self.root_open:
            checks.append(Check("root", False, False, self.root_open))
        elif "root" not in self._failed:
            detail = f"{self.count} records commit to all before them"
            checks.append(Check("root", True, True, detail, count=self.count))
        for name, detail in details.items():
            if name not in self._failed:
                checks.append(Check(name, True, True, detail, count=self.count))

    def _finish_verification(self) -> None:
        """Tell what verification statements say, if there is any: it lifts, it does not fail."""
        newest = self._verified.newest
        if newest is not None:
            self.report.seals[self.dev] = newest.fields["seals"]
        if self._doubts and self._verified.any:
            why = "; ".join(f"record {n}: {why}" for why, n in list(self._doubts.items())[:3])
            self.report.checks.append(Check("verification", False, False, why))
        elif newest is not None:
            detail, count = in_words(newest), self._readings
            self.report.checks.append(Check("verification", True, True, detail, count=count))
