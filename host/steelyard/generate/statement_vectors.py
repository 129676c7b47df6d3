"""Makes statement.json: signed statements of every kind, and what no decoder takes.

Owns: this file of protocol/vectors, computed with cbor2, cryptography and hashlib alone.
Refuses: with --check, a file that differs from what it would write (exit code 1).
Units: as in protocol/README.md, section 15. Keys and seeds say TEST and prove nothing.
"""

import hashlib
import sys
from collections.abc import Sequence

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from steelyard.generate import vector_cases as cases
from steelyard.generate.statement_cases import GOOD, KINDS, SIGNERS, malformed
from steelyard.generate.vector_files import notation, write

HEADER = bytes.fromhex("a10127")


def seed_of(name: str) -> bytes:
    """The private key of somebody, 32 bytes."""
    return f"TEST TEST TEST TEST {name}".encode().ljust(32, b"#")[:32]


def key_of(name: str) -> Ed25519PrivateKey:
    """The same, ready to sign."""
    return Ed25519PrivateKey.from_private_bytes(seed_of(name))


def public_of(name: str) -> bytes:
    """The public key of somebody, 32 bytes."""
    return key_of(name).public_key().public_bytes_raw()


def key_id(name: str) -> bytes:
    """The first 8 bytes of SHA-256(public key)."""
    return hashlib.sha256(public_of(name)).digest()[:8]


def device_id(name: str, test: bool = True) -> bytes:
    """The id of a terminal that has somebody's key."""
    digest = hashlib.sha256(public_of(name)).digest()
    return b"TEST" + digest[:4] if test else digest[:8]


def _named(value: object) -> object:
    """`value` with what is made of keys in place of names, which stand in tuples."""
    if isinstance(value, tuple):
        what, name = value
        if what in ("test", "real"):
            return device_id(name, what == "test")
        return public_of(name) if what == "key" else key_id(name)
    if isinstance(value, list):
        return [_named(item) for item in value]
    return value


def payload_of(fields: dict[str, object]) -> bytes:
    """The map with the fields numbered from 1, in their order."""
    return cbor2.dumps(dict(enumerate(fields.values(), 1)), canonical=True)


def _external(kind: int) -> bytes:
    return b"steelyard/stm/1/" + KINDS[kind].encode()


def sign(kind: int, payload: bytes, signers: Sequence[str]) -> tuple[bytes, bytes]:
    """What is signed, and the envelope: RFC 9052, 4.1 and 4.2."""
    if KINDS[kind] in ("ROOT", "STATION", "REVOCATION", "RELEASE"):
        signed = cbor2.dumps(["Signature", b"", HEADER, _external(kind), payload])
        by_id = sorted(signers, key=key_id)
        rows = [[HEADER, {4: key_id(one)}, key_of(one).sign(signed)] for one in by_id]
        return signed, cbor2.dumps(cbor2.CBORTag(98, [b"", {}, payload, rows]))
    (one,) = signers
    signed = cbor2.dumps(["Signature1", HEADER, _external(kind), payload])
    parts = [HEADER, {4: key_id(one)}, payload, key_of(one).sign(signed)]
    return signed, cbor2.dumps(cbor2.CBORTag(18, parts))


def _good() -> list[object]:
    found: list[object] = []
    for kind, fields, signers in GOOD:
        whole = {name: _named(value) for name, value in fields.items()}
        payload = payload_of(whole)
        signed, envelope = sign(kind, payload, signers)
        found.append(
            {
                "kind": kind,
                "signers": list(signers),
                "fields": notation(whole),
                "payload": notation(payload),
                "to_be_signed": notation(signed),
                "envelope": notation(envelope),
            }
        )
    return found


def _refused() -> list[object]:
    """Fields that no encoder takes, with the payload that no decoder does."""
    found: list[object] = []
    for kind, why, fields in malformed():
        whole = {name: _named(value) for name, value in fields.items()}
        case = {"kind": kind, "why": why, "fields": notation(whole)}
        found.append({**case, "payload": notation(payload_of(whole))})
    return found


def _refused_payloads() -> list[object]:
    found: list[object] = []
    for kind, fields, _ in GOOD[:6]:
        whole = {name: _named(value) for name, value in fields.items()}
        good = dict(enumerate(whole.values(), 1))
        for why, payload in (
            ("a byte more", cbor2.dumps(good) + b"\x00"),
            ("a byte less", cbor2.dumps(good)[:-1]),
            ("no map", cbor2.dumps(list(good.values()))),
            ("keys in another order", cbor2.dumps(dict(reversed(good.items())))),
            ("without key 1", cbor2.dumps({key: good[key] for key in good if key != 1})),
            ("key 0 in place of 1", cbor2.dumps({key - (key == 1): good[key] for key in good})),
            ("a key more", cbor2.dumps(good | {len(good) + 1: None})),
            ("names for numbers", cbor2.dumps(whole)),
        ):
            found.append({"kind": kind, "why": why, "payload": notation(payload)})
    return found


