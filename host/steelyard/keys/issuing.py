"""A station at work: it issues statements about terminals, each in its log before anybody has it.

Owns: what a station may issue, and the order: check, sign, log, keep, hand out.
Refuses: with UserError, what is beyond its role, its serial numbers, its dates; when it or the
terminal is revoked; a serial number that has another key; a log that was cut or changed.
Units: times in s since 1970.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from steelyard_wire import commands, record, statement
from steelyard_wire.codes import Refused

from steelyard.errors import USAGE, VERDICT, UserError
from steelyard.keys import log as station_log
from steelyard.keys.authority import Authority, Doubtful, Root
from steelyard.keys.files import ACCESS, PrivateKey, public_half
from steelyard.keys.installing import keep
from steelyard.keys.statements import Fields, Statement, draft
from steelyard.keys.words import plain
from steelyard.store import Store

Access = Sequence[tuple[int, int, bytes]]  # level, BY_HMAC or BY_SIGNATURE, key


@dataclass(frozen=True)
class Issued:
    """A statement that is in the log. note: the log's signed head with it. new: made now."""

    statement: Statement
    note: str
    new: bool


@dataclass(frozen=True)
class Desk:
    """A station. log: the file of its log. store: what this host trusts, and keeps.

    ready: called before a new statement goes into the log; UserError, and it does not.
    """

    key: PrivateKey
    log: Path
    store: Store
    ready: Callable[[], None] = lambda: None


def access_rows(paths: list[Path], link_key: bytes | None) -> list[tuple[int, int, bytes]]:
    """What opens a terminal: public keys, each for the level of its role, and the shared key."""
    found = []
    for path in paths:
        public = public_half(path, *ACCESS)
        level = ACCESS.index(public.role) + 1
        found.append((level, statement.BY_SIGNATURE, public.key))
    if link_key is not None:
        level = commands.LEVELS.index("OPERATOR")
        found.append((level, statement.BY_HMAC, statement.link_commitment(link_key)))
    return sorted(found)


def issue_device(
    desk: Desk,
    *,
    public_key: bytes,
    test: bool,
    serial: str,
    model: str,
    hardware: int,
    production: str,
    seals: Sequence[str] = (),
    access: Access = (),
    approval: str | None = None,
    now: int | None = None,
) -> Issued:
    """State whose key this is; UserError.

    public_key: 32 bytes of suite 1, 64 of suite 2. test: whether the device id says TEST.
    hardware: 0 R40, 1 SB, 2 SE. Asked again for the same terminal it gives the same statement.
    """
    try:
        dev = record.device_id(public_key, test)
    except Refused:
        raise UserError(USAGE, "a public key has 32 bytes, or 64 of suite 2") from None
    fields: Fields = {
        "dev": dev,
        "suite": 1 if len(public_key) == 32 else 2,
        "key": public_key,
        "serial": serial,
        "model": model,
        "hardware": hardware,
        "made": int(time.time()) if now is None else now,
        "production": production,
        "seals": list(seals),
        "access": [list(row) for row in access],
        "approval": approval,
    }
    return _issue(desk, statement.DEVICE, fields, fields["made"])


def issue_verification(
    desk: Desk,
    *,
    dev: bytes,
    calibration: tuple[int, bytes],
    software: bytes,
    production: str,
    repair: str | None,
    code: str,
    seals: Sequence[str],
    since: int,
    until: int,
    body: str,
    lock: int = 0,
    now: int | None = None,
) -> Issued:
    """State what was found at a verification; UserError.

    calibration: generation and digest, 8 bytes. software: first 8 bytes of the identification.
    The terminal has a device statement already.
    """
    fields: Fields = {
        "dev": dev,
        "calibration": list(calibration),
        "software": software,
        "production": production,
        "repair": repair,
        "code": code,
        "seals": list(seals),
        "from": since,
        "until": until,
        "body": body,
        "lock": lock,
    }
    return _issue(desk, statement.VERIFICATION, fields, int(time.time()) if now is None else now)


