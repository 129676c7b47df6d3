"""The steps that need loads: commission, calibrate, test.

Owns: what each does, and that the as-found errors are measured before a calibration replaces them.
Refuses: with UserError, a load that does not fit, a test that did not pass.
Units: loads in the terminal's unit, exact (Fraction).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.calibration import Request, Weight, calibrate_terminal, check_weights
from steelyard.calibration import Work as Calibration
from steelyard.client import Terminal
from steelyard.commands.commission import keep_found
from steelyard.commissioning import Unfit, commission, transient
from steelyard.errors import REFUSED, VERDICT, UserError
from steelyard.factory import plan as plans
from steelyard.factory import scales
from steelyard.factory.first_steps import BORN
from steelyard.factory.instrument import Instrument
from steelyard.factory.loading import Loading
from steelyard.factory.measurement import Judged, Measurement, Scale, text
from steelyard.factory.papers import MODEL, Papers, marks_of
from steelyard.factory.plan import Plan
from steelyard.factory.runs import OPEN
from steelyard.factory.test_record import PASSED, TestRecord
from steelyard.factory.testing import Stopped, Surroundings, carry_out
from steelyard.factory.work import Work
from steelyard.facts import calibration_of, interval_counts
from steelyard.plate import plate_of
from steelyard.trace import Trace

Found = Mapping[str, Any]
AS_FOUND, AS_LEFT = "as found", "as left"


def quantity(weight: Weight, unit: str) -> Fraction:
    """The number of a weight in the terminal's unit; UserError for another unit."""
    number, its_unit = weight
    if its_unit != unit:
        raise UserError(REFUSED, f"the terminal weighs in {unit}: give {number} {its_unit} in it")
    return Fraction(number)


# --- commission ----------------------------------------------------------------------------------


def _provisional(on: Trace, load: Fraction, config: Mapping[str, int]) -> dict[int, Any]:
    """A calibration by one load change whose load is known: good enough to judge filters by."""
    found = transient(on)
    zero = float(np.mean(found.calm_before()))
    mantissa = int(load / Fraction(10) ** config["exp10"])
    points = [[round(zero * 16), 0], [round((zero + found.size) * 16), mantissa]]
    return {
        1: 1,
        2: 0,
        3: points,
        4: [config["exp10"], config["unit"]],
        8: 0,
        **dict.fromkeys((5, 6, 7, 9, 10, 11, 12)),
    }


def fit_filter(work: Work) -> Found:
    """The filter that fits the platform, from one load put on and taken off."""
    if work.product.commission is None:
        return {"profile": "as it was", "measured": False}
    weight, seconds = work.product.commission
    with work.terminal() as (terminal, _):
        told = terminal.config()
        config = {name: int(value) for name, value in told.items()}
        scale = scales.of_config(told)
        load = quantity(weight, scale.unit)
        with work.handled(terminal) as hands:
            work.say(0.0, "a load is put on")
            hands.put(Fraction(0))
            on = hands.meanwhile(load, seconds, lambda: terminal.trace(seconds))
            work.say(0.5, "it is taken off")
            hands.put(load)
            off = hands.meanwhile(Fraction(0), seconds, lambda: terminal.trace(seconds))
        try:
            known = calibration_of(terminal, told) or _provisional(on, load, config)
            found = commission(on, off, config, known, interval_counts(known, told))
        except Unfit as unfit:
            raise UserError(
                REFUSED, f"commissioning: {unfit}. Run the same command again"
            ) from None
        put = Fraction(found.load_share).limit_denominator(1000) * scale.most
        if abs(put - load) > load / 10:
            raise UserError(
                REFUSED,
                f"commissioning: about {float(put):.1g} {scale.unit} were put on, and the plan"
                f" says {text(load)} {scale.unit}. Run the same command again",
            )
        kept = keep_found(terminal, work.store, found)
    return {
        "measured": True,
        "profile": found.profile,
        "ring_hz": round(found.ring_hz, 3),
        "record": kept["record"],
        "values": list(found.values),
    }


def fits_filter(work: Work, found: Found) -> bool:
    """Whether the filter is the one that was stored."""
    if not found["measured"]:
        return True
    with work.terminal() as (terminal, _):
        return bool(int(terminal.config()["profile"]) == found["values"][0])


