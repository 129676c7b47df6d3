"""Makes block.json and checkpoint.json: what a terminal signs beside its records.

Owns: these two files of protocol/vectors, computed with cbor2, cryptography and hashlib alone.
Refuses: with --check, files that differ from what it would write (exit code 1).
Units: as in protocol/README.md. Keys and seeds say TEST and prove nothing.
"""

import base64
import hashlib
import struct
import sys
from copy import deepcopy

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from steelyard.generate import vector_cases as cases
from steelyard.generate import vectors
from steelyard.generate.vector_files import notation, write

AAD = b"steelyard/blk/1"
WITNESS_SEED = b"TEST TEST TEST TEST WITNESS   #1"
WITNESS_NAME = "TEST.example/market-hall"


def block_vectors() -> dict[str, object]:
    """Blocks of the terminal of record.json, and payloads that no decoder takes."""
    envelopes, _ = vectors.record_vectors()
    key = Ed25519PrivateKey.from_private_bytes(cases.SEED)
    dev = envelopes[0][9:17]
    blocks: list[object] = []
    every = cases.stream(dev, vectors.merkle_root(envelopes), len(envelopes))
    for fields in every:
        payload = cbor2.dumps(fields, canonical=True)
        tbs = cbor2.dumps(["Signature1", cbor2.dumps({1: -8}), AAD, payload])
        blocks.append(
            {
                "fields": notation(fields),
                "payload": notation(payload),
                "to_be_signed": notation(tbs),
                "envelope": notation(vectors.envelope(payload, key.sign(tbs), dev)),
            }
        )
    return {
        "about": "Blocks of the TEST terminal of record.json, after its records."
        " refused: fields that no encoder and payloads that no decoder takes.",
        "blocks": blocks,
        "refused": _refused(every[0]),
    }


def _refused(good: cases.Fields) -> list[object]:
    found: list[object] = []

    def case(why: str, key: int, value: object) -> None:
        fields = deepcopy(good)
        if value is ...:
            del fields[key]
        else:
            fields[key] = value
        payload = cbor2.dumps(fields, canonical=True)
        row = {"why": why, "fields": notation(fields)}
        found.append({**row, "payload": notation(payload)})

    for key in range(1, 14):
        case(f"without {key}", key, ...)
    case("unknown key", 15, 0)
    case("another format", 1, 2)
    case("no readings", 13, [])
    case("61 readings", 13, [[0, 0, 0]] * 61)
    case("a reading of two", 13, [[0, 0]])
    case("time too long", 13, [[1 << 24, 0, 0]])
    case("status of 20 bits", 13, [[0, 0, 1 << 19]])
    case("nonce of 17 bytes", 14, bytes(17))
    return found


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """C2SP signed-note: the first 4 bytes of SHA-256(name + LF + kind + key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def _line(name: str, data: bytes) -> str:
    return f"\u2014 {name} {base64.b64encode(data).decode()}\n"


def checkpoint_vectors() -> dict[str, object]:
    """Checkpoints of the records of record.json, with a witness's cosignature."""
    envelopes, _ = vectors.record_vectors()
    key = Ed25519PrivateKey.from_private_bytes(cases.SEED)
    witness = Ed25519PrivateKey.from_private_bytes(WITNESS_SEED)
    public, seen = (one.public_key().public_bytes_raw() for one in (key, witness))
    dev = envelopes[0][9:17]
    origin = f"steelyard/{dev.hex()}"
    found: list[object] = []
    for size in (1, 4, len(envelopes)):
        root = vectors.merkle_root(envelopes[:size])
        text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = key.sign(text.encode())
        time = cases.UTC + 400 + size
        cosigned = f"cosignature/v1\ntime {time}\n{text}".encode()
        cosignature = witness.sign(cosigned)
        note = text + "\n" + _line(origin, key_id(origin, 1, public) + signature)
        note += _line(
            WITNESS_NAME, key_id(WITNESS_NAME, 4, seen) + struct.pack(">Q", time) + cosignature
        )
        found.append(
            {
                "size": size,
                "root": notation(root),
                "text": text,
                "signature": notation(signature),
                "time": time,
                "cosignature": notation(cosignature),
                "note": note,
            }
        )
    return {
        "about": "C2SP checkpoints over the first records of record.json, cosigned by a TEST"
        " witness.",
        "witness": [
            {
                "name": WITNESS_NAME,
                "seed": notation(WITNESS_SEED),
                "public_key": notation(seen),
                "key_id": notation(key_id(WITNESS_NAME, 4, seen)),
            }
        ],
        "checkpoints": found,
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with --check compare them; the exit code."""
    made = {"block": block_vectors(), "checkpoint": checkpoint_vectors()}
    return write(made, arguments == ["--check"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
