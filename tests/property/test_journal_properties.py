"""The journal against random histories: writes, starts, torn ends and damage in the files.

Owns: the model (a list of envelopes) and its own reading of the files: frames by the documented
form, roots by the recursive definition of RFC 6962, signatures by `cryptography` and `cbor2`.
Refuses: nothing.
Units: none.

Whatever happens to the files, `get` gives the right bytes or refuses. With whole files nothing is
ever lost. After damage of one place the journal is closed, or it can be written and no number
that was acknowledged is given again.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import cbor2
import pytest
import signing
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from steelyard_wire import cbor, record
from steelyard_wire.codes import Refused
from storage import envelope, totals, tree_root
from terminal.drivers.append_file import AppendFile
from terminal.evidence.identity import Identity
from terminal.evidence.journal import Journal
from terminal.evidence.recorder import Recorder
from terminal.evidence.steps import finish


class History:
    """A journal in a folder, and what it acknowledged."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder) / "journal"
        self.leaves: list[bytes] = []
        self.start()

    def start(self) -> None:
        self.journal = Journal(AppendFile(str(self.folder)))
        self.journal.open()

    def append(self, salt: int) -> None:
        n = self.journal.next_n
        assert n == len(self.leaves)
        leaf = envelope(n, self.journal.root(), salt)
        self.journal.append(n, leaf, totals(n))
        self.leaves.append(leaf)

    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir())

    def check(self) -> None:
        journal = self.journal
        assert journal.next_n == len(self.leaves)
        assert [journal.get(n) for n in range(journal.next_n)] == self.leaves
        assert journal.root() == tree_root(self.leaves)
        assert journal.totals == (totals(journal.next_n - 1) if self.leaves else [0, 0, 0])


def _frames(data: bytes) -> list[tuple[bytes, int, bytes]]:
    """The whole frames at the beginning of a segment: (magic, n, body)."""
    found = []
    while len(data) >= 16:
        size = int.from_bytes(data[2:4], "big") + 16
        frame, data = data[:size], data[size:]
        if len(frame) < size or hashlib.sha256(frame[:-8]).digest()[:8] != frame[-8:]:
            break
        found.append((frame[:2], int.from_bytes(frame[4:8], "big"), frame[8:-8]))
    return found


def _from_files(files: list[Path]) -> list[bytes]:
    """The records by the documented form: a checkpoint ends what the segment before it holds."""
    leaves: list[bytes] = []
    for file in files:
        frames = _frames(file.read_bytes())
        if not frames:
            continue
        magic, n, body = frames[0]
        assert magic == b"SC" and n <= len(leaves)
        del leaves[n:]
        state = cbor.decode(body)
        assert isinstance(state, list)
        assert state[1] == (totals(n - 1) if n else [0, 0, 0])
        assert len(state[2]) == n.bit_count()
        for magic, n, body in frames[1:]:
            assert magic == b"SR" and n == len(leaves)
            leaves.append(body)
    return leaves


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 40)),
        st.tuples(st.just("start"), st.just(0)),
        st.tuples(st.just("tear"), st.integers(1, 10_000)),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(EVENTS)
def test_any_history_of_writes_starts_and_torn_ends(events: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(folder)
        torn = False
        for event, number in events:
            if event == "append":
                torn = False
                for k in range(number):
                    history.append(k)
            elif event == "start":
                history.start()
            elif history.leaves and not torn:
                # A write that was cut short: the beginning of the frame that would come next.
                torn = True
                n = len(history.leaves)
                body = envelope(n, history.journal.root(), 255)
                frame = b"SR" + len(body).to_bytes(2, "big") + n.to_bytes(4, "big") + body
                last = history.files()[-1]
                last.write_bytes(last.read_bytes() + frame[: number % len(frame)])
                history.start()
            history.check()
        history.start()
        history.check()
        if history.leaves:
            assert _from_files(history.files()) == history.leaves


def _right_or_refused(journal: Journal, leaves: list[bytes]) -> int:
    """How many come back; none may come back wrong."""
    good = 0
    for n in [*range(len(leaves)), *reversed(range(len(leaves)))]:
        try:
            assert journal.get(n) == leaves[n]
            good += 1
        except Refused:
            pass
    return good // 2


DAMAGE = st.lists(
    st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=40)), min_size=1, max_size=4
)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 140), st.integers(0, 10**6), DAMAGE)
def test_random_damage_never_gives_a_wrong_record(
    count: int, which: int, damage: list[tuple[int, bytes]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(folder)
        for k in range(count):
            history.append(k)
        files = history.files()
        file = files[which % len(files)]
        data = bytearray(file.read_bytes())
        for at, patch in damage:
            at %= len(data)
            data[at : at + len(patch)] = patch[: len(data) - at]
        file.write_bytes(data)
        _right_or_refused(history.journal, history.leaves)
        journal = Journal(AppendFile(str(history.folder)))
        try:
            journal.open()
        except Refused:
            with pytest.raises(Refused):
                journal.append(journal.next_n, envelope(journal.next_n), totals(0))
        _right_or_refused(journal, history.leaves)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 140), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 255))
def test_one_damaged_byte_gives_no_number_again(
    count: int, which: int, at: int, flip: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        history = History(folder)
        for k in range(count):
            history.append(k)
        files = history.files()
        file = files[which % len(files)]
        data = bytearray(file.read_bytes())
        data[at % len(data)] ^= flip
        file.write_bytes(data)
        journal = Journal(AppendFile(str(history.folder)))
        try:
            journal.open()
        except Refused:
            assert file == files[-1] and journal.fault
        else:
            # An earlier segment: not looked at by a start. What follows stays in sequence.
            assert file != files[-1]
            assert journal.next_n == count
            assert journal.root() == tree_root(history.leaves)
        good = _right_or_refused(journal, history.leaves)
        # Segments have 64 records: those of the others are all there.
        index = files.index(file)
        assert good >= sum(1 for n in range(count) if n // 64 != index)


class Fields:
    """What a record says of the terminal."""

    def common_fields(self) -> dict[int, object]:
        return {
            record.BC: 1,
            record.UP: 0,
            record.T: None,
            record.TS: [0, None],
            record.CAL: [1, bytes(8)],
            record.FW: ["0", bytes(8)],
        }


@settings(max_examples=20, deadline=None)
@given(
    st.binary(min_size=32, max_size=32).filter(any),
    st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=6),
)
def test_a_stranger_verifies_signature_root_and_totals(seed: bytes, weights: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(AppendFile(folder + "/journal"))
        journal.open()
        identity = Identity(seed, "SN", True)
        signer = finish(identity.signer_steps(lambda key: signing.signer(key, os.urandom)))
        recorder = Recorder(journal, signer, identity, Fields())
        for weight in weights:
            fields = {record.VAL: [weight, -3, 1], record.ST: 1}
            for _ in recorder.record_steps(record.READING, fields):
                pass
        leaves = [journal.get(n) for n in range(len(weights))]
        for n, leaf in enumerate(leaves):
            protected, header, payload, signature = cbor2.loads(leaf).value
            # RFC 9052 section 4.4; the signature over it by RFC 8032
            signed = cbor2.dumps(["Signature1", protected, b"steelyard/rec/1", payload])
            Ed25519PublicKey.from_public_bytes(signer.public_key).verify(signature, signed)
            key = hashlib.sha256(signer.public_key).digest()
            said = cbor2.loads(payload)
            assert header == {4: b"TEST" + key[:4]} and said[2] == header[4]
            assert said[3] == n and said[4] == tree_root(leaves[:n])
            assert said[6] == [n + 1, sum(weights[: n + 1]), 0]
