"""This host as a witness (C2SP tlog-witness): it signs what fits what it saw before.

Owns: the witness's key file and the note with its signature. Refuses: with UserError, a key that
cannot be read or written; a tree that is not the continuation of the last one is a verdict.
Units: times in s since 1970.

The key is a secret: `witness-key.json` beside the database, readable by the owner alone, never
printed. Its name goes with every signature.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from nacl.signing import SigningKey
from steelyard_wire import note
from steelyard_wire.tree import leaf_hash

from steelyard.errors import USAGE, UserError
from steelyard.opened import EDDSA, KeyEntry, point_of, signature_in_der
from steelyard.store import Store
from steelyard.tlog import Tree, consistent
from steelyard.trust import COSIGNATURE, PLAIN, Cosigned, Witness, cosigned_text, key_id, note_line


@dataclass(frozen=True)
class WitnessKey:
    """A witness that can sign."""

    witness: Witness
    _key: SigningKey

    def cosign(self, dev: bytes, size: int, root: bytes, now: int) -> Cosigned:
        """Sign that this tree was seen now."""
        signature = self._key.sign(cosigned_text(dev, size, root, now)).signature
        return Cosigned(size, root, self.witness.key_id, now, signature)


class Fork(Exception):
    """A tree that does not continue the last one seen; both heads are proof."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


def witness_key(path: Path, name: str) -> WitnessKey:
    """The key in a file, made on first use; UserError."""
    try:
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
            if found["name"] != name:
                raise UserError(
                    USAGE,
                    f"{path} has the key of {found['name']}. Name that one, or another file with"
                    " --key",
                )
            key = SigningKey(bytes.fromhex(found["seed"]))
        else:
            key = SigningKey.generate()
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(path, flags, 0o600), "w") as file:
                json.dump({"name": name, "seed": key.encode().hex()}, file)
                file.flush()
                os.fsync(file.fileno())
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(USAGE, f"{path} cannot be used as the key file of a witness") from None
    return WitnessKey(Witness(name, key.verify_key.encode()), key)


def _own(origin: str, entry: KeyEntry, signature: bytes) -> bytes:
    """Key id and signature of a terminal in a note; of ES256 in DER, as that type asks for."""
    if entry.algorithm == EDDSA:
        return key_id(origin, PLAIN, entry.public_key) + signature
    der = point_of(entry.public_key).public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).digest()[:4] + signature_in_der(signature)


def signed_note(
    dev: bytes, entry: KeyEntry, signature: bytes, said: Cosigned, witness: Witness
) -> str:
    """The checkpoint with the terminal's signature and the witness's (C2SP signed-note)."""
    origin = note.origin(dev)
    text = note.checkpoint(dev, said.size, said.root).decode()
    own = _own(origin, entry, signature)
    seen = key_id(witness.name, COSIGNATURE, witness.public_key)
    cosignature = seen + struct.pack(">Q", said.time) + said.signature
    return text + "\n" + note_line(origin, own) + note_line(witness.name, cosignature)


def witness_tree(
    store: Store,
    key: WitnessKey,
    terminal: tuple[bytes, KeyEntry],
    head: tuple[int, bytes, bytes],
    envelopes: Sequence[bytes],
) -> tuple[Cosigned, str]:
    """Sign a terminal's tree head and keep it: what was signed, and the note; Fork.

    terminal: device id and key. head: size, root and the terminal's signature over them,
    verified. envelopes: the records under it, for the proof that it continues the last one seen.
    """
    dev, entry = terminal
    size, root, signature = head
    tree = Tree([leaf_hash(raw) for raw in envelopes[:size]])
    if tree.size != size or tree.root(0, size) != root:
        raise Fork(f"the records are not those of the tree of {size} that was signed")
    for seen in store.heads_seen(dev, key.witness.key_id):
        if seen.size > size:
            raise Fork(f"the tree has {size} records; of this terminal {seen.size} were seen")
        proof = tree.consistency(seen.size, size)
        if not consistent(proof, seen.size, seen.root, size, root):
            raise Fork(f"the tree of {seen.size} records that was seen is no part of this one")
    said = key.cosign(dev, size, root, int(time.time()))
    text = signed_note(dev, entry, signature, said, key.witness)
    store.add_witness(key.witness)
    store.add_cosigned(dev, said, text)
    return said, text
