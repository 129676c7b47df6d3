"""The wiring doctor's judgement: what a stretch of raw samples says of cell, cable and converter.

Owns: which findings there are, how each is found and with which threshold. docs/doctor.md explains
every finding to people.
Refuses: nothing; what cannot be judged is listed as not checked, with the reason.
Units: counts, hertz, seconds. `span` is the calibration weight in counts.
"""

from __future__ import annotations

import numpy as np
from steelyard_wire import codes

from steelyard import measures
from steelyard.examination import Examination
from steelyard.findings import FAULT, Facts, Report
from steelyard.ringing import RAMP_S, Ring, change_at, fit_ring
from steelyard.spectrum import Array, Line, alias_hz, spectrum_of
from steelyard.trace import Trace

_MIRROR_LEVEL, _MIRROR_NEAR = 0.03, 0.02  # of the span: a zero that changed its sign
ZERO_AWAY = 0.01  # of the span: 20 kelvin (R 60, Y = 10000) are 0.03 %, dirt a little more
_LINE_E, _LINE_NOISE = 0.25, 3.0  # a sine that moves the last digit, or stands out of the noise
_NOISY_KNOWN, _NOISY_SHEET = 3.0, 6.0  # times commissioning; the data sheet (boards reach 5)
_QUIET_KNOWN, _QUIET_SHEET = 0.5, 0.4  # no converter is that much better than its data sheet
_NOISE_SAMPLES = 64  # then the median of the spectrum gives it within 15 % (one sigma)
_BURSTS = 2
_SUPPLY_GROWS = 2.0  # noise under load over noise without: the bridge's supply is in the signal
_DRIFT_E, _DRIFT_NOISE = 0.5, 20.0  # in the trace: moves the indication while nobody touches it
_STIRRED = 14.0  # peak to peak over the noise: 7 sigma either way
_REST_S = 3.0
_RING_LONG_S = 0.6  # from a load to a thousandth of it
_RING_SAME = 0.10  # of the commissioned frequency
_ANSWER = 10.0  # standard errors that a load must move the mean
_ALIAS_NEAR_HZ = 0.2  # what grids keep to (EN 50160: 0.5 Hz, in practice 0.1)
_EDGE_S = 1.0


