"""Converters with a data and a clock pin: HX711, ADS1232, CS1237.

Owns: the two pins of one chip, the interrupt of its data line, the shape of a frame.
Refuses: a frame whose clock was high for too long or that took more than half a period.
Units: as converter.py.

The frame is clocked in the interrupt of DOUT falling, so samples are taken while the processor
signs or writes. The plain reader masks interrupts around each clock pulse and no longer; another
reader (two_wire_viper.py) replaces `_shift` and masks them for a frame of some 20 us.
"""

from steelyard_wire.shim import const

from terminal.drivers.converter import Converter

_HIGH_LIMIT_US = const(50)  # chips power down at 60 us and more; what we measure has a call in it
_HARD_JITTER_US = const(300)


class TwoWire(Converter):
    """A chip on pins wiring["dout"] and wiring["sck"] at wiring["rate_hz"].

    settle: conversions until settled. pulses: clocks of a frame, at most 30. hold_us: how long
    `_hold` is kept until `_release` lets the chip begin anew. A chip's driver defines
    `_take(word, now, now_us)` for a frame that was clocked in time.
    """

    def __init__(self, wiring, machine, time, ring, settle: int, pulses: int, hold_us: int):
        pin = machine.Pin
        self._falling = pin.IRQ_FALLING
        self._dout = pin(wiring["dout"], pin.IN)
        self._sck = pin(wiring["sck"], pin.OUT, value=0)
        self._lock = machine.disable_irq
        self._unlock = machine.enable_irq
        self._pulses = pulses
        self._hold_us = hold_us
        self._busy = False
        self._down = False
        self._asleep = False
        self._late = False
        self._down_us = 0
        Converter.__init__(self, time, ring, wiring["rate_hz"], settle, _HARD_JITTER_US)
        if wiring.get("reader") == "viper":
            from terminal.drivers.two_wire_viper import reader

            self._shift = reader(self, wiring, machine)

    def start(self) -> None:
        """Reset the chip, which takes 0.1 ms or so, and read it in the interrupt of DOUT."""
        self._asleep = False
        self._reset()
        for _ in range(self._hold_us):  # a turn is a microsecond at least, or poll ends it
            if self._end_reset():
                break
        try:
            self._dout.irq(handler=self._on_ready, trigger=self._falling, hard=True)
        except TypeError:
            # Ports without hard interrupts (esp32) run the handler between two bytecodes.
            self._jitter_us = self.period_us >> 3
            self._dout.irq(handler=self._on_ready, trigger=self._falling)

    def stop(self) -> None:
        """Power the chip down and leave DOUT alone."""
        self._dout.irq(handler=None)
        self.power_down()

    def power_down(self) -> None:
        """Stop converting; nothing goes into the ring until `wake`."""
        self._asleep = self._down = True
        self._hold()

    def wake(self) -> None:
        """Convert again; the conversions until it has settled are discarded."""
        if self._asleep:
            self._asleep = False
            self._reset()

    def _hold(self) -> None:
        self._sck(1)

    def _release(self) -> None:
        self._sck(0)

    def _reset(self) -> None:
        # Power down; `poll` lets it go again.
        self._hold()
        self._down = True
        self._down_us = self._ticks_us()
        self._restart()

    def _end_reset(self) -> bool:
        if self._asleep or not self._down:
            return self._asleep
        if self._diff(self._ticks_us(), self._down_us) < self._hold_us:
            return False
        self._restart()
        self._release()
        self._down = False
        return True

    def _on_ready(self, _pin) -> None:
        # The data bits of a frame make falling edges too; those find `_busy` or DOUT high.
        if self._busy or self._down or self._dout():
            return
        self._busy = True
        self._read()
        self._busy = False

    def poll(self) -> None:
        """From a task, at least twice a conversion: end a reset, find silence and a lost edge."""
        if self._end_reset():
            return
        now_us = self._ticks_us()
        if not self._down and self._diff(now_us, self._last_us) > self.period_us + 2000:
            # Claim the frame first: an interrupt between the look at DOUT and the first clock
            # would take the word away and leave 24 ones, which is a legal -1.
            self._busy = True
            if not self._dout():
                self._read()
            if self._check_silence(now_us):
                self._lost()
            self._busy = False

    def _lost(self) -> None:
        """A silence: whoever speaks after it may have forgotten its settings."""

    def _pulse(self) -> None:
        state = self._lock()
        begin = self._ticks_us()
        self._sck(1)
        self._sck(0)
        if self._diff(self._ticks_us(), begin) > _HIGH_LIMIT_US:
            self._late = True
        self._unlock(state)

    def _shift(self, pulses: int) -> int:
        """Clock `pulses` times: the level of DOUT after each, the first in the highest bit."""
        word = 0
        for _ in range(pulses):
            self._pulse()
            word = word << 1 | self._dout()
        return word

    def _read(self) -> None:
        now = self._ticks_ms()
        begin = self._ticks_us()
        self._late = False
        word = self._shift(self._pulses)
        # A frame of more than half a period may have been overwritten while it was shifted out.
        if self._late or self._diff(self._ticks_us(), begin) > self.period_us >> 1:
            self._break(now)
        else:
            self._take(word, now, begin)

    def _signed(self, word: int) -> int:
        return word - 0x1000000 if word & 0x800000 else word

    def _break(self, now: int) -> None:
        """The frame is nothing: discard it and begin anew."""
        self._reject(now)
        self._begin_anew()

    def _begin_anew(self) -> None:
        self.resets = self.resets + 1 & 0x1FFFFFFF
        self._reset()
