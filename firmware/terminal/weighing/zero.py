"""Zero: initial, semi-automatic, automatic and tracking (OIML R 76-1, 4.5).

Owns: how far the present zero lies from the calibrated one, and what may move it. Refuses: with an
error code, a zero beyond the range.
Units: fine weight, ticks of the samples in ms (wrapping at 2**30).

reference is the zero of the last start with an initial zero, else the calibrated one. From there
key, automatic and tracking move the zero by zero_range either way and no further: 4.5.1 allows 4 %
of Max in all. Nothing here happens because something began anew: only `await_initial` asks for a
zero, and who calls it knows that the power was off.
"""

from steelyard_wire.codes import ZERO_RANGE
from steelyard_wire.shim import const

from terminal.weighing.indication import FINE

_TICKS = const(0x3FFFFFFF)
_TRACK_MS = const(250)  # between two steps of tracking
_LATE_MS = const(400)  # what passed beyond that is not made up for
_BELOW_MS = const(5000)  # 4.5.6
_INITIAL = const(200)  # 4.5.1: 20 % of Max, both parts together
_INITIAL_BELOW = const(20)


class Zero:
    """offset: fine weight that counts as nothing. waiting: for the initial zero.

    moved: whether offset or reference changed by more than tracking since somebody looked.
    """

    def __init__(self, config) -> None:
        # 1/1000 of Max, in fine units: max * 100 * zero_range / 1000.
        self._limit = config.max * config.zero_range // 10
        self._above = config.max * config.initial_zero // 10
        below = min(_INITIAL_BELOW, _INITIAL - config.initial_zero)
        self._lowest = -(config.max * below // 10)
        self._half = config.ranges[0][1] * FINE // 2
        self._tracking = config.tracking
        self._automatic = config.auto_zero
        self.initial = config.initial_zero > 0
        self.offset = 0
        self.reference = 0
        self.waiting = False
        self.moved = False
        self._from = -1  # ticks since which it rests at zero, or below; -1: it does not
        self._below = False

    def restore(self, offset: int, reference: int) -> None:
        """Go on with a zero that was stored; one beyond the present range is none."""
        if -self._limit <= offset - reference <= self._limit:
            self.offset = offset
            self.reference = reference

    def await_initial(self) -> None:
        """The power was off: the first load at rest becomes zero, if it is within the range."""
        self.waiting = self.initial

    def set(self, fine: int) -> int:
        """Take `fine`, measured from the calibrated zero, as zero; 0 or ZERO_RANGE."""
        if self.waiting:
            if not self._lowest <= fine <= self._above:
                return ZERO_RANGE
            self.waiting = False
            self.reference = fine
        elif not -self._limit <= fine - self.reference <= self._limit:
            return ZERO_RANGE
        self.offset = fine
        self.moved = True
        self._from = -1
        return 0

    def stirred(self) -> None:
        """The signal was not a load at rest, for a sample at least."""
        self._from = -1

    def follow(self, fine: int, ticks: int, resting: bool, tared: bool) -> None:
        """What happens by itself, with each value: `fine` measured from the calibrated zero.

        Tracking acts while gross shows zero, by half an interval in a second at most (4.5.7);
        automatic zero after five seconds at rest below zero, without a tare (4.5.6).
        """
        if not resting:
            self._from = -1
            return
        if self.waiting:
            self.set(fine)
            return
        over = fine - self.offset
        below = over < -self._half
        if self._from < 0 or below is not self._below:
            self._from = ticks
            self._below = below
            return
        passed = ticks - self._from & _TICKS
        if below:
            if tared:
                self._from = ticks  # the five seconds begin when it is cleared
            elif self._automatic and passed >= _BELOW_MS:
                self.set(fine)
            return
        if not self._tracking or over > self._half:
            self._from = -1
            return
        if passed >= _TRACK_MS:
            self._from = ticks
            self._track(over, self._half * min(passed, _LATE_MS) // 1000)

    def _track(self, over: int, most: int) -> None:
        over = max(-most, min(most, over))
        away = self.offset - self.reference + over
        self.offset = self.reference + max(-self._limit, min(self._limit, away))
