"""The weight path on the VMs against Decimal: calibration, gravity, zero, tare, rounding, e_i.

The script runs the firmware's own code and prints what it shows; the same numbers are computed
here with 60 digits, from the definitions. Halves go away from zero.
"""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal, getcontext

import pytest
import vms
from steelyard_wire import units
from steelyard_wire.quantity import UNITS

getcontext().prec = 60

# Prints one line for each case: what went in and what came out.
SCRIPT = """
import json
from steelyard_wire import units
from terminal.weighing.config import Config
from terminal.weighing.indication import Ranges, rounded
from terminal.weighing.linearise import Calibration, Lineariser
from terminal.weighing.tare import Tare

seed = [20261128]

def chance(most):
    seed[0] = (seed[0] * 1103515245 + 12345) & 0x7FFFFFFF
    return (seed[0] >> 4) * most >> 27

SCALES = (
    "",
    "max_1 3000 e_1 1 max_2 6000 e_2 2",
    "class 2 exp10 -4 max 150000 e 2 min 100",
    "max 5000000 e 50000 class 4 exp10 -2",
)
for case in range(CASES):
    words = SCALES[case % len(SCALES)].split()
    config = Config.from_map({}).with_values(words)
    count = 1 + chance(10)
    zero = (chance(4000000) - 2000000) * 16 + chance(16)
    span = 16000 + chance(60000000)
    points = [(zero, 0)]
    for k in range(1, count + 1):
        bend = chance(2001) - 1000
        x = zero + span * k // count + (span * bend // 100000 if k < count else 0)
        y = config.max * k // count
        if x > points[-1][0] and y > points[-1][1]:
            points.append((x, y))
    gravity = [978000 + chance(5000), 978000 + chance(5000)] if case % 3 else None
    try:
        made = Calibration(1, 0, points, (config.exp10, config.unit), None, gravity)
    except Exception:
        continue
    total = zero + chance(span) * (13 - 2 * (case % 7)) // 10
    fine = Lineariser(made, config).fine(total)
    offset = chance(config.max * 2)
    ranges = Ranges(config)
    tare = Tare(config)
    code = tare.take(fine - offset, ranges)
    step = ranges.step(fine - offset)
    shown = rounded(fine - offset, step)
    other = (4, 5, 6, 7)[case % 4]
    d, places = units.interval(step, config.exp10, config.unit, other)
    there = units.convert((shown,), config.exp10, config.unit, other, d, places)[0]
    print(json.dumps([points, gravity, total, config.max, config.ranges, offset, config.exp10,
                      config.unit, fine, step, shown, code, tare.value, other, d, places, there]))
"""


def half_up(value: Decimal) -> int:
    """The nearest whole number, halves away from zero."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def fine_of(points: list[list[int]], gravity: list[int] | None, total: int, most: int) -> int:
    here, there = gravity or (1, 1)
    scaled = []
    for x, y in points:
        exact = Decimal(y) * 100 * here / there
        scaled.append((Decimal(x), Decimal(half_up(exact))))
    at = max([k for k in range(len(scaled) - 1) if total >= scaled[k][0]], default=0)
    (x0, y0), (x1, y1) = scaled[at], scaled[at + 1]
    fine = half_up(y0 + (Decimal(total) - x0) * (y1 - y0) / (x1 - x0))
    limit = 3 * most * 100 // 2
    return max(-limit, min(limit, fine))


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_a_thousand_weights_are_those_of_decimal(vm: str) -> None:
    script = SCRIPT.replace("CASES", "1000")
    output = vms.run_micropython(script) if vm == "unix" else vms.run_wasm(script)
    rows = [json.loads(line) for line in output.splitlines()]
    assert len(rows) > 900
    beyond = 0
    for row in rows:
        points, gravity, total, most, ranges, offset, exp10, unit = row[:8]
        fine, step, shown, code, tare, other, d, places, there = row[8:]
        wanted = fine_of(points, gravity, total, most)
        assert fine == wanted, row
        beyond += abs(wanted) == 3 * most * 100 // 2
        gross = Decimal(wanted - offset) / 100
        steps = [e for limit, e in ranges if abs(gross) <= limit] or [ranges[-1][1]]
        assert step == steps[0], row
        assert shown == half_up(gross / step) * step, row
        assert (code == 0) == (half_up(gross / step) > 0)
        assert tare == (shown if code == 0 else 0)
        # In another unit, by the units' published sizes.
        size = Decimal(units.NANOGRAMS[UNITS[unit]]) / units.NANOGRAMS[UNITS[other]]
        exact = Decimal(shown) * Decimal(10) ** (exp10 - places) * size / d
        assert there == half_up(exact) * d, row
    assert beyond < len(rows) // 4
