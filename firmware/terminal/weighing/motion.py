"""Whether the load is at rest.

Owns: the last outputs of the filter. Refuses: nothing.
Units: those of the values that it is given (fine weight, or counts before a calibration).
"""

from array import array


class Motion:
    """At rest when the last `samples` values span at most `limit`. Allocates only when made."""

    def __init__(self, samples: int, limit: int, ring=None) -> None:
        self._samples = samples
        self._limit = limit
        self._ring = array("i", [0] * samples) if ring is None else ring
        self._at = 0
        self._held = 0
        self._lowest = 0
        self._highest = 0

    def clear(self) -> None:
        """Start again: in motion until the window is full."""
        self._at = 0
        self._held = 0
        self._lowest = 0
        self._highest = 0

    def span(self) -> int:
        """Span of the held values; may allocate."""
        return self._highest - self._lowest

    def push(self, value: int) -> bool:
        """Take one value; True when at rest."""
        ring = self._ring
        ring[self._at] = value
        self._at = (self._at + 1) % self._samples
        if self._held < self._samples:
            self._held += 1
        lowest = highest = value
        for index in range(self._held):
            held = ring[index]
            if held < lowest:
                lowest = held
            elif held > highest:
                highest = held
        self._lowest = lowest
        self._highest = highest
        # Not as a difference: from twice Max to minus twice Max it has 32 bits.
        return self._held == self._samples and highest <= lowest + self._limit
