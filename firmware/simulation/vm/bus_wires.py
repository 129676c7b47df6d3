"""A converter with registers, soldered to a bus and a DRDY pin of the virtual board.

Owns: the connection of a chip model with the pins, the bus and the world's load cell, and the
faults at them. Refuses: nothing. Units: microseconds.

Of the world's signals, dout_low and dout_high force DRDY, `nack` has the chip answer nobody,
`sda_low` holds the data line (MISO on SPI), `chip_reset` sets it up anew at gain 1.
"""

import board_time
import machine

_NEVER = 1 << 60


class BusDevice:
    """A chip with DRDY on a pin; a device of board_time. Its bus is the subclass's."""

    def __init__(self, make, drdy, rate_error_ppm):
        self.chip = make(self._convert, rate_error_ppm)
        self.chip.temperature = self._temperature
        self.chip.reset(board_time.now_us)
        self._drdy = machine.net(drdy)
        self._drdy.read = self._level
        self._last = 1
        self._resets = board_time.signals >> board_time.RESET_SHIFT
        board_time.devices.append(self)

    def next_us(self):
        """When the chip next does something by itself."""
        return self.chip.next_us if self.chip.powered else _NEVER

    def advance(self, now_us):
        """Bring the chip up to now and pass on the edge that it makes."""
        self._look()
        if self.chip.advance(now_us) and self.chip.PULSES:
            self._last = 1  # a result that follows an unread one lifts DRDY for a moment
        self._edge()

    def deliver(self):
        """What the world changed, and edges that came while interrupts were off."""
        self._look()
        if self._drdy.latched:
            self._drdy.latched = False
            self._last = self._level()
            self._drdy.fell()
        self._edge()

    def _look(self):
        # What the world changed, and what the last read did to DRDY.
        signals = board_time.signals
        if signals >> board_time.RESET_SHIFT != self._resets:
            self._resets = signals >> board_time.RESET_SHIFT
            self.chip.reinitialise(board_time.now_us)
        self._set_faults(signals & board_time.NACK, signals & board_time.SDA_LOW)
        if self._level():
            self._last = 1

    def _edge(self):
        level = self._level()
        last = self._last
        self._last = level
        if last and not level:
            self._drdy.fell()

    def _level(self):
        forced = board_time.signals & 3
        if forced:
            return 0 if forced == board_time.DOUT_LOW else 1
        return self.chip.level()

    def _convert(self, at_us, gain):
        _, word, following = board_time.ask(board_time.CONVERT, at_us, gain)
        if following:
            self.chip.follow(following)
        return word

    def _temperature(self):
        # The world answers the gain 0 with the temperature of the air.
        return board_time.ask(board_time.CONVERT, board_time.now_us, 0)[1]
