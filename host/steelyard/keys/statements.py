"""Statements with their signatures, and the files that carry them.

Owns: the form of a `.statement` file: a statement a line, the name of its kind and in base64 its
envelope, or its payload as long as nobody has signed; `#` begins a comment. Lines with the same
payload are one statement, so files of holders who signed apart are put one after the other.
Refuses: with UserError, files of another form or that cannot be read or written.
Units: times in s since 1970.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from steelyard_wire import cose, several, statement
from steelyard_wire.codes import SYNTAX, Refused

from steelyard import saved
from steelyard.errors import USAGE, UserError
from steelyard.keys.files import PrivateKey
from steelyard.opened import EDDSA, signature_holds
from steelyard.scratch import scratch

Fields = dict[str, Any]
# What people get wrong, by the field.
_HINTS = {
    "threshold": "more than half of the holders, and two at least, have to sign",
    "release_threshold": "more than half of the keys for releases have to sign",
    "holders": "two to seven of them, each once",
    "release": "one to seven keys, each once",
    "roles": "a station makes, or verifies, or both",
    "serials": "up to eight ranges of equally long numbers; who makes needs one",
    "until": "it ends before it begins",
    "serial": "1 to 32 bytes",
    "seals": "up to four numbers of 1 to 32 bytes",
    "access": "up to eight keys, each once for a level",
    "entries": "up to 1000, with a reason of 1 to 64 bytes",
}
_ENVELOPES = (0xD2, 0xD8)  # first bytes: a tag; a payload begins with a map


@dataclass(frozen=True)
class Statement:
    """A statement. signatures: key id and signature, each key once; none yet for a draft."""

    kind: int
    payload: bytes
    signatures: tuple[tuple[bytes, bytes], ...] = ()

    @cached_property
    def fields(self) -> Fields:
        """What it says, by name."""
        return cast(Fields, statement.decode(self.kind, self.payload))

    @property
    def name(self) -> str:
        """Of its kind."""
        return statement.KINDS[self.kind]

    @property
    def by_several(self) -> bool:
        """Whether several holders sign it together."""
        return self.kind in statement.BY_SEVERAL

    @property
    def number(self) -> int:
        """Its number or version; of two that are about the same the higher one counts."""
        return int(self.fields.get("version") or self.fields.get("number") or 0)

    @property
    def subject(self) -> bytes:
        """The terminal or the station's key that it is about; b"" for what is about many."""
        fields = self.fields
        if "dev" in fields:
            return bytes(fields["dev"])
        return statement.key_id(fields["key"]) if self.kind == statement.STATION else b""

    @property
    def signed_bytes(self) -> bytes:
        """What each of its signers signs."""
        if self.by_several:
            return several.to_be_signed(self.payload, statement.aad(self.kind))
        return statement.to_be_signed(self.kind, self.payload)

    @property
    def envelope(self) -> bytes:
        """With its signatures, at least one."""
        if self.by_several:
            return several.build(self.payload, list(self.signatures))
        (kid, signature) = self.signatures[0]
        return cose.build(self.payload, signature, kid)

    def signed_by(self, keys: Mapping[bytes, bytes]) -> list[bytes]:
        """The ids of those of these keys (id: public key) whose signatures hold."""
        signed = self.signed_bytes
        return [
            kid
            for kid, signature in self.signatures
            if kid in keys and signature_holds(EDDSA, keys[kid], signed, signature)
        ]

    def signed_with(self, key: PrivateKey) -> Statement:
        """The same with one signature more, or with a new one of the same key."""
        kid = key.public.key_id
        others = {one: signature for one, signature in self.signatures if one != kid}
        return self._with({**others, kid: key.sign(self.signed_bytes)})

    def only_by(self, keys: Mapping[bytes, bytes]) -> Statement:
        """The same with the signatures of these keys that hold, and no others."""
        good = self.signed_by(keys)
        return self._with({kid: sign for kid, sign in self.signatures if kid in good})

    def merged(self, other: Statement) -> Statement:
        """The same with the signatures of both."""
        return self._with({**dict(other.signatures), **dict(self.signatures)})

    def _with(self, signatures: Mapping[bytes, bytes]) -> Statement:
        if len(signatures) > (several.MOST if self.by_several else 1):
            raise UserError(USAGE, "the statement has as many signatures as it can have")
        return replace(self, signatures=tuple(sorted(signatures.items())))


def draft(kind: int, fields: Fields) -> Statement:
    """A statement that nobody has signed; UserError if its fields keep no rule."""
    try:
        return Statement(kind, statement.encode(kind, fields))
    except Refused as refused:
        hint = _HINTS.get(refused.detail.rpartition(": ")[2], "")
        more = f" ({hint})" if hint else ""
        raise UserError(USAGE, f"that cannot be stated: {refused.detail}{more}") from None


def opened(kind: int, raw: bytes) -> Statement:
    """The statement in an envelope, or a payload that nobody has signed; Refused.

    Says nothing about its signatures.
    """
    if raw[:1] and raw[0] in _ENVELOPES:
        if kind in statement.BY_SEVERAL:
            payload, signatures = several.split(raw)
            made = Statement(kind, payload, tuple(signatures))
        else:
            parts = cose.split(raw)
            if parts.protected != cose.protected(cose.ALG_EDDSA):
                raise Refused(SYNTAX, "algorithm")
            made = Statement(kind, parts.payload, ((parts.kid, parts.signature),))
    else:
        made = Statement(kind, raw)
    _ = made.fields
    return made


def read(path: Path) -> list[Statement]:
    """The statements of a file, those of one payload as one; UserError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(USAGE, f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        raise UserError(USAGE, f"{path} is no text: no file of statements") from None
    found: dict[tuple[int, bytes], Statement] = {}
    for line in text.splitlines():
        name, _, data = line.partition("#")[0].strip().partition(" ")
        if not name:
            continue
        try:
            if name not in statement.KINDS:
                raise UserError(USAGE, f"{path} is no file of statements")
            kind = statement.KINDS.index(name)
            one = opened(kind, base64.b64decode(data.strip(), validate=True))
        except (Refused, binascii.Error) as error:
            why = error.detail if isinstance(error, Refused) else "no base64"
            raise UserError(USAGE, f"{path}: a {name} statement that is none ({why})") from None
        same = found.get((kind, one.payload))
        found[kind, one.payload] = one if same is None else same.merged(one)
    if not found:
        raise UserError(USAGE, f"{path} holds no statements")
    return list(found.values())


def read_one(path: Path) -> Statement:
    """The one statement of a file; UserError."""
    found = read(path)
    if len(found) > 1:
        raise UserError(USAGE, f"{path} holds {len(found)} statements; one is meant here")
    return found[0]


def write(path: Path, statements: Iterable[Statement], new: bool = True) -> None:
    """Write a file in one step: on any failure what was there before stays; UserError.

    new: refuse to write over another file.
    """
    lines = []
    for one in statements:
        raw = one.envelope if one.signatures else one.payload
        lines.append(f"{one.name} {base64.b64encode(raw).decode()}\n")
    if new:
        check_new(path)
    saved.save(path, "".join(lines))


def check_new(path: Path) -> None:
    """UserError unless a new file can be made there."""
    if path.is_file():
        raise UserError(USAGE, f"{path} is there already; name another file with --out")
    if path.is_dir():
        raise UserError(
            USAGE, f"cannot write {path}: it is a folder; name a file in it with --out"
        )
    try:
        with scratch(path.resolve().parent):
            pass
    except OSError as error:
        raise UserError(USAGE, f"cannot write {path}: {error.strerror}") from None
