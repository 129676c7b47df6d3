"""A load cell under a platform, and the counts that a converter makes of it.

Owns: the physics: load, ringing, temperature, vibration, noise. Refuses: nothing; a load beyond
the converter's range saturates, as it does on the bench.
Units: kilograms, degrees Celsius, microseconds of board time; counts signed 24 bit.

Model (the parts of benchmark/load_model.py that stage 1 needs): a load arrives as a smooth step of
80 to 200 ms through a second-order platform; the cell turns it into `sensitivity` mV/V of the
excitation at `capacity`; the HX711 measures ratiometrically, full scale +-0.5 Vexc / gain. White
noise is given in nV at the input. Everything random comes from the seed.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

MAX_CODE = 0x7FFFFF
MIN_CODE = -0x800000


@dataclass
class Cell:
    """Data-sheet values of a C3 single-point cell; drift per kelvin from 20 degrees."""

    capacity_kg: float = 20.0
    sensitivity_mv_v: float = 2.0
    excitation_v: float = 5.0
    zero_mv_v: float = 0.15  # platform and cell, unloaded
    noise_nv: float = 90.0  # HX711 at 80 samples per second (signal.md section 3)
    zero_ppm_per_k: float = 14.0  # of the sensitivity
    span_ppm_per_k: float = 10.0
    ring_hz: float = 9.0
    damping: float = 0.06


class LoadCell:
    """The cell at any moment; `counts(now_us, gain)` is one settled conversion."""

    def __init__(self, cell: Cell, seed: int) -> None:
        self.cell = cell
        self.load_kg = 0.0
        self.temperature_c = 20.0
        self.vibration_kg = 0.0
        self.saturation = 0
        self._random = random.Random(seed)
        self._steps: list[tuple[int, float, float]] = []  # begin, ramp in s, change in kg
        self._settled_kg = 0.0

    def place(self, kg: float, now_us: int) -> None:
        """From now on `kg` lies on the platform."""
        self._steps.append((now_us, self._random.uniform(0.08, 0.20), kg - self.load_kg))
        self.load_kg = kg

    def _response(self, seconds: float, ramp: float) -> float:
        # A smooth step of force excites the platform; what rings after the ramp is the step
        # response of a second-order system, delayed by half the ramp.
        if seconds <= 0:
            return 0.0
        u = min(seconds / ramp, 1.0)
        force = u * u * (3 - 2 * u)
        after = seconds - ramp / 2
        if after <= 0:
            return force
        omega = 2 * math.pi * self.cell.ring_hz
        share = 0.15 * u  # of the step that a ramp this slow leaves to ring at some 10 Hz
        decay = math.exp(-self.cell.damping * omega * after)
        return force - share * decay * math.cos(omega * after)

    def force_kg(self, now_us: int) -> float:
        """What the cell feels, in kg."""
        total = self._settled_kg
        live = []
        for begin, ramp, change in self._steps:
            seconds = (now_us - begin) / 1e6
            if seconds > 20:
                self._settled_kg += change
                total += change
            else:
                total += change * self._response(seconds, ramp)
                live.append((begin, ramp, change))
        self._steps = live
        if self.vibration_kg:
            total += self.vibration_kg * math.sin(2 * math.pi * 17 * now_us / 1e6)
        return total

    def counts(self, now_us: int, gain: int) -> int:
        """The word of a conversion that ends at `now_us`, saturated like the chip."""
        if self.saturation:
            return MAX_CODE if self.saturation > 0 else MIN_CODE
        cell = self.cell
        warm = self.temperature_c - 20.0
        span = cell.sensitivity_mv_v * (1 + cell.span_ppm_per_k * 1e-6 * warm)
        signal_mv_v = cell.zero_mv_v + cell.sensitivity_mv_v * cell.zero_ppm_per_k * 1e-6 * warm
        signal_mv_v += span * self.force_kg(now_us) / cell.capacity_kg
        volts = signal_mv_v * 1e-3 * cell.excitation_v
        volts += self._random.gauss(0.0, cell.noise_nv * 1e-9)
        code = round(volts * gain / (0.5 * cell.excitation_v) * (1 << 23))
        return max(MIN_CODE, min(MAX_CODE, code))
