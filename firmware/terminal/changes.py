"""How a terminal's settings change: parameters, calibration, time, each with its signed record.

Owns: the order of "record, then change".
Refuses: with `Refused(code)`, before anything has changed.
Units: as operations.py.

A change of settings and its record are one transaction: the new settings are saved as `pending`
with the number of the record to come, the record is written, `pending` becomes the setting. A
power cut leaves the old setting without a record or the new one with it (`_settle_pending` of
in_use.py). While it is open what became of a change, there is no other one.

Loaded for a change; `terminal` is operations.Terminal.
"""

from steelyard_wire import codes, record
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.evidence import settings
from terminal.weighing.config import COMMISSIONED, SCALE, Config
from terminal.weighing.linearise import Calibration


def record_change_steps(terminal, name: str, new: dict, typ: int, fields: dict):
    """Record, with these fields, that `name` becomes `new`, which is then to be put in force and
    saved."""
    terminal.require_identity()
    terminal.recorder.check_idle()
    if terminal.unsettled:
        raise Refused(codes.STORAGE, "a change is not saved yet: RESET first")
    pending = {1: terminal.journal.next_n, 2: name, 3: new, 4: typ}
    terminal.unsettled = True
    recorded = False
    try:
        settings.save(terminal.files, "pending", pending)
        written = yield from terminal.recorder.record_steps(typ, fields)
        recorded = True
    finally:
        # Unless it is open what became of the record: then the next start finds out.
        if not recorded and not terminal.journal.fault:
            settings.remove(terminal.files, "pending")
            terminal.unsettled = False
    return written


def _check_unlocked(terminal) -> None:
    """After an opening nothing that weighs is changed before it is said who opened it."""
    if terminal.locks is not None and terminal.locks[2] is not None:
        raise Refused(codes.LOCKED, "UNLOCK first")


def set_parameter_steps(terminal, name: str, value: str):
    """Change one parameter of the configuration; returns (n, envelope)."""
    new = terminal.config.with_value(name, value)
    return _config_steps(terminal, name, terminal.config.get(name), new.get(name), new)


def scale_steps(terminal, words: "list[str]"):
    """Change some parameters of SCALE at once: name, value ...; returns (n, envelope)."""
    if len(words) % 2 or [name for name in words[::2] if name not in SCALE]:
        raise Refused(codes.ARGUMENT, "name value, of " + " ".join(SCALE))
    new = terminal.config.with_values(words)
    return _config_steps(terminal, "scale", terminal.config.values(SCALE), new.values(SCALE), new)


def commission_steps(terminal, values: "list[str]"):
    """Store what a commissioning found, as COMMISSIONED orders it; returns (n, envelope)."""
    new = terminal.config
    for name, value in zip(COMMISSIONED, values):
        new = new.with_value(name, value)
    before = terminal.config.values(COMMISSIONED)
    return _config_steps(terminal, "commission", before, new.values(COMMISSIONED), new)


def _config_steps(terminal, name: str, before, after, new: Config):
    _check_unlocked(terminal)
    cold.forget("terminal.weighing.parameters")
    cold.call("steelyard_wire.classes", "check", *new.law())
    weigher = terminal.make_weigher(new, terminal.calibration)
    stored = new.to_map()
    fields = {record.DATA: {1: name, 2: before, 3: after}}
    change = ("config", stored, record.PARAMETER, fields)
    written = yield from record_change_steps(terminal, *change)
    # In force from its record on, whatever becomes of the file now.
    terminal.config = new
    terminal.take(weigher)
    terminal.save_change("config", stored)
    terminal.review()
    return written


def commit_calibration_steps(terminal, unchecked: bool = False):
    """Put the session's calibration in force; returns (n, envelope).

    A new one takes what the span check's resistor makes with it.
    """
    session = terminal.calibration_session()
    new = session.commit(unchecked)
    if terminal.shunt is None or new.shunt is not None:
        return (yield from _commit_steps(terminal, new))
    new.shunt = yield from cold.call("terminal.span_check", "measure_steps", terminal, new)
    if terminal.session is not session:
        raise Refused(codes.CALIBRATION_ORDER, "the session has ended meanwhile")
    written = yield from _commit_steps(terminal, new)
    terminal.doubt(False)
    return written


def roll_back_steps(terminal):
    """Put the calibration before the present one in force again; returns (n, envelope)."""
    before = terminal.old_calibration()
    if before is None:
        raise Refused(codes.NOT_CALIBRATED, "there is no calibration before this one")
    terminal.begin_calibration()
    try:
        terminal.session.restore(before)
        new = terminal.session.commit(True)
    finally:
        terminal.session = None
    return _commit_steps(terminal, new)


def _commit_steps(terminal, new: Calibration):
    _check_unlocked(terminal)
    weigher = terminal.make_weigher(terminal.config, new)
    stored = new.to_map()
    change = ("calibration", stored, record.CALIBRATION, {record.DATA: stored})
    written = yield from record_change_steps(terminal, *change)
    terminal.calibration = new
    terminal.take(weigher)
    terminal.save_change("calibration", stored)
    terminal.review()
    return written


def set_time_steps(terminal, utc: int):
    """Set the wall time; the old and the new value are recorded; returns (n, envelope)."""
    terminal.require_identity()
    data = {1: terminal.clock.utc(), 2: utc}
    written = yield from terminal.recorder.record_steps(record.TIME_SET, {record.DATA: data})
    before = terminal.clock.utc()
    terminal.clock.set(utc)
    if terminal.sealed:
        for known in (before, utc):
            cold.call("terminal.sealing", "keep_time", terminal, known)
        terminal.review()
    return written
