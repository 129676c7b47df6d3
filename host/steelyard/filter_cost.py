"""What a sample costs an RP2040 in each profile, estimated against a reference in the same VM.

Owns: the measurement and its scale. Refuses: see weighing_vm.run_script.
Units: milliseconds of an RP2040 at 125 MHz in plain bytecode.

signal.md section 2: a cascade of four moving averages takes about 0.1 ms per sample (about 8,800
instructions). The same cascade, written out plainly, is timed in the VM beside the firmware's
code; the ratio of the two times 0.1 ms is the estimate. Nobody has timed it on the chip.
"""

from __future__ import annotations

import json

from steelyard.weighing_vm import run_script

CASCADE_MS = 0.1

_SCRIPT = """
import json
import time
from array import array
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher

class Mean:
    def __init__(self, length):
        self.length = length
        self.total = 0
        self.ring = array("i", [0] * length)
        self.at = 0
    def push(self, x):
        at = self.at
        self.total += x - self.ring[at]
        self.ring[at] = x
        at += 1
        self.at = 0 if at == self.length else at
        return self.total // self.length

class Cascade:
    def __init__(self):
        self.parts = [Mean(n) for n in (8, 11, 16, 11)]
    def push(self, x):
        for part in self.parts:
            x = part.push(x)
        return x

still = array("i", [150000 + (k * 7919) % 101 for k in range(1000)])
moving = array("i", [150000 + k * 300 for k in range(1000)])

def best(push, counts=still):
    # Processor time, not the clock's: the computer has other work.
    least = 1e9
    for _ in range(3):
        begin = time.clock()
        for _ in range(15):
            for k in range(1000):
                push(counts[k])
        least = min(least, time.clock() - begin)
    return least

def weigher(profile, rate_mhz):
    config = Config.from_map({5: profile, 9: 9000, 10: 6000})
    made = Calibration(1, 50000, 1050000, 10000, -3, 1, None)
    return Weigher(config, made, rate_mhz)

found = {"cascade": best(Cascade().push)}
found["filter_ringing_while_moving"] = best(weigher(1, 80000).filter.push, moving)
for profile in range(6):
    found["filter_%d" % profile] = best(weigher(profile, 80000).filter.push)
    feed = weigher(profile, 80000).feed
    found["path_%d" % profile] = best(lambda x: feed(x, 0, 0))
feed = weigher(0, 1280000).feed
found["path_at_1280"] = best(lambda x: feed(x, 0, 0))
found["filter_at_1280"] = best(weigher(0, 1280000).filter.push)
print(json.dumps(found))
"""


def measure_ms(profiles: tuple[str, ...]) -> dict[str, float]:
    """Estimated ms per sample: filter_NAME and path_NAME (all of Weigher.feed); `at_1280`: the
    default profile at 1280 samples a second."""
    times = json.loads(run_script(_SCRIPT))
    scale = CASCADE_MS / times.pop("cascade")
    named = {}
    for key, value in times.items():
        kind, _, which = key.partition("_")
        name = profiles[int(which)] if which.isdigit() else which
        named[f"{kind}_{name}_ms"] = round(value * scale, 3)
    return named
