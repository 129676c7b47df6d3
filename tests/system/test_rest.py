"""When the terminal calls a load at rest: the whole weight path in the VM, not the filter alone.

Expected: the columns `stable` and `err95` of signal.md section 2 (P1 for a platform that is not
known, P4 for a commissioned one), and that a load which lies still stays at rest.
"""

from __future__ import annotations

import numpy as np
import pytest
from steelyard.filter_bench import Settings, commissioned, in_e, profile, run, trials
from steelyard.load_model import LOAD_AT_S

# Residual sigma of the raw signal in the same table, 0.2 e of 400 counts, in 1/10 count.
NOISE = 800


@pytest.mark.parametrize("noise", [0, NOISE])
@pytest.mark.parametrize(
    ("settings", "median_s"), [(profile("default"), 1.01), (commissioned, 0.73)]
)
def test_a_load_that_rings_comes_to_rest_once(
    settings: Settings, median_s: float, noise: int
) -> None:
    ones = trials(count=60)
    rises, errors, rest = [], [], []
    for one, said in zip(ones, run(ones, lambda t: {**settings(t), "noise": noise}), strict=True):
        value = in_e(said.value)
        # Half the load: what stood still before it is not asked about.
        still = (said.obstacle == 0) & (value > one.size_e / 2)
        first = int(np.flatnonzero(still)[0])
        rises.append(one.t[first] - LOAD_AT_S)
        errors.append(abs(value[first] - one.truth[first]))
        rest.append(still[first:].mean())
    assert np.median(rises) <= median_s
    assert np.percentile(rises, 95) <= median_s + 0.4  # a motion window later
    assert np.percentile(errors, 95) <= 0.07
    assert np.mean(rest) >= 0.97
