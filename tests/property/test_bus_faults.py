"""Whatever happens on the bus and to the chip, nothing but the true word is ever a number.

F23 and F10 (signal.md 1) for every order and moment: nobody acknowledges, SDA is held or stuck, a
bit arrives wrong, the chip begins anew or is set up by somebody else at gain 1, the processor is
away. The load stands still, and the word depends on gain and channel, so another one is wrong.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from simulation.bench.build import Bench, builder, make_bench
from steelyard_wire.codes import FAULT_NONE

PLAIN = bytes((0, 0, 0, 0x00, 0x80, 0, 0))
GAIN = 64
CHIPS = ("nau7802", "ads1220")
FAULTS = (
    "nack",
    "sda_low",
    "held",
    "flip",
    "forced",
    "reset",
    "gain_1",
    "away",
    "register",
    "miso",
)


def _inject(bench: Bench, fault: str, number: int) -> None:
    lines = bench.wires.lines
    if fault in ("nack", "sda_low") and hasattr(lines, fault):
        setattr(lines, fault, True)
    elif fault == "held" and hasattr(lines, fault):
        lines.held = 1 + number % 9
    elif fault == "flip":
        lines.flip = 1 + number % (24 if hasattr(lines, "sda_low") else 104)
    elif fault == "forced":
        bench.wires.forced = number & 1
    elif fault == "reset":
        bench.wires.reset_chip()
    elif fault == "gain_1":
        bench.wires.reinitialise_chip()
    elif fault == "away":
        bench.away(1 + number % 300)
    elif fault == "miso" and hasattr(lines, "forced"):
        lines.forced = number & 1
    elif fault == "register":
        registers = 10 if hasattr(lines, "sda_low") else 4
        bench.chip.registers[number % registers] ^= 1 << (number >> 8 & 7)


def _repair(bench: Bench) -> None:
    lines = bench.wires.lines
    bench.wires.forced = -1
    lines.flip = 0
    if hasattr(lines, "sda_low"):
        lines.nack = lines.sda_low = False
    else:
        lines.forced = -1


@given(
    st.sampled_from([(chip, rate) for chip in CHIPS for rate in builder(chip).RATES]),
    st.lists(
        st.tuples(
            st.sampled_from(FAULTS),
            st.integers(0, 1 << 16),
            st.integers(0, 60),  # ms until it happens
            st.integers(0, 999),  # and us
            st.integers(1, 200),  # ms that it lasts
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_no_other_word_is_ever_a_number(
    kind: tuple[str, int], events: list[tuple[str, int, int, int, int]]
) -> None:
    chip, rate = kind
    bench = make_bench(chip, [lambda gain: gain * 1000], rate_hz=rate, gain=GAIN, capacity=1024)
    if chip == "nau7802":
        bench.driver.keep(lambda: bench.driver.calibration()[:2] + PLAIN, None)
    found = bench.run(1200)
    for fault, number, ms, us, lasts_ms in events:
        found += bench.run(ms)
        bench.spend(us)
        _inject(bench, fault, number)
        found += bench.run(lasts_ms)
        _repair(bench)
    found += bench.run(2500)
    assert {counts for counts, _, fault in found if fault == FAULT_NONE} == {GAIN * 1000}
    assert found[-1][2] == FAULT_NONE  # and it has recovered unaided