# --- calibrate -----------------------------------------------------------------------------------


def calibrate(work: Work) -> Found:
    """The loads of the plan; before them the errors as found, where there was a calibration."""
    plan = work.product.calibration
    with work.terminal() as (terminal, identity):
        scale = _scale(terminal)
        loading = _loading(plan.weights, scale)
        other = _loading(plan.check_weights, scale) or loading
        as_found = ""
        if identity.calibration and work.product.as_found and not _is_new(work):
            work.say(0.0, "as found")
            as_found = _found_before(work) or _as_found(work, terminal)
        total = 2 + len(plan.loads) * (1 + plan.down) + (plan.check is not None)
        done = [0]

        wanted = Calibration(
            weights=plan.loads,
            down=plan.down,
            check=plan.check,
            line=plan.line,
            references=tuple(_reference(loading, weight, scale.unit) for weight in plan.loads),
            at_hand=loading.nominals() if loading else (),
            gravity=(plan.here.g, plan.there.g) if plan.here and plan.there else None,
        )
        check_weights(terminal, wanted)
        began = time.time()
        with work.handled(terminal, loading, back=True) as hands:

            def wrong(error: UserError) -> None:
                if not hands.told(error.sentence):
                    raise error

            def put(asked: Request) -> None:
                load = quantity(asked.load, scale.unit) if asked.load else Fraction(0)
                done[0] += 1
                work.say(done[0] / total, str(asked))
                chosen = other if asked.load and asked.load == plan.check else loading
                hands.put(load, pieces=chosen(load).marks if chosen and load else ())

            # What lies there at the end is taken off in the next step: whoever is interrupted
            # while he does that need not put all loads on again.
            made = calibrate_terminal(terminal, work.store, wanted, put, wrong=wrong)
        digest = terminal.seals()["calibration"]
        points = terminal.calibrate("STATUS")["points"]
        celsius = terminal.status()["celsius"]
    if made["checked"]:
        made["checked"]["pieces"] = _pieces(other, plan.check, scale.unit)
    return {
        **made,
        "points": points,
        "pieces": {
            text(Fraction(one[0])): _pieces(loading, one, scale.unit) for one in plan.loads
        },
        "celsius": "" if celsius == "-" else celsius,
        "digest": digest,
        "as_found": as_found,
        "started": began,
        "ended": time.time(),
        "weights": [dict(row) for row in loading.rows()] if loading else [],
    }


def _gravity(work: Work, terminal: Terminal) -> Fraction:
    """Of here over that of the place for which the calibration in force was adjusted."""
    said = terminal.calibrate("STATUS")["gravity"]
    if "," not in said:
        return Fraction(1)
    here, there = map(int, said.split(","))
    plan = work.product.calibration
    return Fraction(plan.here.g if plan.here else here, there)


def _scale(terminal: Terminal) -> Scale:
    return scales.of_config(terminal.config())


def _loading(path: Path | None, scale: Scale) -> Loading | None:
    return Loading.of_file(path, scale) if path else None


def _pieces(loading: Loading | None, weight: Weight | None, unit: str) -> list[str]:
    return list(loading(quantity(weight, unit)).marks) if loading and weight else []


def _reference(loading: Loading | None, weight: Weight, unit: str) -> str:
    return loading.reference(quantity(weight, unit)) if loading else ""


def _is_new(work: Work) -> bool:
    """Whether its calibrations are this run's own: there was no key before, and it never ended."""
    return work.run.state == OPEN and bool(work.found["key"].get(BORN))


def _found_before(work: Work) -> str:
    """The id of the run's first whole test as found: a run that was cut off after its commit has
    a new calibration in force already, whose errors are not those that were found."""
    for one in work.store.tests(work.serial):
        if one.run == work.run.id:
            made = work.store.test(one.id)
            whole = not any(phase.stopped for phase in made.phases)
            if whole and made.conditions.get("state") == AS_FOUND:
                return one.id
    return ""


def _as_found(work: Work, terminal: Terminal) -> str:
    """The errors before anything is changed; the id of the test."""
    plan = plans.load("retest").only(["weighing"])
    loading = _loading(work.product.test_weights, _scale(terminal))
    with work.handled(terminal, loading) as hands:
        gravity = _gravity(work, terminal)
        instrument = Instrument(terminal, hands, plan.method, loading, gravity)
        made = carry_out(plan, instrument, around(work, {"state": AS_FOUND}, loading))
    work.store.add_test(made, work.run.id)
    return made.id


