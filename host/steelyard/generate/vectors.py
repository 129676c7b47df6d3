"""Makes the golden cases of protocol/vectors that need computing, without Steelyard's own code.

    python -m steelyard.generate.vectors [--check]

Owns: record.json, session.json, line.json, identify.json and trace.json. What goes in is in
vector_cases; what comes out is computed with cbor2, cryptography, hashlib, hmac, struct and a
bitwise CRC.
Refuses: with --check, files that differ from what it would write (exit code 1). It imports
nothing of steelyard_wire: the two are to agree, not to share a mistake.
Units: as in protocol/README.md. Keys and seeds say TEST and prove nothing.
"""

import base64
import hashlib
import hmac
import struct
import sys

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from steelyard.generate import vector_cases as cases
from steelyard.generate.vector_files import notation, write

AAD = b"steelyard/rec/1"


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        for bit in range(7, -1, -1):
            carry = crc >> 15 ^ byte >> bit & 1
            crc = crc << 1 & 0xFFFF ^ (0x1021 if carry else 0)
    return crc


def checked(text: str) -> str:
    """The line with its check sum."""
    return f"{text} *{crc16(text.encode()):04X}"


def merkle_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, as the recursion that defines it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = merkle_root(leaves[:split]), merkle_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def envelope(payload: bytes, signature: bytes, kid: bytes, alg: int = -8) -> bytes:
    """COSE_Sign1 with tag 18."""
    parts = [cbor2.dumps({1: alg}), {4: kid}, payload, signature]
    return cbor2.dumps(cbor2.CBORTag(18, parts))


def record_vectors() -> tuple[list[bytes], dict[str, object]]:
    """A TEST terminal's first records as envelopes, and record.json."""
    key = Ed25519PrivateKey.from_private_bytes(cases.SEED)
    public = key.public_key().public_bytes_raw()
    dev = b"TEST" + hashlib.sha256(public).digest()[:4]
    envelopes: list[bytes] = []
    records: list[object] = []
    every: list[cases.Fields] = []
    for n, fields in enumerate(cases.scenario(public)):
        whole = {1: 1, 2: dev, 3: n, 4: merkle_root(envelopes)} | fields
        whole = {number: whole[number] for number in sorted(whole)}
        every.append(whole)
        payload = cbor2.dumps(whole, canonical=True)
        tbs = cbor2.dumps(["Signature1", cbor2.dumps({1: -8}), AAD, payload])
        signature = key.sign(tbs)
        envelopes.append(envelope(payload, signature, dev))
        records.append(
            {
                "fields": notation(whole),
                "payload": notation(payload),
                "to_be_signed": notation(tbs),
                "signature": notation(signature),
                "envelope": notation(envelopes[-1]),
                "root_after": notation(merkle_root(envelopes)),
            }
        )
    refused = [
        {
            "why": why,
            "fields": notation(fields),
            "payload": notation(cbor2.dumps(fields, canonical=True)),
        }
        for why, fields in cases.refused_records(every[3], every[0])
    ]
    return envelopes, {
        "about": "Records of a TEST terminal, in order: each root covers the envelopes before it."
        " seed is the Ed25519 private key (RFC 8032). refused: payloads that no decoder takes.",
        "test": [
            {
                "seed": notation(cases.SEED),
                "public_key": notation(public),
                "device_id": notation(dev),
                "device_id_if_not_test": notation(hashlib.sha256(public).digest()[:8]),
                "aad": notation(AAD),
            }
        ],
        "records": records,
        "refused": refused,
        "refused_envelopes": refused_envelopes(envelopes[3], every[3], dev),
    }


