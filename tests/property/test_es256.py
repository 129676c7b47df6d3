"""Records of suite 2: the firmware's signer over the chip model, judged by `cryptography`."""

from __future__ import annotations

import hashlib
import shutil

import pytest
import stranger
import terminal_parts as parts
from chip_parts import Soldered
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from forge import Forger
from hypothesis import given, settings
from hypothesis import strategies as st
from steelyard.opened import EDDSA, ES256, signature_holds
from steelyard_wire import codes, cose, record
from steelyard_wire.codes import Refused
from terminal import signers_chip
from terminal.drivers import atecc608_setup
from terminal.drivers.append_file import AppendFile
from terminal.evidence.es256 import Signer
from terminal.evidence.identity import Identity
from terminal.evidence.journal import Journal
from terminal.evidence.recorder import MOST_APART, Recorder

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _signer(salt: int) -> tuple[Soldered, Signer]:
    board = Soldered(salt=salt)
    key = board.finish(atecc608_setup.make_key_steps(board.driver))
    signer = Signer(key, board.driver)
    board.finish(signer.prepare_steps())
    return board, signer


@given(salt=st.integers(0, 255), messages=st.lists(st.binary(max_size=700), max_size=6))
@settings(max_examples=25)
def test_signatures_hold_and_have_one_form(salt: int, messages: list[bytes]) -> None:
    board, signer = _signer(salt)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + signer.public_key)
    for message in messages:
        signature = board.finish(signer.sign_steps(message))
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(SHA256()))
        assert s <= N // 2
        assert signature_holds(ES256, signer.public_key, message, signature)
        other = signature[:32] + (N - s).to_bytes(32, "big")
        key.verify(encode_dss_signature(r, N - s), message, ec.ECDSA(SHA256()))
        assert not signature_holds(ES256, signer.public_key, message, other)
        assert not signature_holds(ES256, signer.public_key, message + b"x", signature)
        assert not signature_holds(EDDSA, signer.public_key[:32], message, signature)


@pytest.mark.parametrize(
    "wrong",
    [b"", bytes(64), b"\xff" * 64, bytes(63) + b"\x01", b"\x01" * 65],
    ids=("empty", "zeros", "ones", "r of 0", "too long"),
)
def test_what_is_no_signature_of_suite_2(wrong: bytes) -> None:
    _, signer = _signer(0)
    assert not signature_holds(ES256, signer.public_key, b"message", wrong)


def test_what_holds_for_one_key_and_algorithm_holds_for_no_other() -> None:
    board, signer = _signer(0)
    key = signer.public_key
    right = board.finish(signer.sign_steps(b"message"))
    assert signature_holds(ES256, key, b"message", right)
    # No point of the curve, another length, algorithms that there are not.
    for wrong in (bytes(64), key[:-1] + bytes([key[-1] ^ 1]), key[:32], key + key[:1]):
        assert not signature_holds(ES256, wrong, b"message", right)
    for name in ("SM2", "", EDDSA):
        assert not signature_holds(name, key, b"message", right)
    # And an Ed25519 key is 32 bytes: a library may take the beginning of more.
    forger = Forger()
    raw = forger.record(0, [])
    payload = cose.split(raw)
    signed = cose.to_be_signed(payload.payload)
    assert signature_holds(EDDSA, forger.public_key, signed, payload.signature)
    longer = forger.public_key + bytes(32)
    assert not signature_holds(EDDSA, longer, signed, payload.signature)


class _Terminal:
    """What a record says of the terminal."""

    def common_fields(self) -> dict[int, object]:
        return {
            record.BC: 1,
            record.UP: 5000,
            record.T: None,
            record.TS: [0, None],
            record.CAL: [3, b"calibrat"],
            record.FW: ["0.1.0", b"firmware"],
        }


def test_a_recorder_counts_and_limits_the_uses(tmp_path) -> None:
    board, signer = _signer(3)
    journal = Journal(AppendFile(str(tmp_path / "journal")))
    journal.open()
    identity = Identity(signer.public_key, "SN-1", True)
    board.finish(identity.signer_steps(lambda key: Signer(key, board.driver)))
    assert identity.dev == b"TEST" + hashlib.sha256(signer.public_key).digest()[:4]
    recorder = Recorder(journal, signer, identity, _Terminal())
    uses = []
    for blocks in (0, MOST_APART):
        for _ in range(blocks):
            board.finish(recorder.sign_steps(b"a checkpoint"))
        if blocks:
            with pytest.raises(Refused) as refused:
                board.finish(recorder.sign_steps(b"one more"))
            assert refused.value.code == codes.KEY_USES
        _, raw = board.finish(recorder.record_steps(record.DAY_CLOSE, {}))
        uses.append(record.decode(cose.split(raw).payload)[record.USE])
    assert uses == [1, 3]
    # And after a record there may be others again.
    board.finish(recorder.sign_steps(b"a checkpoint"))


