"""The host as a witness: a journal rolled back, a number given twice, an unknown terminal."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from command_line import CommandLine
from steelyard.client import Terminal
from steelyard.errors import OK, USAGE, VERDICT
from terminals import SERIAL, Bench, Start, VirtualTerminal


def test_a_journal_that_was_rolled_back_is_found_by_who_has_seen_more(
    states: Path, tmp_path: Path
) -> None:
    flash, before = tmp_path / "flash.bin", tmp_path / "before.bin"
    for name in ("flash.bin", "kept.sqlite3", "link-keys.json"):
        shutil.copy(states / "calibrated" / name, tmp_path / name)
    user = CommandLine(tmp_path / "kept.sqlite3")
    shutil.copy(flash, before)
    with VirtualTerminal(flash) as terminal:
        terminal.world("place 2 kg")
        terminal.world("advance 3 s")
        n = user("read", terminal.pty, "--allow-test", "--json").json()["n"]
    # Yesterday's flash comes back. It is whole, signed, and shorter.
    shutil.copy(before, flash)
    with VirtualTerminal(flash) as terminal:
        terminal.world("place 3 kg")
        terminal.world("advance 3 s")
        said = user("verify", terminal.pty, "--allow-test")
        assert said.code == VERDICT
        assert f"record {n}, which this host has seen, cannot be had" in " ".join(said.out.split())
        # A host that has not seen the other branch cannot know.
        other = CommandLine(tmp_path / "other" / "kept.sqlite3")
        assert other("provision", terminal.pty, "--serial", SERIAL).code == OK
        assert other("verify", terminal.pty, "--allow-test").code == OK
        # It signs another weight under the number of the first: two that do not go together.
        said = user("read", terminal.pty, "--allow-test")
        assert said.code == VERDICT and f"number {n} was given to 2 records" in said.out
    kept = [row for row in user.kept() if row[0] == n]
    assert [row[2] for row in kept] == ["2.000", "3.000"] and not any(row[4] for row in kept)


def test_what_this_host_has_seen_and_the_terminal_lost_is_named(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    bench.load("place 2 kg")
    bench.terminal.close()
    n = int(str(user("read", port, "--allow-test", "--json").json()["n"]))
    assert user("verify", port, "--allow-test").code == OK
    # The host remembers one record more than the terminal can show.
    with sqlite3.connect(user.database) as database:
        database.execute("update records set n = n + 5 where n = ?", (n,))
    said = user("verify", port, "--allow-test")
    assert said.code == VERDICT
    assert f"records {n + 1} to {n + 5}, which this host has seen, cannot be had" in " ".join(
        said.out.split()
    )


def test_a_file_says_which_records_it_shows(bench: Bench, tmp_path: Path) -> None:
    user = CommandLine(bench.store.path)
    bench.terminal.close()
    day = tmp_path / "day.records"
    assert user("verify", bench.simulator.pty, "--allow-test", "--save", day).code == OK
    comment, _, *rest = day.read_text().splitlines()
    day.write_text("\n".join([comment, *rest]) + "\n")
    said = user("verify", day, "--allow-test")
    assert said.code == OK and f"numbers 1 to {len(rest)}" in said.out
    assert "the records before 1 were not given" in " ".join(said.out.split())


@pytest.mark.parametrize("state", ["provisioned", "calibrated"])
def test_a_terminal_that_this_host_does_not_know_signs_nothing_for_it(
    start: Start, tmp_path: Path, state: str
) -> None:
    bench = start(state)
    before = bench.terminal.records()
    bench.terminal.close()
    stranger = CommandLine(tmp_path / "another" / "kept.sqlite3")
    port = bench.simulator.pty
    stranger("read", port, "--allow-test").refused(
        USAGE, "does not know", f"steelyard provision {port} --serial {SERIAL}"
    )
    said = stranger("verify", port)
    assert said.code == VERDICT and "takes over its key" in " ".join(said.out.split())
    assert said.out.count("no key of terminal") <= 3
    with Terminal(port) as terminal:
        assert terminal.records() == before