def is_calibrated(work: Work, found: Found) -> bool:
    """Whether the calibration in force is the one that was made."""
    with work.terminal() as (terminal, _):
        return bool(terminal.seals()["calibration"] == found["digest"])


# --- test ----------------------------------------------------------------------------------------


def around(work: Work, conditions: Mapping[str, str], loading: Loading | None) -> Surroundings:
    """What the record of a test says beside its readings."""
    return Surroundings(
        weights=loading.rows if loading else tuple,
        station={"operator": work.operator, "station": work.desk.key.public.name},
        conditions=conditions,
    )


def papers_of(work: Work, terminal: Terminal) -> Papers:
    """What the plan of the works says that the terminal is, and what was flashed on it."""
    config, identity, found = terminal.config(), terminal.identify(), terminal.seals()
    product, station = work.product, work.product.station
    words = product.scale.words(config)
    wanted = {**config, **dict(zip(words[::2], words[1::2], strict=True))}
    said = {
        **found,
        "approval": station.approval or "-",
        "production": product.filled(station.production, work.serial),
    }
    plate = plate_of(replace(identity, serial=work.serial), wanted, said)
    seals = ",".join(product.filled(one, work.serial) for one in station.seals)
    # A plan names no type: its board does.
    marks = {name: it for name, it in marks_of(plate, seals).items() if name != MODEL}
    software = {identity.firmware: work.found["flash"]["software"]}
    return Papers(marks, software, sealed_after=True)


def try_out(work: Work) -> Found:
    """The plan of the product; it must pass at the factory's limits."""
    plan = plans.load(work.product.test).on_network(work.product.ssid)
    with work.terminal() as (terminal, _):
        plan = plan.by_papers(papers_of(work, terminal))
        loading = _loading(work.product.test_weights, _scale(terminal))
        left = around(work, {"state": AS_LEFT}, loading)
        with work.handled(terminal, loading) as hands:
            gravity = _gravity(work, terminal)
            instrument = Instrument(terminal, hands, plan.method, loading, gravity)
            try:
                made = carry_out(plan, instrument, left, *_telling(work, plan))
            except Stopped as stopped:  # nobody makes a test unseen by Ctrl-C
                work.store.add_test(stopped.record, work.run.id)
                raise
        config = terminal.config()
    work.store.add_test(made, work.run.id)
    failed = _failed(made)
    if failed:
        raise UserError(
            VERDICT,
            f"the test did not pass: {'; '.join(failed)}. `steelyard history {work.serial}` has"
            " all of it; mend that, then run the same command again",
        )
    return {
        "test": made.id,
        "calibration": made.dut["calibration"],
        "software": made.dut["software"],
        "config": config,
    }


def _telling(
    work: Work, plan: Plan
) -> tuple[Callable[[str, int], None], Callable[[str, Measurement, Judged], None]]:
    names = [one.name for one in plan.phases]

    def begun(name: str, measurements: int) -> None:
        work.say(names.index(name) / len(names), name)

    def told(name: str, one: Measurement, judged: Judged) -> None:
        work.say(names.index(name) / len(names), f"{name}: {one.name}")

    return begun, told


def _failed(made: TestRecord) -> list[str]:
    """What did not pass at the factory's limits, in a few words each."""
    found = []
    for phase in made.phases:
        if phase.outcome(made.scale, guarded=True) == PASSED:
            continue
        unseen = [f"nobody looked at {name}" for name in phase.unseen()]
        bad = [one for one in phase.measurements if not one.judged(made.scale).guarded]
        worst = [one.name for one in bad if not one.unseen]
        more = phase.why or ", ".join(worst[:3] or unseen or phase.missing()[:3])
        found.append(f"{phase.name} ({more})")
    return found


def is_tested(work: Work, found: Found) -> bool:
    """Whether what was tested is what there is."""
    with work.terminal() as (terminal, identity):
        now = terminal.seals()["calibration"], identity.software_id.hex(), terminal.config()
    return now == (found["calibration"], found["software"], found["config"])
