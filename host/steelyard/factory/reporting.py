"""The reports of a run: of its calibration, and of its test.

Owns: the calibration's record, made of what the steps found, and where the files go.
Refuses: with UserError, as the store. Units: as calibration_record.py.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from steelyard.errors import UserError
from steelyard.factory import calibration_record
from steelyard.factory.calibration_record import CalibrationRecord, Check, Gravity, Point
from steelyard.factory.measurement import text
from steelyard.factory.reports.make import Record, reports_of
from steelyard.factory.test_record import TestRecord
from steelyard.factory.work import Work
from steelyard.saved import save

Found = Mapping[str, Any]
RECORD = "calibration record"
REPORT = "report"


def make_reports(work: Work) -> Found:
    """HTML and PDF of calibration and test, in the languages of the plan."""
    calibrated, tested = work.found["calibrate"], work.found["test"]
    tests = {one: work.store.test(one) for one in (calibrated["as_found"], tested["test"]) if one}
    left = tests[tested["test"]]
    record = _record(work, calibrated, left)
    work.store.attach(
        calibration_record.to_json(record).encode(),
        f"calibration-{record.id}.json",
        "application/json",
        RECORD,
        run=work.run.id,
        serial=work.serial,
    )
    kept = {}
    both: tuple[Record, ...] = (record, left)
    for place, one in enumerate(both):
        work.say(place / 2, "calibration" if place == 0 else "test")
        for name, media, data in reports_of(one, work.product.languages, tests=tests):
            save(work.folder / name, data)
            kept[name] = work.store.attach(
                data, name, media, REPORT, run=work.run.id, serial=work.serial
            )
    return {"files": kept, "test": left.id, "calibration": calibrated["digest"]}


def are_reported(work: Work, found: Found) -> bool:
    """Whether the reports are those of the calibration and the test in force, and are there."""
    made_of = work.found["calibrate"]["digest"], work.found["test"]["test"]
    try:
        for digest in found["files"].values():
            work.store.attachment(digest)
    except UserError:  # one is lost or damaged: they are written again
        return False
    return made_of == (found["calibration"], found["test"])


def _record(work: Work, found: Found, left: TestRecord) -> CalibrationRecord:
    plan = work.product.calibration
    points = tuple(
        Point(
            load=weight,
            counts=counts,
            pieces=tuple(found["pieces"].get(text(Fraction(weight)), ())),
        )
        for counts, _, weight in (one.partition(":") for one in str(found["points"]).split(","))
    )
    return CalibrationRecord(
        id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{left.dut['device']}/{found['digest']}")),
        dut=left.dut,
        station=left.station,
        operator=work.operator,
        scale=left.scale,
        started=found["started"],
        ended=found["ended"],
        generation=found["generation"],
        digest=found["digest"],
        number=found["record"],
        method=found["method"],
        points=points,
        residuals=tuple((found["errors"] or "").split(",")) if found["errors"] else (),
        check=_check(found),
        gravity=Gravity(plan.here.name, _g(plan.here.g), plan.there.name, _g(plan.there.g))
        if plan.here and plan.there
        else None,
        temperature=found["celsius"],
        conditions=left.conditions,
        weights=tuple(found["weights"]),
        as_found=found["as_found"],
        as_left=left.id,
    )


def _g(units: int) -> str:
    return str(Decimal(units) / 100_000)


def _check(found: Found) -> Check | None:
    said = found["checked"]
    if not said:
        return None
    return Check(said["load"].split()[0], said["error"], said["most"], tuple(said["pieces"]))
