"""The wire package against independent implementations, on values that hypothesis finds.

Owns: round trips, range refusals, random and damaged bytes into every decoder (the only outcome
besides a value is Refused).
Refuses: nothing.
Units: as in protocol/README.md.
"""

import hashlib
import hmac
import re
from decimal import Decimal

import cbor2
import check
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from steelyard_wire import auth, cbor, codes, cose, digest, quantity, record, tree
from steelyard_wire.codes import Refused

KEYS = st.integers(-(1 << 64), (1 << 64) - 1) | st.text(max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 64), (1 << 64) - 1)
    | st.binary(max_size=300)
    | st.text(max_size=300)
)


def _nested(depth: int):
    if not depth:
        return SCALARS
    inner = _nested(depth - 1)
    return SCALARS | st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)


VALUES = _nested(3)


def _ordered(value):
    """`value` with its maps in the order of RFC 8949 section 4.2.1 (cbor2 has RFC 7049's)."""
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=cbor2.dumps)}
    if isinstance(value, list):
        return [_ordered(item) for item in value]
    return value


def _refused_or(decoder, data):
    """What the decoder makes of `data`, or None if it refuses; anything else is an error."""
    try:
        return decoder(data)
    except Refused:
        return None


# --- cbor ------------------------------------------------------------------------------------


@given(VALUES)
def test_cbor_encodes_as_cbor2_and_comes_back(value):
    encoded = cbor.encode(value)
    assert encoded == cbor2.dumps(_ordered(value))
    assert cbor.decode(encoded) == value


@given(st.integers())
def test_cbor_takes_64_bits_and_no_more(value):
    if -(1 << 64) <= value < 1 << 64:
        assert cbor.encode(value) == cbor2.dumps(value)
    else:
        check.refused(codes.ARGUMENT, cbor.encode, value)


@given(st.integers(1 << 64) | st.integers(max_value=-(1 << 64) - 1))
def test_cbor_refuses_larger_integers(value):
    check.refused(codes.ARGUMENT, cbor.encode, [value])


@given(st.binary(max_size=64))
def test_cbor_accepts_only_what_it_would_write(data):
    try:
        value = cbor.decode(data)
    except Refused as error:
        assert error.code == codes.SYNTAX
    else:
        assert cbor.encode(value) == data


@given(VALUES, st.data())
def test_cbor_damaged(value, data):
    damaged = bytearray(cbor.encode(value))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    decoded = _refused_or(lambda raw: [cbor.decode(raw)], bytes(damaged))
    if decoded is not None:
        assert cbor.encode(decoded[0]) == damaged


@given(st.text(max_size=20).map(str.encode))
def test_cbor_text_is_utf8(raw):
    assert cbor.decode(cbor.head(3, len(raw)) + raw) == raw.decode()


@given(st.binary(min_size=1, max_size=6))
def test_utf8_is_as_strict_as_cpython(raw):
    item = cbor.head(3, len(raw)) + raw
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        check.refused(codes.SYNTAX, cbor.decode, item)
    else:
        assert cbor.decode(item) == text


# --- quantity --------------------------------------------------------------------------------


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(-9, 9))
def test_quantity_text_has_the_value(mantissa, exp10):
    text = quantity.format_quantity(mantissa, exp10)
    assert Decimal(text) == Decimal(mantissa).scaleb(exp10)
    if exp10 <= 0:
        assert quantity.parse_quantity(text) == (mantissa, exp10)


@given(st.text("-+.0123456789eE _,", max_size=12) | st.text(max_size=6))
def test_quantity_parses_one_text_per_quantity(text):
    pair = _refused_or(quantity.parse_quantity, text)
    plain = re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]{1,9})?", text, re.ASCII) is not None
    negative_zero = plain and text.startswith("-") and not Decimal(text)
    assert (pair is not None) == (plain and not negative_zero)
    if pair is not None:
        assert quantity.format_quantity(*pair) == text


# --- digests ---------------------------------------------------------------------------------


@given(st.binary(max_size=200), st.lists(st.binary(max_size=100), max_size=4))
def test_digests_are_those_of_hashlib(key, parts):
    whole = b"".join(parts)
    assert digest.sha256(*parts) == hashlib.sha256(whole).digest()
    assert digest.hmac_sha256(key, *parts) == hmac.digest(key, whole, "sha256")
    assert digest.equal(key, whole) == (key == whole)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16), st.binary())
def test_session_code_is_a_truncated_hmac(key, nonce, text):
    expected = hmac.digest(key, b"steelyard/mac/1" + nonce + text, "sha256").hex()[:16].upper()
    assert auth.session_mac(key, nonce, text) == expected


