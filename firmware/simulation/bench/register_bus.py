"""A converter with registers on the bench: its bus, its DRDY pin, and the faults at them.

Owns: the connection of a chip model (nau7802_chip, ads1220_chip) with bus lines and a pin.
Refuses: nothing. Units: microseconds.
"""

from simulation.bus import I2C, SPI, I2CLines, SPILines

_NEVER = 1 << 62


class _Clock:
    """The processor as bus.py sees it: a transfer takes time, edges are delivered in it."""

    def __init__(self, processor):
        self._processor = processor

    @property
    def now_us(self):
        """Board time."""
        return self._processor.now_us

    def charge(self, microseconds):
        """A byte is on the wire."""
        processor = self._processor
        processor.spend(microseconds)
        if processor.kept:
            processor.deliver()


class RegisterPart:
    """The wires between a processor and a chip. Faults, set from outside: forced, level of a stuck
    DRDY (-1: none); those of `lines` (bus.py: nack, sda_low, held, forced, flip); reset_chip();
    reinitialise_chip(): it converts on, at gain 1.
    """

    def __init__(self, processor, chip, lines, drdy, gain_register):
        self._processor = processor
        self.chip = chip
        self.lines = lines
        self._gain_register = gain_register
        self.forced = -1
        self._last = 1
        self._net = None if drdy is None else processor.net(drdy)
        if self._net:
            self._net.read = self._read
        processor.add(self)

    def next_us(self):
        """When the chip next does something by itself."""
        return self.chip.next_us if self.chip.powered else _NEVER

    def advance(self, now_us):
        """Bring the chip up to now and pass on its edges."""
        chip = self.chip
        if now_us >= chip.next_us and chip.advance(now_us) and chip.PULSES and self.forced < 0:
            self._last = 1
        net = self._net
        if net:  # `_edge`, which is called for each byte on the wire
            level = chip.level() if self.forced < 0 else self.forced
            if self._last and not level:
                net.fell()
            self._last = level

    def _read(self):
        return self.chip.level() if self.forced < 0 else self.forced

    def _edge(self):
        if self._net:
            level = self._read()
            if self._last and not level:
                self._net.fell()
            self._last = level

    def silent(self, on):
        """The chip seems to say nothing, or speaks again."""
        self.forced = 1 if on else -1
        self._edge()

    def disturb(self):
        """Let the next frame be broken: a bit of the chip's gain falls over."""
        self.chip.registers[self._gain_register] ^= 2

    def reset_chip(self):
        """The chip begins anew by itself, as after a dip of its supply."""
        self.chip.reset(self._processor.now_us)
        self._edge()

    def reinitialise_chip(self):
        """Somebody else has set the chip up: it converts at gain 1."""
        self.chip.reinitialise(self._processor.now_us)
        self._edge()


def solder_i2c(processor, wiring, chip):
    """Connect a chip with the I2C pins; a Pin call on SCL clocks it by hand."""
    lines = I2CLines(_Clock(processor))
    lines.chips.append(chip)
    processor.net(wiring["scl"]).write = lines.scl

    def open_bus(number, scl=None, sda=None, freq=400000, timeout=50000):
        return I2C(lines, freq, timeout)

    processor.I2C = open_bus
    return RegisterPart(processor, chip, lines, wiring["drdy"], 1)


def solder_spi(processor, wiring, chip):
    """Connect a chip with the SPI pins and its CS."""
    lines = SPILines(_Clock(processor))
    lines.chip = chip
    processor.net(wiring["cs"]).write = chip.select

    def open_bus(number, baudrate=1000000, polarity=0, phase=0, sck=None, mosi=None, miso=None):
        lines.mode = polarity << 1 | phase
        return SPI(lines, baudrate)

    processor.SPI = open_bus
    return RegisterPart(processor, chip, lines, wiring["drdy"], 0)
