"""The seal and the lock: what is closed, what opened it, whether the verification still holds.

Owns: the map "lock" of the settings and its keys, the marker "sealed" by which boot.py knows.
Refuses: with `Refused(code)`, before anything has changed.
Units: times in s since 1970. Loaded for a start, a change of the lock, a question about it.

Every change is one transaction with its record, as in changes.py. A case that was opened locks:
there is no weight until somebody whom the device statement names unlocks it; the verification is
void until there is a new one (JJF 2184-2025; metrology.md 3.2, rows C1 to C6).
"""

from binascii import hexlify

from steelyard_wire import codes, record, statement
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

from terminal import cold
from terminal.evidence import settings

# The map "lock".
COUNTER = const(1)  # locks so far
AT = const(2)  # the CASE record that locked, None: not locked
WRONG = const(3)  # digits that were wrong, since the last that were right
REPAIR = const(4)  # code of the last repair, or None
SEALS = const(5)  # numbers of the seals on the case
OPENED = const(6)  # whether it was opened since it was verified
VERIFIED = const(7)  # payload of the verification statement, or None
IS_SEALED = const(8)
SOFTWARE = const(9)  # software identification that was sealed, 32 bytes
LATEST = const(10)  # the latest time that it knew since the verification, or None
BODY = const(11)  # id of the key that signed the verification, or None
NEW = {1: 0, 2: None, 3: 0, 4: None, 5: [], 6: 0, 7: None, 8: 0, 9: b"", 10: None, 11: None}

MOST_S = const(3600)
_FREE = const(10)
_FIRST_S = const(60)
_WARNINGS = (0, 15, 60)
_DAY_S = const(86400)
_KEEP_S = const(3600)  # so often a later time is kept
_NEVER = codes.ST_NO_ZERO | codes.ST_WARM_UP | codes.ST_EXTENDED


def take_up(terminal) -> None:
    """At a start: the lock as it was, and the marker as it should be."""
    files = terminal.files
    stored = settings.load(files, "lock")
    if stored is None and terminal.sealed:
        raise Refused(codes.STORAGE, "the lock is gone")
    locks = terminal.locks = dict(NEW)
    locks.update(stored or {})
    terminal.sealed = locks[IS_SEALED] > 0
    _mark(terminal)
    terminal.digits_ms = terminal.clock.up_ms() + 1000 * pause_s(locks[WRONG])
    if locks[AT] is not None:
        shut(terminal)
    elif terminal.sealed and locks[SOFTWARE] != terminal.software_id and not _announced(terminal):
        terminal.lock("CODE")
    review(terminal)


def _announced(terminal) -> bool:
    """Whether a signed release was announced, and is what runs (update.py)."""
    update = settings.load(terminal.files, "update") or {}
    return update.get(3) == terminal.software_id[:8]


def take_software(terminal) -> None:
    """A signed release that confirmed itself is the code that is sealed; the seal stays."""
    locks = terminal.locks
    if locks[IS_SEALED] and locks[SOFTWARE] != terminal.software_id:
        locks[SOFTWARE] = terminal.software_id
        settings.save(terminal.files, "lock", locks)


def _mark(terminal) -> None:
    if terminal.sealed:
        settings.save(terminal.files, "sealed", {1: 1})
    else:
        settings.remove(terminal.files, "sealed")


def pause_s(wrong: int) -> int:
    """How long nothing is looked at after so many wrong digits."""
    return 0 if wrong < _FREE else min(_FIRST_S << min(wrong - _FREE, 6), MOST_S)


def wait_s(terminal) -> int:
    """How long it is until the next digits are looked at."""
    return max(0, terminal.digits_ms - terminal.clock.up_ms() + 999) // 1000


def shut(terminal) -> None:
    """No weight: the case was opened."""
    terminal.lock("CASE")
    terminal.weigher.blank |= codes.ST_CASE_OPEN


def review(terminal) -> None:
    """Have every record say whether the verification holds, and an opening since then."""
    utc = terminal.clock.utc()
    if utc is not None and utc >= ((terminal.locks or NEW)[LATEST] or 0) + _KEEP_S:
        keep_time(terminal, utc)
    marks = 0
    if terminal.sealed:
        if terminal.locks[OPENED]:
            marks = codes.ST_CASE_OPEN
        if verification(terminal)[0] != "VALID":
            marks |= codes.ST_CAL_EXPIRED
    terminal.weigher.marks = marks


