"""Every conversion of the chip is read, or it shows that it was not: the real firmware, held time.

The world counts the conversions of the chip; the driver counts its frames and what it lost.
Figures: HX711 data sheet (80 samples a second, four conversions of settling), flash of the Pico
(W25Q16JV: 45 ms for an erased block, interrupts off), signal.md 1 (F01 to F04), trust.md 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from steelyard.reading import Reading
from steelyard_wire import codes
from terminals import FILL_SEGMENT, Bench, Start

PERIOD_MS = 12.5
ERASE_MS = 45
# Conversions that end while a block is erased: the last of them is read, late.
LOST_IN_ERASE = range(int(ERASE_MS / PERIOD_MS) - 1, int(ERASE_MS / PERIOD_MS) + 2)
SIGNING_MS = 78  # 6.4 million instructions of an RP2040 at 12.16 ns
SETTLING = 4


@dataclass
class Count:
    """What world and driver have counted."""

    time_ms: float
    made: int
    read: int
    gaps: int
    bad: int
    silences: int
    dropped: int

    def since(self, before: Count) -> Count:
        return Count(**{name: now - vars(before)[name] for name, now in vars(self).items()})


def count(bench: Bench) -> Count:
    state, faults = bench.simulator.state(), bench.terminal.faults()
    kinds = (int(faults[name]) for name in ("GAP", "BAD_FRAME", "NO_DATA", "DROPPED"))
    read = int(bench.terminal.status()["samples"])
    return Count(float(str(state["time_s"])) * 1000, int(str(state["conversions"])), read, *kinds)


def step(bench: Bench, milliseconds: float) -> Reading:
    bench.world(f"advance {milliseconds} ms")
    return bench.terminal.reading()


@pytest.fixture
def held(start: Start) -> Bench:
    """Calibrated, zeroed with 40 g on it, 1 kg tared, 2 kg net on the platform; time is held."""
    bench = start("calibrated", speed="0")
    for kg, then in ((0.04, bench.terminal.zero), (1.04, bench.terminal.tare), (3.04, None)):
        bench.world(f"place {kg} kg")
        bench.world("advance 3 s")
        if then is not None:
            then()
    assert net(bench.terminal.reading()) == ("2.000", "1.000", "3.000")
    return bench


def net(reading: Reading) -> tuple[str | None, str | None, str | None]:
    return reading.value, reading.tare, reading.gross


def recovered(bench: Bench) -> None:
    """Another load was put on meanwhile; zero and tare are what they were."""
    reading = step(bench, 2000)
    assert (reading.fault, reading.stable) == ("NONE", True)
    assert net(reading) == ("4.000", "1.000", "5.000")


# --- while the terminal is busy ------------------------------------------------------------------


def test_nothing_is_lost_while_time_just_passes(held: Bench) -> None:
    before = count(held)
    held.world("advance 20 s")
    passed = count(held).since(before)
    assert passed.made == passed.read == 20 * 80
    assert (passed.gaps, passed.bad, passed.silences, passed.dropped) == (0, 0, 0, 0)


def test_a_record_loses_no_sample(held: Bench) -> None:
    for _ in range(15):
        before = count(held)
        held.terminal.register()
        passed = count(held).since(before)
        assert passed.time_ms >= SIGNING_MS
        assert passed.made == pytest.approx(passed.time_ms / PERIOD_MS, abs=1)
        # Its page is programmed in place: no block is erased.
        assert abs(passed.made - passed.read) <= 1
        assert not passed.gaps + passed.bad + passed.silences + passed.dropped
        assert net(held.terminal.reading()) == ("2.000", "1.000", "3.000")
        before = count(held)
        assert net(step(held, 1500)) == ("2.000", "1.000", "3.000")
        passed = count(held).since(before)
        assert abs(passed.made - 120) <= 1 and abs(passed.read - 120) <= 1


def test_the_erases_of_a_new_segment_show_as_gaps(bench: Bench) -> None:
    # The start's own record begins the segment: sixteen blocks, with samples between them.
    bench.run_on_board(FILL_SEGMENT)
    state = bench.terminal.status()
    assert 8 <= int(state["gaps"]) <= 17 and state["dropped"] == state["faults"] == "0"
    bench.load("place 2 kg")
    assert bench.terminal.reading().value == "2.000"
    assert bench.terminal.status()["gaps"] == state["gaps"]


def test_no_sample_is_lost_in_the_self_test_and_the_boot_record(held: Bench) -> None:
    for _ in range(3):
        held.world("cut power")
        before = float(str(held.simulator.state()["conversions"]))
        held.world("restore power")
        held.terminal.wait_until_ready()
        held.world("advance 1 s")
        now = count(held)
        assert now.made - before >= 80 and not now.gaps
        assert not now.bad + now.silences + now.dropped
        assert abs(now.made - before - now.read) <= 1


def test_after_a_power_cut_zero_is_what_it_was_and_there_is_no_tare(held: Bench) -> None:
    held.terminal.register()
    held.world("cut power")
    held.world("place 5.04 kg")
    held.world("advance 1 min")
    held.world("restore power")
    held.terminal.wait_until_ready()
    reading = step(held, 2000)
    assert reading.stable and "NET" not in reading.flags
    assert net(reading) == ("5.000", "0.000", "5.000")  # zero was set with 40 g on


# --- faults at the pins --------------------------------------------------------------------------


def test_a_stall_in_a_frame_costs_that_frame_and_four_of_settling(held: Bench) -> None:
    for _ in range(3):
        before = count(held)
        held.world("fault stall")
        held.world("place 5.04 kg")
        seen: list[tuple[str, int]] = []
        while not seen or seen[-1][0] != "NONE" or len({fault for fault, _ in seen}) < 3:
            reading = step(held, 2)
            now = count(held).since(before)
            if now.bad:
                assert reading.value is None
                seen.append((reading.fault, now.read))
        assert list(dict.fromkeys(fault for fault, _ in seen)) == ["BAD_FRAME", "SETTLING", "NONE"]
        first_good, last_before = seen[-1][1], seen[0][1]
        assert first_good - last_before - 1 == SETTLING
        recovered(held)
        assert count(held).since(before).bad == 1


def test_a_silent_converter_shows_within_three_periods_at_any_phase(held: Bench) -> None:
    held.world("place 5.04 kg")
    for phase in range(10):
        step(held, 1000 + 1.3 * phase)
        before = count(held)
        held.world("fault dout_high")
        reading = step(held, 3 * PERIOD_MS)
        assert (reading.fault, reading.value) == ("NO_DATA", None), phase
        for _ in range(5):
            reading = step(held, 100)
            assert (reading.fault, reading.value) == ("NO_DATA", None)
            assert held.refused("REGISTER") == codes.CONVERTER_FAULT
        held.world("fault dout_high off")
        reading = step(held, 20)
        recovered_from(held, before)
    recovered(held)


def recovered_from(bench: Bench, before: Count) -> None:
    """No number comes before four conversions of settling and a full window."""
    while (reading := bench.terminal.reading()).value is None:
        assert count(bench).since(before).silences == 1
        step(bench, 10)
    window = 24  # 0.3 s; the default profile's has 39 samples at the rate that it is planned by
    assert reading.fault == "NONE"
    assert count(bench).since(before).read >= SETTLING + window


def test_a_line_that_is_stuck_low_is_no_number(held: Bench) -> None:
    held.world("place 5.04 kg")
    held.world("advance 1 s")
    held.world("fault dout_low")
    assert step(held, 3 * PERIOD_MS).value is None
    for _ in range(40):
        reading = step(held, 25)
        assert reading.value is None and reading.fault in ("BAD_FRAME", "NO_DATA")
    assert held.refused("REGISTER") == codes.CONVERTER_FAULT
    held.world("fault dout_low off")
    held.world("advance 200 ms")
    recovered(held)


@pytest.mark.parametrize(
    ("fault", "name", "flag", "code"),
    [
        ("saturate_high", "OVERLOAD", "OVER", codes.OVERLOAD),
        ("saturate_low", "UNDERLOAD", "UNDER", codes.UNDERLOAD),
    ],
)
def test_full_scale_is_out_of_range(
    held: Bench, fault: str, name: str, flag: str, code: int
) -> None:
    held.world("place 5.04 kg")
    held.world("advance 1 s")
    held.world(f"fault {fault}")
    for _ in range(5):
        reading = step(held, PERIOD_MS)
        assert (reading.fault, reading.value) == (name, None) and flag in reading.flags
        assert {held.refused(word) for word in ("REGISTER", "ZERO", "TARE")} == {code}
    held.world(f"fault {fault} off")
    held.world("advance 20 ms")
    recovered(held)


# --- gains ---------------------------------------------------------------------------------------

_SAMPLE = """
import machine, time
from terminal.drivers.hx711 import HX711
from terminal.drivers.ring import SampleRing
for gain in (64, 128, 32, 64, 32, 128, 128):
    ring = SampleRing()
    wiring = {"dout": 2, "sck": 3, "gain": gain, "rate_hz": 80}
    chip = HX711(wiring, machine, time, ring)
    chip.start()
    for _ in range(60):
        time.sleep_ms(5)
        chip.poll()
    while ring.take():
        print(gain, ring.fault, ring.counts)
