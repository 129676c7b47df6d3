"""A test's record to keep and to compute again, with what OIML R 76-1 says of it written down.

Owns: a scale of class III, 15 kg in steps of 5 g, and what was read on it. Refuses: nothing.
Units: kg.

By Table 6: up to 500 e (2.5 kg) an error of 0.5 e (2.5 g) is permitted, up to 2000 e (10 kg) of
1 e (5 g). The factory's limits are 0.7 of that: 1.75 g and 3.5 g.
"""

from __future__ import annotations

from fractions import Fraction

from steelyard.factory.measurement import Measurement, Scale
from steelyard.factory.test_record import PhaseRecord, TestRecord

SCALE = Scale(3, ((Fraction(15), Fraction(5, 1000)),), "kg", Fraction(1, 10))
STARTED = 1_790_000_000.25
DEVICE = "0011223344556677"
# phase, name, value, low, high, guard_low, guard_high, passed, guarded.
EXPECTED = [
    # A.4.4.3: P = 2.500 + 0.0025 - 0.002.
    ("weighing", "2.5 kg", "0.0005", "-0.0025", "0.0025", "-0.00175", "0.00175", True, True),
    ("weighing", "10 kg", "0.004", "-0.005", "0.005", "-0.0035", "0.0035", True, False),
    ("supply", "12 V", "12.01", "11.5", "12.5", "11.5", "12.5", True, True),
]


def made(name: str = "T-1", serial: str = "SY-1", at_ten: str = "10.004") -> TestRecord:
    """A test that the law passes and the factory does not, unless at_ten is another reading."""
    changeover = {"load": "2.5", "indication": "2.500", "added": "0.002", "at_zero": "0"}
    fine = {"load": "10", "fine": at_ten, "at_zero": "0"}
    volts = {"value": "12.01", "low": "11.5", "high": "12.5"}
    weighing = (
        Measurement("2.5 kg", "error", "A.4.4.1", changeover),
        Measurement("10 kg", "error", "A.4.4.1", fine),
    )
    supply = (Measurement("12 V", "number", "", volts),)
    phases = (
        PhaseRecord(
            name="weighing",
            clause="A.4.4",
            method="changeover",
            started=STARTED,
            ended=STARTED + 60,
            wanted=("2.5 kg", "10 kg"),
            measurements=weighing,
        ),
        PhaseRecord(
            name="supply",
            clause="",
            method="",
            started=STARTED + 60,
            ended=STARTED + 61,
            wanted=("12 V",),
            measurements=supply,
        ),
    )
    return TestRecord(
        id=name,
        plan={"name": "initial", "digest": "0" * 64},
        station={"name": "bench 1", "operator": "Ännchen; =1+1"},
        dut={"serial": serial, "device": DEVICE},
        scale=SCALE,
        conditions={"temperature": "21.5"},
        started=STARTED,
        ended=STARTED + 61,
        phases=phases,
        weights=({"name": "F1-10", "mass": "10"},),
    )
