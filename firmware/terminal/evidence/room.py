"""How much room a journal has, and what of it the host's receipts have freed.

Owns: the share that is taken, and its name. Refuses: nothing. Units: bytes, pages of 256.
"""

from steelyard_wire.shim import const

_PAGE = const(256)
_WARN = const(80)


class Room:
    """The part of journal.Journal that counts; it has the state."""

    def first_n(self) -> int:
        """The first record that is still there."""
        return self.starts[0][1] if self.starts else self.next_n

    def _freeable(self) -> int:
        """How many segments the host has receipted to their end."""
        count = 0
        while count + 1 < len(self.starts) and self.starts[count + 1][1] <= self.receipted:
            count += 1
        return count

    def take_receipt(self, n: int) -> None:
        """Records 0..n-1 are in the host's database."""
        self.receipted = n
        self.full = False

    def _segments_left(self) -> int:
        return (self.spare >= 0) + self._device.room() + self._freeable()

    def free(self) -> int:
        """Bytes left for records, about; a record takes whole pages."""
        pages = self._device.pages
        try:
            left = self._segments_left() * (pages - 2) + pages - self.end
        except OSError:
            left = 0
        return left * _PAGE

    def percent(self) -> int:
        """How much of the room is taken by records that no host has receipted."""
        pages = self._device.pages
        held = max(0, (len(self.starts) - self._freeable()) * pages - pages + self.end)
        whole = held + self.free() // _PAGE
        return 100 * held // whole if whole else 100

    def erases(self) -> int:
        """How many blocks were erased for records in the journal's life."""
        # Segments are never numbered anew.
        last = self.spare if self.spare >= 0 else self.starts[-1][0] if self.starts else -1
        return (last + 1) * self._device.blocks

    def state(self) -> str:
        """FAULT, FULL, WARN (80 % taken) or OK."""
        if self.fault:
            return "FAULT"
        percent = self.percent()
        return "FULL" if self.full or percent >= 100 else "WARN" if percent >= _WARN else "OK"
