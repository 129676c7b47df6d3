"""The weight path in both VMs: it allocates nothing, and says what CPython says.

The 64-bit VM proves little about the heap (its small ints have 63 bits); the 32-bit one has a
board's. The narrow integers of tests/property/test_weighing_properties.py are the other proof.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
import vms

# Loads, noise, faults and keys from one seed; the same on every interpreter.
SCRIPT = """
import sys
from steelyard_wire import codes
from steelyard_wire.digest import sha256
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher
PLANTED

FULL = 0x7FFFFF
SCALES = (
    ((1, -3, 15000, 5, 0, 400, 250, 20, 0, 0, 0, 0, 0, 50, 0, 0), (50000, 1050000, 10000)),
    ((1, -3, 5000000, 50000, 1, 800, 1000, 20, 7000, 0, 0, 0, 0, 50, 0, 0),
     (-FULL, FULL, 5000000)),
    ((1, 0, 60000, 20, 2, 100, 500, 20, 0, 0, 0, 0, 0, 60, 0, 0), (1234567, 1335791, 6001)),
    ((0, -2, 3000, 10, 3, 400, 250, 0, 0, 0, 0, 0, 0, 50, 0, 0), (-4000, -3000, 3000)),
    # Partial ranges, and ranges of their own.
    ((1, -3, 15000, 10, 0, 400, 250, 20, 0, 0, 0, 0, 0, 50, 0, 0, 3, 0, 0, 2000, 1, 5000, 2),
     (50000, 1050000, 10000)),
    ((1, -3, 15000, 5, 0, 400, 250, 20, 0, 0, 0, 0, 0, 50, 0, 0, 3, 0, 1, 3000, 1, 6000, 2),
     (50000, 1050000, 10000)),
    ((1, -3, 15000, 5, 4, 400, 250, 20, 0, 0, 0, 30, 0, 50, 0, 0), (50000, 1050000, 10000)),
    ((1, -3, 15000, 5, 5, 400, 250, 20, 0, 0, 0, 0, 0, 50, 0, 0), (50000, 1050000, 10000)),
    # Commissioned with far more noise, and with far less: QUIET and NOISY.
    ((1, -3, 15000, 5, 0, 400, 250, 20, 0, 0, 0, 900, 0, 50, 0, 0), (50000, 1050000, 10000)),
    ((1, -3, 15000, 5, 0, 400, 250, 20, 0, 0, 0, 2, 0, 50, 0, 0), (50000, 1050000, 10000)),
)
FAULTS = (codes.FAULT_GAP, codes.FAULT_NO_DATA, codes.FAULT_BAD_FRAME, codes.FAULT_OVERLOAD,
          codes.FAULT_UNDERLOAD, codes.FAULT_SETTLING)

def weigher(scale, calibrated=True):
    values, (zero, span, mantissa) = scale
    config = Config(values + (3, 0, 0, 0, 0, 0, 0, 1, 1, 100, 0, 15)[len(values) - 16 :])
    made = Calibration.two_points(1, zero, span, mantissa, values[1], values[0], None)
    return Weigher(config, made if calibrated else None, 80000)

