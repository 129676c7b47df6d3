"""The rules of the NOR flash model: erase, program, bits, cuts."""

from check import raises
from simulation.nor import BLOCK, PAGE, FlashError, NorFlash, PowerCut
from storage import Scratch, write

_ERASE = 6


def _chip(blocks=2, hooks=None):
    return NorFlash(bytearray(b"\xff" * (blocks * BLOCK)), blocks, hooks)


def _content(chip, block=0, count=BLOCK, offset=0):
    data = bytearray(count)
    chip.readblocks(block, data, offset)
    return bytes(data)


def test_geometry_over_ioctl():
    chip = _chip(3)
    assert chip.ioctl(4, 0) == 3
    assert chip.ioctl(5, 0) == 4096
    assert chip.ioctl(1, 0) == chip.ioctl(2, 0) == chip.ioctl(3, 0) == 0
    assert chip.ioctl(99, 0) is None


def test_programming_clears_bits_and_never_sets_one():
    chip = _chip()
    chip.writeblocks(1, b"\xf0" * PAGE, PAGE)
    chip.writeblocks(1, b"\x30" * PAGE, PAGE)  # 0xf0 -> 0x30: only clears
    assert _content(chip, 1, 3 * PAGE) == b"\xff" * PAGE + b"\x30" * PAGE + b"\xff" * PAGE
    raises(FlashError, chip.writeblocks, 1, b"\x31" * PAGE, PAGE)
    raises(FlashError, chip.writeblocks, 1, b"\x30" * (PAGE - 1) + b"\x40", PAGE)
    assert _content(chip, 1, PAGE, PAGE) == b"\x30" * PAGE
    assert (chip.programs, chip.erases) == (2, 0)


def test_erasing_sets_a_block_and_only_it():
    chip = _chip()
    chip.writeblocks(0, bytes(PAGE), BLOCK - PAGE)
    chip.writeblocks(1, bytes(PAGE), 0)
    assert chip.ioctl(_ERASE, 0) == 0
    assert _content(chip, 0) == b"\xff" * BLOCK
    assert _content(chip, 1, PAGE) == bytes(PAGE)
    assert (chip.erases, list(chip.wear)) == (1, [1, 0])


def test_writing_blocks_without_an_offset_erases_them_first():
    chip = _chip()
    data = bytes(range(256)) * 32
    chip.writeblocks(0, bytes(2 * BLOCK))
    chip.writeblocks(0, data)
    assert _content(chip, 0, 2 * BLOCK) == data
    assert (chip.erases, chip.programs) == (4, 64)


def test_what_a_chip_cannot_do_is_refused():
    chip = _chip()
    for block, size, offset in (
        (0, PAGE - 1, 0),
        (0, PAGE, 1),
        (0, PAGE // 2, PAGE // 2),
        (1, 2 * PAGE, BLOCK - PAGE),
        (2, PAGE, 0),
        (-1, PAGE, 0),
        (0, PAGE, -PAGE),
    ):
        raises(FlashError, chip.writeblocks, block, bytes(size), offset)
    raises(FlashError, chip.writeblocks, 0, bytes(PAGE))
    raises(FlashError, chip.readblocks, 2, bytearray(1))
    raises(FlashError, chip.readblocks, 1, bytearray(2), BLOCK - 1)
    raises(FlashError, chip.ioctl, _ERASE, 2)
    raises(FlashError, NorFlash, bytearray(BLOCK), 2)
    assert chip.operations == 0


class _Times:
    def __init__(self):
        self.programs = []
        self.erases = []

    def on_program(self, us):
        self.programs.append(us)

    def on_erase(self, us):
        self.erases.append(us)


def test_the_hooks_hear_the_time_of_every_operation():
    times = _Times()
    chip = _chip(hooks=times)
    chip.writeblocks(0, bytes(3 * PAGE), PAGE)
    chip.ioctl(_ERASE, 1)
    assert times.programs == [400, 400, 400]
    assert times.erases == [45000]


def test_a_cut_tears_the_page_and_kills_the_chip():
    for partial in (0, 1, 100, 255, 256):
        storage = bytearray(b"\xff" * BLOCK)
        chip = NorFlash(storage, 1)
        chip.cut_after(1, partial)
        chip.writeblocks(0, bytes(PAGE), 0)
        raises(PowerCut, chip.writeblocks, 0, bytes(2 * PAGE), PAGE)
        raises(PowerCut, chip.readblocks, 0, bytearray(1))
        raises(PowerCut, chip.writeblocks, 0, bytes(PAGE), 0)
        raises(PowerCut, chip.ioctl, _ERASE, 0)
        expected = bytes(PAGE + partial) + b"\xff" * (BLOCK - PAGE - partial)
        assert _content(NorFlash(storage, 1)) == expected


def test_a_cut_leaves_a_block_erased_in_part():
    storage = bytearray(BLOCK)
    chip = NorFlash(storage, 1)
    chip.cut_after(0, 3)
    raises(PowerCut, chip.ioctl, _ERASE, 0)
    assert _content(NorFlash(storage, 1)) == b"\xff" * 48 + bytes(BLOCK - 48)


def test_a_cut_is_no_exception_that_a_handler_catches():
    assert not issubclass(PowerCut, Exception)


def test_over_a_file_every_operation_is_in_it_at_once():
    with Scratch() as folder:
        path = folder + "/flash.bin"
        write(path, b"")
        with open(path, "r+b") as file:
            chip = NorFlash(file, 2)
            chip.writeblocks(1, b"\x55" * PAGE, 0)
            with open(path, "rb") as other:
                data = other.read()
            assert data == b"\xff" * BLOCK + b"\x55" * PAGE + b"\xff" * (BLOCK - PAGE)
            assert _content(chip, 1, 2 * PAGE) == b"\x55" * PAGE + b"\xff" * PAGE
            raises(FlashError, chip.writeblocks, 1, b"\xff" * PAGE, 0)
            chip.ioctl(_ERASE, 1)
            chip.cut_after(0, 16)
            raises(PowerCut, chip.writeblocks, 0, bytes(PAGE), 0)
        with open(path, "r+b") as file:
            assert _content(NorFlash(file, 2), 0, 32) == bytes(16) + b"\xff" * 16
            raises(FlashError, NorFlash, file, 1)
