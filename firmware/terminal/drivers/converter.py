"""What every converter driver shares: which frame is a sample, which is a fault, and the rate.

Owns: the qualification of frames, the counters, the measured rate.
Refuses: to give a number for anything but a complete frame of a settled conversion that came when
it was due. Every other outcome is a fault code in the ring: NO_DATA, BAD_FRAME, SETTLING,
OVERLOAD, UNDERLOAD, GAP.
Units: counts, signed 24 bit; intervals in microseconds (`ticks_us`), stamps in milliseconds
(`ticks_ms`), both wrapping at 2**30; rates in mHz.

A frame later than its period says that the processor was late, that conversions were lost (GAP),
or that the chip began anew by itself, after which it settles without a word. Only the next frame
tells: it comes in step with the old ones, or is settling too. A frame that was a little late waits
for it, and frames are GAP until one is in step or the chip must have settled.
Nothing is allocated after `start`.
"""

from steelyard_wire.codes import (
    FAULT_BAD_FRAME,
    FAULT_GAP,
    FAULT_NO_DATA,
    FAULT_NONE,
    FAULT_OVERLOAD,
    FAULT_SETTLING,
    FAULT_UNDERLOAD,
)
from steelyard_wire.shim import const

_CODE_MAX = const(0x7FFFFF)
_CODE_MIN = const(-0x800000)
_COUNTER = const(0x1FFFFFFF)  # counters wrap before a sum leaves the small integers
_NO_CODE = const(0x1FFFFFFF)
_NEAR = const(200)  # counts: five times the noise of an HX711 at 80 samples a second (90 nV)
_LEARN = const(11)
_WINDOW_MS = const(2000)
_STRANGE = const(16)  # frames in turn out of step: it is the period that is wrong
_LONG = const(16)  # silences in turn, two periods each: a slow converter has spoken by then
_WINDOW_MAX_MS = const(8000)  # a longer one contains a silence
_WAITING = const(1)
_FOUND = const(2)


