"""Converters with registers on a bus: NAU7802 (I2C), ADS1220 (SPI).

Owns: the interrupt of DRDY, the steps in which a chip is set up, what a failed transfer means.
Refuses: a number whose registers were not read back right after it: a chip that began anew, or
that somebody set to another gain, is found with the first conversion that it makes.
Units: as converter.py.

A conversion is read in the interrupt of DRDY, so samples are taken while the processor signs. The
bus belongs to the converter alone. Nobody answers (OSError of I2C): NO_DATA. The registers are not
those that were written, or DRDY stays low after a read: BAD_FRAME. Both set the chip up anew, in
steps that a task makes, for as long as it takes; they count in `resets`. An OSError is raised in C
also where the heap is locked: it then comes from a place that MicroPython keeps for it.
"""

from steelyard_wire.codes import FAULT_BAD_FRAME, FAULT_NO_DATA, FAULT_NONE, FAULT_OVERLOAD
from steelyard_wire.shim import const

from terminal.drivers.converter import Converter

_JITTER_US = const(300)
_RETRY_US = const(20000)
_ASLEEP = const(-1)
_RUNS = const(0)
_FIRST = const(1)

GOOD = const(0)
AGAIN = const(1)  # another conversion ended meanwhile: read once more
BAD = const(2)

# Channels of `_change` beside 0, the load cell.
TEMPERATURE = const(1)
SHORT = const(2)  # the inputs, inside the chip
BURN_OUT = const(3)  # a small current through the bridge
_SHORT_MOST = const(83886)  # 1 % of full scale
_CODE_MAX = const(0x7FFFFF)