def holds_steps(terminal, key: bytes, message: bytes, signature: bytes):
    """Whether an Ed25519 signature holds; in slices, as it takes 0.6 s of an RP2040."""
    proof = (key, message, signature, terminal.signers.sha512_steps)
    return cold.call("terminal.evidence.verify", "verify_steps", *proof)


def device(terminal) -> "dict | None":
    """What the device statement says, None without one."""
    stored = settings.load(terminal.files, "device")
    return stored and statement.decode(statement.DEVICE, stored[1])


def now(terminal) -> "int | None":
    """The time, and at least the latest that it knew: a clock that was set back is no way out."""
    utc, latest = terminal.clock.utc(), (terminal.locks or NEW)[LATEST]
    if utc is None or latest is None:
        return latest if utc is None else utc
    return max(utc, latest)


def keep_time(terminal, utc: "int | None") -> None:
    """Remember a time that is later than all before."""
    locks = terminal.locks
    if utc is not None and terminal.sealed and utc > (locks[LATEST] or 0):
        new = dict(locks)
        new[LATEST] = utc
        settings.save(terminal.files, "lock", new)
        terminal.locks = new


def mismatch(terminal, said: dict, locks: dict) -> str:
    """What of a verification does not fit this terminal with this lock; "" if all does."""
    made = device(terminal)
    calibration = [terminal.generation(), terminal.calibration_digest()]
    for name, wanted, found in (
        ("DEVICE", terminal.identity.dev, said["dev"]),
        # One that was made before an opening is not about what was found after it.
        ("LOCK", locks[COUNTER], said["lock"]),
        ("CALIBRATION", calibration, said["calibration"]),
        ("SOFTWARE", terminal.software_id[:8], said["software"]),
        ("PRODUCTION", made and made["production"], said["production"]),
        ("REPAIR", locks[REPAIR], said["repair"]),
        ("SEALS", locks[SEALS], said["seals"]),
    ):
        if wanted != found:
            return name
    return ""


def verification(terminal) -> tuple:
    """(VALID, or why it is not; what the statement says or None; the time or None)."""
    locks = terminal.locks or NEW
    if not locks[VERIFIED] or terminal.identity is None:
        return "NONE", None, None
    said = statement.decode(statement.VERIFICATION, locks[VERIFIED])
    time = now(terminal)
    state = "OPENED" if locks[OPENED] else mismatch(terminal, said, locks)
    if not state and time is not None:
        state = "EARLY" if time < said["from"] else "EXPIRED" if time > said["until"] else ""
    if not state and terminal.clock.utc() is None:
        state = "NO_TIME"  # nobody can say that it has not expired
    return state or "VALID", said, time


def _as_text(terminal) -> "str | None":
    """Generation and digest of the calibration, as a verification names them."""
    if terminal.calibration is None:
        return None
    digest = hexlify(terminal.calibration_digest()).decode()
    return str(terminal.generation()) + ":" + digest


def said(terminal) -> list:
    """(name, value) of what SEALS answers."""
    locks = terminal.locks or NEW
    made = device(terminal) if terminal.identity else None
    state, checked, time = verification(terminal)
    checked = checked or {}
    until = checked.get("until")
    days = warning = None
    if until is not None and time is not None:
        days = (until - time) // _DAY_S
        warning = [limit for limit in _WARNINGS if days < limit][:1] or None
    return [
        ("sealed", int(terminal.sealed)),
        ("locked", int(locks[AT] is not None)),
        ("n", locks[AT]),
        ("lock", locks[COUNTER]),
        ("wait_s", wait_s(terminal)),
        ("latch", terminal.latch and int(terminal.latch.opened())),
        ("calibration", _as_text(terminal)),
        ("production", made and made["production"]),
        ("approval", made and made["approval"]),
        ("repair", locks[REPAIR]),
        ("code", checked.get("code")),
        ("seals", locks[SEALS] or (made and made["seals"])),
        ("verification", state),
        ("body", checked.get("body")),
        ("until", until),
        ("days", days),
        ("warning", warning and warning[0]),
    ]


