"""The journal against random histories: writes, starts, torn ends and damage in the files.

Owns: the model (a list of envelopes) and its own reading of the flash: frames by the documented
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

import cbor2
import pytest
import signing
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st
from region import BLOCKS, RECORDS, Region
from simulation.nor import PowerCut
from steelyard_wire import cbor, record
from steelyard_wire.codes import Refused
from storage import envelope, totals, tree_root
from terminal.drivers.append_file import AppendFile
from terminal.evidence.identity import Identity
from terminal.evidence.journal import Journal
from terminal.evidence.recorder import Recorder
from terminal.evidence.steps import finish


def _frames(data: bytes) -> list[tuple[bytes, int, bytes]]:
    """The marked frames of a segment's pages: (magic, n, body)."""
    found = []
    at = 0
    while at < len(data):
        page = data[at : at + 256]
        size = int.from_bytes(page[2:4], "big") + 16
        pages = (size + 2 + 255) // 256
        start = page[:254] + data[at + 256 : at + 256 * pages]
        whole = hashlib.sha256(start[: size - 8]).digest()[:8] == start[size - 8 : size]
        if page[:2] not in (b"SC", b"SR") or page[254:] != b"\x00\x00" or not whole:
            at += 256
            continue
        found.append((page[:2], int.from_bytes(page[4:8], "big"), start[8 : size - 8]))
        at += 256 * pages
    return found


def _from_pages(region: Region) -> list[bytes]:
    """The records by the documented form: a checkpoint ends what the segment before it holds."""
    leaves: list[bytes] = []
    size = BLOCKS * 4096
    segments = {}
    for slot in range(0, len(region.chip.storage), size):
        data = bytes(region.chip.storage[slot : slot + size])
        if data[:4] == b"SYrw" and hashlib.sha256(data[:8]).digest()[:8] == data[8:16]:
            segments[int.from_bytes(data[4:8], "big")] = data[256:]
    for _, data in sorted(segments.items()):
        frames = _frames(data)
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
        st.tuples(st.just("spare"), st.just(0)),
        st.tuples(st.just("cut"), st.integers(0, 10_000)),
    ),
    max_size=12,
)


@settings(max_examples=100, deadline=None)
@given(EVENTS)
def test_any_history_of_writes_starts_and_cuts(events: list[tuple[str, int]]) -> None:
    region = Region(24)
    for event, number in events:
        if event == "append":
            for k in range(number):
                if len(region.leaves) < 300:
                    region.append(salt=k)
        elif event == "start":
            region.start()
        elif event == "spare":
            list(region.journal.spare_steps())
        else:
            operation, partial = divmod(number, 257)
            region.chip.flash.cut_after(operation % 7, partial)
            try:
                region.append(salt=255)
                list(region.journal.spare_steps())
            except PowerCut:
                pass
            region.start()
            if region.journal.next_n > len(region.leaves):
                region.leaves.append(region.journal.get(len(region.leaves)))
        region.check()
    region.start()
    region.check()
    assert _from_pages(region) == region.leaves


def test_every_byte_of_every_write_of_a_record() -> None:
    for operation in range(2):
        for partial in range(257):
            region = Region()
            region.append(3)
            region.chip.flash.cut_after(operation, partial)
            with pytest.raises(PowerCut):
                region.append(1, salt=9)
            region.start()
            if region.journal.next_n > 3:
                region.leaves.append(region.journal.get(3))
            region.check()
            region.append(1, salt=1)
            region.start()
            region.check()


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
@given(st.integers(1, 80), DAMAGE)
def test_random_damage_never_gives_a_wrong_record(
    count: int, damage: list[tuple[int, bytes]]
) -> None:
    region = Region()
    region.append(count)
    storage = region.chip.storage
    used = (count // RECORDS + 1) * BLOCKS * 4096
    for at, patch in damage:
        storage[at % used : at % used + len(patch)] = patch
    _right_or_refused(region.journal, region.leaves)
    journal = Journal(region.device())
    try:
        journal.open()
    except Refused:
        with pytest.raises(Refused):
            journal.append(journal.next_n, envelope(journal.next_n), totals(0))
    _right_or_refused(journal, region.leaves)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 80), st.integers(0, 10**6), st.integers(1, 255))
def test_one_damaged_byte_gives_no_number_again(count: int, at: int, flip: int) -> None:
    region = Region()
    region.append(count)
    at %= (count // RECORDS + 1) * BLOCKS * 4096
    region.chip.storage[at] ^= flip
    journal = Journal(region.device())
    try:
        journal.open()
    except Refused:
        assert journal.fault
    else:
        # What no frame has, a record of an earlier segment, or the mark's other byte.
        assert journal.next_n == count
        assert journal.root() == tree_root(region.leaves)
    good = _right_or_refused(journal, region.leaves)
    # Segments have 30 records: those of the others are all there.
    index = at // (BLOCKS * 4096)
    assert good >= sum(1 for n in range(count) if n // RECORDS != index)


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
