"""Whether code and parameters still are what they were at the start (D 31, P5; metrology.md 6.3),
and the record of a fault.

Owns: the comparison, and what follows from it. Refuses: with `Refused(code)`, a record that cannot
be made now. Units: none. Loaded every hour, and for a fault.
"""

from steelyard_wire import record
from steelyard_wire.codes import Refused

from terminal.evidence import settings
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration


def _differs_steps(terminal, measure_steps):
    """What differs: CODE, PARAMETERS or nothing ("") as text; yields between files.

    measure_steps() yields, and returns the software identification of what is on the flash.
    """
    try:
        found = yield from measure_steps()
    except OSError:
        found = b""
    if found != terminal.software_id:
        return "CODE"
    try:
        for name, there, made in (
            ("config", terminal.config, Config),
            ("calibration", terminal.calibration, Calibration),
        ):
            stored = settings.load(terminal.files, name)
            # A configuration that was never changed is the board file's.
            if stored is None and (name == "config" or there is None):
                continue
            # As it would be read: what an earlier firmware stored lacks the newest parameters.
            if there is None or made.from_map(stored or {}).to_map() != there.to_map():
                return "PARAMETERS"
    except Refused:
        return "PARAMETERS"
    return ""


def check_steps(terminal, measure_steps):
    """Compare code and parameters with those of the start, and lock; "" or what differs."""
    # While a change is being saved, file and memory differ.
    if terminal.unsettled or terminal.recorder is None:
        return ""
    found = yield from _differs_steps(terminal, measure_steps)
    if found:
        terminal.lock(found)
    return found


def log_steps(terminal):
    """Record the fault that the alarm is for; (n, envelope)."""
    alarm = terminal.alarm
    name = alarm.pending
    terminal.require_identity()
    if name == "CASE":
        alarm.recorded(name)  # it has a record of its own
        return None
    data = {1: name, 2: alarm.times(name)}
    written = yield from terminal.recorder.record_steps(record.FAULT, {record.DATA: data})
    alarm.recorded(name)
    return written
