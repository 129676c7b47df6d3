"""After a start: what became of a release that was announced.

Owns: its confirmation by the firmware that runs, and the record that it does, or does not.
Refuses: with `Refused(code)`: CHECK_FAILED, a firmware on trial that is not the one announced.
Units: none. Loaded for a start; `terminal` is operations.Terminal.

The signer has passed its test and the boot record is written when this is asked. A cut leaves the
firmware on trial: the next start goes on where this one ended.
"""

from steelyard_wire import codes, cose, record, release
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.evidence import settings

_SLOTS = "terminal.drivers.slot_files"


def _data_of(terminal, n: int) -> "dict | None":
    """DATA of record n if it is one of a release."""
    journal = terminal.journal
    if not journal.first_n() <= n < journal.next_n:
        return None
    fields = record.decode(cose.split(journal.get(n)).payload)
    data = fields.get(record.DATA, {})
    return data if fields[record.TYP] == record.FIRMWARE and 5 in data else None


def settle_steps(terminal, stored: dict):
    """Generator of work: the record that was written, (n, envelope), or None.

    stored: what update.py has kept of it.
    """
    files = terminal.files
    n = stored[2]
    announced = _data_of(terminal, n)
    if announced is None:
        settings.save(files, "update", {1: stored[1]})  # a cut before its record
        return None
    slot, _, active, tries, _ = cold.call(_SLOTS, "state")
    runs = terminal.software_id[:8] == bytes(stored[3])
    if not runs and slot == active and tries != "-":
        raise Refused(codes.CHECK_FAILED, "not the firmware that was announced")
    state = release.RUNNING if runs else release.FAILED
    written = None
    for later in range(n + 1, terminal.journal.next_n):
        found = _data_of(terminal, later)
        if found is not None and found[5] == state:
            break
        yield 5
    else:
        data = dict(announced)
        data[5] = state
        written = yield from terminal.recorder.record_steps(record.FIRMWARE, {record.DATA: data})
    if not runs:
        settings.save(files, "update", {1: stored[1]})
        return written
    cold.call(_SLOTS, "confirm")
    minimum = (settings.load(files, "release") or {}).get(2, 0)
    minimum = max(minimum, release.split(bytes(stored[1]))[2]["minimum"])
    settings.save(files, "release", {1: announced[6], 2: minimum})
    cold.call(_SLOTS, "forget_older", minimum)
    cold.call("terminal.sealing", "take_software", terminal)
    settings.remove(files, "update")
    return written
