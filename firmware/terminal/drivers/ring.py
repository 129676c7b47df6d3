"""The sample ring between an interrupt that writes and a task that reads.

Owns: the last samples of the converter, each as counts, time stamp and fault code.
Refuses: nothing; when the reader is too slow the newest sample is dropped and the next one that
fits carries the fault GAP, so that a loss always shows.
Units: counts are signed 24-bit converter codes, ticks are milliseconds that wrap at 2**30.

One writer (interrupt), one reader (task): the writer moves only `_head`, the reader only `_tail`,
so neither needs a lock. Nothing is allocated after the constructor.
"""

from array import array

from steelyard_wire.codes import FAULT_GAP, FAULT_NONE


class SampleRing:
    """Ring of `capacity` samples (a power of two; 256 is 3.2 s at 80 samples per second)."""

    def __init__(self, capacity: int = 256) -> None:
        if capacity < 2 or capacity & (capacity - 1):
            raise ValueError("ring capacity must be a power of two")
        self._mask = capacity - 1
        self._counts = array("i", [0] * capacity)
        self._ticks = array("i", [0] * capacity)
        self._faults = bytearray(capacity)
        self._head = 0
        self._tail = 0
        self._lost = False
        self.dropped = 0
        self.counts = 0
        self.ticks = 0
        self.fault = FAULT_NONE

    def put(self, counts: int, ticks: int, fault: int) -> None:
        """Writer's side: add one sample; callable from an interrupt."""
        after = (self._head + 1) & self._mask
        if after == self._tail:
            self._lost = True
            self.dropped = self.dropped + 1 & 0x1FFFFFFF  # stays a small integer
            return
        if self._lost and fault == FAULT_NONE:
            fault = FAULT_GAP
        self._lost = False
        at = self._head
        self._counts[at] = counts
        self._ticks[at] = ticks
        self._faults[at] = fault
        self._head = after

    def take(self) -> bool:
        """Reader's side: load the oldest sample into counts, ticks and fault; False if empty."""
        at = self._tail
        if at == self._head:
            return False
        self.counts = self._counts[at]
        self.ticks = self._ticks[at]
        self.fault = self._faults[at]
        self._tail = (at + 1) & self._mask
        return True
