"""Blocks of streams in the files that `verify` takes: alone, and among records."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import cbor2
import check
import pytest
from command_line import CommandLine
from forge import BLOCK_AAD, OTHER_SEED, Forger, root_of
from hypothesis import given
from hypothesis import strategies as st
from steelyard import records
from steelyard.errors import OK, VERDICT
from steelyard.opened import KeyEntry
from steelyard.report import Report
from steelyard.spool import Spool
from steelyard.store import Store
from steelyard.trust import Approval, Trust
from steelyard.verify import verify
from test_ladder import KNOWN, cosign

FORGER = Forger()
OTHER = Forger(OTHER_SEED)
REGISTRY = {FORGER.dev: KeyEntry(FORGER.public_key, "SY-1", test=False)}
CHAIN = FORGER.chain(9)
# Three blocks of one start, the first two between the same records.
BLOCKS = [FORGER.block(0, CHAIN[:4]), FORGER.block(1, CHAIN[:4]), FORGER.block(2, CHAIN)]
LEFT_OUT = "that no block was left out: they are in no journal, and no record shows a gap"


def _failed(report: Report) -> list[tuple[str, str]]:
    return [(check.name, check.detail) for check in report.failures]


def _of(report: Report, name: str) -> tuple[bool, bool, str, int]:
    (found,) = [one for one in report.checks if one.name == name]
    return found.performed, found.passed, found.detail, found.count


def test_blocks_alone_pass_with_every_check_performed() -> None:
    report = verify(BLOCKS, REGISTRY)
    assert report.ok and report.level == 2 and (report.count, report.blocks) == (0, 3)
    assert {(one.name, one.count) for one in report.checks if one.performed} == {
        ("envelope", 3),
        ("signature", 3),
        ("decoding", 3),
        ("device", 3),
        ("test key", 3),
        ("block numbers", 3),
        ("status", 3),
    }
    assert _of(report, "block root")[:2] == (False, False)
    assert LEFT_OUT in report.not_established and not report.records
    assert LEFT_OUT not in verify(CHAIN, REGISTRY).not_established


def test_the_published_blocks_and_the_records_before_them_pass() -> None:
    made = check.vectors("record")
    (key,) = made["test"]
    registry = {key["device_id"]: KeyEntry(key["public_key"], "vectors", test=True)}
    chain = [case["envelope"] for case in made["records"]]
    blocks = [case["envelope"] for case in check.vectors("block")["blocks"]]
    alone = verify(blocks, registry, allow_test=True)
    assert alone.ok and alone.level == 1 and alone.blocks == len(blocks)
    assert {name for name, _ in _failed(verify(blocks, registry))} == {"test key"}
    mixed = verify([*blocks, *chain], registry, allow_test=True)
    assert mixed.ok
    of_last = sum(case["fields"][3] == len(chain) for case in check.vectors("block")["blocks"])
    assert of_last and _of(mixed, "block root")[3] == of_last


@pytest.mark.parametrize(
    "order", [[*CHAIN, *BLOCKS], [*BLOCKS, *CHAIN], [BLOCKS[2], *CHAIN, *BLOCKS[:2]]]
)
def test_blocks_are_held_against_the_records_beside_them(order: list[bytes]) -> None:
    report = verify(order, REGISTRY)
    assert report.ok, report.failures
    said = "3 of 3 blocks commit to records that are given"
    assert _of(report, "block root") == (True, True, said, 3)
    assert _of(report, "block numbers") == (True, True, "", 3)


def test_a_record_alone_says_what_was_before_it() -> None:
    # Record 4 commits to the tree of the first four, and so do two of the blocks.
    report = verify([CHAIN[4], *BLOCKS], REGISTRY)
    assert report.ok
    assert _of(report, "block root")[2:] == ("2 of 3 blocks commit to records that are given", 2)
    assert not _of(verify([CHAIN[5], *BLOCKS], REGISTRY), "block root")[0]


def test_another_past_than_the_records_have_is_named() -> None:
    past = FORGER.chain(4, {2: {"f18": [7, None]}})
    for given_records in (CHAIN, CHAIN[:4], CHAIN[4:]):
        report = verify([*given_records, FORGER.block(0, past)], REGISTRY)
        assert _failed(report) == [("block root", "blocks after 4 records have another past")]
        assert report.level == 0
    # Without records it takes two blocks that do not agree.
    report = verify([BLOCKS[0], FORGER.block(1, past)], REGISTRY)
    assert _failed(report) == [("block root", "blocks commit to two trees of 4 records")]
    # A wrong root of ours is no failure of another terminal's.
    both = {**REGISTRY, OTHER.dev: KeyEntry(OTHER.public_key, "SY-2", test=False)}
    assert verify([*OTHER.chain(4), FORGER.block(0, past)], both).ok


def test_two_blocks_of_one_number_are_named() -> None:
    twin = FORGER.block(1, CHAIN[:4], f13=[[0, 5000, 1]])
    report = verify([*BLOCKS, twin], REGISTRY)
    assert _failed(report) == [("block numbers", "number 1 of start 1 was given to 2 blocks")]
    assert report.level == 0
    assert _failed(verify([*BLOCKS, BLOCKS[0]], REGISTRY)) == [
        ("block numbers", "block 0 of start 1 is repeated")
    ]
    # The same number of another start, or of another terminal, is another number.
    both = {**REGISTRY, OTHER.dev: KeyEntry(OTHER.public_key, "SY-2", test=False)}
    others = [FORGER.block(1, CHAIN, f5=2), OTHER.block(1, [])]
    assert verify([*BLOCKS, *others], both).ok
    # And one terminal's number of records says nothing of another's.
    for one, other in ((FORGER, OTHER), (OTHER, FORGER)):
        assert verify([one.block(0, CHAIN), other.block(0, CHAIN[:1])], both).ok


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ([FORGER.block(0, CHAIN), FORGER.block(1, CHAIN[:4])], "block 1 of start 1"),
        ([FORGER.block(0, CHAIN), FORGER.block(0, CHAIN[:4], f5=2)], "block 0 of start 2"),
    ],
)
def test_a_later_block_of_an_earlier_time_is_named(blocks: list[bytes], said: str) -> None:
    for order in (blocks, blocks[::-1]):
        assert _failed(verify(order, REGISTRY)) == [("block numbers", f"{said} goes back in time")]


@given(st.sets(st.tuples(st.integers(1, 3), st.integers(0, 6)), min_size=1))
def test_numbers_that_are_not_given_are_counted(names: set[tuple[int, int]]) -> None:
    made = [FORGER.block(seq, [], f5=start) for start, seq in names]
    highest = {start: max(seq for one, seq in names if one == start) for start, _ in names}
    missing = sum(seq + 1 for seq in highest.values()) - len(names)
    report = verify(made, REGISTRY)
    said = f"{missing} before them, of the same starts, are not given" if missing else ""
    assert report.ok and _of(report, "block numbers")[2] == said


def test_every_bit_of_a_block_counts() -> None:
    raw = BLOCKS[0]
    for at in range(len(raw)):
        for bit in range(8):
            forged = bytearray(raw)
            forged[at] ^= 1 << bit
            report = verify([bytes(forged)], REGISTRY)
            assert report.level == 0 and not report.blocks, (at, bit)
            assert {name for name, _ in _failed(report)} <= {"envelope", "key", "signature"}


def test_what_is_signed_as_the_other_is_none() -> None:
    as_record = FORGER.seal(cbor2.loads(BLOCKS[0]).value[2])
    as_block = FORGER.seal(cbor2.loads(CHAIN[1]).value[2], aad=BLOCK_AAD)
    for wrong in (as_record, as_block):
        report = verify([wrong], REGISTRY)
        assert [name for name, _ in _failed(report)] == ["decoding"] and report.level == 0
    es256 = FORGER.seal(b"\xa0", protected=bytes.fromhex("a10126"), aad=BLOCK_AAD)
    assert [name for name, _ in _failed(verify([es256], REGISTRY))] == ["signature"]


def test_whose_a_block_is() -> None:
    assert [name for name, _ in _failed(verify([OTHER.block(0, [])], REGISTRY))] == ["key"]
    both = {**REGISTRY, OTHER.dev: KeyEntry(OTHER.public_key, "SY-2", test=False)}
    lying = OTHER.block(0, [], f2=FORGER.dev)
    assert _failed(verify([lying], both)) == [("device", "item 1: the block names another")]
    # By a key that came with the records: never green.
    report = verify([*CHAIN, *BLOCKS], {})
    assert report.level == 1 and [name for name, _ in _failed(report)] == ["key"]
    assert verify(BLOCKS, {}).level == 0


@pytest.mark.parametrize("status", [0x200, 0x400])
def test_a_block_of_an_opened_scale_is_named(status: int) -> None:
    opened = FORGER.block(3, CHAIN, f13=[[0, 1000, 1], [100, 1000, status]])
    report = verify([*BLOCKS, opened], REGISTRY)
    said = "block 3 of start 1: locked, or opened since it was verified"
    assert _failed(report) == [("status", said)]


def test_blocks_lift_nothing_and_lower_what_they_do_not_share() -> None:
    approved = {FORGER.dev: [Approval(1, b"calibrat", b"software")]}
    trust = Trust(approved, KNOWN, {FORGER.dev: [cosign(9, root_of(CHAIN))]})
    assert verify(CHAIN, REGISTRY, trust=trust).level == 5
    assert verify([*CHAIN, *BLOCKS], REGISTRY, trust=trust).level == 5
    assert verify(BLOCKS, REGISTRY, trust=trust).level == 2
    # A calibration, or a firmware, that nobody approved.
    for change in ({"f11": [2, b"calibrat"]}, {"f12": ["0.1.0", b"softwar2"]}):
        other = FORGER.block(3, CHAIN, **change)
        assert verify([*CHAIN, other, *BLOCKS], REGISTRY, trust=trust).level == 2
    # It says that there are records that are not given.
    later = FORGER.block(3, FORGER.chain(10))
    assert verify([*CHAIN, later], REGISTRY, trust=trust).level == 3
    # Another terminal's records vouch for no block.
    both = {**REGISTRY, OTHER.dev: KeyEntry(OTHER.public_key, "SY-2", test=False)}
    also = Trust({**approved, OTHER.dev: approved[FORGER.dev]}, KNOWN, trust.cosigned)
    assert verify([*CHAIN, OTHER.block(0, [])], both, trust=also).level == 2


def test_the_spool_gives_blocks_by_name_and_by_tree() -> None:
    with Spool() as spool:
        for seq in (2, 0, 1):
            spool.add_block((b"DEVICE!!", 7, seq), 4 if seq else 9, bytes([seq > 0]), bytes([seq]))
        assert [name[2] for name, _, _ in spool.block_numbers()] == [0, 1, 2]
        trees = [(b"DEVICE!!", 4, b"\x01", 2), (b"DEVICE!!", 9, b"\x00", 1)]
        assert list(spool.block_roots()) == trees


def test_a_file_of_records_and_blocks_on_the_command_line(tmp_path: Path) -> None:
    user = CommandLine(tmp_path / "kept.sqlite3")
    store = Store(user.database)
    store.add_terminal(FORGER.public_key, "SY-1", "bench", test=False)
    store.close()
    file = tmp_path / "day.blocks"
    lines = [base64.b64encode(raw).decode() for raw in BLOCKS]
    file.write_text("\n".join(lines) + "\n")
    said = user("verify", file)
    assert said.code == OK and "3 blocks, verdict: passed (level 2 of 5" in " ".join(
        said.out.split()
    )
    assert LEFT_OUT in " ".join(said.out.split())
    found = user("verify", file, "--json").json()
    assert (found["records"], found["blocks"], found["level"]) == (0, 3, 2)
    assert user.kept() == []  # what is in no journal is in no history
    records.write(file, [*CHAIN, *BLOCKS])
    said = user("verify", file)
    assert said.code == OK
    assert "9 records, numbers 0 to 8, and 3 blocks, verdict: passed" in " ".join(said.out.split())
    assert len(user.kept()) == 9
    records.write(file, [*CHAIN, BLOCKS[1], FORGER.block(1, CHAIN)])
    said = user("verify", file, "--json")
    assert said.code == VERDICT
    (failure,) = [one for one in json.loads(said.out)["checks"] if not one["passed"]]
    assert failure["detail"] == "number 1 of start 1 was given to 2 blocks"
    # The records beside it are no worse for it.
    assert all(row[4] for row in user.kept())
