"""The bench topic `start`: how long a start with a full journal takes on a board, estimated.

Owns: a journal whose segments are all full, in RAM. Refuses: nothing.
Units: milliseconds of an RP2040 at 125 MHz.

Replay and loading of the modules are timed in the VM beside the cascade of filter_cost, which
takes 0.1 ms there; what cannot be seen that way is added from figures: 178 ms from power to the
first line of boot.py (micropython issue 8420, measured on a Pico), SHA-256 in C (trust.md 6.3:
21 000 instructions for a leaf and its nodes, half of that for a frame), a scan of 352 blocks and
reads at 30 us each, and the signer's self-test and the boot record in its own units of 69 us.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import vms
from steelyard import boards
from steelyard.filter_cost import CASCADE
from steelyard.image import build
from terminals import Bench, make_states

# `cascade` is the unit that everything in the VM is timed by.
_TIMED = (
    CASCADE
    + """
import time

push = Cascade().push

def cascade():
    for x in range(1000):
        push(x)

def took(work):
    begin = time.ticks_us()
    work()
    return time.ticks_diff(time.ticks_us(), begin)
"""
)
_SCRIPT = """
import json
from storage import envelope, totals
from terminal.evidence.journal import Journal

class Memory:
    '''Segments of 240 pages, as drivers.segment_files has them.'''
    atomic, damaged, pages, blocks = False, False, 240, 16

    def __init__(self):
        self.held = {}
        self.reads = 0

    def segments(self):
        return sorted(self.held)

    def create_steps(self, segment):
        self.held[segment] = bytearray(b"\\xff" * (240 * 256))
        yield

    def read(self, segment, page, buffer):
        self.reads += len(buffer) // 256
        buffer[:] = self.held[segment][page * 256 : page * 256 + len(buffer)]

    def write(self, segment, page, data):
        self.held[segment][page * 256 : page * 256 + len(data)] = data

    def room(self):
        return 17 - len(self.held)

device = Memory()
journal = Journal(device)
journal.open()
n = 0
while n < SEGMENTS * 238:
    leaf = envelope(n, bytes(32))
    try:
        journal.append(n, leaf, totals(n))
    except Exception:
        break
    n += 1
ratios = []
for _ in range(9):
    device.reads = 0
    ratios.append(took(journal.open) / took(cascade))
assert journal.next_n == n
print(json.dumps([n, device.reads, sorted(ratios)[4]]))
"""
_SEGMENTS = 3  # in the VM's heap; of those before the last only the checkpoint is read
_ALL = 17  # of a Pico's flash
_CASCADE_MS = 100.0  # a thousand samples
_INSTRUCTIONS_MS = 12.16e-6
_HASHES = 21_000 * 1.5  # instructions a record
_READ_MS = 0.03
_BLOCKS = 352
_UNIT_MS = 0.069
_POWER_MS = 178.0
# Load everything that needs no hardware, a few times; a module that was loaded is forgotten.
_LOADING = """
import gc, json, sys
def load():
    for name in NAMES:
        __import__(name)

ratios = []
for _ in range(9):
    for name in list(sys.modules):
        if name.startswith(("steelyard_wire", "terminal")):
            del sys.modules[name]
    gc.collect()
    ratios.append(took(load) / took(cascade))
print(json.dumps(sorted(ratios)[4]))
"""


def _signing_ms(arithmetic: str, comb: str) -> float:
    script = f"""
import os
from signing import {comb}
from terminal.evidence import self_test, {arithmetic}
from terminal.evidence.ed25519 import Signer
test = sum(self_test.steps({arithmetic}, {comb}(), os.urandom))
signer = Signer(b"TEST" * 8, {arithmetic}, {comb}(), os.urandom)
print(test + sum(signer.prepare_steps()) + sum(signer.sign_steps(bytes(260))))
"""
    paths = (*vms.DEVICE_PATHS, vms.ROOT / "tests/unit")
    return int(vms.run_micropython(script, *paths)) * _UNIT_MS


def _loading_ms() -> float:
    """The modules that stay, from their files in the flash."""
    image = build(boards.load("virtual"))
    sizes = image.resident_sizes()
    with tempfile.TemporaryDirectory() as folder:
        for path, body in image.files.items():
            file = Path(folder + path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
        free = ("steelyard_wire.", "terminal.evidence.", "terminal.weighing.")
        names = [name for name in sizes if name.startswith(free)]
        script = f"NAMES = {names!r}\n" + _TIMED + _LOADING
        ratio = float(vms.run_micropython(script, folder, timeout=120))
    every = sum(sizes.values())
    share = every / sum(sizes[name] for name in names)
    return ratio * share * _CASCADE_MS + every / 256 * _READ_MS


def _weight_ms() -> float:
    """From the first line of main.py to a weight, on the virtual terminal with a short journal."""
    with tempfile.TemporaryDirectory() as name:
        make_states(Path(name))
        with Bench(Path(name) / "calibrated", speed="0") as bench:
            while bench.terminal.reading().value in (None, "-"):
                bench.world("advance 20 ms")
            return float(bench.terminal.status()["up_ms"])


def measure() -> dict[str, object]:
    """Parts of a start, and their sum: from power to the first weight, with a full journal."""
    paths = (*vms.DEVICE_PATHS, vms.ROOT / "tests/unit")
    script = f"SEGMENTS = {_SEGMENTS}\n" + _TIMED + _SCRIPT
    said = vms.run_micropython(script, *paths, timeout=300)
    records, reads, ratio = json.loads(said)
    replayed = records - (_SEGMENTS - 1) * 238
    replay = ratio * _CASCADE_MS + replayed * _HASHES * _INSTRUCTIONS_MS
    replay += (reads + 2 * (_ALL - _SEGMENTS) + _BLOCKS) * _READ_MS
    signing = _signing_ms("sign_viper", "large")
    loading, weight = _loading_ms(), _weight_ms()
    return {
        "replayed_records": replayed,
        "replay_ms": round(replay),
        "signing_ms": round(signing),
        "loading_ms": round(loading),
        "weight_ms": round(weight),
        # The signer works while the weight settles: `weight_ms` has it already.
        "first_weight_ms": round(_POWER_MS + loading + replay + weight),
    }
