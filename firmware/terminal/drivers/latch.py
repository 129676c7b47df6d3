"""The latch under the cover: what remembers that the case was opened, also without a supply.

Owns: its two pins. Refuses: nothing. Units: none.

A flip-flop on a battery of its own, set by a switch for as long as the case is open: see
boards/README.md. Without it, or with an empty battery, a pull-up says that the case was opened.
"""


class Latch:
    """opened_pin: machine.Pin, high once the case was opened. clear_pin: high clears it."""

    def __init__(self, opened_pin, clear_pin) -> None:
        self._opened = opened_pin
        self._clear = clear_pin

    def opened(self) -> bool:
        """Whether the case was opened since it was cleared, or is open."""
        return self._opened() > 0

    def clear(self) -> None:
        """Forget it; nothing happens while the case is open."""
        self._clear(1)
        self._clear(0)
