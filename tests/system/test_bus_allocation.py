"""The interrupts of the drivers on a bus allocate nothing: run under heap_lock in both VMs.

As test_driver_allocation.py for the HX711. Bus errors are real OSErrors, raised where the heap is
locked, as the C code of machine.I2C raises them. Setting a chip up may allocate: a task does it.
"""

from __future__ import annotations

import ast

import pytest
import vms

SCRIPT = """
import micropython, sys
from terminal.drivers import nau7802, ads1220
from terminal.drivers.ring import SampleRing

MASK = (1 << 30) - 1  # 2**30 itself is no small int on 32 bits
HALF = 1 << 29
LAST = HALF - 1  # of a counter, before it begins again
WORDS = (0, 1, 0xFFFFFF, 0x7FFFFE, 0x800001, 0x7FFFFF, 0x800000, 0x555555)

class Board:
    # A processor, a bus and two chips that allocate nothing themselves.
    def __init__(self, start):
        self.ms = self.us = start
        self.word = 0
        self.ready = 1
        self.dead = False
        self.stuck = -1
        self.nau = bytearray(32)
        self.ads = bytearray(4)
        self.broken = 0  # bits of register 1 that are wrong
        self.at = 0
        self.torn = False
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
    def sleep_ms(self, ms):
        pass
    def I2C(self, number, scl, sda, freq, timeout):
        return self
    def SPI(self, number, baudrate, polarity, phase, sck, mosi, miso):
        return self
    def writeto(self, address, data):
        if self.dead:
            raise OSError(19)
        for index in range(1, len(data)):
            self.nau[data[0] + index - 1] = data[index]
        if data[0] == 2 and data[1] & 4:
            self.nau[2] &= 0xFB
    def readfrom_mem_into(self, address, register, buffer):
        if self.dead:
            raise OSError(19)
        nau = self.nau
        if register == 0x12:
            self.ready = 1
            word = self.word
            if self.torn:
                self.torn = False
                word ^= 1
            nau[0x12] = word >> 16
            nau[0x13] = word >> 8 & 255
            nau[0x14] = word & 255
        for index in range(len(buffer)):
            buffer[index] = nau[register + index] ^ (self.broken if register + index == 1 else 0)
        if register == 0:
            buffer[0] |= 8
    def write(self, data):
        if data[0] == 0x43:
            for index in range(4):
                self.ads[index] = data[1 + index]
    def write_readinto(self, data, buffer):
        self.ready = 1
        for index in range(3):
            byte = self.word >> 16 - 8 * index & 255
            buffer[1 + index] = byte
            buffer[10 + index] = byte ^ (1 if self.torn else 0)
        self.torn = False
        for index in range(4):
            buffer[5 + index] = 255 if self.dead else self.ads[index]
        buffer[6] ^= self.broken

class Pin:
    IN = 0
    OUT = 1
    IRQ_FALLING = 4
    def __init__(self, number, mode=0, value=0):
        self.drdy = number == 6
    def irq(self, handler=None, trigger=0, hard=False):
        board.handler = handler
    def __call__(self, level=0):
        return (board.ready if board.stuck < 0 else board.stuck) if self.drdy else 1

def set_up(driver):
    for _ in range(100):
        board.after(300)
        driver.poll()
        if not driver._stage:
            return
    raise AssertionError("it was not set up")

def run(make, wiring, start, counted):
    global board
    board = Board(start)
    board.Pin = Pin
    ring = SampleRing(256)
    driver = make(wiring, board, board, ring)
    driver.start()
    set_up(driver)
    driver.frames = driver.bad_frames = driver.gaps = driver.silences = ring.dropped = counted
    driver.resets = counted
    driver._audited = counted
    found = 0
    micropython.heap_lock()
    try:
        for k in range(2000):
            board.after(25 if k == 500 else 12)
            board.word = WORDS[k & 7]
            board.dead = k == 700
            board.broken = 0x07 if k == 800 else 0
            board.torn = k == 850
            if k == 900:
                board.stuck = 1
            elif k == 910:
                board.stuck = 0
            elif k == 920:
                board.stuck = -1
            board.ready = 0
            if k != 600:
                board.handler(None)
            board.ready = 1
            driver_stage = driver._stage
            if not driver_stage:
                driver.poll()
            if driver._stage:
                micropython.heap_unlock()
                board.dead = False
                board.broken = 0
                set_up(driver)
                micropython.heap_lock()
            PLANTED
            if k < 1500:
                while ring.take():
                    found += 1
    finally:
        micropython.heap_unlock()
    counters = (driver.frames, driver.bad_frames, driver.gaps, driver.silences, driver.resets,
        ring.dropped)
    return found, [(count - counted) & LAST for count in counters]

NAU = {"id": 0, "sda": 4, "scl": 5, "drdy": 6, "gain": 128, "rate_hz": 80, "channel": 1,
    "ldo_mv": 3000}
ADS = {"id": 0, "sck": 2, "mosi": 3, "miso": 4, "cs": 5, "drdy": 6, "gain": 128, "rate_hz": 90,
    "channel": 1, "reference": "avdd"}
for make, wiring in ((nau7802.make, NAU), (ads1220.make, ADS)):
    print(run(make, wiring, 5, 0))
    print(run(make, wiring, MASK - 9000, LAST))
print(sys.maxsize > 1 << 31)
"""


def _run(vm: str, planted: str = "pass") -> str:
    script = SCRIPT.replace("PLANTED", planted)
    run = vms.run_micropython if vm == "unix" else vms.run_wasm
    return run(script, timeout=120)


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_two_thousand_conversions_on_a_bus_allocate_nothing(vm: str) -> None:
    *runs, wide = _run(vm).splitlines()
    assert wide == str(vm == "unix")
    for first, second in (runs[:2], runs[2:]):
        found, (frames, bad, gaps, silences, resets, dropped) = ast.literal_eval(first)
        assert frames > 1700 and min(bad, gaps, silences, resets, dropped) > 0, first
        assert found > 1350
        assert second == first  # the wrap of ticks and counters changes nothing


@pytest.mark.parametrize("vm", ["unix", "wasm"])
def test_an_allocation_on_the_bus_would_be_found(vm: str) -> None:
    with pytest.raises(vms.ScriptFailed, match="MemoryError"):
        _run(vm, "bytearray(3)")
