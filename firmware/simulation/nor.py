"""A NOR flash chip as a MicroPython block device, for the virtual terminal and the fault tests.

Owns: the rules of the medium. Blocks of 4096 bytes are erased to 0xFF as a whole, pages of 256
bytes are programmed, and programming can only clear bits. Speaks the extended block protocol
(readblocks, writeblocks with offset, ioctl), so `vfs.VfsLfs2` mounts it as it mounts `rp2.Flash`.
Refuses: addresses outside the chip, programming that is not whole pages on a page boundary, and
programming that would set a bit (`FlashError`): a driver that relies on these is broken on a
board.
Units: addresses and lengths in bytes, times in microseconds of board time.

Power cuts: `cut_after(k, partial_bytes)` lets k more operations (page programs and block erases)
pass and tears the next one: of a page the first `partial_bytes` bytes are programmed, of a block
the first 16 * `partial_bytes` bytes are erased. `PowerCut` is raised there and by every access
after it; the supply comes back by making a new NorFlash over the same storage, never by reviving
the old object, so that nothing that still holds it can write.

Runs on MicroPython and on CPython. Storage is a bytearray, or a file opened "r+b" which is written
through at every operation; a file that is too short is a chip whose rest is erased.
"""

from array import array

BLOCK = 4096
PAGE = 256
ERASE_US = 45000  # Winbond W25Q16JV (Raspberry Pi Pico), AC characteristics: tSE, typical
PROGRAM_US = 400  # the same table: tPP, typical

_DEINIT = 2
_SYNC = 3
_BLOCK_COUNT = 4
_BLOCK_SIZE = 5
_BLOCK_ERASE = 6

_ERASED = b"\xff" * PAGE


class FlashError(Exception):
    """The caller broke a rule of the medium; the message says which."""


class PowerCut(BaseException):
    """The supply is gone. Not an Exception: no handler of the firmware may survive it."""


