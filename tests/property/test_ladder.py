"""The ladder of trust.md 6.8, step by step, with records of an independent signer."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from forge import OTHER_SEED, Forger, root_of
from steelyard import records
from steelyard.audit import audit
from steelyard.opened import KeyEntry
from steelyard.proofs import check, prove, write_equivocations
from steelyard.report import Report
from steelyard.trust import Approval, Cosigned, Trust, Witness
from steelyard.verify import verify

FORGER = Forger()
REGISTRY = {FORGER.dev: KeyEntry(FORGER.public_key, "SY-1", test=False)}
CHAIN = FORGER.chain(7)
APPROVED = {FORGER.dev: [Approval(1, b"calibrat", b"software")]}
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(b"TEST TEST TEST TEST TEST WITNESS")
WITNESS = Witness("TEST.example/hall", WITNESS_KEY.public_key().public_bytes_raw())
KNOWN = {WITNESS.key_id: WITNESS}


def cosign(size: int, root: bytes, time: int = 1767225600) -> Cosigned:
    """What the witness signs (C2SP tlog-cosignature), written a second time."""
    import base64

    origin = f"steelyard/{FORGER.dev.hex()}"
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    key_id = hashlib.sha256(WITNESS.name.encode() + b"\n\x04" + WITNESS.public_key).digest()[:4]
    return Cosigned(size, root, key_id, time, WITNESS_KEY.sign(message))


def _both(chain: list[bytes], registry=REGISTRY, trust: Trust | None = None) -> Report:  # type: ignore[no-untyped-def]
    """The verdict of `verify`, which must be that of `audit` over the same records."""
    report = verify(chain, registry, trust=trust)
    streamed = audit(chain, registry, trust=trust).report
    assert (streamed.level, streamed.ok) == (report.level, report.ok)
    assert {c.name for c in streamed.failures} == {c.name for c in report.failures}
    return report


def test_level_0_something_does_not_pass() -> None:
    assert _both([*CHAIN[:3], CHAIN[3][:-1], *CHAIN[4:]]).level == 0
    assert _both([*CHAIN[:3], *CHAIN[4:]]).level == 0


def test_level_1_a_key_that_came_with_the_records_is_never_green() -> None:
    report = _both(CHAIN, {})
    assert report.level == 1 and not report.ok
    assert [check.name for check in report.failures] == ["key"]
    assert "nobody vouches" in report.failures[0].detail
    # Nothing lifts it: not an approval, not a witness.
    said = cosign(7, root_of(CHAIN))
    assert _both(CHAIN, {}, Trust(APPROVED, KNOWN, {FORGER.dev: [said]})).level == 1
    # Without record 0 there is no key at all.
    assert _both(CHAIN[1:], {}).level == 0
    # And a record 0 that brings another key than it is signed with is none.
    other = Forger(OTHER_SEED)
    lying = other.seal(cbor2.dumps(FORGER.fields(0, []), canonical=True))
    assert _both([lying], {}).level == 0


def test_levels_2_to_5() -> None:
    said = Trust(cosigned={FORGER.dev: [cosign(7, root_of(CHAIN))]}, witnesses=KNOWN)
    assert _both(CHAIN).level == 2
    assert _both(CHAIN, trust=said).level == 2  # seen, but not as verified
    assert _both(CHAIN, trust=Trust(APPROVED)).level == 3
    whole = Trust(APPROVED, KNOWN, said.cosigned)
    assert _both(CHAIN, trust=whole).level == 5
    # Each level says what it leaves open; and that no root stands behind the registry.
    opened = [
        len(_both(CHAIN, trust=one).not_established) for one in (None, Trust(APPROVED), whole)
    ]
    assert opened == sorted(opened, reverse=True) and opened[-1] == 3


def test_a_witness_in_the_log_lifts_what_came_before_it_and_nothing_after() -> None:
    # Only a log that is whole can be held against the tree that a witness saw; so what is seen is
    # audited too, and level 4 is passed without a stop.
    fields = FORGER.fields(7, CHAIN)
    for key in (11, 14, 18):
        del fields[key]
    said = cosign(7, root_of(CHAIN))
    data = {1: WITNESS.name, 2: said.key_id, 3: 7, 4: said.time, 5: said.signature}
    fields |= {5: 9, 6: [6, 210, 0], 19: data}
    chain = [*CHAIN, FORGER.seal(cbor2.dumps(fields, canonical=True))]
    trust = Trust(APPROVED, KNOWN)
    assert _both(chain, trust=trust).level == 5
    # A reading after it was not seen.
    later = FORGER.record(8, chain, f6=[7, 290, 0])
    assert _both([*chain, later], trust=trust).level == 3


@pytest.mark.parametrize(
    "approval",
    [
        Approval(2, b"calibrat", b"software"),
        Approval(1, b"calibra2", b"software"),
        Approval(1, b"calibrat", b"softwar2"),
        Approval(1, b"calibrat", b"software", until=1),  # and the records have no time
    ],
)
def test_another_calibration_firmware_or_day_is_not_approved(approval: Approval) -> None:
    assert _both(CHAIN, trust=Trust({FORGER.dev: [approval]})).level == 2


def test_a_witness_that_saw_another_tree_is_a_failure() -> None:
    other = Forger().chain(7, {3: {"f18": [1, None]}})
    for said in (cosign(7, root_of(other)), cosign(5, root_of(other[:5]))):
        report = _both(CHAIN, trust=Trust(APPROVED, KNOWN, {FORGER.dev: [said]}))
        assert report.level == 0
        assert "a witness saw another tree" in report.failures[0].detail
    # Of a witness that nobody knows nothing is believed.
    strange = Trust(APPROVED, {}, {FORGER.dev: [cosign(7, root_of(CHAIN))]})
    assert _both(CHAIN, trust=strange).level == 3
    # A signature that is none.
    forged = Cosigned(7, root_of(CHAIN), WITNESS.key_id, 1, bytes(64))
    report = _both(CHAIN, trust=Trust(APPROVED, KNOWN, {FORGER.dev: [forged]}))
    assert report.level == 0 and "has not signed" in report.failures[0].detail


def test_two_records_of_one_number_make_a_proof_that_anyone_can_check(tmp_path: Path) -> None:
    other = FORGER.record(4, CHAIN[:4], f18=[1, None])
    report = verify([*CHAIN, other], REGISTRY)
    (path,) = write_equivocations(report, tmp_path)
    assert path.name == f"equivocation-proof-{FORGER.dev.hex()}-4.records"
    found = records.read(path)
    assert sorted(found) == sorted([CHAIN[4], other])
    # Somebody else, who has nothing but the file and the key.
    said = verify(found, REGISTRY)
    assert [check.detail for check in said.failures if check.name == "sequence"] == [
        "number 4 was given to 2 records"
    ]
    assert write_equivocations(verify(CHAIN, REGISTRY), tmp_path) == []


def test_a_proof_between_records_and_what_it_does_not_take() -> None:
    for older, newer in ((0, 1), (1, 2), (3, 6), (0, 6), (4, 5)):
        proof = prove(CHAIN, older, newer)
        report, said = check(proof, REGISTRY)
        assert report.ok, report.failures
        assert said["readings"] == newer - older
        assert said["net"] == sum(10 * n for n in range(older + 1, newer + 1))
    other = Forger().chain(7, {2: {"f18": [1, None]}})
    forked = prove(other, 3, 6)
    mixed = type(forked)(CHAIN[3], forked.newer, forked.consistency, forked.inclusion)
    report, _ = check(mixed, REGISTRY)
    assert {check.name for check in report.failures} == {"root"} and len(report.failures) == 2
    swapped = type(forked)(forked.newer, forked.older, forked.consistency, forked.inclusion)
    assert {check.name for check in check(swapped, REGISTRY)[0].failures} == {"device"}
    assert check(forked, {})[0].failures[0].name == "key"


def test_after_its_last_record_nothing_of_a_key_counts() -> None:
    fields = FORGER.fields(3, CHAIN[:3])
    for key in (11, 14, 18):
        del fields[key]
    fields |= {5: 11, 6: [2, 30, 0], 19: {1: None, 2: "TEST"}}
    last = FORGER.seal(cbor2.dumps(fields, canonical=True))
    retired = [*CHAIN[:3], last]
    assert _both(retired).level == 2
    more = FORGER.record(4, retired, f6=[3, 70, 0])
    report = _both([*retired, more])
    assert report.level == 0 and "after the key was retired" in report.failures[0].detail
    assert [check.name for check in report.failures] == ["retired"]
    # Nor with a key that nobody vouches for, where level 1 is for what is right in itself.
    assert _both([*retired, more], {}).level == 0


def test_level_1_is_for_records_that_were_all_opened() -> None:
    # Beside a terminal that brings its key, one that does not: its records were not verified.
    other = Forger(OTHER_SEED).chain(3)
    assert _both([*CHAIN, *other], {}).level == 1
    assert _both([*CHAIN, *other[1:]], {}).level == 0
