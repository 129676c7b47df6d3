"""Deterministic CBOR against RFC 8949 and at the edges of its own limits."""

import check
from steelyard_wire import cbor
from steelyard_wire.codes import ARGUMENT, SYNTAX


def _same(left, right):
    """Equal in type as well: 1 is not True."""
    if isinstance(left, list):
        return (
            isinstance(right, list)
            and len(left) == len(right)
            and all(_same(left[index], right[index]) for index in range(len(left)))
        )
    if isinstance(left, dict):
        return (
            isinstance(right, dict)
            and len(left) == len(right)
            and all(key in right and _same(left[key], right[key]) for key in left)
        )
    return type(left) is type(right) and left == right


def test_good_values_both_ways():
    cases = check.vectors("cbor")["good"]
    assert len(cases) > 30
    for case in cases:
        encoded = bytes.fromhex(case["hex_encoded"])
        assert cbor.encode(case["value"]) == encoded, case
        assert _same(cbor.decode(encoded), case["value"]), case


def test_refused_encodings():
    cases = check.vectors("cbor")["refused"]
    assert len(cases) > 150
    for case in cases:
        check.refused(SYNTAX, cbor.decode, bytes.fromhex(case["hex_input"]))


def test_every_cut_of_a_good_encoding_is_refused():
    for case in check.vectors("cbor")["good"]:
        encoded = bytes.fromhex(case["hex_encoded"])
        for size in range(len(encoded)):
            check.refused(SYNTAX, cbor.decode, encoded[:size])


def test_integers_at_the_steps_of_their_length():
    # RFC 8949 section 3: 1, 2, 3, 5 and 9 bytes.
    for value, text in (
        (23, "17"),
        (24, "1818"),
        (255, "18ff"),
        (256, "190100"),
        (65535, "19ffff"),
        (65536, "1a00010000"),
        (2**32 - 1, "1affffffff"),
        (2**32, "1b0000000100000000"),
        (-24, "37"),
        (-25, "3818"),
        (-256, "38ff"),
        (-257, "390100"),
        (2**30, "1a40000000"),
        (-(2**30) - 1, "3a40000000"),
    ):
        assert cbor.encode(value) == bytes.fromhex(text)
        assert cbor.decode(bytes.fromhex(text)) == value


def test_what_cannot_be_encoded():
    deep = []
    for _ in range(6):
        deep = [deep]
    for value in (
        1 << 64,
        -(1 << 64) - 1,
        1 << 100,
        deep,
        object(),
        {None: 1},
        {b"a": 1},
        {True: 1},
        {(1,): 1},
        [1, {2: object()}],
        {1 << 64: 0},
    ):
        check.refused(ARGUMENT, cbor.encode, value)


def test_tuples_and_buffers_encode_as_arrays_and_bytes():
    assert cbor.encode((1, 2)) == b"\x82\x01\x02"
    assert cbor.encode(bytearray(b"ab")) == b"\x42ab"
    assert cbor.encode(memoryview(b"ab")) == b"\x42ab"


def test_a_huge_count_is_refused_at_once():
    # 2**63 items are announced; the decoder must not try to make room for them.
    check.refused(SYNTAX, cbor.decode, b"\x9b\x80" + bytes(7))
    check.refused(SYNTAX, cbor.decode, b"\xbb\x80" + bytes(7))
    check.refused(SYNTAX, cbor.decode, b"\x5b\x7f" + b"\xff" * 7)
