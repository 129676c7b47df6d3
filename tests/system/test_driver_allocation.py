"""The interrupts of converters on two wires allocate nothing: run under heap_lock in both VMs.

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
        self.queue = 0
        self.stuck = -1
    def after(self, ms):
        self.ms = self.later(self.ms, ms)
        self.us = self.later(self.us, ms * 1000)
    def later(self, ticks, by):
        return ticks + by if ticks <= MASK - by else ticks - (MASK - by) - 1
    def ticks_us(self):
        self.us = self.later(self.us, 7)
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
    def ticks_add(self, ticks, by):
        if by >= 0:
            return self.later(ticks, by)
        return ticks + by if ticks >= -by else ticks + by + 1 + MASK
    def sleep_ms(self, ms):
        pass

class Dout:
    def irq(self, handler=None, trigger=0, hard=False):
        self.handler = handler
    def init(self, mode):
        pass
    def __call__(self, level=None):
        if level is not None:
            return 0
        b = board
        if b.stuck >= 0:
            return b.stuck
        if b.pulse == 0:
            return 0
        if b.pulse > 37 and CHIP == "cs1237":
            return REGISTER >> (45 - b.pulse) & 1 if b.pulse < 46 else 1
        if b.pulse > 24:
            return 0 if CHIP == "cs1237" and b.pulse < 27 else 1
        return b.word >> (24 - b.pulse) & 1

class Sck:
    def init(self, mode, value=0):
        pass
    def __call__(self, level):
        if level:
            board.pulse += 1

class PinMaker:
    IN = 0
    OUT = 1
    IRQ_FALLING = 4
    def __call__(self, number, mode, value=0):
        return dout if number == 2 else sck if number == 3 else other

class Other:
    def __call__(self, level):
        pass

other = Other()

class Machine:
    # A state machine with a queue: board.queue words that are the same.
    def __init__(self, number):
        pass
    def init(self, program, freq, in_base, sideset_base):
        pass
    def active(self, on):
        pass
    def irq(self, handler=None, hard=False):
        dout.handler = handler
    def rx_fifo(self):
        return board.queue
    def get(self):
        board.queue -= 1
        return 0 if board.stuck == 0 else board.word << 1 | 1

class Rp2:
    class PIO:
        OUT_LOW = SHIFT_LEFT = JOIN_RX = 0
    def asm_pio(**settings):
        return lambda function: function
    StateMachine = Machine

sys.modules["rp2"] = Rp2

# Eight periods and 1 ms; and each frame here is longer by the 0.37 ms that asking the time takes.
CALIBRATES = 4

dout = Dout()
sck = Sck()

WORDS = (0, 1, 0xFFFFFF, 0x7FFFFE, 0x800001, 0x7FFFFF, 0x800000, 0x555555)
PLANTED

def run(start, counted):
    global board
    board = Board(start)
    board.Pin = PinMaker()
    ring = SampleRing(256)
    wiring = {"dout": 2, "sck": 3, "pdwn": 4, "gain": 128, "rate_hz": RATE}
    driver = MODULE.make(wiring, board, board, ring)
    driver.start()
    for k in range(3):  # registers are written, an offset calibrated
        board.after(STEP if board.pulse < 26 else 8 * STEP + CALIBRATES)
        board.pulse = 0
        dout.handler(dout)
    driver.frames = driver.bad_frames = driver.gaps = driver.silences = ring.dropped = counted
    found = 0
    ticks = 0
    micropython.heap_lock()
    try:
        for k in range(2000):
            # A late frame, which waits for the next one, and a lost one.
            step = STEP + 1 if k == 400 else 2 * STEP if k == 500 else STEP
            board.after(step)
            if CHIP == "ads1232" and board.pulse == 26:
                board.after(7 * STEP + CALIBRATES)
            board.pulse = 0
            board.word = WORDS[k & 7]
            board.queue = 0 if board.stuck == 1 else 3 if k % 50 == 7 else 1
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


CHIPS = {"hx711": (80, 12), "hx711_rp2": (80, 12), "ads1232": (80, 12), "cs1237": (40, 25)}


def _run(vm: str, chip: str, planted: str = "") -> str:
    rate_hz, step = CHIPS[chip]
    head = f"CHIP, RATE, STEP, REGISTER = {chip!r}, {rate_hz}, {step}, 0x1C\n"
    load = f"import terminal.drivers.{chip}\nMODULE = terminal.drivers.{chip}\n"
    script = head + SCRIPT.replace("PLANTED", load + planted)
    run = vms.run_micropython if vm == "unix" else vms.run_wasm
    return run(script, timeout=120)


@pytest.mark.parametrize("vm", ["unix", "wasm"])
@pytest.mark.parametrize("chip", CHIPS)
def test_two_thousand_frames_allocate_nothing(vm: str, chip: str) -> None:
    first, second, wide = _run(vm, chip).splitlines()
    found, (frames, bad, gaps, silences, dropped) = ast.literal_eval(first)
    assert frames > 1700 and min(bad, gaps, silences, dropped) > 0
    assert found > 1300
    assert second == first  # the wrap of ticks and counters changes nothing
    assert wide == str(vm == "unix")


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_an_allocation_would_be_found(vm: str) -> None:
    planted = (
        "real = SampleRing.put\n"
        "SampleRing.put = lambda self, counts, ticks, fault: real(self, *[counts, ticks, fault])"
    )
    with pytest.raises(vms.ScriptFailed, match="MemoryError"):
        _run(vm, "hx711", planted)
