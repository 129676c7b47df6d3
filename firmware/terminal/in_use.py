"""The settings in force and the weigher that is made of them.

Owns: how a change that was recorded becomes the setting, the calibration session. Refuses: with
`Refused(code)`, a session that is not open. Units: as operations.py.
"""

from steelyard_wire import codes
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.evidence import settings
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher


class InUse:
    """The part of operations.Terminal that has its settings; changes.py changes them."""

    def make_weigher(self, config, calibration) -> Weigher:
        """A weigher for this board's converter."""
        rate_mhz = self.board.CONVERTER["rate_hz"] * 1000
        weigher = Weigher(config, calibration, rate_mhz, faults=self.faults)
        if self.converter is not None:
            weigher.set_rate(self.converter.rate_mhz)
        cold.forget("terminal.weighing.plan")
        return weigher

    def change(self, what: str, *args):
        """Steps of a change of settings, by its name in changes.py; they return (n, envelope)."""
        return cold.call("terminal.changes", what + "_steps", self, *args)

    def begin_calibration(self) -> None:
        """Open a session; one that was open is dropped, the calibration in force stays."""
        scale = self.board.CONVERTER.get("gain", 128), getattr(self.converter, "HALVES", 1)
        make = ("terminal.weighing.calibrate", "CalibrationSession")
        self.session = cold.call(*make, self.weigher, scale)

    def take(self, weigher: Weigher) -> None:
        """Weigh with another weigher from now on."""
        old = self.weigher
        if old.calibration is weigher.calibration:
            weigher.origin.restore(old.origin.offset, old.origin.reference)
            weigher.origin.waiting = old.origin.waiting and weigher.origin.initial
        weigher.blank = old.blank
        weigher.marks = old.marks
        weigher.tilt = old.tilt
        self.session = None
        self.weigher = weigher
        self.look_at_temperature()

    def save_change(self, name: str, new: dict) -> None:
        """Make what was pending the setting."""
        if name == "calibration":
            self._keep_old(new)
        if new is None:
            settings.remove(self.files, name)
        else:
            settings.save(self.files, name, new)
        settings.remove(self.files, "pending")
        self.unsettled = False

    def _keep_old(self, new: dict) -> None:
        """The calibration that `new` takes the place of stays at hand; again if cut short."""
        before = settings.load(self.files, "calibration")
        if before is not None and before != new:
            settings.save(self.files, "calibration_old", before)

    def calibration_session(self):
        """The open session; Refused(CALIBRATION_ORDER) when none is."""
        if self.session is None:
            raise Refused(codes.CALIBRATION_ORDER, "start with CAL BEGIN")
        self._look()
        return self.session

    def old_calibration(self) -> "Calibration | None":
        """The calibration that was in force before the present one."""
        stored = settings.load(self.files, "calibration_old")
        return None if stored is None else Calibration.from_map(stored)
