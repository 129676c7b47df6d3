"""ADS1220 at the level of bytes on SPI (Texas Instruments data sheet SBAS501).

Owns: the four registers, the conversion timer, the command decoder, the level of the DRDY pin.
Refuses: nothing; bytes without power or without chip select answer 0xFF, as an open line does.
Units: microseconds of board time; counts signed 24 bit; temperatures in 1/1000 degree Celsius.

From the data sheet: SPI mode 1; commands RESET 06h, START/SYNC 08h, POWERDOWN 02h, RDATA 10h,
RREG 20h, WREG 40h (register in bits 3:2, number less one in bits 1:0); conversion times in cycles
of 4.096 MHz (table 'Conversion Times'), the first one 210 cycles after START/SYNC (114 in turbo
mode); single-cycle settling; a write to any register restarts the conversion that runs; after
power-up or RESET one conversion with the defaults, then standby; DRDY falls with a result, rises
with the next clock of SCLK, and pulses high for two modulator periods before the next result when
nobody read; a result is buffered and never torn; full scale is +-reference/gain; temperature
14 bits left-justified, 1/32 degree; multiplexer 1110b shorts the inputs, 1101b measures a quarter
of the supply; the burn-out sources drive 10 uA through the sensor, an open one to full scale.

Assumptions, where the data sheet is silent:
S1 for 50 us + 32 cycles after RESET every byte is ignored and DOUT is high;
S2 DIN low while a result waits shifts that result out, DOUT is 0xFF behind it;
S3 the other inputs are shorted; offset and supply come out without noise.
"""

CYCLES = {
    0: (204768, 91120, 46128, 23664, 12464, 6896, 4144),
    2: (102384, 45560, 23064, 11832, 6232, 3448, 2072),
}
RESET_US = 58  # 50 us + 32 cycles
CLOCK_KHZ = 4096
_RESET, _START, _POWER_DOWN, _RDATA, _RREG, _WREG = 0x06, 0x08, 0x02, 0x10, 0x20, 0x40
_NEVER = 1 << 60
_MAX, _MIN = 0x7FFFFF, -0x800000
_BURN_OUT_NA = 10000
_SHORT, _SUPPLY = 0xE, 0xD


def saturate(code):
    """`code` as far as 24 bits hold it."""
    return _MAX if code > _MAX else _MIN if code < _MIN else code


