"""Statements that a terminal takes: whom it believes, who made it, who verified it.

Owns: the chain from the holders of the root to each of them; the maps "trust" (1 version, 2
threshold, 3 holders, 4 threshold for releases, 5 their keys, 6 name, 7 payload) and "device"
(1 payload) of the settings.
Refuses: with `Refused(code)`, before anything has changed; STATEMENT names what does not hold or
does not fit.
Units: times in s since 1970. Loaded for one statement.

The first root is the one that comes while the terminal is not sealed, over the cable: the factory.
A later one needs the signatures of the holders before it and of its own, and never goes back.
"""

from binascii import hexlify

from steelyard_wire import codes, commands, cose, record, several, statement
from steelyard_wire.auth import operator_id
from steelyard_wire.codes import Refused
from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

from terminal import cold, sealing
from terminal.evidence import settings

_MOST_STATIONS = const(4)


def _wrong(what: str) -> Refused:
    return Refused(codes.STATEMENT, what)


def check_several_steps(terminal, envelope: bytes, aad: bytes, threshold: int, keys: list):
    """The payload that `threshold` different ones of `keys` have signed; Refused(STATEMENT)."""
    payload, signatures = several.split(envelope)
    message = several.to_be_signed(payload, aad)
    found = 0
    for key in keys:
        for key_id, signature in signatures:
            if key_id == statement.key_id(key):
                found += (
                    1 if (yield from sealing.holds_steps(terminal, key, message, signature)) else 0
                )
                break
    if not threshold or found < threshold:
        raise _wrong("%d good signatures of %d" % (found, threshold))
    return payload


def take_steps(terminal, kind: int, envelope: bytes):
    """Check a statement of this kind and keep it."""
    terminal.require_identity()
    steps = {
        statement.ROOT: _root_steps,
        statement.STATION: _station_steps,
        statement.DEVICE: _device_steps,
        statement.VERIFICATION: _verification_steps,
    }.get(kind)
    if steps is None:
        raise Refused(codes.ARGUMENT, "no terminal keeps this kind")
    return steps(terminal, envelope)


def _keep_steps(terminal, name: str, new: dict, before: "bytes | None", payload: bytes, who=None):
    """Record what comes in the place of what, by digests, and save it. who: id of the key that
    signed it."""
    digests = [said and hexlify(sha256(said)[:8]).decode() for said in (before, payload)]
    fields = {record.DATA: {1: name, 2: digests[0], 3: digests[1]}}
    if who:
        fields[record.WHO] = who
    change = (name, new, record.PARAMETER, fields)
    yield from cold.call("terminal.changes", "record_change_steps", terminal, *change)
    terminal.save_change(name, new)


def _trust(terminal) -> dict:
    trust = settings.load(terminal.files, "trust")
    if trust is None:
        raise _wrong("no root is installed yet")
    return trust


def _root_steps(terminal, envelope: bytes):
    aad = statement.aad(statement.ROOT)
    payload = several.split(envelope)[0]
    said = statement.decode(statement.ROOT, payload)
    own = (said["threshold"], said["holders"])
    for threshold, keys in (own, (said["release_threshold"], said["release"])):
        if not 0 < threshold <= len(keys) or len(set(keys)) != len(keys):
            raise _wrong("a threshold that its keys cannot reach")
    before = settings.load(terminal.files, "trust")
    if before is None:
        if terminal.sealed:
            raise Refused(codes.SEALED, "the first root is the factory's to install")
    else:
        if said["name"] != before[6] or said["version"] <= before[1]:
            raise _wrong("%s version %d is installed" % (before[6], before[1]))
        yield from check_several_steps(terminal, envelope, aad, before[2], before[3])
    yield from check_several_steps(terminal, envelope, aad, *own)
    new = {1: said["version"], 2: own[0], 3: own[1], 6: said["name"], 7: payload}
    new[4], new[5] = said["release_threshold"], said["release"]
    yield from _keep_steps(terminal, "trust", new, before and before[7], payload)
    terminal.stations.clear()  # whom the new holders do not name counts no more


