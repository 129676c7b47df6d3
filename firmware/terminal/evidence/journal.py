"""The journal: every record once, in order, and none announced that is not in it.

Owns: frames, segments, checkpoints and recovery; the number of the next record, the totals and the
tree over all records.
Refuses: with Refused: JOURNAL_FULL before anything is written, JOURNAL_FAULT when a write cannot
be confirmed or when the journal is damaged (it can then be read, not written), NO_RECORD.
Units: bytes; totals are [readings, sum of net mantissas, voids].

A segment is a checkpoint frame and up to 64 record frames (see `frames`). The body of a record
frame is the record's envelope as signed; that of a checkpoint is deterministic CBOR [1, totals,
nodes of the frontier], the state before record n. So a start replays one segment.

How a number stays unique. A record is acknowledged when its frame was read back. A frame found
whole at the next start counts, acknowledged or not: its number is used. A frame cut short at the
end of the last segment does not: what follows begins a new segment, and the checkpoint there is
the end of the one before, so the torn bytes are never looked at again. A frame of full length
with a wrong hash is no torn write of this device but damage: had it been acknowledged, its number
would be given twice. Then nothing is renumbered; the journal stays closed until it is serviced.

`device` (drivers.append_file, same interface) has segments, size, read, append, create, free.
"""

from steelyard_wire import cbor, cose, record
from steelyard_wire.codes import INTERNAL, JOURNAL_FAULT, JOURNAL_FULL, NO_RECORD, Refused
from steelyard_wire.shim import const
from steelyard_wire.tree import Frontier

from terminal.evidence import frames

SEGMENT_RECORDS = 64
RESERVE = 32768  # stays free for the settings: eight blocks of the file system

_MAX_N = const(0xFFFFFFFF)
_FORMAT = const(1)
_BLOCK = const(4096)
_EIO = const(5)
_ENOSPC = const(28)


