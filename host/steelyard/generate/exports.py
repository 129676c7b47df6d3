"""Makes protocol/vectors/export: a good export of a TEST terminal, and one for each threat.

Owns: these files and threats.json, which says what is wrong with each and which check names it.
Made with cbor2, cryptography and hashlib alone.
Refuses: with --check, files that differ from what it would write (exit code 1).
Units: as in protocol/README.md. The rows are those of the threats that a verifier can see.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Callable
from copy import deepcopy
from typing import cast

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from steelyard.generate import vector_cases as cases
from steelyard.generate import vectors
from steelyard.generate.evidence_vectors import WITNESS_NAME, WITNESS_SEED, key_id
from steelyard.generate.vector_files import VECTORS

FOLDER = VECTORS / "export"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, 2.4.2
CHIP_SEED = b"TEST TEST TEST TEST TEST TEST #5"
CLONE_SEED = b"TEST TEST TEST TEST TEST TEST #4"

Fields = dict[int, object]
Named = tuple[str, str, str]
Change = Callable[[list[Fields]], None]


class _Terminal:
    """A key that signs a life: fields of records become envelopes that commit to each other."""

    alg = -8
    _sign: Callable[[bytes], bytes]

    def __init__(self, seed: bytes) -> None:
        self.public = self._take(seed)
        self.dev = b"TEST" + hashlib.sha256(self.public).digest()[:4]

    def _take(self, seed: bytes) -> bytes:
        key = Ed25519PrivateKey.from_private_bytes(seed)
        self._sign = key.sign
        return key.public_key().public_bytes_raw()

    def seal(self, fields: Fields) -> bytes:
        payload = cbor2.dumps(fields, canonical=True)
        header = cbor2.dumps({1: self.alg})
        tbs = cbor2.dumps(["Signature1", header, vectors.AAD, payload])
        return vectors.envelope(payload, self._sign(tbs), self.dev, self.alg)

    def life(self) -> list[Fields]:
        """A day: start, clock, calibration, ten sales with a void, an alarm, the day's end."""
        common: Fields = {1: 1, 2: self.dev, 7: 1, 16: ["0.1.0", cases.SOFTWARE]}
        made: list[Fields] = []

        def add(typ: int, **more: object) -> None:
            n = len(made)
            fields: Fields = {
                **deepcopy(common),
                3: n,
                5: typ,
                8: 60000 * n,
                9: None,
                10: [0, None],
            }
            fields[15] = [1, cases.CALIBRATION] if n > 2 else [0, bytes(8)]
            if n > 1:
                fields |= {9: cases.UTC + 60 * n, 10: [2, 1]}
            made.append(fields | {int(name[1:]): value for name, value in more.items()})

        add(0, f19={1: self.public, 2: 0, 3: cases.NONCE})
        add(7, f9=cases.UTC, f10=[2, 1], f19={1: None, 2: cases.UTC})
        add(3, f19=deepcopy(_calibration()))
        for sale in range(10):
            nonce = hashlib.sha256(b"TEST buyer" + bytes([sale])).digest()[:8]
            weight = 500 + 37 * sale * 5
            add(1, f11=[weight, -3, 1], f14=1, f17=nonce, f18=[84213 + 107 * weight, 2150])
            if sale == 4:
                add(2, f11=[weight, -3, 1], f19={1: len(made) - 1})
            if sale == 7:
                add(12, f19={1: "SUPPLY", 2: 1})
        add(10)
        return made

    def sign(self, life: list[Fields]) -> list[bytes]:
        """Roots and totals are filled in where nobody put something else."""
        made: list[bytes] = []
        totals = [0, 0, 0]
        for fields in life:
            typ, weight = fields[5], fields.get(11)
            if typ == 1 and isinstance(weight, list):
                totals = [totals[0] + 1, totals[1] + weight[0], totals[2]]
            elif typ == 2:
                totals = [totals[0], totals[1], totals[2] + 1]
            whole = {4: vectors.merkle_root(made), 6: list(totals), **fields}
            made.append(self.seal({key: whole[key] for key in sorted(whole)}))
        return made


