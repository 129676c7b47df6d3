"""The published exports: what our verifier, a stranger's and pycose say of them.

Owns: the threats, each named by its check; every bit of every record of the good export.
Refuses: nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import cbor2
import pytest
import stranger
from nacl.bindings import crypto_sign_open
from pycose.algorithms import EdDSA, Es256
from pycose.headers import KID, Algorithm
from pycose.keys import CoseKey, EC2Key, OKPKey
from pycose.messages import Sign1Message
from steelyard import records
from steelyard.audit import audit
from steelyard.opened import ES256, KeyEntry
from steelyard.report import Report
from steelyard.trust import Cosigned, Trust, Witness
from steelyard.verify import verify

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "protocol/vectors/export"
ABOUT = json.loads((FOLDER / "threats.json").read_text())
KEY = bytes.fromhex(ABOUT["registry"]["public_key"])
DEV = bytes.fromhex(ABOUT["registry"]["device_id"])
KEY2 = bytes.fromhex(ABOUT["registry2"]["public_key"])
DEV2 = bytes.fromhex(ABOUT["registry2"]["device_id"])
REGISTRY = {
    DEV: KeyEntry(KEY, "vectors", test=True),
    DEV2: KeyEntry(KEY2, "vectors of suite 2", test=True, algorithm=ES256),
}
SEEN = (ABOUT["seen"]["size"], bytes.fromhex(ABOUT["seen"]["root"]))
GOOD = records.read(FOLDER / "good.records")
ONE_IS_WRONG = ("counted-by-nobody", "suite2-uncounted", "suite2-row14-second-life")
GOOD2 = records.read(FOLDER / "suite2-good.records")


def _trust() -> Trust:
    """The witness of checkpoint.json, and what it signed: the last record of the good export."""
    (witness,) = json.loads((ROOT / "protocol/vectors/checkpoint.json").read_text())["witness"]
    known = Witness(witness["name"], bytes.fromhex(witness["public_key"]["hex"]))
    assert known.key_id.hex() == witness["key_id"]["hex"]
    data = verify(GOOD, REGISTRY, allow_test=True).records[-1][19]
    said = Cosigned(SEEN[0], SEEN[1], data[2], data[4], data[5])
    return Trust({}, {known.key_id: known}, {DEV: [said]})


def _failed(report: Report) -> set[str]:
    return {check.name for check in report.failures}


def test_the_good_export_passes_with_everybody() -> None:
    report = verify(GOOD, REGISTRY, allow_test=True, trust=_trust())
    assert report.ok and report.level == 1, report.failures
    assert report.audited and report.witnessed
    assert audit(GOOD, REGISTRY, allow_test=True, trust=_trust()).report.ok
    assert stranger.verify(GOOD, KEY, SEEN) == []
    for report in (
        verify(GOOD2, REGISTRY, allow_test=True),
        audit(GOOD2, REGISTRY, allow_test=True).report,
    ):
        assert report.ok and report.level == 1 and report.audited, report.failures
        assert any(check.name == "uses" for check in report.checks)
    assert stranger.verify(GOOD2, KEY2) == []


@pytest.mark.parametrize("threat", ABOUT["threats"], ids=lambda threat: threat["file"])
def test_each_threat_is_named(threat: dict[str, str]) -> None:
    lines = records.read(FOLDER / f"{threat['file']}.records")
    report = audit(lines, REGISTRY, allow_test=True, trust=_trust()).report
    assert threat["check"] in _failed(report), report.failures
    assert report.level == (1 if threat["check"] == "key" else 0)
    second = threat["file"].startswith("suite2")
    said = stranger.verify(lines, KEY2) if second else stranger.verify(lines, KEY, SEEN)
    assert threat["check"] in said
    # By itself every record of them is right: it takes the others, or a witness, to see it.
    if threat["check"] not in ("key", "signature") and threat["file"] not in ONE_IS_WRONG:
        for raw in lines:
            alone = verify([raw], REGISTRY, allow_test=True)
            assert _failed(alone) <= {"status"}


def test_S7_every_bit_of_every_record_lowers_the_level() -> None:
    flipped = 0
    for raw in [*GOOD, *GOOD2[3:5]]:
        assert verify([raw], REGISTRY, allow_test=True).level == 1
        for at in range(len(raw)):
            for bit in range(8):
                forged = bytearray(raw)
                forged[at] ^= 1 << bit
                report = verify([bytes(forged)], REGISTRY, allow_test=True)
                assert report.level == 0 and not report.records, (at, bit)
                flipped += 1
    assert flipped == 8 * sum(map(len, [*GOOD, *GOOD2[3:5]])) > 30_000


def test_a_stranger_sees_a_bit_flipped_anywhere() -> None:
    for n, raw in enumerate(GOOD):
        for at in range(n, len(raw), 17):
            forged = bytearray(raw)
            forged[at] ^= 1 << (at & 7)
            assert stranger.verify([*GOOD[:n], bytes(forged), *GOOD[n + 1 :]], KEY)


def test_the_stranger_as_a_program() -> None:
    program = [sys.executable, str(ROOT / "tests/stranger.py")]
    for name, code in (("good", 0), ("row06-deleted", 1)):
        asked = [*program, str(FOLDER / f"{name}.records"), KEY.hex(), str(SEEN[0]), SEEN[1].hex()]
        assert subprocess.run(asked, check=False, capture_output=True).returncode == code


def _plain(part: object) -> object:
    return dict(part) if isinstance(part, Mapping) else part


_PARAMS = {"KEY_OPS": ["VERIFY"]}


@pytest.mark.parametrize(
    ("raws", "dev", "alg", "key"),
    [
        (GOOD, DEV, EdDSA, OKPKey(crv="ED25519", x=KEY, optional_params=_PARAMS)),
        (GOOD2, DEV2, Es256, EC2Key("P_256", KEY2[:32], KEY2[32:], optional_params=_PARAMS)),
    ],
    ids=("suite 1", "suite 2"),
)
def test_pycose_verifies_the_same_records(
    raws: list[bytes], dev: bytes, alg: type, key: CoseKey
) -> None:
    for raw in raws:
        # What CoseMessage.decode does; it takes no tuple, which cbor2 has made of arrays since 6.
        tagged = cbor2.loads(raw)
        assert tagged.tag == Sign1Message.cbor_tag == 18
        message = Sign1Message.from_cose_obj([*map(_plain, tagged.value)], True)
        assert message.phdr == {Algorithm: alg} and message.uhdr == {KID: dev}
        message.external_aad = b"steelyard/rec/1"
        message.key = key
        assert message.verify_signature()
        message.external_aad = b"steelyard/blk/1"
        assert not message.verify_signature()


def test_the_witness_signed_what_the_export_says() -> None:
    (said,) = _trust().cosigned[DEV]
    (witness,) = _trust().witnesses.values()
    text = f"cosignature/v1\ntime {said.time}\nsteelyard/{DEV.hex()}\n{said.size}\n"
    import base64

    message = (text + base64.b64encode(said.root).decode() + "\n").encode()
    assert crypto_sign_open(said.signature + message, witness.public_key) == message
