"""A converter that begins anew by itself, at any moment and any number of times: no wrong weight.

Owns: the moments. Refuses: nothing. Units: milliseconds of board time, scale intervals e.

What is known to be beyond the driver is left out: an ADS1232 that begins anew within half a
millisecond of the middle of its offset calibration ends with its own offset at the very moment at
which the calibration would have ended.
"""

from __future__ import annotations

import random

import pytest
from simulation.faults.rig import E_G, LOAD_G, Rig

_TENTH_E = E_G * 10  # fine weights are in 1/100 g
_HIDDEN_US = 600


def _reset(rig: Rig) -> None:
    chip = rig.wires.chip
    if rig.chip_name == "ads1232":
        left_us = chip.next_us - rig.bench.now_us
        if abs(left_us - 4 * chip.period_us) < _HIDDEN_US:
            rig.bench.sleep_us(2 * _HIDDEN_US)
    rig.wires.reset_chip()


def _worst(rig: Rig, rand: random.Random) -> tuple[float, bool]:
    """The largest error of a weight that could be registered; whether there is one in the end."""
    period = rig.period_ms
    for _ in range(rand.randint(1, 5)):
        rig.run(int(rand.choice((1.2, 12, 40)) * rand.random() * period))
        rig.bench.sleep_us(int(rand.random() * period * 1000))
        _reset(rig)
    rig.run(int(period * 40))
    rig.settle()
    rig.run(int(period * 100))
    off = [abs(one.fine - LOAD_G * 100) for one in rig.log if one.heard and one.refusal == 0]
    return max(off, default=0), rig.weigher.registrable() == 0


@pytest.mark.parametrize("boot", [False, True], ids=["running", "boot"])
@pytest.mark.parametrize(
    ("chip", "rate_hz"),
    [
        ("hx711", 10),
        ("hx711", 80),
        ("hx711_rp2", 80),
        ("ads1232", 10),
        ("ads1232", 80),
        ("cs1237", 10),
        ("cs1237", 40),
    ],
)
def test_restarts_of_the_chip_leave_no_wrong_weight(chip: str, rate_hz: int, boot: bool) -> None:
    # boot: before eight periods in turn are known, or soon after.
    for seed in range(50):
        rand = random.Random(seed)
        rig = Rig(chip, LOAD_G, rate_hz=rate_hz)
        if not boot:
            rig.settle()
            rig.run(rand.choice((0, 500, 2500)))
        worst, shown = _worst(rig, rand)
        assert worst <= _TENTH_E and shown, (seed, worst)
