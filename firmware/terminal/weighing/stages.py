"""The stages that filters are built of, each with one input and one output per sample.

Owns: the windows. Refuses: nothing; what exceeds the range of a value is held at its end.
Units: values are quarter counts within +-2**25 (24-bit counts times 4); weights are 1/4096.
Each stage passes a constant unchanged, allocates only when made, and keeps below 2**30.
"""

from array import array

from steelyard_wire.shim import const

MOST_BOX = 31  # values of 2**25 whose sum stays below 2**30
ONE = 4096
MOST_GAIN = 245760  # 60 * ONE
_SHIFT = const(12)  # 2**_SHIFT == ONE
_LOW = const(4095)
_MOST = const(33554432)
_APART = const(16777216)


def ring(length: int):
    """A window of `length` values."""
    return array("i", [0] * length)


class Box:
    """Mean of the last `length` values (1..MOST_BOX), rounded; nulls multiples of rate/length."""

    def __init__(self, length: int, make=ring) -> None:
        self.length = length
        self.reach = length - 1
        self._half = length // 2
        self._total = 0
        self._ring = make(length)
        self._at = 0

    def fill(self, value: int) -> None:
        """Have the window hold `value` alone."""
        self._total = value * self.length
        held = self._ring
        for at in range(self.length):
            held[at] = value

    def push(self, value: int) -> int:
        """Take one value; the mean."""
        at = self._at
        held = self._ring
        total = self._total + value - held[at]
        held[at] = value
        self._total = total
        at += 1
        self._at = 0 if at == self.length else at
        return (total + self._half) // self.length

    pass_by = push  # what comes behind needs the mean


class Fir:
    """Weighted sum of values `spacing` samples apart; `weights` sum to ONE, newest first.

    Computed as the middle value plus weighted differences from it, each split into a high and a
    low part, so that a product stays small: the sum of all |weights| is below 60 * ONE, and a
    difference of more than a quarter of the converter's range counts as a quarter.
    """

    def __init__(self, weights, spacing: int, make=ring) -> None:
        self.reach = (len(weights) - 1) * spacing
        self.weights = weights
        self._spacing = spacing
        self._middle = len(weights) // 2 * spacing
        self._length = self.reach + 1
        self._ring = make(self._length)
        self._at = 0

    def fill(self, value: int) -> None:
        """Have the window hold `value` alone."""
        held = self._ring
        for at in range(self._length):
            held[at] = value

    def pass_by(self, value: int) -> int:
        """Take one value, without the sum."""
        at = self._at
        self._ring[at] = value
        at += 1
        self._at = 0 if at == self._length else at
        return value

    def push(self, value: int) -> int:
        """Take one value; the sum."""
        at = self._at
        held = self._ring
        length = self._length
        spacing = self._spacing
        held[at] = value
        middle = at - self._middle
        middle = held[middle + length if middle < 0 else middle]
        high = 0
        low = ONE >> 1
        for weight in self.weights:
            over = held[at] - middle
            if over > _APART:
                over = _APART
            elif over < -_APART:
                over = -_APART
            high += (over >> _SHIFT) * weight
            low += (over & _LOW) * weight
            at -= spacing
            if at < 0:
                at += length
        at = self._at + 1
        self._at = 0 if at == length else at
        middle += high + (low >> _SHIFT)
        if middle > _MOST:
            return _MOST
        return -_MOST if middle < -_MOST else middle


class Growing:
    """1/k gain: a mean that grows until a value departs from it twice running, then starts anew.

    limit: departure that starts it anew. most: largest k. The remainder of each division is
    carried on, so that no change is too small to arrive. Units: those of the values (2**27).
    """

    def __init__(self, limit: int, most: int) -> None:
        self.limit = limit
        self.most = most
        self.value = 0
        self.k = 0
        self.swings = 0  # how often it started anew in the other direction, since it was quiet
        self._over = 0
        self._rest = 0
        self._up = False

    def clear(self) -> None:
        """The next value is the first one."""
        self.k = 0
        self.swings = 0

    def begin(self, value: int) -> None:
        """Start anew with this value as the first one."""
        self.value = value
        self.k = 1
        self._over = 0
        self._rest = 0

    def push(self, value: int) -> None:
        """Take one value into `value`."""
        off = value - self.value
        k = self.k
        limit = self.limit
        if k << 2 < self.most:
            limit -= limit >> 2  # while few values can drag it, it is to be right
        if -limit <= off <= limit:
            self._over = 0
        elif self._over:
            # Twice running.
            k = 0
            up = off > 0
            if up != self._up:
                self.swings += 1
                self._up = up
        else:
            self._over = 1
        if k == 0:
            self._rest = 0
        if k < self.most:
            k += 1
        if k == self.most:
            self.swings = 0
        self.k = k
        off += self._rest
        step = off // k
        self._rest = off - step * k
        self.value += step
