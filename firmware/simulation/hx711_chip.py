"""HX711 at the level of clock pulses (Avia Semiconductor data sheet 'HX711').

Owns: the converter's state behind its two pins: conversion timer, shift register, channel, power.
Refuses: nothing; whatever the processor does to the pins has an outcome.
Units: microseconds of board time; counts signed 24 bit.

From the data sheet: DOUT low says ready; 24 bits, most significant first, each out after a rising
edge of PD_SCK; the 25th pulse pulls DOUT high; 25, 26 or 27 pulses choose A/128, B/32 or A/64 for
the next conversion; PD_SCK high for more than 60 us powers the chip down, low again resets it to
A/128; after power-up, reset or a change of channel or gain the output settles for four
conversions.

Assumptions, where the data sheet is silent, each the worst case that is plausible:
A1 a conversion that ends while a frame is being shifted replaces the word under it: the bits that
   are still to come are those of the new word (a torn frame);
A2 a frame of fewer than 25 pulses leaves the channel as it was; it counts as given up when no
   pulse came during a whole conversion;
A3 more than 27 pulses in a frame count as 27;
A4 DOUT stays high after a reset until the first conversion, one period later; the first three
   conversions are blends of the old value and the new one (25, 50 and 75 %);
A5 a conversion that follows an unread one lifts DOUT for a moment before it says ready again, so
   that every conversion makes a falling edge.
"""

SETTLING = 4
POWER_DOWN_US = 60
PERIODS_US = {10: 100000, 80: 12500}
_GAIN = {25: 128, 26: 32, 27: 64}


class HX711Chip:
    """One chip. `convert(now_us, gain)` gives the settled word of a conversion that ends now.

    rate_hz: 10 or 80. rate_error_ppm: deviation of the internal oscillator.
    """

    def __init__(self, convert, rate_hz=80, rate_error_ppm=0):
        self._convert = convert
        self.period_us = PERIODS_US[rate_hz] * 1000000 // (1000000 + rate_error_ppm)
        self.next_us = 0  # end of the conversion that is running
        self.dout = 1
        self.gain = 128
        self.powered = True
        self.conversions = 0
        self.missed = 0  # conversions that nobody read
        self.frames = 0
        self._sck = 0
        self._high_us = 0
        self.pulses = 0
        self._word = 0
        self._settled = SETTLING
        self._value = 0
        self._unread = False
        self._clocked = False
        self.reset(0)

    def reset(self, now_us):
        """Power-up: A/128, and the first conversion one period later."""
        self.powered = True
        self.gain = 128
        self.dout = 1
        self.pulses = 0
        self._unread = False
        self._settled = 0
        self._value = 0
        self.next_us = now_us + self.period_us

    def advance(self, now_us):
        """Let time pass to `now_us`; True if DOUT fell."""
        if self._sck and self.powered and now_us - self._high_us > POWER_DOWN_US:
            self.powered = False
            self.dout = 1
        if not self.powered or now_us < self.next_us:
            return False
        fell = False
        while now_us >= self.next_us:
            at = self.next_us
            self.next_us += self.period_us
            fell = self._finish(at)
        return fell

    def _finish(self, at_us):
        self.conversions += 1
        if self._unread:
            self.missed += 1
        self._unread = True
        if self.pulses >= 25:
            gain = _GAIN[min(self.pulses, 27)]
            if gain != self.gain:
                self.gain = gain
                self._settled = 0
        target = self._convert(at_us, self.gain)
        if self._settled < SETTLING:
            self._settled += 1
            value = self._value + (target - self._value) * self._settled // SETTLING
        else:
            self._value = value = target
        self._word = value & 0xFFFFFF
        if 0 < self.pulses < 25 and self._clocked:
            self._clocked = False  # A1
            return False
        self.pulses = 0
        self.dout = 0
        return True

    def level(self, now_us):
        """DOUT as the processor sees it."""
        if self._sck and now_us - self._high_us > POWER_DOWN_US:
            return 1
        return self.dout

    def clock(self, level, now_us):
        """PD_SCK goes to `level` at `now_us`."""
        if level and not self._sck:
            self._sck = 1
            self._high_us = now_us
            if self.powered:
                self._rise()
        elif not level and self._sck:
            self._sck = 0
            if not self.powered or now_us - self._high_us > POWER_DOWN_US:
                self.reset(now_us)

    def _rise(self):
        if not self._unread and self.pulses == 0:
            return  # pulses without a conversion to read change nothing
        self.pulses += 1
        self._clocked = True
        if self.pulses <= 24:
            self.dout = self._word >> (24 - self.pulses) & 1
        else:
            self.dout = 1
            if self.pulses == 25:
                self.frames += 1
                self._unread = False
