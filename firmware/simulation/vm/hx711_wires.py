"""The parts soldered to the virtual board's pins: an HX711, three keys, the case switch.

Owns: the connection of the chip model with the pins and with the world's load cell, and the
faults at the pins. Refuses: nothing. Units: microseconds.
"""

import board_time
import machine
from hx711_chip import HX711Chip

_STALL_US = 100  # a stall that no interrupt mask prevents, in the middle of a frame
_STALL_AT = 12
_NEVER = 1 << 60


class HX711Device:
    """The chip model on the pins DOUT and SCK; a device of board_time."""

    def __init__(self, dout, sck, rate_hz, rate_error_ppm):
        self.chip = HX711Chip(self._convert, rate_hz, rate_error_ppm)
        self._dout = machine.net(dout)
        self._sck = machine.net(sck)
        self._dout.read = self._level
        self._sck.write = self._clock
        self._last = 1
        self._stalls = 0
        board_time.devices.append(self)

    def next_us(self):
        """When the next conversion ends."""
        return self.chip.next_us if self.chip.powered else _NEVER

    def advance(self, now_us):
        """Bring the chip up to now and pass on the edge that it makes."""
        # A conversion that follows an unread one lifts DOUT for a moment (assumption A5).
        if self.chip.advance(now_us) and not board_time.signals & 3:
            self._last = 0
            self._dout.fell()

    def deliver(self):
        """Edges that came while interrupts were off, or from a line that was forced."""
        level = self._level()
        if self._dout.latched or (self._last and not level and board_time.signals & 3):
            self._dout.latched = False
            self._last = level
            self._dout.fell()
        self._last = level

    def _convert(self, at_us, gain):
        _, word, following = board_time.ask(board_time.CONVERT, at_us, gain)
        if following:
            # A recording is being played: its time stamps, not the chip's oscillator, say when.
            self.chip.next_us = following
        return word

    def _level(self):
        forced = board_time.signals & 3
        if forced:
            return 0 if forced == board_time.DOUT_LOW else 1
        return self.chip.level(board_time.now_us)

    def _clock(self, level):
        chip = self.chip
        chip.clock(level, board_time.now_us)
        ordered = board_time.signals >> board_time.STALL_SHIFT & 0xFF
        if level and ordered != self._stalls and chip.pulses == _STALL_AT:
            self._stalls = ordered
            board_time.charge_masked(_STALL_US)


class Key:
    """A push button to ground with a pull-up; bit `index` of the world's keys."""

    def __init__(self, pin, index):
        self._mask = 1 << board_time.KEY_SHIFT + index
        machine.net(pin).read = self._level

    def _level(self):
        return 0 if board_time.signals & self._mask else 1


def case_switch(pin):
    """The latch under the cover: high while the case is open."""
    machine.net(pin).read = lambda: 1 if board_time.signals & board_time.CASE_OPEN else 0
