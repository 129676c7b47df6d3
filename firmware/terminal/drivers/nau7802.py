"""NAU7802 load-cell converter on I2C (Nuvoton data sheet 'NAU7802', revision 1.7).

Owns: its registers, its calibration, which is kept and restored.
Refuses: a number behind which the ten registers that scale it (power, gain, rate, channel, offset
and gain of the calibration) do not read back as they were written; every second the others too.
Units: as converter.py; temperature() in counts at gain 2: 109 mV at 25 degrees, 360 uV per degree,
full scale half of the supply of the cell.

Each calibration of this chip finds another offset, by up to 1 %. So it is made once: the first
start, or `recalibrate`, hands it to `save`, and every later reset or power-up gets the same
registers back. A new one changes the weight: what `save` refuses is not used, and is no number.
I2C has no check sum, and a conversion that ends in a read mixes two words: each is read twice.
With the registers that is 0.57 ms at 400 kHz, 4.5 % of the time at 80 samples/s, 18 % at 320.
"""

from steelyard_wire.codes import FAULT_NONE
from steelyard_wire.shim import const

from terminal.drivers.register_bus import AGAIN, BAD, GOOD, TEMPERATURE, RegisterBus

_ADDRESS = const(0x2A)
_TIMEOUT_US = const(2000)  # the longest transfer takes 0.3 ms
_ADCO = const(0x12)
_I2C_CTRL = const(0x11)
_ADC = const(0x15)
_PGA = const(0x1B)
_CHOPPER_OFF = const(0x30)
_PGA_BITS = const(0x58)  # LDOMODE, BYPASS, INV: 0
_INPUTS = (0x0E, 0x02, 0x08, 0x04)  # of I2C_CTRL: all, TS, SI (short), BOPGA (burn-out)
_OCAL = const(3)
_CR = const(0x20)
_PUR = const(0x08)
_SETTLE = const(6)
_RAMP_US = const(250000)  # of the regulator of the cell's supply
_CALIBRATION_TURNS = const(60)  # of 20 ms; it takes 0.35 s
_CRS = {10: 0, 20: 1, 40: 2, 80: 3, 320: 7}
_VLDO = {0: 0, 4500: 0, 4200: 1, 3900: 2, 3600: 3, 3300: 4, 3000: 5, 2700: 6, 2400: 7}