class ADS1220Chip:
    """One chip. `convert(now_us, gain)` gives the word of a conversion that ends now.

    rate_error_ppm: deviation of the internal oscillator. offset: codes that it measures too much.
    """

    PULSES = True  # every result makes an edge

    def __init__(self, convert, rate_error_ppm=0, offset=40):
        self._convert = convert
        self._error = 1000000 + rate_error_ppm
        self._offset = offset
        self.registers = bytearray(4)
        self.temperature_mc = 25000
        self.supply_mv = 5000
        self.bridge_ohm = 350  # 0: a wire is broken
        self.powered = True
        self.conversions = 0
        self.missed = 0  # conversions that nobody read
        self.next_us = _NEVER
        self.drdy = 1
        self._deaf_until_us = 0
        self._word = 0
        self._unread = False
        self._out = bytearray(4)
        self._left = 0  # bytes of _out that are still to come
        self._at = 0
        self._writes = 0
        self._selected = False
        self.reset(0)

    def reset(self, now_us):
        """Power-up or RESET: defaults, one conversion, then standby."""
        for index in range(4):
            self.registers[index] = 0
        self._unread = False
        self.drdy = 1
        self._left = self._writes = 0
        self._deaf_until_us = now_us + RESET_US
        self.next_us = now_us + RESET_US + self._us(self._cycles())

    def reinitialise(self, now_us):
        """Somebody else has set it up: it converts, but at gain 1 and with its defaults."""
        self.reset(now_us)
        self._deaf_until_us = now_us
        self.registers[1] = 0x04
        self._start(now_us)

    def follow(self, at_us):
        """The conversion that runs ends then (a recording is being played)."""
        self.next_us = at_us

    def temperature(self):
        """What its sensor feels, in 1/1000 degree."""
        return self.temperature_mc

    def _us(self, cycles):
        return (cycles * 1000 // CLOCK_KHZ) * 1000000 // self._error

    def _cycles(self):
        mode = self.registers[1] >> 3 & 3
        rate = self.registers[1] >> 5
        table = CYCLES[2 if mode == 2 else 0]
        return table[min(rate, 6)] * (4 if mode == 1 else 1)

    @property
    def gain(self):
        """The gain that the registers choose."""
        return 1 << (self.registers[0] >> 1 & 7)

    @property
    def period_us(self):
        """Time from conversion to conversion."""
        return self._us(self._cycles())

    def _start(self, now_us):
        wait = 114 if self.registers[1] >> 3 & 3 == 2 else 210
        self.next_us = now_us + self._us(wait + self._cycles())

    # --- time ------------------------------------------------------------------------------------

    def advance(self, now_us):
        """Let time pass to `now_us`; True if DRDY fell."""
        fell = False
        while self.powered and self.next_us <= now_us:
            at = self.next_us
            continuous = self.registers[1] & 4
            self.next_us = at + self.period_us if continuous else _NEVER
            self._word = self._measure(at) & 0xFFFFFF
            self.conversions += 1
            if self._unread:
                self.missed += 1
            self._unread = True
            self.drdy = 0
            fell = True
        return fell

    def _reference_mv(self):
        return 2048 if self.registers[2] >> 6 == 0 else self.supply_mv

    def _measure(self, at_us):
        if self.registers[1] & 2:
            return self.temperature() * 32 // 1000 << 10
        inputs = self.registers[0] >> 4
        if inputs == _SUPPLY:
            return saturate(self.supply_mv * 0x800000 // (4 * 2048))
        code = 0
        if inputs == 0:
            code = self._convert(at_us, self.gain)
            if self.registers[1] & 1:
                if not self.bridge_ohm:
                    return _MAX
                microvolts = _BURN_OUT_NA * self.bridge_ohm // 1000
                code += microvolts * self.gain * 0x800000 // (self._reference_mv() * 1000)
        return saturate(code + self._offset)

    def level(self):
        """DRDY as the processor sees it."""
        return self.drdy

    # --- SPI -------------------------------------------------------------------------------------

    def select(self, level):
        """CS: a rise ends whatever was going on."""
        self._selected = not level
        self._left = self._writes = 0

    def transfer_byte(self, byte, now_us):
        """Eight clocks: the byte on DOUT while `byte` is on DIN."""
        if not self.powered:
            return 0xFF
        self.drdy = 1
        if not self._selected or now_us < self._deaf_until_us:
            return 0xFF
        if self._writes:
            self._write(byte, now_us)
            return 0xFF
        answer = 0xFF
        if not self._left and byte == 0 and self._unread:
            self._load()  # S2
        if self._left:
            answer = self._out[len(self._out) - self._left]
            self._left -= 1
        if byte:
            self._command(byte, now_us)
        return answer

    def _load(self):
        for index in range(3):
            self._out[1 + index] = self._word >> (16 - 8 * index) & 0xFF
        self._left = 3
        self._unread = False

    def _write(self, byte, now_us):
        self.registers[self._at] = byte & 0xFE if self._at == 3 else byte
        self._at = self._at + 1 & 3
        self._writes -= 1
        if self.next_us != _NEVER:
            self._start(now_us)

    def _command(self, byte, now_us):
        self._at = byte >> 2 & 3
        count = (byte & 3) + 1
        if byte >> 4 == _RDATA >> 4:
            self._load()
        elif byte >> 4 == _RREG >> 4:
            for index in range(count):
                self._out[4 - count + index] = self.registers[self._at + index & 3]
            self._left = count
        elif byte >> 4 == _WREG >> 4:
            self._writes = count
        elif byte >> 1 == _RESET >> 1:
            self.reset(now_us)
        elif byte >> 1 == _START >> 1:
            self._start(now_us)
        elif byte >> 1 == _POWER_DOWN >> 1:
            self.next_us = _NEVER