def _station_steps(terminal, envelope: bytes):
    trust = _trust(terminal)
    aad = statement.aad(statement.STATION)
    payload = yield from check_several_steps(terminal, envelope, aad, trust[2], trust[3])
    said = statement.decode(statement.STATION, payload)
    if len(terminal.stations) >= _MOST_STATIONS:
        terminal.stations.clear()
    kid = statement.key_id(said["key"])
    if kid in terminal.stations and said["number"] < terminal.stations[kid]["number"]:
        raise _wrong("a later one is known")
    terminal.stations[kid] = said


def _signed_by_station_steps(terminal, kind: int, envelope: bytes, role: int):
    """(payload, fields) of what a station with this role has signed while it might."""
    parts = cose.split(envelope)
    said = statement.decode(kind, parts.payload)
    station = terminal.stations.get(parts.kid)
    if station is None:
        raise _wrong("its station is not known: send its statement first")
    if not station["roles"] & role:
        raise _wrong("its station may not do that")
    made = said["made"] if kind == statement.DEVICE else said["from"]
    if not station["from"] <= made <= station["until"]:
        raise _wrong("its station might not at that time")
    serial = terminal.identity.serial
    if station["serials"] and not statement.in_range(serial, station["serials"]):
        raise _wrong("its station may not for this serial number")
    message = statement.to_be_signed(kind, parts.payload)
    if not (yield from sealing.holds_steps(terminal, station["key"], message, parts.signature)):
        raise _wrong("the signature is wrong")
    return parts.payload, said


def _check_later(kid: bytes, said: dict, time: str, other_kid: "bytes | None", other: dict):
    """Refused(STATEMENT) unless it comes after the other one: each station counts its own, and of
    two stations the time decides."""
    field = "number" if kid == other_kid else time
    if said[field] < other[field] or (field == "number" and said[field] == other[field]):
        raise _wrong("a later one is installed")


def _device_steps(terminal, envelope: bytes):
    signed = (statement.DEVICE, envelope, statement.MAKES)
    payload, said = yield from _signed_by_station_steps(terminal, *signed)
    identity = terminal.identity
    for name, wanted in (
        ("dev", identity.dev),
        ("key", identity.public_key),
        ("suite", identity.suite),
        ("serial", identity.serial),
        ("model", terminal.board.MODEL),
    ):
        if said[name] != wanted:
            raise _wrong("it is of another " + name)
    for level, kind, key in said["access"]:
        by_secret = kind == statement.BY_HMAC
        if by_secret != (level == commands.OPERATOR and by_secret):
            raise _wrong("only the operator proves a shared secret")
        if by_secret and statement.key_id(key) != operator_id(terminal.link_key):
            raise _wrong("it names another link key")
    before = settings.load(terminal.files, "device")
    kid = cose.kid(envelope)
    if before:
        _check_later(kid, said, "made", before.get(2), sealing.device(terminal))
    new = {1: payload, 2: kid}
    yield from _keep_steps(terminal, "device", new, before and before[1], payload, kid)
    terminal.review()


def _verification_steps(terminal, envelope: bytes):
    signed = (statement.VERIFICATION, envelope, statement.VERIFIES)
    payload, said = yield from _signed_by_station_steps(terminal, *signed)
    if not terminal.sealed:
        raise Refused(codes.SEALED, "seal it first")
    if terminal.locks[sealing.AT] is not None:
        raise Refused(codes.LOCKED, "UNLOCK first")
    new = dict(terminal.locks)
    # An office may put seals of its own on: what it says of them holds.
    new[sealing.SEALS] = said["seals"] or new[sealing.SEALS]
    different = sealing.mismatch(terminal, said, new)
    if different:
        raise _wrong("it does not fit: " + different)
    kid = cose.kid(envelope)
    before = {"code": None}
    if new[sealing.VERIFIED]:
        before = statement.decode(statement.VERIFICATION, new[sealing.VERIFIED])
        _check_later(kid, said, "from", new[sealing.BODY], before)
    new[sealing.VERIFIED] = payload
    new[sealing.BODY] = kid
    new[sealing.OPENED] = 0
    # Whatever was typed into the clock before: the office has looked at it.
    new[sealing.LATEST] = max(said["from"], terminal.clock.utc() or 0)
    data = {1: "verification", 2: before["code"], 3: said["code"]}
    fields = {record.DATA: data, record.WHO: kid}
    yield from sealing.change_steps(terminal, new, record.PARAMETER, fields)