def change_steps(terminal, new: dict, typ: int, fields: dict):
    """Record a change of the lock and make it; (n, envelope)."""
    change = ("lock", new, typ, fields)
    written = yield from cold.call("terminal.changes", "record_change_steps", terminal, *change)
    terminal.locks = new
    terminal.sealed = new[IS_SEALED] > 0
    terminal.save_change("lock", new)
    _mark(terminal)
    review(terminal)
    return written


def _lock_record(name: str, action: int, counter: int, code: "str | None") -> dict:
    return {record.DATA: {1: name, 2: action, 3: counter, 4: code}}


def case_steps(terminal):
    """Record that the case was opened, and stay locked; None if it is locked already."""
    shut(terminal)
    idle = False
    while not idle:  # whoever makes records all the time does not keep this one out
        try:
            terminal.recorder.check_idle()
            idle = True
        except Refused as refused:
            if refused.code != codes.BUSY:
                raise
            yield 1
    new = dict(terminal.locks)
    if new[AT] is not None:
        return None
    new[COUNTER] += 1
    new[AT] = terminal.journal.next_n
    new[OPENED] = 1
    status = terminal.weigher.reading.status & ~_NEVER | codes.ST_LOCKED | codes.ST_CASE_OPEN
    return (yield from change_steps(terminal, new, record.CASE, {record.ST: status}))


def unlock_steps(terminal, kind: int, code: "str | None", seals: list, who: bytes):
    """Record who unlocked and what for, and open the latch; (n, envelope). Start again then."""
    new = dict(terminal.locks)
    new[AT] = None
    new[WRONG] = 0
    for text in [code or ""] + seals:
        for character in text:
            if character < " " or character == "\x7f":
                raise Refused(codes.ARGUMENT, "codes and seals are printable")
    if kind == statement.REPAIR:
        if not code or code == new[REPAIR]:
            raise Refused(codes.ARGUMENT, "each repair has a code of its own")
        new[REPAIR] = code
    if seals:
        new[SEALS] = seals
    name = statement.UNLOCKINGS[kind]
    fields = _lock_record(name, record.UNLOCKED, new[COUNTER], code)
    fields[record.WHO] = who
    written = yield from change_steps(terminal, new, record.LOCK, fields)
    if terminal.latch is not None:
        terminal.latch.clear()
    return written


def seal_steps(terminal):
    """Close everything but the service line; (n, envelope). Start again then."""
    if terminal.sealed:
        raise Refused(codes.SEALED, "it is sealed")
    terminal.require_identity()
    made = device(terminal)
    if made is None or not made["seals"]:
        raise Refused(codes.SEALED, "no device statement that names the seals is installed")
    if terminal.calibration is None:
        raise Refused(codes.NOT_CALIBRATED, "")
    if terminal.session is not None:
        raise Refused(codes.CALIBRATION_ORDER, "a calibration is open")
    if terminal.latch is not None:
        terminal.latch.clear()
        if terminal.latch.opened():
            raise Refused(
                codes.SEALED, "the latch says that the case is open; CASE in the board file"
            )
    new = dict(terminal.locks)
    new[IS_SEALED] = 1
    new[SOFTWARE] = terminal.software_id
    new[SEALS] = new[SEALS] or made["seals"]
    fields = _lock_record("SEAL", record.LOCKED, new[COUNTER], None)
    return (yield from change_steps(terminal, new, record.LOCK, fields))


def unseal_steps(terminal, reason: str):
    """Open it for the bench; the verification is void. (n, envelope). Start again then."""
    if not terminal.sealed:
        raise Refused(codes.SEALED, "it is not sealed")
    if terminal.locks[AT] is not None:
        raise Refused(codes.LOCKED, "UNLOCK first")
    if not 1 <= len(reason.encode()) <= 32:
        raise Refused(codes.ARGUMENT, "a reason has 1 to 32 bytes")
    new = dict(terminal.locks)
    new[IS_SEALED] = 0
    new[OPENED] = 1
    new[COUNTER] += 1
    fields = _lock_record("UNSEAL", record.UNLOCKED, new[COUNTER], reason)
    return (yield from change_steps(terminal, new, record.LOCK, fields))