class NorFlash:
    """Flash chip of `blocks` blocks over `storage`.

    hooks: object with on_program(us) and on_erase(us), called once for every page programmed and
    every block erased, or None. Counters: `programs`, `erases`, `bytes_read`, and `wear`, the
    erases of each block since this object was made.
    """

    def __init__(self, storage, blocks: int, hooks=None) -> None:
        size = blocks * BLOCK
        self._file = None if isinstance(storage, bytearray) else storage
        if self._file is None:
            if len(storage) != size:
                raise FlashError(f"storage has {len(storage)} bytes, the chip {size}")
            self._memory = memoryview(storage)
        else:
            self._fill(size)
        self.blocks = blocks
        self.programs = 0
        self.erases = 0
        self.bytes_read = 0
        self.wear = array("I", [0] * blocks)
        self._hooks = hooks
        self._left = -1  # operations until the cut; -1: none is planned
        self._partial = 0
        self._cut = None

    def _fill(self, size: int) -> None:
        have = self._file.seek(0, 2)
        if have > size:
            raise FlashError(f"storage has {have} bytes, the chip {size}")
        while have < size:
            have += self._file.write(_ERASED[: size - have])
        self._file.flush()

    # --- the block protocol -------------------------------------------------------------------

    def readblocks(self, block: int, buf, offset: int = 0) -> None:
        """Fill `buf` from `offset` bytes into `block`."""
        start = self._address(block, offset, len(buf))
        self.bytes_read += len(buf)
        if self._file is None:
            buf[:] = self._memory[start : start + len(buf)]
        else:
            self._file.seek(start)
            if self._file.readinto(buf) != len(buf):
                raise FlashError("the storage file has become shorter")

    def writeblocks(self, block: int, buf, offset=None) -> None:
        """Program `buf`; without `offset` the blocks that it covers are erased first."""
        start = self._address(block, offset or 0, len(buf))
        if offset is None:
            if len(buf) % BLOCK:
                raise FlashError("without an offset whole blocks are written")
            for index in range(block, block + len(buf) // BLOCK):
                self._erase(index)
        if start % PAGE or len(buf) % PAGE:
            raise FlashError("programming needs whole pages on a page boundary")
        view = memoryview(buf)
        for at in range(0, len(buf), PAGE):
            self._program(start + at, view[at : at + PAGE])

    def ioctl(self, operation: int, argument: int):
        """Block device control; unknown operations give None, as the ports do."""
        if operation == _BLOCK_COUNT:
            return self.blocks
        if operation == _BLOCK_SIZE:
            return BLOCK
        if operation == _BLOCK_ERASE:
            self._address(argument, 0, BLOCK)
            self._erase(argument)
            return 0
        if operation <= _SYNC:
            return 0
        return None

    # --- power --------------------------------------------------------------------------------

    @property
    def operations(self) -> int:
        """Page programs and block erases so far."""
        return self.programs + self.erases

    def cut_after(self, operations: int, partial_bytes: int = 0) -> None:
        """Plan a power cut in the operation that follows the next `operations` ones."""
        if operations < 0 or not 0 <= partial_bytes <= PAGE:
            raise FlashError(f"operations >= 0 and 0 <= partial_bytes <= {PAGE}")
        self._left = operations
        self._partial = partial_bytes

    def _cut_now(self) -> bool:
        if self._left < 0:
            return False
        self._left -= 1
        return self._left < 0

    def _die(self) -> None:
        self._cut = PowerCut()  # made once: a collector that closes files cannot allocate
        raise self._cut

    # --- the medium ---------------------------------------------------------------------------

    def _address(self, block: int, offset: int, length: int) -> int:
        if self._cut is not None:
            raise self._cut
        start = block * BLOCK + offset
        if block < 0 or offset < 0 or start + length > self.blocks * BLOCK:
            raise FlashError("address outside the chip")
        return start

    def _erase(self, block: int) -> None:
        start = block * BLOCK
        if self._cut_now():
            self._blank(start, self._partial * (BLOCK // PAGE))
            self._die()
        self._blank(start, BLOCK)
        self.erases += 1
        self.wear[block] += 1
        if self._hooks is not None:
            self._hooks.on_erase(ERASE_US)

    def _blank(self, start: int, length: int) -> None:
        # A page at a time: a block of ones would lie in the heap of the program that is simulated.
        while length > 0:
            part = min(length, PAGE)
            self._write(start, _ERASED if part == PAGE else _ERASED[:part])
            start += part
            length -= part

    def _program(self, start: int, page) -> None:
        wanted = int.from_bytes(page, "little")
        if self._at(start) & wanted != wanted:
            raise FlashError(f"programming cannot set a bit: the page at {start} is not erased")
        if self._cut_now():
            self._write(start, page[: self._partial])
            self._die()
        self._write(start, page)
        self.programs += 1
        if self._hooks is not None:
            self._hooks.on_program(PROGRAM_US)

    def _at(self, start: int) -> int:
        if self._file is None:
            return int.from_bytes(self._memory[start : start + PAGE], "little")
        self._file.seek(start)
        return int.from_bytes(self._file.read(PAGE), "little")

    def _write(self, start: int, data) -> None:
        if self._file is None:
            self._memory[start : start + len(data)] = data
            return
        self._file.seek(start)
        self._file.write(data)
        self._file.flush()


def file_system(dev):
    """The littlefs on `dev`, formatted first if it does not mount.

    The rule of the stock start-up file of the rp2 port (micropython ports/rp2/modules/_boot.py):
    the whole storage, programs of 256 bytes, any failure to mount formats. MicroPython only.
    """
    from vfs import VfsLfs2

    try:
        return VfsLfs2(dev, progsize=PAGE)
    except Exception:  # noqa: BLE001 - as the stock file: what does not mount is a new chip
        VfsLfs2.mkfs(dev, progsize=PAGE)
    return VfsLfs2(dev, progsize=PAGE)


def mount_root(dev, path: str = "/"):
    """Mount `file_system(dev)` at `path`, in place of what is mounted there; returns it.

    In the unix VM the root is the host's file system: paths into it end with this call, open
    files (such as the storage of `dev`) stay open.
    """
    import vfs

    mounted = file_system(dev)
    try:
        vfs.umount(path)
    except OSError:  # nothing was mounted there
        pass
    vfs.mount(mounted, path)
    return mounted
