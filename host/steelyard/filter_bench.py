"""The bench topic `filter`: settling and noise of the firmware's profiles beside other filters.

Owns: how the trials of load_model reach the firmware's weight path, and which cases are measured.
Refuses: see weighing_vm. Units: scale intervals e and seconds; milliseconds of an RP2040.

Ours are run as the firmware's own code in the VM: a converter of 400 counts per e, whole counts,
through the guard, the filter and all that comes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from steelyard.load_model import Floats, Model, Score, Trial, score, summary, trial
from steelyard.weighing_vm import Stream, Weighed, two_points, weigh

TRIALS = 200
FIRST_SEED = 5000
COUNTS_PER_E = 400
ZERO_COUNTS = 50000
# 15 kg in steps of 5 g: 3000 e; calibrated with 2000 e.
_CALIBRATION = two_points(1, ZERO_COUNTS, ZERO_COUNTS + 2000 * COUNTS_PER_E, 10000, (-3, 1))
PROFILES = {"default": 0, "ringing": 1, "stiff": 2, "dosing": 3, "vibrating": 4, "animal": 5}
# Platforms that a case is about, where it is not the table's.
STIFF = Model(ring_hz=(30.0, 60.0))
SLOW = Model(ring_hz=(3.0, 5.0))

Settings = Callable[[Trial], Mapping[str, int]]


def profile(name: str) -> Settings:
    """Settings of a terminal that was not commissioned."""
    return lambda _: {"profile": PROFILES[name]}


def commissioned(one: Trial) -> Mapping[str, int]:
    """What a commissioning leaves: the frequency to 7 %, the damping not known."""
    return {"profile": PROFILES["ringing"], "ring_mhz": round(one.ring_hz * (1 + one.hint) * 1000)}


def _wrongly(one: Trial) -> Mapping[str, int]:
    """A frequency that is not the platform's: the filter has to notice."""
    return {"profile": PROFILES["ringing"], "ring_mhz": 9000 if one.ring_hz < 7 else 6000}


def trials(
    model: Model | None = None, first: int = FIRST_SEED, count: int = TRIALS
) -> list[Trial]:
    """The trials of `count` seeds from `first` on."""
    return [trial(seed, model) for seed in range(first, first + count)]


def stream(one: Trial, settings: Mapping[str, int], rate_hz: float = 80.0) -> Stream:
    """A trial as a converter sees it."""
    counts = np.rint(ZERO_COUNTS + COUNTS_PER_E * one.x).astype(np.int32)
    made = _CALIBRATION
    rate = round(rate_hz * 1000)
    return Stream(counts, 80000 if abs(rate_hz - 80) < 25 else rate, settings, made, (), (), rate)


def in_e(value: object) -> Floats:
    """Filtered counts (1/16) in scale intervals."""
    return (np.asarray(value) / 16 - ZERO_COUNTS) / COUNTS_PER_E


def run(ones: Sequence[Trial], settings: Settings, rate_hz: float = 80.0) -> list[Weighed]:
    """The trials through the firmware, each with its settings."""
    return weigh([stream(one, settings(one), rate_hz) for one in ones])


def scores(ones: Sequence[Trial], weighed: Sequence[Weighed]) -> list[Score]:
    """The scores of the legal value."""
    pairs = zip(ones, weighed, strict=True)
    return [score(one.t, in_e(said.value), one.truth) for one, said in pairs]


def case(settings: Settings, model: Model | None = None, **which: int) -> dict[str, float]:
    """One row: a setting on the trials of a model."""
    ones = trials(model, **which)
    rate_hz = model.rate_hz if model else 80.0
    return summary(scores(ones, run(ones, settings, rate_hz)))


