"""What a terminal can be asked to do, each operation with the signed record that it leaves.

Owns: the settings in force, the calibration session and the order of "record, then change".
Refuses: with `Refused(code)`, before anything has changed.
Units: quantities are integer mantissas with a decimal exponent; times as in drivers.clock.

Operations that sign are generators: each `yield` is a slice of work (in 256-bit multiplications),
after which the caller lets other tasks run. Their result is the value of StopIteration.

A change of settings and its record are one transaction: the new settings are saved as `pending`
with the number of the record to come, the record is written, `pending` becomes the setting. A
power cut leaves the old setting without a record or the new one with it (`_settle_pending`).
While it is open what became of a change, there is no other one.
"""

from steelyard_wire import codes, cose, record
from steelyard_wire.codes import Refused
from steelyard_wire.digest import sha256

from terminal import cold
from terminal.evidence import settings
from terminal.evidence.identity import Identity, make_seed
from terminal.evidence.recorder import Recorder, last_boot_counter
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import COUNTERS, Weigher

VERSION = "0.1.0"
# An erase of flash (45 ms) and a poll: so much later than due a sample may be seen.
_TASK_MS = 60
# The parameters of COMMISSION, in its order.
COMMISSIONED = "profile ring_mhz ring_max_mhz damping noise noise_floor rate_mhz settle_ms".split()
# What SET can change at once, in the order of the record.
SCALE = "class min unit exp10 max e multirange max_1 e_1 max_2 e_2".split()


def _values(config: Config, names: "list[str]") -> str:
    return " ".join([str(config.get(name)) for name in names])


