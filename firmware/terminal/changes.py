"""How a terminal's settings change: parameters, calibration, time, each with its signed record.

Owns: the calibration session and the order of "record, then change".
Refuses: with `Refused(code)`, before anything has changed.
Units: as operations.py.

A change of settings and its record are one transaction: the new settings are saved as `pending`
with the number of the record to come, the record is written, `pending` becomes the setting. A
power cut leaves the old setting without a record or the new one with it (`_settle_pending`).
While it is open what became of a change, there is no other one.
"""

from steelyard_wire import codes, record
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.evidence import settings
from terminal.weighing.config import COMMISSIONED, SCALE, Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher


class Changes:
    """The part of operations.Terminal that changes settings; it has the state."""

    def _record_change_steps(self, name: str, new: dict, typ: int, data: dict):
        """Record that `name` becomes `new`, which is then to be put in force and saved."""
        self.require_identity()
        self.recorder.check_idle()
        if self.unsettled:
            raise Refused(codes.STORAGE, "a change is not saved yet: RESET first")
        pending = {1: self.journal.next_n, 2: name, 3: new, 4: typ}
        self.unsettled = True
        recorded = False
        try:
            settings.save(self.files, "pending", pending)
            written = yield from self.recorder.record_steps(typ, {record.DATA: data})
            recorded = True
        finally:
            # Unless it is open what became of the record: then the next start finds out.
            if not recorded and not self.journal.fault:
                settings.remove(self.files, "pending")
                self.unsettled = False
        return written

    def _save_change(self, name: str, new: dict) -> None:
        if name == "calibration":
            self._keep_old(new)
        settings.save(self.files, name, new)
        settings.remove(self.files, "pending")
        self.unsettled = False

    def set_parameter_steps(self, name: str, value: str):
        """Change one parameter of the configuration; returns (n, envelope)."""
        new = self.config.with_value(name, value)
        return self._config_steps(name, self.config.get(name), new.get(name), new)

    def scale_steps(self, words: "list[str]"):
        """Change some parameters of SCALE at once: name, value ...; returns (n, envelope)."""
        if len(words) % 2 or [name for name in words[::2] if name not in SCALE]:
            raise Refused(codes.ARGUMENT, "name value, of " + " ".join(SCALE))
        new = self.config.with_values(words)
        return self._config_steps("scale", self.config.values(SCALE), new.values(SCALE), new)

    def commission_steps(self, values: "list[str]"):
        """Store what a commissioning found, as COMMISSIONED orders it; returns (n, envelope)."""
        new = self.config
        for name, value in zip(COMMISSIONED, values):
            new = new.with_value(name, value)
        before = self.config.values(COMMISSIONED)
        return self._config_steps("commission", before, new.values(COMMISSIONED), new)

    def _config_steps(self, name: str, before, after, new: Config):
        cold.forget("terminal.weighing.parameters")
        cold.call("steelyard_wire.classes", "check", *new.law())
        weigher = self._weigher(new, self.calibration)
        stored = new.to_map()
        data = {1: name, 2: before, 3: after}
        written = yield from self._record_change_steps("config", stored, record.PARAMETER, data)
        # In force from its record on, whatever becomes of the file now.
        self.config = new
        self._take(weigher)
        self._save_change("config", stored)
        return written

    def _take(self, weigher: Weigher) -> None:
        old = self.weigher
        if old.calibration is weigher.calibration:
            weigher.origin.restore(old.origin.offset, old.origin.reference)
            weigher.origin.waiting = old.origin.waiting and weigher.origin.initial
        weigher.blank = old.blank
        self.session = None
        self.weigher = weigher
        self.look_at_temperature()

    def calibration_session(self):
        """The open session; Refused(CALIBRATION_ORDER) when none is."""
        if self.session is None:
            raise Refused(codes.CALIBRATION_ORDER, "start with CAL BEGIN")
        self._look()
        return self.session

    def begin_calibration(self) -> None:
        """Open a session; one that was open is dropped, the calibration in force stays."""
        scale = self.board.CONVERTER.get("gain", 128), getattr(self.converter, "HALVES", 1)
        make = ("terminal.weighing.calibrate", "CalibrationSession")
        self.session = cold.call(*make, self.weigher, scale)

    def old_calibration(self) -> "Calibration | None":
        """The calibration that was in force before the present one."""
        stored = settings.load(self.files, "calibration_old")
        return None if stored is None else Calibration.from_map(stored)

    def commit_calibration_steps(self, unchecked: bool = False):
        """Put the session's calibration in force; returns (n, envelope)."""
        return self._commit_steps(self.calibration_session().commit(unchecked))

    def roll_back_steps(self):
        """Put the calibration before the present one in force again; returns (n, envelope)."""
        before = self.old_calibration()
        if before is None:
            raise Refused(codes.NOT_CALIBRATED, "there is no calibration before this one")
        self.begin_calibration()
        try:
            self.session.restore(before)
            new = self.session.commit(True)
        finally:
            self.session = None
        return self._commit_steps(new)

    def _commit_steps(self, new: Calibration):
        weigher = self._weigher(self.config, new)
        stored = new.to_map()
        change = ("calibration", stored, record.CALIBRATION, stored)
        written = yield from self._record_change_steps(*change)
        self.calibration = new
        self._take(weigher)
        self._save_change("calibration", stored)
        return written

    def _keep_old(self, new: dict) -> None:
        """The calibration that `new` takes the place of stays at hand; again if cut short."""
        before = settings.load(self.files, "calibration")
        if before is not None and before != new:
            settings.save(self.files, "calibration_old", before)

    def set_time_steps(self, utc: int):
        """Set the wall time; the old and the new value are recorded; returns (n, envelope)."""
        self.require_identity()
        data = {1: self.clock.utc(), 2: utc}
        written = yield from self.recorder.record_steps(record.TIME_SET, {record.DATA: data})
        self.clock.set(utc)
        return written
