"""A verifier that somebody else could have written, from protocol/README.md alone.

Uses cryptography, cbor2 and the standard library; nothing of Steelyard. As a program:

    python tests/stranger.py EXPORT.records PUBLIC_KEY_IN_HEX [SEEN_SIZE SEEN_ROOT_IN_HEX]

prints what does not hold, a line each, and ends with 1 if anything does not.
"""

from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

V, DEV, N, ROOT, TYP, TOT, BC, UP, T, TS, VAL = range(1, 12)
ST, CAL, FW, NONCE, RAW, DATA = range(14, 20)
COMMON = {V, DEV, N, ROOT, TYP, TOT, BC, UP, T, TS, CAL, FW}
READING, VOID, CALIBRATION, PARAMETER, TIME_SET = 1, 2, 3, 4, 7
LOCKED_OR_OPENED = 0x200 | 0x400


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tree_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, over leaf hashes."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree_root(leaves[:split]) + tree_root(leaves[split:]))


def open_envelope(raw: bytes, key: Ed25519PublicKey, kid: bytes) -> tuple[str, dict]:
    """What does not hold of an envelope ("" if it is right), and the record in it."""
    start = bytes.fromhex("d28443a10127a10448") + kid
    if not raw.startswith(bytes.fromhex("d28443a10127a10448")):
        return "envelope", {}
    if not raw.startswith(start):
        return "key", {}
    try:
        _, _, payload, signature = cbor2.loads(raw).value
        again = start + cbor2.dumps(payload) + cbor2.dumps(signature)
        if raw != again or not isinstance(payload, bytes) or len(signature) != 64:
            return "envelope", {}
        signed = ["Signature1", bytes.fromhex("a10127"), b"steelyard/rec/1", payload]
        key.verify(signature, cbor2.dumps(signed))
    except InvalidSignature:
        return "signature", {}
    except Exception:  # noqa: BLE001 - anything else that is no envelope
        return "envelope", {}
    record = cbor2.loads(payload)
    if cbor2.dumps(record, canonical=True) != payload or not record.keys() >= COMMON:
        return "decoding", {}
    return ("" if record[DEV] == kid else "device"), record


def verify(
    lines: list[bytes], public_key: bytes, seen: tuple[int, bytes] | None = None
) -> list[str]:
    """The names of the checks that do not hold. seen: size and root that a witness signed."""
    key = Ed25519PublicKey.from_public_bytes(public_key)
    kid = b"TEST" + sha256(public_key)[:4]
    failed: list[str] = []
    leaves: list[bytes] = []
    totals = [0, 0, 0]
    before: dict = {}
    time = None
    for raw in lines:
        wrong, record = open_envelope(raw, key, kid)
        if wrong:
            failed.append(wrong)
            continue
        if record[N] != len(leaves):
            failed.append("sequence")
            break  # what comes after it cannot be held against anything
        if record[ROOT] != tree_root(leaves):
            failed.append("root")
        if record[TYP] == READING:
            totals = [totals[0] + 1, totals[1] + record[VAL][0], totals[2]]
        totals[2] += record[TYP] == VOID
        if record[TOT] != totals:
            failed.append("totals")
        if before and (record[BC], record[UP]) < (before[BC], before[UP]):
            failed.append("boots")
        if before and record[CAL] != before[CAL] and before[TYP] not in (CALIBRATION, PARAMETER):
            failed.append("calibration")
        if record.get(ST, 0) & LOCKED_OR_OPENED:
            failed.append("status")
        if record[T] is not None:
            if time is not None and record[T] < time and before[TYP] != TIME_SET:
                failed.append("clock")
            time = record[T]
        leaves.append(sha256(b"\x00" + raw))
        before = record
    if seen and (len(leaves) < seen[0] or tree_root(leaves[: seen[0]]) != seen[1]):
        failed.append("witness")
    return list(dict.fromkeys(failed))


def read(path: Path) -> list[bytes]:
    """The records of a file: one in base64 a line."""
    return [base64.b64decode(line) for line in path.read_bytes().split()]


if __name__ == "__main__":
    export, key_in_hex, *rest = sys.argv[1:]
    head = (int(rest[0]), bytes.fromhex(rest[1])) if rest else None
    said = verify(read(Path(export)), bytes.fromhex(key_in_hex), head)
    sys.stdout.write("\n".join(said or ["everything holds"]) + "\n")
    sys.exit(bool(said))
