"""The journal on the plain-append device: order, recovery, damage, and numbers given once."""

import hashlib
import os

from check import refused
from steelyard_wire import codes
from steelyard_wire.codes import Refused
from storage import Scratch, envelope, read, totals, tree_root, write
from terminal.drivers.append_file import AppendFile
from terminal.evidence.journal import RESERVE, SEGMENT_RECORDS, Journal

_EIO = 5


def _opened(folder, device=None):
    journal = Journal(device or AppendFile(folder + "/journal"))
    journal.open()
    return journal


def _filled(folder, count, device=None):
    journal = _opened(folder, device)
    leaves = []
    for n in range(count):
        leaves.append(envelope(n, journal.root()))
        journal.append(n, leaves[n], totals(n))
    return journal, leaves


def _frames(data):
    """Frames of a segment as (magic, n, body), by the format in the journal's docstring."""
    found = []
    while data:
        size = int.from_bytes(data[2:4], "big")
        frame, data = data[: size + 16], data[size + 16 :]
        assert hashlib.sha256(frame[:-8]).digest()[:8] == frame[-8:]
        found.append((frame[:2], int.from_bytes(frame[4:8], "big"), frame[8:-8]))
    return found


def _all_there(journal, leaves):
    assert journal.next_n == len(leaves)
    for n in range(len(leaves)):
        assert journal.get(n) == leaves[n]
    assert journal.root() == tree_root(leaves)
    assert journal.totals == (totals(len(leaves) - 1) if leaves else [0, 0, 0])
    refused(codes.NO_RECORD, journal.get, len(leaves))


def test_an_empty_journal_has_the_root_of_nothing_and_no_record():
    with Scratch() as folder:
        journal = _opened(folder)
        assert journal.next_n == 0 and journal.totals == [0, 0, 0]
        assert journal.root() == hashlib.sha256(b"").digest()  # RFC 6962 2.1: MTH({})
        refused(codes.NO_RECORD, journal.get, 0)
        refused(codes.NO_RECORD, journal.get, -1)


def test_before_open_nothing_is_written():
    with Scratch() as folder:
        journal = Journal(AppendFile(folder + "/journal"))
        refused(codes.JOURNAL_FAULT, journal.append, 0, envelope(0), totals(0))


def test_records_come_back_byte_for_byte_over_segments_and_starts():
    with Scratch() as folder:
        count = 2 * SEGMENT_RECORDS + 3
        journal, leaves = _filled(folder, count)
        _all_there(journal, leaves)
        again = _opened(folder)
        _all_there(again, leaves)
        for n in (count - 1, 0, SEGMENT_RECORDS, SEGMENT_RECORDS - 1, 5, 6, 7):
            assert again.get(n) == leaves[n]
        leaves.append(envelope(count, again.root()))
        again.append(count, leaves[count], totals(count))
        _all_there(_opened(folder), leaves)


def test_the_files_have_the_documented_form():
    with Scratch() as folder:
        _, leaves = _filled(folder, SEGMENT_RECORDS + 2)
        assert AppendFile(folder + "/journal").segments() == [0, 1]
        first = _frames(read(folder + "/journal/000000.log"))
        second = _frames(read(folder + "/journal/000001.log"))
        # [1, [0, 0, 0], []] in CBOR (RFC 8949 appendix A)
        assert first[0] == (b"SC", 0, b"\x83\x01\x83\x00\x00\x00\x80")
        assert first[1:] == [(b"SR", n, leaves[n]) for n in range(SEGMENT_RECORDS)]
        assert second[0][:2] == (b"SC", SEGMENT_RECORDS)
        # A frontier of 64 leaves is the root over them.
        assert second[0][2].endswith(b"\x81\x58\x20" + tree_root(leaves[:SEGMENT_RECORDS]))
        assert second[1:] == [(b"SR", n, leaves[n]) for n in (64, 65)]


def test_a_number_out_of_order_is_refused():
    with Scratch() as folder:
        journal, leaves = _filled(folder, 2)
        for n in (0, 1, 3):
            refused(codes.INTERNAL, journal.append, n, envelope(n), totals(n))
        _all_there(journal, leaves)


