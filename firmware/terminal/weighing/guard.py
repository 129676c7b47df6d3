"""Which samples may be averaged, and whether the signal is one that a healthy cell gives.

Owns: the decision on each sample and the counters of what was found: RATE, FROZEN, JUMP, NOISY,
QUIET. Refuses: samples that carry a fault, and all samples while the signal cannot be believed.
Units: converter counts; noise in 1/10 count (standard deviation of a sample); rates in mHz.

How (../simulation/faults/ has the fault table, tests/ the recordings):
- JUMP: a sample further than 6 sigma from the two before it and from the line through them (more
  when the last ones curved more than noise does) is held. If one of the next two is back it was a
  glitch, and what came before stands in its place; else it was a load and is averaged late. What
  is further than 3 times any recent curve, or ends in twelve ones, is counted and shown; a knock
  on the platform is as short, and its samples are held too, but it is no fault.
- FROZEN: so many equal codes in turn as a healthy cell gives less than once in ten years.
- restless: it may be NOISY soon, and no weight is at rest. Second differences b above 10 sigma
  turn, and b1^2 - b0 b2 doubles or falls below zero: of what swings freely, at any frequency seen
  at any rate, that energy only fades.
- NOISY, QUIET: the second difference of white noise has a mean magnitude of 1.954 sigma, summed
  over blocks of 16 samples, 4 in a window. Too much is judged by the quietest block, so that a
  hand on the platform is no fault; too little by the loudest. What rings or sways changes the sign
  of it less often than noise (0.73 a sample), and hands are not as steady: noise after 13 seconds.
- RATE: what is measured lies outside of what the filter can be planned for.
"""

from steelyard_wire.codes import (
    FAULT_FROZEN,
    FAULT_GAP,
    FAULT_JUMP,
    FAULT_NO_DATA,
    FAULT_NOISY,
    FAULT_NONE,
    FAULT_QUIET,
    FAULT_RATE,
    FAULT_SETTLING,
    FAULTS,
)
from steelyard_wire.shim import const

from terminal.weighing.plan import frozen_run

REJECT = const(0)
# Begin anew with the next one: what came before is too old, and a frame that was read late may be
# half of the next word (firmware/simulation/hx711_chip.py, A1).
RESTART = const(1)
ACCEPT = const(2)
HOLD = const(3)  # nothing of this one yet; `late` samples come first all the same

_SIGMAS = const(6)
_ONES = const(0xFFF)  # the end of a word when the clock powered the chip down within it
_CURVES = const(4)
_FAULTY = const(3)  # times the recent curve, and no knock does it
_SWING = const(4)  # times the recent change from one sample to the next: ringing does not
_CALM = const(10)  # sigmas that noise alone curves, at most
_BLOCK = const(16)
_BLOCKS = const(4)
_CHANGES = const(36)  # of 64, where noise has 47 +- 4 and what rings at 15 of 80 Hz has 24
_WHITE = const(8)  # what a window of noise counts; one of sway counts 1
_LOUD_LIMIT = const(16)  # two windows of noise: 1.6 s at 80 samples a second
_UNREST = const(12)  # what three bends above 10 sigma that turn amount to
_WIDE = const(11585)  # twice two of its squares are below 2**30
_MOST_UNREST = const(32)
_PATIENCE = const(24)
_RATE_PERCENT = const(25)
_CLIP = const(0x1FFFFFF)  # 16 of them stay below 2**30
_COUNTER = const(0x1FFFFFFF)

# These say no more than that samples are missing: the reason may be the rate.
_MISSING = (FAULT_NO_DATA, FAULT_GAP, FAULT_SETTLING)


