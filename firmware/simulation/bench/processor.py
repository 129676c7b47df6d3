"""A processor with pins, for driver tests under CPython and both MicroPython VMs.

Owns: time, pins with interrupts and their mask, what the application does (`run`). One object is
what a driver gets as `time` and as `machine`; the driver under test is the real one.
Refuses: nothing. Units: microseconds of board time, milliseconds where a name says so.

Parts are soldered to it with `add(part)`: an object with `next_us()` (when it next does something
by itself) and `advance(now_us)`. What a part does to a pin goes through `net(number)`: `read` and
`write` are what the pin is soldered to, `fell()` is its falling edge. Buses are attributes of the
processor as they are of `machine` (a builder sets `bench.I2C` or `bench.SPI`); they charge what a
transfer takes with `spend(us)`.

An edge while interrupts are off, or while the handler runs, is kept (one per pin) and delivered
afterwards, as an interrupt controller does.
"""

PERIOD = 1 << 30
_LONG_US = 100
PIN_US = 5  # a Pin call from bytecode on an RP2040 (signal.md 2)


class Net:
    """What one pin is soldered to; parts replace `read` and `write`."""

    def __init__(self, processor):
        self._processor = processor
        self.level = 1
        self.handler = None
        self.latched = False

    def read(self):
        """The level that the processor sees."""
        return self.level

    def write(self, level):
        """The processor drives the pin."""
        self.level = level

    def turn(self, driven):
        """The pin becomes an output (True) or an input."""

    def fell(self):
        """The line went from high to low."""
        self.latched = True
        self._processor.kept = True


class _Pin:
    """One pin as a driver uses it."""

    def __init__(self, processor, net):
        self._processor = processor
        self.net = net

    def __call__(self, level=None):
        processor = self._processor
        processor.now_us = now_us = processor.now_us + processor.pin_us
        for part in processor.parts:  # as `spend` for so little
            part.advance(now_us)
        if processor.kept and not processor.in_interrupt:
            processor.deliver()
        if level is None:
            return self.net.read()
        self.net.write(level)

    value = __call__

    def init(self, mode, value=None):
        """Make it an input or an output."""
        self._processor.spend(self._processor.pin_us)
        if value is not None:
            self.net.write(value)
        self.net.turn(mode == 1)

    def irq(self, handler=None, trigger=0, hard=False):
        """Call `handler(pin)` at falling edges."""
        self.net.handler = handler
        self.net.latched = False


class _PinMaker:
    """machine.Pin: its constants, and a pin for a number."""

    IN = 0
    OUT = 1
    PULL_UP = 1
    IRQ_FALLING = 4

    def __init__(self, processor):
        self._processor = processor

    def __call__(self, number, mode=-1, pull=-1, value=None):
        net = self._processor.net(number)
        if value is not None:
            net.write(value)
        return _Pin(self._processor, net)


class Processor:
    """Board time begins at start_us."""

    def __init__(self, start_us=0):
        self.now_us = start_us
        self.pin_us = PIN_US
        self.parts = []
        self.masked = 0
        self.kept = False  # an edge, since the last time that all were delivered
        self.longest_mask_us = 0
        self.interrupts = True  # False: no handler runs at all
        self.Pin = _PinMaker(self)
        self._mask_from = 0
        self.in_interrupt = False  # a handler runs
        self._nets = {}

    # --- what the driver takes from the modules time and machine ---------------------------------

    def ticks_us(self):
        """As time.ticks_us of a port with 31-bit small integers."""
        return self.now_us % PERIOD

    def ticks_ms(self):
        """As time.ticks_ms."""
        return self.now_us // 1000 % PERIOD

    def ticks_diff(self, end, start):
        """As time.ticks_diff."""
        return (end - start + PERIOD // 2) % PERIOD - PERIOD // 2

    def ticks_add(self, ticks, by):
        """As time.ticks_add."""
        return (ticks + by) % PERIOD

    def sleep_us(self, microseconds):
        """Time passes, with interrupts."""
        self._pass_until(self.now_us + microseconds)

    def sleep_ms(self, milliseconds):
        """Time passes, with interrupts."""
        self._pass_until(self.now_us + milliseconds * 1000)

    def disable_irq(self):
        """Mask interrupts."""
        self.masked += 1
        self._mask_from = self.now_us
        return self.masked - 1

    def enable_irq(self, state):
        """Restore the mask; what was kept meanwhile is delivered."""
        self.longest_mask_us = max(self.longest_mask_us, self.now_us - self._mask_from)
        self.masked = state
        self.deliver()

    def freq(self):
        """Of the processor, in Hz."""
        return 125000000

    # --- for parts and buses ---------------------------------------------------------------------

    def add(self, part):
        """Solder a part to the board."""
        self.parts.append(part)

    def net(self, number):
        """What the pin is soldered to, made when it is first asked for."""
        if number not in self._nets:
            self._nets[number] = Net(self)
        return self._nets[number]

    def spend(self, microseconds):
        """The processor is busy for so long; the parts go on."""
        end_us = self.now_us + microseconds
        if microseconds > _LONG_US:
            self._act_until(end_us)
        self.now_us = end_us
        for part in self.parts:
            part.advance(end_us)

    def _act_until(self, end_us):
        # Parts act one after the other, each when it is its time.
        while self.now_us < end_us:
            following = end_us
            for part in self.parts:
                following = min(following, max(part.next_us(), self.now_us + 1))
            self.now_us = following
            for part in self.parts:
                part.advance(following)

    def deliver(self):
        """Run the handlers of edges that were kept, if interrupts are on."""
        if not self.kept or self.masked or self.in_interrupt or not self.interrupts:
            return
        self.kept = False
        for net in self._nets.values():
            while net.latched:
                net.latched = False
                if net.handler:
                    self.in_interrupt = True
                    try:
                        net.handler(None)
                    finally:
                        self.in_interrupt = False

    def _pass_until(self, end_us):
        while self.now_us < end_us:
            following = end_us
            for part in self.parts:
                following = min(following, max(part.next_us(), self.now_us + 1))
            self.spend(following - self.now_us)
            self.deliver()

    # --- what the application does ---------------------------------------------------------------

    def away(self, milliseconds):
        """Interrupts off for so long, as in an erase of flash."""
        state = self.disable_irq()
        self.spend(milliseconds * 1000)
        self.enable_irq(state)
