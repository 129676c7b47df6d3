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
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

V, DEV, N, ROOT, TYP, TOT, BC, UP, T, TS, VAL = range(1, 12)
ST, CAL, FW, NONCE, RAW, DATA, USE = range(14, 21)
COMMON = {V, DEV, N, ROOT, TYP, TOT, BC, UP, T, TS, CAL, FW}
BOOT, READING, VOID, CALIBRATION, PARAMETER, TIME_SET = 0, 1, 2, 3, 4, 7
LOCKED_OR_OPENED = 0x200 | 0x400
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


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


def check(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Suite 1 or 2, by the key; InvalidSignature."""
    if len(public_key) == 32:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
        return
    r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
    if s > ORDER // 2:
        raise InvalidSignature
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + public_key)
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))


def open_envelope(raw: bytes, public_key: bytes, kid: bytes) -> tuple[str, dict]:
    """What does not hold of an envelope ("" if it is right), and the record in it."""
    header = bytes.fromhex("a10127" if len(public_key) == 32 else "a10126")
    start = bytes.fromhex("d28443") + header + bytes.fromhex("a10448")
    if not raw.startswith(start):
        return "envelope", {}
    start += kid
    if not raw.startswith(start):
        return "key", {}
    try:
        _, _, payload, signature = cbor2.loads(raw).value
        again = start + cbor2.dumps(payload) + cbor2.dumps(signature)
        if raw != again or not isinstance(payload, bytes) or len(signature) != 64:
            return "envelope", {}
        signed = ["Signature1", header, b"steelyard/rec/1", payload]
        check(public_key, signature, cbor2.dumps(signed))
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
    kid = b"TEST" + sha256(public_key)[:4]
    failed: list[str] = []
    leaves: list[bytes] = []
    totals = [0, 0, 0]
    before: dict = {}
    lost = [0, 0]
    time = None
    for raw in lines:
        wrong, record = open_envelope(raw, public_key, kid)
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
        if (USE in record) != (len(public_key) == 64):
            failed.append("uses")
        elif USE in record:
            apart = record[USE] - before.get(USE, 0) - 1
            lost = [lost[0] + apart, lost[1] + 1] if record[TYP] == BOOT else lost
            most = 16 if record[TYP] == BOOT else 8
            if not 0 <= apart <= most or lost[0] > 16 + 2 * lost[1]:
                failed.append("uses")
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
