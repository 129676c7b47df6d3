"""Between the bridge and the converter's input: noise, mains, and wires that are wrong.

Owns: what is added to the signal on its way, and the faults of the wiring. Refuses: nothing; which
words mean which fault is cell_commands.py's business.
Units: volts at the converter's input, hertz, seconds.

The converter averages over its sample period (first-order sinc): a sine of frequency f comes out
as large as sinc(f T) of it. What is left of the mains shows at the alias that the converter's real
rate makes of it.
"""

from __future__ import annotations

import math
import random

OPEN, SWAPPED, SHORTED = "open_bridge", "swapped_pair", "shorted_input"
WIRE_FAULTS = (OPEN, SWAPPED, SHORTED)
_OPEN_NOISE = 50  # times the healthy one (signal.md F14)
_OPEN_DRIFT_S = 4.0  # a floating input is charged by leakage ...
_OPEN_REACH = 1.6  # ... towards a rail, this many full scales away
_SHORT_OFFSET_V = 1.5e-6  # what amplifier and contacts leave
_RIPPLE = 3e-4  # of the signal: supply noise that the converter's reference does not cancel
_BURST_EVERY_S, _BURST_S, _BURST_NOISE = 1.5, 0.1, 20.0
_SPACING = 4.0  # ratio of neighbouring corner frequencies of the 1/f noise
_LOWEST_HZ = 1e-4


def averaged_sine(hertz: float, now_s: float, period_s: float) -> float:
    """Mean of sin(2 pi f t) over the sample period that ends now."""
    x = math.pi * hertz * period_s
    return (math.sin(x) / x if x else 1.0) * math.sin(2 * math.pi * hertz * now_s - x)


class PinkNoise:
    """1/f noise: independent Ornstein-Uhlenbeck processes of equal power, two octaves apart.

    Their sum has the density v / (ln 4 * f) between the lowest and the highest corner, v being the
    power of one (A. van der Ziel, Physica 16, 1950; S. Plaszczynski, Generating long streams of
    1/f^alpha noise, 2007).
    rms: root mean square between 0.1 and 10 Hz, the band of amplifiers' data sheets. Causal, of
    any sample interval; the highest corner is a quarter of the rate.
    """

    def __init__(self, rms: float, rate_hz: float, chance: random.Random) -> None:
        self._chance = chance
        count = math.floor(math.log(rate_hz / 4 / _LOWEST_HZ, _SPACING)) + 1
        self._rates = [2 * math.pi * rate_hz / 4 / _SPACING**n for n in range(count)]
        self._sigma = rms * math.sqrt(math.log(_SPACING) / math.log(100))
        self._states = [chance.gauss(0.0, self._sigma) for _ in self._rates]
        self._seconds = 0.0
        self._steps: list[tuple[float, float]] = []

    def step(self, seconds: float) -> float:
        """The noise so much later."""
        if seconds != self._seconds:
            self._seconds = seconds
            decays = [math.exp(-rate * seconds) for rate in self._rates]
            self._steps = [(a, self._sigma * math.sqrt(1 - a * a)) for a in decays]
        gauss = self._chance.gauss
        self._states = [
            a * state + gauss(0.0, fresh)
            for state, (a, fresh) in zip(self._states, self._steps, strict=True)
        ]
        return sum(self._states)


class Wires:
    """`carry(signal, ...)` is what stands at the converter's input, averaged over a sample."""

    def __init__(self, noise_v: float, pink_v: float, rate_hz: float, seed: int) -> None:
        self._noise_v = noise_v
        self._chance = random.Random(seed)
        self._pink = PinkNoise(pink_v, rate_hz, random.Random(f"pink {seed}"))
        self._supply_chance = random.Random(f"supply {seed}")
        self.faults: set[str] = set()
        self.noise_factor = 1.0
        self.mains_v = 0.0
        self.mains_hz = 50.0
        self.supply = False
        self._burst_left_s = 0.0
        self._floating: float | None = None  # in full scales

    def carry(
        self, signal_v: float, full_scale_v: float, now_s: float, period_s: float, passed_s: float
    ) -> float:
        """signal_v: of the bridge. full_scale_v: of the converter. passed_s: since the last."""
        white = self._chance.gauss(0.0, self._noise_v)
        pink = self._pink.step(passed_s)
        if OPEN in self.faults:
            return self._open(full_scale_v, white, passed_s)
        self._floating = None
        if SHORTED in self.faults:
            # Data sheets measure noise like this: nothing of the bridge, the cable or the mains.
            return _SHORT_OFFSET_V + white * self.noise_factor
        if self.supply:
            signal_v += self._rough(signal_v, passed_s)
        signal_v += (white + pink) * self.noise_factor
        if self.mains_v:
            signal_v += self.mains_v * averaged_sine(self.mains_hz, now_s, period_s)
        return -signal_v if SWAPPED in self.faults else signal_v

    def _open(self, full_scale_v: float, white: float, passed_s: float) -> float:
        if self._floating is None:
            self._floating = 0.0
            self._rail = self._supply_chance.choice((-_OPEN_REACH, _OPEN_REACH))
        # To one rail, and now and then to the other.
        if self._supply_chance.random() < passed_s / (5 * _OPEN_DRIFT_S):
            self._rail = -self._rail
        self._floating -= (self._rail - self._floating) * math.expm1(-passed_s / _OPEN_DRIFT_S)
        return self._floating * full_scale_v + _OPEN_NOISE * self.noise_factor * white

    def _rough(self, signal_v: float, passed_s: float) -> float:
        chance = self._supply_chance
        ripple = signal_v * _RIPPLE * chance.gauss(0.0, 1.0)
        if self._burst_left_s <= 0 and chance.random() < passed_s / _BURST_EVERY_S:
            self._burst_left_s = _BURST_S
        bursting = self._burst_left_s > 0  # before it passes: a period may be as long as a burst
        self._burst_left_s -= passed_s
        return ripple * (_BURST_NOISE if bursting else 1.0)