def _started(folder, board: Soldered):
    """The terminal after the supply came back."""
    board.power_up()
    terminal = parts.make(str(folder))
    terminal.signers = signers_chip.Signers(board.driver)
    terminal.open()
    board.finish(terminal.start_steps(1))
    return terminal


def _provisioned(folder, board: Soldered):
    terminal = _started(folder, board)
    board.finish(terminal.provision_steps("SN-1", parts.ENTROPY, parts.LINK_KEY))
    return terminal


def test_a_journal_that_is_gone_does_not_begin_anew(tmp_path) -> None:
    # Threats 9 and 14: the key and its file stay, the chip of the journal is another.
    board = Soldered(salt=9)
    terminal = _provisioned(tmp_path, board)
    for _ in range(16):
        board.finish(terminal.recorder.record_steps(record.DAY_CLOSE, {}))
    assert board.chip.uses == 17
    shutil.rmtree(tmp_path / "journal")
    with pytest.raises(Refused) as refused:
        _started(tmp_path, board)
    assert refused.value.code == codes.HISTORY


@pytest.mark.parametrize("ahead", [16, 17])
def test_how_far_ahead_the_key_may_be(ahead: int, tmp_path) -> None:
    # README section 9: 16 uses may have left no record, 17 stop it.
    board = Soldered(salt=9)
    terminal = _provisioned(tmp_path, board)
    for _ in range(ahead):
        board.finish(board.driver.sign_steps(bytes(32)))
    if ahead == 16:
        terminal = _started(tmp_path, board)
        journal = terminal.journal
        records = [journal.get(n) for n in range(journal.next_n)]
        assert stranger.verify(records, terminal.identity.public_key) == []
    else:
        with pytest.raises(Refused) as refused:
            _started(tmp_path, board)
        assert refused.value.code == codes.HISTORY


def test_a_start_that_signed_its_boot_record_alone_tells_of_the_firmware_later(tmp_path) -> None:
    board = Soldered(salt=9)
    terminal = _provisioned(tmp_path, board)
    board.finish(terminal.recorder.record_steps(record.DAY_CLOSE, {}))
    board.power_up()
    terminal = parts.make(str(tmp_path))
    terminal.software_id = b"another " * 4
    terminal.signers = signers_chip.Signers(board.driver)
    terminal.open()
    steps = terminal.start_steps(1)
    while terminal.journal.next_n < 3:  # the boot record is there; now the supply fails
        if next(steps) is None:
            board.clock.charge(10000)
    board.power_up()
    terminal = parts.make(str(tmp_path))
    terminal.software_id = b"another " * 4
    terminal.signers = signers_chip.Signers(board.driver)
    terminal.open()
    board.finish(terminal.start_steps(1))
    kinds = [
        record.decode(cose.split(terminal.journal.get(n)).payload)[record.TYP]
        for n in range(terminal.journal.next_n)
    ]
    assert kinds == [record.BOOT, record.DAY_CLOSE, record.BOOT, record.BOOT, record.FIRMWARE]


def test_a_supply_that_fails_anywhere_in_a_registration_leaves_a_chain_that_holds(tmp_path):
    board = Soldered(salt=9)
    terminal = _provisioned(tmp_path, board)
    waits = lost = 0
    while True:
        steps = terminal.recorder.record_steps(record.DAY_CLOSE, {})
        before = board.chip.uses
        try:
            for _ in range(waits):
                next(steps)
                board.clock.charge(10000)
        except StopIteration:
            break
        waits += 1
        # Cut here, twice in a row: the second time in the boot record. The counter of a chip that
        # loses its supply may make more than one step.
        board.chip.jump = waits == 7
        lost += board.chip.uses - before
        terminal = parts.make(str(tmp_path))
        board.power_up()
        terminal.signers = signers_chip.Signers(board.driver)
        terminal.open()
        again = terminal.start_steps(1)
        for _ in range(waits):
            next(again, None)
            board.clock.charge(10000)
        terminal = _started(tmp_path, board)
    assert waits > 10 and lost > 0
    journal = terminal.journal
    records = [journal.get(n) for n in range(journal.next_n)]
    assert stranger.verify(records, terminal.identity.public_key) == []
    last = record.decode(cose.split(records[-1]).payload)[record.USE]
    assert last == board.chip.uses > len(records)


def test_a_journal_of_another_suite_stops_it_too(tmp_path) -> None:
    # Whoever solders in the journal of a terminal without a chip: records without USE.
    for name in ("other", "own"):
        (tmp_path / name).mkdir()
    parts.provisioned(str(tmp_path / "other"))
    board = Soldered(salt=9)
    terminal = _provisioned(tmp_path / "own", board)
    for _ in range(16):
        board.finish(terminal.recorder.record_steps(record.DAY_CLOSE, {}))
    shutil.rmtree(tmp_path / "own" / "journal")
    shutil.move(tmp_path / "other" / "journal", tmp_path / "own" / "journal")
    with pytest.raises(Refused) as refused:
        _started(tmp_path / "own", board)
    assert refused.value.code == codes.HISTORY
