"""A load cell under a platform, and the counts that a converter makes of it.

Owns: the physics: load, ringing, temperature, vibration, noise. Refuses: nothing; a load beyond
the converter's range saturates, as it does on the bench.
Units: kilograms, degrees Celsius, microseconds of board time; counts signed 24 bit.

Model (the parts of benchmark/load_model.py that stage 1 needs): a load arrives as a smooth step of
80 to 200 ms through a second-order platform, which rings; the cell turns what it feels into
`sensitivity` mV/V of the excitation at `capacity`; the HX711 averages over a sample period and
measures ratiometrically, full scale +-0.5 Vexc / gain. White noise is given in nV at the input.
Everything random comes from the seed.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

MAX_CODE = 0x7FFFFF
MIN_CODE = -0x800000
_GRID_HZ = 1280  # the platform moves in steps of 1/1280 s, 16 in a sample period at 80 a second
_REST = 10  # seconds after which the softest platform is still
_VIBRATION_HZ = 17


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


class Platform:
    """x'' + 2 d w x' + w^2 x = w^2 load, exact for a load that is constant over a step."""

    def __init__(self, ring_hz: float, damping: float) -> None:
        w = 2 * math.pi * ring_hz
        ringing = w * math.sqrt(1 - damping * damping)
        decay = math.exp(-damping * w / _GRID_HZ)
        cosine = decay * math.cos(ringing / _GRID_HZ)
        sine = decay * math.sin(ringing / _GRID_HZ) / ringing
        self._matrix = (
            cosine + damping * w * sine,
            sine,
            -w * w * sine,
            cosine - damping * w * sine,
        )
        self.felt_kg = 0.0
        self._speed = 0.0

    def rest_at(self, load_kg: float) -> None:
        """Still under this load."""
        self.felt_kg, self._speed = load_kg, 0.0

    def step(self, load_kg: float) -> float:
        """What the cell feels a step later."""
        a, b, c, d = self._matrix
        off = self.felt_kg - load_kg
        self.felt_kg = load_kg + a * off + b * self._speed
        self._speed = c * off + d * self._speed
        return self.felt_kg


class LoadCell:
    """The cell at any moment; `counts(now_us, gain)` is one settled conversion.

    seed: of noise and hands. rate_hz: of the converter that averages.
    """

    def __init__(self, cell: Cell, seed: int, rate_hz: int = 80) -> None:
        self.cell = cell
        self.load_kg = 0.0
        self.temperature_c = 20.0
        self.vibration_kg = 0.0
        self.saturation = 0
        self._random = random.Random(seed)
        self._hands = random.Random(f"hands {seed}")
        self._platform = Platform(cell.ring_hz, cell.damping)
        self._grid = 0  # steps of the platform since the world began
        self._period = _GRID_HZ // rate_hz
        self._ramps: list[tuple[float, float, float]] = []  # begin and length in us, change in kg
        self._settled_kg = 0.0

    def place(self, kg: float, now_us: int) -> None:
        """From now on `kg` lies on the platform.

        Hands have the clock of the platform and chance of their own: what they do is the same
        whatever the processor did in the microseconds before.
        """
        ramp_us = self._hands.uniform(0.08, 0.20) * 1e6
        begin_us = now_us * _GRID_HZ // 1000000 * 1e6 / _GRID_HZ
        self._ramps.append((begin_us, ramp_us, kg - self.load_kg))
        self.load_kg = kg

    def _load_at(self, at_us: float) -> float:
        # Hands put a load down, they do not drop it: a smooth step.
        load = self._settled_kg
        for begin, length, change in self._ramps:
            u = min(max((at_us - begin) / length, 0.0), 1.0)
            load += change * u * u * (3 - 2 * u)
        return load

    def force_kg(self, now_us: int) -> float:
        """What the cell feels in kg, averaged over the sample period that ends now.

        Calls come in order of time.
        """
        last = now_us * _GRID_HZ // 1000000
        if last - self._grid > _REST * _GRID_HZ:
            # Nobody looked for so long that whatever rang then is over.
            self._grid = last - _REST * _GRID_HZ
            self._platform.rest_at(self._load_at(self._grid * 1e6 / _GRID_HZ))
        total, count = 0.0, 0
        while self._grid < last:
            self._grid += 1
            felt = self._platform.step(self._load_at(self._grid * 1e6 / _GRID_HZ))
            if self._grid > last - self._period:
                total += felt
                count += 1
        for ramp in [ramp for ramp in self._ramps if ramp[0] + ramp[1] < now_us]:
            self._settled_kg += ramp[2]
            self._ramps.remove(ramp)
        mean = total / count if count else self._platform.felt_kg
        return mean + self.vibration_kg * math.sin(2 * math.pi * _VIBRATION_HZ * now_us / 1e6)

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
