"""Records about records: voids, a day's end, witnesses, another firmware, the end of a key; and
what is signed beside records."""

import hashlib

from check import refused
from steelyard_wire import block, codes, cose, note, record
from storage import Scratch, tree_root
from terminal import closing
from terminal.links import stream
from terminal_parts import calibrate, finish, load, make, provisioned, started


def _fields(terminal, n):
    return record.decode(cose.split(terminal.journal.get(n)).payload)


def _weighed(folder, *weights):
    terminal = provisioned(folder)
    calibrate(terminal)
    numbers = []
    for grams in weights:
        load(terminal, 0)
        load(terminal, grams)
        numbers.append(finish(terminal.register_steps(None))[0])
    return terminal, numbers


def test_a_reading_is_taken_back_once():
    with Scratch() as folder:
        terminal, (first, second) = _weighed(folder, 2000, 3000)
        n, _ = finish(closing.void_steps(terminal, first))
        fields = _fields(terminal, n)
        assert fields[record.TYP] == record.VOID and fields[record.DATA] == {1: first}
        assert fields[record.VAL] == [2000, -3, 1]
        # The sum stays: two receipts still bound what was weighed between them.
        assert fields[record.TOT] == [2, 5000, 1]
        refused(codes.ARGUMENT, finish, closing.void_steps(terminal, first))
        refused(codes.ARGUMENT, finish, closing.void_steps(terminal, n))
        refused(codes.ARGUMENT, finish, closing.void_steps(terminal, 0))
        refused(codes.NO_RECORD, finish, closing.void_steps(terminal, n + 1))
        assert terminal.journal.next_n == n + 1
        finish(closing.void_steps(terminal, second))
        assert terminal.journal.totals == [2, 5000, 2]


def _witnessed(terminal, *said):
    return finish(closing.witness_steps(terminal, *said))


def test_the_end_of_a_day_and_what_a_witness_said():
    with Scratch() as folder:
        terminal, _ = _weighed(folder, 2000)
        n, _ = finish(closing.day_close_steps(terminal))
        assert _fields(terminal, n)[record.TYP] == record.DAY_CLOSE
        leaves = [terminal.journal.get(k) for k in range(n)]
        assert _fields(terminal, n)[record.ROOT] == tree_root(leaves)
        said = ("TEST hall", b"\x01\x02\x03\x04", n + 1, 1767225600, bytes(64))
        m, _ = finish(closing.witness_steps(terminal, *said))
        assert _fields(terminal, m)[record.DATA] == dict(enumerate(said, 1))
        for wrong in (
            ("", b"\x01\x02\x03\x04", 1, 0, bytes(64)),
            ("x" * 65, b"\x01\x02\x03\x04", 1, 0, bytes(64)),
            ("x", b"\x01\x02\x03", 1, 0, bytes(64)),
            ("x", b"\x01\x02\x03\x04", 0, 0, bytes(64)),
            ("x", b"\x01\x02\x03\x04", m + 2, 0, bytes(64)),
            ("x", b"\x01\x02\x03\x04", 1, 1 << 40, bytes(64)),
            ("x", b"\x01\x02\x03\x04", 1, 0, bytes(63)),
        ):
            refused(codes.ARGUMENT, _witnessed, terminal, *wrong)
        assert terminal.journal.next_n == m + 1


def test_a_checkpoint_is_signed_over_the_whole_tree():
    with Scratch() as folder:
        terminal, _ = _weighed(folder, 2000)
        size, root, signature = finish(closing.checkpoint_steps(terminal))
        leaves = [terminal.journal.get(k) for k in range(terminal.journal.next_n)]
        assert size == len(leaves) and root == tree_root(leaves)
        text = note.checkpoint(terminal.identity.dev, size, root)
        same = terminal.recorder._signer
        assert signature == same.sign(text)
        assert terminal.journal.next_n == size


def test_a_retired_key_signs_no_more():
    with Scratch() as folder:
        terminal, _ = _weighed(folder, 2000)
        refused(codes.ARGUMENT, finish, closing.retire_steps(terminal, None, ""))
        refused(codes.ARGUMENT, finish, closing.retire_steps(terminal, bytes(7), "sold"))
        n, _ = finish(closing.retire_steps(terminal, b"TESTnext", "board swapped"))
        assert _fields(terminal, n)[record.DATA] == {1: b"TESTnext", 2: "board swapped"}
        refused(codes.RETIRED, finish, terminal.register_steps(None))
        refused(codes.RETIRED, finish, closing.checkpoint_steps(terminal))
        refused(codes.RETIRED, started, folder)
        again = make(folder)
        again.open()
        assert again.journal.next_n == n + 1


def test_another_firmware_is_told_at_the_start():
    with Scratch() as folder:
        terminal, _ = _weighed(folder, 2000)
        before = terminal.journal.next_n
        again = started(folder)
        assert again.journal.next_n == before + 1  # the start alone
        other = make(folder)
        other.software_id = hashlib.sha256(b"another").digest()
        other.open()
        finish(other.start_steps(1))
        assert other.journal.next_n == before + 3
        fields = _fields(other, before + 2)
        assert fields[record.TYP] == record.FIRMWARE
        version = fields[record.FW][0]
        assert fields[record.DATA] == {
            1: version,
            2: b"software",
            3: version,
            4: hashlib.sha256(b"another").digest()[:8],
        }


def _block(terminal, *asked):
    """The fields and the envelope of a block, while its load lies still and time passes."""
    steps = stream.stream_steps(terminal, *asked)
    parts = []
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return parts, end.value
        if isinstance(step, str):
            parts.append(step)
        terminal.ticks.now += 7


def test_a_stream_is_signed_in_one_block():
    from binascii import a2b_base64

    with Scratch() as folder:
        terminal, _ = _weighed(folder, 2000)
        terminal.ring = None
        terminal.drain = lambda: None
        for count, nonce in ((1, None), (60, b"nonce")):
            terminal.weigher.reading.ticks = terminal.ticks.now
            before = terminal.journal.next_n
            parts, words = _block(terminal, 50, count, nonce)
            envelope = b"".join([a2b_base64(part.encode()) for part in parts])
            assert words == ["bytes=%d" % len(envelope), "readings=%d" % count]
            found = cose.split(envelope)
            fields = block.decode(found.payload)
            assert fields[block.N] == before == terminal.journal.next_n
            assert fields[block.ROOT] == terminal.journal.root()
            assert fields.get(block.NONCE) == nonce
            rows = fields[block.READINGS]
            assert len(rows) == count and rows[0][0] == 0
            assert all([row[1:] == [2000, 1] or row[2] & codes.ST_FAULT for row in rows])
            assert rows[0][1:] == [2000, 1]
            signed = cose.to_be_signed(found.payload, aad=cose.BLOCK_AAD)
            assert found.signature == terminal.recorder._signer.sign(signed)
        assert fields[block.SEQ] == 1
        for wrong in ((50, 0), (50, 61), (19, 1), (60001, 1)):
            refused(codes.ARGUMENT, next, stream.stream_steps(terminal, *wrong, None))


def test_without_a_key_nothing_is_signed():
    with Scratch() as folder:
        terminal = started(folder)
        for steps in (
            lambda: closing.void_steps(terminal, 0),
            lambda: closing.day_close_steps(terminal),
            lambda: closing.witness_steps(terminal, "x", b"1234", 1, 0, bytes(64)),
            lambda: closing.checkpoint_steps(terminal),
            lambda: stream.stream_steps(terminal, 50, 1, None),
        ):
            refused(codes.NOT_PROVISIONED, lambda made=steps: finish(made()))
