"""`steelyard pull`: take, verify, keep, receipt; and a journal that makes room by it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from command_line import CommandLine
from steelyard.errors import OK, REFUSED, VERDICT
from terminals import BALLAST, FILL_SEGMENT, Bench, Start, VirtualTerminal


def test_pull_takes_what_is_new_and_receipts_it(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    count = bench.terminal.records().stop
    bench.terminal.close()
    first = user("pull", port, "--allow-test", "--json").json()
    assert first["ok"] and first["kept"] == first["receipted"] == count
    again = user("pull", port, "--allow-test", "--json").json()
    assert (again["taken"], again["receipted"]) == (0, count)
    bench.terminal.link.reopen()
    bench.load("place 2 kg")
    bench.terminal.register()
    records = bench.terminal.link.command("RECORDS").values
    assert records == {"first": "0", "next": str(count + 1), "receipted": str(count)}
    bench.terminal.close()
    said = user("pull", port, "--allow-test")
    assert said.code == OK
    assert f"1 new records, {count + 1} kept; receipted up to record {count}" in said.out
    assert "journal OK, 0 % not receipted" in said.out


def test_nothing_is_receipted_that_does_not_verify(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.terminal.close()
    assert user("pull", port).code == VERDICT  # a TEST key
    assert user("pull", port, "--allow-test", "--no-receipt").code == OK
    with sqlite3.connect(user.database) as database:
        # What this host has of record 1 is not what the terminal has.
        database.execute("delete from records where n = 1")
        database.execute("update records set n = 1 where n = 2")
    assert user("pull", port, "--allow-test").code == VERDICT
    bench.terminal.link.reopen()
    assert bench.terminal.link.command("RECORDS").values["receipted"] == "0"


def test_a_host_without_the_link_key_keeps_and_does_not_receipt(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.terminal.close()
    user.database.with_name("link-keys.json").unlink()
    said = user("pull", port, "--allow-test")
    assert said.code == OK and "no receipt: this host has not the terminal's link key" in said.out


def test_a_bare_terminal_has_nothing_to_pull(start: Start) -> None:
    bench = start("new")
    user = CommandLine(bench.store.path)
    bench.terminal.close()
    user("pull", bench.simulator.pty).refused(REFUSED, "it has no key", "steelyard provision")


def test_S8_a_full_journal_says_so_and_goes_on_when_it_was_pulled(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    # The first segment is full, there is room for a second beside what is kept for an update, and
    # that is filled too.
    bench.run_on_board(FILL_SEGMENT + BALLAST % 86)
    bench.load("place 2 kg")
    bench.terminal.register()
    assert bench.terminal.records().start == 0
    bench.run_on_board(FILL_SEGMENT)
    assert bench.refused("REGISTER") == 40  # JOURNAL_FULL
    state = bench.terminal.status()
    assert state["journal"] == "FULL" and state["journal_percent"] == "100"
    bench.world("advance 3 s")
    assert bench.terminal.status()["alarm"] == "JOURNAL"
    bench.terminal.close()
    assert "100 % full of records" in " ".join(user("status", port).out.split())
    done = user("pull", port, "--allow-test", "--json").json()
    assert done["ok"] and done["receipted"] == done["kept"]
    bench.terminal.link.reopen()
    bench.load("remove")
    bench.load("place 3 kg")
    n, _ = bench.terminal.register()
    assert 0 < bench.terminal.records().start <= n
    bench.world("advance 3 s")
    assert bench.terminal.status()["alarm"] == "-"
    bench.terminal.close()
    # What the terminal removed, this host has: everything is verified from record 0 on.
    done = user("pull", port, "--allow-test", "--json").json()
    assert done["ok"] and done["kept"] == n + 1
    assert user("verify", port, "--allow-test").code == OK


def test_two_histories_of_one_terminal_become_a_proof(
    states: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("flash.bin", "kept.sqlite3", "link-keys.json"):
        shutil.copy(states / "calibrated" / name, tmp_path / name)
    flash, before = tmp_path / "flash.bin", tmp_path / "before.bin"
    user = CommandLine(tmp_path / "kept.sqlite3")
    shutil.copy(flash, before)
    for grams in (2000, 3000):
        with VirtualTerminal(flash) as terminal:
            terminal.world(f"place {grams} g")
            terminal.world("advance 3 s")
            read = user("read", terminal.pty, "--allow-test")
            if grams == 2000:
                assert user("pull", terminal.pty, "--allow-test").code == OK
            else:
                assert read.code == VERDICT
                said = user("pull", terminal.pty, "--allow-test")
                assert said.code == VERDICT and "was given to 2 records" in said.out
                assert "proof that a number was given twice" in said.out
                assert "receipted" not in said.out.replace("not receipted", "")
        shutil.copy(before, flash)
    proof, *_ = sorted(tmp_path.glob("equivocation-proof-*.records"))
    assert user("verify", proof, "--allow-test").code == VERDICT
    assert proof.read_text().startswith("# terminal ")