class Terminal:
    """The terminal's state and operations.

    board: module of the board file. files: settings' file access. journal: a Journal, not open.
    clock: drivers.clock.Clock. make_signer(seed) -> signer. random(n) -> n random bytes.
    software_id: 32 bytes. test: whether a key made here is a TEST key.
    """

    def __init__(
        self, board, files, journal, clock, make_signer, random, software_id, test
    ) -> None:
        self.board = board
        self.files = files
        self.journal = journal
        self.clock = clock
        self.software_id = software_id
        self.test = test
        self.converter = None
        self.ring = None
        self.tap = None  # links.trace.Tap while a trace runs
        self.wifi = None
        self._make_signer = make_signer
        self._random = random
        self._recorder = None
        self._unsettled = False  # whether `pending` may be on the flash
        self.identity = None
        self._making = False
        self.boot_counter = 0
        self.link_key = b""
        self.session = None
        self.refused_key = 0  # error code of the last key that was refused, for a display
        self.faults = [0] * COUNTERS  # what the weighers have found; the last is for fallbacks
        self.config = Config.from_map(board.SCALE)
        self.calibration = None
        self.weigher = self._weigher(self.config, None)

    # --- start -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Take up what is stored; Refused(STORAGE) when it is damaged."""
        self.journal.open()
        self._settle_pending()
        stored = settings.load(self.files, "config")
        if stored is not None:
            self.config = Config.from_map(stored)
        cold.call("steelyard_wire.classes", "check", *self.config.law())
        stored = settings.load(self.files, "calibration")
        if stored is not None:
            self.calibration = Calibration.from_map(stored)
        self._take(self._weigher(self.config, self.calibration))

    def _settle_pending(self) -> None:
        pending = settings.load(self.files, "pending")
        if pending is None:
            return
        n = pending[1]
        if self.journal.next_n > n and self._record_type(n) == pending[4]:
            settings.save(self.files, pending[2], pending[3])
        settings.remove(self.files, "pending")

    def _record_type(self, n: int) -> int:
        return record.decode(cose.split(self.journal.get(n)).payload)[record.TYP]

    def start_steps(self, cause: int):
        """After a reset: take up the identity and write the boot record; None when bare."""
        stored = settings.load(self.files, "identity")
        if stored is None:
            if self.journal.next_n:
                # Records without the key that signed them: a wiped board must not go on as new.
                raise Refused(codes.STORAGE, "the journal has records but the key is gone")
            return None
        identity = Identity(stored[1], stored[2], stored[3])
        signer = yield from identity.signer_steps(self._make_signer)
        self._adopt(identity, signer, stored[4])
        return (yield from self._boot_record_steps(cause, None))

    def _adopt(self, identity: Identity, signer, link_key: bytes) -> None:
        self._recorder = Recorder(self.journal, signer, identity, self)
        self.identity = identity
        self.link_key = link_key

    def _boot_record_steps(self, cause: int, nonce):
        self.boot_counter = last_boot_counter(self.journal) + 1
        data = {1: self.identity.public_key, 2: cause, 3: nonce}
        return (yield from self._recorder.record_steps(record.BOOT, {record.DATA: data}))

    # --- what a record says of the terminal ------------------------------------------------------

    def common_fields(self) -> dict:
        """Fields that every record carries: boot, time, calibration, firmware (trust.md 6.2)."""
        generation = self.calibration.generation if self.calibration else 0
        return {
            record.BC: self.boot_counter,
            record.UP: self.clock.up_ms(),
            record.T: self.clock.utc(),
            record.TS: self.clock.quality(),
            record.CAL: [generation, self.calibration_digest()],
            record.FW: [VERSION, self.software_id[:8]],
        }

    def calibration_digest(self) -> bytes:
        """8 bytes over calibration and metrological parameters; zeros when uncalibrated."""
        return self.calibration.digest(self.config) if self.calibration else bytes(8)

    def _require_identity(self) -> None:
        if self._recorder is None:
            raise Refused(codes.NOT_PROVISIONED, "")

    # --- identity --------------------------------------------------------------------------------

    def provision_steps(self, serial: str, entropy: bytes, link_key: bytes):
        """Make the key, take the serial number and write record 0; returns (n, envelope)."""
        if self.identity is not None:
            raise Refused(codes.ALREADY_PROVISIONED, self.identity.serial)
        if len(link_key) != 32:
            raise Refused(codes.ARGUMENT, "the link key has 32 bytes")
        if self._making:
            raise Refused(codes.BUSY, "provisioning")
        self._making = True
        try:
            seed, identity, signer = yield from self._make_key_steps(serial, entropy)
            stored = {1: seed, 2: serial, 3: self.test, 4: link_key}
            settings.save(self.files, "identity", stored)
        finally:
            self._making = False
        self._adopt(identity, signer, link_key)
        return (yield from self._boot_record_steps(0, sha256(entropy)[:16]))

    def _make_key_steps(self, serial: str, entropy: bytes):
        while True:
            seed = make_seed(self._random(32), entropy, self.software_id)
            identity = Identity(seed, serial, self.test)
            signer = yield from identity.signer_steps(self._make_signer)
            # One real key in 2**32 would be named like a TEST key.
            if self.test or not record.is_test(sha256(identity.public_key)):
                return seed, identity, signer

    # --- weighing --------------------------------------------------------------------------------

    def _weigher(self, config, calibration) -> Weigher:
        rate_mhz = self.board.CONVERTER["rate_hz"] * 1000
        weigher = Weigher(config, calibration, rate_mhz, faults=self.faults)
        if self.converter is not None:
            weigher.set_rate(self.converter.rate_mhz)
        cold.forget("terminal.weighing.plan")
        return weigher

    def follow_rate(self) -> None:
        """Plan the filter by the rate that the converter has; between samples."""
        self.weigher.set_rate(self.converter.rate_mhz)
        cold.forget("terminal.weighing.plan")

    def drain(self) -> None:
        """Feed all waiting samples to the weigher; allocates nothing."""
        ring = self.ring
        weigher = self.weigher
        tap = self.tap
        while ring.take():
            if tap is not None:
                tap.put(ring.counts, ring.ticks, ring.fault)
            weigher.feed(ring.counts, ring.ticks, ring.fault)

    def reading_age_ms(self) -> int:
        """Milliseconds since the newest sample."""
        return self.clock.since(self.weigher.reading.ticks)

    def stale(self) -> bool:
        """Whether the newest sample is so old that the reading may not be the load any more."""
        return self.reading_age_ms() > 3000 // self.board.CONVERTER["rate_hz"] + _TASK_MS

    def _look(self) -> None:
        """What waits in the ring is fed, and then there is a reading of now; else Refused."""
        if self.ring is not None:
            self.drain()
            if self.stale():
                raise Refused(codes.NOT_READY, "the last sample is old")

    def zero(self) -> None:
        """Set zero; Refused with the reason."""
        self._look()
        self._check(self.weigher.zero())

    def tare(self) -> None:
        """Take the load as tare; Refused with the reason."""
        self._look()
        self._check(self.weigher.tare())

    def _check(self, code: int) -> None:
        if code:
            raise Refused(code, "")

    def register_steps(self, nonce: "bytes | None"):
        """Sign the present stable reading; returns (n, envelope)."""
        self._require_identity()
        self._look()
        self._check(self.weigher.registrable())
        reading = self.weigher.reading
        config = self.config
        fields = {
            record.VAL: [reading.net, config.exp10, config.unit],
            record.ST: reading.status,
            record.RAW: [reading.counts, None],
        }
        if reading.status & codes.ST_NET:
            fields[record.TARE] = [reading.tare, config.exp10, 0]
        if nonce:
            fields[record.NONCE] = nonce
        return (yield from self._recorder.record_steps(record.READING, fields))

    # --- settings --------------------------------------------------------------------------------

    def _record_change_steps(self, name: str, new: dict, typ: int, data: dict):
        """Record that `name` becomes `new`, which is then to be put in force and saved."""
        self._require_identity()
        self._recorder.check_idle()
        if self._unsettled:
            raise Refused(codes.STORAGE, "a change is not saved yet: RESET first")
        pending = {1: self.journal.next_n, 2: name, 3: new, 4: typ}
        self._unsettled = True
        recorded = False
        try:
            settings.save(self.files, "pending", pending)
            written = yield from self._recorder.record_steps(typ, {record.DATA: data})
            recorded = True
        finally:
            # Unless it is open what became of the record: then the next start finds out.
            if not recorded and not self.journal.fault:
                settings.remove(self.files, "pending")
                self._unsettled = False
        return written

    def _save_change(self, name: str, new: dict) -> None:
        settings.save(self.files, name, new)
        settings.remove(self.files, "pending")
        self._unsettled = False

    def set_parameter_steps(self, name: str, value: str):
        """Change one parameter of the configuration; returns (n, envelope)."""
        new = self.config.with_value(name, value)
        return self._config_steps(name, self.config.get(name), new.get(name), new)

    def scale_steps(self, words: "list[str]"):
        """Change some parameters of SCALE at once: name, value ...; returns (n, envelope)."""
        if len(words) % 2 or [name for name in words[::2] if name not in SCALE]:
            raise Refused(codes.ARGUMENT, "name value, of " + " ".join(SCALE))
        new = self.config.with_values(words)
        return self._config_steps("scale", _values(self.config, SCALE), _values(new, SCALE), new)

    def commission_steps(self, values: "list[str]"):
        """Store what a commissioning found, as COMMISSIONED orders it; returns (n, envelope)."""
        new = self.config
        for name, value in zip(COMMISSIONED, values):
            new = new.with_value(name, value)
        before = _values(self.config, COMMISSIONED)
        return self._config_steps("commission", before, _values(new, COMMISSIONED), new)

    def _config_steps(self, name: str, before, after, new: Config):
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
        self.session = None
        self.weigher = weigher

    def calibration_session(self):
        """The open session; Refused(CALIBRATION_ORDER) when none is."""
        if self.session is None:
            raise Refused(codes.CALIBRATION_ORDER, "start with CAL BEGIN")
        self._look()
        return self.session

    def begin_calibration(self) -> None:
        """Open a session; one that was open is dropped, the calibration in force stays."""
        self.session = cold.call("terminal.weighing.calibrate", "CalibrationSession", self.weigher)

    def commit_calibration_steps(self):
        """Put the session's calibration in force; returns (n, envelope)."""
        new = self.calibration_session().commit()
        weigher = self._weigher(self.config, new)
        data = {
            1: new.generation,
            2: new.zero_counts,
            3: new.span_counts,
            4: [new.span_mantissa, new.exp10, new.unit],
            5: new.reference,
        }
        stored = new.to_map()
        written = yield from self._record_change_steps(
            "calibration", stored, record.CALIBRATION, data
        )
        self.calibration = new
        self._take(weigher)
        self._save_change("calibration", stored)
        return written

    def set_time_steps(self, utc: int):
        """Set the wall time; the old and the new value are recorded; returns (n, envelope)."""
        self._require_identity()
        data = {1: self.clock.utc(), 2: utc}
        written = yield from self._recorder.record_steps(record.TIME_SET, {record.DATA: data})
        self.clock.set(utc)
        return written
