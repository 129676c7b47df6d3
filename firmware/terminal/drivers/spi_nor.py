"""An external NOR flash on SPI (Winbond W25Q and its kind), as a block device.

Owns: the chip's select line and one command buffer.
Refuses: with OSError: ENODEV for a chip that does not answer, EROFS for one that does not let
itself be written, ETIMEDOUT for one that is never done.
Units: blocks of 4096 bytes, pages of 256; times in ms.

Speaks the block protocol of vfs.AbstractBlockDev with offsets, as raw_region uses it. Commands of
the W25Q64JV data sheet, 8.1.2: read 03h, page program 02h, sector erase 20h, write enable 06h,
status 05h (bit 0: busy, bit 1: write enabled), JEDEC id 9Fh. While it erases (45 ms, at most 400)
interrupts run: no sample is lost.
"""

from steelyard_wire.shim import const

_BLOCK = const(4096)
_PAGE = const(256)
_READ = const(0x03)
_PROGRAM = const(0x02)
_ERASE = const(0x20)
_ENABLE = const(0x06)
_STATUS = const(0x05)
_ID = const(0x9F)
_BUSY = const(1)
_WRITABLE = const(2)
_PROGRAM_MS = const(5)
_ERASE_MS = const(500)
_SMALLEST = const(16)  # of an id: 2**16 bytes, 64 KB
_LARGEST = const(24)  # 16 MB: addresses have three bytes
_BLOCK_COUNT = const(4)  # ioctl
_BLOCK_SIZE = const(5)
_BLOCK_ERASE = const(6)
_ENODEV = const(19)
_EROFS = const(30)
_ETIMEDOUT = const(110)


def flash(wiring, machine, time):
    """The chip that the board file describes: id, sck, mosi, miso, cs."""
    pins = {name: machine.Pin(wiring[name]) for name in ("sck", "mosi", "miso")}
    spi = machine.SPI(wiring["id"], baudrate=8000000, polarity=0, phase=0, **pins)
    return SpiNor(spi, machine.Pin(wiring["cs"], machine.Pin.OUT, value=1), time)


class SpiNor:
    """spi: machine.SPI in mode 0. cs: pin, high. time: the time module."""

    def __init__(self, spi, cs, time) -> None:
        self._spi = spi
        self._cs = cs
        self._time = time
        self._command = bytearray(4)
        self._head = memoryview(self._command)
        self._answer = bytearray(3)
        self._one = memoryview(self._answer)[:1]
        self._ask(_ID, self._answer)
        size = self._answer[2]
        if self._answer[0] in (0, 0xFF) or not _SMALLEST <= size <= _LARGEST:
            raise OSError(_ENODEV)
        self._blocks = (1 << size) // _BLOCK

    def _ask(self, command: int, answer) -> None:
        self._command[0] = command
        self._cs(0)
        self._spi.write(self._head[:1])
        self._spi.readinto(answer)
        self._cs(1)

    def _tell(self, command: int) -> None:
        self._command[0] = command
        self._cs(0)
        self._spi.write(self._head[:1])
        self._cs(1)

    def _status(self) -> int:
        self._ask(_STATUS, self._one)
        return self._answer[0]

    def _address(self, command: int, address: int) -> None:
        head = self._command
        head[0] = command
        head[1] = address >> 16
        head[2] = address >> 8 & 0xFF
        head[3] = address & 0xFF

    def _enable(self) -> None:
        self._wait(_ERASE_MS)  # for what an earlier failure left running
        self._tell(_ENABLE)
        if not self._status() & _WRITABLE:
            raise OSError(_EROFS)

    def _wait(self, most_ms: int) -> None:
        time = self._time
        begin = time.ticks_ms()
        while self._status() & _BUSY:
            if time.ticks_diff(time.ticks_ms(), begin) > most_ms:
                raise OSError(_ETIMEDOUT)

    def readblocks(self, block: int, buffer, offset: int = 0) -> None:
        """Fill `buffer` from `offset` bytes into `block`."""
        self._address(_READ, block * _BLOCK + offset)
        self._cs(0)
        self._spi.write(self._command)
        self._spi.readinto(buffer)
        self._cs(1)

    def writeblocks(self, block: int, buffer, offset: "int | None" = None) -> None:
        """Program whole pages; without `offset` the block is erased first."""
        if offset is None:
            self._erase(block)
            offset = 0
        view = memoryview(buffer)
        address = block * _BLOCK + offset
        for at in range(0, len(view), _PAGE):
            self._enable()
            self._address(_PROGRAM, address + at)
            self._cs(0)
            self._spi.write(self._command)
            self._spi.write(view[at : at + _PAGE])
            self._cs(1)
            self._wait(_PROGRAM_MS)

    def _erase(self, block: int) -> None:
        self._enable()
        self._address(_ERASE, block * _BLOCK)
        self._cs(0)
        self._spi.write(self._command)
        self._cs(1)
        self._wait(_ERASE_MS)

    def ioctl(self, operation: int, argument: int):
        """Block device control; unknown operations give None, as the ports do."""
        if operation == _BLOCK_COUNT:
            return self._blocks
        if operation == _BLOCK_SIZE:
            return _BLOCK
        if operation == _BLOCK_ERASE:
            self._erase(argument)
            return 0
        return None
