"""The journal: every record once, in order, and none announced that is not in it.

Owns: segments, their checkpoints, what may be freed; the number of the next record, the totals and
the tree over all records. How a start finds all that is in `recovery`.
Refuses: with Refused: JOURNAL_FULL before anything is written, JOURNAL_FAULT when a write cannot
be confirmed or when the journal is damaged (it can then be read, not written), NO_RECORD.
Units: bytes, pages of 256; totals are [readings, sum of net mantissas, voids].

A segment is a checkpoint frame and as many record frames as its pages hold (see `frames`). The
body of a record frame is the record's envelope as signed; that of a checkpoint is deterministic
CBOR [2, totals, nodes of the frontier], the state before record n. So a start replays one segment.

How a number stays unique. A record is acknowledged when its frame was read back and marked. A
frame found whole at the next start counts, marked or not: its number is used. A frame that is not
whole and not marked was never acknowledged: it is made void, and its number is free. One that is
marked and not whole is damage: nothing is renumbered, the journal stays closed until it is
serviced. What lies in a segment from the first number of the next one on is void.

Only what the host has receipted is ever removed, and only when its room is needed.

`device` (drivers.segment_files, raw_region, append_file) has: pages, in a segment; atomic, whether
a write cannot be torn; segments() -> numbers, ascending, and damaged, whether one more was there;
read(segment, page, buffer); write(segment, page, data), whole pages; create_steps(segment), a
generator; remove(segment); room() -> segments that can still be created.
"""

from steelyard_wire import cbor, cose, record
from steelyard_wire.codes import BUSY, INTERNAL, JOURNAL_FAULT, JOURNAL_FULL, NO_RECORD, Refused
from steelyard_wire.shim import const
from steelyard_wire.tree import Frontier

from terminal.evidence import frames
from terminal.evidence.steps import finish

FORMAT = 2

_MAX_N = const(0xFFFFFFFF)
_EIO = const(5)
_ENOSPC = const(28)


