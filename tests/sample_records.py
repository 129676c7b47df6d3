"""Records of tests and calibrations as the factory keeps them, of a scale that only exists here.

Owns: a model of a 15 kg / 5 g scale whose readings follow from a true error, by the changeover
point. Refuses: nothing. Units: kg, exact; s since 1970.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

from steelyard.factory.calibration_record import CalibrationRecord, Check, Gravity, Point
from steelyard.factory.measurement import Measurement, Scale, text
from steelyard.factory.test_record import PhaseRecord, TestRecord

E = Fraction(5, 1000)
SCALE = Scale(3, ((Fraction(15), E),), "kg", Fraction(1, 10))
START = 1764410400.0  # 2025-11-29 10:00:00
LOADS = [Fraction(one) for one in ("0.1", "1", "2.5", "4", "5", "7.5", "10", "12.5", "14.975")]
SETS = "5 5 2 2 1 0.5 0.2 0.2 0.1 0.05 0.02 0.01 0.005".split()
WEIGHTS = tuple(
    {
        "mark": f"M1 {number}",
        "nominal": f"{nominal} kg",
        "class": "M1",
        "certificate": "2025-0417",
        "date": "2025-04-17",
        "valid_until": "2026-04-16",
        "used": "at nominal",
        "set": "M1",
        "digest": "5e" * 32,
    }
    for number, nominal in enumerate(SETS, 1)
)
DUT = {
    "serial": "SY-0001",
    "application": "A-17",
    "maker": "Steelyard",
    "type": "SY-15",
    "model": "SY-15/5",
    "board": "rpi_pico",
    "firmware": "0.2.0",
    "software_id": "5f2c0d6e9b1a4c7788aa01f3c2d4e5f6",
    "converter": "CS1238",
    "test key": "no",
}
STATION = {"station": "S1", "operator": "王伟 Wang Wei"}
AIR = {"celsius": "20.4", "humidity": "48"}


def pieces(load: Fraction) -> str:
    """Marks of the weights that make a load."""
    marks = []
    for row in WEIGHTS:
        nominal = Fraction(row["nominal"].removesuffix(" kg"))
        if nominal <= load:
            marks.append(row["mark"])
            load -= nominal
    return " ".join(marks)


Wrong = Callable[[Fraction, str], Fraction]


def right(load: Fraction, way: str = "") -> Fraction:
    """The error of a good scale, in kg: 100 ppm, and a little less on the way up."""
    return load / 10000 + (Fraction(5, 10**4) if way == "down" and load < 14 else 0)


def read(load: Fraction, error: Fraction) -> dict[str, str]:
    """load, indication and added of a scale with an error before rounding."""
    felt = load + error
    shown = math.floor(felt / E + Fraction(1, 2)) * E
    tenths = 1
    while math.floor((felt + tenths * E / 10) / E + Fraction(1, 2)) * E <= shown:
        tenths += 1
    return {"load": text(load), "indication": text(shown), "added": text(tenths * E / 10)}


def zero(at: Fraction = Fraction(0)) -> Measurement:
    """E0."""
    return Measurement("zero", "zero", "4.5.2", read(Fraction(0), at))


def error(name: str, load: Fraction, off: Fraction, **more: str) -> Measurement:
    """An error, with E0 zero."""
    raw = {**read(load, off), "at_zero": "0", "pieces": pieces(load), **more}
    return Measurement(name, "error", "3.5.1", raw)


def phase(
    name: str,
    clause: str,
    rows: Sequence[Measurement],
    number: int = 0,
    method: str = "changeover",
) -> PhaseRecord:
    """A phase that went through."""
    start = START + 600 * number
    wanted = tuple(one.name for one in rows)
    return PhaseRecord(name, clause, method, start, start + 540, wanted, tuple(rows))


def weighing(wrong: Wrong = right) -> PhaseRecord:
    """Up and down."""
    rows = [zero()]
    for way, loads in (("up", LOADS), ("down", LOADS[-2::-1])):
        rows += [error(f"{way} {text(load)}", load, wrong(load, way), way=way) for load in loads]
    return phase("weighing", "3.5.1, A.4.4", rows, 1)


def eccentricity(most: Fraction = Fraction(1, 1000)) -> PhaseRecord:
    """Five places; the front right one is the worst."""
    offs = {"centre": 0, "front left": 1, "front right": 4, "back left": -2, "back right": -1}
    rows = [
        error(place, Fraction(5), most * share / 4, place=place) for place, share in offs.items()
    ]
    return phase("eccentricity", "3.6.2, A.4.7", [zero(), *rows], 2)


def repeatability(times: int = 10, spread: Fraction = Fraction(1, 1000)) -> PhaseRecord:
    """Two series."""
    dice = random.Random(7)
    rows = []
    for load in (Fraction("7.5"), Fraction("14.975")):
        off = [right(load) + spread * dice.randint(-5, 5) / 10 for _ in range(times)]
        of_load = [error(f"{text(load)} {number}", load, one) for number, one in enumerate(off, 1)]
        found = [one.judged(SCALE).value for one in of_load]
        raw = {"errors": " ".join(map(text, found)), "load": text(load)}
        rows += [*of_load, Measurement(f"spread {text(load)}", "spread", "3.6.1", raw)]
    return phase("repeatability", "3.6.1, A.4.10", [zero(), *rows], 3)


def _change(name: str, rule: str, load: Fraction, before: Fraction, off: Fraction, **more: str):
    raw = {**read(load, before + off - load), "before": text(before), **more}
    return Measurement(name, rule, "3.9.4", raw)


def creep() -> PhaseRecord:
    """The golden vector of R 76: 0, 0.5, 1.0 and 1.0 g (metrology.md, 1.10)."""
    load = Fraction(15)
    rows = []
    for minutes, added in ((0, "3.5"), (5, "3"), (15, "2.5"), (30, "2.5")):
        raw = {
            "load": "15",
            "indication": "15",
            "added": text(Fraction(added) / 1000),
            "before": "14.999",
            "minutes": str(minutes),
        }
        rows.append(Measurement(f"{minutes} min", "creep", "3.9.4", raw))
    late = {**rows[-1].raw, "before": "15"}
    rows.append(Measurement("15 to 30 min", "creep late", "3.9.4", late))
    back = _change("zero return", "zero return", Fraction(0), Fraction(0), E / 10, minutes="31")
    assert load == 15
    return phase("creep", "3.9.4, A.4.11", [*rows, back], 4)


def temperature() -> PhaseRecord:
    """20, 40, -10, 5, 20 degrees."""
    rows: list[Measurement] = []
    before = 20
    for number, celsius in enumerate((20, 40, -10, 5, 20)):
        if number:
            off = Fraction(celsius - before) * E / 100
            rows.append(
                _change(
                    f"zero at {celsius}" + (" again" if number == 4 else ""),
                    "zero by temperature",
                    Fraction(0),
                    Fraction(0),
                    off,
                    kelvin=str(celsius - before),
                )
            )
        for load in (LOADS[0], LOADS[2], LOADS[5], LOADS[6], LOADS[8]):
            name = f"at {celsius} {text(load)}" + (" again" if number == 4 else "")
            off = right(load) + load * (celsius - 20) / 200000
            rows.append(error(name, load, off, celsius=str(celsius)))
        before = celsius
    return phase("temperature", "3.9.2, A.5.3", rows, 5)


def others() -> list[PhaseRecord]:
    """Discrimination, tare, stability."""
    rises = []
    for load in ("0.1", "7.5", "14.975"):
        before = Fraction(load)
        raw = {"load": load, "at": load, "before": load, "after": text(before + E), "d": text(E)}
        rises.append(Measurement(f"1.4 d at {load}", "rise", "3.8.2", raw))
    taring = [Measurement("tare 1.5", "tare", "4.6.3", read(Fraction("1.5"), E / 10))]
    for net in ("2.5", "5", "10", "13.475"):
        load = Fraction(net)
        taring.append(error(f"net {net}", load, right(load), tare="1.5"))
    shown = [
        Measurement(
            f"{number} printed",
            "printed",
            "4.4.2",
            {"load": "7.5", "shown": "7.5", "printed": text(Fraction("7.5") + E * (number == 3))},
        )
        for number in range(1, 6)
    ]
    return [
        phase("discrimination", "3.8.2, A.4.8", rises, 6),
        phase("tare", "4.6.3, A.4.6", taring, 7),
        phase("stability", "4.4.2, A.4.12", shown, 8),
    ]


def numbers() -> PhaseRecord:
    """What a production test asks that is no weight."""
    rows = [
        Measurement(
            "offset", "number", "", {"value": "0.31", "low": "-1", "high": "1", "unit": "mV/V",
                                     "guard_low": "-0.7", "guard_high": "0.7"}),
        Measurement("noise", "number", "", {"value": "0.08", "high": "0.2", "unit": "e"}),
        Measurement("supply", "number", "", {"value": "4.31", "low": "4.75", "high": "5.25",
                                             "unit": "V"}),
        Measurement("digest", "same", "", {"is": "5f2c0d6e9b1a", "should": "5f2c0d6e9b1a"}),
        Measurement("of the future", "unknown rule", "", {"colour": "红", "lumen": "12"}),
    ]  # fmt: skip
    return phase("electronics", "", rows, 0, method="")


def record(*phases: PhaseRecord, plan: str = "production", name: str = "T-1") -> TestRecord:
    """A test of these phases."""
    return TestRecord(
        id=name,
        plan={"name": plan, "version": "3", "digest": "ab" * 32},
        station=STATION,
        dut=DUT,
        scale=SCALE,
        conditions=AIR,
        started=START,
        ended=START + 6000,
        phases=phases,
        weights=WEIGHTS,
    )


def passing() -> TestRecord:
    """A verification's test that passes at both limits."""
    return record(phase("zero", "4.5.2", [zero(E / 20)]), weighing(), eccentricity(),
                  repeatability(5))  # fmt: skip


