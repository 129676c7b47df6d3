"""The fast way of opening records and blocks refuses and gives just what steelyard_wire does."""

from __future__ import annotations

import cbor2
import check
import pytest
from forge import AAD, Forger, root_of
from hypothesis import given
from hypothesis import strategies as st
from steelyard.opened import KeyEntry, Rejected, _decode, _decode_block, open_block, open_record
from steelyard_wire import block, record
from steelyard_wire.codes import Refused
from test_wire_properties import records

RECORDS = [case["payload"] for case in check.vectors("record")["records"]]
BLOCKS = [case["payload"] for case in check.vectors("block")["blocks"]]


def _same(fast, slow, payload: bytes) -> bool:  # type: ignore[no-untyped-def]
    """Whether both give the same or both refuse; True for given."""
    try:
        wanted = slow(payload)
    except Refused:
        with pytest.raises(Refused):
            fast(payload)
        return False
    assert fast(payload) == wanted
    return True


@given(records())
def test_right_records_are_opened_alike(fields: dict[int, object]) -> None:
    assert _same(_decode, record.decode, record.encode(fields))


def test_every_changed_bit_is_refused_or_read_alike() -> None:
    for payloads, fast, slow in (
        (RECORDS, _decode, record.decode),
        (BLOCKS, _decode_block, block.decode),
    ):
        read = refused = 0
        for payload in payloads:
            for at in range(len(payload)):
                for bit in range(8):
                    changed = bytearray(payload)
                    changed[at] ^= 1 << bit
                    if _same(fast, slow, bytes(changed)):
                        read += 1
                    else:
                        refused += 1
        assert read > 100 and refused > 100


@pytest.mark.parametrize("kind", ["record", "block"])
def test_what_no_encoder_makes_is_refused(kind: str) -> None:
    fast, slow = (_decode, record.decode) if kind == "record" else (_decode_block, block.decode)
    for case in check.vectors(kind)["refused"]:
        assert not _same(fast, slow, case["payload"])


def _items(payload: bytes) -> list[tuple[bytes, bytes]]:
    """A map's keys and values as they are encoded."""
    return [(cbor2.dumps(k), cbor2.dumps(v)) for k, v in cbor2.loads(payload).items()]


@given(st.sampled_from([*RECORDS, *BLOCKS]), st.data())
def test_other_forms_of_the_same_values_are_refused(payload: bytes, data: st.DataObject) -> None:
    is_block = payload in BLOCKS
    fast, slow = (_decode_block, block.decode) if is_block else (_decode, record.decode)
    items = _items(payload)
    at = data.draw(st.integers(0, len(items) - 1))
    key, value = items[at]
    head = bytes([0xA0 + len(items)])

    def joined(changed: list[tuple[bytes, bytes]], start: bytes = head, end: bytes = b"") -> bytes:
        return start + b"".join(k + v for k, v in changed) + end

    assert joined(items) == payload
    forms = [
        joined([*items[:at], *items[at + 1 :], items[at]]) if at < len(items) - 1 else b"",
        joined(items, b"\xbf", b"\xff"),  # indefinite
        joined(items, b"\xb8" + head[:0] + bytes([len(items)])),  # longer head
        joined([*items[:at], (b"\x18" + key, value), *items[at + 1 :]]),  # longer key
        joined([*items, items[at]], bytes([0xA1 + len(items)])),  # a key twice
        payload + b"\x00",
        b"\xd9\xd9\xf7" + payload,  # tagged
    ]
    number = cbor2.loads(value)
    if type(number) is int and 0 <= number < 1 << 32:
        longer = b"\x1b" + number.to_bytes(8, "big")
        forms.append(joined([*items[:at], (key, longer), *items[at + 1 :]]))
        forms.append(joined([*items[:at], (key, cbor2.dumps(float(number))), *items[at + 1 :]]))
    for form in forms:
        assert not _same(fast, slow, form)


def test_arrays_of_a_block_in_another_form_are_refused() -> None:
    for payload in BLOCKS:
        rows = cbor2.loads(payload)[13]
        plain = cbor2.dumps(rows)
        inner = b"".join(cbor2.dumps(row) for row in rows)
        assert plain in payload
        forms = [b"\x9f" + inner + b"\xff", b"\x99" + len(rows).to_bytes(2, "big") + inner]
        first = cbor2.dumps(rows[0])
        forms.append(plain.replace(first, b"\x9f" + first[1:] + b"\xff", 1))
        # A longer form and one byte fewer elsewhere do not make up for each other.
        forms.append(plain.replace(first, b"\x83\x18\x00" + first[2:], 1))
        for form in forms:
            assert form != plain
            assert not _same(_decode_block, block.decode, payload.replace(plain, form))


def test_blocks_and_records_do_not_stand_for_each_other() -> None:
    forger = Forger()
    registry = {forger.dev: KeyEntry(forger.public_key, "SY-1", test=False)}
    fields = {**cbor2.loads(BLOCKS[0]), 2: forger.dev}
    payload = cbor2.dumps(fields, canonical=True)
    as_record = forger.seal(payload)
    assert AAD == b"steelyard/rec/1"
    with pytest.raises(Rejected) as rejected:
        open_block(as_record, registry)
    assert rejected.value.check == "signature"
    with pytest.raises(Rejected) as rejected:
        open_record(as_record, registry)
    assert rejected.value.check == "decoding"
    assert root_of([])


def test_the_published_blocks_open() -> None:
    test = check.vectors("record")["test"][0]
    registry = {test["device_id"]: KeyEntry(test["public_key"], "vectors", test=True)}
    for case in check.vectors("block")["blocks"]:
        fields, entry = open_block(case["envelope"], registry)
        assert fields == case["fields"] and entry.test
        for at in range(0, len(case["envelope"]) * 8, 7):
            changed = bytearray(case["envelope"])
            changed[at >> 3] ^= 1 << (at & 7)
            with pytest.raises(Rejected):
                open_block(bytes(changed), registry)
