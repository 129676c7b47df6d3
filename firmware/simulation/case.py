"""The case of a virtual terminal, and the latch under its cover.

Owns: whether it is open, and whether it was. Refuses: nothing. Units: none.

The latch has a battery of its own: it is set while the case is open, with and without a supply,
and stays so beside the flash file, in one of the same name with `.opened`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


class Case:
    """flash: the flash file. tell: called with what the latch says."""

    def __init__(self, flash: Path, tell: Callable[[bool], None]) -> None:
        self._memory = flash.with_name(f"{flash.name}.opened")
        self._tell = tell
        self.is_open = False
        tell(self.opened)

    @property
    def opened(self) -> bool:
        """What the latch says."""
        return self._memory.exists()

    def move(self, is_open: bool) -> None:
        """Open or close it."""
        self.is_open = is_open
        if is_open:
            self._memory.touch()
        self._tell(self.opened)

    def clear(self) -> None:
        """Its clear pin is high."""
        if not self.is_open:
            self._memory.unlink(missing_ok=True)
        self._tell(self.opened)
