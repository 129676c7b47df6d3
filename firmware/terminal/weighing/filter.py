"""The filter: raw counts in, the value that becomes the weight out, and a faster one beside it.

Owns: the two chains of stages (the profile's, and the one it falls back to), the quiet-state gate
and the decision between the chains. Refuses: nothing; `push` says when the window is valid.
Units: counts in; `value` and `tap` in 1/16 count. Allocates only when made.
"""

from steelyard_wire.shim import const

from terminal.weighing import profiles
from terminal.weighing.stages import Box, Fir, Growing, ring

_QUIET = const(8)  # of 1/k: from here on a single wild sample is held
_SWINGS = const(6)  # reversals after a load: that many are ripple
_NEAR = const(35)  # 1/100 e that a load may be away from the value of a filter slow to see it
_MOST_SWAY = const(8388607)  # 64 of them stay below 2**29


class Filter:
    """The filter for a configuration at a rate.

    e_16: one scale interval in 1/16 count; zero_16 and max_16: no load and Max. fresh: whether
    the last `push` made a new value (at high rates samples are first averaged). ripple: whether
    the fallback is in use. departed: whether what the first boxes of a long filter say has left
    the value, twice running, by more than it usually sways: a load that does not show there yet.
    """

    def __init__(self, config, rate_mhz: int, e_16: int, zero_16=0, max_16=0, make=ring) -> None:
        from terminal.weighing.plan import Plan

        planned = Plan(config, config.profile, rate_mhz)
        self.rate_mhz = planned.rate_mhz
        self._decimate = planned.decimate
        self._chain = _stages(planned, make)
        self._tracked = planned.tracked if max_16 and len(planned.tracked) > 1 else None
        self._zero = zero_16
        self._step = max(1, max_16 // profiles.STEPS)
        self._spare = None
        self.reach = self._longest = _reach(self._chain)
        if config.profile in (profiles.RINGING, profiles.STIFF):
            self._spare = _stages(Plan(config, profiles.DEFAULT, rate_mhz), make)
            self._longest = max(self.reach, _reach(self._spare))
        self._tap = Box(planned.tap, make)
        self.flat = max(planned.boxes)
        # Where noise is larger than the departure of a load, it is not to start the mean anew.
        noise_16 = (config.noise_floor or config.noise) * 12 // 5
        limit = max(16, e_16 * planned.limit // 100, noise_16)
        self._growing = Growing(limit, planned.most)
        self._wild = 3 * e_16
        self._near = max(16, e_16 * _NEAR // 100, noise_16)
        self._early = None
        self._shift = 6 if planned.most >= 64 else 4
        if config.profile in (profiles.VIBRATING, profiles.ANIMAL):
            # 0.3 or 0.5 s long; at 10 samples/s the first box, against mains, is none.
            early = 1 if config.profile == profiles.VIBRATING and len(self._chain) > 3 else 0
            self._early = self._chain[early]
        self.value = 0
        self.tap = 0
        self.fresh = False
        self.ripple = False
        self.departed = False
        self._far = False
        self._sway = 0  # 2**_shift times the mean distance of these from the value
        self._anew = 0  # values until the boxes have forgotten the load before
        self._agreed = 0
        self._recent = 0
        self._held = False
        self._sum = 0
        self._summed = 0
        self._filled = 1
        self.clear()

    def clear(self) -> None:
        """Start again with an empty window."""
        self._summed = 0
        self._sum = 0
        self.fresh = False
        if not self._filled:
            return
        self._filled = 0
        self.ripple = False
        self.departed = False
        self._anew = 0
        self._recent = 0
        self._tap.fill(0)
        self._growing.clear()
        for stage in self._chain:
            stage.fill(0)
        if self._spare is not None:
            self._wake(0)

    def push(self, counts: int) -> bool:
        """Take one sample; True when the window is full of samples."""
        self._sum += self._gate(counts)
        self._summed += 1
        self.fresh = self._summed == self._decimate
        if self.fresh:
            value = self._sum * 4
            if self._summed > 1:
                value = (value + self._summed // 2) // self._summed
            self._sum = 0
            self._summed = 0
            self._run(value)
        return self._growing.k > 0

    def _gate(self, counts: int) -> int:
        """One sample far from the quiet value is held back, the second one is believed."""
        off = counts * 16 - self.value
        if off < 0:
            off = -off
        recent = self._recent
        if off <= self._wild or off <= 3 * recent:
            self._held = False
        elif not self._held and self._growing.k >= _QUIET:
            self._held = True
            return self.value + 8 >> 4
        # The envelope of what the raw signal does: ringing is no spike.
        recent -= recent >> 4
        self._recent = off if off > recent else recent
        return counts

    def _run(self, value: int) -> None:
        self.tap = self._tap.push(value) * 4
        if self._tracked is not None:
            step = (self.tap - self._zero) // self._step
            last = profiles.STEPS - 1
            self._chain[-1].weights = self._tracked[
                0 if step < 0 else last if step > last else step
            ]
        out = value
        early = 0
        for stage in self._chain:
            out = stage.push(out)
            if stage is self._early:
                early = out * 4
        growing = self._growing
        if self._spare is not None:
            # At rest it sleeps; from then on it begins with what the load was.
            if growing.k >= growing.most and not self.ripple:
                self._asleep = True
            else:
                out = self._fall_back(value, out)
        if self._filled < self._longest:
            self._filled += 1
            if self._filled <= self.reach:
                return
        growing.push(out * 4)
        self.value = growing.value
        if self._early is not None:
            self._look_ahead(growing, early, out * 4)

    def _look_ahead(self, growing, early: int, value: int) -> None:
        """A small load would be dragged into a long mean while the value seems to be at rest."""
        shift = self._shift
        if growing.k == 1 and self._sway >> shift > growing.limit:
            self._sway = growing.limit << shift  # that of a load which is put down tells nothing
        off = min(abs(early - growing.value), _MOST_SWAY)
        far = off > self._near and off > self._sway >> shift - 2
        # Not while the mean is young: what rings yet is no load, and is not known as sway so soon.
        self.departed = far and self._far and growing.k << 1 >= growing.most
        self._far = far
        self._sway += off - (self._sway >> shift)
        if self.departed:
            self._anew = self.reach + 1
        elif self._anew:
            self._anew -= 1
            if self._anew == 0:
                growing.begin(value)
                self.value = value

    def _wake(self, value: int) -> None:
        self._asleep = False
        for stage in self._spare:
            stage.fill(value)

    def _fall_back(self, value: int, out: int) -> int:
        growing = self._growing
        if self._asleep:
            self._wake(growing.value >> 2)
        if growing.swings >= _SWINGS and self._filled >= self._longest:
            self.ripple = True
            self._agreed = 0
        for stage in self._spare:
            # The sum, which costs most, only when it is wanted; it is always the last stage.
            value = stage.push(value) if self.ripple else stage.pass_by(value)
        if not self.ripple:
            return out
        # Until both have agreed for as long as the longest mean.
        off = (value - out) * 4
        self._agreed += 1
        if off > growing.limit or -off > growing.limit:
            self._agreed = 0
        self.ripple = self._agreed < growing.most
        return value


def _stages(planned, make):
    stages = [Box(length, make) for length in planned.boxes if length > 1]
    if planned.fir:
        stages.append(Fir(planned.fir[0], planned.fir[1], make))
    return stages


def _reach(stages) -> int:
    return sum([stage.reach for stage in stages])
