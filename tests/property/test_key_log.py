"""The log of a station: proofs, and every change that somebody could make to it."""

from __future__ import annotations

import base64
from pathlib import Path

import notary
import pytest
from forge import Forger, root_of
from hypothesis import given
from hypothesis import strategies as st
from steelyard.errors import UserError
from steelyard.generate.statement_vectors import key_of, public_of
from steelyard.keys import log as station_log
from steelyard.keys.files import PrivateKey, PublicKey
from steelyard.keys.log import Log
from steelyard_wire import statement

KEY = PrivateKey(PublicKey("TEST works", "station", public_of("station")), key_of("station"))
PUBLIC = public_of("station")
KID = statement.key_id(PUBLIC)
FORGER = Forger()
COUNT = 7


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of seven statements."""
    made = tmp_path_factory.mktemp("log") / "works.log"
    for number in range(1, COUNT + 1):
        with station_log.at_work(made) as log:
            one = notary.device(FORGER, number=number, serial=f"SY-{number}")
            if number == 4:
                one = notary.verification(FORGER, "station", number=number)
            log.append(one, KEY)
    return made


def _envelopes(log: Log) -> list[bytes]:
    return [entry.statement.envelope for entry in log.entries]


def test_its_heads_are_checkpoints_over_the_envelopes(path: Path) -> None:
    log = station_log.load(path)
    assert log.size == COUNT and not log.findings(PUBLIC) and not log.torn
    root = root_of(_envelopes(log))
    text = f"steelyard/log/{KID.hex()}\n{COUNT}\n{base64.b64encode(root).decode()}\n"
    note = log.note(PUBLIC)
    assert note.startswith(text + "\n\u2014 steelyard/log/") and note.endswith("\n")
    signature = base64.b64decode(note.split(" ")[-1])[4:]
    key_of("station").public_key().verify(signature, text.encode())
    assert station_log.read_note(note, PUBLIC) == (COUNT, root)
    for wrong in (note[:-2], note.replace("\n7\n", "\n8\n"), "", note + note, note[1:]):
        with pytest.raises(UserError, match="no head of the log"):
            station_log.read_note(wrong, PUBLIC)
    with pytest.raises(UserError, match="no head of the log"):
        station_log.read_note(note, public_of("office"))


def test_it_continues_what_was_seen_of_it(path: Path) -> None:
    log = station_log.load(path)
    for size in range(COUNT + 1):
        assert log.continues(size, root_of(_envelopes(log)[:size]))
        assert size == 0 or not log.continues(size, bytes(32))
    assert not log.continues(COUNT + 1, root_of(_envelopes(log)))


def test_every_statement_can_be_proven(path: Path) -> None:
    log = station_log.load(path)
    for number in range(1, COUNT + 1):
        proof = log.prove(number, PUBLIC)
        assert station_log.check_proof(proof, PUBLIC) == log.entries[number - 1].statement
        other = log.prove(number % COUNT + 1, PUBLIC)
        hashes = proof["inclusion"]
        for changed in (
            {"statement": other["statement"]},
            {"number": other["number"]},
            {"inclusion": hashes[:-1]},
            {"inclusion": [*hashes, "00" * 32]},
            {"note": proof["note"].replace("\n7\n", "\n6\n")},
            {"statement": "KING x"},
            {"inclusion": 7},
        ):
            with pytest.raises(UserError):
                station_log.check_proof({**proof, **changed}, PUBLIC)
        with pytest.raises(UserError):
            station_log.check_proof(proof, public_of("office"))
    for number in (0, COUNT + 1):
        with pytest.raises(UserError, match="statements 1 to 7"):
            log.prove(number, PUBLIC)


@given(st.data())
def test_whatever_is_changed_is_found(path: Path, data: st.DataObject) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    whole = station_log.load(path)
    at, to = (data.draw(st.integers(0, COUNT - 1)) for _ in range(2))
    how = data.draw(st.sampled_from(["flip", "drop", "swap", "repeat", "graft", "cut"]))
    if how == "flip":
        raw = bytearray(lines[at])
        raw[data.draw(st.integers(0, len(raw) - 2))] ^= 1 << data.draw(st.integers(0, 6))
        lines[at] = bytes(raw)
    elif how == "drop":
        del lines[at]
    elif how == "swap":
        lines[at], lines[to] = lines[to], lines[at]
    elif how == "repeat":
        lines.insert(to, lines[at])
    elif how == "graft":  # one line's statement under another line's head
        name, _, signature = lines[at].split(b" ")
        lines[at] = b" ".join([*lines[to].split(b" ")[:2], signature])
    else:
        lines = lines[:at]
    changed = b"".join(lines)
    if changed == path.read_bytes():
        return
    try:
        log = station_log.parse(path, changed)
    except UserError:
        return
    seen = COUNT, whole.tree().root(0, COUNT)
    assert log.findings(PUBLIC) or not log.continues(*seen), how
    # Only the end can be cut away without a trace, and whoever saw more sees that.
    if not log.findings(PUBLIC):
        assert _envelopes(log) == _envelopes(whole)[: log.size]


def test_what_a_power_cut_left_goes_with_the_next_statement(path: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.log"
    whole = path.read_bytes()
    *kept, last = whole.splitlines(keepends=True)
    before = b"".join(kept)
    for size in (0, 1, len(last) // 2, len(last) - 1):
        torn.write_bytes(before + last[:size])
        log = station_log.load(torn)
        assert (log.size, log.torn) == (COUNT - 1, size) and not log.findings(PUBLIC)
        assert torn.read_bytes() == before + last[:size]  # nothing is changed by looking
        with station_log.at_work(torn) as log:
            log.append(station_log.load(path).entries[-1].statement, KEY)
        assert torn.read_bytes() == whole
    torn.write_bytes(before[:-1] + b"x\n")
    with pytest.raises(UserError, match="line 6 is no line"):
        station_log.load(torn)
    with pytest.raises(UserError, match="cannot read"):
        station_log.load(tmp_path / "none")
    with pytest.raises(UserError, match="cannot open"), station_log.at_work(tmp_path):
        pass


def test_a_log_of_somebody_else_is_not_the_stations(path: Path) -> None:
    found = station_log.load(path).findings(public_of("office"))
    assert "statement 1 is not signed by station" in found[0]
