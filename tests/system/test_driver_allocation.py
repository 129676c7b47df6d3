"""The HX711's interrupt allocates nothing: run under heap_lock in both VMs.

The 64-bit VM proves little (its small ints have 63 bits); the 32-bit one has a board's. Counts,
time stamps and their differences go up to their limits: full scale, and ticks near 2**30; the
counters of the second run pass theirs, as after 155 days at 80 samples a second.
"""

from __future__ import annotations

import ast

import pytest
import vms

SCRIPT = """
import micropython, sys
from terminal.drivers.hx711 import HX711
from terminal.drivers.ring import SampleRing

MASK = (1 << 30) - 1  # 2**30 itself is no small int on 32 bits
HALF = 1 << 29
LAST = HALF - 1  # of a counter, before it begins again

class Board:
    # A processor and a chip that allocate nothing themselves.
    def __init__(self, start):
        self.ms = start
        self.us = start
        self.word = 0
        self.pulse = 0
        self.stuck = -1
    def ticks_us(self):
        self.us = (self.us + 7) & MASK if self.us < MASK - 7 else 0
        return self.us
    def ticks_ms(self):
        return self.ms
    def ticks_diff(self, end, start):
        apart = (end - start) & MASK
        return apart if apart < HALF else apart - HALF - HALF
    def disable_irq(self):
        return 0
    def enable_irq(self, state):
        pass

class Dout:
    def __init__(self, board):
        self.board = board
    def irq(self, handler=None, trigger=0, hard=False):
        self.handler = handler
    def __call__(self):
        b = self.board
        if b.stuck >= 0:
            return b.stuck
        if b.pulse == 0:
            return 0
        if b.pulse > 24:
            return 1
        return b.word >> (24 - b.pulse) & 1

class Sck:
    def __init__(self, board):
        self.board = board
    def __call__(self, level):
        if level:
            self.board.pulse += 1

WORDS = (0, 1, 0xFFFFFF, 0x7FFFFE, 0x800001, 0x7FFFFF, 0x800000, 0x555555)
PLANTED

def run(start, counted):
    board = Board(start)
    dout = Dout(board)
    ring = SampleRing(256)
    driver = HX711(dout, Sck(board), board, board, ring, 128, 80)
    driver.start(4)
    driver.frames = driver.bad_frames = driver.gaps = driver.silences = ring.dropped = counted
    found = 0
    ticks = 0
    micropython.heap_lock()
    try:
        for k in range(2000):
            step = 25 if k == 500 else 12
            board.ms = board.ms + step if board.ms < MASK - step else 0
            board.pulse = 0
            board.word = WORDS[k & 7]
            if k == 900:
                board.stuck = 1
            elif k == 1000:
                board.stuck = 0
            elif k == 1100:
                board.stuck = -1
            dout.handler(dout)
            driver.poll()
            if k < 1500:
                while ring.take():
                    found += 1
                    ticks ^= ring.ticks
    finally:
        micropython.heap_unlock()
    counters = (driver.frames, driver.bad_frames, driver.gaps, driver.silences, ring.dropped)
    return found, [(count - counted) & LAST for count in counters]

print(run(5, 0))
print(run(MASK - 9000, LAST))
print(sys.maxsize > 1 << 31)
"""


def _run(vm: str, planted: str = "") -> str:
    script = SCRIPT.replace("PLANTED", planted)
    run = vms.run_micropython if vm == "unix" else vms.run_wasm
    return run(script, timeout=120)


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_two_thousand_frames_allocate_nothing(vm: str) -> None:
    first, second, wide = _run(vm).splitlines()
    found, (frames, bad, gaps, silences, dropped) = ast.literal_eval(first)
    assert frames > 1700 and min(bad, gaps, silences, dropped) > 0
    assert found > 1400
    assert second == first  # the wrap of ticks and counters changes nothing
    assert wide == str(vm == "unix")


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_an_allocation_would_be_found(vm: str) -> None:
    planted = (
        "real = SampleRing.put\n"
        "SampleRing.put = lambda self, counts, ticks, fault: real(self, *[counts, ticks, fault])"
    )
    with pytest.raises(vms.ScriptFailed, match="MemoryError"):
        _run(vm, planted)
