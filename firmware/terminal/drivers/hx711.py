"""HX711 load-cell converter over its two wires (Avia Semiconductor data sheet, 'HX711').

Owns: the clock and data pin of one HX711 and the qualification of its frames.
Refuses: to give a number for anything but a complete frame of a settled conversion. Every other
outcome is a fault code in the ring: NO_DATA, BAD_FRAME, SETTLING, OVERLOAD, UNDERLOAD, GAP.
Units: counts, signed 24 bit; times in microseconds (`ticks_us`) and milliseconds (`ticks_ms`).

The frame is clocked in the interrupt of DOUT falling, so samples are taken while the processor
signs or writes. Interrupts are masked around each clock pulse and no longer: a clock that stays
high for more than 60 us would power the chip down. Nothing is allocated after `start`.
"""

from steelyard_wire.codes import (
    FAULT_BAD_FRAME,
    FAULT_GAP,
    FAULT_NO_DATA,
    FAULT_NONE,
    FAULT_OVERLOAD,
    FAULT_SETTLING,
    FAULT_UNDERLOAD,
)
from steelyard_wire.shim import const

_CODE_MAX = const(0x7FFFFF)
_CODE_MIN = const(-0x800000)
_HIGH_LIMIT_US = const(50)  # the chip powers down at 60 us; what we measure includes the call
_POWER_DOWN_US = const(100)
_SETTLE = const(4)  # conversions until settled after power-up, reset or change of channel
_COUNTER = const(0x1FFFFFFF)  # counters wrap before a sum leaves the small integers
_PULSES = {128: 25, 32: 26, 64: 27}  # A/128, B/32, A/64


