"""From the profile and the measured rate to the lengths of the filter's stages.

Owns: the profiles and the arithmetic that turns times and frequencies into samples and weights.
Refuses: nothing; a frequency that the rate cannot show has no zero.
Units: rates and frequencies in mHz, times in 1/10 ms, weights in 1/4096 (see stages).

Not for the sample path: it may allocate and use long integers. Who needs it imports it in a
function: `operations` lets go of it when a filter has been planned.
"""

from steelyard_wire.shim import const

from terminal.weighing.profiles import ANIMAL, DEFAULT, DOSING, RINGING, STEPS, VIBRATING
from terminal.weighing.stages import MOST_BOX, MOST_GAIN, ONE

# For each profile: rate at which the stages run (mHz), times of the boxes in 1/10 ms, most of 1/k
# in ms, departure that starts 1/k anew in 1/100 e. The first box is the one with the mains null.
_PROFILES = (
    (80000, (1000, 1125), 1000, 35),
    (80000, (375,), 1000, 35),
    (80000, (500, 250), 1000, 35),
    (80000, (1000, 1125), 100, 35),
    (80000, (1000, 2000, 2500, 3000), 2000, 45),
    (20000, (5000, 7000, 10000, 12000), 1000, 200),
)
_TAP = const(1000)
_MOST_SUM = const(32)  # 24-bit counts times 4, added up below 2**30
_LEAST_RING = const(1000)  # mHz; what is slower needs windows that no heap has
# Slower converters show ringing as an alias, if at all.
_SLOW = const(30000)
_SLOW_BOXES = (2000, 3000)
_DAMPING = const(55)  # 1/1000, when it was not measured
# Not commissioned: zeros where boxes of 100 and 112 ms let ringing of 5 to 15 Hz through.
_BLIND = (5000, 6000, 7000)
_BLIND_SPACING = const(525)  # 1/10 ms: 4 samples at 67 to 85, 5 at 86 to 104
# Equal codes when the noise is unknown: enough for 2 counts of it.
_RUN = const(16)
_MOST_RUN = const(200)
# A commissioned frequency is known to 7 %: three zeros, in 1/100 of it.
_SPREAD = (94, 100, 106)


def sine(turn: int) -> int:
    """sin of turn/65536 turns, in 1/16384 (error below 2.3)."""
    turn &= 65535
    if turn >= 32768:
        return -sine(turn - 32768)
    if turn > 16384:
        turn = 32768 - turn
    square = turn * turn >> 14
    part = 1302 - (square * 71 >> 14)
    part = 10583 - (square * part >> 14)
    return turn * (25736 - (square * part >> 14)) + 8192 >> 14