def _refused_envelopes() -> list[object]:
    """COSE_Sign in other shapes than the one."""
    kind, fields, signers = GOOD[0]
    payload = payload_of({name: _named(value) for name, value in fields.items()})
    _, good = sign(kind, payload, signers)
    rows = cbor2.loads(good).value[3]
    (header, kid, signature), second = [(*row[:2], row[2]) for row in rows]
    kid = dict(kid)
    rows = [[header, kid, signature], [second[0], dict(second[1]), second[2]]]

    def tagged(*parts: object, tag: int = 98) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, list(parts)))

    def with_row(*row: object) -> bytes:
        return tagged(b"", {}, payload, [list(row)])

    shapes = [
        ("a byte more", good + b"\x00"),
        ("a byte less", good[:-1]),
        ("no tag", good[2:]),
        ("another tag", tagged(b"", {}, payload, rows, tag=97)),
        ("no signatures", tagged(b"", {}, payload, [])),
        ("eight signatures", tagged(b"", {}, payload, [rows[0]] * 8)),
        ("one key twice", tagged(b"", {}, payload, [rows[0], rows[0]])),
        ("not sorted", tagged(b"", {}, payload, rows[::-1])),
        ("a protected header", tagged(header, {}, payload, rows)),
        ("an unprotected header", tagged(b"", {1: -8}, payload, rows)),
        ("payload detached", tagged(b"", {}, None, rows)),
        ("payload as text", tagged(b"", {}, "payload", rows)),
        ("payload a number", tagged(b"", {}, 5, rows)),
        ("signatures a map", tagged(b"", {}, payload, {1: rows[0]})),
        ("a signature that is a number", with_row(header, kid, 64)),
        ("a signature of 63 bytes", with_row(header, kid, signature[:63])),
        ("a signature without kid", with_row(header, {}, signature)),
        ("a kid that is a number", with_row(header, {4: 8}, signature)),
        ("a kid of 7 bytes", with_row(header, {4: kid[4][:7]}, signature)),
        ("a kid in an array", with_row(header, [0, 0, 0, 0, kid[4]], signature)),
        ("another algorithm", with_row(bytes.fromhex("a10126"), kid, signature)),
        ("a second unprotected entry", with_row(header, {**kid, 5: b""}, signature)),
        ("a signature of four parts", with_row(header, kid, signature, b"")),
        ("a signature that is no array", tagged(b"", {}, payload, [signature])),
        ("three parts", tagged(b"", {}, payload)),
        ("COSE_Sign1", tagged(header, kid, payload, signature, tag=18)),
        ("nothing", b""),
    ]
    return [{"why": why, "envelope": notation(data)} for why, data in shapes]


def _texts() -> dict[str, object]:
    """What is hashed and signed beside statements."""
    dev = device_id("terminal")
    challenges = []
    for level in (1, 5):
        text = b"steelyard/grant/1" + dev + cases.NONCE + bytes([level])
        case = {"dev": dev, "nonce": cases.NONCE, "text": text}
        case["signature"] = key_of("service").sign(text)
        challenges.append({"level": level, **{name: notation(case[name]) for name in case}})
    commitment = hashlib.sha256(b"steelyard/link/1" + cases.LINK_KEY).digest()
    return {
        "commitments": [
            {"link_key": notation(cases.LINK_KEY), "commitment": notation(commitment)}
        ],
        "challenges": challenges,
    }


def statement_vectors() -> dict[str, object]:
    """Everything in statement.json."""
    ranges = [["SY-0100", "SY-0199"], ["A", "A"], ["\u00e4-10", "\u00e4-19"]]
    inside = ["SY-0100", "SY-0199", "SY-010A", "A", "\u00e4-15"]
    outside = [
        "SY-0099",
        "SY-01A0",
        "SY-0200",
        "SY-01000",
        "SY-010",
        "",
        "B",
        "a",
        "a-15",
        "\u00e4-20",
    ]
    keys = [
        {
            "name": name,
            "seed": notation(seed_of(name)),
            "public_key": notation(public_of(name)),
            "key_id": notation(key_id(name)),
        }
        for name in SIGNERS
    ]
    return {
        "about": "Statements by TEST keys. refused: fields that no encoder and payloads that no"
        " decoder takes; refused_payloads, refused_envelopes (COSE_Sign): what has no fields.",
        "keys": keys,
        "statements": _good(),
        "refused": _refused(),
        "refused_payloads": _refused_payloads(),
        "refused_envelopes": _refused_envelopes(),
        "serials": [{"ranges": ranges, "inside": inside, "outside": outside}],
        **_texts(),
    }


def main(arguments: list[str]) -> int:
    """Write the file, or with --check compare it; the exit code."""
    return write({"statement": statement_vectors()}, arguments == ["--check"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
