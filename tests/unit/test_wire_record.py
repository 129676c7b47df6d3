"""Records and their envelopes against an independent implementation's golden cases."""

import check
from steelyard_wire import cose, digest, record, tree
from steelyard_wire.codes import ARGUMENT, SYNTAX


def _cases():
    return check.vectors("record")


def test_golden_payloads_both_ways():
    for case in _cases()["records"]:
        assert record.encode(case["fields"]) == case["payload"]
        assert record.decode(case["payload"]) == case["fields"]


def test_golden_envelopes_both_ways():
    content = _cases()
    dev = content["test"][0]["device_id"]
    for case in content["records"]:
        payload, signature = case["payload"], case["signature"]
        assert cose.to_be_signed(payload) == case["to_be_signed"]
        assert cose.build(payload, signature, dev) == case["envelope"]
        parts = cose.split(case["envelope"])
        assert parts.protected == cose.protected(cose.ALG_EDDSA)
        assert (parts.kid, parts.payload, parts.signature) == (dev, payload, signature)
        assert cose.to_be_signed(parts.payload, parts.protected) == case["to_be_signed"]


def test_roots_follow_the_envelopes():
    frontier = tree.Frontier()
    for case in _cases()["records"]:
        assert case["fields"][record.ROOT] == frontier.root()
        frontier.append(case["envelope"])
        assert frontier.root() == case["root_after"]


def test_device_ids():
    test = _cases()["test"][0]
    assert record.device_id(test["public_key"], True) == test["device_id"]
    assert record.device_id(test["public_key"], False) == test["device_id_if_not_test"]
    assert record.is_test(test["device_id"])
    assert not record.is_test(test["device_id_if_not_test"])
    assert digest.sha256(test["public_key"])[:4] == test["device_id"][4:]
    for size in (0, 31, 33):
        check.refused(ARGUMENT, record.device_id, bytes(size), False)


def test_refused_fields_and_payloads():
    cases = _cases()["refused"]
    assert len(cases) > 50
    for case in cases:
        check.refused(ARGUMENT, record.encode, case["fields"])
        check.refused(SYNTAX, record.decode, case["payload"])


def test_other_payloads_are_refused():
    good = _cases()["records"][3]["payload"]
    for payload in (b"", b"\x80", b"\xa0", b"\xf6", good + b"\x00", good[:-1], bytes(641)):
        check.refused(SYNTAX, record.decode, payload)


def test_refused_envelopes():
    cases = _cases()["refused_envelopes"]
    assert len(cases) > 15
    for case in cases:
        check.refused(SYNTAX, cose.split, case["envelope"])


def test_every_cut_of_an_envelope_is_refused():
    envelope = _cases()["records"][3]["envelope"]
    for size in range(len(envelope)):
        check.refused(SYNTAX, cose.split, envelope[:size])


def test_build_refuses_other_lengths():
    check.refused(ARGUMENT, cose.build, b"", bytes(63), bytes(8))
    check.refused(ARGUMENT, cose.build, b"", bytes(65), bytes(8))
    check.refused(ARGUMENT, cose.build, b"", bytes(64), bytes(7))
    check.refused(ARGUMENT, cose.protected, 7)
    check.refused(ARGUMENT, cose.protected, -25)


def test_ranges_end_where_the_specification_says():
    base = _cases()["records"][4]["fields"]
    for key, good, bad in (
        (record.N, 2**32 - 1, 2**32),
        (record.BC, 2**32 - 1, 2**32),
        (record.UP, 2**48 - 1, 2**48),
        (record.T, 2**40 - 1, 2**40),
        (record.ST, 0x7FFF, 0x8000),
        (record.VAL, [2**31 - 1, 9, 5], [2**31, 9, 5]),
        (record.VAL, [-(2**31), -9, 0], [-(2**31) - 1, -9, 0]),
        (record.TARE, [2**31 - 1, 9, 1], [1, 9, 2]),
        (record.TOT, [2**32 - 1, 2**63 - 1, 2**32 - 1], [2**32, 0, 0]),
        (record.TOT, [0, -(2**63), 0], [0, -(2**63) - 1, 0]),
        (record.TS, [4, 2**32 - 1], [4, 2**32]),
        (record.TS, [1, None], [None, 1]),
        (record.CAL, [2**32 - 1, bytes(8)], [0, bytes(8)]),
        (record.FW, ["1" * 32, bytes(8)], ["1" * 33, bytes(8)]),
        (record.FW, ["\u00e4" * 16, bytes(8)], ["\u00e4" * 17, bytes(8)]),
        (record.NONCE, bytes(16), bytes(17)),
        (record.RAW, [2**31 - 1, 32767], [2**31 - 1, 32768]),
        (record.RAW, [-(2**31), -32768], [-(2**31), -32769]),
    ):
        fields = dict(base)
        fields[key] = good
        assert record.decode(record.encode(fields)) == fields
        fields[key] = bad
        check.refused(ARGUMENT, record.encode, fields)


def test_a_setting_is_a_number_a_text_or_nothing():
    fields = dict(_cases()["records"][5]["fields"])
    for old, new in ((None, "on"), (-(2**31), 2**31 - 1), ("", "x" * 64)):
        fields[record.DATA] = {1: "name", 2: old, 3: new}
        assert record.decode(record.encode(fields)) == fields
    for value in (2**31, "x" * 65, b"x", [1], True):
        fields[record.DATA] = {1: "name", 2: None, 3: value}
        check.refused(ARGUMENT, record.encode, fields)


def test_the_longest_record_fits_a_reply_line():
    # 18 bytes of envelope before the payload's head (3), 2 + 64 behind it; base64 of all.
    longest = 17 + 3 + record.MAX_PAYLOAD + 2 + 64
    base64 = (longest + 2) // 3 * 4
    assert len("@999999999 OK n=4294967295 ") + base64 + len(" *1A2B") <= 1024


def test_type_names():
    for number, name in enumerate(record.TYPES):
        assert getattr(record, name) == number
        assert record.type_name(number) == name
    assert record.type_name(13) == "13"
