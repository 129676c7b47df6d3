"""What a terminal on CPython has instead of hardware: converter, file system, and its modules.

Owns: these; the noise of an HX711 at 80 samples a second. Refuses: nothing.
Units: grams; counts, 200 for a gram over 50 000; microseconds of board time.
"""

from __future__ import annotations

import random
import sys
from types import ModuleType

from terminal.drivers.ring import SampleRing

PERIOD_US = 12500
NOISE = 378  # in 1/10 count, the standard deviation of what is even over 131 counts: 131 / 12^0.5


class Converter:
    """Chip and driver: 80 samples a second into a ring, none of them ever bad."""

    rate_mhz = 80000
    gaps = bad_frames = silences = resets = 0

    def __init__(self, ring: SampleRing, chance: random.Random) -> None:
        self._put = ring.put
        # Within 1.7 sigma: what is rarer is the business of the guard's tests, and half of the 6
        # sigma beyond which it holds a sample.
        self._noise = [chance.randint(-65, 65) for _ in range(4093)]
        self._due_us = PERIOD_US
        self.frames = 0
        self.load_g = 0

    def advance(self, now_us: int) -> int:
        """Its interrupt, for each conversion that has ended; when the next one does."""
        while self._due_us <= now_us:
            counts = 50000 + 200 * self.load_g + self._noise[self.frames % 4093]
            self._put(counts, self._due_us // 1000, 0)
            self.frames += 1
            self._due_us += PERIOD_US
        return self._due_us

    def poll(self) -> None:
        """Nothing is wrong with it."""

    def self_test(self) -> int:
        """Nothing is wrong with it."""
        return 0

    def temperature(self) -> None:
        """It has no sensor."""


class MemoryFiles:
    """The file system of drivers.files.Files."""

    def __init__(self) -> None:
        self.there: dict[str, bytes] = {}

    def exists(self, name: str) -> bool:
        """See Files."""
        return name in self.there

    def read(self, name: str) -> bytes | None:
        """See Files."""
        return self.there.get(name)

    def write(self, name: str, data: bytes) -> None:
        """See Files."""
        self.there[name] = bytes(data)

    def rename(self, old: str, new: str) -> None:
        """See Files."""
        self.there[new] = self.there.pop(old)

    def remove(self, name: str) -> None:
        """See Files."""
        self.there.pop(name, None)


def app_module() -> ModuleType:
    """The composition, imported where no board is."""
    absent = {"board": ModuleType("board"), "machine": ModuleType("machine")}
    sys.modules.update(absent)
    try:
        from terminal import app
    finally:
        for name in absent:
            del sys.modules[name]
    return app