class NAU7802(RegisterBus):
    """One NAU7802. wiring: id, sda, scl (I2C), drdy, gain 1 to 128, rate_hz 10, 20, 40, 80 or 320,
    channel 1 or 2, ldo_mv: the supply that it makes for the cell, 0 where the cell has its own.
    KeyError or ValueError for others.
    """

    def __init__(self, wiring, machine, time, ring) -> None:
        second = wiring["channel"] == 2
        ldo_mv = wiring["ldo_mv"]
        pin = machine.Pin
        self._pin = pin
        self._scl = wiring["scl"]
        self._open = lambda: machine.I2C(
            wiring["id"],
            scl=pin(self._scl),
            sda=pin(wiring["sda"]),
            freq=400000,
            timeout=_TIMEOUT_US,
        )
        self._i2c = self._open()
        self._word = bytearray(3)
        self._again = bytearray(3)
        self._at = 0
        self._seen = bytearray(10)
        # PU_CTRL, CTRL1, CTRL2 and the calibration, as they must read back.
        self._wanted = bytearray(10)
        self._wanted[0] = 0x9E if ldo_mv else 0x1E
        self._wanted[1] = (
            0x80 | _VLDO[ldo_mv] << 3 | self._gain_code(wiring["gain"])
        )  # DRDY low active
        self._ctrl1 = self._wanted[1]
        self._wanted[2] = second << 7 | _CRS[wiring["rate_hz"]] << 4
        self._i2c_ctrl = bytearray(1)
        self._others = bytearray(8)  # from ADC to PWR_CTRL; between them is a word to be read
        self._input = 0
        self._capacitor = 0 if second else 0x80  # between the second input's pins (9.4)
        self._ramp_us = _RAMP_US if ldo_mv else 2000
        self._known = False
        self._load = self._save = None
        self._turns = 0
        RegisterBus.__init__(self, wiring, machine, time, ring, _SETTLE)

    # --- calibration -----------------------------------------------------------------------------

    def keep(self, load, save) -> None:
        """Where the calibration is kept: load() -> bytes or None, save(bytes); both may raise
        OSError, and there is no number until they do not.
        """
        self._load = load
        self._save = save

    def calibration(self) -> bytes:
        """What is kept: CTRL1 and CTRL2 for which it holds, OCAL1 and GCAL1."""
        return bytes(self._wanted[1:])

    def recalibrate(self) -> None:
        """Find the chip's offset anew and keep it; the scale must be calibrated after that."""
        self._known = False
        self._load = None
        self._begin_anew()

    def _restore(self) -> bool:
        if not self._known and self._load:
            kept = self._load()
            self._known = bool(kept) and kept[:2] == self._wanted[1:3] and len(kept) == 9
            if self._known:
                self._wanted[_OCAL:] = kept[2:]
        return self._known

    def _bound(self) -> None:
        # A saturated measurement comes out less the offset, which is no code of full scale.
        offset = self._wanted[_OCAL] & 0x7F
        offset = offset << 16 | self._wanted[_OCAL + 1] << 8 | self._wanted[_OCAL + 2]
        self._most = 0x7FFFFF - offset
        self._least = offset - 0x800000

    # --- setting up ------------------------------------------------------------------------------

    def _put(self, *values) -> None:
        self._i2c.writeto(_ADDRESS, bytes(values))

    def _get(self, register: int, buffer):
        self._i2c.readfrom_mem_into(_ADDRESS, register, buffer)
        return buffer

    def _lose(self) -> None:
        RegisterBus._lose(self)
        self._turns = -1  # the bus must be cleared first

    def _clear_bus(self) -> None:
        # A chip that was interrupted in a byte holds SDA until it got its clocks (I2C-bus
        # specification UM10204, 3.1.16).
        scl = self._pin(self._scl, self._pin.OUT, value=1)
        for _ in range(9):
            scl(0)
            scl(1)
        self._i2c = self._open()
        self._turns = 0

    def _step(self, stage: int):
        wanted = self._wanted
        if stage == 1:
            if self._turns < 0:
                self._clear_bus()
            self._put(0, 0x01)
            self._put(0, 0x02)
            return 2, 1000
        if stage == 2:
            if not self._get(0, self._seen)[0] & _PUR:
                raise OSError
            self._put(1, wanted[1], wanted[2])
            other = self._get(_ADC, self._others)
            self._put(_ADC, other[0] | _CHOPPER_OFF)
            self._put(_PGA, other[6] & ~_PGA_BITS, other[7] & 0x7F | self._capacitor)
            self._put(0, wanted[0])
            self._turns = 0
            return 3, self._ramp_us
        if stage == 3:
            if self._restore():
                self._bound()
                self._i2c.writeto(_ADDRESS, b"\x03" + wanted[_OCAL:])
                return 0, 0
            self._put(2, wanted[2] | 0x04)
            return 4, 20000
        seen = self._get(0, self._seen)
        if seen[2] & 0x04 and self._turns < _CALIBRATION_TURNS:
            self._turns += 1
            return 4, 20000
        if seen[2] & 0x0C:
            raise OSError
        wanted[_OCAL:] = seen[_OCAL:]
        if self._save:
            self._save(self.calibration())
        self._known = True
        self._bound()
        return 0, 0

    def _sleep(self) -> None:
        self._put(0, 0)

    # --- reading ---------------------------------------------------------------------------------

    def _fetch(self) -> int:
        word = self._get(_ADCO, self._word)
        again = self._get(_ADCO, self._again)
        seen = self._get(0, self._seen)
        if seen[0] & _CR or word != again:
            return AGAIN  # a conversion ended meanwhile, or a bit was lost on the wire
        return GOOD if seen == self._wanted else BAD

    def _audit(self) -> bool:
        other = self._get(_ADC, self._others)
        return (
            self._get(_I2C_CTRL, self._i2c_ctrl)[0] & _INPUTS[0] == self._input
            and other[0] & _CHOPPER_OFF == _CHOPPER_OFF
            and other[6] & _PGA_BITS == 0
            and other[7] & 0x80 == self._capacitor
        )

    def _is_ready(self) -> bool:
        if self._drdy is None:
            return bool(self._get(0, self._seen)[0] & _CR)
        return not self._drdy()

    # --- for a task ------------------------------------------------------------------------------

    def _change(self, channel: int) -> None:
        wanted = self._wanted
        self._input = _INPUTS[channel] if channel else 0
        # The sensor is for gain 2.
        wanted[1] = self._ctrl1 & 0xF8 | 1 if channel == TEMPERATURE else self._ctrl1
        self._put(_I2C_CTRL, self._input)
        self._put(1, wanted[1])

    def temperature(self):
        """Counts of its sensor at gain 2, or None if it does not answer."""
        return self._aside_counts if self._read_aside(TEMPERATURE) == FAULT_NONE else None


make = NAU7802
