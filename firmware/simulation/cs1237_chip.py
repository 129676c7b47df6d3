"""CS1237 at the level of clock pulses (Chipsea data sheet 'CS1237').

Owns: its register and the 46-pulse frame that reads and writes it, and its power.
Refuses: nothing. Units: as two_wire_chip.py; degrees Celsius.

From the data sheet: pulses 25 and 26 say whether the register was written, the 27th lifts DOUT;
28 and 29 turn DOUT around, 30 to 36 take a command of seven bits (0x65 writes the register, 0x56
reads it), 37 turns DOUT, 38 to 45 move the register, the 46th lifts DOUT. Bits of the register: 6
switches the reference output off, 5-4 choose 10, 40, 640 or 1280 samples/s, 3-2 gain 1, 2, 64 or
128, 1-0 channel A, reserved, temperature or internal short; 0x0C after power-up. SCLK high for
more than 100 us powers down, low again wakes; the output settles for three conversions at 10 and
40, for four at 640 and 1280. The temperature code is proportional to the absolute temperature.

Assumptions: A1, A2, A4 and A5 of two_wire_chip.py, and
C1 the register is lost at power-down;
C2 the first conversion after power-up, wake and a written register ends one period later, and
   settling takes four conversions at each rate;
C3 bit 25 is 1 in the first frame after a written register, bit 26 is always 0;
C4 bits of a command are taken at falling edges; any command but the two does nothing;
C5 a conversion that ends in pulses 28 to 45 is not announced;
C6 pulses beyond 46 change nothing, and a frame that ends between 28 and 45 leaves the register.
"""

from simulation.two_wire_chip import TwoWireChip

RATES = (10, 40, 640, 1280)
GAINS = (1, 2, 64, 128)
DEFAULT = 0x0C
WRITE = 0x65
READ = 0x56
_TEMPERATURE, _SHORT = 2, 3
_KELVIN_CODE = 769000.0 / 293.15  # an example of the part: code at 20 degrees, gain 1


class CS1237Chip(TwoWireChip):
    """One chip. short_code: what it says with its inputs shorted."""

    last = 27
    power_down_us = 100

    def __init__(self, convert, rate_error_ppm=0):
        TwoWireChip.__init__(self, convert, 100000, rate_error_ppm)
        self.register = DEFAULT
        self.writes = 0
        self.temperature_c = 20.0
        self.short_code = 150
        self.driven = -1  # the level to which the processor drives DOUT, -1: it listens
        self._written = False
        self._command = 0
        self._taken = 0
        self.reset(0)

    @property
    def gain(self):
        """The gain in the register."""
        return GAINS[self.register >> 2 & 3]

    @property
    def rate_hz(self):
        """The rate in the register."""
        return RATES[self.register >> 4 & 3]

    def celsius(self):
        """The temperature of the chip."""
        return self.temperature_c

    def reset(self, now_us):
        """Power-up: the register has its default."""
        self.register = DEFAULT
        self._written = False
        self._begin(now_us)

    def _begin(self, now_us):
        self.period_us = self._exact(1000000 // self.rate_hz)
        self.restart(now_us, now_us + self.period_us)

    def level(self, now_us):
        """DOUT as the processor sees it."""
        if self.driven >= 0:
            return self.driven
        return TwoWireChip.level(self, now_us)

    def _finish(self, at_us):
        if 27 < self.pulses < 46 and self._clocked:
            self._clocked = False
            return False
        return TwoWireChip._finish(self, at_us)

    def _input(self, at_us):
        channel = self.register & 3
        if channel == _TEMPERATURE:
            return int((273.15 + self.celsius()) * _KELVIN_CODE * self.gain)
        if channel == _SHORT:
            return self.short_code
        return self._convert(at_us, self.gain)

    def _pulsed(self):
        pulses = self.pulses
        if pulses == 25:
            self.dout = 1 if self._written else 0
        elif pulses == 26:
            self.dout = 0
            self._written = False
        elif pulses == 27:
            self.dout = 1
            self.frames += 1
            self._unread = False
            self._command = self._taken = 0
        elif 38 <= pulses <= 45 and self._command == READ:
            self.dout = self.register >> (45 - pulses) & 1
        else:
            self.dout = 1

    def _fall(self, now_us):
        if not self.powered or now_us - self._high_us > self.power_down_us:
            self.reset(now_us)
            return
        bit = 1 if self.driven > 0 else 0
        if 30 <= self.pulses <= 36:
            self._command = self._command << 1 | bit
        elif 38 <= self.pulses <= 45:
            self._taken = self._taken << 1 | bit
        elif self.pulses == 46 and self._command == WRITE:
            self.register = self._taken & 0x7F
            self._written = True
            self.writes += 1
            self._begin(now_us)