def type_test() -> TestRecord:
    """All of R 76, on a virtual terminal with a TEST key."""
    made = record(
        *(phase("zero", "4.5.2", [zero(E / 20)]), weighing(), eccentricity(), repeatability()),
        *(creep(), temperature(), *others()),
        plan="r76-type",
        name="T-76",
    )
    return replace(made, dut={**DUT, "board": "virtual", "test key": "yes"})


def failing() -> TestRecord:
    """Beyond the factory's limit at one load, beyond the law's at others; a corner is off."""

    def steep(load: Fraction, way: str) -> Fraction:
        return right(load, way) + load * load / 25000

    return record(weighing(steep), eccentricity(Fraction(6, 1000)), numbers(), name="T-F")


def stopped() -> TestRecord:
    """Stopped in the weighing; the phase after it broke off."""
    whole = weighing()
    part = replace(whole, measurements=whole.measurements[:5], stopped=True)
    broken = replace(
        eccentricity(), measurements=eccentricity().measurements[:3],
        why="the terminal at socket://127.0.0.1:4590 does not answer any more <b>& so on",
    )  # fmt: skip
    never = replace(repeatability(), measurements=(), why="")
    return record(phase("zero", "4.5.2", [zero()]), part, broken, never, name="T-S")


def calibration() -> CalibrationRecord:
    """Three loads up and down, a check, another place."""
    return CalibrationRecord(
        id="C-1",
        dut=DUT,
        station=STATION,
        operator="王伟 Wang Wei",
        scale=SCALE,
        started=START + 7000,
        ended=START + 7600,
        generation=4,
        digest="9b1a4c7788aa01f3",
        number=17,
        method="segments",
        points=(
            Point("0", "1280000"),
            Point("5", "17280010", "up", ("M1 1",)),
            Point("10", "33280025", "up", ("M1 1", "M1 2")),
            Point("15", "49280030", "up", ("M1 1", "M1 2", "M1 3", "M1 4", "M1 5")),
            Point("10", "33280041", "down", ("M1 1", "M1 2")),
            Point("5", "17280020", "down", ("M1 1",)),
            Point("0", "1280002", "down"),
        ),
        residuals=("0", "-0.0002", "-0.0003", "0", "0.0003", "0.0002", "0"),
        check=Check("7", "0.0005", "0.005", ("M1 1", "M1 3")),
        gravity=Gravity("Hangzhou 杭州", "9.79345", "Harbin 哈尔滨", "9.80641"),
        temperature="20.4",
        conditions=AIR,
        weights=WEIGHTS,
        as_found="T-A",
        as_left="T-1",
    )


def as_found() -> TestRecord:
    """Before the calibration: 400 ppm too much."""

    def drifted(load: Fraction, way: str) -> Fraction:
        return right(load, way) + load * 4 / 10000

    made = record(weighing(drifted), repeatability(5), name="T-A")
    return replace(made, started=START - 9000, ended=START - 7000)
