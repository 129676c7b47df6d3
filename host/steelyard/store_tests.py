"""The part of the database that is about tests: their records, and what they measured as rows.

Owns: that a test and its measurements are there with their record, or not at all. Refuses: with
UserError, another record under the id of a test, and what is not known here.
Units: times in s since 1970; weights as decimal text.

The record, an attachment, is what counts; the rows are for looking things up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from typing import Any

from sqlalchemy import Select, and_, func, select, text
from sqlalchemy.orm import InstrumentedAttribute

from steelyard.errors import USAGE, UserError
from steelyard.factory.runs import Measured, Run, Tested
from steelyard.factory.test_record import TestRecord, from_json, to_json
from steelyard.store_factory import StoredFactory, link, run_of
from steelyard.tables import LinkRow, MeasurementRow, RunRow, TerminalRow, TestedRow

RECORD = "test record"  # what an attachment is to its test
_JSON = "application/json"
_NAMED = 8  # of several that begin alike
_TEST = (
    "INSERT INTO tests (id, run, serial, dev, plan, started, passed, passed_guarded, attachment)"
    " VALUES (:id, :run, :serial, :dev, :plan, :started, :passed, :passed_guarded, :attachment)"
    " ON CONFLICT (id) DO NOTHING RETURNING id"
)


class StoredTests(StoredFactory):
    """A part of store.Store."""

    def add_test(self, record: TestRecord, run: str | None = None) -> str:
        """Keep a test and its record; the record's digest. The same once more changes nothing.

        Of its `dut` the texts `serial` and `device` (id in hex) say what was tested. UserError for
        another record under the same id.
        """
        data = to_json(record).encode()
        digest = self.files.put(data)
        whole = json.loads(data)
        serial = record.dut.get("serial", "")
        values = {
            "id": record.id,
            "run": run,
            "serial": serial,
            "dev": _device(record.dut.get("device", "")),
            "plan": record.plan.get("name", ""),
            "started": record.started,
            "passed": whole["passed"],
            "passed_guarded": whole["passed_guarded"],
            "attachment": digest,
        }
        with self.session() as session:
            if session.scalar(text(_TEST), values) is None:
                row = session.get_one(TestedRow, record.id)
                if row.attachment != digest:
                    raise UserError(
                        USAGE,
                        f"there is another record of the test {record.id} here. Nothing was"
                        " changed; a test that is repeated has an id of its own",
                    )
                return digest
            name = (f"test-{record.id}.json", _JSON, RECORD)
            link(session, digest, data, name, run, record.id, serial)
            session.add_all(_measured(whole))
        return digest

    def tests(self, serial: str | None = None) -> list[Tested]:
        """The tests of a serial number, or all, oldest first."""
        query = select(TestedRow).order_by(TestedRow.started, TestedRow.id)
        if serial is not None:
            query = query.where(TestedRow.serial == serial)
        with self.session() as session:
            return [_tested(row) for row in session.scalars(query)]

    def tested(self, named: str) -> Tested:
        """The test of an id, or of the beginning of one; UserError unless there is one such."""
        begins = TestedRow.id.startswith(named, autoescape=True)
        with self.session() as session:
            row = session.get(TestedRow, named)
            if row is not None:
                return _tested(row)
            # SQLite takes a capital for a small letter there.
            query = select(TestedRow).where(begins).order_by(TestedRow.id)
            found = [_tested(row) for row in session.scalars(query) if named]
        found = [one for one in found if one.id.startswith(named)]
        if not found:
            raise UserError(
                USAGE, f"there is no test {named} here: `steelyard history SERIAL` names them"
            )
        if len(found) > 1:
            some = ", ".join(one.id for one in found[:_NAMED])
            more = ", ..." if len(found) > _NAMED else ""
            raise UserError(USAGE, f"{len(found)} tests begin with {named}: {some}{more}")
        return found[0]

    def test(self, named: str) -> TestRecord:
        """The record of a test by its id or the beginning of it; UserError."""
        return from_json(self.attachment(self.tested(named).attachment).decode())

    def measured(
        self, serial: str | None = None, test: str | None = None
    ) -> Iterator[tuple[Tested, Measured]]:
        """What the tests of a serial number (one test, all) measured, in order, as a stream."""
        query = select(TestedRow, MeasurementRow)
        query = query.join(MeasurementRow, MeasurementRow.test == TestedRow.id)
        if serial is not None:
            query = query.where(TestedRow.serial == serial)
        if test is not None:
            query = query.where(TestedRow.id == test)
        query = query.order_by(TestedRow.started, TestedRow.id, MeasurementRow.id)
        with self.session() as session:
            for tested, row in session.execute(query.execution_options(yield_per=1000)):
                yield _tested(tested), _measurement(row)

    # --- everything ------------------------------------------------------------------------------

    def known(self) -> list[tuple[str, Run | None, Tested | None]]:
        """Every serial number here, with its newest run and test, by serial number."""
        with self.session() as session:
            runs = {
                row.serial: run_of(row)
                for row in session.scalars(_newest(RunRow, RunRow.serial, RunRow.started))
            }
            tests = {
                row.serial: _tested(row)
                for row in session.scalars(_newest(TestedRow, TestedRow.serial, TestedRow.started))
            }
            others = set(session.scalars(select(TerminalRow.serial)))
            others |= set(session.scalars(select(LinkRow.serial).distinct()))
        serials = sorted((others | set(runs) | set(tests)) - {""})
        return [(serial, runs.get(serial), tests.get(serial)) for serial in serials]


def _newest(
    table: type[Any], serial: InstrumentedAttribute[str], started: InstrumentedAttribute[float]
) -> Select[Any]:
    last = select(serial.label("serial"), func.max(started).label("started"))
    last_of = last.group_by(serial).subquery()
    same = and_(serial == last_of.c.serial, started == last_of.c.started)
    return select(table).join(last_of, same)


def _tested(row: TestedRow) -> Tested:
    return Tested(**{one.name: getattr(row, one.name) for one in fields_of(Tested)})


def _measurement(row: MeasurementRow) -> Measured:
    names = [one.name for one in fields_of(Measured) if one.name != "raw"]
    return Measured(**{name: getattr(row, name) for name in names}, raw=json.loads(row.raw))


def _device(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        return None


def _measured(whole: Mapping[str, Any]) -> Iterator[MeasurementRow]:
    """The rows of a record as its JSON has it."""
    for phase in whole["phases"]:
        for one in phase["measurements"]:
            yield MeasurementRow(
                test=whole["id"],
                phase=phase["name"],
                name=one["name"],
                rule=one["rule"],
                clause=one["clause"],
                raw=json.dumps(one["raw"], ensure_ascii=False),
                value=one.get("value"),
                low=one.get("low"),
                high=one.get("high"),
                guard_low=one.get("guard_low"),
                guard_high=one.get("guard_high"),
                passed=one["passed"],
                guarded=one["guarded"],
            )
