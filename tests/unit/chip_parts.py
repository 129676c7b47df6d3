"""An ATECC608 on its I2C lines, with the real driver, on any interpreter.

Owns: the lines' clock, the running of waits. Refuses: nothing. Units: microseconds.
"""

import hashlib

from simulation.atecc608_chip import ATECC608Chip, factory
from simulation.bus import I2CLines, SoftI2C
from terminal.drivers.atecc608 import Atecc608

_WAIT_US = 10000  # the poll of app.py


class Clock:
    """Time of the lines, and the `time` module of the driver."""

    now_us = 0

    def charge(self, microseconds):
        self.now_us += microseconds

    def ticks_ms(self):
        return self.now_us // 1000

    def ticks_diff(self, end, start):
        return end - start


class Random:
    """Bytes that differ from call to call; `next` may hold some that are given first."""

    def __init__(self, salt=0):
        self._state = bytes([salt])
        self.next = []

    def __call__(self, count):
        if self.next:
            return self.next.pop(0)
        self._state = hashlib.sha256(self._state).digest()
        return self._state[:count]


class Soldered:
    """A chip and its driver. memory: what the chip kept, None for a new one."""

    def __init__(self, memory=None, salt=0):
        self.clock = Clock()
        self.lines = I2CLines(self.clock)
        self.random = Random(salt)
        self.kept = memory or factory()
        self.saves = 0
        self.power_up()

    def power_up(self):
        """The supply comes back: the chip knows what it kept, and the driver is new."""
        self.chip = ATECC608Chip(self.lines, self.kept, self._save, self.random)
        self.lines.chips[:] = [self.chip]
        self.driver = Atecc608(
            SoftI2C(self.lines, 100000), SoftI2C(self.lines, 400000), self.clock
        )

    def _save(self, memory):
        self.kept = memory
        self.saves += 1

    def finish(self, steps):
        """Run work to its end; each wait takes as long as the firmware's poll."""
        while True:
            try:
                step = next(steps)
            except StopIteration as end:
                return end.value
            if step is None:
                self.clock.charge(_WAIT_US)
