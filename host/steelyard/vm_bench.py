"""The bench topic `vm`: how fast and how frugal the firmware is on the virtual terminal.

Owns: one measurement of the running firmware. Refuses: see simulator and link.
Units: samples per second of real time at the highest speed; bytes of the 64-bit VM's heap.

heap_bytes_per_sample compares the heap before and after some thousand samples, taken by the task
that polls every 10 ms; the interrupt itself runs under heap_lock and can take nothing.
"""

from __future__ import annotations

import time

from steelyard.client import Terminal
from steelyard.scratch import scratch
from steelyard.simulator import Simulator
from steelyard.virtual import prepare_virtual

_SECONDS = 5.0

# On the board: feed the path as the firmware does, with the collector off.
_PATH = """
import gc
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher
made = Calibration.two_points(1, 0, 2000000, 10000, -3, 1)
weigher = Weigher(Config.from_map({}), made, 80000)
feed = weigher.feed
def run(count):
    for k in range(count):
        feed(300000 + (k & 63), k * 12, 0)
run(100)
gc.collect()
gc.disable()
before = gc.mem_alloc()
run(2000)
print('bytes', gc.mem_alloc() - before)
gc.enable()
"""


def measure() -> dict[str, object]:
    """{"samples_per_s", "heap_bytes_per_sample", "heap_free_after_boot"}."""
    from steelyard.remote import Remote

    with scratch() as folder:
        flash = folder / "bench.flash"
        prepare_virtual(flash)
        with Simulator(flash, ["--speed", "max"]) as simulator:
            with Terminal(simulator.console) as terminal:
                terminal.wait_until_ready()
                first = terminal.status()
                begin = time.monotonic()
                time.sleep(_SECONDS)
                last = terminal.status()
                seconds = time.monotonic() - begin
            printed = Remote(simulator.addresses["pty"]).run(["exec", _PATH], resume=False)
    samples = int(last["samples"]) - int(first["samples"])
    taken = int(printed.split("bytes")[-1])
    return {
        "samples_per_s": round(samples / seconds),
        "heap_bytes_per_sample": taken / 2000,
        "heap_free_after_boot": int(first["heap_free"]),
    }
