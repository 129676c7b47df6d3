"""HX711 at the level of clock pulses (Avia Semiconductor data sheet 'HX711').

Owns: what its pulses choose and its power. Refuses: nothing. Units: as two_wire_chip.py.

From the data sheet: 25, 26 or 27 pulses choose A/128, B/32 or A/64 for the next conversion; PD_SCK
high for more than 60 us powers the chip down, low again resets it to A/128; after power-up, reset
or a change of channel or gain the output settles for four conversions.

Assumptions: A1, A2, A4 and A5 of two_wire_chip.py, and
A3 more than 27 pulses in a frame count as 27;
A6 DOUT stays high after a reset until the first conversion, one period later.
"""

from simulation.two_wire_chip import TwoWireChip

PERIODS_US = {10: 100000, 80: 12500}
_GAIN = {25: 128, 26: 32, 27: 64}


class HX711Chip(TwoWireChip):
    """One chip. rate_hz: 10 or 80. rate_error_ppm: deviation of the internal oscillator."""

    power_down_us = 60

    def __init__(self, convert, rate_hz=80, rate_error_ppm=0):
        TwoWireChip.__init__(self, convert, PERIODS_US[rate_hz], rate_error_ppm)
        self.reset(0)

    def reset(self, now_us):
        """Power-up: A/128, and the first conversion one period later."""
        self.gain = 128
        self.restart(now_us, now_us + self.period_us)

    def _input(self, at_us):
        if self.pulses >= 25:
            gain = _GAIN[min(self.pulses, 27)]
            if gain != self.gain:
                self.gain = gain
                self._settled = 0
        return self._convert(at_us, self.gain)

    def _fall(self, now_us):
        if not self.powered or now_us - self._high_us > self.power_down_us:
            self.reset(now_us)
