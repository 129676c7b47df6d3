"""A W25Q64JV on its SPI pins, from its data sheet: commands, status, busy times.

Owns: what the chip does with the bytes between two edges of its select line; the medium is
nor.NorFlash. Refuses: nothing; what a chip ignores is ignored.
Units: microseconds of the clock that it is given.

Assumed where the sheet says nothing: a program or an erase takes its typical time; a transaction
that ends within a byte does not occur, as a machine.SPI moves whole bytes.
"""

from simulation.nor import BLOCK, ERASE_US, PAGE, PROGRAM_US

READ, PROGRAM, ERASE, ENABLE, DISABLE, STATUS, ID = 0x03, 0x02, 0x20, 0x06, 0x04, 0x05, 0x9F
BUSY, WRITABLE = 1, 2
MANUFACTURER = 0xEF
MEMORY_TYPE = 0x40


class SpiNorChip:
    """The chip; `spi` and `cs` of a driver are this object's. clock: has now_us.

    protected: as with its /WP low: it does not become writable. absent: nobody drives MISO.
    """

    def __init__(self, flash, clock):
        self.flash = flash
        self.clock = clock
        self.protected = False
        self.absent = False
        self.stuck = False  # never done
        self.broken = []  # what a driver must not do
        self._selected = False
        self._in = bytearray()
        self._writable = False
        self._busy_until = 0

    # --- what the driver holds -----------------------------------------------------------------

    def cs(self, level):
        """The select line."""
        if self._selected and level:
            self._end()
        self._selected = not level
        if not level:
            self._in = bytearray()

    def write(self, data):
        """Bytes on MOSI."""
        if self._selected:
            self._in.extend(data)

    def readinto(self, buffer):
        """Bytes on MISO."""
        answer = self._answer(len(buffer)) if self._selected and not self.absent else None
        buffer[:] = answer if answer is not None else b"\xff" * len(buffer)

    # --- the sheet -----------------------------------------------------------------------------

    def _busy(self):
        return self.stuck or self.clock.now_us < self._busy_until

    def _answer(self, count):
        command = self._in[0] if self._in else 0
        if command == STATUS:
            value = BUSY * self._busy() | WRITABLE * self._writable
            return bytes([value]) * count
        if self._busy():
            self.broken.append("command %02X while busy" % command)
            return None
        if command == ID:
            size = 0
            while 1 << size < self.flash.blocks * BLOCK:
                size += 1
            return (bytes([MANUFACTURER, MEMORY_TYPE, size]) + bytes(count))[:count]
        if command == READ and len(self._in) == 4:
            return self._read(self._where(), count)
        return None

    def _where(self):
        address = self._in[1] << 16 | self._in[2] << 8 | self._in[3]
        return address % (self.flash.blocks * BLOCK)

    def _read(self, address, count):
        found = bytearray(count)
        view = memoryview(found)
        at = 0
        while at < count:
            part = min(count - at, BLOCK - address % BLOCK)
            self.flash.readblocks(address // BLOCK, view[at : at + part], address % BLOCK)
            at += part
            address = (address + part) % (self.flash.blocks * BLOCK)
        return bytes(found)

    def _end(self):
        command = self._in[0] if self._in else 0
        if self.absent or command == STATUS:
            return
        if self._busy():
            self.broken.append("command %02X while busy" % command)
        elif command == ENABLE:
            self._writable = not self.protected
        elif command == DISABLE:
            self._writable = False
        elif command in (PROGRAM, ERASE):
            self._change(command)

    def _change(self, command):
        if not self._writable:
            self.broken.append("not write enabled")
            return
        self._writable = False
        address = self._where()
        if command == ERASE:
            self.flash.ioctl(6, address // BLOCK)
            self._busy_until = self.clock.now_us + ERASE_US
            return
        # More than a page wraps within it: the last 256 bytes count (8.2.15).
        page = bytearray(b"\xff" * PAGE)
        for at, byte in enumerate(self._in[4:]):
            page[(address + at) % PAGE] = byte
        first = address - address % PAGE
        self.flash.writeblocks(first // BLOCK, page, first % BLOCK)
        self._busy_until = self.clock.now_us + PROGRAM_US
