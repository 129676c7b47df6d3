"""A plan carried out on a DUT: its phases in order, each measurement as it was declared.

Owns: that a phase which fails, breaks or is interrupted leaves its record, and what the record
says of DUT, station and conditions.
Refuses: UserError, a plan whose loads or limits the DUT does not have.
Units: times in s since 1970; as measurement.py.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from steelyard import __version__
from steelyard.client import Terminal
from steelyard.errors import INTERRUPTED, NO_DEVICE, REFUSED, USAGE, UserError
from steelyard.factory import substituting
from steelyard.factory.instrument import Instrument
from steelyard.factory.measurement import Judged, Measurement
from steelyard.factory.plan import Plan, Planned
from steelyard.factory.sheet import Sheet, Undeclared
from steelyard.factory.test_record import PASSED, PhaseRecord, TestRecord

Begun = Callable[[str, int], None]  # name of the phase, how many measurements it declares
Told = Callable[[str, Measurement, Judged], None]


@dataclass(frozen=True)
class Surroundings:
    """What a record says beside the readings. station: name, operator; conditions: celsius,
    humidity, pressure, place, g: those that are known. weights: gives those that may be used."""

    station: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    weights: Callable[[], Sequence[Mapping[str, str]]] = tuple


def dut_of(terminal: Terminal) -> dict[str, str]:
    """What a terminal says that it is."""
    identity, seals, config = terminal.identify(), terminal.seals(), terminal.config()
    return {
        "serial": identity.serial,
        "device": identity.dev.hex(),
        "test key": "yes" if identity.test else "no",
        "model": identity.model,
        "board": identity.board,
        "firmware": identity.firmware,
        "software": identity.software_id.hex(),
        "converter": identity.converter,
        "generation": str(identity.calibration),
        "calibration": seals["calibration"],
        "approval": seals["approval"],
        "production": seals["production"],
        "seals": seals["seals"],
        "sealed": "yes" if identity.sealed else "no",
        "filter": config["profile"],
    }


def check_loads(plan: Plan, instrument: Instrument) -> None:
    """UserError for loads that the DUT does not have."""
    scale = instrument.scale
    if plan.unit and plan.unit != scale.unit:
        raise UserError(
            USAGE,
            f"plan {plan.name} has loads in {plan.unit}, the terminal weighs in {scale.unit}",
        )
    if not instrument.terminal.identify().calibration and any(
        one.phase.weighs for one in plan.phases
    ):
        raise UserError(
            REFUSED,
            "the terminal is not calibrated, and there is no weight to be tried. First: steelyard"
            f" calibrate {instrument.terminal.address} --weight 10kg",
        )
    for one in plan.phases:
        loads = one.options.loads
        if not isinstance(loads, int) and loads[-1] > scale.most:
            raise UserError(
                USAGE,
                f"plan {plan.name}, phase {one.name}: {float(loads[-1]):g} {scale.unit} are more"
                f" than Max = {float(scale.most):g} {scale.unit}",
            )


def check_limits(plan: Plan, instrument: Instrument) -> None:
    """UserError for limits of what a phase does not measure, or has by law."""
    for one in plan.phases:
        limits = {name for name, said in one.options.more.items() if isinstance(said, dict)}
        if not limits:
            continue
        wanted = one.phase.declare(instrument, one.options)
        have = {it.name for it in wanted if it.rule == "number"}
        unread = ", ".join(sorted(limits - have))
        if unread:
            raise UserError(
                USAGE,
                f"plan {plan.name}, phase {one.name}: limits of {unread}, which nothing reads",
            )


class Stopped(KeyboardInterrupt):
    """Somebody pressed Ctrl-C in a test; record: what there is of it."""

    def __init__(self, record: TestRecord) -> None:
        super().__init__()
        self.record = record


def carry_out(
    plan: Plan,
    instrument: Instrument,
    surroundings: Surroundings,
    begun: Begun = lambda name, measurements: None,
    told: Told = lambda name, measurement, judged: None,
) -> TestRecord:
    """Carry out a plan; its record. UserError before anything was done, Stopped by Ctrl-C."""
    check_loads(plan, instrument)
    check_limits(plan, instrument)
    began = time.time()
    dut = dut_of(instrument.terminal)
    phases: list[PhaseRecord] = []

    def record() -> TestRecord:
        at = "in operation" if instrument.scale.tracking else "not in operation"
        return TestRecord(
            id=uuid.uuid4().hex,
            plan={"name": plan.name, "version": plan.version, "digest": plan.digest},
            station={"program": f"steelyard {__version__}", **surroundings.station},
            dut=dut,
            scale=instrument.scale,
            conditions={"auto-zero": at, **surroundings.conditions},
            started=began,
            ended=time.time(),
            phases=tuple(phases),
            weights=tuple(
                row for row in surroundings.weights() if row.get("mark") in instrument.used
            ),
        )

    stopped = gone = False
    first = substituting.planned(plan, instrument)
    for planned in (*([first] if first else []), *plan.phases):
        if stopped or (plan.stops and _not_passed(phases, instrument)):
            phases.append(_not_reached(planned, time.time(), stopped))
            continue
        try:
            phases.append(_phase(plan, planned, instrument, begun, told))
        except _Interrupted as interrupted:
            phases.append(interrupted.phase)
            stopped, gone = True, interrupted.gone
    if stopped and not gone:
        raise Stopped(record())
    return record()


def _not_passed(phases: Sequence[PhaseRecord], instrument: Instrument) -> bool:
    return any(one.outcome(instrument.scale) != PASSED for one in phases)


def _not_reached(planned: Planned, now: float, stopped: bool) -> PhaseRecord:
    """A phase that was not begun is in the record, or nobody would miss it."""
    why = "not begun: the test was interrupted" if stopped else "not begun: one before it failed"
    return PhaseRecord(planned.name, planned.phase.clause, "", now, now, (), (), why, stopped)


class _Interrupted(Exception):
    def __init__(self, phase: PhaseRecord, gone: bool) -> None:
        super().__init__()
        self.phase = phase
        self.gone = gone  # the terminal is, nobody pressed anything


def _phase(
    plan: Plan, planned: Planned, instrument: Instrument, begun: Begun, told: Told
) -> PhaseRecord:
    name, phase, options = planned.name, planned.phase, planned.options
    began = time.time()
    method = phase.method(plan.method)
    wanted: tuple[str, ...] = ()
    measured: list[Measurement] = []
    why, stopped, gone = "", False, False
    try:
        instrument.method = method or plan.method
        instrument.at_zero = Fraction(0)
        instrument.terminal.tare("CLEAR")
        sheet = Sheet(
            instrument.scale,
            phase.clause,
            tuple(phase.declare(instrument, options)),
            lambda measurement, judged: told(name, measurement, judged),
        )
        wanted, measured = tuple(one.name for one in sheet.wanted), sheet.measured
        begun(name, len(wanted))
        phase.carry_out(instrument, sheet, options)
        instrument.hands.put(Fraction(0))
    except UserError as error:
        if error.exit_code == USAGE:  # nobody is there to put loads on: no other phase will do
            raise
        # Without a terminal there is nothing to go on with, either.
        why, stopped = error.sentence, error.exit_code in (INTERRUPTED, NO_DEVICE)
        gone = error.exit_code == NO_DEVICE
    except Undeclared as error:
        why = f"the phase is wrong: {error}"
    except KeyboardInterrupt:
        why, stopped = "interrupted", True
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's own may raise what it likes
        why = f"the phase is wrong: {type(error).__name__}: {error}"
    made = PhaseRecord(
        name=name,
        clause=phase.clause,
        method=method,
        started=began,
        ended=time.time(),
        wanted=wanted,
        measurements=tuple(measured),
        why=why,
        stopped=stopped,
    )
    if stopped:
        raise _Interrupted(made, gone)
    return made