def samples(count, scale, seed):
    zero, span, _ = scale[1]
    noise = (span - zero) // 100000 + 2
    loads = (zero, span, zero - (span - zero) // 20, FULL, -FULL - 1, (zero + span) // 2, 0)
    made = []
    base = zero
    for k in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        if seed >> 8 & 511 == 0:
            base = loads[(seed >> 16) % len(loads)]
        counts = min(FULL, max(-FULL - 1, base + (seed >> 12) % noise))
        if seed >> 3 & 511 == 33:
            counts = -FULL // 3  # a glitch
        fault = FAULTS[(seed >> 20) % 6] if seed >> 4 & 1023 == 77 else 0
        made.append((counts, (k * 12 + (1 << 30) - 9000) & 0x3FFFFFFF, fault))
    return made
"""

LOCKED = """
import micropython
from array import array

def run(scale, calibrated):
    w = weigher(scale, calibrated)
    made = samples(4000, scale, 7)
    counts = array("i", [item[0] for item in made])
    ticks = array("i", [item[1] for item in made])
    faults = array("i", [item[2] for item in made])
    shown = steady = 0
    micropython.heap_lock()
    try:
        for k in range(4000):
            w.feed(counts[k], ticks[k], faults[k])
            if k & 127 == 64:
                w.zero()
                w.tare()
            elif k & 127 == 100:
                w.clear_tare()
            if w.reading.valid():
                shown += 1
            if w.registrable() == 0:
                steady += 1
    finally:
        micropython.heap_unlock()
    return [shown, steady] + [codes.FAULTS[k] for k in range(8, 12) if w.guard.counts[k]]

for scale in SCALES:
    print(*run(scale, True))
print(*run(SCALES[0], False))
print(sys.maxsize > 1 << 31)
"""

SAME = """
for number, scale in enumerate(SCALES):
    w = weigher(scale)
    digest = b""
    shown = 0
    for k, (counts, ticks, fault) in enumerate(samples(5000, scale, number + 1)):
        w.feed(counts, ticks, fault)
        if k % 200 == 150:
            w.zero()
        elif k % 200 == 170:
            w.tare()
        r = w.reading
        shown += r.valid()
        words = (r.gross, r.tare, r.net, r.e, r.fine, r.counts, r.ticks, r.status, r.fault)
        digest = sha256(digest + repr((words, r.valid(), w.registrable())).encode())
    print(shown, "".join(["%02x" % byte for byte in digest]))
"""


def _in(vm: str, script: str, planted: str = "") -> str:
    run = vms.run_micropython if vm == "unix" else vms.run_wasm
    return run((SCRIPT + script).replace("PLANTED", planted), timeout=300)


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_two_thousand_samples_allocate_nothing(vm: str) -> None:
    *scales, quiet, noisy, bare, wide = _in(vm, LOCKED).splitlines()
    assert wide == str(vm == "unix")
    assert bare.split()[:2] == ["0", "0"]
    found = {name for line in (*scales, quiet, noisy) for name in line.split()[2:]}
    assert found == {"FROZEN", "JUMP", "NOISY", "QUIET"}
    assert "QUIET" in quiet and "NOISY" in noisy
    # The last of them is the animal profile: its means over seconds never rest among these loads.
    assert int(scales.pop().split()[0]) > 500
    for line in scales:
        shown, steady = (int(word) for word in line.split()[:2])
        assert shown > steady > 50  # the branches were reached: numbers, and numbers at rest


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_an_allocation_would_be_found(vm: str) -> None:
    planted = (
        "import terminal.weighing.guard as guard\n"
        "real = guard.Guard.judge\n"
        "guard.Guard.judge = lambda self, counts, fault: real(self, *[counts, fault])"
    )
    with pytest.raises(vms.ScriptFailed, match="MemoryError"):
        _in(vm, LOCKED, planted)


def test_a_wide_number_allocates_on_32_bits_only() -> None:
    planted = (
        "from terminal.weighing.linearise import Lineariser\n"
        "Lineariser.fine = lambda s, t: (t - s._pieces[0][0]) * s._pieces[0][3] // s._pieces[0][2]"
    )
    _in("unix", LOCKED, planted)
    with pytest.raises(vms.ScriptFailed, match="MemoryError"):
        _in("wasm", LOCKED, planted)


def test_three_interpreters_say_the_same() -> None:
    path = f"import sys\nsys.path[:0] = {[str(place) for place in vms.DEVICE_PATHS]!r}\n"
    script = path + (SCRIPT + SAME).replace("PLANTED", "")
    command = [sys.executable, "-c", script]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert len(said.splitlines()) == 10
    assert all(int(line.split()[0]) > 50 for line in said.splitlines())
    assert _in("unix", SAME) == said
    assert _in("wasm", SAME) == said
