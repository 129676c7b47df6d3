"""NAU7802 at the level of bytes on I2C (Nuvoton data sheet 'NAU7802', revision 1.7).

Owns: the registers, the conversion timer, calibration, the level of the DRDY pin.
Refuses: another address than 0x2A, and everything while it has no power: no acknowledge (NACK).
Units: microseconds of board time; counts signed 24 bit; temperatures in 1/1000 degree Celsius.

From the data sheet: address 0x2A; a write is address, register, data, a read goes on from the
register last written, both count up; RR resets all registers; PUR follows PUD by 200 us; nothing
is converted before PUD, PUA, PUR and CS are set; CRS chooses 10, 20, 40, 80 or 320 samples a
second, GAINS 1 to 128, full scale is +-0.5 of the reference divided by the gain; CRP inverts DRDY;
CALS starts a calibration, offset internal (CALMOD 0), offset of the system (2) or gain of the
system (3), and clears itself; the output is GCAL * (measurement - OCAL), GCAL in units of 2**-23;
temperature sensor (TS) 109 mV at 25 degrees, 360 uV per degree; SI shorts the inputs, BOPGA
drives 2.5 uA through the bridge; revision 0x0F.

Assumptions, where the data sheet is silent, each the worst case that is plausible:
N1 the first six conversions after a start, a change of gain, channel, rate or input and after a
   calibration are blends of the old value and the new one;
N2 CR and DRDY go back when the last byte of ADCO is read; a conversion that follows an unread one
   makes no edge; one that ends between two bytes of ADCO gives a torn word;
N3 OCAL holds sign and magnitude; GCAL is 0x00800000 after a reset (the register map says so, 8.6.1
   says zero, which would be no output);
N4 a calibration takes 344 ms (as its users measured) and stops the conversions; each finds another
   offset, by up to 0.5 % of a 2 mV/V cell at gain 128 (users report steps of 0.5 to 1 %);
N5 a reserved CRS converts nothing; channel 2 is shorted; without LDO the reference is 5 V.
"""

ADDRESS = 0x2A
SETTLING = 6
POWER_UP_US = 200
CALIBRATION_US = 344000
PERIODS_US = {0: 100000, 1: 50000, 2: 25000, 3: 12500, 7: 3125}
_SCATTER = 21475  # codes: 0.5 % of 0.512 of full scale
_PU_CTRL, _CTRL1, _CTRL2, _OCAL, _GCAL, _I2C_CTRL, _ADCO, _REVISION = (
    0, 1, 2, 3, 6, 0x11, 0x12, 0x1F,
)  # fmt: skip
RR, PUD, PUA, PUR, CS, CR, AVDDS = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x80
CRP = 0x80
CALS, CAL_ERR = 0x04, 0x08
TS, BOPGA, SI = 0x02, 0x04, 0x08
_RUNS = PUD | PUA | PUR | CS
_READ_ONLY = PUR | CR
_BURN_OUT_NA = 2500
_NEVER = 1 << 60
_MAX, _MIN = 0x7FFFFF, -0x800000
_LDO_MV = (4500, 4200, 3900, 3600, 3300, 3000, 2700, 2400)


def saturate(code):
    """`code` as far as 24 bits hold it."""
    return _MAX if code > _MAX else _MIN if code < _MIN else code