def refused_envelopes(good: bytes, fields: cases.Fields, dev: bytes) -> list[object]:
    """Envelopes of another shape than `good`, each with a reason."""
    payload = cbor2.dumps(fields, canonical=True)
    signature, header = good[-64:], cbor2.dumps({1: -8})

    def tagged(*parts: object, tag: int = 18) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, list(parts)))

    found = [
        ("a byte more", good + b"\x00"),
        ("a byte less", good[:-1]),
        ("no tag", good[1:]),
        ("another tag", tagged(header, {4: dev}, payload, signature, tag=17)),
        ("tag in a longer form", b"\xd8\x12" + good[1:]),
        ("protected header empty", tagged(b"", {4: dev}, payload, signature)),
        (
            "protected header of two entries",
            tagged(b"\xa2\x01\x27\x02\x80", {4: dev}, payload, signature),
        ),
        ("algorithm not a negative number", tagged(b"\xa1\x01\x07", {4: dev}, payload, signature)),
        ("no kid", tagged(header, {}, payload, signature)),
        ("kid of 7 bytes", tagged(header, {4: dev[:7]}, payload, signature)),
        ("a second unprotected entry", tagged(header, {4: dev, 5: b""}, payload, signature)),
        ("algorithm not protected", tagged(b"", {1: -8, 4: dev}, payload, signature)),
        ("payload detached", tagged(header, {4: dev}, None, signature)),
        ("payload as text", tagged(header, {4: dev}, "payload", signature)),
        ("signature of 63 bytes", tagged(header, {4: dev}, payload, signature[:63])),
        ("signature of 65 bytes", tagged(header, {4: dev}, payload, signature + b"\x00")),
        ("three parts", tagged(header, {4: dev}, payload)),
        ("five parts", tagged(header, {4: dev}, payload, signature, b"")),
        ("length in a longer form", good[:-66] + b"\x59\x00\x40" + signature),
        ("indefinite length", good[:1] + b"\x9f" + good[2:] + b"\xff"),
        ("nothing", b""),
    ]
    return [{"why": why, "envelope": notation(data)} for why, data in found]


def receipts(envelopes: list[bytes]) -> list[object]:
    """Codes of receipts for the first records of record.json."""
    dev = envelopes[0][9:17]
    found: list[object] = []
    for n in range(len(envelopes) + 1):
        root = merkle_root(envelopes[:n])
        data = b"steelyard/receipt/1" + dev + struct.pack(">I", n) + root
        code = hmac.digest(cases.LINK_KEY, data, "sha256")[:16].hex().upper()
        found.append({"n": n, "root": notation(root), "code": code})
    return found


def session_vectors(envelopes: list[bytes]) -> dict[str, object]:
    """Lines with the code of a session, and receipts; envelopes: those of record.json."""
    lines: list[object] = []
    for text in ("@1 ZERO", "@2 TARE CLEAR", '@3 CAL SPAN 15.000 kg "weight F1 0017"'):
        for nonce in (cases.NONCE, bytes(16)):
            line = signed(text, nonce)
            mac = line[len(text) + 2 :][:16]
            lines.append({"nonce": notation(nonce), "text": text, "mac": mac, "line": line})
    return {
        "about": "Session codes: HMAC-SHA-256(key, 'steelyard/mac/1' + nonce + text), 8 bytes."
        " exchange: what host and terminal say to register record 3 of record.json. receipts: for"
        " the records of record.json before n.",
        "key": [notation(cases.LINK_KEY)],
        "lines": lines,
        "exchange": exchange(envelopes[3]),
        "receipts": receipts(envelopes),
    }


def signed(text: str, nonce: bytes = cases.NONCE) -> str:
    """The line with the code of a session and its check sum."""
    data = b"steelyard/mac/1" + nonce + text.encode()
    mac = hmac.digest(cases.LINK_KEY, data, "sha256")[:8].hex().upper()
    return checked(f"{text} ~{mac}")


def exchange(reading: bytes) -> list[dict[str, str]]:
    """A session that registers a weight, whose record is `reading`."""
    nonce = "00112233445566778899aabbccddeeff"
    lines = (
        ("host", checked("@1 SESSION")),
        ("terminal", checked(f"@1 OK nonce={cases.NONCE.hex()}")),
        ("host", signed(f"@2 REGISTER {nonce}")),
        ("terminal", checked(f"@2 OK n=3 {base64.b64encode(reading).decode()}")),
        ("host", signed("@3 ZERO")),
        ("terminal", checked("@3 OK")),
    )
    return [{"from": side, "line": line} for side, line in lines]


