"""What a terminal signs beside readings: voids, a day's end, checkpoints, blocks."""

from __future__ import annotations

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from steelyard import verify
from steelyard.errors import DeviceRefused
from steelyard_wire import codes, note, record
from terminals import Bench


def _key(bench: Bench) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bench.terminal.identify().key)


def test_voids_days_and_witnesses_are_part_of_the_chain(bench: Bench) -> None:
    terminal = bench.terminal
    bench.load("place 2 kg")
    n, _ = terminal.register()
    void, _ = terminal.void(n)
    closed, raw = terminal.close_day()
    terminal.keep_witness("TEST hall", b"TEST", closed + 1, 1767225600, bytes(64))
    assert bench.refused("VOID", str(n)) == codes.ARGUMENT
    records = [terminal.record(k) for k in terminal.records()]
    assert records[closed] == raw
    report = verify.verify(records, bench.store.registry(), allow_test=True)
    assert report.ok, report.failures
    typs = [fields[record.TYP] for fields in report.records[n:]]
    assert typs == [record.READING, record.VOID, record.DAY_CLOSE, record.WITNESS]
    assert report.records[void][record.TOT] == [1, 2000, 1]


def test_a_checkpoint_covers_what_there_is(bench: Bench) -> None:
    size, root, signature = bench.terminal.checkpoint()
    assert size == bench.terminal.records().stop
    text = note.checkpoint(bench.terminal.identify().dev, size, root)
    _key(bench).verify(signature, text)
    # The next record commits to the same tree.
    _, raw = bench.terminal.close_day()
    assert cbor2.loads(cbor2.loads(raw).value[2])[record.ROOT] == root


def test_a_stream_may_take_longer_than_any_reply(bench: Bench) -> None:
    bench.terminal.link._timeout = 0.5
    bench.world("speed 1")
    assert bench.terminal.stream(100, 15)


def test_a_stream_while_a_load_is_put_down(bench: Bench) -> None:
    bench.load("place 1 kg")
    raw = bench.terminal.stream(100, 30, b"TEST nonce")
    protected, header, payload, signature = cbor2.loads(raw).value
    # RFC 9052 section 4.4, with the external data of a block.
    signed = cbor2.dumps(["Signature1", protected, b"steelyard/blk/1", payload])
    _key(bench).verify(signature, signed)
    fields = cbor2.loads(payload)
    assert header == {4: bench.terminal.identify().dev} and fields[14] == b"TEST nonce"
    rows = fields[13]
    assert len(rows) == 30 and rows[0][0] == 0
    assert {row[1] for row in rows} == {1000} and fields[10] == [-3, 1]
    # Every 100 ms; the task that looks runs every 10.
    assert all(90 <= row[0] <= 120 for row in rows[1:])
    assert bench.terminal.records().stop == fields[3]


def test_after_its_last_record_a_key_signs_nothing(bench: Bench) -> None:
    n, raw = bench.terminal.retire(None, "TEST: sold")
    for command in (("REGISTER",), ("CHECKPOINT",), ("STREAM", "100", "1"), ("DAYCLOSE",)):
        assert bench.refused(*command) == codes.RETIRED
    bench.terminal.reset()
    assert bench.terminal.identify().state == "halted"
    assert int(bench.terminal.status()["halted"]) == codes.RETIRED
    try:
        bench.terminal.register()
    except DeviceRefused as refused:
        assert refused.code == codes.RETIRED
    assert cbor2.loads(cbor2.loads(raw).value[2])[record.N] == n
