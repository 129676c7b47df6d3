"""Records about records: what was taken back, a day's end, a witness, a new firmware, the end.

Owns: what each of them says. Refuses: with `Refused(code)`, before anything has changed.
Units: as operations.py. Loaded for one of them. Each ..._steps is a generator that yields work and
returns (n, envelope).
"""

from steelyard_wire import codes, cose, record
from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.note import checkpoint
from steelyard_wire.shim import const

from terminal import cold
from terminal.evidence import settings

# What may have left no record: one that is none (recorder.MOST_APART), and what a failing supply
# cost, in which the counter may make more than one step (Microchip, command Counter).
_MOST_LOST = const(16)
_MOST_STARTS = const(20)  # each is read at a start


def _fields(terminal, n: int) -> dict:
    return record.decode(cose.split(terminal.journal.get(n)).payload)


def void_steps(terminal, n: int):
    """Take a reading back; the reading stays, and counts in the totals as it did."""
    terminal.require_identity()
    terminal.recorder.check_idle()
    found = _fields(terminal, n)
    if found[record.TYP] != record.READING:
        raise Refused(ARGUMENT, "record " + str(n) + " is no reading")
    for later in range(n + 1, terminal.journal.next_n):
        fields = _fields(terminal, later)
        if fields[record.TYP] == record.VOID and fields[record.DATA][1] == n:
            raise Refused(ARGUMENT, "record " + str(later) + " did that")
        yield 5
    what = {record.VAL: found[record.VAL], record.DATA: {1: n}}
    return (yield from terminal.recorder.record_steps(record.VOID, what))


def day_close_steps(terminal):
    """The end of a day, or a sign of life: a signed head over everything before it."""
    terminal.require_identity()
    return terminal.recorder.record_steps(record.DAY_CLOSE, {})


def witness_steps(terminal, name: str, key_id: bytes, size: int, time: int, signature: bytes):
    """Keep what a witness has signed: that it saw the tree of so many records at that time."""
    terminal.require_identity()
    # Whether the signature is right is the verifier's to say: it knows the witness.
    if not 0 < size <= terminal.journal.next_n:
        raise Refused(ARGUMENT, "there are " + str(terminal.journal.next_n) + " records")
    data = {1: name, 2: key_id, 3: size, 4: time, 5: signature}
    return terminal.recorder.record_steps(record.WITNESS, {record.DATA: data})


def retire_steps(terminal, successor: "bytes | None", reason: str):
    """The last record of this key; successor: device id of the terminal that goes on, or None."""
    terminal.require_identity()
    data = {1: successor, 2: reason}
    written = yield from terminal.recorder.record_steps(record.RETIRE, {record.DATA: data})
    terminal.recorder.retired = True
    return written


def started_steps(terminal, before: "dict | None"):
    """After the boot record: a firmware that the record before it did not have; None if it had.

    before: fields of the newest record before the start. A release that was announced is
    confirmed by it, or found not to run.
    """
    update = settings.load(terminal.files, "update")
    told = None
    if update is not None and 2 in update:
        told = yield from cold.call("terminal.updated", "settle_steps", terminal, update)
    else:
        cold.call("terminal.drivers.slot_files", "confirm")
    if before is None or told:
        return told
    old, new = before[record.FW], terminal.common_fields()[record.FW]
    if old[0] == new[0] and bytes(old[1]) == bytes(new[1]):
        return None
    data = {1: old[0], 2: old[1], 3: new[0], 4: new[1]}
    return (yield from terminal.recorder.record_steps(record.FIRMWARE, {record.DATA: data}))


def checkpoint_steps(terminal):
    """(size, root, signature) of the tree now, signed as a C2SP checkpoint."""
    terminal.require_identity()
    journal = terminal.journal
    size, root = journal.next_n, journal.root()
    text = checkpoint(terminal.identity.dev, size, root)
    signature = yield from terminal.recorder.sign_steps(text)
    return size, root, signature


def check_goes_on(terminal, uses: "int | None") -> "dict | None":
    """The fields of the newest record before the start that is more than a start.

    Refused(RETIRED) if the newest is the last of this key; Refused(HISTORY) if the key was used
    more often since than for what leaves no record: this is the journal of another day, or none.
    uses: how often the key was used, None if nobody counts.
    """
    n = terminal.journal.next_n - 1
    fields = _fields(terminal, n) if n >= 0 else None
    if fields and fields[record.TYP] == record.RETIRE:
        raise Refused(codes.RETIRED, "record " + str(n))
    if uses is not None:
        since = uses - (fields.get(record.USE, 0) if fields else 0)
        if not 0 <= since <= _MOST_LOST:
            raise Refused(codes.HISTORY, "signatures " + str(since))
    # Of a start that got no further than its boot record nobody has told what changed with it.
    first = max(terminal.journal.first_n(), n - _MOST_STARTS)
    while fields and fields[record.TYP] == record.BOOT and n > first:
        n -= 1
        fields = _fields(terminal, n)
    return fields
