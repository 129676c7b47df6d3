"""The noise of the signal beside the one of the commissioning: NOISY, QUIET, or no weight at rest.

Owns: the second differences of the samples and what they say. Refuses: nothing.
Units: converter counts; noise in 1/10 count (standard deviation of a sample); rates in mHz.

How:
- NOISY, QUIET: the second difference of white noise has a mean magnitude of 1.954 sigma, summed
  over blocks of 16 samples, 4 in a window. Too much is judged by the quietest block, so that a
  hand on the platform is no fault; too little by the loudest. What rings or sways changes the sign
  of it less often than noise (0.73 a sample), and hands are not as steady: noise after 13 seconds.
- restless: it may be NOISY soon, and no weight is at rest. Second differences b above 10 sigma
  turn, and b1^2 - b0 b2 doubles or falls below zero: of what swings freely, at any frequency seen
  at any rate, that energy only fades.
- wary: a slow converter has few samples for that. While they are loud a load is at rest only after
  as many values again.
"""

from steelyard_wire.codes import FAULT_NOISY, FAULT_NONE, FAULT_QUIET
from steelyard_wire.shim import const

SIGMAS = const(6)  # further from its neighbours than that, a sample is none of the noise
_BLOCK = const(16)
_BLOCKS = const(4)
_CHANGES = const(36)  # of 64, where noise has 47 +- 4 and what rings at 15 of 80 Hz has 24
_WHITE = const(8)  # what a window of noise counts; one of sway counts 1
_LOUD_LIMIT = const(16)  # two windows of noise: 1.6 s at 80 samples a second
_UNREST = const(12)  # what three bends above 10 sigma that turn amount to
_WIDE = const(11585)  # twice two of its squares are below 2**30
_MOST_UNREST = const(32)
_PATIENCE = const(24)
_SLOW_MHZ = const(30000)
_WARY = const(12)
_CLIP = const(0x1FFFFFF)  # 16 of them stay below 2**30


class Signature:
    """Judges the noise, sample by sample. Allocates only when made and in `plan`.

    noise: the commissioned one, 0: unknown (then it is learned for `least`, and nothing is
    judged). white: the same without that of a floor that shakes now and then. unsteady: what is
    weighed may sway for ever, and is no noise.
    """

    def __init__(self, noise: int, white: int, unsteady: bool) -> None:
        self._noise = noise
        self._white = white
        self._unsteady = unsteady
        self.fault = FAULT_NONE  # NOISY or QUIET, while it lasts
        self.least = SIGMAS * noise // 10
        self.floor = 0  # the same of the noise that there is, if it is more
        self.restless = 0  # samples until a weight may be believed again
        self.wary = 0  # values for which a load must have been at rest already
        self._noisy = 0
        self._quiet = 0
        self._unrest = 0
        self._near_bend = self._far_bend = 0  # the last ones, 10 sigma being 8 to 15
        self._most = 0  # energy that a swing may have now
        self._shift = 0
        while noise >> self._shift > 15:
            self._shift += 1
        self._begin_window()
        self.forget()

    def plan(self, rate_mhz: int) -> None:
        """Take the rate."""
        # What sways is noise after 13 seconds: the softest platform has come to rest by then.
        self._loud_limit = max(_LOUD_LIMIT, rate_mhz // 5000)
        self._patience = _PATIENCE + rate_mhz // 16000
        self._most_wary = _WARY if rate_mhz < _SLOW_MHZ else 0
        apart = self._noise >> self._shift  # 10 sigma
        self._apart = apart * apart * (3 if rate_mhz > 100000 else 2)

    def forget(self) -> None:
        """What came before does not belong to what comes now."""
        # The first second difference comes with the third sample. What was summed up before a gap
        # counts on: else gaps that come often would hide all noise.
        self._skip = 2
        self._raw = 0
        self._raw_before = 0

    def _begin_window(self) -> None:
        self._at = 0
        self._sum = 0
        self._lowest = _CLIP * _BLOCK
        self._highest = 0
        self._changes = 0
        self._rising = False

    def measure(self, counts: int) -> int:
        """Take one sample; NOISY, QUIET or 0."""
        # What is held is measured too: noise that is held would look like less noise.
        raw = self._raw
        bend = counts - raw - raw + self._raw_before
        self._raw_before = raw
        self._raw = counts
        if self._skip:
            self._skip -= 1
            return self.fault
        size = abs(bend)
        turn = -4
        if (bend < 0) == self._rising:
            self._changes += 1
            self._rising = not self._rising
            turn = 4
        if self.restless:
            self.restless -= 1
        if size > self._noise > 0:
            self.wary = self._most_wary
        else:
            turn = -1
            if self.wary:
                self.wary -= 1
        unrest = max(0, min(self._unrest + turn, _MOST_UNREST))
        bend >>= self._shift
        if not -_WIDE < bend < _WIDE:
            bend = unrest = 0  # by no noise
        self._unrest = unrest
        near = self._near_bend
        energy = near * near - bend * self._far_bend
        self._far_bend = near
        self._near_bend = bend
        if unrest > _UNREST and (energy > self._most or -energy > self._apart):
            self.restless = self._patience
        self._most = self._apart + 2 * max(0, energy)
        self._sum += min(size, _CLIP)
        self._at += 1
        if self._at % _BLOCK == 0:
            total = self._sum
            self._sum = 0
            self._lowest = min(self._lowest, total)
            self._highest = max(self._highest, total)
            if self._at == _BLOCK * _BLOCKS:
                self._judge_window()
                self._begin_window()
        return self.fault

    def _judge_window(self) -> None:
        noise = self._noise  # a block of it sums up to 31.3 sigma; the quietest of four has 0.8
        white = self._changes >= _CHANGES and self._highest // 3 < self._lowest
        if noise == 0:
            self._learn()
            return
        # JUMP's bound follows white noise, up to what is NOISY: else a part of it is held.
        floor = self._lowest >> 2 if white and self._lowest * 5 > noise * 19 else 0
        self.floor = min(max(floor, self.floor - (self.floor >> 2)), noise * 2)
        # 3.2 times the noise, by the quietest block: 3.2 * 0.8 * 31.3 / 10 = 8.
        # While it is NOISY, twice are still too much: it is not to come and go.
        loud = self._lowest > noise * (5 if self.fault == FAULT_NOISY else 8)
        if not loud:
            self._noisy = max(0, self._noisy - _WHITE)
        elif white:
            self._noisy += _WHITE
        elif not self._unsteady:
            self._noisy += 1  # it may be a load that swings
        # 0.16 times the noise, by the loudest block: 0.16 * 1.2 * 31.3 / 10 = 0.6. A real cell's
        # noise falls to 0.2 when the load is taken off (tests/data/cambridge-coffee-pot-hx711).
        self._quiet = self._quiet + 1 if self._highest < self._white * 6 // 10 else 0
        self._noisy = min(self._noisy, self._loud_limit)
        was = self._loud_limit >> 1 if self.fault == FAULT_NOISY else self._loud_limit
        self.fault = FAULT_NONE
        if self._noisy >= was:
            self.fault = FAULT_NOISY
        elif self._quiet >= 2:
            self._quiet = 2
            self.fault = FAULT_QUIET

    def _learn(self) -> None:
        # 6 sigma by the quietest block: 6 / (0.8 * 31.3) = 0.24. A load that moves makes it larger
        # and nothing makes it smaller: so it falls at once, and rises by half in a window.
        least = self._lowest // 4 + 1
        if self.least:
            least = min(least, self.least + (self.least >> 1) + 1)
        self.least = least
