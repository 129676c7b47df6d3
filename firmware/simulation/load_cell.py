"""A load cell under a platform, and the counts that a converter makes of it.

Owns: the data sheet of the cell and the way from load to counts; its parts are ringing.py (the
platform), spring.py (the elastic body), wires.py (noise, mains, faults of the wiring) and
front_end.py (the converter). Refuses: nothing; a load beyond the converter's range saturates, as
it does on the bench.
Units: kilograms, degrees Celsius, microseconds of board time; counts signed 24 bit; parts per
million of the capacity or of the sensitivity.

Model (that of benchmark/load_model.py, in one piece of time): a load arrives as a smooth step of
80 to 200 ms through a second-order platform, which rings; the floor adds a sine; the converter
averages over the sample period that ends now; the elastic body adds non-linearity, hysteresis and
creep to that mean; temperature moves zero and span with a lag; the bridge makes `sensitivity` mV/V
of the excitation at `capacity`; wires add 1/f noise, white noise and mains. Everything random
comes from the seed.

Unlike the benchmark's, our mains and floor vibration are amplitudes at the input: the averaging
lets 47 % of 50 Hz pass at 80 samples a second, 93 % of 17 Hz.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

from front_end import FRONT_ENDS, MAX_CODE, MIN_CODE
from ringing import GRID_HZ, Platform
from spring import Creep, Hysteresis, Warmth, bow
from wires import Wires, averaged_sine

SHUNT = 1 << 16
_LEAST_V = 2.6
_REST = 10  # seconds after which the softest platform is still
_REFERENCE_C = 20.0
_OVERLOAD_ZERO = 0.02  # of the sensitivity: bent for good
_OVERLOAD_WORSE = 20  # times the hysteresis and the creep


@dataclass(frozen=True)
class Cell:
    """Data-sheet values of a good single-point cell; drift per kelvin from 20 degrees.

    nonlinearity_ppm: largest departure from the line zero to capacity. hysteresis_ppm: largest
    width of the loop. creep_ppm: in 30 minutes. The default is a little better than class C6 of
    OIML R 60, so that a calibrated terminal is right within 0.2 e; `CLASSES` has others.
    """

    capacity_kg: float = 20.0
    sensitivity_mv_v: float = 2.0
    excitation_v: float = 5.0
    zero_mv_v: float = 0.15  # platform and cell, unloaded
    noise_nv: float | None = None  # None: that of the converter at its rate
    pink_nv: float = 20.0  # 1/f, rms from 0.1 to 10 Hz
    nonlinearity_ppm: float = 50.0
    hysteresis_ppm: float = 50.0
    creep_ppm: float = 50.0
    zero_ppm_per_k: float = 14.0  # of the sensitivity; R 60: 0.7 vmin in 5 K, Y = 10000
    span_ppm_per_k: float = 10.0
    shunt_mv_v: float = 1.0  # what the span check's resistor adds: 87.5 kOhm across 350 Ohm
    corner_ppm: float = 50.0  # how much more a load weighs at the front left than in the middle
    thermal_lag_s: float = 600.0
    ring_hz: float = 11.0  # unloaded; 8.3 under 15 kg
    damping: float = 0.06
    platform_kg: float = 20.0  # what swings: platform, frame, table


# Class C3 as data sheets give it: 0.0166 % each, 0.0140 % and 0.0175 % in 10 K. R 60 allows it
# 0.0245 % of creep (0.7 mpe at capacity) and 0.0167 % of dead load output return (0.5 v).
CLASSES = {
    "ideal": {
        "nonlinearity_ppm": 0.0,
        "hysteresis_ppm": 0.0,
        "creep_ppm": 0.0,
        "zero_ppm_per_k": 0.0,
        "span_ppm_per_k": 0.0,
        "corner_ppm": 0.0,
    },
    "good": {},
    "c3": {
        "nonlinearity_ppm": 166.0,
        "hysteresis_ppm": 166.0,
        "creep_ppm": 166.0,
        "zero_ppm_per_k": 14.0,
        "span_ppm_per_k": 17.5,
        "corner_ppm": 166.0,
    },
}


# Where a load may lie, and its share of the corner error: the platform leans on one point.
PLACES = {
    "": 0.0,
    "centre": 0.0,
    "front left": 1.0,
    "front right": 0.0,
    "back left": 0.0,
    "back right": -1.0,
}


def of_class(name: str, cell: Cell) -> Cell:
    """The cell with the elastic body of a class in CLASSES; KeyError if it is not there."""
    default, wanted = Cell(), CLASSES[name]
    return replace(cell, **{key: wanted.get(key, getattr(default, key)) for key in CLASSES["c3"]})


class LoadCell:
    """The cell at any moment; `counts(now_us, gain)` is one settled conversion.

    seed: of noise and hands. rate_hz: nominal, of the converter that averages. converter: its name
    in FRONT_ENDS.
    """

    def __init__(
        self, cell: Cell, seed: int, rate_hz: float = 80, converter: str = "hx711"
    ) -> None:
        self.front_end = FRONT_ENDS[converter]
        self.load_kg = 0.0
        self._felt_kg = 0.0  # what it weighs where it lies
        self.temperature_c = _REFERENCE_C  # of the air
        self.vibration_kg = 0.0
        self.vibration_hz = 17.0
        self.supply_v = 5.0  # of the board; see `counts`
        self.saturation = 0
        self.frozen = False
        self.shunted = False
        self.tilt = (0, 0)  # 1/1000 of g along the platform
        self.gain_factor = 1.0  # what a resistor across the bridge's output leaves of it
        self.overloaded = False
        noise_nv = self.front_end.noise_nv(rate_hz) if cell.noise_nv is None else cell.noise_nv
        self.wires = Wires(noise_nv * 1e-9, cell.pink_nv * 1e-9, rate_hz, seed)
        self._hands = random.Random(f"hands {seed}")
        self.platform = Platform(cell.ring_hz, cell.damping, cell.platform_kg)
        self._grid = 0  # steps of the platform since the world began
        self._nominal_us = self._period_us = round(1e6 / rate_hz)
        self._last_us: int | None = None
        self._ramps: list[tuple[float, float, float]] = []  # begin and length in us, change in kg
        self._settled_kg = 0.0
        self._code = 0
        self._warmth = Warmth(cell.thermal_lag_s, self.temperature_c)
        self._creep = Creep(0.0)
        self._hysteresis = Hysteresis(0.0)
        self.fit(cell)

    def fit(self, cell: Cell) -> None:
        """Give the cell other properties from now on; its past and its noise stay."""
        self.cell = cell
        worse = _OVERLOAD_WORSE if self.overloaded else 1
        self._creep.amount = cell.creep_ppm * 1e-6 * worse
        self._hysteresis.width = cell.hysteresis_ppm * 1e-6 * worse
        self._warmth.lag_s = cell.thermal_lag_s
        self.platform.alter(cell.ring_hz, cell.damping, cell.platform_kg)

    def overload(self, overloaded: bool) -> None:
        """Bend the cell for good, or put a new one of the same kind in its place."""
        self.overloaded = overloaded
        self.fit(self.cell)

    @property
    def body_c(self) -> float:
        """Temperature of the elastic body; the air's is `temperature_c`."""
        return self._warmth.celsius

    def analog(self) -> tuple[int, int, int, int]:
        """What feeds the board in mV, the air's temperature in 0.01 degrees, how it leans in
        1/1000: what its own converter is asked for."""
        return (round(self.supply_v * 1000), round(self.temperature_c * 100), *self.tilt)

    def soak(self) -> None:
        """Have the body at the temperature of the air at once."""
        self._warmth.celsius = self.temperature_c

    def volts_of(self, kg: float) -> float:
        """What so many kilograms more make at the converter's input."""
        cell = self.cell
        return kg / cell.capacity_kg * cell.sensitivity_mv_v * 1e-3 * cell.excitation_v

    def place(self, kg: float, now_us: int, where: str = "") -> None:
        """From now on `kg` lies on the platform, at one of PLACES.

        Hands have the clock of the platform and chance of their own: what they do is the same
        whatever the processor did in the microseconds before.
        """
        ramp_us = self._hands.uniform(0.08, 0.20) * 1e6
        begin_us = now_us * GRID_HZ // 1000000 * 1e6 / GRID_HZ
        felt_kg = kg * (1 + self.cell.corner_ppm * 1e-6 * PLACES[where])
        self._ramps.append((begin_us, ramp_us, felt_kg - self._felt_kg))
        self._felt_kg = felt_kg
        self.load_kg = kg

    def _load_at(self, at_us: float) -> float:
        # Hands put a load down, they do not drop it: a smooth step.
        load = self._settled_kg
        for begin, length, change in self._ramps:
            u = min(max((at_us - begin) / length, 0.0), 1.0)
            load += change * u * u * (3 - 2 * u)
        return load

    def _swing(self, steps: int) -> float:
        """So many steps of the platform; the sum of what the cell feels after each."""
        self._grid += steps
        if not self._ramps:
            return self.platform.steps(self._settled_kg, steps) if steps else 0.0
        total = 0.0
        for step in range(self._grid - steps + 1, self._grid + 1):
            total = self.platform.steps(self._load_at(step * 1e6 / GRID_HZ), 1, total)
        return total

    def force_kg(self, now_us: int) -> float:
        """What the cell feels in kg, averaged over the sample period that ends now.

        Calls come in order of time.
        """
        last = now_us * GRID_HZ // 1000000
        if last - self._grid > _REST * GRID_HZ:
            # Nobody looked for so long that whatever rang then is over.
            self._grid = last - _REST * GRID_HZ
            self.platform.rest_at(self._load_at(self._grid * 1e6 / GRID_HZ))
        begin = (now_us - self._period_us) * GRID_HZ // 1000000
        before = max(0, min(begin, last) - self._grid)  # steps that are not of this period
        count = max(0, last - self._grid - before)
        self._swing(before)
        total = self._swing(count)
        for ramp in [ramp for ramp in self._ramps if ramp[0] + ramp[1] < now_us]:
            self._settled_kg += ramp[2]
            self._ramps.remove(ramp)
        mean = total / count if count else self.platform.felt_kg
        if not self.vibration_kg:
            return mean
        sine = averaged_sine(self.vibration_hz, now_us / 1e6, self._period_us / 1e6)
        return mean + self.vibration_kg * sine

    def _measure_period(self, now_us: int) -> float:
        """Learn the converter's period; the seconds since its last conversion."""
        last_us = now_us - self._nominal_us if self._last_us is None else self._last_us
        self._last_us = now_us
        passed_us = now_us - last_us
        if 0.5 < passed_us / self._nominal_us < 1.5:
            self._period_us = passed_us
        return passed_us / 1e6

    def signal_v(self, now_us: int, passed_s: float) -> float:
        """What a healthy bridge gives without noise, averaged over the sample period."""
        cell = self.cell
        load = self.force_kg(now_us) / cell.capacity_kg
        output = load + bow(load, cell.nonlinearity_ppm * 1e-6)
        output += self._hysteresis.step(load) + self._creep.step(load, passed_s)
        warm = self._warmth.step(self.temperature_c, passed_s) - _REFERENCE_C
        output *= 1 + cell.span_ppm_per_k * 1e-6 * warm
        output += cell.zero_ppm_per_k * 1e-6 * warm
        if self.overloaded:
            output += _OVERLOAD_ZERO
        signal_mv_v = cell.zero_mv_v + cell.sensitivity_mv_v * output
        # Across the platform, where the cell feels, gravity has lost what it has along it.
        signal_mv_v *= math.sqrt(1 - sum((lean / 1000) ** 2 for lean in self.tilt))
        if self.shunted:
            signal_mv_v += cell.shunt_mv_v
        return self.gain_factor * signal_mv_v * 1e-3 * cell.excitation_v

    def counts(self, now_us: int, gain: int) -> int:
        """The word of a conversion that ends at `now_us`, saturated like the chip.

        gain: with SHUNT beside it while the span check's resistor lies across the bridge.
        """
        self.shunted = bool(gain & SHUNT)
        gain &= ~SHUNT
        passed_s = self._measure_period(now_us)
        signal_v = self.signal_v(now_us, passed_s)
        reference_v = self.cell.excitation_v
        full_scale_v = self.front_end.full_scale * reference_v / gain
        # It measures in proportion to the bridge's supply, down to what an HX711 needs (2.6 V);
        # below, its amplifier no longer follows.
        signal_v *= min(1.0, self.supply_v / _LEAST_V)
        volts = self.wires.carry(
            signal_v, full_scale_v, now_us / 1e6, self._period_us / 1e6, passed_s
        )
        if self.saturation:
            return MAX_CODE if self.saturation > 0 else MIN_CODE
        if not self.frozen:
            self._code = self.front_end.code(volts, reference_v, gain)
        return self._code
