"""Integer moving average over the last samples.

Owns: the window and its exact sum. Refuses: nothing.
Units: converter counts; the sum of at most 32 samples of 24 bits stays below 2**28.
"""

from array import array


class MovingAverage:
    """Mean of the last `length` samples (1..32), kept as their sum. Allocates only when made."""

    def __init__(self, length: int, ring=None) -> None:
        self.length = length
        self.sum = 0
        self._ring = array("i", [0] * length) if ring is None else ring
        self._at = 0
        self._held = 0

    def clear(self) -> None:
        """Start again with an empty window."""
        self.sum = 0
        self._at = 0
        self._held = 0

    def push(self, counts: int) -> bool:
        """Take one sample; True when the window is full."""
        at = self._at
        if self._held == self.length:
            self.sum -= self._ring[at]
        else:
            self._held += 1
        self.sum += counts
        self._ring[at] = counts
        at += 1
        self._at = 0 if at == self.length else at
        return self._held == self.length