def test_a_torn_tail_is_left_behind_and_never_comes_back():
    with Scratch() as folder:
        journal, leaves = _filled(folder, 3)
        path = folder + "/journal/000000.log"
        whole = read(path)
        frame = len(leaves[2]) + 16
        for cut in (1, 2, 3, 4, 7, 8, 9, 15, 16, 17, frame // 2, frame - 8, frame - 1):
            write(path, whole[: len(whole) - frame + cut])
            journal = _opened(folder)
            assert journal.next_n == 2
            other = envelope(2, journal.root(), salt=1)
            journal.append(2, other, totals(2))
            assert AppendFile(folder + "/journal").segments() == [0, 1]
            write(path, whole)  # the torn bytes complete themselves after all
            _all_there(_opened(folder), leaves[:2] + [other])
            journal = _opened(folder)
            assert journal.get(1) == leaves[1] and journal.get(2) == other
            os.remove(folder + "/journal/000001.log")


def test_a_whole_record_that_was_never_acknowledged_counts():
    with Scratch() as folder:
        _filled(folder, 2)
        frame = b"SR" + len(envelope(2)).to_bytes(2, "big") + b"\x00\x00\x00\x02" + envelope(2)
        frame += hashlib.sha256(frame).digest()[:8]
        path = folder + "/journal/000000.log"
        write(path, read(path) + frame)
        journal = _opened(folder)
        assert journal.next_n == 3 and journal.get(2) == envelope(2)
        assert journal.totals == totals(2)


def test_a_flipped_bit_anywhere_stops_writing_and_keeps_the_rest_readable():
    with Scratch() as folder:
        _, leaves = _filled(folder, 3)
        path = folder + "/journal/000000.log"
        whole = read(path)
        start = len(whole) - sum([len(leaf) + 16 for leaf in leaves])
        for at in range(len(whole)):
            if start + 30 < at < len(whole) - 240 and at % 7:
                continue  # bodies are all alike; the last record and every head are taken whole
            bad = bytearray(whole)
            bad[at] ^= 1 << (at & 7)
            write(path, bad)
            journal = Journal(AppendFile(folder + "/journal"))
            refused(codes.JOURNAL_FAULT, journal.open)
            assert journal.fault
            n = journal.next_n
            refused(codes.JOURNAL_FAULT, journal.append, n, envelope(n), totals(n))
            refused(codes.JOURNAL_FAULT, journal.root)
            good = 0
            for k in range(3):
                try:
                    assert journal.get(k) == leaves[k]
                    good += 1
                except Refused as error:
                    assert error.code == codes.JOURNAL_FAULT
            if at >= start:
                assert good >= 2 or (at - start) % (len(leaves[0]) + 16) < 8, at
            assert read(path) == bytes(bad)


def test_a_checkpoint_cut_short_holds_nothing_and_is_skipped():
    with Scratch() as folder:
        journal, leaves = _filled(folder, SEGMENT_RECORDS + 1)
        path = folder + "/journal/000001.log"
        whole = read(path)
        checkpoint = len(whole) - len(leaves[-1]) - 16
        for cut in (0, 1, 3, 7, 8, 9, checkpoint // 2, checkpoint - 1):
            write(path, whole[:cut])
            journal = _opened(folder)
            _all_there(journal, leaves[:-1])
            journal.append(SEGMENT_RECORDS, leaves[-1], totals(SEGMENT_RECORDS))
            assert AppendFile(folder + "/journal").segments() == [0, 1, 2]
            _all_there(_opened(folder), leaves)
            os.remove(folder + "/journal/000002.log")
        write(path, whole[:checkpoint])
        _all_there(_opened(folder), leaves[:-1])


def test_two_checkpoints_cut_short_in_a_row():
    with Scratch() as folder:
        _, leaves = _filled(folder, 5)
        write(folder + "/journal/000001.log", b"")
        write(folder + "/journal/000002.log", b"SC")
        journal = _opened(folder)
        _all_there(journal, leaves)
        leaves.append(envelope(5, journal.root()))
        journal.append(5, leaves[5], totals(5))
        _all_there(_opened(folder), leaves)


def test_a_damaged_checkpoint_is_not_taken_for_one_cut_short():
    with Scratch() as folder:
        _, leaves = _filled(folder, SEGMENT_RECORDS + 2)
        path = folder + "/journal/000001.log"
        whole = read(path)
        checkpoint = len(whole) - 2 * (len(leaves[-1]) + 16)
        for at in range(checkpoint):
            bad = bytearray(whole)
            bad[at] ^= 0x10
            write(path, bad)
            journal = Journal(AppendFile(folder + "/journal"))
            refused(codes.JOURNAL_FAULT, journal.open)
            assert journal.get(SEGMENT_RECORDS - 1) == leaves[SEGMENT_RECORDS - 1]


def test_a_missing_segment_is_a_fault():
    with Scratch() as folder:
        _, leaves = _filled(folder, 2 * SEGMENT_RECORDS + 1)
        os.remove(folder + "/journal/000001.log")
        journal = Journal(AppendFile(folder + "/journal"))
        refused(codes.JOURNAL_FAULT, journal.open)
        assert journal.get(0) == leaves[0] and journal.get(128) == leaves[128]
        refused(codes.JOURNAL_FAULT, journal.get, SEGMENT_RECORDS)


class _Quota(AppendFile):
    """The device on a medium of `limit` bytes."""

    limit = 1 << 40

    def free(self):
        return self.limit - sum([self.size(segment) for segment in self.segments()])


def test_a_full_medium_is_refused_before_anything_is_written():
    with Scratch() as folder:
        device = _Quota(folder + "/journal")
        device.limit = RESERVE + 12000
        journal = _opened(folder, device)
        leaves = []
        error = None
        while error is None:
            n = journal.next_n
            leaf = envelope(n, journal.root())
            try:
                journal.append(n, leaf, totals(n))
                leaves.append(leaf)
            except Refused as refusal:
                error = refusal
        assert error.code == codes.JOURNAL_FULL
        assert device.free() >= RESERVE
        assert 20 < len(leaves) < SEGMENT_RECORDS
        before = device.size(0)
        refused(codes.JOURNAL_FULL, journal.append, len(leaves), leaf, totals(len(leaves)))
        assert device.size(0) == before and device.segments() == [0]
        _all_there(journal, leaves)
        device.limit += 4096  # space was made: it goes on by itself
        journal.append(len(leaves), leaf, totals(len(leaves)))
        _all_there(_opened(folder, device), leaves + [leaf])


class _Failing(AppendFile):
    """The device with an I/O error in the next append, after `part` of its bytes; -1: none."""

    part = -1
    deaf = False

    def append(self, segment, data):
        if self.part < 0:
            super().append(segment, data)
            return
        written = data[: self.part]
        self.part = -1
        if written:
            super().append(segment, written)
        raise OSError(_EIO)

    def read(self, segment, offset, count):
        if self.deaf:
            raise OSError(_EIO)
        return super().read(segment, offset, count)


def test_a_write_that_failed_is_settled_by_reading_back():
    with Scratch() as folder:
        device = _Failing(folder + "/journal")
        journal, leaves = _filled(folder, 2, device)
        leaf = envelope(2, journal.root())
        for part in (0, 1, 8, 100, len(leaf) + 15):  # not written whole: refused, gone for good
            device.part = part
            refused(codes.JOURNAL_FAULT, journal.append, 2, leaf, totals(2))
            _all_there(journal, leaves)
            _all_there(_opened(folder), leaves)
        device.part = len(leaf) + 16  # written, then the error: it is there and acknowledged
        journal.append(2, leaf, totals(2))
        leaves.append(leaf)
        _all_there(journal, leaves)
        _all_there(_opened(folder), leaves)


def test_a_write_that_cannot_be_read_back_closes_the_journal_until_it_is_opened():
    for part, there in ((0, 2), (1 << 16, 3)):
        with Scratch() as folder:
            device = _Failing(folder + "/journal")
            journal, leaves = _filled(folder, 2, device)
            leaves.append(envelope(2, journal.root()))
            device.part = part
            device.deaf = True
            refused(codes.JOURNAL_FAULT, journal.append, 2, leaves[2], totals(2))
            device.deaf = False
            refused(codes.JOURNAL_FAULT, journal.append, 2, envelope(2, salt=1), totals(2))
            journal.open()
            _all_there(journal, leaves[:there])


def test_an_error_while_a_segment_begins_loses_nothing():
    with Scratch() as folder:
        device = _Failing(folder + "/journal")
        journal, leaves = _filled(folder, SEGMENT_RECORDS, device)
        leaf = envelope(SEGMENT_RECORDS, journal.root())
        for part in (0, 9):
            device.part = part
            refused(codes.JOURNAL_FAULT, journal.append, 64, leaf, totals(64))
            _all_there(_opened(folder), leaves)
        journal.append(64, leaf, totals(64))
        _all_there(_opened(folder), leaves + [leaf])


def test_a_device_that_cannot_be_read_is_a_fault_not_an_empty_journal():
    with Scratch() as folder:
        _filled(folder, 1)
        device = _Failing(folder + "/journal")
        device.deaf = True
        journal = Journal(device)
        refused(codes.JOURNAL_FAULT, journal.open)
        refused(codes.JOURNAL_FAULT, journal.append, 0, envelope(0), totals(0))
