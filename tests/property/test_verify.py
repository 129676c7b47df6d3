"""What `verify` lets through: records of an independent signer, and nothing that was touched."""

from __future__ import annotations

from pathlib import Path

import cbor2
import check
import pytest
from disk import disk_full
from forge import OTHER_SEED, Forger
from hypothesis import given
from hypothesis import strategies as st
from steelyard import records
from steelyard.errors import USAGE, UserError
from steelyard.verify import KeyEntry, Report, verify

FORGER = Forger()
CHAIN = FORGER.chain(9)
REGISTRY = {FORGER.dev: KeyEntry(FORGER.public_key, "SY-1", test=False)}


def failed(report: Report) -> set[str]:
    """The names of the checks that did not pass."""
    assert report.ok == (not report.failures)
    return {check.name for check in report.failures}


def details(report: Report) -> str:
    """What the failures say."""
    return "; ".join(check.detail for check in report.failures)


def test_a_whole_chain_passes_with_every_check_performed() -> None:
    report = verify(CHAIN, REGISTRY)
    assert report.ok and report.level == 2 and len(report.records) == 9
    assert {check.name for check in report.checks if check.performed} == {
        "envelope",
        "signature",
        "decoding",
        "device",
        "test key",
        "sequence",
        "root",
        "totals",
        "boots",
        "counters",
        "calibration",
        "status",
        "clock",
    }
    assert {check.count for check in report.checks} == {9}


def test_the_published_vectors_pass() -> None:
    made = check.vectors("record")
    (key,) = made["test"]
    entry = KeyEntry(key["public_key"], "vectors", test=True)
    chain = [case["envelope"] for case in made["records"]]
    registry = {key["device_id"]: entry}
    assert verify(chain[:6], registry, allow_test=True).ok
    assert failed(verify(chain[:6], registry)) == {"test key"}
    # Record 6 says that the case was opened, which is no reading; record 7 is a commissioning.
    assert verify(chain, registry, allow_test=True).ok


def test_F22_every_bit_of_a_record_counts() -> None:
    raw = CHAIN[4]
    for at in range(len(raw)):
        for bit in range(8):
            forged = bytearray(raw)
            forged[at] ^= 1 << bit
            report = verify([bytes(forged)], REGISTRY)
            assert not report.ok and report.level == 0 and not report.records, (at, bit)
            # Refused before the payload was looked into.
            assert failed(report) <= {"envelope", "key", "signature"}


@given(st.integers(0, 8), st.binary(max_size=3), st.integers(0, 300))
def test_bytes_cut_off_or_put_in(n: int, more: bytes, at: int) -> None:
    raw = CHAIN[n]
    at = min(at, len(raw))
    if more:
        assert not verify([raw[:at] + more + raw[at:]], REGISTRY).ok
    if at < len(raw):
        assert not verify([raw[:at]], REGISTRY).ok


@given(st.binary(max_size=400))
def test_random_bytes_are_a_verdict_and_no_error(data: bytes) -> None:
    report = verify([data], REGISTRY)
    assert failed(report) <= {"envelope", "key"} and not report.ok


@given(st.integers(1, 7), st.integers(1, 7))
def test_S7_records_taken_out_of_the_middle_are_named(first: int, count: int) -> None:
    last = min(first + count, 8)
    report = verify(CHAIN[:first] + CHAIN[last:], REGISTRY)
    assert failed(report) == {"sequence", "totals"}
    named = f"record {first} is" if last == first + 1 else f"records {first} to {last - 1} are"
    assert f"{named} missing" in details(report)
    assert f"{last - first} readings are missing before record {last}" in details(report)


@given(st.integers(0, 8), st.integers(0, 9))
def test_F22_a_repeated_record_is_named(n: int, at: int) -> None:
    report = verify(CHAIN[:at] + [CHAIN[n]] + CHAIN[at:], REGISTRY)
    assert "sequence" in failed(report)
    assert f"record {n} is repeated" in details(report)


@given(st.integers(0, 7))
def test_F22_swapped_records_are_named(n: int) -> None:
    swapped = [*CHAIN[:n], CHAIN[n + 1], CHAIN[n], *CHAIN[n + 2 :]]
    report = verify(swapped, REGISTRY)
    assert failed(report) == {"sequence"}
    assert f"record {n} comes after record {n + 1}" in details(report)


def test_a_chain_without_its_beginning_says_what_was_not_checked() -> None:
    report = verify(CHAIN[3:], REGISTRY)
    assert report.ok
    (root,) = [check for check in report.checks if check.name == "root"]
    assert not root.performed and root.detail == "the records before 3 were not given"


