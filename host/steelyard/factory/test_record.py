"""The record of a test: who, what, with which weights, what was read and what that means.

Owns: its form as JSON. Its verdicts are computed anew, from the raw readings, by today's rules.
Refuses: with UserError, JSON that is no such record. Units: times in s since 1970; weights in the
scale's unit as decimal text; temperature in Celsius, humidity in %, pressure in hPa, g in m/s2.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from steelyard.errors import USAGE, UserError
from steelyard.factory import scales
from steelyard.factory.measurement import (
    VERSION,
    Judged,
    Measurement,
    Scale,
    Unusable,
    rules_digest,
    text,
)

FORM = "steelyard/test/1"
# How a phase ended: its measurements decide, unless it could not be carried through.
PASSED, FAILED, BROKEN, STOPPED = "passed", "failed", "error", "stopped"


@dataclass(frozen=True)
class PhaseRecord:
    """One phase. wanted: names of the measurements that it had declared. why: it ended early.

    method: how errors were found: "changeover", "fine" or "" where no load is weighed.
    """

    name: str
    clause: str
    method: str
    started: float
    ended: float
    wanted: tuple[str, ...]
    measurements: tuple[Measurement, ...]
    why: str = ""
    stopped: bool = False

    def missing(self) -> list[str]:
        """What was declared and never measured."""
        have = {one.name for one in self.measurements}
        return [name for name in self.wanted if name not in have]

    def undeclared(self) -> list[str]:
        """What was measured and never declared, or once more than declared."""
        left = list(self.wanted)
        found = []
        for one in self.measurements:
            if one.name in left:
                left.remove(one.name)
            else:
                found.append(one.name)
        return found

    def unseen(self) -> list[str]:
        """What was for somebody to look at, and nobody did."""
        return [one.name for one in self.measurements if one.unseen]

    def outcome(self, scale: Scale, guarded: bool = False) -> str:
        """PASSED, FAILED, BROKEN or STOPPED; at the legal limit, or at the factory's.

        What nobody looked at is neither right nor wrong: the phase does not pass with it, and
        fails only by what is wrong.
        """
        if self.stopped:
            return STOPPED
        if self.why or not self.measurements or self.missing() or self.undeclared():
            return BROKEN
        try:
            judged = [(one, one.judged(scale)) for one in self.measurements]
        except Unusable:
            return BROKEN
        bad = [one for one, it in judged if not (it.guarded if guarded else it.passed)]
        if not bad:
            return PASSED
        return BROKEN if all(one.unseen for one in bad) else FAILED


@dataclass(frozen=True)
class TestRecord:
    """All of it. dut, plan, station, conditions: texts by name, see docs/factory.md.

    weights: the pieces that were used, as their register says (`weights.Piece.row()`).
    kept: the JSON that it was read from, with values, limits and verdicts as they were computed
    then (recompute.py); None for one that was made now.
    """

    __test__ = False  # it is no test of pytest's

    id: str
    plan: Mapping[str, str]
    station: Mapping[str, str]
    dut: Mapping[str, str]
    scale: Scale
    conditions: Mapping[str, str]
    started: float
    ended: float
    phases: tuple[PhaseRecord, ...]
    weights: tuple[Mapping[str, str], ...] = ()
    rules: Mapping[str, str] = field(
        default_factory=lambda: {"version": VERSION, "digest": rules_digest()}
    )
    kept: Mapping[str, Any] | None = field(default=None, compare=False, repr=False)

    def passes(self, guarded: bool = False) -> bool:
        """Whether every phase passed: at the legal limit, or at the factory's."""
        return bool(self.phases) and all(
            phase.outcome(self.scale, guarded) == PASSED for phase in self.phases
        )


def _verdict(one: Measurement, scale: Scale) -> dict[str, Any]:
    try:
        return _said(one.judged(scale))
    except Unusable as error:
        return {"passed": False, "guarded": False, "unusable": str(error)}


def _said(judged: Judged) -> dict[str, Any]:
    limits = judged.limits
    bounds = {
        "low": limits.low,
        "high": limits.high,
        "guard_low": limits.guard_low,
        "guard_high": limits.guard_high,
    }
    return {
        "value": text(judged.value),
        **{name: None if bound is None else text(bound) for name, bound in bounds.items()},
        "passed": judged.passed,
        "guarded": judged.guarded,
    }


def to_json(one: TestRecord) -> str:
    """The record as it is kept; verdicts as they are computed now."""
    scale = one.scale
    phases = []
    for phase in one.phases:
        rows = []
        for measured in phase.measurements:
            rows.append(
                {
                    "name": measured.name,
                    "rule": measured.rule,
                    "clause": measured.clause,
                    "raw": dict(measured.raw),
                    **_verdict(measured, scale),
                }
            )
        phases.append(
            {
                "name": phase.name,
                "clause": phase.clause,
                "method": phase.method,
                "started": phase.started,
                "ended": phase.ended,
                "wanted": list(phase.wanted),
                "why": phase.why,
                "stopped": phase.stopped,
                "outcome": phase.outcome(scale),
                "outcome_guarded": phase.outcome(scale, guarded=True),
                "measurements": rows,
            }
        )
    whole = {
        "form": FORM,
        "id": one.id,
        "plan": dict(one.plan),
        "station": dict(one.station),
        "dut": dict(one.dut),
        "scale": scales.to_record(scale),
        "conditions": dict(one.conditions),
        "started": one.started,
        "ended": one.ended,
        "rules": dict(one.rules),
        "weights": [dict(piece) for piece in one.weights],
        "passed": one.passes(),
        "passed_guarded": one.passes(guarded=True),
        "phases": phases,
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def from_json(data: str) -> TestRecord:
    """The record; UserError for what is none."""
    try:
        whole = json.loads(data)
        if whole["form"] != FORM:
            raise ValueError(f"its form is {whole['form']!r}, not {FORM!r}")
        return _record(whole)
    except (LookupError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise UserError(
            USAGE,
            f"this is no record of a test ({type(error).__name__}: {error}). `steelyard history"
            " SERIAL` names those that there are",
        ) from None


def _record(whole: Mapping[str, Any]) -> TestRecord:
    phases = []
    for phase in whole["phases"]:
        rows = []
        for row in phase["measurements"]:
            raw = dict(row["raw"])
            if not all(isinstance(value, str) for value in raw.values()):
                raise ValueError(f"what was read of {row['name']} is no text")
            rows.append(Measurement(row["name"], row["rule"], row["clause"], raw))
        phases.append(
            PhaseRecord(
                name=phase["name"],
                clause=phase["clause"],
                method=phase["method"],
                started=float(phase["started"]),
                ended=float(phase["ended"]),
                wanted=tuple(phase["wanted"]),
                measurements=tuple(rows),
                why=phase["why"],
                stopped=bool(phase["stopped"]),
            )
        )
    return TestRecord(
        id=str(whole["id"]),
        plan=dict(whole["plan"]),
        station=dict(whole["station"]),
        dut=dict(whole["dut"]),
        scale=scales.of_record(whole["scale"]),
        conditions=dict(whole["conditions"]),
        started=float(whole["started"]),
        ended=float(whole["ended"]),
        phases=tuple(phases),
        weights=tuple(dict(piece) for piece in whole["weights"]),
        rules=dict(whole["rules"]),
        kept=whole,
    )
