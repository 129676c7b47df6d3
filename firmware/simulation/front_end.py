"""What a converter makes of a voltage: full scale and noise of each, as data.

Owns: the figures of the data sheets (signal.md section 3). Refuses: a name that is not in the
table (KeyError).
Units: fractions of the reference voltage, nanovolts rms at the input, samples per second.

All five measure against a reference that is the excitation of the bridge, so that the reading does
not change with it. Where a data sheet gives noise-free bits, they are turned into nanovolts with
6.6 sigma for peak to peak at 5 V; between and beyond the rates of a sheet noise is taken as white
(root of the rate) or as the straight line between its neighbours, both on logarithmic scales. The
noise is that of gain 128 at any gain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MAX_CODE = 0x7FFFFF
MIN_CODE = -0x800000


@dataclass(frozen=True)
class FrontEnd:
    """full_scale: largest input, in reference voltages at gain 1. noise: (rate, nV) in order."""

    full_scale: float
    noise: tuple[tuple[int, float], ...]

    def noise_nv(self, rate_hz: float) -> float:
        """White noise of one sample at this rate."""
        first, last = self.noise[0], self.noise[-1]
        if rate_hz <= first[0] or len(self.noise) == 1:
            return first[1] * math.sqrt(rate_hz / first[0])
        if rate_hz >= last[0]:
            return last[1] * math.sqrt(rate_hz / last[0])
        above = next(place for place, point in enumerate(self.noise) if point[0] >= rate_hz)
        (low_hz, low_nv), (high_hz, high_nv) = self.noise[above - 1 : above + 1]
        part = math.log(rate_hz / low_hz) / math.log(high_hz / low_hz)
        return low_nv * (high_nv / low_nv) ** part

    def code(self, volts: float, reference_v: float, gain: int) -> int:
        """The word of an input, saturated like the chip; counts signed 24 bit."""
        code = round(volts * gain / (self.full_scale * reference_v) * (1 << 23))
        return max(MIN_CODE, min(MAX_CODE, code))


FRONT_ENDS = {
    "hx711": FrontEnd(0.5, ((10, 50.0), (80, 90.0))),
    "ads1232": FrontEnd(0.5, ((10, 17.0), (80, 44.0))),
    # "Near the HX711"; 16 to 17 noise-free bits at 320.
    "nau7802": FrontEnd(0.5, ((10, 50.0), (80, 90.0), (320, 90.0))),
    # 16 to 17 noise-free bits at 1280; below, white.
    "cs1237": FrontEnd(0.5, ((1280, 64.0),)),
    "ads1220": FrontEnd(1.0, ((20, 90.0), (330, 330.0), (1000, 600.0))),
}