class _WithChip(_Terminal):
    """The same of suite 2: P-256 (RFC 6979 signatures), and each record counts the key's uses."""

    alg = -7

    def _take(self, seed: bytes) -> bytes:
        private = int.from_bytes(hashlib.sha256(seed).digest(), "big")
        key = ec.derive_private_key(private, ec.SECP256R1())
        how = ec.ECDSA(SHA256(), deterministic_signing=True)

        def sign(message: bytes) -> bytes:
            r, s = decode_dss_signature(key.sign(message, how))
            return r.to_bytes(32, "big") + min(s, _ORDER - s).to_bytes(32, "big")

        self._sign = sign
        return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]

    def life(self) -> list[Fields]:
        # Its first use was not for a record.
        return [{**fields, 20: n + 2} for n, fields in enumerate(super().life())]


def _second_form(raw: bytes) -> bytes:
    """r and n - s fit as well as r and s, and everybody can make them."""
    return raw[:-32] + (_ORDER - int.from_bytes(raw[-32:], "big")).to_bytes(32, "big")


def _calibration() -> Fields:
    return cast(Fields, cases.scenario(bytes(32))[2][19])


def _cosigned(terminal: _Terminal, size: int, root: bytes, time: int) -> bytes:
    text = f"steelyard/{terminal.dev.hex()}\n{size}\n{base64.b64encode(root).decode()}\n"
    key = Ed25519PrivateKey.from_private_bytes(WITNESS_SEED)
    return key.sign(f"cosignature/v1\ntime {time}\n{text}".encode())


def _good(terminal: _Terminal) -> tuple[list[Fields], list[bytes]]:
    """The life with a WITNESS record at its end, and its envelopes."""
    life = terminal.life()
    envelopes = terminal.sign(life)
    size, time = len(envelopes), cases.UTC + 7200
    witness = Ed25519PrivateKey.from_private_bytes(WITNESS_SEED).public_key().public_bytes_raw()
    data = {1: WITNESS_NAME, 2: key_id(WITNESS_NAME, 4, witness), 3: size, 4: time}
    data[5] = _cosigned(terminal, size, vectors.merkle_root(envelopes), time)
    last = deepcopy(life[-1])
    last.update({3: size, 5: 9, 8: 60000 * size, 9: time + 1, 19: data})
    life.append(last)
    return life, terminal.sign(life)


def _forged(terminal: _Terminal, life: list[Fields], change: Change) -> list[bytes]:
    """The owner of the key lies from the start."""
    lie = deepcopy(life)
    change(lie)
    return terminal.sign(lie)


def _recalibrated(life: list[Fields]) -> None:
    for fields in life[8:]:
        fields[15] = [1, b"longspan"]


def _clock(life: list[Fields]) -> None:
    for fields in life[9:]:
        fields[9] = cast(int, fields[9]) - 7200


def _opened(life: list[Fields]) -> None:
    life[9][14] = 1 | 1 << 10


def _restarted(life: list[Fields]) -> None:
    for fields in life[9:]:
        fields[8] = cast(int, fields[8]) - 400000


def _counted(life: list[Fields]) -> None:
    for n, fields in enumerate(life):
        fields[20] = n + 1


def _second_life(life: list[Fields]) -> None:
    for fields in life:
        fields[20] = cast(int, fields[20]) + 40


def _used_since(life: list[Fields]) -> None:
    for fields in life[9:]:
        fields[20] = cast(int, fields[20]) + 9


def _used_again(life: list[Fields]) -> None:
    life[9][20] = life[8][20]


def _uncounted(life: list[Fields]) -> None:
    del life[9][20]


