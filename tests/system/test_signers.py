"""Every signer on a whole terminal: records of each in one chain, a table that is not right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from steelyard import boards, soldered, verify
from steelyard.virtual import prepare_virtual
from steelyard_wire import codes
from terminals import FLIP_IN_PACK, Bench

SIGNERS = [("viper", 6), ("viper", 8), ("bigint", 8), ("bigint", 6)]


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
    # In the list of what there is, the name of the folder and of the file.
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
