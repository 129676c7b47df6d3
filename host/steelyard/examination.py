"""Whether there is a signal at all: what a doctor asks before anything else.

Owns: the trace under examination, and the findings after which nothing more can be judged: wrong
rate, silence, a frozen word, an open, saturated or shorted input.
Refuses: nothing; what cannot be judged is noted with the reason.
Units: counts, hertz, shares of the samples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from steelyard_wire import codes

from steelyard import measures
from steelyard.findings import FINDINGS, Facts, Finding, Report
from steelyard.spectrum import spectrum_of
from steelyard.trace import Trace

FULL_SCALE = 1 << 23
# A floating input wanders by some full scale within seconds. The largest load moves a cell of
# 2 mV/V by half of it (HX711, gain 128), but it comes to rest, and its noise stays.
_OPEN_WANDER = 0.02  # of full scale, within the trace
_OPEN_NOISE = 8.0  # times the noise it should have (signal.md, F14: an open bridge has 50)
# No cell balances so well that 0.05 % of full scale (10 uV) remain: data sheets allow 1 % of
# 2 mV/V (100 uV at 5 V), and the platform itself weighs something.
_SHORT_LEVEL = 0.0005
_SHORT_NOISE = 2.0  # times the converter's own, which is 1.5 times that of the sheet at 3.3 V
_SHORT_MOVED = 4.0  # times the level: how far the calibration's zero must be from it
_RATE_LOW, _RATE_HIGH = 0.75, 1.25  # real modules are up to 20 % off their nominal rate
_SATURATED = 0.01  # of the samples; less are single words, and glitches
_MOSTLY = 0.5


class Examination:
    """One trace under examination; run `is_there` first.

    counts: the good samples, evenly spaced, without single ones out of line (`jumps`).
    rest: of them, those of a platform at rest. moved: whether the load changed.
    """

    def __init__(self, trace: Trace, facts: Facts) -> None:
        self.trace = trace
        self.facts = facts
        self.report = Report()
        self.rate = trace.rate_hz or facts.nominal_hz
        good = trace.counts[trace.good].astype(np.float64)
        self.jumps = measures.glitches(good)
        self.counts = measures.without(good, self.jumps)
        self.rest = self.counts
        self.moved = False

    def find(self, name: str, **numbers: float | int) -> None:
        severity, sentence, advice = FINDINGS[name]
        text = sentence.format(**numbers)
        self.report.findings.append(Finding(name, severity, text, advice, dict(numbers)))

    def share(self, *faults: int) -> float:
        """Share of the trace's samples with one of these faults."""
        found = np.isin(self.trace.faults, faults)
        return float(found.mean()) if len(found) else 0.0

    @property
    def usual(self) -> float:
        """Noise of a healthy sample, counts: as commissioned, else by the data sheet, else 0."""
        return self.facts.noise or self.facts.sheet_noise

    def skip(self, what: str) -> bool:
        """Note what is not checked; False, for a check that found nothing."""
        self.report.unchecked.append(what)
        return False

    def is_there(self) -> bool:
        """Whether there is a signal that can be judged."""
        checks: tuple[tuple[str, Callable[[], bool]], ...] = (
            ("sample rate", self._rate_jumper),
            ("converter answers", self._no_data),
            ("frozen word", self._frozen),
            ("open bridge", self._open_bridge),
            ("saturation", self._saturated),
            ("shorted input", self._shorted),
        )
        for name, is_wrong in checks:
            if is_wrong():
                return False
            self.report.checked.append(name)
        return True

    # --- what leaves no signal to judge ----------------------------------------------------------

    def _rate_jumper(self) -> bool:
        nominal = self.facts.nominal_hz
        if not nominal or not self.trace.rate_hz:
            return self.skip("the sample rate: none was measured")
        ratio = self.trace.rate_hz / nominal
        if not _RATE_LOW <= ratio <= _RATE_HIGH:
            self.find("rate_jumper", rate_hz=self.trace.rate_hz, nominal_hz=nominal)
            return True
        return False

    def _no_data(self) -> bool:
        share = self.share(codes.FAULT_NO_DATA)
        if len(self.trace) == 0 or share > _MOSTLY:
            self.find("no_data", share=share if len(self.trace) else 1.0)
            return True
        return False

    def _frozen(self) -> bool:
        # The driver's own verdict, or the same word all the time: four equal ones come by chance.
        same = len(self.counts) > 20 and float(np.ptp(self.counts)) == 0.0
        if same or self.share(codes.FAULT_FROZEN) > _MOSTLY:
            at = self.trace.counts[-1]
            self.find("frozen", counts=float(at), samples=float(len(self.trace)))
            return True
        return False

    def _open_bridge(self) -> bool:
        """A wandering input; at an end of the range it may also be saturated."""
        ends = self.share(codes.FAULT_OVERLOAD), self.share(codes.FAULT_UNDERLOAD)
        usual = self.usual
        wander = noise = 0.0
        spectrum = spectrum_of(self.counts, self.rate)
        if spectrum is not None:
            wander = float(np.ptp(self.counts)) / FULL_SCALE
            # A step spoils the one and a line the other.
            noise = min(measures.sample_noise(self.counts), spectrum.white)
        restless = usual > 0 and noise > _OPEN_NOISE * usual and wander > _OPEN_WANDER
        if restless or min(ends) > _SATURATED:
            wander = 2.0 if min(ends) > _SATURATED else wander
            self.find("open_bridge", wander=100 * wander, noise=noise)
            return True
        return False

    def _saturated(self) -> bool:
        high, low = self.share(codes.FAULT_OVERLOAD), self.share(codes.FAULT_UNDERLOAD)
        if max(high, low) <= _SATURATED:
            return False
        name = "saturated_high" if high > low else "saturated_low"
        self.find(name, share=100 * max(high, low))
        return True

    def _shorted(self) -> bool:
        if len(self.counts) < 20:
            return False
        level = float(np.median(self.counts))
        noise = float(np.std(self.counts))
        quiet = not self.facts.sheet_noise or noise <= _SHORT_NOISE * self.facts.sheet_noise
        zero = self.facts.zero
        moved = zero is None or abs(zero) > _SHORT_MOVED * _SHORT_LEVEL * FULL_SCALE
        if abs(level) <= _SHORT_LEVEL * FULL_SCALE and quiet and moved:
            self.find("shorted_input", counts=level, noise=noise)
            return True
        return False
