"""A platform on its springs: what arrives at the load cell when something is put on it.

Owns: the second-order system of platform and load. Refuses: nothing.
Units: kilograms, hertz; steps of 1 / GRID_HZ seconds; damping is the ratio to the critical one.

The load swings with the platform, so the frequency falls with it: f = f0 / sqrt(1 + load / mass),
where `mass_kg` is what swings when nothing is on it (platform, frame, table). The damping ratio
stays, as that of rubber feet and bolted joints does (loss factor of the material, not a dashpot).
A load that is being put down joins the mass as it joins the weight; its momentum is neglected.
"""

from __future__ import annotations

import math

GRID_HZ = 1280  # 16 steps in a sample period at 80 a second


class Platform:
    """x'' + 2 d w x' + w^2 x = w^2 load, exact for a load that is constant over a step."""

    def __init__(self, ring_hz: float, damping: float, mass_kg: float = math.inf) -> None:
        self.felt_kg = 0.0
        self._speed = 0.0
        self._tuned_for_kg = 0.0
        self.alter(ring_hz, damping, mass_kg)

    def alter(self, ring_hz: float, damping: float, mass_kg: float) -> None:
        """Stand on other springs from now on."""
        self.ring_hz, self.damping, self.mass_kg = ring_hz, damping, mass_kg
        self._tune(self._tuned_for_kg)

    def frequency_hz(self, load_kg: float) -> float:
        """With which it would swing without damping, under this load."""
        return self.ring_hz / math.sqrt(1 + max(load_kg, 0.0) / self.mass_kg)

    def _tune(self, load_kg: float) -> None:
        w = 2 * math.pi * self.frequency_hz(load_kg)
        ringing = w * math.sqrt(1 - self.damping * self.damping)
        decay = math.exp(-self.damping * w / GRID_HZ)
        cosine = decay * math.cos(ringing / GRID_HZ)
        sine = decay * math.sin(ringing / GRID_HZ) / ringing
        self._matrix = (
            cosine + self.damping * w * sine,
            sine,
            -w * w * sine,
            cosine - self.damping * w * sine,
        )
        self._tuned_for_kg = load_kg

    def rest_at(self, load_kg: float) -> None:
        """Still under this load."""
        self.felt_kg, self._speed = load_kg, 0.0

    def step(self, load_kg: float) -> float:
        """What the cell feels a step later."""
        return self.steps(load_kg, 1)

    def steps(self, load_kg: float, count: int, total: float = 0.0) -> float:
        """`total` and what the cell feels after each of so many steps under one load."""
        if load_kg != self._tuned_for_kg:
            self._tune(load_kg)
        a, b, c, d = self._matrix
        felt, speed = self.felt_kg, self._speed
        for _ in range(count):
            off = felt - load_kg
            felt = load_kg + a * off + b * speed
            speed = c * off + d * speed
            total += felt
        self.felt_kg, self._speed = felt, speed
        return total
