"""HX711 read by a PIO state machine of an RP2040 or RP2350.

Owns: the program that clocks frames, and the stamps of those that waited. Refuses: what hx711.py
refuses, and frames that waited too long in the queue of eight. Units: as converter.py.

The clock is high for 1 us whatever the processor does, and an erase of flash with interrupts off
(45 ms) loses no sample. Words of at most 27 bits, the tail among them, are small integers. Of
words that waited nobody knows when they came: they are stamped one period apart, and believed if
they are near the last good code; in a full queue they are too old. A chip that begins anew by
itself within 0.1 ms of a conversion's end is in step with it, and not found by its time.
"""

import rp2
from steelyard_wire.shim import const

from terminal.drivers import hx711

_CYCLES_HZ = const(2000000)  # two cycles high, two low
_QUEUE = const(8)
_JITTER_US = const(100)  # of an interrupt that only takes a word
_NO_CODE = const(0x1FFFFFFF)


def program(pulses: int):
    """The state machine's program for frames of so many pulses."""

    @rp2.asm_pio(
        sideset_init=rp2.PIO.OUT_LOW,
        in_shiftdir=rp2.PIO.SHIFT_LEFT,
        fifo_join=rp2.PIO.JOIN_RX,
    )
    def frame():
        wrap_target()
        set(x, pulses - 1).side(0)
        wait(0, pin, 0).side(0)
        label("bit")
        nop().side(1)[1]
        in_(pins, 1).side(0)
        jmp(x_dec, "bit").side(0)
        push(block).side(0)  # a full queue waits here, with the clock low
        irq(rel(0)).side(0)
        wrap()

    return frame


class HX711(hx711.HX711):
    """As hx711.HX711; wiring may say "sm", the number of the state machine (0)."""

    def __init__(self, wiring, machine, time, ring) -> None:
        hx711.HX711.__init__(self, wiring, machine, time, ring)
        self._add = time.ticks_add
        self._jitter_us = _JITTER_US
        self._out = machine.Pin.OUT
        self._program = program(self._pulses)
        self._sm = rp2.StateMachine(wiring.get("sm", 0))

    def start(self) -> None:
        """Reset the chip, let the state machine read it, and take the words in its interrupt."""
        self._asleep = False
        self._reset()
        for _ in range(self._hold_us):
            if self._end_reset():
                break
        self._sm.irq(handler=self._on_words, hard=True)

    def stop(self) -> None:
        """Power the chip down."""
        self.power_down()
        self._sm.irq(handler=None)

    def _hold(self) -> None:
        self._sm.active(0)
        self._sck.init(self._out, value=1)

    def _release(self) -> None:
        self._sck.init(self._out, value=0)
        self._sm.init(self._program, freq=_CYCLES_HZ, in_base=self._dout, sideset_base=self._sck)
        self._sm.active(1)

    def _on_words(self, _sm) -> None:
        if not self._busy:
            self._busy = True
            self._drain()
            self._busy = False

    def poll(self) -> None:
        """From a task, at least twice a conversion: end a reset, find silence and lost words."""
        if self._end_reset() or self._down:
            return
        self._busy = True
        self._drain()
        if not self._down:
            self._check_silence(self._ticks_us())
        self._busy = False

    def _drain(self) -> None:
        sm = self._sm
        while not self._down:
            count = sm.rx_fifo()
            if not count:
                return
            now = self._ticks_ms()
            now_us = self._ticks_us()
            period = self._every_us or self.period_us
            first = now_us
            if count > 1:
                if self._doubt <= count:
                    self._doubt = count + 1
                self._off_us = -1
                # In step with the last one, if so many can have come since.
                waited = self._diff(now_us, self._last_us) - count * period
                if not -self._jitter_us <= waited < period or count >= _QUEUE:
                    waited = 0
                first = self._add(now_us, (1 - count) * period - waited)
                if count >= _QUEUE:
                    # Nobody knows whether something was lost: it is a gap, and no rate.
                    self._good = _NO_CODE
                    self._last_us = self._add(first, -2 * period)
                    self._rate_frames = -1
            for at in range(count):
                stamp = self._add(first, at * period)
                self._take(sm.get(), self._add(now, self._diff(stamp, now_us) // 1000), stamp)
                if self._down:
                    return
            if count >= _QUEUE:
                self._rate_frames = -1


make = HX711
