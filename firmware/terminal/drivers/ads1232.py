"""ADS1232 load-cell converter (Texas Instruments SBAS350G).

Owns: its frame, its pins beside the two wires, offset calibration and temperature sensor.
Refuses: a frame after which DRDY/DOUT is not high, and a calibration that did not take its time.
Units: as converter.py.

PDWN is the reset. The offset that the chip has calibrated is gone after one, so each is followed
by a calibration: the zero is the same after every start. GAIN1, GAIN0, SPEED and A0 may be tied to
levels; those that the wiring names are driven.
"""

from steelyard_wire.codes import FAULT_NONE
from steelyard_wire.shim import const

from terminal.drivers.two_wire import TwoWire

_PDWN_US = const(100)  # at least 26 us
_SETTLE = const(4)
_READ = const(25)
_CALIBRATE = const(26)
_CALIBRATION = const(9)  # periods: 801 or 101 ms
_MORE_US = const(1000)
_JUDGED = const(4)
_APART_US = const(500)  # what is seen later is calibrated once more
_GAINS = (1, 2, 64, 128)


class ADS1232(TwoWire):
    """One ADS1232. wiring: dout, sck, pdwn (pins), gain 1, 2, 64 or 128, rate_hz 10 or 80; if they
    are wired, gain0, gain1, speed, a0 and temp (pins), and channel 1 or 2. ValueError for another
    gain or rate.
    """

    def __init__(self, wiring, machine, time, ring) -> None:
        rate = wiring["rate_hz"]
        if wiring["gain"] not in _GAINS or rate not in (10, 80):
            raise ValueError("ADS1232: gain is 1, 2, 64 or 128 and the rate 10 or 80")
        code = _GAINS.index(wiring["gain"])
        self._pdwn = machine.Pin(wiring["pdwn"], machine.Pin.OUT, value=0)
        self._gain1 = self._temp = None
        self._high_gain = code >> 1
        self._again = False
        self._spoke = False  # settled frames came since the last calibration
        self._judged = 0  # frames after a calibration that tell whether there was one
        self._took_us = 0
        self._span_us = 0
        self._before_us = 0
        for name, level in (
            ("gain0", code & 1),
            ("gain1", code >> 1),
            ("speed", rate // 80),
            ("a0", wiring.get("channel", 1) - 1),
            ("temp", 0),
        ):
            if wiring.get(name) is not None:
                pin = machine.Pin(wiring[name], machine.Pin.OUT, value=level)
                if name == "gain1":
                    self._gain1 = pin
                elif name == "temp":
                    self._temp = pin
        TwoWire.__init__(self, wiring, machine, time, ring, _SETTLE, _CALIBRATE, _PDWN_US)

    def start(self) -> None:
        """Power up as SBAS350 8.4.5 wants it: PDWN low, high, low, high; then as TwoWire."""
        self._pdwn(1)
        TwoWire.start(self)

    def calibrate(self) -> None:
        """Reset, and calibrate the offset."""
        self._begin_anew()

    def _hold(self) -> None:
        self._pdwn(0)

    def _release(self) -> None:
        self._pulses = _CALIBRATE
        self._pdwn(1)

    def _lost(self) -> None:
        # A module that is slower than the board file says is silent between any two frames.
        if self._spoke:
            self._spoke = False
            self._pulses = _CALIBRATE
        else:
            self._again = True  # before there is a number

    def _take(self, word: int, now: int, now_us: int) -> None:
        # The 25th pulse lifts DOUT until the next conversion.
        if self._pulses == _CALIBRATE:
            self._pulses = _READ
            self._judged = _JUDGED
            self._again = False
            self._restart()
            self._before_us = self._last_us  # the end of the frame, which is the command
            self._silence_us += self.period_us * _CALIBRATION
            if word & 3 != 3:
                self._break(now)
        elif self._judged and not self._is_calibrated(now_us):
            self._break(now)
        elif word & 1:
            if (
                self._judged != _JUDGED - 1
                and self._diff(now_us, self._last_us) > self.period_us << 2
            ):
                self._lost()  # so long is a chip silent that has begun anew
            if self._again and self._settle < 2:
                self._pulses = _CALIBRATE
                self._settle = 2
            self._accept(self._signed(word >> 1), now, now_us)
            if not self._settle:
                self._spoke = True
        else:
            self._break(now)

    def _is_calibrated(self, now_us: int) -> bool:
        # A conversion that ended in the frame of the command sent the chip to standby, or it began
        # anew meanwhile: then it settles in 4 periods, and has its own offset. A calibration takes
        # 8 and a millisecond, by the clock of the chip, which the next three frames show. (It
        # cannot be seen that it began anew within half a millisecond of the middle.)
        apart = self._diff(now_us, self._before_us)
        self._before_us = now_us
        self._judged -= 1
        if self._judged == _JUDGED - 1:
            self._took_us = apart - _MORE_US
            self._span_us = 0
            return True
        self._span_us += apart
        if self._judged:
            return True
        off = self._took_us - self._span_us * 8 // (_JUDGED - 1)
        return -_APART_US < off < _APART_US

    def _select(self, channel: int) -> None:
        self._busy = True  # what is converted meanwhile is neither
        self._temp(channel)
        self._gain1(0 if channel else self._high_gain)
        self._restart()
        self._busy = False

    def temperature(self):
        """Raw code of the temperature sensor at gain 1 or 2 (111.7 mV at 25 degrees, 379 uV/K);
        None if TEMP or GAIN1 is not wired or no frame came.
        """
        if self._temp is None or self._gain1 is None or self._read_aside(1) != FAULT_NONE:
            return None
        return self._aside_counts


make = ADS1232