class Guard:
    """Judges samples one by one. Allocates only when made and in `set_rate`.

    noise: the commissioned standard deviation of a sample in 1/10 count, 0: unknown (then it is
    learned for JUMP, and NOISY and QUIET are not judged). nominal_mhz: the rate of the board file.
    unsteady: what is weighed may sway for ever (animals, dosing), no noise. counts: by fault code.
    floor: noise without that of a floor that shakes now and then.
    """

    def __init__(
        self, noise: int, nominal_mhz: int, unsteady: bool = False, counts=None, floor: int = 0
    ) -> None:
        self._noise = noise
        self._white = floor or noise
        self._nominal_mhz = nominal_mhz
        self._unsteady = unsteady
        self.fault = FAULT_NONE
        # Samples that were held and are to be averaged before the present one.
        self.late = 0
        self.moved = False  # and they were a load: it moves, whatever the filter shows so far
        self.first = 0
        self.second = 0
        self._rate_mhz = 0
        self._wrong_rate = False
        self._signal = FAULT_NONE  # NOISY or QUIET, while it lasts
        self._noisy = 0
        self._quiet = 0
        self._least = _SIGMAS * noise // 10
        self._floor = 0  # the same of the noise that there is, if it is more
        self.restless = 0  # samples until a weight may be believed again
        self._unrest = 0
        self._near_bend = self._far_bend = 0  # the last ones, 10 sigma being 8 to 15
        self._most = 0  # energy that a swing may have now
        self._shift = 0
        while noise >> self._shift > 15:
            self._shift += 1
        self.counts = [0] * len(FAULTS) if counts is None else counts
        self._last = 0
        self._run = 0
        self._plan(nominal_mhz)
        self._begin_window()
        self._forget()

    def count(self, fault: int) -> None:
        """One more."""
        self.counts[fault] = self.counts[fault] + 1 & _COUNTER

    def _plan(self, rate_mhz: int) -> None:
        self._run_limit = frozen_run(self._white, rate_mhz)
        # What sways is noise after 13 seconds: the softest platform has come to rest by then.
        self._loud_limit = max(_LOUD_LIMIT, rate_mhz // 5000)
        self._patience = _PATIENCE + rate_mhz // 16000
        apart = self._noise >> self._shift  # 10 sigma
        self._apart = apart * apart * (3 if rate_mhz > 100000 else 2)

    def _forget(self) -> None:
        """What came before does not belong to what comes now."""
        self._seen = 0  # how many of the values below are there: 2, 1 or none
        self._near = 0
        self._far = 0
        self._curve = 0
        self._slope = 0  # largest change from one sample to the next; fades as the curve does
        self._holds = 0
        self._held = 0
        self._held_next = 0
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

    def set_rate(self, rate_mhz: int) -> None:
        """Take the measured rate (0: not known yet)."""
        if rate_mhz == self._rate_mhz:
            return
        self._rate_mhz = rate_mhz
        apart = rate_mhz - self._nominal_mhz
        wrong = rate_mhz > 0 and abs(apart) * 100 > self._nominal_mhz * _RATE_PERCENT
        if wrong and not self._wrong_rate:
            self.count(FAULT_RATE)
        self._wrong_rate = wrong
        self._plan(rate_mhz or self._nominal_mhz)

    def judge(self, counts: int, fault: int) -> int:
        """REJECT, RESTART, ACCEPT or HOLD; `fault` then says why.

        With the last two, `late` (0 to 2) says how many samples are to be averaged before: `first`
        and `second`. RATE takes the place of what only says that samples are missing.
        """
        self.late = 0
        self.moved = False
        if self._wrong_rate and (fault == FAULT_NONE or fault in _MISSING):
            fault = FAULT_RATE
        self.fault = fault
        if fault != FAULT_NONE:
            self._run = 0
            self._forget()
            return RESTART if fault == FAULT_GAP else REJECT
        if self._is_frozen(counts):
            self.fault = FAULT_FROZEN
            self._forget()
            return REJECT
        self._measure(counts)
        verdict = self._look(counts)
        if self._signal != FAULT_NONE:
            self.fault = self._signal
            return REJECT
        return verdict

    def _is_frozen(self, counts: int) -> bool:
        if counts != self._last or self._run == 0:
            self._last = counts
            self._run = 1
            return False
        if self._run < self._run_limit:
            self._run += 1
            if self._run < self._run_limit:
                return False
            self.count(FAULT_FROZEN)
        return True

    def _look(self, counts: int) -> int:
        if self._holds and not self._resolve(counts):
            return HOLD
        if self._seen == 2 and self._least and self._is_far(counts):
            self._held = counts
            self._holds = 1
            return HOLD
        self._take(counts)
        return ACCEPT

    def _bound(self, counts: int) -> int:
        """How far from its neighbours a sample may be that is a weight."""
        least = self._least
        if counts & _ONES == _ONES:
            return max(least, self._curve >> 1)
        more = self._curve - _CALM * least // _SIGMAS
        return max(self._floor, least + _CURVES * more if more > 0 else least)

    def _is_far(self, counts: int) -> bool:
        bound = self._bound(counts)
        near = counts - self._near
        far = counts - self._far
        return (
            abs(near) > bound and abs(far) > bound and abs(near + self._far - self._near) > bound
        )

    def _resolve(self, counts: int) -> bool:
        """Whether it is clear now what the held samples were: loads, or glitches."""
        first = self._held
        second = self._held_next
        holds = self._holds
        near = self._near
        bound = self._bound(first)
        back = abs(counts - near)
        least = min(abs(first - near), abs(first - counts))
        if holds == 2:
            least = min(least, abs(second - near), abs(second - counts))
        if least > bound and least > back + back:
            if first & _ONES == _ONES or least > _FAULTY * self._curve:
                self.count(FAULT_JUMP)
                if holds == 2:
                    self.count(FAULT_JUMP)
                self.fault = FAULT_JUMP
            first = second = near
        elif holds == 1 and back > bound and abs(counts - first) > bound:
            # Neither back nor where the held one was: the next one decides.
            self._held_next = counts
            self._holds = 2
            return False
        else:
            # Else it was noise or the ringing of another load, and they are averaged.
            self.moved = back > bound and back > _SWING * self._slope
        self._holds = 0
        self.late = holds
        self.first = first
        self._take(first)
        if holds == 2:
            self.second = second
            self._take(second)
        return True

    def _take(self, counts: int) -> None:
        near = self._near
        if self._seen < 2:
            self._seen += 1
        else:
            bend = abs(counts - near - near + self._far)
            self._curve = max(bend, self._curve - (self._curve >> 4))
            self._slope = max(abs(counts - near), self._slope - (self._slope >> 4))
        self._far = near
        self._near = counts

    def _measure(self, counts: int) -> None:
        # What is held is measured too: noise that is held would look like less noise.
        raw = self._raw
        bend = counts - raw - raw + self._raw_before
        self._raw_before = raw
        self._raw = counts
        if self._skip:
            self._skip -= 1
            return
        size = abs(bend)
        turn = -4
        if (bend < 0) == self._rising:
            self._changes += 1
            self._rising = not self._rising
            turn = 4
        if self.restless:
            self.restless -= 1
        unrest = max(0, min(self._unrest + (turn if size > self._noise > 0 else -1), _MOST_UNREST))
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

    def _judge_window(self) -> None:
        noise = self._noise  # a block of it sums up to 31.3 sigma; the quietest of four has 0.8
        white = self._changes >= _CHANGES and self._highest // 3 < self._lowest
        if noise == 0:
            self._learn()
            return
        # JUMP's bound follows white noise, up to what is NOISY: else a part of it is held.
        floor = self._lowest >> 2 if white and self._lowest * 5 > noise * 19 else 0
        self._floor = min(max(floor, self._floor - (self._floor >> 2)), noise * 2)
        # 3.2 times the noise, by the quietest block: 3.2 * 0.8 * 31.3 / 10 = 8.
        # While it is NOISY, twice are still too much: it is not to come and go.
        loud = self._lowest > noise * (5 if self._signal == FAULT_NOISY else 8)
        if not loud:
            self._noisy = max(0, self._noisy - _WHITE)
        elif white:
            self._noisy += _WHITE
        elif not self._unsteady:
            self._noisy += 1  # it may be a load that swings
        # 0.16 times the noise, by the loudest block: 0.16 * 1.2 * 31.3 / 10 = 0.6. A real cell's
        # noise falls to 0.2 when the load is taken off (tests/data/cambridge-coffee-pot-hx711).
        self._quiet = self._quiet + 1 if self._highest < self._white * 6 // 10 else 0
        signal = FAULT_NONE
        self._noisy = min(self._noisy, self._loud_limit)
        was = self._loud_limit >> 1 if self._signal == FAULT_NOISY else self._loud_limit
        if self._noisy >= was:
            signal = FAULT_NOISY
        elif self._quiet >= 2:
            self._quiet = 2
            signal = FAULT_QUIET
        if signal != self._signal:
            self.count(signal)  # at index 0 for its end, which nobody asks for
            self._signal = signal

    def _learn(self) -> None:
        # 6 sigma by the quietest block: 6 / (0.8 * 31.3) = 0.24. A load that moves makes it larger
        # and nothing makes it smaller: so it falls at once, and rises by half in a window.
        least = self._lowest // 4 + 1
        if self._least:
            least = min(least, self._least + (self._least >> 1) + 1)
        self._least = least
