"""A converter on two wires, soldered to pins of the virtual board: HX711, ADS1232, CS1237.

Owns: the connection of a chip model with the pins and with the world's load cell, and the faults
at the pins. Refuses: nothing. Units: microseconds.
"""

import board_time
import machine

_STALL_US = 150  # a stall that no interrupt mask prevents, in the middle of a frame
_STALL_AT = 12
_NEVER = 1 << 60


class TwoWireDevice:
    """The chip model on the pins DOUT and SCK; a device of board_time.

    make(convert) gives the chip.
    """

    def __init__(self, make, wiring):
        self.chip = make(self._convert)
        self.chip.celsius = self._celsius
        self.chip.reset(board_time.now_us)
        self._dout = machine.net(wiring["dout"])
        self._sck = machine.net(wiring["sck"])
        self._dout.read = self._level
        self._dout.write = self._drive
        self._dout.turn = self._turn
        self._sck.write = self._clock
        self._driven = 0
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

    def _celsius(self):
        # The world answers the gain 0 with the temperature of the air, in 1/1000 degree.
        return board_time.ask(board_time.CONVERT, board_time.now_us, 0)[1] / 1000

    def _level(self):
        forced = board_time.signals & 3
        if forced:
            return 0 if forced == board_time.DOUT_LOW else 1
        return self.chip.level(board_time.now_us)

    def _drive(self, level):
        self._driven = level
        self.chip.driven = level

    def _turn(self, driven):
        self.chip.driven = self._driven if driven else -1

    def _clock(self, level):
        chip = self.chip
        chip.clock(level, board_time.now_us)
        if level and chip.pulses == _STALL_AT:
            ordered = board_time.signals >> board_time.STALL_SHIFT & 0xFF
            if ordered != self._stalls:
                self._stalls = ordered
                board_time.charge_masked(_STALL_US)