def test_two_truths_under_one_number_are_named() -> None:
    other = FORGER.record(8, CHAIN[:8], f11=[90, -3, 1], f6=[8, 370, 0])
    report = verify([*CHAIN, other], REGISTRY)
    assert "number 8 was given to 2 records" in details(report)


def test_a_past_written_anew_is_named() -> None:
    # The forger has the key and signs another record 4; 5 to 8 still commit to the old one.
    other = FORGER.record(4, CHAIN[:4], f18=[1, None])
    report = verify([*CHAIN[:4], other, *CHAIN[5:]], REGISTRY)
    assert failed(report) == {"root"}
    assert "record 5 commits to another past" in details(report)


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        ({5: {"f6": [6, 150, 0]}}, "totals", "record 5 does not add up"),
        ({5: {"f6": [5, 151, 0]}}, "totals", "record 5 does not add up"),
        ({5: {"f8": 3999}}, "boots", "record 5 goes back in time"),
        ({4: {"f7": 2}}, "boots", "record 5 goes back in time"),
        ({5: {"f15": [2, b"calibra2"]}}, "calibration", "no record says why"),
        ({5: {"f14": 1 | 1 << 10}}, "status", "record 5: locked, or opened"),
    ],
)
def test_what_a_true_key_may_not_sign(change: dict, name: str, said: str) -> None:
    report = verify(FORGER.chain(9, change), REGISTRY)
    assert failed(report) == {name}
    assert said in details(report)


def _at(times: list[int | None], setting: int | None = None) -> Report:
    """A chain whose records have these times of day, one of them a TIME_SET."""
    made: list[bytes] = []
    readings = 0
    for n, utc in enumerate(times):
        fields = FORGER.fields(n, made) | {9: utc, 10: [0 if utc is None else 2, None]}
        if n == setting:
            for key in (11, 14, 18):
                del fields[key]
            fields |= {5: 7, 19: {1: utc, 2: times[n + 1]}}
        readings += 10 * n if fields[5] == 1 else 0
        fields[6] = [sum(k not in (0, setting) for k in range(n + 1)), readings, 0]
        made.append(FORGER.seal(cbor2.dumps(fields, canonical=True)))
    return verify(made, REGISTRY)


def test_F22_S7_a_clock_set_back_is_visible() -> None:
    report = _at([None, 5000, 5001, 1400, 1401], setting=2)
    assert report.ok, report.failures
    (clock,) = [check for check in report.checks if check.name == "clock"]
    assert clock.detail == "set back by 3601 s before record 3"


def test_F22_a_clock_that_goes_back_by_itself_is_refused() -> None:
    for times in ([None, 5000, 5001, 1400, 1401], [None, 5000, None, 4999, 5002]):
        report = _at(times)
        assert failed(report) == {"clock"}
        assert "record 3: the time goes back by" in details(report)
    assert _at([None, 5000, 5000, 5001, None]).ok


def test_a_calibration_may_change_after_a_record_that_says_so() -> None:
    done = {1: 2, 2: 0, 3: [[0, 0], [1600000, 10000]], 4: [-3, 1], 5: None}
    done |= {6: None, 7: None, 8: 0, 9: None, 10: None, 11: None, 12: None}
    said = FORGER.fields(1, CHAIN[:1])
    for key in (11, 14, 18):
        del said[key]
    said |= {5: 3, 6: [0, 0, 0], 19: done}
    second = FORGER.seal(cbor2.dumps(said, canonical=True))
    changed = {"f15": [2, b"calibra2"], "f6": [1, 20, 0]}
    third = FORGER.record(2, [CHAIN[0], second], **changed)
    assert verify([CHAIN[0], second, third], REGISTRY).ok


def test_the_algorithm_and_the_key_are_the_registrys() -> None:
    payload = cbor2.dumps(FORGER.fields(0, []), canonical=True)
    es256 = FORGER.seal(payload, protected=bytes.fromhex("a10126"))
    assert failed(verify([es256], REGISTRY)) == {"signature"}
    entry = KeyEntry(FORGER.public_key, "SY-1", test=False, algorithm="ES256")
    assert failed(verify([CHAIN[0]], {FORGER.dev: entry})) == {"signature"}
    other = Forger(OTHER_SEED)
    assert failed(verify([other.seal(payload)], REGISTRY)) == {"key"}
    # Another's record under our name, and our own under another's.
    assert failed(verify([other.seal(payload, kid=FORGER.dev)], REGISTRY)) == {"signature"}
    both = {**REGISTRY, other.dev: KeyEntry(other.public_key, "SY-2", test=False)}
    assert failed(verify([other.seal(payload)], both)) == {"device"}


