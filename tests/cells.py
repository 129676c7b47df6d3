"""A load cell in free board time, traced as a terminal would: for tests of the host's judgement.

Owns: the clock of the converter and the trace. The cell is that of the virtual terminal
(firmware/simulation), the counts are those of an HX711 at gain 128.
Refuses: nothing. Units: seconds, kilograms, counts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

# At the end: firmware/ has another `terminal`.
sys.path.append(str(Path(__file__).resolve().parents[1] / "firmware" / "simulation"))

from load_cell import Cell, LoadCell
from steelyard.findings import Facts
from steelyard.trace import Trace, make
from steelyard_wire import codes

# 2 mV/V at 20 kg, full scale half the excitation at gain 128.
PER_KG = 2e-3 / 20 / 0.5 * 128 * 2**23
ZERO = round(0.15e-3 / 0.5 * 128 * 2**23)  # of 0.15 mV/V
# Data sheet of the HX711: 50 nV at 10 samples a second, 90 nV at 80; 5 V.
SHEET_NOISE = {rate: nv * 1e-9 / 2.5 * 128 * 2**23 for rate, nv in ((10, 50), (80, 90))}
E_KG = 0.005


class Scale:
    """A cell and the clock of its converter; clock_error: of the rate, 0.03 is 3 % fast."""

    def __init__(
        self, seed: int = 1, rate_hz: int = 80, clock_error: float = 0.0, **cell: float
    ) -> None:
        self.cell = LoadCell(Cell(**cell), seed, rate_hz)
        self.rate_hz = rate_hz
        self._period_us = 1e6 / (rate_hz * (1 + clock_error))
        self._made = 0

    @property
    def now_us(self) -> int:
        return round(self._made * self._period_us)

    def place(self, kg: float) -> None:
        """From now on this lies on the platform."""
        self.cell.place(kg, self.now_us)

    def trace(self, seconds: float) -> Trace:
        """What the converter makes of the next seconds, with the driver's fault codes."""
        counts, times = [], []
        for _ in range(round(seconds * 1e6 / self._period_us)):
            self._made += 1
            counts.append(self.cell.counts(self.now_us, 128))
            times.append(self.now_us // 1000)
        words = np.array(counts)
        ends = {0x7FFFFF: codes.FAULT_OVERLOAD, -0x800000: codes.FAULT_UNDERLOAD}
        faults = np.array([ends.get(int(word), codes.FAULT_NONE) for word in words])
        return make(words, faults, np.array(times) - times[0])

    def facts(self, calibrated: bool = True, **known: float) -> Facts:
        """What a terminal that was calibrated with 10 kg knows."""
        facts = {"nominal_hz": self.rate_hz, "sheet_noise": SHEET_NOISE[self.rate_hz]}
        if calibrated:
            facts |= {"zero": ZERO, "span": round(10 * PER_KG), "e": E_KG * PER_KG}
        return Facts(**facts | known)