# --- tree ------------------------------------------------------------------------------------


def _mth(leaves):
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + _mth(leaves[:k]) + _mth(leaves[k:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=40), st.data())
def test_frontier_gives_the_merkle_tree_hash(leaves, data):
    cut = data.draw(st.integers(0, len(leaves)))
    frontier = tree.Frontier()
    for leaf in leaves[:cut]:
        frontier.append(leaf)
    assert frontier.root() == _mth(leaves[:cut])
    again = tree.Frontier.from_list(frontier.size, frontier.to_list())
    for leaf in leaves[cut:]:
        again.append(leaf)
    assert again.root() == _mth(leaves)


@given(st.integers(-3, 70), st.lists(st.binary(min_size=31, max_size=33), max_size=6))
def test_frontier_takes_one_node_for_each_bit(size, nodes):
    fits = size >= 0 and len(nodes) == size.bit_count() and all(len(node) == 32 for node in nodes)
    assert (_refused_or(lambda raw: tree.Frontier.from_list(size, raw), nodes) is not None) == fits


# --- record and envelope ---------------------------------------------------------------------

I16 = st.integers(-(2**15), 2**15 - 1)
U16 = st.integers(0, 2**16 - 1)
I32 = st.integers(-(2**31), 2**31 - 1)
U32 = st.integers(0, 2**32 - 1)
EXP10 = st.integers(-9, 9)
U31 = st.integers(0, 2**31 - 1)
UNIT = st.integers(0, 7)
DIGEST = st.binary(min_size=8, max_size=8)
_TEXT = st.text(min_size=1, max_size=8)
FIRMWARE = {1: _TEXT, 2: DIGEST, 3: _TEXT, 4: DIGEST}
UTC = st.integers(0, 2**40 - 1)
SETTING = st.none() | I32 | st.text(max_size=16)
DATA = {
    record.BOOT: st.fixed_dictionaries(
        {1: st.binary(min_size=32, max_size=32), 2: U32}
        | {3: st.none() | st.binary(min_size=1, max_size=32)}
    ),
    record.VOID: st.fixed_dictionaries({1: U32}),
    record.CALIBRATION: st.fixed_dictionaries(
        {1: st.integers(1, 2**32 - 1), 2: st.integers(0, 2)}
        | {3: st.lists(st.tuples(I32, U31).map(list), min_size=2, max_size=11)}
        | {4: st.tuples(EXP10, UNIT).map(list)}
        | {5: st.none() | st.text(min_size=1, max_size=16)}
        | {6: st.none() | st.tuples(*[st.integers(0, 2**24 - 1)] * 2).map(list)}
        | {7: st.none() | st.tuples(U31, I32).map(list), 8: U31}
        | {9: st.none() | st.integers(1, 2**32 - 1)}
        | {10: st.none() | st.tuples(I16, I32, I32, U16, I16, I16).map(list)}
        | {11: st.none() | I32, 12: st.none() | st.tuples(I16, I16).map(list)}
    ),
    record.PARAMETER: st.fixed_dictionaries(
        {1: st.text(min_size=1, max_size=8), 2: SETTING, 3: SETTING}
    ),
    record.LOCK: st.fixed_dictionaries(
        {1: st.text(min_size=1, max_size=8), 2: st.integers(0, 2), 3: U32}
        | {4: st.none() | st.text(min_size=1, max_size=8)}
    ),
    record.TIME_SET: st.fixed_dictionaries({1: st.none() | UTC, 2: UTC}),
    record.FIRMWARE: st.fixed_dictionaries(FIRMWARE)
    | st.fixed_dictionaries(FIRMWARE | {5: st.integers(0, 2), 6: st.integers(1, 2**32 - 1)}),
    record.WITNESS: st.fixed_dictionaries(
        {1: st.text(min_size=1, max_size=16), 2: st.binary(min_size=4, max_size=4)}
        | {3: st.integers(1, 2**32 - 1), 4: UTC, 5: st.binary(min_size=64, max_size=64)}
    ),
    record.RETIRE: st.fixed_dictionaries(
        {1: st.none() | DIGEST, 2: st.text(min_size=1, max_size=16)}
    ),
}