# Name -> what is measured; ours of the goals first, then what they must also bear.
CASES: dict[str, tuple[Settings, Model | None, int]] = {
    "commissioned": (commissioned, None, FIRST_SEED),
    "default": (profile("default"), None, FIRST_SEED),
    "stiff": (profile("stiff"), STIFF, FIRST_SEED),
    "commissioned_other_seeds": (commissioned, None, 6000),
    "default_other_seeds": (profile("default"), None, 6000),
    "commissioned_3_to_5_hz": (commissioned, SLOW, FIRST_SEED),
    "default_3_to_5_hz": (profile("default"), SLOW, FIRST_SEED),
    "commissioned_low_damping": (commissioned, Model(damping=(0.01, 0.03)), FIRST_SEED),
    "default_low_damping": (profile("default"), Model(damping=(0.01, 0.03)), FIRST_SEED),
    "commissioned_rate_92": (commissioned, Model(rate_hz=92.0), FIRST_SEED),
    "default_rate_92": (profile("default"), Model(rate_hz=92.0), FIRST_SEED),
    "commissioned_rate_68": (commissioned, Model(rate_hz=68.0), FIRST_SEED),
    "default_rate_68": (profile("default"), Model(rate_hz=68.0), FIRST_SEED),
    "commissioned_wrongly": (_wrongly, None, FIRST_SEED),
    "dosing": (profile("dosing"), None, FIRST_SEED),
    "vibrating": (profile("vibrating"), Model(vibration_e=1.0), FIRST_SEED),
    "default_on_vibrating_floor": (profile("default"), Model(vibration_e=1.0), FIRST_SEED),
    "animal": (profile("animal"), None, FIRST_SEED),
}


def _slope(settings: Mapping[str, int], e_per_s: float) -> tuple[float, float]:
    """Lag of value and tap behind a pour, in e: the mean over its last second."""
    t = np.arange(0, 8, 1 / 80)
    x = np.maximum(0, t - 2) * e_per_s
    noise = np.random.default_rng(1).normal(0, 0.1, len(t))
    (said,) = weigh([stream(Trial(t, x + noise, x, 0, 0, 0, 0), settings)])
    late = t >= 7
    lags = [float((x - in_e(one))[late].mean()) for one in (said.value, said.tap)]
    return lags[0], lags[1]


def _spike(settings: Mapping[str, int], size_e: float) -> float:
    """How far one wrong sample moves the value, in e."""
    t = np.arange(0, 8, 1 / 80)
    truth = np.full(len(t), 100.0)
    x = truth + np.random.default_rng(1).normal(0, 0.1, len(t))
    x[400] += size_e
    (said,) = weigh([stream(Trial(t, x, truth, 0, 0, 0, 0), settings)])
    return float(np.abs(in_e(said.value) - truth)[395:].max())


# Rates in samples/s -> trials: so many as make some two minutes together. The noise of a sample is
# the model's 0.1 e at each of them.
RATES = {10: 50, 320: 50, 1280: 25}


def measure_rates() -> dict[str, object]:
    """Rows "profile@rate": what the profiles do at other rates than the benchmark's."""
    found: dict[str, object] = {}
    for rate, count in RATES.items():
        for name in ("commissioned", "default", "stiff", "vibrating"):
            settings, model, first = CASES[name]
            at_rate = replace(model or Model(), rate_hz=float(rate))
            found[f"{name}@{rate}"] = case(settings, at_rate, first=first, count=count)
    return found


def measure() -> dict[str, object]:
    """The rows by name, then trickle lag, spike response and cost; writes the plots."""
    from steelyard import filter_cost, filter_plot
    from steelyard.filter_reference import FILTERS

    found: dict[str, object] = {}
    ones = trials()
    kept: dict[str, list[Score]] = {}
    for name, reference in FILTERS.items():
        kept[name] = [score(one.t, reference(one), one.truth) for one in ones]
    for name, (settings, model, first) in CASES.items():
        drawn = trials(model, first)
        rate_hz = model.rate_hz if model else 80.0
        kept[name] = scores(drawn, run(drawn, settings, rate_hz))
    for name, scored in kept.items():
        found[name] = summary(scored)
    ring = {"profile": PROFILES["ringing"], "ring_mhz": 9000}
    ours = {name: {"profile": number} for name, number in PROFILES.items()} | {"ringing": ring}
    for name, chosen in ours.items():
        row: dict[str, float] = {}
        for key, pour in (("0_2", 0.2), ("2", 2.0), ("20", 20.0)):
            row[f"lag_at_{key}_e_per_s_e"], row[f"tap_lag_at_{key}_e_per_s_e"] = _slope(
                chosen, pour
            )
        for size in (1, 3, 10, 1000):
            row[f"spike_{size}_e_moves_e"] = _spike(chosen, size)
        found[f"response_{name}"] = row
    found["cost"] = filter_cost.measure_ms(tuple(PROFILES))
    filter_plot.write(kept, ones)
    return found
