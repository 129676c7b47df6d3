"""The journal on a raw NOR region and on plain files: order, form, damage, room.

Owns: the documented form of the frames, read by this file's own code.
Refuses: nothing. Units: pages of 256 bytes.
"""

import hashlib

from check import refused
from region import RECORDS, Region, frame
from steelyard_wire import codes
from steelyard_wire.codes import Refused
from storage import Scratch, envelope, totals, tree_root
from terminal.drivers.append_file import AppendFile
from terminal.evidence import fill
from terminal.evidence.journal import Journal


def test_an_empty_journal_has_the_root_of_nothing_and_no_record():
    region = Region()
    region.check()
    # RFC 6962 2.1: MTH({})
    assert region.journal.root() == hashlib.sha256(b"").digest()
    refused(codes.NO_RECORD, region.journal.get, -1)
    assert fill.percent(region.journal) == 0 and fill.state(region.journal) == "OK"


def test_before_open_nothing_is_written():
    with Scratch() as folder:
        journal = Journal(AppendFile(folder + "/journal"))
        refused(codes.JOURNAL_FAULT, journal.append, 0, envelope(0), totals(0))


def test_records_come_back_byte_for_byte_over_segments_and_starts():
    region = Region()
    region.append(2 * RECORDS + 3)
    region.check()
    region.start()
    region.check()
    for n in (62, 0, 30, 29, 5, 6, 7):
        assert region.journal.get(n) == region.leaves[n]
    region.append()
    region.start()
    region.check()
    assert [start[1] for start in region.journal.starts] == [0, RECORDS, 2 * RECORDS]


def test_the_same_on_plain_files():
    with Scratch(160) as folder:
        leaves = []
        for _ in range(3):
            journal = Journal(AppendFile(folder + "/journal"))
            journal.open()
            for n in range(journal.next_n, journal.next_n + 90):
                leaves.append(envelope(n, journal.root()))
                journal.append(n, leaves[n], totals(n))
        journal = Journal(AppendFile(folder + "/journal"))
        journal.open()
        assert [journal.get(n) for n in range(270)] == leaves
        assert journal.root() == tree_root(leaves) and journal.totals == totals(269)
        assert AppendFile(folder + "/journal").segments() == [0, 1]


def test_the_pages_have_the_documented_form():
    region = Region()
    region.append(RECORDS + 2)
    storage = region.chip.storage
    head = b"SYrw\x00\x00\x00\x00"
    assert bytes(storage[:16]) == head + hashlib.sha256(head).digest()[:8]
    # [2, [0, 0, 0], []] in CBOR (RFC 8949 appendix A)
    wanted = frame(b"SC", 0, b"\x83\x02\x83\x00\x00\x00\x80", True)
    for n in range(RECORDS):
        wanted += frame(b"SR", n, region.leaves[n], True)
    assert bytes(storage[256 : 2 * 4096]) == wanted
    second = bytes(storage[2 * 4096 + 256 :])
    assert second[:8] == b"SC" + second[2:4] + b"\x00\x00\x00\x1e"
    # The frontier of 30 leaves: of 16, 8, 4 and 2.
    nodes = b"\x84"
    for first, last in ((0, 16), (16, 24), (24, 28), (28, 30)):
        nodes += b"\x58\x20" + tree_root(region.leaves[first:last])
    assert second[8:200].find(nodes) > 0
    assert second[256:512] == frame(b"SR", RECORDS, region.leaves[RECORDS], True)


def test_a_record_of_several_pages():
    region = Region()
    region.append(3)
    journal = region.journal
    # Lengths around the edges of a page: 238 bytes of body fit into one.
    for size in (237, 238, 239, 493, 494, 495, 1500, 2047):
        n = journal.next_n
        body = envelope(n, journal.root())
        body += bytes(size - len(body))
        page = journal.end
        journal.append(n, body, totals(n))
        assert journal.get(n) == body
        assert journal.end - page == (size + 18 + 255) // 256 or journal.starts[-1][1] == n
    refused(codes.INTERNAL, journal.append, journal.next_n, bytes(2048), totals(0))


def test_a_number_out_of_order_is_refused():
    region = Region()
    region.append(2)
    for n in (0, 1, 3):
        refused(codes.INTERNAL, region.journal.append, n, envelope(n), totals(n))
    region.check()


