"""What this host takes on trust: approved calibrations and firmware, witnesses, roots of makers.

Owns: these statements, and whether records agree with them. Refuses: nothing.
Units: times in s since 1970.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError
from steelyard_wire import note, record

from steelyard.keys.authority import Authority

COSIGNATURE = 4  # type of a key in C2SP signed-note and tlog-cosignature
PLAIN = 1


@dataclass(frozen=True)
class Approval:
    """Calibration and firmware of a terminal as somebody verified them, until a time or None."""

    generation: int
    calibration: bytes
    firmware: bytes
    until: int | None = None


@dataclass(frozen=True)
class Witness:
    """Somebody who signs that he saw a tree. name: of his key."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        """How records and notes name the key."""
        return key_id(self.name, COSIGNATURE, self.public_key)


@dataclass(frozen=True)
class Cosigned:
    """A tree head that a witness signed. time: his."""

    size: int
    root: bytes
    key_id: bytes
    time: int
    signature: bytes


@dataclass(frozen=True)
class Trust:
    """approvals and cosigned: by device id. witnesses: by key id. authority: signed statements."""

    approvals: Mapping[bytes, Sequence[Approval]] = field(default_factory=dict)
    witnesses: Mapping[bytes, Witness] = field(default_factory=dict)
    cosigned: Mapping[bytes, Sequence[Cosigned]] = field(default_factory=dict)
    authority: Authority = field(default_factory=Authority)


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """C2SP signed-note: the first 4 bytes of SHA-256(name + LF + kind + key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def note_line(name: str, data: bytes) -> str:
    """A signature in a signed note. data: key id and signature."""
    return f"\u2014 {name} {base64.b64encode(data).decode()}\n"


def cosigned_text(dev: bytes, size: int, root: bytes, time: int) -> bytes:
    """What a witness signs (C2SP tlog-cosignature)."""
    return f"cosignature/v1\ntime {time}\n".encode() + note.checkpoint(dev, size, root)


def holds(dev: bytes, said: Cosigned, witness: Witness) -> bool:
    """Whether a witness has signed that."""
    message = cosigned_text(dev, said.size, said.root, said.time)
    try:
        crypto_sign_open(said.signature + message, witness.public_key)
    except (BadSignatureError, ValueError):
        return False
    return True


def approved(fields: Mapping[int, Any], approvals: Sequence[Approval]) -> bool:
    """Whether a reading has a calibration and a firmware that were approved when it was made."""
    generation, digest = fields[record.CAL]
    firmware, now = fields[record.FW][1], fields[record.T]
    return any(
        (one.generation, one.calibration, one.firmware) == (generation, digest, firmware)
        and (one.until is None or (now is not None and now <= one.until))
        for one in approvals
    )
