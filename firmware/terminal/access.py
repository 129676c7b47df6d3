"""Who may do more: proofs of keys that the device statement names, and codes for one opening.

Owns: how a proof is checked, how often one may be wrong.
Refuses: with `Refused(code)`: AUTH without a challenge, STATEMENT for a proof that does not hold
(the detail names what does not fit), WAIT while the last wrong one is too near, SEALED when
nothing is locked.
Units: milliseconds of uptime. Loaded for one proof.

A signature cannot be guessed: after a wrong one no other is looked at for ten seconds, so that
nobody fills the processor's time. 12 digits can: their wrong ones are counted on the flash, ten
are free, then each costs a wait from a minute to an hour, which begins anew with every start. So
in a year there are fewer than 9000 of 10**12 (at the keypad each is looked at for two purposes).
Neither holds up the other.
"""

from steelyard_wire import codes, commands, cose, record, statement
from steelyard_wire.auth import operator_id
from steelyard_wire.codes import Refused
from steelyard_wire.digest import equal
from steelyard_wire.shim import const

from terminal import sealing
from terminal.evidence import settings

_CHECK_MS = const(2000)  # about what a check takes on a board
_WRONG_MS = const(10000)
_LEVELS = (commands.FACTORY, commands.SERVICE, commands.INSPECTOR)  # by kind of unlocking


def _key(terminal, level: int, key_id: bytes) -> bytes:
    """The public key of a level; Refused(STATEMENT) when the device statement has none such."""
    made = sealing.device(terminal)
    for there, kind, key in made["access"] if made else ():
        signs = kind == statement.BY_SIGNATURE
        if there == level and signs and statement.key_id(key) == key_id:
            return key
    raise Refused(codes.STATEMENT, "no such key of " + commands.LEVELS[level])


def _check_wait(left_s: int) -> None:
    if left_s > 0:
        raise Refused(codes.WAIT, str(left_s) + " s")


def _wrong(terminal, detail: str) -> Refused:
    terminal.alarm.note("ACCESS", terminal.clock.up_ms())
    return Refused(codes.STATEMENT, detail)


def _prove_steps(terminal, key: bytes, message: bytes, signature: bytes):
    """Refused(STATEMENT) unless the signature holds; one proof at a time."""
    now_ms = terminal.clock.up_ms()
    _check_wait((terminal.wait_ms - now_ms + 999) // 1000)
    terminal.wait_ms = now_ms + _CHECK_MS  # one at a time
    holds = yield from sealing.holds_steps(terminal, key, message, signature)
    if not holds:
        terminal.wait_ms = terminal.clock.up_ms() + _WRONG_MS
        raise _wrong(terminal, "the signature is wrong")
    terminal.wait_ms = 0


def grant_steps(terminal, level: int, key_id: bytes, nonce: bytes, signature: bytes):
    """Whether somebody has the key of a level: he signed the challenge; (n, envelope)."""
    if len(nonce) != 16:
        raise Refused(codes.AUTH, "ask for a CHALLENGE first")
    key = _key(terminal, level, key_id)
    message = statement.challenge_text(terminal.identity.dev, nonce, level)
    yield from _prove_steps(terminal, key, message, signature)
    name = "GRANT " + commands.LEVELS[level]
    data = {1: name, 2: record.UNLOCKED, 3: terminal.locks[sealing.COUNTER], 4: None}
    fields = {record.DATA: data, record.WHO: key_id}
    return (yield from terminal.recorder.record_steps(record.LOCK, fields))


def _check_locked(terminal) -> None:
    terminal.require_identity()
    if terminal.locks[sealing.AT] is None:
        raise Refused(codes.SEALED, "it is not locked")


def unlock_steps(terminal, token: bytes):
    """Unlock by a signed token for this lock; (n, envelope)."""
    _check_locked(terminal)
    envelope = cose.split(token)
    said = statement.decode(statement.UNLOCK, envelope.payload)
    locks = terminal.locks
    for field, name, wanted in (
        ("dev", "terminal", terminal.identity.dev),
        ("n", "opening", locks[sealing.AT]),
        ("counter", "opening", locks[sealing.COUNTER]),
    ):
        if said[field] != wanted:
            raise Refused(codes.STATEMENT, "the token is for another " + name)
    key = _key(terminal, _LEVELS[said["kind"]], envelope.kid)
    message = statement.to_be_signed(statement.UNLOCK, envelope.payload)
    yield from _prove_steps(terminal, key, message, envelope.signature)
    what = (said["kind"], said["code"], said["seals"], envelope.kid)
    return (yield from sealing.unlock_steps(terminal, *what))


def unlock_by_keypad_steps(terminal, digits: str, code: "str | None"):
    """Unlock by 12 digits that do not say what for; with a code it is a repair. (n, envelope)."""
    kinds = (statement.REPAIR,) if code else (statement.PRODUCTION, statement.INSPECTION)
    return (yield from unlock_by_digits_steps(terminal, kinds, digits, code))


def unlock_by_digits_steps(terminal, kinds: tuple, digits: str, code: "str | None"):
    """Unlock for one of these kinds by 12 digits of the unlock key; (n, envelope)."""
    _check_locked(terminal)
    stored = settings.load(terminal.files, "identity")
    key = stored.get(6, b"")
    if not key:
        raise Refused(codes.STATEMENT, "no unlock key was given at provisioning")
    if len(digits) != 12 or not digits.isdigit():
        raise Refused(codes.ARGUMENT, "12 digits")
    _check_wait(sealing.wait_s(terminal))
    locks = terminal.locks
    lock = (terminal.identity.dev, locks[sealing.AT], locks[sealing.COUNTER])
    right = [
        kind
        for kind in kinds
        if equal(statement.unlock_digits(key, *lock, kind).encode(), digits.encode())
    ]
    if not right:
        # Counted before it is told: a supply that is cut here has gained nothing.
        new = dict(locks)
        new[sealing.WRONG] += 1
        settings.save(terminal.files, "lock", new)
        terminal.locks = new
        pause_s = sealing.pause_s(new[sealing.WRONG])
        terminal.digits_ms = terminal.clock.up_ms() + 1000 * pause_s
        raise _wrong(terminal, "the digits are wrong")
    yield 1
    return (yield from sealing.unlock_steps(terminal, right[0], code, [], operator_id(key)))
