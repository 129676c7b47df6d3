"""CS1237 converter (Chipsea data sheet 'CS1237'): two wires, one register.

Owns: its frame, and the register that holds rate, gain and channel.
Refuses: a frame without its last bits 0, 0, 1, and every sample until the register has been
written and read back. Units: as converter.py.

The register is lost with the supply, so it is written and read back after each reset and silence,
and whenever a frame was out of step.
"""

from steelyard_wire.codes import FAULT_NOISY, FAULT_NONE
from steelyard_wire.shim import const

from terminal.drivers.two_wire import TwoWire

_POWER_DOWN_US = const(200)  # more than 100 us
_SETTLE = const(4)  # conversions: three at 10 and 40, four at 640 and 1280 samples/s
_PULSES = const(27)
_TURNED = const(29)  # pulses until DOUT is ours
_READ = const(0x56)
_WRITE = const(0x65)
_DEFAULT_US = const(650000)  # after a reset it converts at 10 samples/s
_TEMPERATURE = const(2)
_SHORT = const(3)
_SHORT_COUNTS = const(0x8000)  # 50 uV at gain 128 and 3.3 V
_GAINS = (1, 2, 64, 128)
_RATES = (10, 40, 640, 1280)


class CS1237(TwoWire):
    """One CS1237. wiring: dout, sck (pins), gain 1, 2, 64 or 128, rate_hz 10, 40, 640 or 1280.
    ValueError for another gain or rate.
    """

    def __init__(self, wiring, machine, time, ring) -> None:
        gain = wiring["gain"]
        rate = wiring["rate_hz"]
        if gain not in _GAINS or rate not in _RATES:
            raise ValueError("CS1237: gain is 1, 2, 64 or 128, the rate 10, 40, 640 or 1280")
        self._cell = _RATES.index(rate) << 4 | _GAINS.index(gain) << 2
        self._config = self._cell
        self._command = _WRITE  # what the next frame does to the register, 0: nothing
        TwoWire.__init__(self, wiring, machine, time, ring, _SETTLE, _PULSES, _POWER_DOWN_US)

    def _release(self) -> None:
        self._command = _WRITE
        self._silence_us = _DEFAULT_US
        TwoWire._release(self)

    def _lost(self) -> None:
        self._command = _WRITE

    def _read(self) -> None:
        if self._doubt and not self._command:
            self._command = _READ
        if self._command:
            self._configure()
        else:
            TwoWire._read(self)

    def _take(self, word: int, now: int, now_us: int) -> None:
        if word & 7 != 1 and not self._settle:
            self._break(now)
        elif word & 1:
            self._accept(self._signed(word >> 3), now, now_us)
        else:
            self._break(now)

    def _send(self, word: int, bits: int) -> None:
        for at in range(bits - 1, -1, -1):
            self._dout(word >> at & 1)
            self._pulse()

    def _configure(self) -> None:
        now = self._ticks_ms()
        begin = self._ticks_us()
        command = self._command
        dout = self._dout
        self._late = False
        word = self._shift(_TURNED)
        dout.init(1)
        self._send(command << 1, 8)  # seven bits, and the pulse that turns DOUT
        if command == _WRITE:
            self._send(self._config << 1, 9)
            dout.init(0)
            found = self._config
        else:
            dout.init(0)
            found = self._shift(9) >> 1
        if self._late or word & 7 != 7 or found & 0x7F != self._config:
            self._break(now)
        elif command == _WRITE:
            self._command = _READ
            self._restart()
        else:
            self._command = 0
            self._accept(self._signed(word >> 5), now, begin)

    def _select(self, channel: int) -> None:
        self._busy = True
        self._config = (
            self._cell & 0x70 | channel if channel == _TEMPERATURE else self._cell | channel
        )
        self._command = _WRITE
        self._busy = False

    def temperature(self):
        """Raw code of the temperature sensor at gain 1, proportional to kelvins; None without."""
        return None if self._read_aside(_TEMPERATURE) != FAULT_NONE else self._aside_counts

    def self_test(self) -> int:
        """Read the chip's shorted input: 0, the fault of its frames, or NOISY if it is not 0."""
        fault = self._read_aside(_SHORT)
        if fault == FAULT_NONE and not -_SHORT_COUNTS < self._aside_counts < _SHORT_COUNTS:
            fault = FAULT_NOISY
        return fault


make = CS1237
