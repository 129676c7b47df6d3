"""Whether the load is at rest.

Owns: the last outputs of the filter. Refuses: nothing.
Units: those of the values that it is given (fine weight, or counts before a calibration).
"""

from terminal.weighing.stages import ring


class Motion:
    """At rest when the last `samples` values span at most `limit`. Allocates only when made."""

    def __init__(self, samples: int, limit: int, make=ring) -> None:
        self.samples = samples
        self._limit = limit
        self._ring = make(samples)
        self.clear()

    def clear(self) -> None:
        """Start again: in motion until the window is full."""
        self._at = 0
        self._held = 0
        self._lowest = 0  # the ends of the window, and where in the ring they are
        self._highest = 0
        self._low_at = 0
        self._high_at = 0

    def span(self) -> int:
        """Span of the held values; may allocate."""
        return self._highest - self._lowest

    def push(self, value: int) -> bool:
        """Take one value; True when at rest."""
        at = self._at
        self._ring[at] = value
        if self._held < self.samples:
            self._held += 1
        if value <= self._lowest or self._held == 1:
            self._lowest = value
            self._low_at = at
        elif at == self._low_at:
            self._seek()
        if value >= self._highest or self._held == 1:
            self._highest = value
            self._high_at = at
        elif at == self._high_at:
            self._seek()
        at += 1
        self._at = 0 if at == self.samples else at
        # Not as a difference: from twice Max to minus twice Max it has 32 bits.
        return self._held == self.samples and self._highest <= self._lowest + self._limit

    def _seek(self) -> None:
        """An end has left the window: find both anew."""
        ring = self._ring
        low_at = high_at = 0
        lowest = highest = ring[0]
        for index in range(1, self._held):
            held = ring[index]
            if held <= lowest:
                lowest = held
                low_at = index
            if held >= highest:
                highest = held
                high_at = index
        self._lowest = lowest
        self._highest = highest
        self._low_at = low_at
        self._high_at = high_at