class Converter:
    """The part of a driver that does not know its bus.

    time: the module: ticks_us, ticks_ms, ticks_diff, sleep_ms. ring: SampleRing. settle: the
    conversions after a start, reset or change that are no numbers. jitter_us: how late the driver
    may see a conversion that was in time (0: an eighth of a period).

    A chip's driver defines start(), stop(), poll(), power_down() and wake(), and calls `_accept`
    for each complete frame, `_reject` for a broken one, `_check_silence` from poll and `_restart`
    whenever its chip begins anew; `_select(channel)` if it has other inputs than the load cell.
    """

    HALVES = 1  # of the reference at gain 1 are full scale

    def __init__(self, time, ring, rate_hz: int, settle: int, jitter_us: int = 0) -> None:
        period = 1000000 // rate_hz
        self._time = time
        self._ticks_us = time.ticks_us
        self._ticks_ms = time.ticks_ms
        self._diff = time.ticks_diff
        self._ring = ring
        self.rate_hz = rate_hz
        self.period_us = period
        self._first = settle
        # Codes of a saturated input; a chip that subtracts an offset by itself has others.
        self._most = _CODE_MAX
        self._least = _CODE_MIN
        self._jitter_us = min(jitter_us or period, period >> 3)
        self._gap_us = period + (period >> 1) + min(1000, period >> 4)
        # With the 10 ms from poll to poll within three periods; at more than 100 samples a second
        # at the first poll after two, and nobody takes a sample before that.
        self._quiet_us = 2 * period + min(1000, period >> 3)
        self._silence_us = 0
        self._silent = 0
        self._was_silent = 0  # before the last frame
        self._settle = settle
        self._last_us = 0
        self._every_us = 0  # the period as measured, 0: not known
        self._doubt = 0  # frames that may be settling, while they are out of step
        self._off_us = 0  # out of step by
        self._good = _NO_CODE
        self._held = False
        self._held_counts = 0
        self._held_ms = 0
        self._rate_from_us = 0
        self._rate_frames = -1
        self._rate_seen = 0
        self._learned = 0  # periods in turn, towards `_every_us`
        self._learn_us = 0
        self._strange = 0
        self._apart = 0
        self._aside = 0
        self._aside_counts = 0
        self.rate_mhz = 0
        self.frames = 0
        self.bad_frames = 0
        self.gaps = 0
        self.silences = 0
        self.resets = 0

    def _restart(self) -> None:
        """The chip begins anew now: its next conversions settle, and may take their time."""
        self._settle = self._first
        self._doubt = 0
        self._held = False
        self._rate_frames = -1
        self._last_us = self._ticks_us()
        # The chip may be silent until it has settled.
        self._silence_us = self.period_us * (2 * self._first + 5) // 2

    def _accept(self, counts: int, now: int, now_us: int) -> None:
        """A complete frame: signed counts, and when its conversion was seen (ms and us)."""
        apart = self._diff(now_us, self._last_us)
        self._last_us = now_us
        silent = self._silent
        if silent and not self._was_silent:
            # No rate spans a silence, unless each frame ends one: that module is slow.
            self._rate_frames = -1
        self._was_silent = silent
        self._silent = 0
        self._silence_us = self._quiet_us
        self.frames = self.frames + 1 & _COUNTER
        doubted = self._doubt
        self._doubt_step(apart)
        if self._settle:
            self._settle -= 1
            fault = FAULT_SETTLING
        elif self._aside:
            if self._aside == _WAITING:
                self._aside_counts = counts
                self._aside = _FOUND
            fault = FAULT_SETTLING
        elif counts >= self._most:
            fault = FAULT_OVERLOAD
        elif counts <= self._least:
            fault = FAULT_UNDERLOAD
        elif apart > self._gap_us:
            self.gaps = self.gaps + 1 & _COUNTER
            fault = FAULT_GAP
        elif self._doubt and not -_NEAR <= counts - self._good <= _NEAR:
            # What settles is a blend with zero or of another gain, far from the last good code.
            fault = FAULT_GAP
        else:
            fault = FAULT_NONE
            self._good = counts
        self._measure(now_us, apart)
        if self._held:
            self._held = False
            self._ring.put(
                self._held_counts, self._held_ms, FAULT_GAP if self._doubt else FAULT_NONE
            )
        if self._doubt:
            self._doubt -= 1
            if fault == FAULT_GAP and not doubted and apart <= self._gap_us:
                self._held = True
                self._held_counts = counts
                self._held_ms = now
                return
        self._ring.put(counts, now, fault)

    def _doubt_step(self, apart: int) -> None:
        # In step: a whole number of periods after the last frame that was.
        every = self._every_us
        late = apart - every
        jitter = self._jitter_us
        if apart > self._gap_us:
            # So much may have happened that the step says nothing.
            if self._doubt < self._first:
                self._doubt = self._first
            self._off_us = -1
        elif every and (self._doubt or late > jitter):
            if not self._doubt:
                self._off_us = 0
            off = self._off_us
            if off >= 0:
                self._off_us = off = (off + late) % every
                if off <= jitter or off >= every - jitter:
                    self._doubt = 0
                    return
            if late > jitter and self._doubt < self._first:
                self._doubt = self._first

    def _reject(self, now: int) -> None:
        """A frame that is not what the converter said."""
        self.bad_frames = self.bad_frames + 1 & _COUNTER
        self._ring.put(0, now, FAULT_BAD_FRAME)

    def _check_silence(self, now_us: int) -> bool:
        """Announce a silence, as long as it lasts, and count it once; whether there is one."""
        if self._diff(now_us, self._last_us) <= self._silence_us:
            return False
        self._last_us = now_us
        if not self._silent:
            self.silences = self.silences + 1 & _COUNTER
        if self._silent < _LONG:
            self._silent += 1
        else:
            self._rate_frames = -1  # no conversions that are far apart, but none
            self.rate_mhz = 0
        # Until the period is known a chip that begins anew would not show.
        self._settle = max(self._first, _LEARN)
        self._every_us = self._doubt = self._learned = 0
        self._held = False
        self._ring.put(0, self._ticks_ms(), FAULT_NO_DATA)
        return True

    def _measure(self, now_us: int, apart: int) -> None:
        # Conversions over at least two seconds. Those that were lost in a gap are counted by its
        # length; where the period is not known every frame is one, however long it took.
        every = self._every_us
        off = apart - (every or self._apart)
        self._apart = apart
        even = -self._jitter_us <= off <= self._jitter_us
        if every:
            self._strange = 0 if even else self._strange + 1
            if self._strange == _STRANGE:
                self._every_us = self._learned = every = 0
                self._rate_frames = -1
                # Until it is known again a chip that begins anew would not show.
                self._settle = max(self._first, _LEARN)
        if not every:
            # Eight periods in turn that are equal are good enough to know a late frame by.
            if not even:
                self._learned = 0
            if self._learned == 1:
                self._learn_us = now_us
            elif self._learned == 9:
                self._every_us = self._diff(now_us, self._learn_us) >> 3
                self._strange = 0
                # The window begins with what was learned from: who knows what came before.
                self._rate_from_us = self._learn_us
                self._rate_frames = self._rate_seen = 7
            self._learned += 1
        window = self._diff(now_us, self._rate_from_us) // 1000
        if self._rate_frames < 0 or window > _WINDOW_MAX_MS:
            self._rate_frames = self._rate_seen = 0
            self._rate_from_us = now_us
            return
        if every and apart > self._gap_us:
            late = apart % every
            if self._jitter_us < late < every - self._jitter_us:
                # The chip began anew: no whole number of periods, and no period from it.
                self._rate_frames = -1
                return
        self._rate_seen += 1
        frames = self._rate_frames + ((apart + (every >> 1)) // every if every else 1)
        self._rate_frames = frames
        if window >= _WINDOW_MS and self._rate_seen > frames + (frames >> 3) + 2:
            # More frames than periods: that period was learned while conversions were lost.
            self._every_us = self._learned = 0
            self._rate_frames = -1
            return
        if window >= _WINDOW_MS and frames and (even or not every):
            # frames * 1000000 // window, in two steps to stay small
            whole = frames * 1000 // window
            self.rate_mhz = whole * 1000 + (frames * 1000 - whole * window) * 1000 // window
            self._every_us = self._diff(now_us, self._rate_from_us) // frames
            self._rate_frames = self._rate_seen = 0
            self._rate_from_us = now_us

    # --- for a task; these wait for some conversions and take the weight away meanwhile ----------

    def _select(self, channel: int) -> None:
        """Connect an input of the chip; 0 is the load cell."""

    def _read_aside(self, channel: int) -> int:
        """Read one settled frame of another input into `_aside_counts`: 0, or the fault code."""
        bad = self.bad_frames
        if channel:
            self._select(channel)
        self._aside = _WAITING
        begin = self._ticks_ms()
        limit = (self._silence_us + self.period_us * (2 * self._first + 12)) // 1000 + 1
        while self._aside == _WAITING and self._diff(self._ticks_ms(), begin) < limit:
            self._time.sleep_ms(1)
            self.poll()
        found = self._aside == _FOUND
        if channel:
            self._select(0)
        self._aside = 0  # last: until then no frame of the other input is a weight
        if found:
            return FAULT_NONE
        return FAULT_NO_DATA if bad == self.bad_frames else FAULT_BAD_FRAME

    def self_test(self) -> int:
        """0 if the chip gives settled frames, else the fault code that says what it does."""
        return self._read_aside(0)

    def temperature(self):
        """The raw code of the chip's temperature channel; None if it has none or does not say."""
        return None
