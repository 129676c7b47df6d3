"""The elastic body of a load cell: how its output departs from the load on it.

Owns: non-linearity, hysteresis, creep, thermal lag. Refuses: nothing.
Units: loads and departures as fractions of the capacity, seconds, degrees Celsius.

Terms are those of OIML R 60: hysteresis is the difference between the readings of the same load
when loads fall and when they rise; creep is the change of a constant load's reading in 30 minutes,
and what is left of it when the load goes is the dead load output return.
"""

from __future__ import annotations

import math

CREEP_S = 1800.0  # R 60: creep and dead load output return are those of 30 minutes
# Half of the creep comes within minutes, half slowly; 20 to 30 minutes make 4.5 % of it, where
# R 60 allows 21 % (0.15 of 0.7 mpe).
_CREEP_TAUS_S = (60.0, 600.0)
_WIDTHS = (0.125, 0.25, 0.375)


def bow(load: float, nonlinearity: float) -> float:
    """Departure from the line through zero and capacity: a parabola, largest at half load."""
    return 4 * nonlinearity * load * (1 - load)


class Hysteresis:
    """Play operators in parallel (Prandtl-Ishlinskii; A. Visintin, Differential Models of
    Hysteresis, 1994, ch. III).

    Rate-independent, with memory of the turning points alone. It begins as R 60 has a cell begin:
    exercised to its capacity and unloaded. Then the loop from zero to capacity and back is closed
    at both ends, `width` wide at half load and 3/4 of it at the quarters. A load below zero leaves
    a zero error, as a cell that was pulled has.
    """

    def __init__(self, width: float) -> None:
        self.width = width
        self._plays = list(_WIDTHS)

    def step(self, load: float) -> float:
        """Departure after the load has moved here, without turning on the way."""
        total = 0.0
        for place, half in enumerate(_WIDTHS):
            play = max(load - half, min(load + half, self._plays[place]))
            self._plays[place] = play
            total += play - half - load * (1 - 2 * half)
        return self.width * total


class Creep:
    """Two Kelvin-Voigt elements: each follows the load with its time constant.

    `amount`: departure after 30 minutes under the capacity. When the load goes, it goes the same
    way back.
    """

    def __init__(self, amount: float) -> None:
        self.amount = amount
        self._followed = [0.0] * len(_CREEP_TAUS_S)
        self._weights = [
            1 / len(_CREEP_TAUS_S) / -math.expm1(-CREEP_S / tau) for tau in _CREEP_TAUS_S
        ]

    def step(self, load: float, seconds: float) -> float:
        """Departure after so long under this load."""
        total = 0.0
        for place, tau in enumerate(_CREEP_TAUS_S):
            followed = self._followed[place]
            followed -= (load - followed) * math.expm1(-seconds / tau)
            self._followed[place] = followed
            total += followed * self._weights[place]
        return self.amount * total


class Warmth:
    """The body follows the air around it with one time constant."""

    def __init__(self, lag_s: float, celsius: float) -> None:
        self.lag_s = lag_s
        self.celsius = celsius

    def step(self, ambient_c: float, seconds: float) -> float:
        """Temperature of the body after so long in this air."""
        self.celsius -= (ambient_c - self.celsius) * math.expm1(-seconds / self.lag_s)
        return self.celsius
