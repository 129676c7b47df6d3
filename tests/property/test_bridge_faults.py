"""Faults at the bridge, as the world is told to make them: what the converter then sees.

Owns: the words of the commands, and what each does to the counts, against the healthy cell.
Refuses: nothing.
Units: counts of an HX711 at gain 128; kilograms.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "firmware" / "simulation"))

from cell_commands import CellCommands
from front_end import MAX_CODE, MIN_CODE
from load_cell import Cell, LoadCell
from quantity import CommandError

PER_KG = 2e-3 / 20 / 0.5 * 128 * 2**23
ZERO = 0.15e-3 / 0.5 * 128 * 2**23
VOLT = 1 / 5 / 0.5 * 128 * 2**23
NOISE = 90e-9 * VOLT


class Bench:
    """The default cell, and its commands."""

    def __init__(self, seed: int = 1, cell: Cell | None = None) -> None:
        self.cell = LoadCell(cell or Cell(), seed)
        self.now_us = 0
        self._commands = CellCommands(self.cell, lambda: self.now_us)

    def do(self, line: str) -> str:
        verb, _, rest = line.partition(" ")
        if verb != "fault":
            return self._commands.verbs[verb](rest)
        name, _, how = rest.partition(" ")
        self._commands.fault(name, how)
        return ""

    def run(self, seconds: float) -> np.ndarray:
        words = []
        for _ in range(round(seconds * 80)):
            self.now_us += 12500
            words.append(self.cell.counts(self.now_us, 128))
        return np.array(words, dtype=float)

    @property
    def faults(self) -> list[str]:
        return self._commands.faults()


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.do("place 5 kg")
    bench.run(8.0)
    return bench


def deviation(words: np.ndarray) -> float:
    """Of samples from their neighbours: noise without drift."""
    return float(np.diff(words).std() / math.sqrt(2))


def recovers(bench: Bench, fault: str) -> None:
    bench.do(f"fault {fault} off")
    assert bench.faults == []
    assert bench.run(4.0)[80:].mean() == pytest.approx(ZERO + 5 * PER_KG, abs=0.002 * PER_KG)


def test_healthy_is_quiet_and_at_its_place(bench: Bench) -> None:
    words = bench.run(10.0)
    assert bench.faults == []
    # R 60: 0.7 of 1 v at a quarter of the capacity, v = capacity / 6000.
    assert words.mean() == pytest.approx(ZERO + 5 * PER_KG, abs=0.7 / 6000 * 20 * PER_KG)
    assert deviation(words) == pytest.approx(NOISE, rel=0.1)


def test_an_open_bridge_is_loud_drifts_and_ends_at_full_scale(bench: Bench) -> None:
    bench.do("fault open_bridge")
    assert bench.faults == ["open_bridge"]
    words = bench.run(60.0)
    assert deviation(words[:80]) > 30 * NOISE
    assert np.ptp(words[:240]) > 0x400000
    assert np.isin(words, (MIN_CODE, MAX_CODE)).mean() > 0.2
    bench.do("place 15 kg")
    bench.do("place 5 kg")
    recovers(bench, "open_bridge")


def test_a_swapped_pair_counts_backwards(bench: Bench) -> None:
    bench.do("fault swapped_pair")
    assert bench.run(1.0).mean() == pytest.approx(-(ZERO + 5 * PER_KG), rel=1e-3)
    bench.do("place 10 kg")
    assert bench.run(10.0)[-80:].mean() == pytest.approx(-(ZERO + 10 * PER_KG), rel=1e-3)
    bench.do("place 5 kg")
    bench.run(8.0)
    recovers(bench, "swapped_pair")


def test_a_shorted_input_sees_no_load_and_has_only_the_noise_of_the_chip(bench: Bench) -> None:
    bench.do("fault shorted_input")
    bench.do("fault mains 50 uV")
    bench.do("vibrate 50 g")
    empty = bench.run(4.0)
    bench.do("place 15 kg")
    loaded = bench.run(4.0)
    assert abs(empty.mean()) < 5e-6 * VOLT
    assert abs(loaded.mean() - empty.mean()) < NOISE
    assert deviation(loaded) == pytest.approx(NOISE, rel=0.15)


def test_a_frozen_chip_repeats_its_word(bench: Bench) -> None:
    before = bench.run(1.0)[-1]
    bench.do("fault frozen")
    bench.do("place 10 kg")
    assert set(bench.run(5.0)) == {before}
    bench.do("place 5 kg")
    bench.run(4.0)
    recovers(bench, "frozen")


@pytest.mark.parametrize("factor", ["0.1", "5", "500"])
def test_noise_is_so_many_times_what_it_was(bench: Bench, factor: str) -> None:
    bench.do(f"fault noise {factor}")
    assert bench.faults == [f"noise {factor}"]
    expected = math.hypot(float(factor) * NOISE, math.sqrt(1 / 12))  # and rounding
    assert deviation(bench.run(20.0)) == pytest.approx(expected, rel=0.1)
    bench.do("fault noise off")
    assert bench.faults == []


@pytest.mark.parametrize(
    ("said", "volts", "hertz"),
    [("5 uV", 5e-6, 50), ("2 g 60 Hz", 2e-3 / 20 * 2e-3 * 5, 60), ("800 nV 50 Hz", 0.8e-6, 50)],
)
def test_mains_is_given_at_the_input(bench: Bench, said: str, volts: float, hertz: int) -> None:
    bench.do("fault noise 0")
    bench.do(f"fault mains {said}")
    words = bench.run(10.0)
    x = math.pi * hertz / 80
    amplitude = volts * VOLT * math.sin(x) / x
    steady = words - np.polyval(np.polyfit(np.arange(800), words, 2), np.arange(800))
    assert math.sqrt(2) * steady.std() == pytest.approx(amplitude, rel=0.03)
    assert bench.faults == ["noise 0", f"mains {volts * 1e6:.6g} uV {hertz} Hz"]
    recovers_from_two(bench)


def recovers_from_two(bench: Bench) -> None:
    bench.do("fault noise off")
    recovers(bench, "mains")


def test_a_noisy_supply_shows_with_the_load_and_in_bursts(bench: Bench) -> None:
    bench.do("fault supply")
    loaded = bench.run(30.0)
    bench.do("remove")
    bench.run(6.0)
    empty = bench.run(30.0)
    assert deviation(loaded) > 3 * deviation(empty) > 3 * NOISE
    # Bursts: the kurtosis of a sum of Gaussian noises of one power would be 3.
    off = np.diff(loaded) - np.diff(loaded).mean()
    assert (off**4).mean() / (off**2).mean() ** 2 > 6
    bench.do("place 5 kg")
    bench.run(8.0)
    recovers(bench, "supply")


def test_an_overloaded_cell_has_another_zero_and_comes_back_badly(bench: Bench) -> None:
    bench.do("fault noise 0")

    def at(kg: str) -> float:
        bench.do(f"place {kg} kg")
        return float(bench.run(20.0)[-1])

    def loop() -> tuple[float, float]:
        first, at_10, _, back_10 = (at(kg) for kg in ("0", "10", "20", "10"))
        return first, back_10 - at_10

    healthy, narrow = loop()
    bench.do("fault overloaded_cell")
    shifted, wide = loop()
    # 2 % of the capacity is 400 g: 80 e.
    assert shifted - healthy == pytest.approx(0.4 * PER_KG, rel=0.1)
    assert wide == pytest.approx(20 * narrow, rel=0.2) and narrow > 0


def test_healthy_words_do_not_depend_on_how_a_fault_was_ended() -> None:
    # A fault takes no chance away from the noise: the same seed, the same world afterwards.
    plain, troubled = Bench(7), Bench(7)
    for one in (plain, troubled):
        one.run(1.0)
    for fault in ("swapped_pair", "supply", "noise 3", "mains 5 uV", "frozen", "open_bridge"):
        troubled.do(f"fault {fault}")
    plain.run(3.0)
    troubled.run(3.0)
    for fault in ("swapped_pair", "supply", "noise", "mains", "frozen", "open_bridge"):
        troubled.do(f"fault {fault} off")
    assert (plain.run(2.0) == troubled.run(2.0)).all()


def test_ring_and_cell_change_what_they_say(bench: Bench) -> None:
    assert bench.do("ring 4 Hz 0.03 10 kg") == "4 Hz, damping 0.03, 10 kg"
    cell = bench.cell.cell
    assert (cell.ring_hz, cell.damping, cell.platform_kg) == (4.0, 0.03, 10.0)
    assert bench.do("ring 5Hz 0.05").endswith("10 kg")
    bench.do("fault noise 0")
    bench.do("place 0 kg")
    words = bench.run(10.0)[80:] - ZERO
    crossings = np.nonzero((words[:-1] < 0) & (words[1:] >= 0))[0]
    assert 80 / np.diff(crossings)[:8].mean() == pytest.approx(5.0, rel=0.02)
    bench.do("cell c3")
    assert bench.cell.cell.creep_ppm == 166.0 and bench.cell.cell.ring_hz == 5.0
    bench.do("cell creep 1000 ppm")
    bench.do("cell lag 60 s")
    assert (bench.cell.cell.creep_ppm, bench.cell.cell.thermal_lag_s) == (1000.0, 60.0)
    bench.do("place 20 kg")
    start, end = bench.run(20.0)[-1], bench.run(1780.0)[-1]
    # Half with 60 s, half with 600 s, 1000 ppm in 30 minutes; the first 20 s have passed, and of
    # the 5 kg before them a little is left.
    parts = [math.exp(-20 / tau) - math.exp(-1800 / tau) for tau in (60, 600)]
    whole = [1 - math.exp(-1800 / tau) for tau in (60, 600)]
    expected = 0.5e-3 * (parts[0] / whole[0] + parts[1] / whole[1]) * 20 * PER_KG
    assert end - start == pytest.approx(expected, rel=0.03)


def test_the_air_warms_the_cell_slowly_or_now(bench: Bench) -> None:
    bench.do("temperature 40")
    bench.run(60.0)
    assert bench.cell.body_c == pytest.approx(40 - 20 * math.exp(-60 / 600), abs=0.01)
    bench.do("temperature -5 now")
    assert bench.cell.body_c == -5.0


@pytest.mark.parametrize(
    "line",
    [
        "ring", "ring 4 Hz", "ring 4 0.03", "ring 4 Hz 2", "ring 0 Hz 0.1", "ring 4 Hz 0.03 5 e",
        "cell", "cell gold", "cell creep", "cell creep 5 %", "cell lag 0 s", "vibrate 5 Hz",
        "vibrate 5 g 3 kHz", "fault noise", "fault noise -1", "fault mains",
        "fault mains 5 V", "fault mains 5 uV 50 rpm", "temperature", "place",
    ],
)  # fmt: skip
def test_a_wrong_word_is_refused_with_the_right_form(bench: Bench, line: str) -> None:
    with pytest.raises(CommandError, match="say `"):
        bench.do(line)
    assert bench.faults == []
