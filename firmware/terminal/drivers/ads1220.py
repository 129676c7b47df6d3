"""ADS1220 converter on SPI (Texas Instruments data sheet SBAS501).

Owns: its four registers, chip select.
Refuses: a number behind which the registers do not read back as they were written, or that two
reads in one transfer do not give alike (SPI has no acknowledge and no check sum).
Units: as converter.py; counts of +-reference/gain (half as many per mV/V as an HX711 gives);
temperature() in 1/32 degree.

The reference is the supply of the cell: AVDD, or the pins REFP0 and REFN0. One transfer of 13
bytes reads the word, the registers and the word again: 52 us at 2 MHz, 5 % at 1000 samples/s.
"""

from steelyard_wire.codes import FAULT_NONE
from steelyard_wire.shim import const

from terminal.drivers.register_bus import (
    AGAIN,
    BAD,
    BURN_OUT,
    GOOD,
    SHORT,
    TEMPERATURE,
    RegisterBus,
)

_BAUD = const(2000000)
_RESET = const(0x06)
_START = const(0x08)
_POWER_DOWN = const(0x02)
_RDATA = const(0x10)
_RREG_ALL = const(0x23)
_WREG_ALL = const(0x43)
_CONTINUOUS = const(0x04)
_RATES = (20, 45, 90, 175, 330, 600, 1000)
_REFERENCES = {"refp0": 0x40, "avdd": 0xC0}


class ADS1220(RegisterBus):
    """One ADS1220. wiring: id, sck, mosi, miso (SPI), cs, drdy, gain 1 to 128, rate_hz 20, 45, 90,
    175, 330, 600 or 1000, channel 1 (AIN0, AIN1) or 2 (AIN2, AIN3), reference "avdd" or "refp0".
    KeyError or ValueError for others.
    """

    HALVES = 2

    def __init__(self, wiring, machine, time, ring) -> None:
        if wiring["drdy"] is None:
            raise ValueError("DRDY must be wired")
        pin = machine.Pin
        self._cs = pin(wiring["cs"], pin.OUT, value=1)
        self._spi = machine.SPI(
            wiring["id"],
            baudrate=_BAUD,
            polarity=0,
            phase=1,
            sck=pin(wiring["sck"]),
            mosi=pin(wiring["mosi"]),
            miso=pin(wiring["miso"]),
        )
        rate = _RATES.index(wiring["rate_hz"])
        self._registers = bytearray(
            (
                (5 if wiring["channel"] == 2 else 0) << 4 | self._gain_code(wiring["gain"]) << 1,
                rate << 5 | _CONTINUOUS,
                # At 20 samples/s the filter can null 50 and 60 Hz.
                _REFERENCES[wiring["reference"]] | (0x10 if rate == 0 else 0),
                0,
            )
        )
        self._wanted = bytearray(self._registers)
        # Word, registers, word again.
        self._ask = bytearray(13)
        self._ask[0] = self._ask[9] = _RDATA
        self._ask[4] = _RREG_ALL
        self._word = bytearray(13)
        self._at = 1
        self._first_word = memoryview(self._word)[1:4]
        self._seen = memoryview(self._word)[5:9]
        self._second_word = memoryview(self._word)[10:13]
        # A chip settles in one conversion; what is before it in the signal may not.
        RegisterBus.__init__(self, wiring, machine, time, ring, 1)

    def _send(self, *values) -> None:
        self._cs(0)
        self._spi.write(bytes(values))
        self._cs(1)

    def _step(self, stage: int):
        if stage == 1:
            self._send(_RESET)
            return 2, 1000
        if stage == 2:
            self._configure()
            return 3, 1000
        # Nobody acknowledges anything here: whoever does not answer has other registers.
        self._fetch()
        if self._seen != self._wanted:
            raise OSError
        return 0, 0

    def _configure(self) -> None:
        self._send(_WREG_ALL, *self._wanted)
        self._send(_START)

    def _sleep(self) -> None:
        self._send(_POWER_DOWN)

    def _fetch(self) -> int:
        self._cs(0)
        self._spi.write_readinto(self._ask, self._word)
        self._cs(1)
        if self._seen != self._wanted:
            return BAD
        # Unlike each other: a bit was lost, or a conversion ended between the two.
        return GOOD if self._first_word == self._second_word else AGAIN

    # --- for a task ------------------------------------------------------------------------------

    def _change(self, channel: int) -> None:
        wanted = self._wanted
        wanted[:] = self._registers
        if channel == TEMPERATURE:
            wanted[1] |= 0x02
        elif channel == SHORT:
            wanted[0] = wanted[0] & 0x0F | 0xE0
        elif channel == BURN_OUT:
            wanted[1] |= 0x01
        self._configure()

    def temperature(self):
        """1/32 degree Celsius, or None if it does not answer."""
        return self._aside_counts >> 10 if self._read_aside(TEMPERATURE) == FAULT_NONE else None


make = ADS1220
