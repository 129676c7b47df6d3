"""A load that is put on beside another one: what is called stable is right, however small it is.

Owns: profiles, rates and steps. Refuses: nothing. Units: scale intervals e of 400 counts, seconds.

A value has half an e, the rounding, within half a second, and may be taken as zero or tare (a
quarter of an e: R 76-1, 4.5.2, 4.6.3) a second later; a mean over 3.4 s for animals, 1.7 s late by
itself, has two.
"""

from __future__ import annotations

import numpy as np
import pytest
from steelyard.filter_bench import PROFILES
from steelyard.weighing_vm import Stream, two_points, weigh

_E = 400
_ZERO = 50000
_CALIBRATION = two_points(1, _ZERO, _ZERO + _E * 2000, 10000, (-3, 1))
_FINE_PER_E = 500  # e is 5 g, fine units are 0.01 g
_NOISE_E = 0.1
_LOAD_E = 1000.0
_STEPS_E = (0.3, 0.5, 0.6, 0.7, 0.8, 1.0, 1.5, 2.0, 3.0)
_BEFORE_S, _AFTER_S = 12, 12


def _streams(name: str, rate: int) -> list[tuple[np.ndarray, Stream]]:
    rng = np.random.default_rng(7)
    t = np.arange(rate * (_BEFORE_S + _AFTER_S)) / rate
    config = {"profile": PROFILES[name], "noise": round(_NOISE_E * _E * 10)}
    if name == "ringing":
        config |= {"ring_mhz": 9000, "ring_max_mhz": 8000, "damping": 50}
    made = []
    for step in _STEPS_E:
        for turn in range(4):
            load = _LOAD_E + np.where(t < _BEFORE_S, 0.0, step * (-1) ** turn)
            signal = load + rng.normal(0, _NOISE_E, len(t))
            if name == "vibrating":
                signal += 0.5 * np.sin(2 * np.pi * (11 + turn) * t + turn)
                # What a commissioning finds on such a floor: second differences, 1.954 of sigma.
                bend = np.abs(np.diff(signal[: _BEFORE_S * rate], n=2)).mean()
                config = {**config, "noise": round(bend / 1.954 * _E * 10)}
                config["noise_floor"] = round(_NOISE_E * _E * 10)
            counts = np.rint(_ZERO + _E * signal).astype(np.int32)
            stream = Stream(counts, rate * 1000, config, _CALIBRATION, measured_mhz=rate * 1000)
            made.append((load, stream))
    return made


@pytest.mark.parametrize("rate", [10, 80, 320])
@pytest.mark.parametrize("name", PROFILES)
def test_what_is_stable_after_a_small_step_is_right(name: str, rate: int) -> None:
    loads, streams = zip(*_streams(name, rate), strict=True)
    begin = _BEFORE_S * rate
    for load, stream, said in zip(loads, streams, weigh(streams), strict=True):
        stable = said.obstacle == 0
        wrong = np.abs(said.fine / _FINE_PER_E - load)
        step = load[-1] - load[0]
        assert stable[-2 * rate :].any(), step  # and it is stable again
        for bound, seconds in ((0.5, 0.5), (0.25, 2.0 if name == "animal" else 1.5)):
            late = np.flatnonzero(stable & (wrong > bound))
            late = late[late >= begin]
            assert not len(late) or late[-1] < begin + seconds * rate, (bound, step, stream.config)
