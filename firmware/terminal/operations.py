"""What a terminal can be asked to do, each operation with the signed record that it leaves.

Owns: the settings in force and what is done with them.
Refuses: with `Refused(code)`, before anything has changed.
Units: quantities are integer mantissas with a decimal exponent; times as in drivers.clock.

Operations that sign are generators: each `yield` is a slice of work (in 256-bit multiplications),
after which the caller lets other tasks run. Their result is the value of StopIteration.
"""

from steelyard_wire import codes, record
from steelyard_wire.codes import Refused

from terminal import cold, origin
from terminal.alarm import Alarm
from terminal.care import Care
from terminal.evidence.recorder import Recorder
from terminal.in_use import InUse
from terminal.weighing.config import Config
from terminal.weighing.warmth import Warmth
from terminal.weighing.weigher import COUNTERS

VERSION = "0.1.0"
# An erase of flash (45 ms) and a poll: so much later than due a sample may be seen.
_TASK_MS = 60
# What registers, as a configuration's registration counts it.
KEY = 1
COMMAND = 2
ITSELF = 4
_ONCE = 8  # per load, whoever registers
_EXTENDED_MS = 5000  # R 76-1, 4.4.3
_STARTING = "terminal.starting"


class Terminal(InUse, Care):
    """The terminal's state and operations.

    board: module of the board file. files: settings' file access. journal: a Journal, not open.
    clock: drivers.clock.Clock. signers: signers_seed.Signers or signers_chip.Signers.
    software_id: 32 bytes. test: whether a key made here is a TEST key.
    """

    def __init__(self, board, files, journal, clock, signers, software_id, test) -> None:
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
        self.signers = signers
        self.recorder = None
        self.unsettled = False  # whether `pending` may be on the flash
        self.identity = None
        self.making = False
        self.who = None  # id of the key in whose name something is done now
        self.latch = None  # drivers.latch.Latch where the case has one
        self.sealed = False
        self.locks = None  # the map "lock", see sealing.py
        self.paper = b""  # a statement on its way
        self.stations = {}  # by key id, since the start, see papers.py
        self.wait_ms = self.digits_ms = 0  # uptime before which no proof, no digits count
        self.boot_counter = 0
        self.link_key = b""
        self.session = None
        self.alarm = Alarm()
        self.supply = None  # drivers.supply.Supply where the board measures it
        self._supplied_ms = self._leant_ms = 0
        self.thermometer = None  # drivers.thermometer.Thermometer where the board has one
        self.tilt = None  # drivers.tilt.Tilt where the board has one
        self.warmth = Warmth()
        self.shunt = None  # pin that puts the span check's resistor across the bridge
        self.blocks = 0  # of streams, since the start
        self.checking = 0  # DUE until that was measured, MEASURING
        self._warmed_ms = 0
        self._extended_ms = 0  # uptime until which the extended display is on
        self.refused_key = 0  # error code of the last key that was refused, for a display
        self.faults = [0] * COUNTERS  # what the weighers have found; the last is for fallbacks
        self.config = Config.from_map(board.SCALE)
        cold.forget("terminal.weighing.parameters")
        self.calibration = None
        self.weigher = self.make_weigher(self.config, None)

    # --- start -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Take up what is stored; Refused(STORAGE) when it is damaged."""
        cold.call(_STARTING, "take_up", self)

    def start_steps(self, cause: int):
        """After a reset: take up the identity and write the boot record; None when bare."""
        return cold.call(_STARTING, "start_steps", self, cause)

    def adopt(self, identity, signer, link_key: bytes) -> None:
        """Sign in this name from now on."""
        self.recorder = Recorder(self.journal, signer, identity, self)
        self.identity = identity
        self.link_key = link_key

    # --- what a record says of the terminal ------------------------------------------------------

    def common_fields(self) -> dict:
        """Fields that every record carries: boot, time, calibration, firmware (trust.md 6.2)."""
        fields = {
            record.BC: self.boot_counter,
            record.UP: self.clock.up_ms(),
            record.T: self.clock.utc(),
            record.TS: self.clock.quality(),
            record.CAL: [self.generation(), self.calibration_digest()],
            record.FW: [VERSION, self.software_id[:8]],
        }
        if self.who:
            fields[record.WHO] = self.who
        return fields

    def generation(self) -> int:
        """Of the calibration in force; 0 without one."""
        return self.calibration.generation if self.calibration else 0

    def calibration_digest(self) -> bytes:
        """8 bytes over calibration and metrological parameters; zeros when uncalibrated."""
        return self.calibration.digest(self.config) if self.calibration else bytes(8)

    def review(self) -> None:
        """Look whether the verification still holds."""
        if self.sealed:
            cold.call("terminal.sealing", "review", self)

    def require_identity(self) -> None:
        """Refused(NOT_PROVISIONED) while there is no key to sign with."""
        if self.recorder is None:
            raise Refused(codes.NOT_PROVISIONED, "")

    # --- identity --------------------------------------------------------------------------------

    def provision_steps(self, serial: str, entropy: bytes, link_key: bytes, unlock_key=b""):
        """Make the key, take the serial number and write record 0; returns (n, envelope)."""
        secrets = (serial, entropy, link_key, unlock_key)
        return cold.call("terminal.provisioning", "provision_steps", self, *secrets)

    # --- weighing --------------------------------------------------------------------------------

    def follow_rate(self) -> None:
        """Plan the filter by the rate that the converter has; between samples."""
        self.weigher.set_rate(self.converter.rate_mhz)
        cold.forget("terminal.weighing.plan")

    def keep_zero(self) -> None:
        """Store a zero that somebody set, or that set itself; between samples."""
        if self.weigher.origin.moved:
            origin.keep(self.files, self.weigher.origin, self.generation())

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
        self.keep_zero()

    def tare(self) -> None:
        """Take the load as tare; Refused with the reason."""
        self._look()
        self._check(self.weigher.tare())

    def preset_tare(self, mantissa: int, exp10: int, unit: int) -> None:
        """Take a keyed-in tare, rounded to e; Refused with the reason."""
        config = self.config
        if unit != config.unit:
            raise Refused(codes.ARGUMENT, "the unit is that of CONFIG")
        places = config.exp10 - 2 - exp10
        fine = mantissa * 10**-places if places < 0 else (mantissa + 10**places // 2) // 10**places
        self._check(self.weigher.preset_tare(fine), "more than nothing, Max of the range at most")

    def clear_tare(self) -> None:
        """Show gross weight again; Refused where a tare ends with the load."""
        if self.config.direct_sale:
            self._look()
        self._check(self.weigher.clear_tare())

    def _check(self, code: int, detail: str = "") -> None:
        if code:
            warming = code == codes.NOT_READY and self.weigher.blank
            raise Refused(code, "warming up" if warming else detail)

    def extend(self) -> None:
        """Show tenths of d for five seconds, in which nothing is registered (4.4.3)."""
        self._extended_ms = self.clock.up_ms() + _EXTENDED_MS

    def extended(self) -> bool:
        """Whether tenths of d are shown."""
        return self.clock.up_ms() < self._extended_ms

    def due(self) -> bool:
        """Whether a load is to be registered by itself."""
        weigher = self.weigher
        cycle = weigher.cycle
        if cycle is None or not cycle.due or not weigher.reading.status & codes.ST_STABLE:
            return False
        return self.config.registration & ITSELF > 0

    def register_steps(self, nonce: "bytes | None", by: int = COMMAND):
        """Sign the present stable reading, once per load if so configured; (n, envelope).

        by: KEY, COMMAND or ITSELF.
        """
        self.require_identity()
        if not self.config.registration & by:
            raise Refused(codes.TRIGGER)
        self._look()
        if self.extended():
            raise Refused(codes.EXTENDED)
        self.recorder.check_idle()
        self._check(self.weigher.registrable())
        fields = self.reading_fields()
        if nonce:
            fields[record.NONCE] = nonce
        cycle = self.weigher.cycle
        if cycle is None:
            return (yield from self.recorder.record_steps(record.READING, fields))
        if not cycle.due and (by == ITSELF or self.config.registration & _ONCE):
            raise Refused(codes.NEXT_LOAD)
        cycle.open = cycle.due = False
        failed = True
        try:
            written = yield from self.recorder.record_steps(record.READING, fields)
            failed = False
        except Refused:
            failed = by != ITSELF  # what failed by itself, a key may try again
            raise
        finally:
            # Also when whoever asked has gone in the middle: the load was not registered.
            if failed:
                cycle.open = True
        return written

    def reading_fields(self) -> dict:
        """What a record says of the present reading."""
        reading = self.weigher.reading
        config = self.config
        fields = {
            record.VAL: [reading.net, config.exp10, config.unit],
            record.ST: reading.status,
            record.RAW: [reading.counts, self.weigher.celsius],
        }
        if reading.status & codes.ST_NET:
            # One of them is there; in a larger range either may have been rounded to nothing.
            both = reading.tare or not reading.preset
            tare = [reading.tare, config.exp10, 0] if both else []
            if reading.preset:
                tare += [reading.preset, config.exp10, 1]
            fields[record.TARE] = tare
        return fields
