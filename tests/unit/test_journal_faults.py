"""The journal when the power ends or the flash fails: nothing lost, no number used twice.

Owns: a cut at every operation of what the journal does, and devices that fail.
Refuses: nothing. Units: pages of 256 bytes.
"""

from check import refused
from region import BLOCKS, RECORDS, Region, frame
from simulation.nor import PowerCut
from steelyard_wire import codes
from storage import envelope, totals, tree_root
from terminal.drivers.raw_region import RawRegion
from terminal.evidence import fill
from terminal.evidence.journal import Journal

_EIO = 5


def test_every_cut_of_a_record_of_two_pages():
    # The operations of an append: two pages, and the first again for its mark.
    for count in range(4):
        for partial in list(range(0, 257, 5)) + [1, 2, 7, 8, 254, 255]:
            region = Region()
            region.append(2)
            journal = region.journal
            leaf = envelope(2, journal.root(), 9, True)
            assert 238 < len(leaf) < 494
            region.chip.flash.cut_after(count, partial)
            try:
                journal.append(2, leaf, totals(1))
                assert count == 3
            except PowerCut:
                assert count < 3
            region.start()
            leaves = list(region.leaves)
            if region.journal.next_n == 3:
                # Of the second page 256 bytes are whole with fewer.
                assert count > 1 or (count == 1 and partial > len(leaf) + 16 - 254)
                leaves.append(leaf)
            assert [region.journal.get(n) for n in range(region.journal.next_n)] == leaves
            assert region.journal.totals == totals(1)
            n = region.journal.next_n
            other = envelope(n, region.journal.root(), 1)
            region.journal.append(n, other, totals(n))
            region.start()
            assert region.journal.get(n) == other
            assert region.journal.root() == tree_root(leaves + [other])


def test_what_was_written_off_never_comes_back():
    region = Region()
    region.append(2)
    journal = region.journal
    at = region.chip.page(0, journal.end)
    whole = frame(b"SR", 2, envelope(2, journal.root(), 9), False)
    region.chip.storage[at : at + 200] = whole[:200]
    region.start()
    region.append(2)
    # A page that was programmed in part may read otherwise later; it was made void.
    assert bytes(region.chip.storage[at : at + 256]) == bytes(256)
    region.start()
    region.check()


def test_a_whole_record_that_was_never_acknowledged_counts():
    region = Region()
    region.append(2)
    leaf = envelope(2, region.journal.root())
    at = region.chip.page(0, region.journal.end)
    region.chip.storage[at : at + 256] = frame(b"SR", 2, leaf, False)
    region.start()
    region.leaves.append(leaf)
    region.check()
    region.append(1)
    region.start()
    region.check()


def test_every_cut_while_a_segment_begins():
    # Two erases, a head, a checkpoint and its mark, then the record and its mark.
    for count in range(7):
        for partial in (0, 1, 8, 100, 255, 256):
            region = Region()
            region.append(RECORDS)
            region.chip.flash.cut_after(count, partial)
            try:
                region.append(1)
                raise AssertionError("no cut")
            except PowerCut:
                pass
            region.start()
            if region.journal.next_n > RECORDS:
                region.leaves.append(region.journal.get(RECORDS))
            region.check()
            region.append(3, salt=2)
            region.start()
            region.check()


def test_every_cut_while_a_receipted_segment_makes_room():
    for count in range(8):
        for partial in (0, 3, 255):
            region = Region(8)
            region.append(4 * RECORDS)
            region.journal.receipted = 2 * RECORDS
            region.chip.flash.cut_after(count, partial)
            try:
                region.append(1)
                raise AssertionError("no cut")
            except PowerCut:
                pass
            region.start(2 * RECORDS)
            if region.journal.next_n > 4 * RECORDS:
                region.leaves.append(region.journal.get(4 * RECORDS))
            region.check(2 * RECORDS)
            region.append(2)
            region.check(2 * RECORDS)


def test_a_spare_segment_is_made_ahead_and_used():
    region = Region()
    region.append()
    list(region.journal.spare_steps())
    assert region.journal.spare < 0  # not before half of one is full
    region.append(19)
    assert len(list(region.journal.spare_steps())) == BLOCKS  # an erase for each slice
    assert region.journal.spare == 1
    region.start()
    assert region.journal.spare == 1
    erases = region.chip.flash.erases
    region.append(RECORDS)
    assert region.chip.flash.erases == erases
    region.start()
    region.check()


