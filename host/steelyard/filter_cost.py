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

CASCADE = """
from array import array

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
"""

_SCRIPT = """
import json
import time
from array import array
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher

still = array("i", [150000 + (k * 7919) % 101 for k in range(1000)])
moving = array("i", [150000 + k * 300 for k in range(1000)])

def took(push, counts):
    begin = time.ticks_us()
    for k in range(1000):
        push(counts[k])
    return time.ticks_diff(time.ticks_us(), begin)

def weigher(profile, rate_mhz):
    config = Config.from_map({5: profile, 9: 9000, 10: 6000, 12: 290})  # 101 / 12**0.5 counts
    made = Calibration.two_points(1, 50000, 1050000, 10000, -3, 1, None)
    return Weigher(config, made, rate_mhz)

def path(profile, rate_mhz):
    feed = weigher(profile, rate_mhz).feed
    return lambda x: feed(x, 0, 0)

runs = [
    ("filter_ringing_while_moving", weigher(1, 80000).filter.push, moving),
    ("path_at_1280", path(0, 1280000), still),
    ("filter_at_1280", weigher(0, 1280000).filter.push, still),
]
for profile in range(6):
    runs.append(("filter_%d" % profile, weigher(profile, 80000).filter.push, still))
    runs.append(("path_%d" % profile, path(profile, 80000), still))
# Each beside the cascade and the median of many: a computer is twice as slow from time to time.
cascade = Cascade().push
ratios = {}
for _ in range(31):
    for name, push, counts in runs:
        ratio = took(push, counts) / took(cascade, still)
        ratios.setdefault(name, []).append(ratio)
found = {name: sorted(each)[len(each) // 2] for name, each in ratios.items()}
print(json.dumps(found))
"""


def measure_ms(profiles: tuple[str, ...]) -> dict[str, float]:
    """Estimated ms per sample: filter_NAME and path_NAME (all of Weigher.feed); `at_1280`: the
    default profile at 1280 samples a second."""
    ratios = json.loads(run_script(CASCADE + _SCRIPT))
    named = {}
    for key, value in ratios.items():
        kind, _, which = key.partition("_")
        name = profiles[int(which)] if which.isdigit() else which
        named[f"{kind}_{name}_ms"] = round(value * CASCADE_MS, 3)
    return named