def test_a_flipped_bit_anywhere_stops_writing_and_keeps_the_rest_readable():
    region = Region()
    region.append(3)
    storage = region.chip.storage
    start = region.chip.page(0, 0)
    used = len(region.leaves[0]) + 16
    for at in range(start, start + 4 * 256):
        page, place = divmod(at - start, 256)
        if place >= (23 if page == 0 else used) and place < 254:
            continue  # 0xFF behind a frame means nothing
        if 40 < place < used - 20 and at % 11:
            continue  # bodies are all alike
        storage[at] ^= 1 << (at & 7)
        journal = Journal(region.device())
        try:
            journal.open()
            # One of the two bytes that mark a frame says nothing against the other.
            assert place >= 254
        except Refused as error:
            assert error.code == codes.JOURNAL_FAULT
            n = journal.next_n
            refused(codes.JOURNAL_FAULT, journal.append, n, envelope(n), totals(n))
            refused(codes.JOURNAL_FAULT, journal.root)
        for n in range(3):
            try:
                assert journal.get(n) == region.leaves[n]
            except Refused as error:
                assert error.code == codes.JOURNAL_FAULT
                assert page == n + 1 or page == 0 or place < 8, (page, place, n)
        storage[at] ^= 1 << (at & 7)
    region.start()
    region.check()


def test_a_damaged_checkpoint_is_not_taken_for_one_cut_short():
    region = Region()
    region.append(RECORDS + 2)
    storage = region.chip.storage
    start = 2 * 4096 + 256
    length = int.from_bytes(storage[start + 2 : start + 4], "big") + 16
    for at in range(start, start + length):
        storage[at] ^= 0x10
        journal = Journal(region.device())
        refused(codes.JOURNAL_FAULT, journal.open)
        assert journal.get(RECORDS - 1) == region.leaves[RECORDS - 1]
        storage[at] ^= 0x10


def test_a_missing_segment_is_a_fault():
    for lost in (0, 1):
        region = Region()
        region.append(2 * RECORDS + 1)
        region.chip.storage[2 * 4096 * lost] ^= 1
        journal = Journal(region.device())
        refused(codes.JOURNAL_FAULT, journal.open)
        assert journal.get(2 * RECORDS) == region.leaves[2 * RECORDS]
        error = codes.NO_RECORD if not lost else codes.JOURNAL_FAULT
        refused(error, journal.get, lost * RECORDS)


def _until_full(region):
    while True:
        try:
            region.append()
        except Refused as refusal:
            return refusal.code


def test_a_full_chip_is_refused_before_anything_is_written():
    region = Region(8)
    journal = region.journal
    states = []
    while len(region.leaves) < 4 * RECORDS:
        region.append()
        if fill.state(journal) not in states:
            states.append(fill.state(journal))
            if states[-1] == "WARN":
                # 80 %: of 4 x 31 pages 99.2, of which each segment's checkpoint is one.
                assert len(region.leaves) in (95, 96)
    assert states == ["OK", "WARN", "FULL"] and fill.free(journal) == 0
    before = hashlib.sha256(region.chip.storage).digest()
    assert _until_full(region) == codes.JOURNAL_FULL and journal.full
    assert hashlib.sha256(region.chip.storage).digest() == before
    region.check()


def test_only_what_was_receipted_is_removed_and_only_when_its_room_is_needed():
    region = Region(8)
    region.append(4 * RECORDS)
    journal = region.journal
    journal.receipted = RECORDS - 1  # the first segment's last record is not
    assert _until_full(region) == codes.JOURNAL_FULL
    journal.take_receipt(2 * RECORDS + 5)
    assert fill.state(journal) == "OK" and journal.first_n() == 0
    region.check()
    region.append(2 * RECORDS)
    assert journal.first_n() == 2 * RECORDS
    refused(codes.NO_RECORD, journal.get, 2 * RECORDS - 1)
    region.check(2 * RECORDS)
    assert _until_full(region) == codes.JOURNAL_FULL
    region.start(2 * RECORDS + 5)
    region.check(2 * RECORDS)
    # Without that receipt records are missing.
    refused(codes.JOURNAL_FAULT, Journal(region.device()).open, 2 * RECORDS - 1)
    # And one for more than there ever was is not of this journal.
    refused(codes.JOURNAL_FAULT, Journal(region.device()).open, len(region.leaves) + 1)
