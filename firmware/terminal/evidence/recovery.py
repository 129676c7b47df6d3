"""How a start finds what the journal was, and what it writes off.

Owns: the order in which segments and pages are looked at. Refuses: nothing; what is wrong becomes
the journal's `fault`. Units: pages of 256 bytes. Loaded for a start.
"""

from steelyard_wire import cbor, cose, record
from steelyard_wire.codes import Refused
from steelyard_wire.tree import Frontier

from terminal.evidence import frames
from terminal.evidence.journal import FORMAT


def recover(journal, device, receipted: int) -> None:
    """Set a journal's state by what its device has; receipted: as the settings have it."""
    journal.reset(receipted)
    try:
        _recover(journal, device)
    except OSError as error:
        journal.stop("device error " + str(error.errno))


def _recover(journal, device) -> None:
    segments = device.segments()
    if device.damaged:
        journal.stop("a segment cannot be told from damage")
    page = bytearray(frames.PAGE)
    for at in range(len(segments)):
        segment = segments[at]
        if at and segment != segments[at - 1] + 1:
            journal.stop("a segment is missing before " + str(segment))
        device.read(segment, 0, page)
        count = frames.size(page, frames.CHECKPOINT)
        if count and frames.is_marked(page) and _body(device, segment, 0, count, page):
            journal.starts.append((segment, frames.number(page), count))
        elif at + 1 < len(segments) or (frames.is_marked(page) and not frames.is_void(page)):
            journal.stop("checkpoint " + str(segment) + " is damaged")
        else:
            _take_up_last(journal, device, segment, page, count)
    if journal.starts:
        first = journal.starts[0][1]
        if first > journal.receipted:
            journal.stop("the records before " + str(first) + " are missing")
        segment, _, count = journal.starts[-1]
        if _load(journal, device, segment, count):
            journal.end = count
            _replay(journal, device, segment)
    if journal.next_n < journal.receipted:
        journal.stop("the records before " + str(journal.receipted) + " were receipted")


def _take_up_last(journal, device, segment: int, page, count: int) -> None:
    """The last segment has no marked checkpoint: it is spare, whole all the same, or void."""
    if page == frames.BLANK:
        journal.spare = segment
        return
    frame = bytearray(count * frames.PAGE)
    if count:
        device.read(segment, 0, frame)
    if count and frames.body(frame):
        journal.mark(segment, 0)
        journal.starts.append((segment, frames.number(page), count))
    else:
        device.remove(segment)  # it was being begun, and holds nothing


def _load(journal, device, segment: int, count: int) -> bool:
    """Take up the state of a segment's checkpoint."""
    frame = bytearray(count * frames.PAGE)
    device.read(segment, 0, frame)
    try:
        form, totals, nodes = cbor.decode(frames.body(frame))
        if form != FORMAT:
            raise ValueError
        journal.next_n = frames.number(frame)
        journal.frontier = Frontier.from_list(journal.next_n, nodes)
    except (Refused, ValueError, TypeError):
        # Damage, or whole and yet not ours: a later format. Its numbers are not to be touched.
        journal.stop("checkpoint " + str(segment) + " is damaged or of another format")
        return False
    journal.totals = totals
    return True


def _replay(journal, device, segment: int) -> None:
    """Follow the record frames of the last segment from `end` on."""
    page = bytearray(frames.PAGE)
    last = b""
    while journal.end < device.pages:
        device.read(segment, journal.end, page)
        if page == frames.BLANK:
            break
        count = frames.size(page, frames.RECORD)
        if journal.end + count > device.pages:
            count = 0
        body = _body(device, segment, journal.end, count, page)
        if body and frames.number(page) == journal.next_n:
            if not frames.is_marked(page) and not journal.fault:
                journal.mark(segment, journal.end)  # from now on it counts
            journal.frontier.append(body)
            last = body
        elif frames.is_void(page):
            journal.end += 1
            continue
        elif not frames.is_marked(page) and not body:
            if not journal.fault:
                _write_off(device, segment, journal.end, max(count, 1))
            journal.end += 1
            continue
        else:
            # Later records can be read all the same: go on, to know where they are.
            journal.stop("record " + str(journal.next_n) + " is damaged")
            if not count:
                journal.end += 1
                continue
        journal.next_n += 1
        journal.end += count
    if last and not journal.fault:
        try:
            journal.totals = record.decode(cose.split(last).payload)[record.TOT]
        except Refused:
            journal.stop("record " + str(journal.next_n - 1) + " is not a record")


def _body(device, segment: int, at: int, count: int, page) -> bytes:
    if count < 2:
        return frames.body(page) if count else b""
    frame = bytearray(count * frames.PAGE)
    device.read(segment, at, frame)
    return frames.body(frame)


def _write_off(device, segment: int, at: int, count: int) -> None:
    """Make what a cut left void, the first page last: it says how many there are.

    It must be void for good: a page that was programmed in part may read otherwise tomorrow.
    """
    page = bytearray(frames.PAGE)
    for which in range(at + count - 1, at - 1, -1):
        device.read(segment, which, page)
        if page != frames.BLANK:
            device.write(segment, which, bytes(frames.PAGE))