@st.composite
def records(draw):
    """Fields that keep every rule of README 'Records'."""
    typ = draw(st.integers(0, 11))
    time, status = draw(st.sampled_from([(None, 0), (0, 0)]) | st.tuples(UTC, st.integers(0, 4)))
    reading = typ == record.READING
    fields = {
        record.V: 1,
        record.DEV: draw(DIGEST),
        record.N: draw(U32),
        record.ROOT: draw(st.binary(min_size=32, max_size=32)),
        record.TYP: typ,
        record.TOT: [draw(U32), draw(st.integers(-(2**63), 2**63 - 1)), draw(U32)],
        record.BC: draw(U32),
        record.UP: draw(st.integers(0, 2**48 - 1)),
        record.T: time,
        record.TS: [status, draw(st.none() | U32)],
        record.CAL: [draw(st.integers(1 if reading else 0, 2**32 - 1)), draw(DIGEST)],
        record.FW: [draw(st.text(min_size=1, max_size=8)), draw(DIGEST)],
    }
    if typ in (record.READING, record.VOID):
        fields[record.VAL] = [draw(I32), draw(EXP10), draw(UNIT)]
    if typ in (record.READING, record.CASE) or draw(st.booleans()):
        fields[record.ST] = draw(st.integers(0, 0x7FFF)) | draw(st.sampled_from([0, 0x40000]))
    if reading and fields[record.ST] & 16:
        both = draw(st.booleans())
        kinds = [0, 1] if both else [draw(st.integers(0, 1))]
        fields[record.TARE] = [part for kind in kinds for part in (draw(I32), draw(EXP10), kind)]
    if draw(st.booleans()):
        fields[record.NONCE] = draw(st.binary(min_size=1, max_size=16))
    if draw(st.booleans()):
        fields[record.RAW] = [draw(I32), draw(st.none() | st.integers(-32768, 32767))]
    if draw(st.booleans()):
        fields[record.EV] = [draw(U32) for _ in range(5)]
    if draw(st.booleans()):
        fields[record.WHO] = draw(DIGEST)
    if typ in DATA:
        fields[record.DATA] = draw(DATA[typ])
    return fields


@given(records())
def test_records_encode_as_cbor2_and_come_back(fields):
    payload = record.encode(fields)
    assert payload == cbor2.dumps(fields, canonical=True)
    assert record.decode(payload) == fields


@settings(max_examples=400)
@given(records(), st.integers(0, 20) | st.text(max_size=3), VALUES)
def test_a_record_with_a_foreign_value_is_refused_or_is_that_record(fields, key, value):
    changed = dict(fields) | {key: value}
    payload = _refused_or(record.encode, changed)
    foreign = _refused_or(record.decode, cbor2.dumps(_ordered(changed)))
    if payload is None:
        assert foreign is None
    else:
        assert record.decode(payload) == changed == foreign


@given(VALUES)
def test_other_values_are_no_record(value):
    check.refused(codes.SYNTAX, record.decode, cbor.encode(value))


@given(st.binary(max_size=80), st.binary(max_size=40))
def test_random_bytes_are_no_record(data, tail):
    for raw in (data, b"\xd2\x84\x43\xa1\x01\x27\xa1\x04\x48" + data, b"\xad\x01\x01\x02" + data):
        assert _refused_or(record.decode, raw) is None
        parts = _refused_or(cose.split, raw + tail)
        if parts is not None:
            assert cose.build(parts.payload, parts.signature, parts.kid) == raw + tail


@given(records(), st.binary(min_size=64, max_size=64), DIGEST)
def test_envelopes_come_back(fields, signature, kid):
    payload = record.encode(fields)
    envelope = cose.build(payload, signature, kid)
    parts = [b"\xa1\x01\x27", {4: kid}, payload, signature]
    assert envelope == cbor2.dumps(cbor2.CBORTag(18, parts))
    found = cose.split(envelope)
    assert (found.payload, found.signature, found.kid) == (payload, signature, kid)
    assert cose.to_be_signed(payload) == cbor2.dumps(
        ["Signature1", b"\xa1\x01\x27", b"steelyard/rec/1", payload]
    )


@pytest.mark.parametrize("index", range(7))
def test_every_flipped_bit_of_an_envelope_is_caught(index):
    content = check.vectors("record")
    test, case = content["test"][0], content["records"][index]
    key = Ed25519PublicKey.from_public_bytes(test["public_key"])

    def verify(envelope):
        parts = cose.split(envelope)
        key.verify(parts.signature, cose.to_be_signed(parts.payload, parts.protected))
        if parts.kid != test["device_id"]:
            raise Refused(codes.SYNTAX, "kid")

    verify(case["envelope"])
    for bit in range(8 * len(case["envelope"])):
        flipped = bytearray(case["envelope"])
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((Refused, InvalidSignature)):
            verify(bytes(flipped))
