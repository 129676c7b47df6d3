"""HX711 load-cell converter over its two wires (Avia Semiconductor data sheet, 'HX711').

Owns: the frame of the HX711 and what chooses its gain.
Refuses: a frame after which DOUT is not high. Units: as converter.py.

The pulses of each frame choose the gain of the next conversion, so it is asserted with every one.
A clock that stays high for more than 60 us powers the chip down, low again resets it.
"""

from steelyard_wire.shim import const

from terminal.drivers.two_wire import TwoWire

_POWER_DOWN_US = const(100)
_SETTLE = const(4)  # conversions until settled after power-up, reset or change of channel
_PULSES = {128: 25, 32: 26, 64: 27}  # A/128, B/32, A/64


class HX711(TwoWire):
    """One HX711. wiring: dout, sck (pins), gain 128, 64 (channel A) or 32 (channel B), rate_hz 10
    or 80, the nominal rate that the RATE pin selects. ValueError for any other gain or rate.
    """

    def __init__(self, wiring, machine, time, ring) -> None:
        gain = wiring["gain"]
        if gain not in _PULSES or wiring["rate_hz"] not in (10, 80):
            raise ValueError("HX711: gain is 128, 64 or 32 and the rate 10 or 80")
        pulses = _PULSES[gain]
        self._extra = pulses - 24
        # A reset chip has gain 128; the first frame chooses another one.
        settle = _SETTLE if gain == 128 else _SETTLE + 1
        TwoWire.__init__(self, wiring, machine, time, ring, settle, pulses, _POWER_DOWN_US)

    def _take(self, word: int, now: int, now_us: int) -> None:
        # From the 25th pulse DOUT is high until the next conversion.
        tail = (1 << self._extra) - 1
        if word & tail != tail:
            self._break(now)
        else:
            self._accept(self._signed(word >> self._extra), now, now_us)


make = HX711
