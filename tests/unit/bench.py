"""A processor with an HX711 on two pins, for driver tests under both interpreters.

Owns: board time, the two pins, one interrupt line. The chip is firmware/simulation's model; the
driver under test is the real one. Faults are injected at the pins.
"""

from simulation.hx711_chip import HX711Chip
from terminal.drivers.hx711 import HX711
from terminal.drivers.ring import SampleRing

PERIOD = 1 << 30
PIN_US = 5


class Pin:
    """A pin whose level comes from and goes to functions."""

    def __init__(self, read, write):
        self._read = read
        self._write = write
        self.handler = None

    def __call__(self, level=None):
        if level is None:
            return self._read()
        self._write(level)

    def irq(self, handler=None, trigger=0, hard=False):
        self.handler = handler


class Bench:
    """words: list of the conversions' words in turn (the last one repeats)."""

    def __init__(self, words, gain=128, rate_hz=80, error_ppm=0, start_us=0):
        self.now_us = start_us
        self.words = words
        self.taken = 0
        self.chip = HX711Chip(self._word, rate_hz, error_ppm)
        self.chip.reset(start_us)
        self.forced = -1  # level of a stuck DOUT
        self.stall_at = 0  # clock pulse of the next frame that is stretched
        self.stall_us = 0
        self.pause_at = 0  # clock pulse after which the processor is away
        self.pause_us = 0
        self.skip_at = 0  # clock pulse that is lost
        self.masked = 0
        self.longest_mask_us = 0
        self._pulse = 0
        self._mask_from = 0
        self.ring = SampleRing(256)
        self.dout = Pin(self._level, None)
        self.sck = Pin(None, self._clock)
        self.driver = HX711(self.dout, self.sck, self, self, self.ring, gain, rate_hz)
        self.driver.start(4)

    # what the driver takes from the modules time and machine

    def ticks_us(self):
        return self.now_us % PERIOD

    def ticks_ms(self):
        return self.now_us // 1000 % PERIOD

    def ticks_diff(self, end, start):
        return (end - start + PERIOD // 2) % PERIOD - PERIOD // 2

    def disable_irq(self):
        self.masked += 1
        self._mask_from = self.now_us
        return self.masked - 1

    def enable_irq(self, state):
        self.longest_mask_us = max(self.longest_mask_us, self.now_us - self._mask_from)
        self.masked = state

    # the pins

    def _word(self, at_us, gain):
        word = self.words[min(self.taken, len(self.words) - 1)]
        self.taken += 1
        return word(gain) if callable(word) else word

    def _level(self):
        self._pass(PIN_US)
        if self.chip.pulses and self.chip.pulses == self.pause_at:
            self.pause_at = 0
            self._pass(self.pause_us)
        return self.chip.level(self.now_us) if self.forced < 0 else self.forced

    def _clock(self, level):
        if level:
            self._pulse = self._pulse + 1 if self.chip.pulses else 1
            if self._pulse == self.skip_at:
                self.skip_at = 0
                return
        self._pass(PIN_US)
        self.chip.clock(level, self.now_us)
        if level and self._pulse == self.stall_at:
            self.stall_at = 0
            self.now_us += self.stall_us

    def _pass(self, microseconds):
        self.now_us += microseconds
        self.chip.advance(self.now_us)

    # what the application does

    def run(self, milliseconds, poll_ms=10, first_ms=0):
        """Let board time pass, with the interrupt and a task that polls; the samples found."""
        end = self.now_us + milliseconds * 1000
        poll = self.now_us + first_ms * 1000
        found = []
        while self.now_us < end:
            self.now_us += 100
            if self.chip.advance(self.now_us) and self.forced < 0 and self.dout.handler:
                self.dout.handler(self.dout)
            if self.now_us >= poll:
                poll += poll_ms * 1000
                self.driver.poll()
                while self.ring.take():
                    found.append((self.ring.counts, self.ring.ticks, self.ring.fault))
        return found
