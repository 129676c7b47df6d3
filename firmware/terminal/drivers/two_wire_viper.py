"""A frame of a two-wire converter by machine code at the registers of the pins.

Owns: the registers of the board file, the time that a pulse takes.
Refuses: a frame that took so long that its clock may have been high for more than 50 us.
Units: microseconds.

Interrupts are masked for the frame, some 40 us on an RP2040 at 125 MHz. Its twin in bytecode is
TwoWire._shift, which gives the same words.
"""

from array import array

import micropython
from steelyard_wire.shim import const

_LIMIT_US = const(50)
# The clock is high and low for half a microsecond, which a CS1237 needs. A turn of the waiting
# loop takes 22 cycles of an RP2040. On the others it has 12 to 15 instructions, some of which an
# RP2350 carries out two at a time.
_TURNS_HZ = const(20000000)
_RP2040_TURNS_HZ = const(30000000)
_RP2040_SETS = const(0xD0000014)  # no other chip sets pins there


@micropython.viper
def frame(job: ptr32, pulses: int) -> int:
    """Clock `pulses` (at most 29) times: the level of DOUT after each, the first highest.

    job: addresses of the registers that read, set and clear pins; masks of clock and data; turns.
    """
    reads = ptr32(job[0])
    sets = ptr32(job[1])
    clears = ptr32(job[2])
    sck = job[3]
    dout = job[4]
    turns = job[5]
    word = 0
    while pulses > 0:
        sets[0] = sck
        turn = turns
        while turn > 0:
            turn -= 1
        clears[0] = sck
        turn = turns
        while turn > 0:
            turn -= 1
        word = (word << 1) & 0x3FFFFFFF
        if reads[0] & dout:
            word |= 1
        pulses -= 1
    return word


def reader(driver, wiring, machine):
    """What takes the place of driver._shift; allocates nothing when it is called."""
    reads, sets, clears = wiring["gpio"]
    clock = 1 << (wiring["sck"] & 31)
    data = 1 << (wiring["dout"] & 31)
    turns = machine.freq() // (_RP2040_TURNS_HZ if sets == _RP2040_SETS else _TURNS_HZ)
    job = array("I", (reads, sets, clears, clock, data, turns))
    lock = machine.disable_irq
    unlock = machine.enable_irq
    ticks_us = driver._ticks_us
    diff = driver._diff

    def shift(pulses: int) -> int:
        state = lock()
        begin = ticks_us()
        word = frame(job, pulses)
        took = diff(ticks_us(), begin)
        unlock(state)
        if took > _LIMIT_US + 2 * pulses:
            driver._late = True
        return word

    return shift
