"""The recorder with the real signer: fields, totals, chain, one at a time; and the identity."""

import hashlib

import signing
from check import refused
from steelyard_wire import codes, cose, record
from storage import Scratch, tree_root
from terminal.drivers.append_file import AppendFile
from terminal.evidence.identity import Identity
from terminal.evidence.journal import Journal
from terminal.evidence.recorder import Recorder, last_counts
from terminal.evidence.seed import make_seed

# RFC 8032 section 7.1, TEST 1
_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
_PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")

_DATA = {1: _PUBLIC, 2: 1, 3: None}


class _Terminal:
    """What a record says of the terminal, as `operations.Terminal` gives it."""

    boot = 4

    def common_fields(self):
        return {
            record.BC: self.boot,
            record.UP: 1234,
            record.T: 1700000000,
            record.TS: [2, 60],
            record.CAL: [3, b"calibrat"],
            record.FW: ["0.1.0", b"firmware"],
        }


def _random(count):
    return bytes(range(1, count + 1))  # blinds only: RFC 8032 signatures do not depend on it


def _made(folder):
    journal = Journal(AppendFile(folder + "/journal"))
    journal.open()
    identity = Identity(_SEED, "SN-1", True)
    signer, _ = _finish(identity.signer_steps(lambda seed: signing.signer(seed, _random)))
    return journal, identity, signer, Recorder(journal, signer, identity, _Terminal())


def _finish(steps):
    work = []
    while True:
        try:
            work.append(next(steps))
        except StopIteration as end:
            return end.value, work


def _reading(net, status=1):
    return {record.VAL: [net, -3, 1], record.ST: status}


def test_a_record_has_its_fields_and_the_signature_is_over_them():
    with Scratch() as folder:
        journal, identity, signer, recorder = _made(folder)
        (n, envelope), work = _finish(recorder.record_steps(record.BOOT, {record.DATA: _DATA}))
        assert n == 0 and journal.next_n == 1 and journal.get(0) == envelope
        work = [units for units in work if units is not None]  # None: a block is erased
        assert len(work) > 10 and max(work) <= 70
        parts = cose.split(envelope)
        assert parts.kid == identity.dev
        assert record.decode(parts.payload) == {
            1: 1,
            2: b"TEST" + hashlib.sha256(_PUBLIC).digest()[:4],
            3: 0,
            4: hashlib.sha256(b"").digest(),
            5: 0,
            6: [0, 0, 0],
            7: 4,
            8: 1234,
            9: 1700000000,
            10: [2, 60],
            15: [3, b"calibrat"],
            16: ["0.1.0", b"firmware"],
            19: _DATA,
            21: [0, 0, 0, 0, 0],
        }
        assert parts.signature == signer.sign(cose.to_be_signed(parts.payload))


def test_every_record_commits_to_all_before_it_and_totals_add_up():
    with Scratch() as folder:
        _, _, _, recorder = _made(folder)
        events = (
            (record.BOOT, {record.DATA: _DATA}, [0, 0, 0]),
            (record.READING, _reading(1500), [1, 1500, 0]),
            (record.READING, _reading(5), [2, 1505, 0]),
            (record.VOID, {record.VAL: [1500, -3, 1], record.DATA: {1: 1}}, [2, 1505, 1]),
            (record.READING, _reading(250), [3, 1755, 1]),
        )
        leaves = []
        for typ, fields, totals in events:
            (n, envelope), _ = _finish(recorder.record_steps(typ, fields))
            found = record.decode(cose.split(envelope).payload)
            assert n == found[record.N] == len(leaves)
            assert found[record.ROOT] == tree_root(leaves)
            assert found[record.TYP] == typ and found[record.TOT] == totals
            leaves.append(envelope)
        again = Journal(AppendFile(folder + "/journal"))
        again.open()
        assert again.totals == [3, 1755, 1] and again.root() == tree_root(leaves)


def test_a_caller_cannot_put_its_own_number_or_totals():
    with Scratch() as folder:
        _, identity, _, recorder = _made(folder)
        fields = _reading(5)
        fields[record.N] = 77
        fields[record.TOT] = [9, 9, 9]
        fields[record.DEV] = b"somebody"
        (_, envelope), _ = _finish(recorder.record_steps(record.READING, fields))
        found = record.decode(cose.split(envelope).payload)
        assert found[record.N] == 0 and found[record.TOT] == [1, 5, 0]
        assert found[record.DEV] == identity.dev


def test_a_second_caller_is_refused_until_the_first_has_ended_or_closed():
    with Scratch() as folder:
        journal, _, _, recorder = _made(folder)
        first = recorder.record_steps(record.READING, _reading(5))
        next(first)
        second = recorder.record_steps(record.READING, _reading(10))
        refused(codes.BUSY, next, second)
        first.close()  # its caller was cancelled: the number was not used
        assert journal.next_n == 0
        (n, _), _ = _finish(recorder.record_steps(record.READING, _reading(15)))
        assert n == 0 and journal.totals == [1, 15, 0]


def test_a_refusal_uses_no_number_and_leaves_the_recorder_free():
    with Scratch() as folder:
        journal, _, _, recorder = _made(folder)
        refused(codes.ARGUMENT, next, recorder.record_steps(record.READING, {record.ST: 1}))
        refused(codes.ARGUMENT, next, recorder.record_steps(record.BOOT, {}))
        refused(codes.ARGUMENT, next, recorder.record_steps(99, {}))
        journal.fault = "serviced"
        steps = recorder.record_steps(record.READING, _reading(5))
        refused(codes.JOURNAL_FAULT, next, steps)  # before it has signed
        journal.fault = ""
        (n, _), _ = _finish(recorder.record_steps(record.READING, _reading(5)))
        assert n == 0


def test_the_boot_counter_is_in_the_records():
    with Scratch() as folder:
        journal, _, _, recorder = _made(folder)
        assert last_counts(journal)[0] == 0
        _finish(recorder.record_steps(record.BOOT, {record.DATA: _DATA}))
        assert last_counts(journal)[0] == 4
        again = Journal(AppendFile(folder + "/journal"))
        again.open()
        assert last_counts(again)[0] == 4


def test_a_seed_depends_on_every_source():
    own, host = bytes(range(32)), bytes(range(32, 64))
    seed = make_seed(own, host, b"extra")
    assert len(seed) == 32
    others = (
        make_seed(host, host, b"extra"),
        make_seed(own, own, b"extra"),
        make_seed(own, host, b"extrb"),
    )
    assert len(set(others + (seed,))) == 4


def test_a_stuck_or_short_random_source_makes_no_seed():
    good = bytes(range(32))
    for stuck in (bytes(32), b"\xff" * 32, bytes(range(11)) + bytes(21)):
        refused(codes.SIGNER_FAULT, make_seed, stuck, good, b"")
    for own, host in ((good[:31], good), (good, good[:16]), (good + b"0", good), (b"", b"")):
        refused(codes.ARGUMENT, make_seed, own, host, b"")


def test_an_identity_names_its_key_and_refuses_what_is_none():
    identity = Identity(_SEED, "SN 0815/a", False)
    refused(codes.ARGUMENT, lambda: identity.dev)
    identity.public_key = _PUBLIC
    assert identity.dev == hashlib.sha256(_PUBLIC).digest()[:8]
    for seed, serial in (
        (_SEED[:31], "SN"),
        (_SEED, ""),
        (_SEED, "S" * 33),
        (_SEED, "S\n"),
        (_SEED, "S\u00e4"),
    ):
        refused(codes.ARGUMENT, Identity, seed, serial, False)
