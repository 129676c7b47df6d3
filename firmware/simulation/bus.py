"""I2C and SPI as a processor's peripherals drive them: bytes, acknowledges, time on the wire.

Owns: the bytes of a transaction, their time, what machine.I2C and machine.SPI answer to a fault.
Refuses: as MicroPython does, with OSError: 19 (ENODEV) nobody acknowledged the address, 5 (EIO) a
byte was not acknowledged, 110 (ETIMEDOUT) a line is held low.
Units: microseconds of board time, hertz.

A chip on I2C has start(address), write_byte(byte, now_us) and read_byte(); one on SPI has
transfer_byte(byte, now_us). A transfer allocates nothing but its OSError, as in the C code.
"""

_ENODEV = 19
_EIO = 5
_ETIMEDOUT = 110


class I2CLines:
    """SDA and SCL with what is soldered to them.

    clock: object with now_us and charge(microseconds). The faults: `nack`, nobody acknowledges its
    address; `flip`, 1 + the number of the bit of the next read that arrives wrong, or 0;
    `nack_after`, so many bytes are acknowledged after it, then none (-1: all); `sda_low`;
    `held`, SDA stays low until so many clocks came (a chip that was interrupted in a byte).
    """

    def __init__(self, clock):
        self.clock = clock
        self.chips = []
        self.freq = 400000
        self.timeout_us = 50000
        self.nack = False
        self.nack_after = -1
        self.flip = 0
        self.sda_low = False
        self.held = 0
        self.transactions = 0

    def scl(self, level):
        """The processor drives SCL by hand; a rise is a clock."""
        if level and self.held:
            self.held -= 1

    def _byte(self):
        self.clock.charge((9000000 + self.freq - 1) // self.freq)

    def _start(self, address):
        if self.sda_low or self.held:
            self.clock.charge(self.timeout_us)
            raise OSError(_ETIMEDOUT)
        self._byte()
        if not self.nack:
            for chip in self.chips:
                if chip.start(address):
                    return chip
        raise OSError(_ENODEV)

    def write(self, address, data):
        """A write transaction; how many bytes were acknowledged."""
        self.transactions += 1
        chip = self._start(address)
        for index in range(len(data)):
            self._byte()
            if index == self.nack_after or not chip.write_byte(data[index], self.clock.now_us):
                return index
        return len(data)

    def read(self, address, buffer):
        """A read transaction."""
        self.transactions += 1
        self._receive(self._start(address), buffer)

    def read_register(self, address, register, buffer):
        """Write the register's number, then read from there."""
        self.transactions += 1
        chip = self._start(address)
        self._byte()
        if self.nack_after == 0 or not chip.write_byte(register, self.clock.now_us):
            raise OSError(_EIO)
        self._receive(self._start(address), buffer)

    def _receive(self, chip, buffer):
        flip = self.flip - 1
        if 0 <= flip < 8 * len(buffer):
            self.flip = 0
        for index in range(len(buffer)):
            self._byte()
            # A chip that loses its power in a read lets SDA go: ones.
            lost = 0 <= self.nack_after <= index
            byte = 0xFF if lost else chip.read_byte()
            if flip >> 3 == index:
                byte ^= 0x80 >> (flip & 7)
            buffer[index] = byte


class SPILines:
    """SCK, MOSI and MISO with one chip; its CS is a pin of its own.

    mode: the processor's; chips here need 1 and hear nonsense, which they answer with ones, in
    another. forced: what MISO is stuck at, 0 or 1, or -1. flip: 1 + the number of the bit of the
    next transfer that arrives wrong, or 0.
    """

    def __init__(self, clock):
        self.clock = clock
        self.chip = None
        self.baudrate = 1000000
        self.mode = 1
        self.forced = -1
        self.flip = 0
        self.transactions = 0

    def transfer(self, data, buffer):
        """Exchange bytes; `buffer` may be `data` or None."""
        self.transactions += 1
        flip = self.flip - 1
        self.flip = 0
        for index in range(len(data)):
            self.clock.charge((8000000 + self.baudrate - 1) // self.baudrate)
            byte = 0xFF
            if self.chip is not None and self.mode == 1:
                byte = self.chip.transfer_byte(data[index], self.clock.now_us)
            if self.forced >= 0:
                byte = 0xFF * self.forced
            if flip >> 3 == index:
                byte ^= 0x80 >> (flip & 7)
            if buffer is not None:
                buffer[index] = byte


class I2C:
    """The methods of machine.I2C on some lines."""

    def __init__(self, lines, freq=400000, timeout=50000):
        self._lines = lines
        self._freq = freq
        lines.timeout_us = timeout

    def writeto(self, address, data):
        """Write; the number of bytes that were acknowledged."""
        self._lines.freq = self._freq
        if self._lines.write(address, data) < len(data):
            raise OSError(_EIO)
        return len(data)

    def readfrom_into(self, address, buffer):
        """Read into `buffer`."""
        self._lines.freq = self._freq
        self._lines.read(address, buffer)

    def readfrom_mem_into(self, address, register, buffer):
        """Read registers from `register` on into `buffer`."""
        self._lines.freq = self._freq
        self._lines.read_register(address, register, buffer)


class SoftI2C(I2C):
    """Those of machine.SoftI2C: a write that ends early is no error (extmod/machine_i2c.c)."""

    def writeto(self, address, data):
        """Write; the number of bytes that were acknowledged."""
        self._lines.freq = self._freq
        return self._lines.write(address, data)


class SPI:
    """The methods of machine.SPI and machine.SoftSPI on some lines."""

    def __init__(self, lines, baudrate=1000000):
        self._lines = lines
        lines.baudrate = baudrate

    def write(self, data):
        """Send."""
        self._lines.transfer(data, None)

    def write_readinto(self, data, buffer):
        """Send and receive at once."""
        self._lines.transfer(data, buffer)