class RegisterBus(Converter):
    """A chip whose DRDY is wiring["drdy"]; None where it is not wired, at 10 samples/s only.

    A chip's driver defines `_fetch()` -> GOOD, AGAIN or BAD, leaving the three bytes of the word
    in `_word` from `_at` on, `_step(stage)` -> (next stage, us until then) from 1 until 0,
    `_sleep()`, `_change(channel)` and `_audit()` for what it has, `_is_ready()` if DRDY may be
    missing. All may raise OSError. Setting up allocates, taking samples does not.
    """

    def __init__(self, wiring, machine, time, ring, settle: int) -> None:
        pin = machine.Pin
        number = wiring["drdy"]
        rate_hz = wiring["rate_hz"]
        self._falling = pin.IRQ_FALLING
        self._drdy = None if number is None else pin(number, pin.IN)
        self._stage = _ASLEEP
        self._since_us = 0
        self._wait_us = 0
        self._busy = False
        self._missed = False
        self._audited = 0
        Converter.__init__(self, time, ring, rate_hz, settle, _JITTER_US)
        # A task looks every 10 ms; that is in time for 10 samples/s.
        self._overdue_us = self.period_us + 2000
        if number is None:
            if rate_hz > 10:
                raise ValueError("without DRDY the rate is 10")
            self._jitter_us = self.period_us >> 3
            self._overdue_us = self.period_us >> 1

    def start(self) -> None:
        """Begin to set the chip up (poll goes on), and read it in the interrupt of DRDY."""
        self.wake()
        if self._drdy is None:
            return
        try:
            self._drdy.irq(handler=self._on_ready, trigger=self._falling, hard=True)
        except TypeError:
            # Ports without hard interrupts (esp32) run the handler between two bytecodes.
            self._jitter_us = self.period_us >> 3
            self._drdy.irq(handler=self._on_ready, trigger=self._falling)

    def stop(self) -> None:
        """Power the chip down and leave DRDY alone."""
        if self._drdy is not None:
            self._drdy.irq(handler=None)
        self.power_down()

    def power_down(self) -> None:
        """Stop converting; nothing goes into the ring until `wake`."""
        self._stage = _ASLEEP
        try:
            self._sleep()
        except OSError:
            return  # nobody is there to be put to sleep

    def wake(self) -> None:
        """Set the chip up; the conversions until it has settled are discarded."""
        if self._stage == _ASLEEP:
            self._set_up(0)

    def _set_up(self, wait_us: int) -> None:
        self._stage = _FIRST
        self._since_us = self._ticks_us()
        self._wait_us = wait_us
        self._restart()

    def _lose(self) -> None:
        """Nobody answers: say so, and try again."""
        self._silence_us = -1
        self._check_silence(self._ticks_us())
        self._begin_anew(_RETRY_US)

    def _begin_anew(self, wait_us: int = 0) -> None:
        self.resets = self.resets + 1 & 0x1FFFFFFF
        self._set_up(wait_us)

    def _on_ready(self, _pin) -> None:
        if self._stage or self._drdy():
            return
        if self._busy:
            self._missed = True
            return
        self._busy = True
        self._read()
        self._busy = False

    def _read(self) -> None:
        now = self._ticks_ms()
        begin = self._ticks_us()
        try:
            found = self._fetch()
            if found == AGAIN:
                found = self._fetch()
            if found == GOOD and self._drdy is not None and not self._drdy():
                # Either the next conversion, after a late read, or a line that is stuck.
                found = self._fetch()
                if not self._drdy():
                    found = BAD
        except OSError:
            self._lose()
            return
        if found == GOOD:
            word = self._word
            at = self._at
            high = word[at]
            counts = (high - 256 if high & 0x80 else high) << 16 | word[at + 1] << 8 | word[at + 2]
            self._accept(counts, now, begin)
        else:
            self._reject(now)
            self._begin_anew()

    def poll(self) -> None:
        """From a task, every 10 ms: set the chip up, find silence and a lost edge."""
        stage = self._stage
        if stage < 0:
            return
        self._busy = True
        now_us = self._ticks_us()
        if stage:
            if self._diff(now_us, self._since_us) >= self._wait_us:
                self._go_on(stage)
        else:
            self._look(now_us)
        self._busy = False
        if self._missed:
            self._missed = False
            self._on_ready(None)

    def _go_on(self, stage: int) -> None:
        try:
            stage, wait_us = self._step(stage)
            if stage == _RUNS:
                self._fetch()  # a conversion that waits since the chip was set up is of no use
        except OSError:
            self._lose()
            return
        self._since_us = self._ticks_us()
        self._wait_us = wait_us
        if stage == _RUNS:
            self._restart()
        self._stage = stage

    def _look(self, now_us: int) -> None:
        try:
            if self._diff(now_us, self._last_us) > self._overdue_us:
                if self._is_ready():
                    self._read()
                elif self._check_silence(now_us):
                    # Perhaps it has lost its power, and what it was told.
                    self._begin_anew()
            elif (self.frames - self._audited & 0x1FFFFFFF) >= self.rate_hz:
                self._audited = self.frames
                if not self._audit():
                    self._reject(self._ticks_ms())
                    self._begin_anew()
        except OSError:
            self._lose()

    def _is_ready(self) -> bool:
        return not self._drdy()

    def _audit(self) -> bool:
        """Once a second: whether what `_fetch` does not look at is as it was written."""
        return True

    def _change(self, channel: int) -> None:
        """A chip's part of `_select`; may raise OSError."""

    def _gain_code(self, gain: int) -> int:
        for code in range(8):
            if gain == 1 << code:
                return code
        raise ValueError("gain is 1 to 128")

    def self_test(self) -> int:
        """0, or the code of what is wrong: frames, zero (BAD_FRAME), an open bridge (OVERLOAD)."""
        fault = self._read_aside(0) or self._read_aside(SHORT)
        if fault:
            return fault
        if not -_SHORT_MOST < self._aside_counts < _SHORT_MOST:
            return FAULT_BAD_FRAME
        fault = self._read_aside(BURN_OUT)
        if fault == FAULT_NONE and self._aside_counts > _CODE_MAX - _SHORT_MOST:
            return FAULT_OVERLOAD
        return fault

    def _read_aside(self, channel: int) -> int:
        # Not while the chip is being set up: what it calibrates then is kept.
        return FAULT_NO_DATA if self._stage else Converter._read_aside(self, channel)

    def _select(self, channel: int) -> None:
        self._busy = True
        try:
            self._change(channel)
            self._restart()
        except OSError:
            self._lose()
        self._busy = False
