"""An update of the firmware over the service line: a signed release into the slot that does not
run, verified, announced in the journal, and started on trial (metrology.md 2.4, trust.md 6.7).

Owns: the order of its steps, and what is kept of it in the settings: "update" {1 the signed
manifest, 2 number of the record that announces it, 3 first 8 bytes of its software
identification}, "release" {1 the highest that was confirmed, 2 the lowest that may still come}.
Refuses: with `Refused(code)`; the firmware that runs and its settings stay as they are.
Units: bytes. Loaded for an update; `terminal` is operations.Terminal.

The weighing goes on meanwhile: nothing that runs is touched, and what is written lies in a slot
that nobody reads before all of it was verified.
"""

from steelyard_wire import codes, record, release, several, statement
from steelyard_wire.codes import Refused

from terminal import cold
from terminal.evidence import settings

_SLOTS = "terminal.drivers.slot_files"
_RECORD = 640  # bytes of a record, about
_AFTER = 4096  # of two more, and of what the recorder keeps free


def slots(what: str, *args):
    """What a function of drivers/slot_files.py gives; Refused(STORAGE)."""
    try:
        return cold.call(_SLOTS, what, *args)
    except OSError:
        raise Refused(codes.STORAGE, "the slot")


def released(terminal) -> tuple:
    """(the highest release that was confirmed here, the lowest that may still come)."""
    stored = settings.load(terminal.files, "release") or {}
    return stored.get(1, 0), stored.get(2, 0)


def check_may(terminal) -> None:
    """Whether a release can be taken now; Refused."""
    terminal.require_identity()
    if not slots("state")[0]:
        raise Refused(codes.UNFIT, "a sealed image")
    if settings.load(terminal.files, "trust") is None:
        raise Refused(codes.NO_ROOT, "")
    # metrology.md 2.4: where nothing can be logged, none is taken; the start leaves records, too.
    terminal.journal.check(_RECORD, _AFTER)
    if slots("state")[3] != "-":
        raise Refused(codes.UPDATE_ORDER, "the firmware that runs is on trial")


def pending(terminal) -> "dict | None":
    """What is kept of the update that is under way."""
    return settings.load(terminal.files, "update")


def verified_steps(terminal, envelope: bytes):
    """Generator of work: the fields of a manifest that the stored root's keys have signed and
    that is for this terminal; Refused(NO_ROOT, NOT_SIGNED, UNFIT, DOWNGRADE)."""
    trust = settings.load(terminal.files, "trust")
    if trust is None:
        raise Refused(codes.NO_ROOT, "")
    payload, signatures, fields = release.split(envelope)
    keys = {statement.key_id(bytes(key)): bytes(key) for key in trust[5]}
    message = several.to_be_signed(payload, statement.aad(statement.RELEASE))
    good = 0
    for kid, signature in signatures:
        if kid not in keys:
            continue
        check = (keys[kid], message, signature, terminal.signers.sha512_steps)
        if not (yield from cold.call("terminal.evidence.verify", "verify_steps", *check)):
            raise Refused(codes.NOT_SIGNED, "a signature is wrong")
        good += 1
    if good < trust[4]:
        raise Refused(codes.NOT_SIGNED, "%d of %d signatures" % (good, trust[4]))
    release.check(fields, _here(terminal))
    return fields


def _here(terminal) -> dict:
    board = terminal.board
    literals = {name: getattr(board, name, None) for name in release.HARDWARE + ("SIGNER",)}
    highest, minimum = released(terminal)
    here = slots("machine")
    here["board"] = board.NAME
    here["hardware"] = release.hardware(literals)
    here["sequence"] = max(highest, slots("state")[1])
    here["minimum"] = minimum
    here["calibrated"] = terminal.calibration is not None
    return here


def manifest_steps(terminal, envelope: bytes):
    """Generator of work: take a manifest; what came of another release is removed.

    Returns (bytes of its pack that are there, bytes that it has).
    """
    check_may(terminal)
    fields = yield from verified_steps(terminal, envelope)
    stored = pending(terminal)
    if stored is None or bytes(stored[1]) != envelope:
        if not slots("fits", fields["size"]):
            raise Refused(codes.NO_SPACE, "")
        settings.remove(terminal.files, "update")
        slots("clear", True)
        settings.save(terminal.files, "update", {1: envelope})
    return slots("have"), fields["size"]


def _pack_steps(fields: dict):
    """Generator of work: the software identification with the pack that came; Refused(DAMAGED,
    UNFIT)."""
    found = yield from slots("whole_steps")
    wanted = [fields["sequence"], _hex(fields["contents"])]
    if found != wanted or slots("have") != fields["size"]:
        slots("clear", False)
        raise Refused(codes.DAMAGED, "")
    name = slots("upload_name")
    try:
        steps = cold.call("terminal.drivers.measure", "steps_of_identification", name)
        software = yield from steps
    except OSError:
        raise Refused(codes.STORAGE, "the slot")
    if not software:
        raise Refused(codes.UNFIT, "another fixed part")
    return software


def apply_steps(terminal):
    """Generator of work: verify everything, announce it, let it start next.

    Returns (n, envelope) of the record that announces it. The caller restarts the board.
    """
    check_may(terminal)
    stored = pending(terminal)
    if stored is None:
        raise Refused(codes.UPDATE_ORDER, "")
    envelope = bytes(stored[1])
    fields = yield from verified_steps(terminal, envelope)
    if slots("have") < fields["size"]:
        raise Refused(codes.UPDATE_ORDER, "have=%d" % slots("have"))
    software = yield from _pack_steps(fields)
    terminal.recorder.check_idle()
    if terminal.unsettled:
        raise Refused(codes.STORAGE, "a change is not saved yet: RESET first")
    kept = {1: envelope, 2: terminal.journal.next_n, 3: software[:8]}
    settings.save(terminal.files, "update", kept)
    version, digest = terminal.common_fields()[record.FW]
    data = {1: version, 2: digest, 3: fields["version"], 4: software[:8]}
    data[5], data[6] = release.ANNOUNCED, fields["sequence"]
    written = yield from terminal.recorder.record_steps(record.FIRMWARE, {record.DATA: data})
    slots("activate", _hex(fields["contents"]))
    return written


def _hex(data: bytes) -> str:
    return "".join(["%02x" % byte for byte in bytes(data)])


def abort(terminal) -> None:
    """Give up what came of a release."""
    slots("clear", False)
    settings.remove(terminal.files, "update")
