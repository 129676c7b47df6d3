"""Statements on values that hypothesis finds, and what pycose says of the golden ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import cbor2
import check
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pycose.algorithms import EdDSA
from pycose.headers import KID, Algorithm
from pycose.keys import OKPKey
from pycose.messages import Sign1Message, SignMessage
from pycose.messages.signer import CoseSignature
from steelyard.generate import statement_vectors
from steelyard_wire import codes, several, statement
from steelyard_wire.codes import Refused

CASES = check.vectors("statement")
KEYS = {row["key_id"]: row["public_key"] for row in CASES["keys"]}
UTC = st.integers(0, 2**40 - 1)
U32 = st.integers(0, 2**32 - 1)
P32 = st.integers(1, 2**32 - 1)
EIGHT = st.binary(min_size=8, max_size=8)
KEY = st.binary(min_size=32, max_size=32)
T32, T64 = (st.text(min_size=1, max_size=size) for size in (8, 16))
SEALS = st.lists(T32, max_size=4)
DATES = st.lists(UTC, min_size=2, max_size=2).map(sorted)


def test_the_file_is_what_the_generator_makes() -> None:
    assert statement_vectors.main(["--check"]) == 0


# --- fields ----------------------------------------------------------------------------------


@st.composite
def _keys(draw, least: int) -> tuple[int, list[bytes]]:  # type: ignore[no-untyped-def]
    keys = draw(st.lists(KEY, min_size=least, max_size=7, unique=True))
    return draw(st.integers(max(least, len(keys) // 2 + 1), len(keys))), keys


@st.composite
def _range(draw) -> list[str]:  # type: ignore[no-untyped-def]
    ends = draw(st.lists(st.text("0123456789AZ-", min_size=6, max_size=6), min_size=2, max_size=2))
    return sorted(ends)


@st.composite
def statements(draw) -> tuple[int, dict[str, object]]:  # type: ignore[no-untyped-def]
    """A kind, and fields that keep every rule of README 'Statements'."""
    kind = draw(st.integers(0, 5))
    since, until = draw(DATES)
    dates = {"from": since, "until": until}
    if kind == statement.ROOT:
        threshold, holders = draw(_keys(2))
        more, release = draw(_keys(1))
        fields = {"version": draw(P32), "name": draw(T64), "made": draw(UTC)}
        fields |= {"threshold": threshold, "holders": holders}
        return kind, fields | {"release_threshold": more, "release": release}
    if kind == statement.STATION:
        roles = draw(st.integers(1, 3))
        serials = draw(st.lists(_range(), min_size=roles & 1, max_size=8))
        fields = {"number": draw(P32), "name": draw(T64), "key": draw(KEY), "roles": roles}
        return kind, fields | {"serials": serials} | dates
    if kind == statement.DEVICE:
        suite = draw(st.integers(1, 2))
        key = draw(st.binary(min_size=32 * suite, max_size=32 * suite))
        digest = hashlib.sha256(key).digest()
        row = st.tuples(st.integers(1, 5), st.integers(0, 1), KEY)
        rows = draw(st.lists(row, max_size=8, unique_by=lambda one: (one[0], one[2])))
        fields = {"number": draw(P32), "dev": digest[:8], "suite": suite, "key": key}
        if draw(st.booleans()):
            fields["dev"] = b"TEST" + digest[:4]
        fields |= {name: draw(T32) for name in ("serial", "model", "production")}
        fields |= {"hardware": draw(st.integers(0, 2)), "made": draw(UTC), "seals": draw(SEALS)}
        fields |= {"approval": draw(st.none() | T32)}
        return kind, fields | {"access": [list(one) for one in rows]}
    if kind == statement.VERIFICATION:
        fields = {"number": draw(P32), "dev": draw(EIGHT), "software": draw(EIGHT)}
        fields |= {"calibration": [draw(P32), draw(EIGHT)], "repair": draw(st.none() | T32)}
        fields |= {"production": draw(T32), "code": draw(T32), "seals": draw(SEALS)}
        return kind, fields | dates | {"body": draw(T64), "lock": draw(U32)}
    if kind == statement.REVOCATION:
        row = st.tuples(st.integers(0, 2), EIGHT, st.none() | U32, T64)
        rows = draw(st.lists(row, max_size=20, unique_by=lambda one: one[:2]))
        entries = [[what, key, None if what == 2 else n, why] for what, key, n, why in rows]
        return kind, {"version": draw(P32), "made": draw(UTC), "entries": entries}
    fields = {"dev": draw(EIGHT), "n": draw(U32), "counter": draw(U32)}
    fields |= {"kind": draw(st.integers(0, 2)), "code": draw(st.none() | T32)}
    return kind, fields | {"seals": draw(SEALS)}


def _numbered(kind: int, fields: Mapping[str, object]) -> bytes:
    """The payload as somebody else would make it."""
    names = [name for name, _ in statement.FIELDS[kind]]
    return cbor2.dumps({names.index(name) + 1: fields[name] for name in names})


@given(statements())
def test_statements_encode_as_cbor2_and_come_back(case: tuple[int, dict[str, object]]) -> None:
    kind, fields = case
    payload = statement.encode(kind, fields)
    assert payload == _numbered(kind, fields)
    assert statement.decode(kind, payload) == fields
    for other in range(6):
        if other != kind and len(statement.FIELDS[other]) != len(statement.FIELDS[kind]):
            check.refused(codes.SYNTAX, statement.decode, other, payload)


FOREIGN = st.none() | st.booleans() | st.integers() | st.binary(max_size=64) | st.text(max_size=9)
ROW = st.lists(FOREIGN, max_size=4)
FOREIGN = FOREIGN | ROW | st.lists(ROW, max_size=2)


@given(statements(), st.integers(0, 10), FOREIGN)
def test_a_foreign_value_is_refused_or_is_that_statement(
    case: tuple[int, dict[str, object]], at: int, value: object
) -> None:
    kind, fields = case
    names = [name for name, _ in statement.FIELDS[kind]]
    changed = {**fields, names[at % len(names)]: value}
    try:
        payload = statement.encode(kind, changed)
    except Refused as refused:
        assert refused.code == codes.ARGUMENT
        assume(not isinstance(value, int) or abs(value) < 1 << 64)
        check.refused(codes.SYNTAX, statement.decode, kind, _numbered(kind, changed))
    else:
        assert statement.decode(kind, payload) == changed


@given(statements(), st.data())
def test_a_damaged_statement_is_refused_or_another(
    case: tuple[int, dict[str, object]], data: st.DataObject
) -> None:
    kind, fields = case
    damaged = bytearray(statement.encode(kind, fields))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = statement.decode(kind, bytes(damaged))
    except Refused:
        return
    assert found != fields and statement.encode(kind, found) == damaged


# --- envelopes -------------------------------------------------------------------------------

SIGNATURE = st.binary(min_size=64, max_size=64)
ROWS = st.lists(st.tuples(EIGHT, SIGNATURE), min_size=1, max_size=7, unique_by=lambda row: row[0])


@given(st.binary(max_size=300), ROWS)
def test_envelopes_of_several_come_back(
    payload: bytes, signatures: list[tuple[bytes, bytes]]
) -> None:
    envelope = several.build(payload, signatures)
    rows = [[b"\xa1\x01\x27", {4: kid}, signature] for kid, signature in sorted(signatures)]
    assert envelope == cbor2.dumps(cbor2.CBORTag(98, [b"", {}, payload, rows]))
    assert several.split(envelope) == (payload, sorted(signatures))


@given(st.binary(max_size=40), st.binary(max_size=80), ROWS, st.data())
def test_other_bytes_are_none(
    payload: bytes, raw: bytes, signatures: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    damaged = bytearray(several.build(payload, signatures))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    for envelope in (raw, b"\xd8\x62" + raw, b"\xd8\x62\x84\x40\xa0" + raw, bytes(damaged)):
        try:
            found = several.split(envelope)
        except Refused as refused:
            assert refused.code == codes.SYNTAX
        else:
            assert several.build(*found) == envelope


@given(FOREIGN, FOREIGN, FOREIGN)
def test_foreign_parts_of_an_envelope_are_refused(
    payload: object, kid: object, signature: object
) -> None:
    assume(all(not isinstance(it, int) or abs(it) < 1 << 64 for it in (payload, kid, signature)))
    row = [b"\xa1\x01\x27", {4: kid}, signature]
    for envelope in (
        [b"", {}, payload, [row]],
        [b"", {}, payload, row],
        [b"", {}, b"x", signature],
    ):
        raw = cbor2.dumps(cbor2.CBORTag(98, envelope))
        good = isinstance(payload, bytes) and isinstance(kid, bytes) and len(kid) == 8
        if good and isinstance(signature, bytes) and len(signature) == 64:
            continue
        check.refused(codes.SYNTAX, several.split, raw)


# --- somebody else's COSE --------------------------------------------------------------------


def _plain(part: object) -> object:
    return dict(part) if isinstance(part, Mapping) else part


def _key(kid: bytes) -> OKPKey:
    return OKPKey(crv="ED25519", x=KEYS[kid], optional_params={"KEY_OPS": ["VERIFY"]})


@pytest.mark.parametrize("case", CASES["statements"], ids=lambda case: str(case["kind"]))
def test_pycose_verifies_the_golden_statements(case: dict) -> None:  # type: ignore[type-arg]
    tagged = cbor2.loads(case["envelope"])
    aad = b"steelyard/stm/1/" + statement.KINDS[case["kind"]].encode()
    if tagged.tag == Sign1Message.cbor_tag:
        message = Sign1Message.from_cose_obj([*map(_plain, tagged.value)], True)
        message.external_aad = aad
        message.key = _key(message.uhdr[KID])
        assert message.phdr == {Algorithm: EdDSA} and message.verify_signature()
        message.external_aad = aad + b"X"
        assert not message.verify_signature()
        return
    assert tagged.tag == SignMessage.cbor_tag
    protected, unprotected, payload, rows = tagged.value
    rows = [[_plain(part) for part in row] for row in rows]
    message = SignMessage.from_cose_obj([protected, _plain(unprotected), payload, rows], True)
    assert len(message.signers) == len(case["signers"])
    for signer in message.signers:
        assert isinstance(signer, CoseSignature) and signer.phdr == {Algorithm: EdDSA}
        signer.external_aad = aad
        signer.key = _key(signer.uhdr[KID])
        assert signer.verify_signature()
        signer.external_aad = aad + b"X"
        assert not signer.verify_signature()