class Journal:
    """The journal on `device`; `open` first.

    fault: why it cannot be written, "" if it can. full: whether the last record that was to be
    written had no room. next_n: number of the next record. totals: of all records before it.
    receipted: records before this one are in the host's database.
    """

    def __init__(self, device) -> None:
        self.device = device
        self._page = bytearray(frames.PAGE)
        self.reset(0)
        self.fault = "not open"

    def reset(self, receipted: int) -> None:
        """Forget everything, before it is recovered."""
        self.fault = ""
        self.full = False
        self.next_n = 0
        self.totals = [0, 0, 0]
        self.receipted = receipted
        self.frontier = Frontier()
        self.starts = []  # (segment, its first record, page of that), ascending
        self.spare = -1  # a segment that was created and has no checkpoint yet
        self._creating = False
        self.end = self.device.pages  # page of the last segment that comes next
        self._place = (-1, 0, 0, 0)  # record, segment, page, limit: after the last one read

    def open(self, receipted: int = 0) -> None:
        """Recover the state from the device.

        Refused(JOURNAL_FAULT): damaged; what is readable can still be had with `get`.
        """
        from terminal.evidence import recovery

        recovery.recover(self, self.device, receipted)
        if self.fault:
            raise Refused(JOURNAL_FAULT, self.fault)

    def stop(self, reason: str) -> None:
        """Nothing is written any more."""
        if not self.fault:  # the first reason is the cause
            self.fault = reason

    # --- room ------------------------------------------------------------------------------------

    def first_n(self) -> int:
        """The first record that is still there."""
        return self.starts[0][1] if self.starts else self.next_n

    def freeable(self) -> int:
        """How many segments the host has receipted to their end."""
        count = 0
        while count + 1 < len(self.starts) and self.starts[count + 1][1] <= self.receipted:
            count += 1
        return count

    def take_receipt(self, n: int) -> None:
        """Records 0..n-1 are in the host's database."""
        self.receipted = n
        self.full = False

    def segments_left(self) -> int:
        """How many can still be begun; OSError."""
        return (self.spare >= 0) + self.device.room() + self.freeable()

    def check(self, size: int, spare: int = 0) -> None:
        """Whether an envelope of `size` bytes can be appended, and `spare` bytes are left then.

        Refused(JOURNAL_FAULT), Refused(JOURNAL_FULL).
        """
        if self.fault:
            raise Refused(JOURNAL_FAULT, self.fault)
        if self.next_n >= _MAX_N:
            raise Refused(JOURNAL_FULL, "no number is left")
        if not 0 < size <= frames.MAX_BODY:
            raise Refused(INTERNAL, "record length")
        self.full = False
        if self._needs_segment(size + spare):
            try:
                # One that is being created takes room, and is not there yet.
                self.full = not self._creating and not self.segments_left()
            except OSError as error:
                raise _refusal(error)
        if self.full:
            raise Refused(JOURNAL_FULL, "")

    def ready_steps(self, size: int, spare: int = 0):
        """Generator: make room for an envelope of `size` bytes, and `spare`, in the last segment.

        A new segment takes a block erase for each slice. Refused as `check`.
        """
        self.check(size, spare)
        if self._needs_segment(size + spare):
            while self._creating:
                yield
            try:
                yield from self._begin_steps()
            except OSError as error:
                raise _refusal(error)

    def _needs_segment(self, size: int) -> bool:
        return self.end + frames.pages(size) > self.device.pages

    def wants_spare(self) -> bool:
        """Whether half of the last segment is full and there is no next one."""
        full = 2 * self.end >= self.device.pages
        return full and self.spare < 0 and not self._creating and not self.fault

    def spare_steps(self):
        """Generator: create the next segment ahead of need; meanwhile records go on."""
        if not self.wants_spare():
            return
        try:
            if self.device.room():
                yield from self._create_steps()
        except OSError:
            return  # it will be tried, and told, when it is needed

    # --- writing -------------------------------------------------------------------------------

    def append(self, n: int, envelope: bytes, totals: "list[int]") -> None:
        """Write record `n`, which must be the next, and read it back; totals: including it.

        Refused(JOURNAL_FULL), Refused(JOURNAL_FAULT): the record is not in the journal and will
        not turn up there. Where that cannot be made sure, `fault` is set until the next `open`.
        """
        if n != self.next_n:
            raise Refused(INTERNAL, "record number")
        if self._creating and self._needs_segment(len(envelope)):
            raise Refused(BUSY, "")
        finish(self.ready_steps(len(envelope)))
        self._write(frames.RECORD, n, envelope)
        self.frontier.append(envelope)
        self.totals = list(totals)
        self.next_n = n + 1

    def _create_steps(self):
        # Asked, not counted: a creation that failed may have left something or not.
        numbers = self.device.segments()
        segment = numbers[-1] + 1 if numbers else 0
        self._creating = True
        try:
            yield from self.device.create_steps(segment)
            self.spare = segment
        finally:
            self._creating = False

    def _begin_steps(self):
        if self.spare < 0:
            if not self.device.room() and self.freeable():
                # The number goes first: a cut leaves a segment fewer, never one in the middle.
                segment = self.starts.pop(0)[0]
                self._place = (-1, 0, 0, 0)
                self.device.remove(segment)
            yield from self._create_steps()
        self._begin(self.spare)

    def _begin(self, segment: int) -> None:
        state = cbor.encode([FORMAT, self.totals, self.frontier.to_list()])
        self.spare = -1
        self.starts.append((segment, self.next_n, frames.pages(len(state))))
        self._place = (-1, 0, 0, 0)
        self.end = 0
        try:
            self._program(segment, frames.CHECKPOINT, self.next_n, state)
        except OSError:
            self.starts.pop()
            self.end = self.device.pages
            raise

    def _write(self, magic: bytes, n: int, body: bytes) -> None:
        """A frame at the end of the last segment; returns only if it is there."""
        segment = self.starts[-1][0]
        try:
            self._program(segment, magic, n, body)
        except OSError as error:
            try:
                # What came of it? Whole after all, or void by the checkpoint of another segment.
                count = frames.pages(len(body))
                found = bytearray(count * frames.PAGE)
                self.device.read(segment, self.end, found)
                if frames.body(found) == body:
                    self.end += count
                    return
                if found != frames.BLANK * count:
                    finish(self._begin_steps())
            except (OSError, Refused):
                self.stop("write of record " + str(n) + " not confirmed")
            raise _refusal(error)

    def _program(self, segment: int, magic: bytes, n: int, body: bytes) -> None:
        device = self.device
        frame = frames.build(magic, n, body, device.atomic)
        device.write(segment, self.end, frame)
        page = self._page
        for at in range(0, len(frame), frames.PAGE):
            device.read(segment, self.end + at // frames.PAGE, page)
            if page != frame[at : at + frames.PAGE]:
                raise OSError(_EIO)
        if not device.atomic:
            self.mark(segment, self.end)
        self.end += len(frame) // frames.PAGE

    def mark(self, segment: int, at: int) -> None:
        """Mark the frame at a page as read back; OSError unless that is there to be read."""
        device = self.device
        page = self._page
        device.read(segment, at, page)
        frames.mark(page)
        device.write(segment, at, page)
        device.read(segment, at, page)
        if not frames.is_marked(page):
            raise OSError(_EIO)

    # --- reading -------------------------------------------------------------------------------

    def root(self) -> bytes:
        """RFC 6962 root over records 0..next_n-1; Refused(JOURNAL_FAULT) if damaged."""
        if self.fault:
            raise Refused(JOURNAL_FAULT, self.fault)
        return self.frontier.root()

    def root_at(self, n: int) -> bytes:
        """The root over records 0..n-1 of those that are there; Refused as `get`."""
        if n == self.next_n:
            return self.root()
        return record.decode(cose.split(self.get(n)).payload)[record.ROOT]

    def get(self, n: int) -> bytes:
        """The envelope of record `n`, as it was signed.

        Refused(NO_RECORD): there is none. Refused(JOURNAL_FAULT): it cannot be read.
        """
        if n < 0 or (n >= self.next_n and not self.fault):
            raise Refused(NO_RECORD, str(n))
        if self.starts and n < self.first_n():
            raise Refused(NO_RECORD, str(n) + " was receipted and removed")
        try:
            envelope = self._find(n)
        except OSError:
            envelope = b""
        if not envelope:
            raise Refused(JOURNAL_FAULT, "record " + str(n) + " cannot be read")
        return envelope

    def _find(self, n: int) -> bytes:
        """The envelope of record `n`, verified; empty if it is not found whole."""
        known, segment, page, limit = self._place
        if not known <= n < limit or known < 0:
            known, segment, page, limit = self._segment_of(n)
        while page < self.device.pages and known < limit:
            self.device.read(segment, page, self._page)
            count = frames.size(self._page, frames.RECORD)
            if not count or frames.number(self._page) != known or page + count > self.device.pages:
                if self._page == frames.BLANK:
                    break
                page += 1  # void, or damaged
                continue
            if known == n:
                frame = bytearray(count * frames.PAGE)
                self.device.read(segment, page, frame)
                self._place = (n + 1, segment, page + count, limit)  # a host reads them in order
                return frames.body(frame)
            known += 1
            page += count
        return b""

    def _segment_of(self, n: int) -> "tuple[int, int, int, int]":
        """The last segment that begins at or before `n`: (its first record, segment, page of it,
        first record of the next segment)."""
        limit = _MAX_N
        for segment, first, page in reversed(self.starts):
            if first <= n:
                return first, segment, page, limit
            limit = first
        return 0, 0, self.device.pages, 0


def _refusal(error: OSError) -> Refused:
    if error.errno == _ENOSPC:
        return Refused(JOURNAL_FULL, "the device is full")
    return Refused(JOURNAL_FAULT, "device error " + str(error.errno))