class NAU7802Chip:
    """One chip. `convert(now_us, gain)` gives the settled word of a conversion that ends now.

    rate_error_ppm: deviation of the internal oscillator. offset: codes that it measures too much.
    """

    PULSES = False  # a conversion that follows an unread one makes no edge (N2)

    def __init__(self, convert, rate_error_ppm=0, offset=5000):
        self._convert = convert
        self._error = 1000000 + rate_error_ppm
        self._offset = offset
        self.registers = bytearray(0x20)
        self.temperature_mc = 25000
        self.bridge_ohm = 350  # 0: a wire is broken
        self.powered = True
        self.conversions = 0
        self.missed = 0  # conversions that nobody read
        self.calibrations = 0
        self.next_us = _NEVER  # the next event of its own
        self._settled = 0
        self._value = 0
        self._chance = 1
        self._register = 0
        self._expects_register = False
        self.reset(0)

    def reset(self, now_us):
        """Power-up or RR: defaults, nothing is converted."""
        registers = self.registers
        for index in range(len(registers)):
            registers[index] = 0
        registers[_GCAL + 1] = 0x80  # N3
        registers[_REVISION] = 0x0F
        self._settled = 0
        self._ready_us = self._calibrated_us = self._conversion_us = _NEVER
        self._plan()

    def reinitialise(self, now_us):
        """Somebody else has set it up: it converts, but at gain 1 and with its defaults."""
        self.reset(now_us)
        self.registers[_PU_CTRL] = _RUNS
        self._begin(now_us)

    def follow(self, at_us):
        """The conversion that runs ends then (a recording is being played)."""
        self._conversion_us = at_us

    def temperature(self):
        """What its sensor feels, in 1/1000 degree."""
        return self.temperature_mc

    def _plan(self):
        self.next_us = min(self._ready_us, self._calibrated_us, self._conversion_us)

    @property
    def gain(self):
        """The gain that the registers choose."""
        return 1 << (self.registers[_CTRL1] & 7)

    @property
    def period_us(self):
        """Time from conversion to conversion as the registers choose it; None: none."""
        period = PERIODS_US.get(self.registers[_CTRL2] >> 4 & 7)
        return None if period is None else period * 1000000 // self._error

    # --- time ------------------------------------------------------------------------------------

    def advance(self, now_us):
        """Let time pass to `now_us`; True if DRDY became active."""
        became = False
        while self.powered and self.next_us <= now_us:
            at = self.next_us
            if at == self._ready_us:
                self._ready_us = _NEVER
                self.registers[_PU_CTRL] |= PUR
                self._begin(at)
            elif at == self._calibrated_us:
                self._end_calibration(at)
            else:
                became |= self._finish(at)
            self._plan()
        return became

    def _begin(self, now_us):
        """Start converting, or stop, as the registers say; every start settles anew."""
        period = self.period_us
        runs = self.registers[_PU_CTRL] & _RUNS == _RUNS and period is not None
        busy = self._calibrated_us != _NEVER
        self._conversion_us = now_us + period if runs and not busy else _NEVER
        self._settled = 0
        self._plan()

    def _reference_mv(self):
        if self.registers[_PU_CTRL] & AVDDS:
            return _LDO_MV[self.registers[_CTRL1] >> 3 & 7]
        return 5000

    def _measure(self, at_us):
        registers = self.registers
        if registers[_I2C_CTRL] & SI:
            return self._offset
        if registers[_I2C_CTRL] & TS:
            microvolts = 109000 + (self.temperature() - 25000) * 36 // 100
            code = microvolts * self.gain * 0x800000 // (self._reference_mv() * 500)
        elif registers[_CTRL2] & 0x80:
            code = 0
        else:
            code = self._convert(at_us, self.gain)
            if registers[_I2C_CTRL] & BOPGA:
                if not self.bridge_ohm:
                    return _MAX
                nanovolts = _BURN_OUT_NA * self.bridge_ohm
                code += nanovolts * self.gain * 0x800000 // (self._reference_mv() * 500000)
        return saturate(code + self._offset)

    def _finish(self, at_us):
        self.conversions += 1
        self._conversion_us = at_us + self.period_us
        target = self._measure(at_us)
        if self._settled < SETTLING:
            self._settled += 1
            value = self._value + (target - self._value) * self._settled // SETTLING
        else:
            self._value = value = target
        registers = self.registers
        offset = (registers[3] & 0x7F) << 16 | registers[4] << 8 | registers[5]
        if registers[3] & 0x80:
            offset = -offset
        scale = int.from_bytes(registers[_GCAL : _GCAL + 4], "big")
        word = saturate((value - offset) * scale >> 23) & 0xFFFFFF
        for index in range(3):
            registers[_ADCO + index] = word >> (16 - 8 * index) & 0xFF
        unread = registers[_PU_CTRL] & CR
        if unread:
            self.missed += 1
        registers[_PU_CTRL] |= CR
        return not unread

    def _end_calibration(self, at_us):
        self._calibrated_us = _NEVER
        self.calibrations += 1
        registers = self.registers
        registers[_CTRL2] &= ~(CALS | CAL_ERR) & 0xFF
        mode = registers[_CTRL2] & 3
        measured = self._measure(at_us)
        if mode == 3:
            self._calibrate_gain(measured)
        else:
            if mode == 0:
                self._chance = self._chance * 75 % 65537
                measured = self._offset + self._chance * (2 * _SCATTER) // 65537 - _SCATTER
            size = min(abs(measured), _MAX)
            word = size | 0x800000 if measured < 0 else size
            for index in range(3):
                registers[_OCAL + index] = word >> (16 - 8 * index) & 0xFF
        self._begin(at_us)

    def _calibrate_gain(self, measured):
        registers = self.registers
        measured -= self._offset
        if measured <= 0 or 0x800000 * _MAX // measured >> 32:
            registers[_CTRL2] |= CAL_ERR
            return
        registers[_GCAL : _GCAL + 4] = (0x800000 * _MAX // measured).to_bytes(4, "big")

    # --- pins ------------------------------------------------------------------------------------

    def level(self):
        """DRDY as the processor sees it."""
        registers = self.registers
        active = 0 if registers[_CTRL1] & CRP else 1
        return active if self.powered and registers[_PU_CTRL] & CR else 1 - active

    # --- I2C -------------------------------------------------------------------------------------

    def start(self, address):
        """START and the address byte without its read bit: whether it acknowledges."""
        self._expects_register = True
        return self.powered and address == ADDRESS

    def write_byte(self, byte, now_us):
        """A byte from the master after a write address; True: acknowledged."""
        if self._expects_register:
            self._expects_register = False
            self._register = byte & 0x1F
        else:
            self._store(self._register, byte, now_us)
            self._register = self._register + 1 & 0x1F
        return True

    def read_byte(self):
        """A byte to the master after a read address."""
        register = self._register
        byte = self.registers[register]
        if register == _ADCO + 2:
            self.registers[_PU_CTRL] &= ~CR & 0xFF  # N2
        self._register = register + 1 & 0x1F
        return byte

    def _store(self, register, byte, now_us):
        registers = self.registers
        before = registers[register]
        if register == _PU_CTRL:
            if byte & RR:
                self.reset(now_us)
                registers[_PU_CTRL] = RR
                return
            registers[_PU_CTRL] = byte & ~_READ_ONLY & 0xFF | before & _READ_ONLY
            if not byte & PUD:
                registers[_PU_CTRL] &= ~_READ_ONLY & 0xFF
            elif not before & PUD:
                self._ready_us = now_us + POWER_UP_US
            if (byte ^ before) & (PUD | PUA | CS):
                self._begin(now_us)
        elif register == _CTRL2:
            calibrating = self._calibrated_us != _NEVER
            registers[_CTRL2] = byte & ~CAL_ERR & 0xFF | before & CAL_ERR
            if byte & CALS and not calibrating:
                self._calibrated_us = now_us + CALIBRATION_US
                registers[_PU_CTRL] &= ~CR & 0xFF
            elif calibrating:
                registers[_CTRL2] |= CALS
            self._begin(now_us)
        elif register not in (_ADCO, _ADCO + 1, _ADCO + 2, _REVISION):
            registers[register] = byte
            if register in (_CTRL1, _I2C_CTRL) and byte != before:
                self._begin(now_us)
        self._plan()