class Journal:
    """The journal on `device`; `open` first.

    fault: why it cannot be written, "" if it can. full: whether the last record that was to be
    written had no room. next_n: number of the next record. totals: of all records before it.
    """

    def __init__(self, device) -> None:
        self._device = device
        self._reset()
        self.fault = "not open"

    def _reset(self) -> None:
        self.fault = ""
        self.full = False
        self.next_n = 0
        self.totals = [0, 0, 0]
        self._frontier = Frontier()
        self._segment = -1  # the last one
        self._end = 0  # its size
        self._records = SEGMENT_RECORDS  # in it; with so many the next begins a segment
        self._room = 0
        self._place = (-1, 0, 0, 0)  # as _segment_of, of the record after the last one read

    # --- start ---------------------------------------------------------------------------------

    def open(self) -> None:
        """Recover the state from the device.

        Refused(JOURNAL_FAULT): damaged; what is readable can still be had with `get`.
        """
        self._reset()
        try:
            self._recover()
            self._refresh_room()
        except OSError as error:
            self._stop("device error " + str(error.errno))
        if self.fault:
            raise Refused(JOURNAL_FAULT, self.fault)

    def _stop(self, reason: str) -> None:
        if not self.fault:  # the first reason is the cause
            self.fault = reason

    def _recover(self) -> None:
        segments = self._device.segments()
        self._segment = len(segments) - 1
        if segments and segments[-1] != self._segment:
            self._segment = segments[-1]
            self._stop("a segment is missing")
        segment = self._segment
        while segment >= 0 and not self._load(segment):
            segment -= 1
        if segment >= 0:
            self._replay(segment)
        # Segments after it have no valid checkpoint. A write cut short explains that and no more:
        # it left the beginning of the checkpoint that belongs there.
        wanted = self._checkpoint()
        for later in range(segment + 1, self._segment + 1):
            found = self._device.read(later, 0, len(wanted))
            if len(found) == len(wanted) or found != wanted[: len(found)]:
                self._stop("checkpoint " + str(later) + " is damaged")
            self._records = SEGMENT_RECORDS

    def _load(self, segment: int) -> bool:
        """Take up the state of a segment's checkpoint; False if it is not whole."""
        device = self._device
        size = frames.size(device.read(segment, 0, frames.HEAD), frames.CHECKPOINT, -1)
        frame = device.read(segment, 0, size)
        if not frames.is_whole(frame, size):
            return False
        self.next_n = frames.number(frame)
        try:
            form, totals, nodes = cbor.decode(frames.body(frame))
            if form != _FORMAT:
                raise ValueError
            self._frontier = Frontier.from_list(self.next_n, nodes)
        except (Refused, ValueError, TypeError):
            # Whole and yet not ours: a later format. Its numbers are not to be touched.
            self._stop("checkpoint " + str(segment) + " is of another format")
            return True
        self.totals = totals
        self._end = size
        self._records = 0
        return True

    def _replay(self, segment: int) -> None:
        """Follow the record frames of a segment from `_end` on."""
        device = self._device
        size = device.size(segment)
        body = b""
        while self._end < size:
            head = device.read(segment, self._end, frames.HEAD)
            length = frames.size(head, frames.RECORD, self.next_n)
            if not length or self._end + length > size:
                if not self._is_torn(segment, size):
                    self._stop("record " + str(self.next_n) + " is damaged")
                self._records = SEGMENT_RECORDS
                break
            frame = device.read(segment, self._end, length)
            if frames.is_whole(frame, length):
                body = frames.body(frame)
                self._frontier.append(body)
            else:
                # Later records can be read all the same: go on, to know where they are.
                self._stop("record " + str(self.next_n) + " is damaged")
            self.next_n += 1
            self._end += length
            self._records += 1
        if body and not self.fault:
            try:
                self.totals = record.decode(cose.split(body).payload)[record.TOT]
            except Refused:
                self._stop("record " + str(self.next_n - 1) + " is not a record")

    def _is_torn(self, segment: int, size: int) -> bool:
        count = size - self._end
        if count >= frames.MAX_BODY + frames.OVERHEAD:
            return False
        return frames.is_torn(self._device.read(segment, self._end, count), self.next_n)

    # --- writing -------------------------------------------------------------------------------

    def check(self, size: int) -> None:
        """Whether an envelope of `size` bytes can be appended.

        Refused(JOURNAL_FAULT), Refused(JOURNAL_FULL); RESERVE bytes stay free for the settings.
        """
        if self.fault:
            raise Refused(JOURNAL_FAULT, self.fault)
        if self.next_n >= _MAX_N:
            raise Refused(JOURNAL_FULL, "no number is left")
        if not 0 < size <= frames.MAX_BODY:
            raise Refused(INTERNAL, "record length")
        if self._room < size + frames.OVERHEAD:
            self._guarded(self._refresh_room)
        self.full = self._room < size + frames.OVERHEAD
        if self.full:
            raise Refused(JOURNAL_FULL, "")

    def append(self, n: int, envelope: bytes, totals: "list[int]") -> None:
        """Write record `n`, which must be the next, and read it back; totals: including it.

        Refused(JOURNAL_FULL), Refused(JOURNAL_FAULT): the record is not in the journal and will
        not turn up there. Where that cannot be made sure, `fault` is set until the next `open`.
        """
        if n != self.next_n:
            raise Refused(INTERNAL, "record number")
        self.check(len(envelope))
        if self._records >= SEGMENT_RECORDS:
            self._guarded(self._begin_segment)
        self._write(frames.build(frames.RECORD, n, envelope))
        self._frontier.append(envelope)
        self.totals = list(totals)
        self.next_n = n + 1
        self._records += 1

    def _guarded(self, step) -> None:
        try:
            step()
        except OSError as error:
            raise _refusal(error)

    def _begin_segment(self) -> None:
        # Asked, not counted: a creation that failed may have left the file or not.
        segments = self._device.segments()
        segment = segments[-1] + 1 if segments else 0
        self._device.create(segment)
        self._segment = segment
        self._end = 0
        self._place = (-1, 0, 0, 0)
        frame = self._checkpoint()
        self._device.append(segment, frame)
        if self._device.read(segment, 0, len(frame) + 1) != frame:
            raise OSError(_EIO)
        self._end = len(frame)
        self._records = 0
        self._refresh_room()

    def _checkpoint(self) -> bytes:
        state = [_FORMAT, self.totals, self._frontier.to_list()]
        return frames.build(frames.CHECKPOINT, self.next_n, cbor.encode(state))

    def _write(self, frame: bytes) -> None:
        """Append a frame to the last segment; returns only if it is there."""
        error = OSError(_EIO)
        try:
            self._device.append(self._segment, frame)
        except OSError as raised:
            error = raised
            self._room = 0
        # Read back after an error too: what is there is written, whatever the device said.
        try:
            found = self._device.read(self._segment, self._end, len(frame) + 1)
            if found and found != frame:
                self._begin_segment()  # its checkpoint makes void what is left of the frame
        except OSError:
            self._stop("write of record " + str(self.next_n) + " not confirmed")
            raise _refusal(error)
        if found != frame:
            raise _refusal(error)
        self._end += len(frame)
        self._room -= len(frame)

    def _refresh_room(self) -> None:
        # Asking walks the whole file system, so it is done once per segment; between, frames are
        # counted off. The last block of a segment is only partly used: one block more.
        self._room = self._device.free() - RESERVE - _BLOCK

    # --- reading -------------------------------------------------------------------------------

    def root(self) -> bytes:
        """RFC 6962 root over records 0..next_n-1; Refused(JOURNAL_FAULT) if damaged."""
        if self.fault:
            raise Refused(JOURNAL_FAULT, self.fault)
        return self._frontier.root()

    def free(self) -> int:
        """Bytes left for records, about; frames are 16 bytes longer than envelopes."""
        return max(0, self._room)

    def get(self, n: int) -> bytes:
        """The envelope of record `n`, as it was signed.

        Refused(NO_RECORD): there is none. Refused(JOURNAL_FAULT): it cannot be read.
        """
        if n < 0 or (n >= self.next_n and not self.fault):
            raise Refused(NO_RECORD, str(n))
        try:
            frame = self._find(n)
        except OSError:
            frame = b""
        if not frame:
            raise Refused(JOURNAL_FAULT, "record " + str(n) + " cannot be read")
        return frames.body(frame)

    def _find(self, n: int) -> bytes:
        """The frame of record `n`, verified; empty if it is not found whole."""
        known, segment, offset, limit = self._place
        frame = self._frame_at(n, segment, offset) if known == n < limit else b""
        if not frame:
            known, segment, offset, limit = self._segment_of(n)
            while known < n:
                head = self._device.read(segment, offset, frames.HEAD)
                length = frames.size(head, frames.RECORD, known)
                if not length:
                    return b""
                known += 1
                offset += length
            frame = self._frame_at(n, segment, offset)
        self._place = (n + 1, segment, offset + len(frame), limit)  # a host reads them in order
        return frame

    def _frame_at(self, n: int, segment: int, offset: int) -> bytes:
        length = frames.size(self._device.read(segment, offset, frames.HEAD), frames.RECORD, n)
        frame = self._device.read(segment, offset, length)
        return frame if frames.is_whole(frame, length) else b""

    def _segment_of(self, n: int) -> "tuple[int, int, int, int]":
        """The last segment that begins at or before `n`.

        (its first record, segment, offset of that, first record of the next segment): what lies
        in a segment from that one on is void.
        """
        best = (0, 0, 0)
        # A segment has at most so many records, so `n` is not in an earlier one.
        for segment in range(n // SEGMENT_RECORDS, self._segment + 1):
            try:
                head = self._device.read(segment, 0, frames.HEAD)
            except OSError:
                continue
            size = frames.size(head, frames.CHECKPOINT, -1)
            if size:
                if frames.number(head) > n:
                    return best + (frames.number(head),)
                best = (frames.number(head), segment, size)
        return best + (_MAX_N,)


def _refusal(error: OSError) -> Refused:
    if error.errno == _ENOSPC:
        return Refused(JOURNAL_FULL, "the device is full")
    return Refused(JOURNAL_FAULT, "device error " + str(error.errno))