class _Doctor(Examination):
    """What is wrong with a signal that is there; `loaded` is a second trace, under a load."""

    def __init__(self, trace: Trace, facts: Facts, loaded: Trace | None) -> None:
        super().__init__(trace, facts)
        self.loaded = loaded

    # --- a signal, and what is wrong with it -----------------------------------------------------

    def bus(self) -> None:
        bad = int((self.trace.faults == codes.FAULT_BAD_FRAME).sum())
        gaps = int((self.trace.faults == codes.FAULT_GAP).sum())
        # The flash of a terminal that signs takes a sample now and then.
        if bad or gaps > 3:
            self.find("disturbed_line", bad_frames=bad, gaps=gaps)

    def spikes(self) -> None:
        # A single word at an end of the range is one too.
        ends = np.isin(self.trace.faults, (codes.FAULT_OVERLOAD, codes.FAULT_UNDERLOAD))
        number = len(self.jumps) + int(ends.sum())
        if number:
            usual = float(np.median(self.counts)) if len(self.counts) else 0.0
            good = self.trace.counts[self.trace.good].astype(np.float64)
            off = np.abs(good[self.jumps] - self.counts[self.jumps])
            largest = max([*off, *np.abs(self.trace.counts[ends] - usual)])
            self.find("glitches", number=number, largest=float(largest))

    def movement(self) -> bool:
        """Ringing and load changes; `rest` becomes the longer part without. True: it suffices."""
        counts, rate = self.counts, self.rate
        edge = max(4, round(_EDGE_S * rate))
        noise = max(self.usual, measures.sample_noise(counts))
        start = change_at(counts, rate)
        about = counts[max(0, start - edge) : start + 2 * edge]
        if len(about) and float(np.ptp(about)) > max(_STIRRED * noise, self.facts.e):
            self._stirred(start, edge, noise)
        if len(self.rest) >= _REST_S * edge / _EDGE_S:
            return True
        if not self.moved:
            self.skip(f"noise, lines, drift and zero: it was not at rest for {_REST_S:.0f} s")
        return False

    def _stirred(self, start: int, edge: int, noise: float) -> None:
        counts, rate = self.counts, self.rate
        before, after = max(0, start - edge // 2), min(start + 3 * edge // 2, len(counts))
        outside = counts[:before], counts[after:]
        ring = fit_ring(counts, rate, noise, start + round(RAMP_S * rate))
        if ring is None:  # a tap: it begins at its largest swing
            tap = int(np.argmax(np.abs(counts - np.median(counts))))
            ring = fit_ring(counts, rate, noise, tap)
        if ring is not None and ring.dies_away:
            self.report.ring = ring
            self._judge_ring(ring)
            still = measures.sample_noise(counts[-2 * edge :])  # not while it rings
            after = min(round(ring.over_s(min(noise, still) / 2) * rate), len(counts))
        elif sum(measures.bursts(part, rate) for part in outside) >= _BURSTS:
            return
        self._look_for_a_step(counts[:before], counts[after:], start, noise)
        throughout = max(float(np.ptp(part)) if len(part) else 0.0 for part in outside)
        local = float(np.ptp(counts[before:after])) > 3 * throughout
        if self.report.ring is not None or self.moved or local:
            later = len(counts) - after >= before
            self.rest = counts[after:] if later else counts[:before]

    def _look_for_a_step(self, before: Array, after: Array, start: int, noise: float) -> None:
        edge = max(4, round(_EDGE_S * self.rate))
        if min(len(before), len(after)) < edge // 2:
            return  # it began before we listened, or did not end
        change = float(np.median(after[:edge]) - np.median(before[-edge:]))
        sudden = self.counts[start : start + edge], self.counts[max(0, start - edge) : start]
        steep = abs(float(np.median(sudden[0]) - np.median(sudden[1])))
        if abs(change) > max(_STIRRED * noise, 2 * self.facts.e) and steep > 0.5 * abs(change):
            self.moved = True
            self.find("load_moved", counts=change)

    def _judge_ring(self, ring: Ring) -> None:
        rate = 2 * np.pi * ring.hertz * ring.damping / np.sqrt(1 - ring.damping**2)
        lasts = float(np.log(1000) / rate)
        low, high = self.facts.ring_max_hz or self.facts.ring_hz, self.facts.ring_hz
        if high and (1 - _RING_SAME) * low <= ring.hertz <= (1 + _RING_SAME) * high:
            self.report.checked.append(f"ringing: {ring.hertz:.1f} Hz, as commissioned")
        elif lasts > _RING_LONG_S:
            self.find("platform_ringing", ring_hz=ring.hertz, damping=ring.damping, lasts_s=lasts)

    def lines(self) -> None:
        spectrum = spectrum_of(self.rest, self.rate)
        self.report.spectrum = spectrum
        if spectrum is None:
            return
        usual = self.usual or spectrum.white
        least = _LINE_E * self.facts.e if self.facts.e else _LINE_NOISE * usual
        mains: list[tuple[Line, float]] = []
        floor: list[Line] = []
        for line in spectrum.lines:
            if line.amplitude < least or not line.steady:
                continue
            source = self._mains_of(line.hertz)
            if source:
                mains.append((line, source))
            else:
                floor.append(line)
        if mains:
            line, source = mains[0]
            self.find("mains_pickup", mains_hz=source, seen_hz=line.hertz, counts=line.amplitude)
        if floor:
            self.find("floor_vibration", seen_hz=floor[0].hertz, counts=floor[0].amplitude)

    def _mains_of(self, hertz: float) -> float:
        """The mains frequency, or its harmonic, that shows at `hertz`; 0: none."""
        for harmonic in (1, 2):  # as it comes in, and as a rectifier leaves it
            source = self.facts.mains_hz * harmonic
            if abs(alias_hz(source, self.rate) - hertz) <= _ALIAS_NEAR_HZ * harmonic:
                return source
        return 0.0

    def noise(self) -> None:
        spectrum = self.report.spectrum
        if spectrum is None or len(self.rest) < _NOISE_SAMPLES:
            self.skip(f"noise: fewer than {_NOISE_SAMPLES} samples at rest")
            return
        known, sheet = self.facts.noise, self.facts.sheet_noise
        usual = known or sheet
        bursts = measures.bursts(self.rest, self.rate)
        if bursts >= _BURSTS:
            self.find("noisy_supply", bursts=bursts, noise=spectrum.white, usual=usual)
        elif self._grows(spectrum.white):
            return
        elif not usual:
            self.skip("the noise: neither commissioned nor a known converter")
        elif spectrum.white > (_NOISY_KNOWN if known else _NOISY_SHEET) * usual:
            times = spectrum.white / usual
            self.find("noisy", times=times, noise=spectrum.white, usual=usual)
        elif spectrum.white < (_QUIET_KNOWN if known else _QUIET_SHEET) * usual:
            self.find("quiet", noise=spectrum.white, usual=usual)

    def _grows(self, empty: float) -> bool:
        if self.loaded is None:
            return False
        counts = self.loaded.counts[self.loaded.good].astype(np.float64)
        under = spectrum_of(counts, self.rate)
        if under is None or under.white <= _SUPPLY_GROWS * empty:
            return False
        self.find("noisy_supply", bursts=0, noise=under.white, usual=empty)
        return True

    def drift(self) -> None:
        spectrum = self.report.spectrum
        moved = measures.drift(self.rest) * len(self.rest)
        limit = _DRIFT_E * self.facts.e
        if spectrum is not None:
            limit = max(limit, _DRIFT_NOISE * spectrum.white / np.sqrt(len(self.rest) / 12))
            limit = limit if self.facts.e else max(limit, _DRIFT_NOISE * spectrum.white)
        if abs(moved) > limit:
            seconds = len(self.rest) / self.rate
            self.find("drifting", counts=moved, seconds=seconds)

    def zero(self) -> None:
        zero, span = self.facts.zero, self.facts.span
        if zero is None or not span:
            self.skip("zero: the terminal is not calibrated")
            return
        if not self.facts.empty or self.moved:
            self.skip("zero: the platform is not empty")
            return
        now = float(np.mean(self.rest))
        away = (now - zero) / span
        mirrored = abs(now + zero) / span
        if abs(zero) > _MIRROR_LEVEL * span and mirrored < _MIRROR_NEAR:
            self.find("swapped_pair", counts=now, zero=float(zero))
        elif abs(away) > ZERO_AWAY:
            self.find("overloaded_cell", percent=100 * away, counts=now, zero=float(zero))

    def answer(self) -> None:
        """What a load that was put on did to the mean."""
        if self.loaded is None:
            self.skip("polarity: run it with --load, and put any load on when asked")
            return
        counts = self.loaded.counts[self.loaded.good].astype(np.float64)
        if len(counts) < 20 or len(self.rest) < 20:
            self.skip("polarity: too few good samples under the load")
            return
        end = counts[-max(20, len(counts) // 2) :]
        moved = float(np.mean(end) - np.mean(self.rest))
        error = float(np.std(end)) / np.sqrt(len(end)) + float(np.std(self.rest)) / np.sqrt(
            len(self.rest)
        )
        if "swapped_pair" in self.report.ids:
            return
        if abs(moved) < max(_ANSWER * error, self.facts.e):
            self.find("no_response", counts=moved)
        elif moved < 0:
            self.find("swapped_pair", counts=float(np.mean(end)), zero=float(np.mean(self.rest)))

    def run(self) -> Report:
        if not self.is_there():
            return self.report
        self.bus()
        self.report.checked += ["frames", "spikes"]
        self.report.checked.append("ringing")
        if self.movement():
            self.report.rest = self.rest
            self.lines()
            self.noise()
            self.drift()
            self.zero()
            self.report.checked += ["mains and vibration", "noise", "drift"]
        if "noisy_supply" not in self.report.ids:  # its bursts have peaks of their own
            self.spikes()
        self.answer()
        return self.report


def diagnose(trace: Trace, facts: Facts, loaded: Trace | None = None) -> Report:
    """Examine a trace of a scale at rest; loaded: a second one with a load on the platform."""
    report = _Doctor(trace, facts, loaded).run()
    report.findings.sort(key=lambda finding: finding.severity != FAULT)
    return report