class HX711:
    """One HX711. `dout` and `sck` are machine.Pin objects (DOUT an input, SCK a low output).

    time, machine: the modules, handed in: ticks_us, ticks_ms, ticks_diff; disable_irq, enable_irq.
    ring: SampleRing. gain: 128, 64 (channel A) or 32 (channel B). rate_hz: 10 or 80, the nominal
    rate that the RATE pin selects. ValueError for any other gain or rate.
    """

    def __init__(self, dout, sck, time, machine, ring, gain: int = 128, rate_hz: int = 80) -> None:
        if gain not in _PULSES or rate_hz not in (10, 80):
            raise ValueError("HX711: gain is 128, 64 or 32 and the rate 10 or 80")
        self._dout = dout
        self._sck = sck
        self._ticks_us = time.ticks_us
        self._ticks_ms = time.ticks_ms
        self._diff = time.ticks_diff
        self._lock = machine.disable_irq
        self._unlock = machine.enable_irq
        self._ring = ring
        self._extra = _PULSES[gain] - 24
        self._first = _SETTLE if gain == 128 else _SETTLE + 1
        self._period_ms = 1000 // rate_hz
        self._settle = self._first
        self._busy = False
        self._down = False
        self._silence_ms = 0
        self._silent = False
        self._late = False
        self._last_ms = 0
        self._down_us = 0
        self._rate_from = 0
        self._rate_frames = 0
        self.rate_mhz = 0
        self.frames = 0
        self.bad_frames = 0
        self.gaps = 0
        self.silences = 0

    def start(self, falling: int) -> None:
        """Reset the chip, which takes 0.1 ms, and read it in the interrupt `falling` of DOUT."""
        self._last_ms = self._rate_from = self._ticks_ms()
        self._reset()
        for _ in range(_POWER_DOWN_US):  # a turn is a microsecond at least, or poll ends it
            self._sck(1)
            if self._end_reset():
                break
        try:
            self._dout.irq(handler=self._on_ready, trigger=falling, hard=True)
        except TypeError:
            # Ports without hard interrupts (esp32) run the handler between two bytecodes.
            self._dout.irq(handler=self._on_ready, trigger=falling)

    def stop(self) -> None:
        """Power the chip down and leave DOUT alone."""
        self._dout.irq(handler=None)
        self._sck(1)

    def _reset(self) -> None:
        # Clock high: the chip powers down after 60 us. `poll` lets it go again.
        self._sck(1)
        self._down = True
        self._down_us = self._ticks_us()
        self._settle = self._first
        # DOUT may stay high until the conversion has settled.
        self._silence_ms = self._period_ms * 13 // 2

    def _end_reset(self) -> bool:
        if self._down and self._diff(self._ticks_us(), self._down_us) >= _POWER_DOWN_US:
            self._sck(0)
            self._down = False
            return True
        return False

    def _on_ready(self, _pin) -> None:
        # The data bits of a frame make falling edges too; those find `_busy` or DOUT high.
        if self._busy or self._down or self._dout():
            return
        self._busy = True
        self._read()
        self._busy = False

    def poll(self) -> None:
        """From a task, at least twice a conversion: end a reset, find silence and a lost edge."""
        now = self._ticks_ms()
        if self._end_reset():
            return
        if self._diff(now, self._last_ms) > self._period_ms + 2:
            # Claim the frame first: an interrupt between the look at DOUT and the first clock
            # would take the word away and leave 24 ones, which is a legal -1.
            self._busy = True
            if not self._dout():
                self._read()
            if self._diff(now, self._last_ms) > self._silence_ms:
                self._announce_silence(now)
            self._busy = False

    def _announce_silence(self, now: int) -> None:
        # Announced as long as it lasts, counted once.
        self._last_ms = now
        if not self._silent:
            self._silent = True
            self.silences = self.silences + 1 & _COUNTER
        self._settle = self._first
        self._ring.put(0, now, FAULT_NO_DATA)

    def _pulse(self) -> None:
        state = self._lock()
        begin = self._ticks_us()
        self._sck(1)
        self._sck(0)
        if self._diff(self._ticks_us(), begin) > _HIGH_LIMIT_US:
            self._late = True
        self._unlock(state)

    def _read(self) -> None:
        now = self._ticks_ms()
        begin = self._ticks_us()
        self._late = False
        word = 0
        for _ in range(24):
            self._pulse()
            word = word << 1 | self._dout()
        for _ in range(self._extra):
            self._pulse()
        # After the 25th pulse DOUT goes high until the next conversion; a frame that took more
        # than half a period may have been overwritten while it was shifted out.
        slow = self._diff(self._ticks_us(), begin) > self._period_ms * 500
        if self._late or slow or not self._dout():
            self.bad_frames = self.bad_frames + 1 & _COUNTER
            self._ring.put(0, now, FAULT_BAD_FRAME)
            self._reset()
        else:
            self._accept(word - 0x1000000 if word & 0x800000 else word, now)

    def _accept(self, counts: int, now: int) -> None:
        apart = self._diff(now, self._last_ms)
        self._last_ms = now
        self._silent = False
        # With the 10 ms from poll to poll this is within three periods.
        self._silence_ms = self._period_ms * 2 + 1
        self.frames = self.frames + 1 & _COUNTER
        self._measure_rate(now)
        if self._settle:
            self._settle -= 1
            fault = FAULT_SETTLING
        elif counts == _CODE_MAX:
            fault = FAULT_OVERLOAD
        elif counts == _CODE_MIN:
            fault = FAULT_UNDERLOAD
        elif apart > self._period_ms + (self._period_ms >> 1) + 1:
            self.gaps = self.gaps + 1 & _COUNTER
            fault = FAULT_GAP
        else:
            fault = FAULT_NONE
        self._ring.put(counts, now, fault)

    def _measure_rate(self, now: int) -> None:
        # Frames over at least two seconds; a longer window only appears after a silence.
        self._rate_frames += 1
        window = self._diff(now, self._rate_from)
        if window >= 2000:
            self.rate_mhz = self._rate_frames * 1000000 // window
            self._rate_from = now
            self._rate_frames = 0
