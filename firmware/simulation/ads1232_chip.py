"""ADS1232 at the level of clock pulses and pins (Texas Instruments SBAS350G).

Owns: power-down, standby, offset calibration, gain, speed, channel and temperature sensor.
Refuses: nothing. Units: as two_wire_chip.py; degrees Celsius.

From the data sheet: GAIN1 GAIN0 choose 1, 2, 64, 128; SPEED chooses 10 or 80 samples/s; PDWN low
powers down, and after it, after standby and after a change of A0, DRDY/DOUT stays high until
settled data are there (401 or 51 ms); a toggled TEMP settles in four conversions that show; the
25th pulse lifts DRDY/DOUT, a 26th starts an offset calibration at its falling edge, with
DRDY/DOUT high for 801 or 101 ms; SCLK held high until a conversion ends is standby, low again
wakes; the temperature sensor gives 111.7 mV at 25 degrees and 379 uV more for each degree, and
full scale is half the reference by the gain.

Assumptions: A1, A4 and A5 of two_wire_chip.py, and
B1 further pulses during a calibration change nothing;
B2 the calibrated offset is lost at power-down and kept in standby;
B3 a change of GAIN or SPEED settles as one of TEMP;
B4 a frame of fewer than 25 pulses leaves the data as they were read, and nothing else happens.
"""

from simulation.two_wire_chip import TwoWireChip

PERIODS_US = {10: 100000, 80: 12500}
GAINS = (1, 2, 64, 128)
TEMPERATURE = 0  # what `convert` is not asked for
_REFERENCE_V = 5.0
_NEVER = 1 << 60


class ADS1232Chip(TwoWireChip):
    """One chip. pins: levels by name (gain0, gain1, speed, temp, a0, pdwn)."""

    def __init__(self, convert, rate_hz=80, gain=128, rate_error_ppm=0):
        TwoWireChip.__init__(self, convert, PERIODS_US[rate_hz], rate_error_ppm)
        code = GAINS.index(gain)
        speed = 1 if rate_hz == 80 else 0
        self.pins = {
            "gain0": code & 1,
            "gain1": code >> 1,
            "speed": speed,
            "temp": 0,
            "a0": 0,
            "pdwn": 1,
        }
        self.offset = 700  # counts, until it is calibrated
        self.offset_now = self.offset
        self.calibrations = 0
        self.temperature_c = 25.0
        self.standby = False
        self.reset(0)

    @property
    def gain(self):
        """The gain that the pins choose."""
        return GAINS[self.pins["gain1"] << 1 | self.pins["gain0"]]

    def celsius(self):
        """The temperature of the chip."""
        return self.temperature_c

    def reset(self, now_us):
        """Power-up, as after PDWN low."""
        self.offset_now = self.offset
        self._settle(now_us)

    def _settle(self, now_us):
        self.standby = False
        self.restart(now_us, now_us + 4 * self.period_us + self._exact(1000))
        self._settled = 4

    def pin(self, name, level, now_us):
        """One of the pins beside the two wires goes to `level`."""
        level = 1 if level else 0
        if self.pins[name] == level:
            return
        self.pins[name] = level
        if name == "pdwn":
            if level:
                self.reset(now_us)
            else:
                self.powered = False
                self.dout = 1
        elif not self.powered:
            return
        elif name == "a0":
            self._settle(now_us)
        else:
            if name == "speed":
                self.period_us = self._exact(PERIODS_US[80 if level else 10])
            self._settled = 0

    def _input(self, at_us):
        if self.pins["temp"]:
            volts = 0.1117 + 379e-6 * (self.celsius() - 25)
            code = int(volts * self.gain / (_REFERENCE_V / 2) * 0x800000)
            return max(-0x800000, min(0x7FFFFF, code))
        word = self._convert(at_us, self.gain)
        if word in (0x7FFFFF, -0x800000):
            return word
        return word + self.offset_now

    def _finish(self, at_us):
        if self.sck and self._unread:
            self.standby = True
            self.powered = False
            self.dout = 1
            return False
        return TwoWireChip._finish(self, at_us)

    def _fall(self, now_us):
        if self.standby:
            self._settle(now_us)
        elif self.powered and self.pulses == 26:
            self.calibrations += 1
            self.offset_now = 0
            first_us = 8 * self.period_us + self._exact(1000)
            self.restart(now_us, now_us + first_us)
            self._settled = 4
