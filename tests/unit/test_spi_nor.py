"""The driver of an external NOR flash against the model of a W25Q64JV, and a journal on both.

Expected: the data sheet's commands and times (8.1.2, 9.6), and what nor.NorFlash has in it.
"""

from check import raises, refused
from simulation.nor import PAGE, NorFlash, PowerCut
from simulation.spi_nor_chip import SpiNorChip
from steelyard_wire import codes
from storage import Chip, envelope, totals, tree_root
from terminal.drivers.raw_region import RawRegion
from terminal.drivers.spi_nor import SpiNor
from terminal.evidence.journal import Journal

_BLOCKS = 16  # 64 KB: the smallest that the driver takes


class Clock:
    """Time that passes by itself: a look at it takes 50 us."""

    def __init__(self):
        self.now_us = 0

    def ticks_ms(self):
        self.now_us += 50
        return self.now_us // 1000

    def ticks_diff(self, end, start):
        return end - start


def _wired(storage=None):
    chip = Chip(_BLOCKS)
    flash = chip.flash if storage is None else NorFlash(storage, _BLOCKS)
    model = SpiNorChip(flash, Clock())
    return model, chip


def _driver(model):
    return SpiNor(model, model.cs, model.clock)


def test_what_is_written_is_in_the_chip_and_comes_back():
    model, chip = _wired()
    driver = _driver(model)
    assert driver.ioctl(4, 0) == _BLOCKS and driver.ioctl(5, 0) == 4096
    data = bytes([(k * 7 + k // 256) & 0xFF for k in range(3 * PAGE)])
    driver.writeblocks(3, data, 2 * PAGE)
    at = 3 * 4096 + 2 * PAGE
    assert bytes(chip.storage[at : at + len(data)]) == data
    found = bytearray(len(data) + 10)
    driver.readblocks(3, found, 2 * PAGE - 5)
    assert bytes(found) == b"\xff" * 5 + data + b"\xff" * 5
    driver.ioctl(6, 3)
    driver.readblocks(3, found, 2 * PAGE - 5)
    assert bytes(found) == b"\xff" * len(found)
    assert model.broken == []
    # An erase takes its 45 ms, and a page 0.4.
    before = model.clock.now_us
    driver.ioctl(6, 4)
    assert 45000 <= model.clock.now_us - before < 46000
    before = model.clock.now_us
    driver.writeblocks(4, bytes(PAGE), 0)
    assert 400 <= model.clock.now_us - before < 600


def test_the_last_byte_of_the_chip():
    model, chip = _wired()
    driver = _driver(model)
    driver.writeblocks(_BLOCKS - 1, bytes(PAGE), 4096 - PAGE)
    assert bytes(chip.storage[-PAGE - 1 :]) == b"\xff" + bytes(PAGE)
    one = bytearray(1)
    driver.readblocks(_BLOCKS - 1, one, 4095)
    assert one[0] == 0


def test_a_chip_that_is_not_there_is_named():
    model, _ = _wired()
    model.absent = True
    assert raises(OSError, _driver, model).args[0] == 19


def test_a_chip_that_is_protected_or_never_done_is_named():
    model, chip = _wired()
    driver = _driver(model)
    model.protected = True
    for step in (lambda: driver.writeblocks(0, bytes(PAGE), 0), lambda: driver.ioctl(6, 0)):
        assert raises(OSError, step).args[0] == 30
    assert bytes(chip.storage[:PAGE]) == b"\xff" * PAGE
    model.protected = False
    model.stuck = True
    assert raises(OSError, driver.writeblocks, 0, bytes(PAGE), 0).args[0] == 110
    before = model.clock.now_us
    assert raises(OSError, driver.ioctl, 6, 0).args[0] == 110
    assert model.clock.now_us - before < 600000


def _journal(model):
    journal = Journal(RawRegion(_driver(model), 0, _BLOCKS, 4))
    journal.open()
    return journal


def test_a_journal_on_it_survives_every_cut_of_a_record():
    for operation in range(3):
        for partial in (0, 1, 100, 255):
            model, chip = _wired()
            journal = _journal(model)
            leaves = []
            for n in range(3):
                leaves.append(envelope(n, journal.root()))
                journal.append(n, leaves[n], totals(n))
            model.flash.cut_after(operation, partial)
            leaf = envelope(3, journal.root(), 9)
            try:
                journal.append(3, leaf, totals(3))
                assert operation == 2
            except PowerCut:
                pass
            again = SpiNorChip(NorFlash(chip.storage, _BLOCKS), Clock())
            journal = _journal(again)
            if journal.next_n == 4:
                leaves.append(leaf)
            assert [journal.get(n) for n in range(journal.next_n)] == leaves
            assert journal.root() == tree_root(leaves)
            n = journal.next_n
            journal.append(n, envelope(n, journal.root(), 1), totals(n))
            assert again.broken == []


def test_a_chip_that_fails_closes_the_journal_and_loses_nothing():
    model, chip = _wired()
    journal = _journal(model)
    leaf = envelope(0, journal.root())
    journal.append(0, leaf, totals(0))
    model.protected = True
    other = envelope(1, journal.root())
    refused(codes.JOURNAL_FAULT, journal.append, 1, other, totals(1))
    assert journal.get(0) == leaf and not journal.fault
    model.protected = False
    journal.append(1, other, totals(1))
    assert _journal(SpiNorChip(NorFlash(chip.storage, _BLOCKS), Clock())).next_n == 2