"""


def test_no_sample_is_of_another_gain_after_a_start(start: Start) -> None:
    bench = start("calibrated")
    bench.world("place 10 kg")
    bench.world("advance 30 s")  # at rest
    rows = [tuple(map(int, row.split())) for row in bench.run_on_board(_SAMPLE).splitlines()]
    # 0.15 mV/V of zero and 2 mV/V at 20 kg; full scale is 0.5 of the excitation / gain. The cell
    # is a real one: as good as class C6 (R 60: 0.7 of 1.5 v at half load, v = 20 kg / 6000).
    good: dict[int, list[int]] = {128: [], 64: [], 32: []}
    for gain, fault, counts in rows:
        if fault == codes.FAULT_NONE:
            good[gain].append(counts)
        else:
            assert fault == codes.FAULT_SETTLING
    for gain, found in good.items():
        expected = (0.15 + 2 * 10 / 20) * 1e-3 / 0.5 * gain * 2**23
        noise = 90e-9 / 5 / 0.5 * gain * 2**23
        real = 1.05 / 6000 * 2e-3 / 0.5 * gain * 2**23
        assert len(found) >= 2 * 15
        assert all(abs(counts - expected) < real + 6 * noise + 1 for counts in found), gain


@pytest.mark.parametrize("gain", [64, 32])
def test_a_board_with_another_gain_weighs_in_its_counts(start: Start, gain: int) -> None:
    bench = start("provisioned")
    bench.before_main(f"import board\nboard.CONVERTER['gain'] = {gain}\n")
    bench.world("place 10 kg")
    bench.world("advance 30 s")
    bench.terminal.calibrate("BEGIN")
    counts = int(bench.terminal.calibrate_when_still("ZERO")["counts"])
    noise = 90e-9 / 5 / 0.5 * gain * 2**23
    real = 1.05 / 6000 * 2e-3 / 0.5 * gain * 2**23  # class C6
    assert counts == pytest.approx((0.15 + 1) * 1e-3 / 0.5 * gain * 2**23, abs=real + 6 * noise)
