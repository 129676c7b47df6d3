"""Fingers on the keypad of a virtual terminal.

Owns: which contacts are closed, and when. Refuses: with a sentence, keys that it has not.
Units: microseconds of board time.

A contact bounces for some milliseconds when it closes and when it opens.
"""

from __future__ import annotations

from collections.abc import Callable

from quantity import CommandError

_NAMES = "123A456B789C*0#D"  # four a row; a keypad of three columns has no letters
_HAS = "1234567890*#"
_PRESS_US = 80000
_EVERY_US = 160000
_BOUNCES_US = (0, 700, 1500, 3100)  # closed, open, closed, open; then closed


class Keypad:
    """after(us, action): has something done later."""

    def __init__(self, after: Callable[[int, Callable[[], None]], None]) -> None:
        self._after = after
        self.closed = 0

    def type(self, keys: str) -> None:
        """Press one after the other, as a person types."""
        if not keys or set(keys) - set(_HAS):
            raise CommandError("say `type 123456789012#`; the keys are 0 to 9, * and #")
        for place, key in enumerate(keys):
            at_us = place * _EVERY_US
            for bounce, later_us in enumerate((*_BOUNCES_US, 4000)):
                self._later(at_us + later_us, key, bounce % 2 == 0)
                self._later(at_us + _PRESS_US + later_us, key, bounce % 2 == 1)
            self._later(at_us + _PRESS_US + 5000, key, False)

    def _later(self, us: int, key: str, closed: bool) -> None:
        mask = 1 << _NAMES.index(key)

        def move() -> None:
            self.closed = self.closed | mask if closed else self.closed & ~mask

        self._after(us, move)
