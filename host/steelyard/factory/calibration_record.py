"""The record of a calibration: what was adjusted, with which weights, where, and what it left.

Owns: its form as JSON. Refuses: with UserError, JSON that is no such record.
Units: times in s since 1970; weights and errors in the scale's unit as decimal text; counts of the
converter in 1/16; g in m/s2; temperature in Celsius.

It says what the terminal was made to believe, which it signed (`number` of that record). Errors of
indication are measured by tests, before (`as_found`) and after it (`as_left`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from steelyard.errors import USAGE, UserError
from steelyard.factory import scales
from steelyard.factory.measurement import Scale, exact, text

FORM = "steelyard/calibration/1"
UP, DOWN = "up", "down"


@dataclass(frozen=True)
class Point:
    """A load that was captured, "0" the empty platform. pieces: ids of the weights."""

    load: str
    counts: str
    direction: str = UP
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """A second weight before the commit: load, its error, what was allowed."""

    load: str
    error: str
    allowed: str
    pieces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gravity:
    """g of the place where it was calibrated and of the one where it will weigh, named both."""

    here_name: str
    here: str
    there_name: str
    there: str

    @property
    def factor(self) -> Fraction:
        """By which the weight changes that the terminal shows: g_here / g_there."""
        return exact(self.here, "g") / exact(self.there, "g")


@dataclass(frozen=True)
class CalibrationRecord:
    """All of it. dut, station, operator: as in a test's record.

    number: of the record that the terminal signed; residuals: errors of the points, in order,
    by its own fit. weights: rows of the register (`weights.Piece.row`). as_found, as_left: ids of
    tests.
    """

    id: str
    dut: Mapping[str, str]
    station: Mapping[str, str]
    operator: str
    scale: Scale
    started: float
    ended: float
    generation: int
    digest: str
    number: int
    method: str
    points: tuple[Point, ...]
    residuals: tuple[str, ...] = ()
    check: Check | None = None
    gravity: Gravity | None = None
    temperature: str = ""
    conditions: Mapping[str, str] = field(default_factory=dict)
    weights: tuple[Mapping[str, str], ...] = ()
    as_found: str = ""
    as_left: str = ""


def to_json(one: CalibrationRecord) -> str:
    """The record as it is kept."""
    whole = {
        "form": FORM,
        "id": one.id,
        "dut": dict(one.dut),
        "station": dict(one.station),
        "operator": one.operator,
        "scale": scales.to_record(one.scale),
        "started": one.started,
        "ended": one.ended,
        "generation": one.generation,
        "digest": one.digest,
        "number": one.number,
        "method": one.method,
        "points": [asdict(point) for point in one.points],
        "residuals": list(one.residuals),
        "check": asdict(one.check) if one.check else None,
        "gravity": {**asdict(one.gravity), "factor": text(one.gravity.factor)}
        if one.gravity
        else None,
        "temperature": one.temperature,
        "conditions": dict(one.conditions),
        "weights": [dict(piece) for piece in one.weights],
        "as_found": one.as_found,
        "as_left": one.as_left,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def from_json(data: str) -> CalibrationRecord:
    """The record; UserError for what is none."""
    try:
        whole = json.loads(data)
        if whole["form"] != FORM:
            raise ValueError(f"its form is {whole['form']!r}, not {FORM!r}")
        return _record(whole)
    except (
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        AttributeError,
        RecursionError,
    ) as error:
        raise UserError(
            USAGE,
            f"this is no record of a calibration ({type(error).__name__}: {error})."
            " `steelyard history SERIAL` names those that there are",
        ) from None


def _record(whole: Mapping[str, Any]) -> CalibrationRecord:
    check, gravity = whole["check"], whole["gravity"]
    return CalibrationRecord(
        id=str(whole["id"]),
        dut=_texts(whole["dut"]),
        station=_texts(whole["station"]),
        operator=str(whole["operator"]),
        scale=scales.of_record(whole["scale"]),
        started=float(whole["started"]),
        ended=float(whole["ended"]),
        generation=int(whole["generation"]),
        digest=str(whole["digest"]),
        number=int(whole["number"]),
        method=str(whole["method"]),
        points=tuple(_point(point) for point in whole["points"]),
        residuals=tuple(_decimal(one) for one in whole["residuals"]),
        check=_check(check) if check else None,
        gravity=_gravity(gravity) if gravity else None,
        temperature=_decimal(whole["temperature"]) if whole["temperature"] else "",
        conditions=_texts(whole["conditions"]),
        weights=tuple(_texts(piece) for piece in whole["weights"]),
        as_found=str(whole["as_found"]),
        as_left=str(whole["as_left"]),
    )


def _point(point: Mapping[str, Any]) -> Point:
    if point["direction"] not in (UP, DOWN):
        raise ValueError(f"a load goes up or down, not {point['direction']!r}")
    return Point(
        _decimal(point["load"]),
        _decimal(point["counts"]),
        point["direction"],
        tuple(map(str, point["pieces"])),
    )


def _check(check: Mapping[str, Any]) -> Check:
    load, error, allowed = (_decimal(check[name]) for name in ("load", "error", "allowed"))
    return Check(load, error, allowed, tuple(map(str, check["pieces"])))


def _gravity(gravity: Mapping[str, Any]) -> Gravity:
    found = Gravity(
        str(gravity["here_name"]),
        _decimal(gravity["here"]),
        str(gravity["there_name"]),
        _decimal(gravity["there"]),
    )
    if "factor" in gravity and gravity["factor"] != text(found.factor):
        raise ValueError(f"the factor of gravity is {text(found.factor)}, not as it says")
    return found


def _texts(found: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in dict(found).items()}


def _decimal(number: Any) -> str:
    exact(number, "a number of it")
    return str(number)
