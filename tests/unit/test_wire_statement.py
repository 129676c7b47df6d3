"""Statements and their envelopes against an independent implementation's golden cases."""

import check
from steelyard_wire import cose, several, statement
from steelyard_wire.codes import ARGUMENT, SYNTAX

# Read once: it is long, and a VM takes a second for it.
_FILE = check.vectors("statement")


def _cases(name):
    return _FILE[name]


def _by_several(case):
    return case["kind"] in statement.BY_SEVERAL


def test_golden_payloads_both_ways():
    cases = _cases("statements")
    assert {case["kind"] for case in cases} == set(range(len(statement.KINDS)))
    for case in cases:
        assert statement.encode(case["kind"], case["fields"]) == case["payload"]
        assert statement.decode(case["kind"], case["payload"]) == case["fields"]


def test_golden_envelopes_both_ways():
    keys = {row["name"]: row["key_id"] for row in _cases("keys")}
    for case in _cases("statements"):
        kind, payload, envelope = case["kind"], case["payload"], case["envelope"]
        signers = [keys[name] for name in case["signers"]]
        if _by_several(case):
            signed = several.to_be_signed(payload, statement.aad(kind))
            found, signatures = several.split(envelope)
            assert [kid for kid, _ in signatures] == sorted(signers)
            assert several.build(payload, signatures) == envelope
            assert several.build(payload, list(reversed(signatures))) == envelope
            check.refused(SYNTAX, cose.split, envelope)
        else:
            signed = statement.to_be_signed(kind, payload)
            parts = cose.split(envelope)
            found = parts.payload
            assert [parts.kid] == signers and cose.kid(envelope) == parts.kid
            assert cose.build(payload, parts.signature, parts.kid) == envelope
            check.refused(SYNTAX, several.split, envelope)
        assert found == payload and signed == case["to_be_signed"]


def test_no_kind_passes_for_another():
    for case in _cases("statements"):
        for kind in range(len(statement.KINDS)):
            if kind != case["kind"]:
                assert statement.aad(kind) != statement.aad(case["kind"])
                check.refused(SYNTAX, statement.decode, kind, case["payload"])
                fields = case["fields"]
                check.refused(ARGUMENT, statement.encode, kind, fields)


def test_refused_fields_and_payloads():
    cases = _cases("refused")
    assert len(cases) > 180
    for case in cases:
        check.refused(ARGUMENT, statement.encode, case["kind"], case["fields"])
        error = check.refused(SYNTAX, statement.decode, case["kind"], case["payload"])
        # It names what is wrong.
        assert statement.KINDS[case["kind"]].lower() in error.detail, case["why"]


def test_refused_payloads():
    cases = _cases("refused_payloads")
    assert len(cases) >= 48
    for case in cases:
        check.refused(SYNTAX, statement.decode, case["kind"], case["payload"])
    for kind in range(len(statement.KINDS)):
        for payload in (b"", b"\xa0", b"\x80", b"\xf6"):
            check.refused(SYNTAX, statement.decode, kind, payload)


def test_fields_that_are_missing_or_too_many():
    for case in _cases("statements")[:6]:
        for name in case["fields"]:
            fewer = dict(case["fields"])
            del fewer[name]
            error = check.refused(ARGUMENT, statement.encode, case["kind"], fewer)
            assert error.detail.endswith(name)
        more = dict(case["fields"])
        more["another"] = 1
        check.refused(ARGUMENT, statement.encode, case["kind"], more)


def test_refused_envelopes():
    cases = _cases("refused_envelopes")
    assert len(cases) > 20
    for case in cases:
        check.refused(SYNTAX, several.split, case["envelope"])
    good = _cases("statements")[0]["envelope"]
    for size in range(len(good)):
        check.refused(SYNTAX, several.split, good[:size])


def test_what_is_no_signature_is_not_built_in():
    one = (b"12345678", bytes(64))
    for rows in (
        [],
        [one, one],
        [(b"1234567", bytes(64))],
        [(b"12345678", bytes(63))],
        [(b"1234567" + bytes([at]), bytes(64)) for at in range(several.MOST + 1)],
    ):
        check.refused(ARGUMENT, several.build, b"", rows)


def test_the_longest_statements_fit():
    for case in _cases("statements"):
        if case["kind"] != statement.REVOCATION:
            assert len(case["payload"]) <= statement.MAX_STATEMENT // 2
    fields = dict(_cases("statements")[4]["fields"])
    entry = [1, None, (1 << 32) - 1, "w" * 64]
    fields["entries"] = [
        entry[:1] + [b"TEST" + at.to_bytes(4, "big")] + entry[2:] for at in range(1000)
    ]
    payload = statement.encode(statement.REVOCATION, fields)
    assert statement.MAX_REVOCATION // 2 < len(payload) <= statement.MAX_REVOCATION
    assert statement.decode(statement.REVOCATION, payload) == fields
    fields["entries"].append([1, b"TESTmore", None, "w"])
    check.refused(ARGUMENT, statement.encode, statement.REVOCATION, fields)
    too_long = bytes(statement.MAX_STATEMENT + 1)
    check.refused(SYNTAX, statement.decode, statement.DEVICE, too_long)
    check.refused(SYNTAX, statement.decode, statement.REVOCATION, bytes(131073))


def test_serial_numbers_in_ranges():
    for case in _cases("serials"):
        for serial in case["inside"]:
            assert statement.in_range(serial, case["ranges"]), serial
        for serial in case["outside"]:
            assert not statement.in_range(serial, case["ranges"]), serial
    assert not statement.in_range("SY-0001", [])


def test_key_ids_commitments_and_challenges():
    for row in _cases("keys"):
        assert statement.key_id(row["public_key"]) == row["key_id"]
    for case in _cases("commitments"):
        assert statement.link_commitment(case["link_key"]) == case["commitment"]
        check.refused(ARGUMENT, statement.link_commitment, case["link_key"] + b"\x00")
        check.refused(ARGUMENT, statement.link_commitment, b"")
    for case in _cases("challenges"):
        dev, nonce, level = case["dev"], case["nonce"], case["level"]
        assert statement.challenge_text(dev, nonce, level) == case["text"]
        check.refused(ARGUMENT, statement.challenge_text, dev[1:], nonce, level)
        check.refused(ARGUMENT, statement.challenge_text, dev, nonce[1:], level)
        check.refused(ARGUMENT, statement.challenge_text, dev, nonce, 0)
        check.refused(ARGUMENT, statement.challenge_text, dev, nonce, 256)


def test_names_that_say_test():
    for name in ("TEST", "TEST root", "TEST.example/hall"):
        assert statement.says_test(name)
    for name in ("", "TES", "test root", "CONTEST", "a TEST"):
        assert not statement.says_test(name)
