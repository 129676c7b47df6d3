"""The fault table, F01 to F24 (signal.md section 1): all rows, all converters that they befall.

Owns: the required outcome of each row, in the words of the table. What is injected and observed is
firmware/simulation/faults/; the driver, the guard, the filter and the weigher are the firmware's.
Refuses: a row without a required outcome.
F08, F09 and F11 run at one rate, because no clock or bit of a frame knows of it; the others that a
rate can change at every rate class of the issue, as chip@rate (fault_table.OTHERS).

`silent` and `wrong` are weights further than 0.5 e from the load, which is the band that settling
has in the reference. `silent` are those that could be registered. `wrong` are those that no fault
marked; of F13 and F14, where a number is on its way or not yet known as noise, those that could be
registered and are not of the load that lay there.
Units: milliseconds, e; fine weights in 1/100 g with e = 5 g, so that 0.1 e is 50.

F21 (power cuts) and F22 (replayed, re-ordered, edited) have their own tests, which are named here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest
from simulation.bench.build import CHIPS, READERS
from simulation.faults.fault_table import BUS, OTHERS, TWO_WIRE, rows
from simulation.faults.rig import RATES

CONVERTERS = (*CHIPS, *READERS)
TENTH_E = 50
# Conversions until settled: signal.md section 3, for the NAU7802 its data sheet.
DISCARD = {"hx711": 4, "hx711_rp2": 4, "ads1232": 4, "cs1237": 3, "nau7802": 4, "ads1220": 1}
Seen = dict[str, Any]

TABLE = [(chip, name, row) for chip in (*CONVERTERS, *OTHERS) for name, row in rows(chip)]


def no_data(seen: Seen) -> None:
    """F01, F02: NO_DATA within 3 periods, no number, recovers unaided, settling discarded."""
    # All-zero frames of a line that is stuck low break the rule of the last clock: BAD_FRAME.
    assert seen["shown"][0] in ("NO_DATA", "BAD_FRAME")
    assert seen["numbers"] == 0
    # A task looks every 10 ms. After a start the chip is set up first (60 ms at most; a CS1237
    # begins at 10 samples/s), and has its settling time before it must have said something.
    most = 3 + 10 / seen["period_ms"]
    if seen["boot"]:
        most += seen["discard"] + 2 + (670 if seen["chip"] == "cs1237" else 60) / seen["period_ms"]
    assert seen["periods"] <= most
    assert seen["back_ms"] < seen["back_most_ms"] and seen["settling"] >= seen["discard"]


def saturated(word: str) -> Callable[[Seen], None]:
    def required(seen: Seen) -> None:
        """F03, F04: in the same sample; never enters filter, tare, zero or calibration."""
        assert seen["shown"] == [word] and seen["same_sample"]
        assert "OK" not in seen["refused"]

    return required


def frozen(seen: Seen) -> None:
    """F05: after N samples, N as tests/unit/test_guard.py has it from the Gaussian."""
    assert seen["shown"] == ["FROZEN"] and seen["numbers"] == 0
    assert 3 < seen["samples"] <= 12
    assert seen["back_ms"] < seen["back_most_ms"]


def masked(seen: Seen) -> None:
    """F06: a stall that can be masked does not stretch the clock."""
    assert seen["bad_frames"] == 0 and seen["shown"] == []


def torn(seen: Seen) -> None:
    """F07: the frame is discarded."""
    assert seen["bad_frames"] == 1 and seen["shown"][0] == "BAD_FRAME"
    assert seen["back_ms"] < seen["back_most_ms"]


def stretched(seen: Seen) -> None:
    """F06n: frame discarded, chip re-synchronised, its settling honoured, counter + 1."""
    torn(seen)
    # A long clock does not power an ADS1232 down; its frame is discarded all the same.
    assert seen["settling"] >= (0 if seen["chip"] == "ads1232" else seen["discard"])


def clocks(seen: Seen) -> None:
    """F08, F09: at every position and for every value of the last bits that frame or the next is
    discarded, by the driver or by the guard; nothing of it reaches the output."""
    assert seen["cases"] >= 8 * 24
    assert seen["driver"] + seen["guard"] > 0
    assert seen["moved_fine"] < TENTH_E


def chip_reset(seen: Seen) -> None:
    """F10: no sample at the wrong gain."""
    assert seen["wrong_gain"] == 0


def bits(seen: Seen) -> None:
    """F11: above 6 sigma it is held; a smaller one moves the output by no more than 0.1 e."""
    assert seen["cases"] == 2 * 24 + 2
    assert seen["moved_fine"] <= TENTH_E


def wrong_rate(seen: Seen) -> None:
    """F12: a module of an eighth of the rate is a rate fault; the measured rate is reported."""
    assert "RATE" in seen["shown"] and not seen["registrable"]
    assert seen["off_ppm"] < 20000


def planned_rate(seen: Seen) -> None:
    """F12: 20 % off: the filter is planned anew; the measured rate is reported."""
    assert "RATE" not in seen["shown"] and seen["registrable"]
    # What the ADS1220's data sheet calls 1000 samples/s takes 1.011 ms each.
    assert seen["off_ppm"] < (12000 if seen["chip"] == "ads1220" else 5000)
    assert seen["planned_ppm"] < 15000


def pause(seen: Seen) -> None:
    """F13: the first value after the pause is fresh or flagged."""
    assert seen["stale"] == 0 and seen["right"]


def pause_with_gap(seen: Seen) -> None:
    """F13, when samples were lost: the gap is visible."""
    pause(seen)
    assert set(seen["shown"]) & {"GAP", "NO_DATA", "SETTLING"}
    assert seen["gaps"] >= 1 or seen["chip"] in READERS  # a FIFO of 8 words spans 100 ms


def noise(name: str) -> Callable[[Seen], None]:
    def required(seen: Seen) -> None:
        """F14: against the signature of the commissioning."""
        assert name in seen["shown"] and seen["numbers"] == 0
        assert seen["back_ms"] < 30000

    return required


def wrap(seen: Seen) -> None:
    """F15: no hang, no early time-out."""
    assert set(seen["shown"]) <= {"SETTLING"} and seen["registrable"]
    assert seen["samples"] >= seen["expected"]


def data(seen: Seen) -> None:
    """F16: accepted as data."""
    assert seen["values"] == [-1, 0, 1] and seen["shown"] in ([], ["JUMP"])


def boot(seen: Seen) -> None:
    """F17: no output until the window is valid, and then it is right."""
    assert seen["first_off_fine"] < TENTH_E * 5 and seen["discarded"] >= 4


def refusals(seen: Seen) -> None:
    """F18: refused with the reason."""
    assert set(seen["early"]) <= {"NOT_READY", "CONVERTER_FAULT"}
    assert seen["motion"] == ["MOTION"] * 3
    assert seen["saturated"] == ["OVERLOAD", "OVERLOAD", "CONVERTER_FAULT"]
    assert seen["fault"] == ["CONVERTER_FAULT"] * 3


def no_implicit_zero(seen: Seen) -> None:
    """F19: the zero is the one that was set, whatever lies there when the converter is back."""
    assert seen["zero"] == 0
    assert abs(seen["shows_fine"]) < TENTH_E and abs(seen["after_reset_fine"]) < TENTH_E


def pour(seen: Seen) -> None:
    """F20: nothing is swallowed (there is no tracking; 0.25 e would be its band when there is)."""
    assert abs(seen["swallowed_e"]) < 0.25


def bus(seen: Seen) -> None:
    """F23: a fault, never a number."""
    assert seen["shown"] and seen["numbers"] == 0
    assert seen["periods"] <= 3 + 10 / seen["period_ms"]
    assert seen["back_ms"] < seen["back_most_ms"]


def fast(seen: Seen) -> None:
    """F24: mains null and settling time hold."""
    assert seen["sigma_e"] < 0.02 and seen["settle_s"] < 0.75


REQUIRED: dict[str, Callable[[Seen], None]] = {
    "F01a": no_data,
    "F01b": no_data,
    "F02a": no_data,
    "F02b": no_data,
    "F03": saturated("OVERLOAD"),
    "F04": saturated("UNDERLOAD"),
    "F05": frozen,
    "F06": masked,
    "F06n": stretched,
    "F07": torn,
    "F08": clocks,
    "F08g": clocks,
    "F09": clocks,
    "F09g": clocks,
    "F10": chip_reset,
    "F11": bits,
    "F12": wrong_rate,
    "F12-20": planned_rate,
    "F12+20": planned_rate,
    "F13-100": pause,
    "F13-500": pause,
    "F13-1000": pause,
    "F13-5000": pause,
    "F13-100m": pause_with_gap,
    "F13-500m": pause_with_gap,
    "F13-1000m": pause_with_gap,
    "F13-5000m": pause_with_gap,
    "F14x5": noise("NOISY"),
    "F14x10": noise("NOISY"),
    "F14x20": noise("NOISY"),
    "F14x50": noise("NOISY"),
    "F14x500": noise("NOISY"),
    "F14x0.1": noise("QUIET"),
    "F15us": wrap,
    "F15ms": wrap,
    "F16": data,
    "F17": boot,
    "F18": refusals,
    "F19": no_implicit_zero,
    "F20slow": pour,
    "F20fast": pour,
    "F23nack": bus,
    "F23later": bus,
    "F23sda": bus,
    "F23high": bus,
    "F23low": bus,
    "F23gain": chip_reset,
    "F24": fast,
}


@pytest.mark.parametrize(
    ("chip", "name", "row"), TABLE, ids=[f"{name}-{chip}" for chip, name, _ in TABLE]
)
def test_fault(chip: str, name: str, row: Callable[[], Seen]) -> None:
    seen = row()
    chip, _, rate = chip.partition("@")
    rate_hz = int(rate.replace("polled", "") or RATES[chip])
    seen["chip"] = chip
    seen["boot"] = name.endswith("a")
    seen["discard"] = DISCARD[chip]
    seen["period_ms"] = 1000 / rate_hz
    # Ten frames settle after a silence, and at rest is what eight values and their filter saw.
    seen["back_most_ms"] = 3000 if rate_hz >= 40 else 30 * seen["period_ms"] + 3000
    seen["expected"] = rate_hz * 8 * 0.96
    assert seen["silent"] == 0, seen  # no fault is silent
    assert seen["wrong"] == 0, seen
    if name.startswith("F13") and name.endswith("m") and int(name[4:-1]) < 3000 / rate_hz:
        name = name[:-1]  # shorter than what makes a gap
    if chip in READERS and name in ("F06", "F06n", "F07"):
        # The clock of a state machine goes on whatever the processor does: at most a gap.
        assert seen["bad_frames"] == 0 and seen["back_ms"] < seen["back_most_ms"]
        return
    REQUIRED[name](seen)


def test_every_row_of_the_table_is_here() -> None:
    for number in range(1, 25):
        name = f"F{number:02d}"
        if name in ("F21", "F22"):
            continue
        chips = {chip for chip, row, _ in TABLE if row.startswith(name) and "@" not in chip}
        wanted = {
            "F06": set(TWO_WIRE),
            "F07": set(TWO_WIRE),
            "F08": set(TWO_WIRE),
            "F09": set(TWO_WIRE),
            "F23": set(BUS),
            # F12 is also the 20 % that every oscillator may be off.
        }.get(name, set(CONVERTERS))
        assert chips == wanted & set(CONVERTERS), name


@pytest.mark.parametrize(
    ("module", "test"),
    [
        ("faults.test_power_cuts", "test_F21"),
        ("property.test_verify", "test_F22"),
    ],
)
def test_the_rows_of_other_rooms_are_there(module: str, test: str) -> None:
    found = importlib.import_module(module)
    assert any(name.startswith(test) for name in vars(found)), f"{module} has no {test}..."