def zeros(frequencies, damping: int, spacing: int, rate_mhz: int):
    """Weights (1/4096, newest first) that are zero for ringing at each of the frequencies.

    damping: ratio in 1/1000. Each frequency is a factor 1 - 2 r cos(w) z + r^2 z^2, z being a
    delay by `spacing` samples, w the turn and r the decay in that time.
    """
    whole = [1]
    for mhz in frequencies:
        turn = mhz * spacing * 65536 // rate_mhz
        fall = turn * damping * 1029 // (65536 * 10)  # 2 pi (in 1/16384) * turn * damping
        decay = 16384 - fall + fall * fall // 32768 - fall * fall // 16384 * fall // 98304
        turn -= turn * damping // 2000 * damping // 1000  # a damped ringing is slower
        factor = (16384, -(sine(turn + 16384) * decay >> 13), decay * decay >> 14)
        made = [0] * (len(whole) + 2)
        for i, one in enumerate(whole):
            for j in range(3):
                made[i + j] += one * factor[j]
        whole = made
    total = sum(whole)
    return [(weight * ONE + total // 2) // total for weight in whole]


def samples(time: int, rate_mhz: int, mains_hz: int = 0) -> int:
    """Samples nearest to `time`; with `mains_hz`, those near it that null the mains best.

    That is, of 3/4 to 5/4 of the time, the N with mains N / rate nearest to a whole number.
    """
    near = max(1, min(MOST_BOX, (time * rate_mhz + 5000000) // 10000000))
    if not mains_hz or near < 4:
        return near
    best = near
    least = rate_mhz
    for length in range(max(2, near * 3 // 4), min(MOST_BOX, near * 5 // 4) + 1):
        off = mains_hz * 1000 * length % rate_mhz
        # In 1/16 of the rate, and the nearest length of those that are as good.
        off = min(off, rate_mhz - off) * 16 // rate_mhz * 64 + abs(length - near)
        if off < least:
            best = length
            least = off
    return best


class Plan:
    """Lengths for a configuration and a rate.

    decimate: raw samples averaged into one; rate_mhz: what is left. tap, boxes: lengths. most,
    limit: see stages.Growing, the limit in 1/100 e. fir: (weights, spacing) or None. tracked:
    weights for each of STEPS of the load up to Max, where the ringing depends on it.
    """

    def __init__(self, config, profile: int, rate_mhz: int) -> None:
        rate, boxes, most, self.limit = _PROFILES[profile]
        if rate_mhz < _SLOW and profile not in (VIBRATING, ANIMAL):
            boxes = _SLOW_BOXES
        self.decimate = max(1, min(_MOST_SUM, (rate_mhz + rate // 4) // rate))
        self.rate_mhz = rate_mhz = rate_mhz // self.decimate
        mains = config.mains_hz
        self.tap = samples(_TAP, rate_mhz, mains)
        self.boxes = [samples(boxes[0], rate_mhz, mains)]
        scale = 100
        if profile == DEFAULT and config.profile == RINGING:
            # What a commissioned filter falls back to begins a tenth below what it expects.
            lowest = config.ring_max_mhz or config.ring_mhz
            scale = max(25, min(100, lowest * 90 // _BLIND[0] or 100))
        self.boxes += [samples(time * 100 // scale, rate_mhz) for time in boxes[1:]]
        self.most = max(1, most * rate_mhz // 1000000)
        self.fir = None
        self.tracked = ()
        if rate_mhz < _SLOW:
            return
        if profile == RINGING:
            self._ringing(config, rate_mhz)
        elif profile in (DEFAULT, DOSING):
            spacing = samples(_BLIND_SPACING * 100 // scale, rate_mhz)
            self.fir = (
                zeros([ring * scale // 100 for ring in _BLIND], 40, spacing, rate_mhz),
                (spacing),
            )

    def _ringing(self, config, rate_mhz: int) -> None:
        empty = config.ring_mhz
        lowest = config.ring_max_mhz or empty
        if not _LEAST_RING <= lowest <= empty * 6 // 5 or empty * 5 >= rate_mhz * 2:
            return
        lowest = max(lowest, empty // 2)
        # A fifth of a period; but at least 54 degrees of it, less amplifies noise too much.
        spacing = max(
            (rate_mhz * 2 + lowest * 5) // (lowest * 10),
            (rate_mhz * 3 + lowest * 20 - 1) // (lowest * 20),
        )
        # Between its zeros the sum amplifies most at half a turn, where the second box is zero.
        if spacing == 2:
            self.boxes = [2]  # enough, and a sample sooner
        self.boxes.append(min(MOST_BOX, 2 * spacing))
        if spacing == 1:
            self.boxes.append(2)
        damping = config.damping or _DAMPING
        if lowest * 108 >= empty * 100:
            rings = [(lowest + empty) // 2]
        else:
            # A mass on a spring: 1/f^2 grows with the load.
            high = empty * empty
            low = lowest * lowest
            rings = [
                _root(2 * STEPS * high * low // (2 * STEPS * low + (2 * step + 1) * (high - low)))
                for step in range(STEPS)
            ]
        self.tracked = [
            zeros([ring * part // 100 for part in _SPREAD], damping, spacing, rate_mhz)
            for ring in rings
        ]
        if any([sum([abs(part) for part in weights]) >= MOST_GAIN for weights in self.tracked]):
            self.tracked = ()  # no platform's: it would amplify noise more than stages.Fir bears
            return
        self.fir = self.tracked[0], spacing


def _root(square: int) -> int:
    root = square
    while root * root > square:
        root = (root + square // root) // 2
    return root


def frozen_run(noise: int, rate_mhz: int) -> int:
    """How many equal codes in turn a healthy cell gives less than once in ten years.

    noise: standard deviation of a sample in 1/10 count, 0 if unknown; rate_mhz: samples in 1000 s.
    With p = 1 / (sigma sqrt(2 pi)) for the likeliest code, runs of n begin rate p**(n - 1) /
    sqrt(n) times a second; ten years are 3.156e8 s.
    """
    if noise <= 0:
        return _RUN
    wide = max(noise * 2507 // 100, 101)  # 100 sigma sqrt(2 pi)
    events = (rate_mhz * 315576 << 10) * 100 // wide
    run = 2
    while run < _MOST_RUN and events * events > run << 20:
        events = events * 100 // wide
        run += 1
    return run