def _issue(desk: Desk, kind: int, fields: Fields, now: int) -> Issued:
    public = desk.key.public
    authority = desk.store.authority()
    with station_log.at_work(desk.log) as log:
        _whole(desk, log)
        same = _same(log, authority, kind, fields)
        one = draft(kind, {"number": log.size + 1, **fields}).signed_with(desk.key)
        try:
            _entitled(authority, public.key_id, kind, fields, now)
            authority.check(one)
        except Doubtful as why:
            raise UserError(VERDICT, f"not issued: {why.detail}") from None
        if kind == statement.DEVICE:
            _alone([*log_statements(log), *desk.store.statements(kind)], fields)
        if same is None:
            desk.ready()
            log.append(one, desk.key)
        note = log.note(public.key)
        root = log.tree().root(0, log.size)
        desk.store.keep_log_head(station_log.origin(public.key_id), log.size, root, note)
        keep(desk.store, same or one)
        return Issued(same or one, note, same is None)


def _whole(desk: Desk, log: station_log.Log) -> None:
    """UserError unless the log is all that this station has issued, as far as anybody can say."""
    public = desk.key.public
    found = log.findings(public.key)
    seen = desk.store.log_head(station_log.origin(public.key_id))
    if not found and seen and not log.continues(*seen):
        found = [f"this host saw {seen[0]} statements in it, and they are not these"]
    if found:
        raise UserError(
            VERDICT,
            f"not issued: {desk.log} was changed: {found[0]}. Restore it from a copy, and find out"
            " who did it",
        )


def _same(
    log: station_log.Log, authority: Authority, kind: int, fields: Fields
) -> Statement | None:
    """The newest statement about the terminal, if it says the same: it is handed out again."""
    mine = (
        one
        for one in reversed(log_statements(log))
        if one.kind == kind and one.fields["dev"] == fields["dev"]
    )
    newest = next(mine, None)
    if newest is None:
        return None
    said = {name: newest.fields[name] for name in fields if name != "made"}
    if said != {name: fields[name] for name in said}:
        return None
    try:
        authority.check(newest)
    except Doubtful:  # of a station whose dates have changed since, say
        return None
    return newest


def log_statements(log: station_log.Log) -> list[Statement]:
    """What a log has, in order."""
    return [entry.statement for entry in log.entries]


def _entitled(authority: Authority, kid: bytes, kind: int, fields: Fields, now: int) -> None:
    """Doubtful unless the station may issue today."""
    dev, makes = fields["dev"], kind == statement.DEVICE
    role = statement.MAKES if makes else statement.VERIFIES
    _, root = authority.entitled(kid, role, record.is_test(dev), now)
    _not_revoked(authority, root, kid, dev)


def _not_revoked(authority: Authority, root: Root, kid: bytes, dev: bytes) -> None:
    # A statement that is made now came after whatever was good.
    station = authority.revoked(root, statement.ISSUER, kid)
    if station:
        raise Doubtful(f"this station is {station}")
    terminal = authority.revoked(root, statement.TERMINAL, dev)
    if terminal:
        raise Doubtful(f"terminal {dev.hex()} is {terminal}")


def _alone(others: Sequence[Statement], fields: Fields) -> None:
    """UserError if the serial number has another key already, or the key another number."""
    serial, key = fields["serial"], fields["key"]
    for one in others:
        if one.kind != statement.DEVICE:
            continue
        said = one.fields
        if said["serial"] == serial and said["key"] != key:
            raise UserError(
                VERDICT,
                f"not issued: {plain(serial)} has another key already, that of terminal"
                f" {said['dev'].hex()} (statement {one.number})",
            )
        if said["key"] == key and said["serial"] != serial:
            raise UserError(
                VERDICT,
                f"not issued: this key has the serial number {plain(said['serial'])} already",
            )
