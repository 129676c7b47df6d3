"""Everything that this host knows of a serial number, in the order of time.

Owns: what is told of each thing, in words and as data. Refuses: with UserError, a serial number
of which nothing is known. Units: times in s since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from steelyard_wire import record

from steelyard.errors import USAGE, UserError
from steelyard.events import Trail
from steelyard.factory.runs import Measured, Run, Step, Tested
from steelyard.keys import words
from steelyard.opened import decoded, payload_of
from steelyard.sealing import names_of_keys
from steelyard.store import Store
from steelyard.tables import RecordRow, TerminalRow

# Of what happened at one moment, this comes first.
_ORDER = ("run", "step", "terminal", "statement", "calibration", "test", "attachment")


@dataclass(frozen=True)
class Entry:
    """One thing. verdict, guard: "passed", "failed" or another state; "" where there is none.

    data: everything, for programs.
    """

    time: float
    kind: str
    what: str
    verdict: str = ""
    guard: str = ""
    detail: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As data."""
        said = asdict(self)
        return {**said, "data": dict(self.data)}


def verdict(passed: bool) -> str:
    """In a word."""
    return "passed" if passed else "failed"


def history(store: Store, serial: str) -> list[Entry]:
    """All there is, oldest first; UserError if there is nothing."""
    runs = store.runs(serial)
    tests = store.tests(serial)
    found = [*_terminals(store, serial)]
    devices = [one.data["device"] for one in found]
    devices += [*(one.dev for one in runs), *(one.dev for one in tests)]
    for dev in dict.fromkeys(dev for dev in devices if dev is not None):
        found += [*_calibrations(store, dev), *_statements(store, dev)]
    for run in runs:
        found += [_run(run), *map(_step, store.steps(run.id))]
    measured: dict[str, list[Measured]] = {}
    for tested, one in store.measured(serial):
        measured.setdefault(tested.id, []).append(one)
    found += [_test(store, one, measured.get(one.id, [])) for one in tests]
    found += _attachments(store, serial)
    if not found:
        raise UserError(
            USAGE,
            f"nothing is known here of a serial number {words.plain(serial)}:"
            " `steelyard history` lists those that are",
        )
    return sorted(found, key=lambda one: (one.time, _ORDER.index(one.kind)))


def _terminals(store: Store, serial: str) -> Iterator[Entry]:
    with store.session() as session:
        for row in session.scalars(select(TerminalRow).where(TerminalRow.serial == serial)):
            said = "TEST key" if row.test else "key"
            data = {"device": row.dev, "public_key": row.public_key, "test_key": row.test}
            data |= {"algorithm": row.algorithm, "model": row.model}
            what = f"{said} of terminal {row.dev.hex()} registered"
            yield Entry(row.first_seen, "terminal", what, detail=row.model, data=data)


def _calibrations(store: Store, dev: bytes) -> Iterator[Entry]:
    wanted = record.type_name(record.CALIBRATION)
    query = select(RecordRow).where(RecordRow.dev == dev, RecordRow.type == wanted)
    with store.session() as session:
        rows = [
            (row.n, row.raw, row.passed, row.received)
            for row in session.scalars(query.order_by(RecordRow.n))
        ]
    trail = Trail(names_of_keys(store, dev))
    for n, raw, passed, received in rows:
        for event in trail.take([decoded(payload_of(raw))]):
            # A terminal that does not know the time says none.
            time = received if event.time is None else event.time
            data = {"device": dev, "n": n, "from": event.old, "to": event.new, "who": event.who}
            data |= {"clock": event.time, "received": received}
            what = f"calibration, record {n}"
            yield Entry(time, "calibration", what, verdict(passed), "", event.new, data)


def _statements(store: Store, dev: bytes) -> Iterator[Entry]:
    for added, one in store.statements_added(dev):
        told = words.words(one)
        signers = [kid.hex() for kid, _ in one.signatures]
        data = {"device": dev, "number": one.number, "signed_by": signers, "says": told}
        what = told.pop("statement")
        yield Entry(added, "statement", what, detail=f"signed by {', '.join(signers)}", data=data)


def _run(run: Run) -> Entry:
    detail = f"{run.operator} at {run.station}"
    return Entry(run.started, "run", f"run of {run.plan}", run.state, "", detail, asdict(run))


def _step(step: Step) -> Entry:
    detail = json.dumps(step.detail, ensure_ascii=False) if step.detail else ""
    return Entry(step.started, "step", f"step {step.name}", step.state, "", detail, asdict(step))


def _test(store: Store, one: Tested, measured: Iterable[Measured]) -> Entry:
    rows = [asdict(row) for row in measured]
    bad = sum(not row["passed"] for row in rows)
    detail = f"{len(rows)} measurements"
    detail += f", {bad} of them failed" if bad else ""
    data = {**asdict(one), "path": str(store.files.path(one.attachment)), "measurements": rows}
    return Entry(
        one.started,
        "test",
        f"test {one.id} by {one.plan}",
        verdict(one.passed),
        verdict(one.passed_guarded),
        detail,
        data,
    )


def _attachments(store: Store, serial: str) -> Iterator[Entry]:
    for one in store.attached(serial):
        path = store.files.path(one.digest)
        there = path.is_file()
        data = {**asdict(one), "path": str(path), "there": there}
        state, detail = "" if there else "missing", f"{one.size} bytes, {one.media}"
        what = f"{one.what}: {one.name}"
        yield Entry(one.added, "attachment", what, state, "", detail, data)
