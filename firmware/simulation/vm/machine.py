"""The `machine` module of the virtual board: pins, interrupts, reset.

Owns: the nets behind the pins. Refuses: parts that the virtual board has not (AttributeError).
Units: microseconds of board time. Pin access allocates nothing, as on a board.
"""

import board_time
from board_time import charge
from machine_bus import I2C, SPI, SoftI2C, SoftSPI  # noqa: F401 - machine has them

# A Pin call from bytecode on an RP2040 at 125 MHz, so that a bit-banged frame of 25 pulses takes
# about 0.5 ms with the clock high for some 6 us (signal.md section 2).
_PIN_US = 5

PWRON_RESET = 1
WDT_RESET = 3
SOFT_RESET = 4
_cause = PWRON_RESET
_nets = {}


class Net:
    """What one pin is soldered to; parts replace `read` and `write`."""

    def __init__(self):
        self.level = 1
        self.pin = None
        self.handler = None
        self.trigger = 0
        self.latched = False
        self.pushes = False  # an output that drives both ways

    def read(self):
        """The level that the processor sees."""
        return self.level

    def write(self, level):
        """The processor drives the pin."""
        self.level = level

    def turn(self, driven):
        """The pin becomes an output (True) or an input."""

    def fell(self):
        """The part behind the pin pulled it low."""
        if self.handler is None or not self.trigger & Pin.IRQ_FALLING:
            return
        if board_time.interrupts_off:
            self.latched = True  # the interrupt controller keeps one edge
        else:
            board_time.interrupt(self.handler, self.pin)


def net(number):
    """The net of a pin, made when it is first asked for."""
    found = _nets.get(number)
    if found is None:
        found = _nets[number] = Net()
    return found


class Pin:
    """machine.Pin as rp2 and esp32 have it, as far as the firmware uses it."""

    IN = 0
    OUT = 1
    OPEN_DRAIN = 2
    PULL_UP = 1
    PULL_DOWN = 2
    IRQ_RISING = 8
    IRQ_FALLING = 4

    def __init__(self, number, mode=-1, pull=-1, *, value=None):
        self.number = number
        self._net = net(number)
        self._net.pin = self
        self._net.pushes = mode == Pin.OUT
        if value is not None:
            self._net.write(value)

    def __call__(self, level=None):
        if board_time.in_interrupt:
            board_time.now_us += _PIN_US  # `charge`, without another call
        else:
            charge(_PIN_US)
        if level is None:
            return self._net.read()
        self._net.write(level)

    value = __call__

    def init(self, mode):
        """Make it an input or an output."""
        board_time.charge(_PIN_US)
        self._net.turn(mode == Pin.OUT)

    def on(self):
        """Drive the pin high."""
        self(1)

    def off(self):
        """Drive the pin low."""
        self(0)

    def irq(self, handler=None, trigger=IRQ_FALLING | IRQ_RISING, *, hard=False):
        """Call `handler(pin)` at the edges in `trigger`."""
        self._net.handler = handler
        self._net.trigger = trigger


class ADC:
    """The processor's converter: at pin 29 a third of the supply, at 26 and 27 an accelerometer,
    at channel 4 the thermometer.

    12 bits, with the noise of one of them (RP2040 data sheet, 4.9.3: 8.7 effective bits); the
    supply is given as it is. 0.706 V at 27 degrees, 1.721 mV less for each more (4.9.5). 1.65 V
    when level, 0.3 V more for each g (ADXL335 data sheet, table 1).
    """

    CORE_TEMP = 4

    def __init__(self, pin):
        if pin not in (4, 26, 27, 29):
            raise ValueError(
                "the virtual board measures at pins 26, 27, 29 and at channel 4 alone"
            )
        self._pin = pin
        self._random = 1

    def read_u16(self):
        """0 to 65535 for 0 to 3.3 V."""
        board_time.charge(_PIN_US)
        if self._pin == 29:
            return min(65535, board_time.supply_mv * 65535 // (3 * 3300))
        if self._pin == 4:
            microvolts = 752467 - board_time.air * 1721 // 100
        else:
            lean = board_time.tilt_x if self._pin == 26 else board_time.tilt_y
            microvolts = 1650000 + lean * 300
        # Numerical Recipes' linear congruential generator; even within two codes.
        self._random = (self._random * 1664525 + 1013904223) & 0xFFFFFFFF
        code = (microvolts * 4095 * 4 // 3300000 + (self._random >> 28) - 6) // 4
        return code << 4 | code >> 8


def disable_irq():
    """Mask interrupts; returns the state for enable_irq."""
    state = board_time.interrupts_off
    board_time.interrupts_off = True
    return state


def enable_irq(state):
    """Restore what disable_irq returned."""
    board_time.interrupts_off = state
    if not state and not board_time.in_interrupt:
        board_time.interrupts_on()


def reset():
    """Start the board again: the world ends this VM, so this does not return."""
    while True:
        board_time.ask(board_time.RESET)


def reset_cause():
    """Why the board started: PWRON_RESET, WDT_RESET (as rp2 says after reset()), SOFT_RESET."""
    return _cause


class WDT:
    """A watchdog of at most 8388 ms, as on an RP2040; it cannot be stopped."""

    def __init__(self, id=0, timeout=5000):
        if not 1 <= timeout <= 8388:
            raise ValueError("timeout")
        self._timeout_us = timeout * 1000
        self.feed()
        board_time.devices.append(self)

    def feed(self):
        """It begins anew."""
        self._due_us = board_time.now_us + self._timeout_us

    def next_us(self):
        """When it bites."""
        return self._due_us

    def advance(self, _now_us):
        """It bites."""
        reset()

    def deliver(self):
        """It has no interrupt."""


_chip = bytes(8)  # the launcher knows


def unique_id():
    """Eight bytes, as of an RP2040: those of its flash chip, which is a file."""
    return _chip


def freq():
    """The processor clock in Hz that the charges stand for."""
    return 125000000


def idle():
    """Wait for an interrupt, one millisecond at most."""
    board_time.sleep_us(1000)
