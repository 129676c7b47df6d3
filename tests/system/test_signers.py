"""Every signer on a whole terminal: records of each in one chain, a table that is not right, a
signature that somebody else has made.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from steelyard import boards, soldered, verify
from steelyard.virtual import prepare_virtual
from steelyard_wire import codes
from terminals import FLIP_IN_PACK, Bench, Start

SIGNERS = [("viper", 6), ("viper", 8), ("bigint", 8), ("bigint", 6)]


# RFC 8032 7.1, TEST 3, and the same with another message. The board's time is that of the units.
VERIFY = """
import sys
import board_time
from binascii import unhexlify
from terminal import cold
from terminal.{module} import Signers

key = unhexlify("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
signature = unhexlify(
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
)
hashing = Signers({arguments}).sha512_steps
for message in (b"\\xaf\\x82", b"\\xaf\\x83"):
    steps = cold.call("terminal.evidence.verify", "verify_steps", key, message, signature, hashing)
    units = 0
    begin = board_time.now_us
    while True:
        try:
            units += next(steps)
        except StopIteration as end:
            print(end.value, units, board_time.now_us - begin)
            break
print([name for name in sys.modules if name.endswith("verify") or "limbs" in name])
"""


def _solder(folder: Path, arithmetic: str, comb: int) -> None:
    board = soldered.with_signer(boards.load("virtual"), soldered.software(arithmetic, comb))
    prepare_virtual(folder / "flash.bin", board)


def test_one_chain_of_all_signers(states: Path, tmp_path: Path) -> None:
    folder = tmp_path / "terminal"
    shutil.copytree(states / "calibrated", folder)
    for arithmetic, comb in SIGNERS:
        _solder(folder, arithmetic, comb)
        with Bench(folder) as bench:
            bench.load("place 2 kg")
            bench.terminal.register()
            records = [bench.terminal.record(n) for n in bench.terminal.records()]
            registry = bench.store.registry()
    report = verify.verify(records, registry, allow_test=True)
    assert report.ok, report.failures
    assert report.records[-1][6][0] == len(SIGNERS)  # TOT: readings
    assert len({fields[16][1] for fields in report.records}) == len(SIGNERS)  # FW: four images


@pytest.mark.parametrize("comb", [6, 8])
def test_without_its_table_it_stops(comb: int, states: Path, tmp_path: Path) -> None:
    folder = tmp_path / "terminal"
    shutil.copytree(states / "calibrated", folder)
    _solder(folder, "viper", comb)
    name = f"/terminal/evidence/comb{comb}.bin"
    damaged = FLIP_IN_PACK.format(name, comb * 1000)
    # In the contents it has another name then.
    missing = (
        f"f = open('/a.pack', 'r+b'); at = f.read(20000).find(b'{name}'); f.seek(at + 20)\n"
        "f.write(b'x'); f.close()"
    )
    with Bench(folder) as bench:
        for damage in (damaged, missing):
            bench.run_on_board(damage)
            now = bench.terminal.identify()
            assert now.state == "halted" and now.provisioned  # its records can still be pulled
            assert bench.refused("REGISTER") == codes.SIGNER_FAULT


@pytest.mark.parametrize(
    ("state", "module", "arguments", "kept"),
    [
        ("provisioned", "signers_seed", "dict(arithmetic='bigint', comb=6), None", True),
        ("chip", "signers_chip", "None", False),
    ],
    ids=["software", "chip"],
)
def test_a_board_verifies_what_others_signed(
    state: str, module: str, arguments: str, kept: bool, start: Start
) -> None:
    bench = start(state)
    script = VERIFY.format(module=module, arguments=arguments)
    *found, modules = bench.run_on_board(script, loaded=True).splitlines()
    answers, units, times_us = zip(*map(str.split, found), strict=True)
    assert answers == ("True", "False")
    for count, time_us in zip(map(int, units), map(int, times_us), strict=True):
        assert 69 * count <= time_us < 1.01 * 69 * count < 0.8e6
    # The hash stays where the signer needs it.
    assert modules == repr(["terminal.evidence.sha512_limbs"] if kept else [])
