"""Which samples may be averaged, and whether the signal is one that a healthy cell gives.

Owns: the decision on each sample and the counters of what was found: RATE, FROZEN, JUMP, and what
signature.py says of the noise. Refuses: samples that carry a fault, and all samples while the
signal cannot be believed.
Units: converter counts; noise in 1/10 count (standard deviation of a sample); rates in mHz.

How (../simulation/faults/ has the fault table, tests/ the recordings):
- JUMP: a sample further than 6 sigma from the two before it and from the line through them (more
  when the last ones curved more than noise does) is held. If one of the next two is back it was a
  glitch, and what came before stands in its place; else it was a load and is averaged late. What
  is further than 3 times any recent curve, or ends in twelve ones, is counted and shown; a knock
  on the platform is as short, and its samples are held too, but it is no fault.
- FROZEN: so many equal codes in turn as a healthy cell gives less than once in ten years.
- RATE: what is measured lies outside of what the filter can be planned for.
"""

from steelyard_wire.codes import (
    FAULT_FROZEN,
    FAULT_GAP,
    FAULT_JUMP,
    FAULT_NO_DATA,
    FAULT_NONE,
    FAULT_RATE,
    FAULT_SETTLING,
    FAULTS,
)
from steelyard_wire.shim import const

from terminal.weighing.signature import SIGMAS, Signature

REJECT = const(0)
# Begin anew with the next one: what came before is too old, and a frame that was read late may be
# half of the next word (firmware/simulation/hx711_chip.py, A1).
RESTART = const(1)
ACCEPT = const(2)
HOLD = const(3)  # nothing of this one yet; `late` samples come first all the same

_ONES = const(0xFFF)  # the end of a word when the clock powered the chip down within it
_CURVES = const(4)
_FAULTY = const(3)  # times the recent curve, and no knock does it
_SWING = const(4)  # times the recent change from one sample to the next: ringing does not
_CALM = const(10)  # sigmas that noise alone curves, at most
_RATE_PERCENT = const(25)
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
        self.signature = Signature(noise, floor or noise, unsteady)
        self._white = floor or noise
        self._nominal_mhz = nominal_mhz
        self.fault = FAULT_NONE
        # Samples that were held and are to be averaged before the present one.
        self.late = 0
        self.moved = False  # and they were a load: it moves, whatever the filter shows so far
        self.first = 0
        self.second = 0
        self._rate_mhz = 0
        self._wrong_rate = False
        self._signal = FAULT_NONE  # NOISY or QUIET, while it lasts
        self.counts = [0] * len(FAULTS) if counts is None else counts
        self._last = 0
        self._run = 0
        self._plan(nominal_mhz)
        self._forget()

    def count(self, fault: int) -> None:
        """One more."""
        self.counts[fault] = self.counts[fault] + 1 & _COUNTER

    def _plan(self, rate_mhz: int) -> None:
        from terminal.weighing.plan import frozen_run

        self._run_limit = frozen_run(self._white, rate_mhz)
        self.signature.plan(rate_mhz)

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
        self.signature.forget()

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
        signal = self.signature.measure(counts)
        if signal != self._signal:
            self.count(signal)  # at index 0 for its end, which nobody asks for
            self._signal = signal
        verdict = self._look(counts)
        if signal != FAULT_NONE:
            self.fault = signal
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
        if self._seen == 2 and self.signature.least and self._is_far(counts):
            self._held = counts
            self._holds = 1
            return HOLD
        self._take(counts)
        return ACCEPT

    def _bound(self, counts: int) -> int:
        """How far from its neighbours a sample may be that is a weight."""
        least = self.signature.least
        if counts & _ONES == _ONES:
            return max(least, self._curve >> 1)
        more = self._curve - _CALM * least // SIGMAS
        return max(self.signature.floor, least + _CURVES * more if more > 0 else least)

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