def test_terminals_are_judged_one_by_one() -> None:
    other = Forger(OTHER_SEED)
    both = {**REGISTRY, other.dev: KeyEntry(other.public_key, "SY-2", test=False)}
    mixed = [raw for pair in zip(CHAIN, other.chain(9), strict=True) for raw in pair]
    assert verify(mixed, both).ok
    del mixed[9]
    report = verify(mixed, both)
    assert details(report).count("missing") == 2 and "record 4 is missing" in details(report)


def test_a_test_key_passes_only_when_allowed_and_never_far() -> None:
    forger = Forger(test=True)
    registry = {forger.dev: KeyEntry(forger.public_key, "SY-T", test=True)}
    report = verify(forger.chain(2), registry)
    assert failed(report) == {"test key"}
    assert "SY-T: a TEST key proves no weight" in details(report)
    allowed = verify(forger.chain(2), registry, allow_test=True)
    assert allowed.ok and allowed.level == 1
    # Nor by a registry that does not know that it is a TEST key.
    hidden = {forger.dev: KeyEntry(forger.public_key, "SY-T", test=False)}
    assert failed(verify(forger.chain(2), hidden)) == {"device"}


def test_signed_nonsense_is_refused_after_the_signature() -> None:
    fields = FORGER.fields(1, CHAIN[:1])
    for wrong in (
        b"",
        b"\xff",
        cbor2.dumps({}),
        cbor2.dumps({**fields, 20: 0}, canonical=True),
        cbor2.dumps({**fields, 13: [1, 0, 0]}, canonical=True),
        cbor2.dumps(dict(reversed(fields.items()))),  # not in the one order
        cbor2.dumps({**fields, 11: [1.5, -3, 1]}, canonical=True),
    ):
        report = verify([FORGER.seal(wrong)], REGISTRY)
        assert failed(report) == {"decoding"}
        assert {check.name for check in report.checks} == {"envelope", "signature", "decoding"}


def test_no_records_prove_nothing() -> None:
    assert details(verify([], REGISTRY)) == "there are no records"


def test_record_files_keep_what_they_hold(tmp_path: Path) -> None:
    file = tmp_path / "day.records"
    records.write(file, CHAIN, "stall 7")
    assert file.read_text().startswith("# stall 7\n")
    assert records.read(file) == CHAIN
    records.write(file, CHAIN[:2])
    assert records.read(file) == CHAIN[:2]
    with file.open("ab") as more:
        more.write(b"\r\n  \n# remark\nnot base64!\n")
    found = records.read(file)
    assert found == [*CHAIN[:2], b"not base64!"]
    assert "item 3: not a record" in details(verify(found, REGISTRY))


def test_record_files_that_cannot_be_used(tmp_path: Path) -> None:
    empty = tmp_path / "empty.records"
    empty.write_text("# nothing\n")
    for path, said in ((empty, "holds no records"), (tmp_path / "none", "No such file")):
        with pytest.raises(UserError, match=said) as caught:
            records.read(path)
        assert caught.value.exit_code == USAGE
    with pytest.raises(UserError, match="Nothing was changed"):
        records.write(tmp_path / "missing" / "day.records", CHAIN)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "day.records"
    records.write(file, CHAIN)
    before = file.read_bytes()
    with disk_full(200), pytest.raises(UserError, match="Nothing was changed"):
        records.write(file, [*CHAIN, CHAIN[0]])
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]  # and no part of a new one


def test_readings_beyond_the_weights_of_their_calibration_are_counted() -> None:
    # Signed and right as records; who trusts the weights is told how many were extrapolated.
    status = 0x40001  # protocol/README.md, section 7: EXTRAPOLATED and STABLE
    beyond = FORGER.record(1, CHAIN[:1], f14=status)
    report = verify([CHAIN[0], beyond], REGISTRY)
    assert report.ok
    said = {check.name: check.detail for check in report.checks}
    assert said["status"] == "1 beyond the weights of their calibration"
    report = verify(CHAIN[:2], REGISTRY)
    assert {check.name: check.detail for check in report.checks}["status"] == ""


def test_alarms_and_temperatures_beyond_the_soak_are_counted() -> None:
    warm = FORGER.record(1, CHAIN[:1], f14=0x21)  # TEMPERATURE and STABLE
    said = FORGER.fields(2, [CHAIN[0], warm])
    for key in (11, 14, 18):
        del said[key]
    said |= {5: 12, 6: [1, 10, 0], 19: {1: "SUPPLY", 2: 3}}
    fault = FORGER.seal(cbor2.dumps(said, canonical=True))
    report = verify([CHAIN[0], warm, fault], REGISTRY)
    assert report.ok, report.failures
    found = {check.name: check.detail for check in report.checks}["status"]
    assert found == "1 outside of the temperatures that were compensated; 1 times SUPPLY"