class _Counting(RawRegion):
    """As in a file system: what is being created takes room from its first block on."""

    begun = 0

    def create_steps(self, segment):
        self.begun = 1
        yield from super().create_steps(segment)
        self.begun = 0

    def room(self):
        return super().room() - self.begun


class CountingRegion(Region):
    def device(self):
        return _Counting(self.chip.flash, 0, self.chip.blocks, BLOCKS)


def test_the_last_room_is_not_full_while_it_is_made_ready():
    region = CountingRegion(8)
    region.append(4 * RECORDS - 40)
    steps = region.journal.spare_steps()
    next(steps)
    region.append(4 * RECORDS - 30 - region.journal.next_n)
    waiting = region.journal.ready_steps(len(region.leaves[0]))
    assert next(waiting) is None and not region.journal.full
    list(steps)
    list(waiting)
    region.append(RECORDS)
    assert fill.state(region.journal) == "FULL"
    refused(codes.JOURNAL_FULL, list, region.journal.ready_steps(len(region.leaves[0])))
    region.start()
    region.check()


def test_records_go_on_while_a_spare_segment_is_made():
    region = Region()
    region.append(RECORDS - 2)
    steps = region.journal.spare_steps()
    next(steps)
    region.append(2)  # to the last page
    leaf = envelope(RECORDS, region.journal.root())
    refused(codes.BUSY, region.journal.append, RECORDS, leaf, totals(RECORDS))
    waiting = region.journal.ready_steps(len(leaf))
    assert next(waiting) is None
    list(steps)
    list(waiting)
    assert len(region.journal.starts) == 2
    region.append(3)
    # One that is given up in the middle is made anew.
    region = Region()
    region.append(RECORDS - 2)
    steps = region.journal.spare_steps()
    next(steps)
    steps.close()
    region.append(4)
    region.start()
    region.check()


class _Failing(RawRegion):
    """The device with an I/O error in the next write, after `part` of its bytes; -1: none."""

    part = -1
    deaf = False

    def write(self, segment, page, data):
        if self.part < 0:
            super().write(segment, page, data)
            return
        whole = bytes(data)[: self.part]
        while len(whole) < len(data):
            whole += b"\xff"
        self.part = -1
        super().write(segment, page, whole)
        raise OSError(_EIO)

    def read(self, segment, page, buffer):
        if self.deaf:
            raise OSError(_EIO)
        super().read(segment, page, buffer)


class FailingRegion(Region):
    def device(self):
        self.made = _Failing(self.chip.flash, 0, self.chip.blocks, BLOCKS)
        return self.made


def test_a_write_that_failed_is_settled_by_reading_back():
    region = FailingRegion(24)
    region.append(2)
    leaf = envelope(2, region.journal.root())
    for part in (0, 1, 8, 100, len(leaf) + 15):  # not written whole: refused, gone for good
        region.made.part = part
        refused(codes.JOURNAL_FAULT, region.journal.append, 2, leaf, totals(2))
        region.check()
        region.start()
        region.check()
    region.made.part = 256  # written, then the error: it is there and acknowledged
    region.journal.append(2, leaf, totals(2))
    region.leaves.append(leaf)
    region.check()
    region.start()
    region.check()


def test_a_write_that_cannot_be_read_back_closes_the_journal_until_it_is_opened():
    for part, there in ((0, 2), (256, 3)):
        region = FailingRegion()
        region.append(2)
        leaf = envelope(2, region.journal.root())
        region.made.part = part
        region.made.deaf = True
        refused(codes.JOURNAL_FAULT, region.journal.append, 2, leaf, totals(2))
        region.made.deaf = False
        refused(codes.JOURNAL_FAULT, region.journal.append, 2, envelope(2, salt=1), totals(2))
        region.journal.open()
        region.leaves = (region.leaves + [leaf])[:there]
        region.check()


def test_an_error_while_a_segment_begins_loses_nothing():
    region = FailingRegion()
    region.append(RECORDS)
    leaf = envelope(RECORDS, region.journal.root())
    for part in (0, 9):
        region.made.part = part
        refused(codes.JOURNAL_FAULT, region.journal.append, RECORDS, leaf, totals(RECORDS))
        region.start()
        region.check()
    region.append()
    region.start()
    region.check()


def test_a_device_that_cannot_be_read_is_a_fault_not_an_empty_journal():
    region = FailingRegion()
    region.append()
    device = region.device()
    device.deaf = True
    journal = Journal(device)
    refused(codes.JOURNAL_FAULT, journal.open)
    refused(codes.JOURNAL_FAULT, journal.append, 0, envelope(0), totals(0))
