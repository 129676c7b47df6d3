"""How a terminal takes up what it was: after a reset, from what is stored.

Owns: the order of a start. Refuses: with `Refused(code)`: STORAGE for what is damaged, and what
journal, signer and history refuse; nothing signs then. Units: none. Loaded for a start.
"""

from steelyard_wire import codes, cose, record
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

from terminal import cold, origin
from terminal.care import DUE
from terminal.evidence import settings
from terminal.evidence.identity import Identity
from terminal.evidence.recorder import last_counts
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration

_POWER_ON = const(1)  # cause of a reset: machine.PWRON_RESET of rp2 and esp32


def _of_identity(stored: dict) -> tuple:
    # 5 is the public key; firmware from before it was kept finds it by the seed.
    return stored[1], stored[2], stored[3], stored.get(5, b"")


def take_up(terminal) -> None:
    """Take up what is stored; Refused(STORAGE) when it is damaged."""
    files = terminal.files
    receipt = settings.load(files, "receipt")
    try:
        terminal.journal.open(receipt[1] if receipt else 0)
    finally:
        cold.forget("terminal.evidence.recovery")
    _settle_pending(terminal)
    stored = settings.load(files, "identity")
    if stored is not None and 5 in stored:
        # Whatever comes: whose records these are can be told, and receipts for them checked.
        terminal.identity, terminal.link_key = Identity(*_of_identity(stored)), stored[4]
    stored = settings.load(files, "config")
    if stored is not None:
        terminal.config = Config.from_map(stored)
        cold.forget("terminal.weighing.parameters")
    cold.call("steelyard_wire.classes", "check", *terminal.config.law())
    stored = settings.load(files, "calibration")
    if stored is not None:
        terminal.calibration = Calibration.from_map(stored)
    terminal.take(terminal.make_weigher(terminal.config, terminal.calibration))
    origin.restore(files, terminal.weigher.origin, terminal.generation())
    cold.call("terminal.sealing", "take_up", terminal)


def _settle_pending(terminal) -> None:
    """Whether the change that was open has its record; then it is the setting."""
    pending = settings.load(terminal.files, "pending")
    if pending is None:
        return
    n = pending[1]
    if terminal.journal.next_n > n and _record_type(terminal, n) == pending[4]:
        terminal.save_change(pending[2], pending[3])
        return
    settings.remove(terminal.files, "pending")


def _record_type(terminal, n: int) -> int:
    return record.decode(cose.split(terminal.journal.get(n)).payload)[record.TYP]


def start_steps(terminal, cause: int):
    """After a reset: take up the identity and write the boot record; None when bare."""
    weigher = terminal.weigher
    calibration = terminal.calibration
    if terminal.shunt is not None and calibration and calibration.shunt is not None:
        terminal.checking = DUE
    if terminal.config.warm_up_s or terminal.checking:
        weigher.blank |= codes.ST_WARM_UP
    if cause == _POWER_ON:
        weigher.origin.await_initial()
    stored = settings.load(terminal.files, "identity")
    if stored is None:
        if terminal.journal.next_n:
            # Records without the key that signed them: a wiped board must not go on as new.
            raise Refused(codes.STORAGE, "the journal has records but the key is gone")
        return None
    identity = Identity(*_of_identity(stored))
    signer = yield from identity.signer_steps(terminal.signers.make)
    uses = yield from signer.uses_steps()
    before = cold.call("terminal.closing", "check_goes_on", terminal, uses)
    terminal.adopt(identity, signer, stored[4])
    written = yield from boot_record_steps(terminal, cause, None)
    yield from cold.call("terminal.closing", "started_steps", terminal, before)
    return written


def boot_record_steps(terminal, cause: int, nonce):
    """The record of a start; nonce: 16 bytes for that of provisioning, else None."""
    terminal.boot_counter = last_counts(terminal.journal)[0] + 1
    data = {1: terminal.identity.public_key, 2: cause, 3: nonce}
    return (yield from terminal.recorder.record_steps(record.BOOT, {record.DATA: data}))
