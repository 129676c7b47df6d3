"""The two wires of a converter on the bench, and the faults at them.

Owns: the connection of a chip model (hx711_chip and its kin) with two pins. Refuses: nothing.
Units: microseconds; clock pulses and data bits are counted from 1 within a frame.

A chip model has `next_us`, `powered`, `sck` (level of the clock), `pulses` (rising edges in the
frame that is being read), `advance(now_us)` (True: a conversion has ended, DOUT fell),
`level(now_us)`, `clock(level, now_us)` and `reset(now_us)`.
"""

_NEVER = 1 << 62


class TwoWirePart:
    """The wires between a processor and a chip.

    Faults, set from outside; those with a pulse in their name happen once, in the next frame that
    reaches it, and are 0 when they have:
    forced: level of a stuck DOUT, -1 none. stretch_at, stretch_us: the clock stays high so long at
    this pulse, by something that no mask prevents. maskable_at, maskable_us: by an interrupt that
    a mask holds off. pause_at, pause_us: after this pulse, with the clock low, the processor is
    away. lose_at: this pulse does not reach the chip. add_at: the chip sees another pulse after
    this one. flip_at: this data bit is inverted on the wire.
    """

    def __init__(self, processor, chip, dout, sck):
        self._processor = processor
        self.chip = chip
        self._dout = processor.net(dout)
        self._dout.read = self._read
        self._dout.write = self._drive
        self._dout.turn = self._turn
        self._driven = 0
        processor.net(sck).write = self._write
        self.forced = self._was_forced = -1
        self.stretch_at = self.stretch_us = 0
        self.maskable_at = self.maskable_us = 0
        self.pause_at = self.pause_us = 0
        self.lose_at = 0
        self.add_at = 0
        self.flip_at = 0
        self._pulse = 0
        self._last = 1
        processor.add(self)

    def next_us(self):
        """When the chip next does something by itself."""
        return self.chip.next_us if self.chip.powered else _NEVER

    def advance(self, now_us):
        """Bring the chip up to now and pass on its edges."""
        chip = self.chip
        if now_us < chip.next_us and chip.powered and not chip.sck:
            if self.forced == self._was_forced:
                return  # nothing happens by itself before that
            self._was_forced = self.forced
        if chip.advance(now_us) and self.forced < 0:
            self._pulse = 0
            self._last = 1  # a conversion that follows an unread one lifts DOUT for a moment
        self._edge()

    def _line(self):
        return self.chip.level(self._processor.now_us) if self.forced < 0 else self.forced

    def _edge(self):
        # For each pulse twice, so without `_line`.
        forced = self.forced
        level = self.chip.level(self._processor.now_us) if forced < 0 else forced
        if self._last and not level:
            self._dout.fell()
        self._last = level

    def _read(self):
        if self._pulse and self._pulse == self.pause_at:
            self.pause_at = 0
            self._processor.spend(self.pause_us)
        level = self._line()
        if self._pulse and self._pulse == self.flip_at:
            self.flip_at = 0
            return 1 - level
        return level

    def _drive(self, level):
        self._driven = level
        self.chip.driven = level if self.forced < 0 else self.forced

    def _turn(self, driven):
        self.chip.driven = -1
        if driven:
            self._drive(self._driven)
        self._edge()

    def _write(self, level):
        processor = self._processor
        if level:
            self._pulse += 1
            if self._pulse == self.lose_at:
                self.lose_at = 0
                return
        self.chip.clock(level, processor.now_us)
        self._edge()
        if level:
            if self._pulse == self.stretch_at:
                self.stretch_at = 0
                processor.spend(self.stretch_us)
            if self._pulse == self.maskable_at and not processor.masked:
                self.maskable_at = 0
                processor.spend(self.maskable_us)
        elif self._pulse and self._pulse == self.add_at:
            self.add_at = 0
            self.chip.clock(1, processor.now_us)
            self.chip.clock(0, processor.now_us)
            self._edge()

    def silent(self, on):
        """The chip seems to say nothing, or speaks again."""
        self.forced = 1 if on else -1
        self._edge()

    def disturb(self):
        """Let the next frame be broken, in a way that a mask does not prevent."""
        self.stretch_at = 12
        self.stretch_us = 150

    def reset_chip(self):
        """The chip begins anew by itself, as after a dip of its supply."""
        self.chip.reset(self._processor.now_us)
        self._pulse = 0
        self._edge()