def line_vectors() -> dict[str, object]:
    """Command lines and replies, and what is refused with which code."""
    commands = [
        {"line": line, "tag": tag, "name": name, "args": args, "has_crc": line != text}
        for text, tag, name, args in cases.COMMANDS
        for line in (text, checked(text))
    ]
    refused: list[object] = []
    for line, code, why in cases.REFUSED_LINES:
        raw = line if isinstance(line, bytes) else line.encode()
        refused.append({"line": notation(raw), "code": code, "why": why})
        if code in (1, 2, 3):
            summed = raw + b" *%04X" % crc16(raw)
            refused.append({"line": notation(summed), "code": code, "why": why + ", check sum"})
    replies = [
        {
            "tag": tag,
            "kind": kind,
            "sent": sent,
            "words": words,
            "values": values,
            "line": checked(" ".join([*([] if tag is None else [f"@{tag}"]), kind, *sent])),
        }
        for tag, kind, sent, words, values in cases.REPLIES
    ]
    refused_replies: list[object] = [
        {"line": checked(text), "code": code, "why": why}
        for text, code, why in cases.REFUSED_REPLIES
    ]
    refused_replies += [
        {"line": "@17 OK n=3", "code": 4, "why": "no check sum"},
        {"line": "@17 OK n=3 *0000", "code": 4, "why": "wrong check sum"},
        {"line": "Traceback (most recent call last):", "code": 4, "why": "not a reply"},
        {"line": checked("OK " + "x" * 1016), "code": 5, "why": "1025 bytes"},
    ]
    return {
        "about": "Command lines with what they mean; lines refused with an error code; replies.",
        "commands": commands,
        "refused": refused,
        "replies": replies,
        "refused_replies": refused_replies,
    }


def trace_vectors() -> dict[str, object]:
    """Samples as TRACE packs them, and the lines that bring them."""
    packed: list[bytes] = []
    before = None
    for counts, ticks, fault in cases.SAMPLES:
        apart = 0 if before is None else min((ticks - before) % 2**30, 0xFFFF)
        packed.append(struct.pack("<i", counts)[:3] + struct.pack("<BH", fault, apart))
        before = ticks
    blocks = [b"".join(packed[:4]), b"", b"".join(packed[4:])]
    lines = [
        checked(" ".join(["@8 PROGRESS", *([base64.b64encode(data).decode()] if data else [])]))
        for data in blocks
    ]
    return {
        "about": "TRACE: samples [counts, ticks in ms, fault] with their six bytes each, and the"
        " replies that bring them; a PROGRESS without a block only says that the terminal lives.",
        "samples": [
            {"sample": list(sample), "bytes": notation(data)}
            for sample, data in zip(cases.SAMPLES, packed, strict=True)
        ],
        "replies": [*lines, checked(f"@8 OK samples={len(packed)} lost=0")],
    }


def identify_vectors() -> dict[str, object]:
    """The software identification of three small files."""
    contents = {
        "/terminal/app.mpy": b"TEST app",
        "/boot.py": b"",
        "/steelyard_wire/line.mpy": b"TEST line",
    }
    platform = "micropython\n1.28.0\n4870\nTEST board with RP2040\n3.4.0; MicroPython v1.28.0"
    data = b"steelyard/fw/1\x00" + platform.encode() + b"\x00"
    files = []
    for path in sorted(contents):
        digest = hashlib.sha256(contents[path]).digest()
        data += path.encode() + b"\x00" + digest
        files.append([path, notation(digest)])
    return {
        "about": "Software identification: SHA-256 over domain, platform and sorted files.",
        "cases": [
            {
                "platform": platform,
                "files": files[::-1],
                "software_id": notation(hashlib.sha256(data).digest()),
            }
        ],
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with --check compare them; the exit code."""
    envelopes, records = record_vectors()
    made = {
        "record": records,
        "session": session_vectors(envelopes),
        "line": line_vectors(),
        "identify": identify_vectors(),
        "trace": trace_vectors(),
    }
    return write(made, arguments == ["--check"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