def _suite_2(chip: _Terminal) -> tuple[dict[str, list[bytes]], list[Named]]:
    """What only a key that counts its uses shows, or only ECDSA has."""
    life = chip.life()
    good = chip.sign(life)
    files = {
        "suite2-good": good,
        "suite2-row09-rolled-back": _forged(chip, life, _used_since),
        "suite2-row14-clone": _forged(chip, life, _used_again),
        "suite2-row14-second-life": _forged(chip, life, _second_life),
        "suite2-uncounted": _forged(chip, life, _uncounted),
        "suite2-second-form": [*good[:9], _second_form(good[9]), *good[10:]],
    }
    named = [
        ("suite2-row09-rolled-back", "uses", "yesterday's flash; the chip has signed 9 more"),
        ("suite2-row14-clone", "uses", "a key outside of the chip: no use more than before"),
        ("suite2-row14-second-life", "uses", "an empty journal, and a key that has signed before"),
        ("suite2-uncounted", "uses", "a record does not say how often the key was used"),
        ("suite2-second-form", "signature", "r and n - s: the same record with other bytes"),
    ]
    return files, named


def threats() -> tuple[dict[str, list[bytes]], dict[str, object]]:
    """Envelopes by file name, and threats.json."""
    terminal, clone, chip = _Terminal(cases.SEED), _Terminal(CLONE_SEED), _WithChip(CHIP_SEED)
    life, good = _good(terminal)
    other = _forged(terminal, life, lambda lie: lie[6].update({18: [1, None]}))
    files = {
        "good": good,
        "row03-calibration": _forged(terminal, life, _recalibrated),
        "row06-deleted": good[:7] + good[8:],
        "row08-truncated": good[:-6],
        "row09-rolled-back": [*good[:9], *_forged(terminal, life, _restarted)[9:]],
        "row10-replayed": [*good, good[5]],
        "row12-clock": _forged(terminal, life, _clock),
        "row13-opened": _forged(terminal, life, _opened),
        "row14-clone": [*good[:7], other[6], *good[7:]],
        "counted-by-nobody": _forged(terminal, life, _counted),
        "row15-own-key": clone.sign(clone.life()),
    }
    seen = {"size": len(good) - 1, "root": vectors.merkle_root(good[:-1]).hex()}
    named = [
        ("row03-calibration", "calibration", "another calibration, and no record says why"),
        ("row06-deleted", "sequence", "a record was taken out of the middle"),
        ("row08-truncated", "witness", "the last six records are gone; a witness has seen them"),
        ("row09-rolled-back", "boots", "yesterday's flash, and another day after it"),
        ("row10-replayed", "sequence", "an old receipt once more"),
        ("row12-clock", "clock", "the clock goes back, and no record sets it"),
        ("row13-opened", "status", "the case was opened since it was verified"),
        ("row14-clone", "sequence", "two records of one number"),
        ("counted-by-nobody", "uses", "suite 1, and yet it says how often the key was used"),
        ("row15-own-key", "key", "signed, by a key that nobody vouches for"),
    ]
    more_files, more_named = _suite_2(chip)
    files |= more_files
    named += more_named
    about: dict[str, object] = {
        "about": "Exports of the TEST terminal of record.json, and of one of suite 2, whose files"
        " say so. registry, registry2: their keys. seen: the tree"
        " that the witness of checkpoint.json signed. Each threat's check must not pass.",
        "registry": {"device_id": terminal.dev.hex(), "public_key": terminal.public.hex()},
        "registry2": {"device_id": chip.dev.hex(), "public_key": chip.public.hex()},
        "seen": seen,
        "threats": [{"file": name, "check": check, "what": what} for name, check, what in named],
    }
    return files, about


def _texts() -> dict[str, str]:
    files, about = threats()
    made = {
        f"{name}.records": "".join(base64.b64encode(raw).decode() + "\n" for raw in raws)
        for name, raws in files.items()
    }
    return made | {"threats.json": json.dumps(about, indent=1) + "\n"}


def main(arguments: list[str]) -> int:
    """Write the files, or with --check compare them; the exit code."""
    stale = 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in _texts().items():
        path = FOLDER / name
        if arguments != ["--check"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            print(f"export/{name} differs from what its generator makes; run it without --check")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
