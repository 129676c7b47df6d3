"""Terminals, loads, disks and people that are not as hoped: a sentence, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest
from command_line import PROGRAM, CommandLine
from disk import disk_full
from steelyard.client import Terminal
from steelyard.errors import CLOSED, INTERRUPTED, NO_DEVICE, OK, REFUSED, USAGE
from terminals import SERIAL, Bench, Start

PSK = "never to be seen 4711"


@pytest.fixture
def user(bench: Bench) -> CommandLine:
    """The user of the terminal of `bench`."""
    return CommandLine(bench.store.path)


def in_force(bench: Bench) -> tuple[str, str, int]:
    """Generation and state of the calibration, and how many records there are."""
    status = bench.terminal.calibrate("STATUS")
    return status["generation"], status["state"], bench.terminal.records().stop


# --- terminals that are not ready ----------------------------------------------------------------


def test_a_terminal_without_a_key(start: Start) -> None:
    bench = start("new")
    user, port = CommandLine(bench.store.path), bench.simulator.pty
    first = f"steelyard provision {port} --serial SY-0001"
    user("read", port).refused(REFUSED, "No key yet. Provision first.", "[10 ")
    user("calibrate", port, "--weight", "10kg").refused(REFUSED, "no key", first)
    user("calibrate", port, "--step", "begin").refused(REFUSED, "no key", first)
    user("verify", port).refused(REFUSED, "signed nothing yet", first)
    user("config", port, "e", "10").refused(REFUSED, "Provision first")
    user("time", port, "--set").refused(REFUSED, "Provision first")
    assert user("status", port, "--json").json()["next"] == first
    for serial in ("", "S" * 33, "Grüße", "a\tb"):
        user("provision", port, "--serial", serial).refused(USAGE, "1 to 32 printable ASCII")
    assert bench.terminal.records() == range(0)


def test_a_terminal_without_a_calibration(start: Start) -> None:
    bench = start("provisioned")
    user, port = CommandLine(bench.store.path), bench.simulator.pty
    bench.load("place 3 kg")
    before = bench.terminal.records()
    user("read", port).refused(REFUSED, "Not calibrated. Calibrate first.", "[12 ")
    shown = user("read", port, "--unsigned", "--json").json()
    assert shown["value"] is None and "UNCALIBRATED" in shown["flags"]
    assert user("status", port, "--json").json()["next"] == (
        f"steelyard calibrate {port} --weight 10kg"
    )
    assert bench.terminal.records() == before


REFUSALS = {
    "config nope 3": "no parameter nope",
    "config e 3": "e is 1, 2 or 5 times a power of ten",
    "config max 1": "max is 100..5000000",
    "config e much": "e is a whole number",
    "provision --serial SY-9": f"--serial {SERIAL}",
    "zero": "Clear the platform",
}


def test_what_a_terminal_refuses_changes_nothing(bench: Bench, user: CommandLine) -> None:
    bench.load("place 3 kg")
    before = bench.terminal.config(), in_force(bench)
    for command, words in REFUSALS.items():
        name, *rest = command.split()
        user(name, bench.simulator.pty, *rest).refused(REFUSED, words)
    assert (bench.terminal.config(), in_force(bench)) == before


def test_loads_that_cannot_be_registered(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    before = bench.terminal.records()
    bench.load("place 15.1 kg")  # above Max + 9 e = 15.045 kg
    user("read", port).refused(REFUSED, "Overload. Take load off.")
    bench.load("place -0.2 kg")
    user("read", port).refused(REFUSED, "Underload. Check the platform.")
    bench.load("place 3 kg")
    bench.load_moves()
    for command in ("read", "zero", "tare"):
        user(command, port, "--wait", "0").refused(REFUSED, "The load moves. Wait until stable.")
    assert bench.terminal.records() == before


# --- calibrations that go wrong ------------------------------------------------------------------


def test_calibrations_that_are_refused_leave_the_old_one(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    before = in_force(bench)
    stays = "calibration in force stays"
    # The weight was never put on.
    user("calibrate", port, "--weight", "10kg", typed="\n\n").refused(
        REFUSED, "Zero and span too close. Check the load.", stays, "run the same command again"
    )
    assert in_force(bench) == before
    # Max is 15 kg: 10 % of it are 1.5 kg.
    for weight in ("1.495kg", "15.005kg", "0kg"):
        user("calibrate", port, "--weight", weight).refused(REFUSED, "1.5", "15", "kg")
    user("calibrate", port, "--weight", "10000g").refused(REFUSED, "weighs in kg")
    assert user("calibrate", port, "--step", "begin").code == OK
    user("calibrate", port, "--step", "span", "--weight", "10kg").refused(
        REFUSED, "Wrong order. BEGIN, ZERO, SPAN, COMMIT.", stays
    )
    user("calibrate", port, "--step", "commit").refused(REFUSED, "Wrong order", stays)
    bench.load_moves()
    assert user("calibrate", port, "--step", "begin").code == OK
    user("calibrate", port, "--step", "zero", "--wait", "0").refused(
        REFUSED, "The load moves. Wait until stable.", stays, "begin with --step begin"
    )
    user("calibrate", port, "--weight", "10kg", "--wait", "0", typed="\n").refused(
        REFUSED, "The load moves", stays
    )
    assert in_force(bench) == before


def test_a_person_who_gives_up_a_calibration(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    before = in_force(bench)
    calibrate = ("calibrate", port, "--weight", "10kg")
    user(*calibrate, typed="q\n").refused(INTERRUPTED, "given up", "calibration in force stays")
    user(*calibrate, typed="").refused(USAGE, "nobody can press Enter", "--step")
    assert in_force(bench) == before
    with user.started(*calibrate) as process:
        assert process.stderr is not None and process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        asked = ""
        while "weight of 10 kg" not in asked:
            asked += process.stderr.read(1)
        assert in_force(bench)[1] == "open"
        process.send_signal(signal.SIGINT)
        user.ended(process).refused(INTERRUPTED, "interrupted", "calibration in force stays")
    assert in_force(bench) == before


# --- disks ---------------------------------------------------------------------------------------


def test_a_locked_database(bench: Bench, user: CommandLine) -> None:
    before = bench.terminal.records()
    bench.load("place 3 kg")
    with contextlib.closing(sqlite3.connect(user.database)) as other:
        other.execute("begin exclusive")
        user("read", bench.simulator.pty, "--allow-test").refused(
            USAGE, str(user.database), "locked", "another program is using it", "try again"
        )
    assert bench.terminal.records() == before


def test_a_database_that_cannot_be_one(bench: Bench, user: CommandLine, tmp_path: Path) -> None:
    before = bench.terminal.records()
    bench.load("place 3 kg")
    letter = tmp_path / "letter.txt"
    letter.write_bytes(b"to my aunt, on a wet Sunday\n" * 200)
    for place in (letter, tmp_path, letter / "below"):
        for command in ("read", "verify"):
            CommandLine(place)(command, bench.simulator.pty).refused(
                USAGE, str(place), "Nothing in it was changed", "STEELYARD_DATABASE"
            )
    assert letter.read_bytes().startswith(b"to my aunt")
    assert bench.terminal.records() == before


def test_a_full_disk_loses_no_record(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    bench.load("place 3 kg")
    n = bench.terminal.records().stop
    known = user.kept()
    with disk_full(10):
        user("read", port, "--allow-test").refused(
            USAGE, "free space", "has signed its record", f"`steelyard verify {port}`", f"{n}"
        )
        saved = bench.folder / "x.records"
        user("verify", port, "--save", saved).refused(USAGE, "free space")
    assert not saved.exists() and user.kept() == known
    assert bench.terminal.records() == range(n + 1)
    user("verify", port, "--allow-test", "--save", bench.folder / "no" / "x.records").refused(
        USAGE, "cannot write", "name another file"
    )
    # It is in the database now, as fetching was not what failed.
    assert user.kept()[-1] == (n, "READING", "3.000", "kg", 1)


def test_a_full_disk_at_the_birth_of_a_key(start: Start) -> None:
    bench = start("new")
    user, port = CommandLine(bench.store.path), bench.simulator.pty
    with disk_full(10):
        user("provision", port, "--serial", "SY-1").refused(USAGE, "cannot write", "link-keys")
    assert not bench.terminal.identify().provisioned
    with disk_full(200):  # room for the link key, none in the database
        user("provision", port, "--serial", "SY-1").refused(
            USAGE, "has signed its record", "run the same command again"
        )
    known = user("provision", port, "--serial", "SY-1", "--json").json()
    assert known["link_key"] == "known to this host"
    assert user("verify", port, "--allow-test").code == OK


def test_an_output_that_nobody_takes() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, "boards", "--json"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == USAGE
    assert "cannot be written: No space left" in done.stderr and "Free space" in done.stderr
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*PROGRAM, "boards"], stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (CLOSED, "")


# --- secrets -------------------------------------------------------------------------------------


def test_the_key_of_a_network_is_shown_nowhere(bench: Bench, user: CommandLine) -> None:
    port, transcript = bench.simulator.pty, bench.folder / "transcript.txt"
    said = [
        user("wifi", port, "--ssid", "elsewhere", "--json", typed=PSK + "\n"),
        user("wifi", port, "--ssid", "elsewhere", typed=PSK + "\x07\n"),
        user("wifi", port, "--ssid", "e" * 600, typed=PSK + "\n"),
        user("wifi", port),
        user("status", port),
        user("config", port),
    ]
    assert [one.code for one in said] == [OK, USAGE, USAGE, OK, OK, OK]
    assert said[0].json()["ssid"] == "elsewhere"
    with Terminal(port, transcript=transcript) as terminal:
        terminal.set_wifi("elsewhere", PSK)
        with pytest.raises(Exception, match="ALREADY_PROVISIONED"):
            terminal.provision("SY-2", PSK.encode(), PSK.encode())
    lines = transcript.read_text()
    assert "WIFI" in lines and "PROVISION" in lines and "ALREADY_PROVISIONED" in lines
    for text in (lines, *(one.out + one.err for one in said)):
        assert PSK not in text and "bmV2ZXIgdG8gYmUgc2Vlbi" not in text  # its base64


# --- Ctrl-C, and the virtual terminal ------------------------------------------------------------


def test_ctrl_c_ends_watch_cleanly(bench: Bench, user: CommandLine) -> None:
    before = bench.terminal.records()
    port = bench.simulator.pty
    with user.started("watch", port, "--json") as process:
        assert process.stdout is not None and process.stdout.readline().startswith("{")
        process.send_signal(signal.SIGINT)
        said = user.ended(process)
    assert (said.code, said.err) == (INTERRUPTED, "steelyard: interrupted")
    # On a screen: whoever looks has their cursor back.
    screen, theirs = pty.openpty()
    shown = b""
    environment = dict(user.environment, TERM="xterm")
    with subprocess.Popen([*PROGRAM, "watch", port], stdout=theirs, env=environment) as live:
        os.close(theirs)
        while b"unsigned" not in shown:
            shown += os.read(screen, 4096)
        live.send_signal(signal.SIGINT)
        with contextlib.suppress(OSError):  # what a PTY says at its end
            while data := os.read(screen, 4096):
                shown += data
        assert live.wait(60) == INTERRUPTED
    os.close(screen)
    assert shown.rindex(b"\x1b[?25h") > shown.rindex(b"\x1b[?25l")
    assert bench.terminal.records() == before
    assert user("status", port).code == OK


def test_a_file_that_is_no_flash_is_not_formatted(tmp_path: Path) -> None:
    user = CommandLine(tmp_path / "kept.sqlite3")
    letter = tmp_path / "letter.txt"
    letter.write_text("to my aunt")
    for options in ([], ["--bare"]):
        user("sim", "--flash", letter, *options).refused(
            USAGE, "is not the flash of a virtual terminal", "Name another file"
        )
        user("sim", "--flash", tmp_path, *options).refused(USAGE, "Name another file")
        user("sim", "--flash", tmp_path / "no" / "x", *options).refused(
            USAGE, "there is no folder"
        )
    assert letter.read_text() == "to my aunt"


def test_two_terminals_of_one_flash(bench: Bench, user: CommandLine) -> None:
    flash = bench.folder / "flash.bin"
    for options in ([], ["--bare"]):
        user("sim", "--flash", flash, *options).refused(NO_DEVICE, str(flash), "runs")
    assert user("status", bench.simulator.pty).code == OK


def test_what_is_wrong_in_a_scenario_is_told(tmp_path: Path) -> None:
    user = CommandLine(tmp_path / "kept.sqlite3")
    script = tmp_path / "day.txt"
    script.write_bytes(b"place 1 kg\njuggle\n\xff\xfe\n")
    with user.started("sim", "--flash", tmp_path / "f", "--bare", "--scenario", script) as sim:
        assert sim.stdout is not None and sim.stderr is not None
        world = next(line for line in sim.stdout if line.startswith("world")).split()[1]
        assert "day.txt:2: unknown command `juggle`" in sim.stderr.readline()
        assert "day.txt:3: unknown command" in sim.stderr.readline()
        host, _, port = world.removeprefix("socket://").partition(":")
        with socket.create_connection((host, int(port)), 10) as hands:
            hands.sendall(b"state\n")
            assert b'"load_kg": 1.0' in hands.recv(1000)
        sim.send_signal(signal.SIGINT)
        said = user.ended(sim)
    assert (said.code, said.err) == (INTERRUPTED, "steelyard: interrupted")
