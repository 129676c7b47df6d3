"""What the models of HX711, ADS1232 and CS1237 have in common: a timer behind two wires.

Owns: the timer, the shift register, the levels of both wires. Refuses: nothing; whatever the
processor does to the wires has an outcome.
Units: microseconds of board time; counts signed 24 bit.

From the data sheets: DOUT low says ready; 24 bits, most significant first, each out after a rising
edge of the clock; one more pulse (CS1237: three) leaves DOUT high until the next conversion.

Assumptions, where the data sheets are silent, each the worst case that is plausible:
A1 a conversion that ends while a frame is being shifted replaces the word under it: the bits that
   are still to come are those of the new word (a torn frame);
A2 a frame with too few pulses changes nothing; it counts as given up when no pulse came during a
   whole conversion;
A4 conversions that are not settled are blends of the old value and the new one (25, 50, 75 %);
A5 a conversion that follows an unread one lifts DOUT for a moment before it says ready again, so
   that every conversion makes a falling edge.
"""

SETTLING = 4


class TwoWireChip:
    """One chip. `convert(now_us, gain)` gives the settled word of a conversion that ends now.

    A model defines `_input(at_us)`, `_pulsed()` and what else its chip does. last: the pulse that
    lifts DOUT.
    """

    last = 25
    power_down_us = 0  # a clock that is high for longer powers the chip down; 0: it does not

    def __init__(self, convert, period_us, rate_error_ppm=0):
        self._convert = convert
        self._error = 1000000 + rate_error_ppm
        self.period_us = self._exact(period_us)
        self.next_us = 0  # end of the conversion that is running
        self.dout = 1
        self.powered = True
        self.conversions = 0
        self.missed = 0  # conversions that nobody read
        self.frames = 0
        self.pulses = 0
        self.sck = 0  # level of the clock
        self._high_us = 0
        self._word = 0
        self._settled = 0
        self._value = 0
        self._unread = False
        self._clocked = False

    def _exact(self, nominal_us):
        return nominal_us * 1000000 // self._error

    def restart(self, now_us, first_us):
        """Conversions begin anew; the first ends at first_us."""
        self.powered = True
        self.dout = 1
        self.pulses = 0
        self._unread = False
        self._settled = 0
        self._value = 0
        self.next_us = first_us

    def _too_long(self, now_us):
        return self.sck and self.power_down_us and now_us - self._high_us > self.power_down_us

    def advance(self, now_us):
        """Let time pass to `now_us`; True if DOUT fell."""
        if self.powered and self._too_long(now_us):
            self.powered = False
            self.dout = 1
        if not self.powered or now_us < self.next_us:
            return False
        fell = False
        while self.powered and now_us >= self.next_us:
            at = self.next_us
            self.next_us += self.period_us
            fell = self._finish(at)
        return fell

    def _finish(self, at_us):
        self.conversions += 1
        if self._unread:
            self.missed += 1
        self._unread = True
        target = self._input(at_us)
        if self._settled < SETTLING:
            self._settled += 1
            value = self._value + (target - self._value) * self._settled // SETTLING
        else:
            self._value = value = target
        self._word = value & 0xFFFFFF
        if 0 < self.pulses < self.last and self._clocked:
            self._clocked = False  # A1
            return False
        self.pulses = 0
        self.dout = 0
        return True

    def level(self, now_us):
        """DOUT as the processor sees it."""
        return 1 if self.sck and self._too_long(now_us) else self.dout

    def clock(self, level, now_us):
        """The clock goes to `level` at `now_us`."""
        if level and not self.sck:
            self.sck = 1
            self._high_us = now_us
            pulses = self.pulses
            if not self.powered or not (self._unread or pulses):
                return  # pulses without a conversion to read change nothing
            self.pulses = pulses = pulses + 1
            self._clocked = True
            if pulses <= 24:
                self.dout = self._word >> (24 - pulses) & 1
            else:
                self._pulsed()
        elif not level and self.sck:
            self.sck = 0
            self._fall(now_us)

    def _pulsed(self):
        """A pulse after the 24th."""
        self.dout = 1
        if self.pulses == self.last:
            self.frames += 1
            self._unread = False

    def _fall(self, now_us):
        """The clock went low."""
