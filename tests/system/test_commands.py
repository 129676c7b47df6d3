"""Every command of the host as a user types it, and a user's first day from end to end."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from command_line import CommandLine, without_colours
from steelyard import data
from steelyard.errors import INTERRUPTED, OK, REFUSED, USAGE, VERDICT
from terminals import SERIAL, Bench, Start

# Issue "One honest weight", section "The path": the host's commands, and what a newcomer must
# find in the help of each.
HELP = {
    "demo": "without hardware|on virtual terminals",
    "sim": "Example: steelyard sim",
    "status": "Example: steelyard status",
    "watch": "Example: steelyard watch",
    "provision": "Example: steelyard provision",
    "calibrate": "Example: steelyard calibrate",
    "read": "Example: steelyard read",
    "verify": "Example: steelyard verify",
    "commission": "Example: steelyard commission",
    "doctor": "Example: steelyard doctor",
    "replay": "Example: steelyard replay",
    "flash": "Example: steelyard flash",
    "boards": "with converter and pins",
    "ports": "its name is the ADDRESS",
    "reset": "Example: steelyard reset",
    "config": "Example: steelyard config",
    "scale": "Example: steelyard scale",
    "weights": "Example: steelyard weights",
    "time": "Example: steelyard time",
    "wifi": "Example: steelyard wifi",
    "zero": "Example: steelyard zero",
    "tare": "Example: steelyard tare",
}


@pytest.fixture
def user(bench: Bench) -> CommandLine:
    """Who provisioned the terminal of `bench`."""
    return CommandLine(bench.store.path)


@pytest.fixture
def newcomer(tmp_path: Path) -> CommandLine:
    """Nobody yet: an empty database."""
    return CommandLine(tmp_path / "home" / "steelyard.sqlite3")


# --- what a newcomer reads first -----------------------------------------------------------------


@pytest.mark.parametrize("name", HELP)
def test_help_says_what_a_newcomer_needs(name: str, newcomer: CommandLine) -> None:
    said = newcomer(name, "--help")
    text = without_colours(said.out)
    assert said.code == OK and not said.err
    assert any(words in text for words in HELP[name].split("|")), text
    assert "--json" in text
    if text.partition("[OPTIONS]")[2].split()[0].strip("{}") in ("ADDRESS", "SOURCE"):
        assert f"Example: steelyard {name} /dev/ttyACM0" in text


def test_the_help_of_the_program_lists_every_command_and_exit_code(newcomer: CommandLine) -> None:
    said = newcomer("--help")
    text = without_colours(said.out)
    listed = [line.split()[1] for line in said.out.splitlines() if line.startswith("│ ")]
    assert set(HELP) <= set(listed) and said.code == OK
    for words in ("0 done", "1 a verdict", "2 wrong usage", "3 no terminal", "5 a fault"):
        assert words in text
    assert newcomer.program("--version").out == "steelyard 0.1.0\n"
    without = newcomer.program()
    assert without.code == USAGE and "Commands" in without.out and not without.err


@pytest.mark.parametrize(
    "line",
    [
        "juggle",
        "status",
        "status one two",
        "watch /dev/null --seconds soon",
        "watch /dev/null --seconds -1",
        "calibrate /dev/null --weight heavy",
        "calibrate /dev/null",
        "calibrate /dev/null --step span",
        "calibrate /dev/null --step hop",
        "calibrate /dev/null --weight 10kg --reference " + "R" * 65,
        "provision /dev/null",
        "provision /dev/null --serial " + "S" * 33,
        "config /dev/null e",
        "scale /dev/null --class I",
        "scale /dev/null --range 15kg",
        "scale /dev/null --range 15kg/5stone",
        "scale /dev/null --multiple-range",
        "scale /dev/null --min little",
        "verify",
        "verify missing.records",
        "sim --speed fast",
        "sim --scenario missing.txt",
        "sim --flash missing/folder",
        "flash --board toaster --port /dev/null",
    ],
)
def test_a_wrong_usage_is_told_as_such(
    line: str, newcomer: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    newcomer(*line.split()).refused(USAGE, "steelyard: ")


def test_a_program_without_click_starts() -> None:
    # typer brings its own; the package click is not among the dependencies.
    script = "import sys; sys.modules['click'] = None; import steelyard.cli"
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", script]) == 0


# --- --json --------------------------------------------------------------------------------------


def test_json_of_what_this_host_knows(newcomer: CommandLine) -> None:
    boards = newcomer("boards", "--json").json()["boards"]
    assert [board["board"] for board in boards] == sorted(
        file.stem for file in data.boards().glob("*.py")
    )
    assert {"chip", "dout", "sck"} <= set(boards[0]["converter"])
    assert isinstance(newcomer("ports", "--json").json()["ports"], list)
    assert newcomer("boards").code == newcomer("ports").code == OK


def test_json_of_what_a_terminal_says(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    bench.load("place 1.5 kg")
    status = user("status", port, "--json").json()
    assert (status["serial"], status["state"], status["test"]) == (SERIAL, "provisioned", True)
    assert (status["value"], status["fault"], status["calibration"]) == ("1.500 kg", "NONE", 1)
    # boards/virtual.py: 15 kg in steps of 5 g
    config = user("config", port, "--json").json()
    assert (config["max"], config["e"], config["exp10"]) == ("15000", "5", "-3")
    assert user("config", port, "e", "10", "--json").json()["e"] == "10"
    assert user("time", port, "--json").json()["ts"] == "0"
    assert user("time", port, "--set", "--json").json()["ts"] == "2"  # set by an operator
    network = user("wifi", port, "--json").json()
    assert (network["state"], network["ssid"]) == ("off", "-")
    bench.terminal.wait_stable()
    assert user("tare", port, "--json").json()["tare"] == "1.500"
    shown = user("read", port, "--unsigned", "--json").json()
    assert (shown["net"], shown["gross"], "NET" in shown["flags"]) == ("0.000", "1.500", True)
    signed = user("read", port, "--allow-test", "--json").json()
    assert (signed["value"], signed["unit"], signed["verdict"]) == ("0.000", "kg", "verified")
    assert user("tare", port, "--clear", "--json").json()["net"] == "1.500"
    bench.load("remove")
    assert "CENTRE_ZERO" in user("zero", port, "--json").json()["flags"]
    known = user("provision", port, "--serial", SERIAL, "--json").json()
    assert known["key"] == "known to this host already"
    assert known["link_key"] == "known to this host"
    report = user("verify", port, "--allow-test", "--json").json()
    assert report["ok"] is True and report["level"] == 1 and report["records"] == signed["n"] + 1
    assert user("reset", port, "--json").json() == {"state": "provisioned", "serial": SERIAL}


def test_watch_prints_a_reading_a_line_and_signs_nothing(bench: Bench, user: CommandLine) -> None:
    bench.load("place 2 kg")
    before = bench.terminal.records()
    said = user("watch", bench.simulator.pty, "--seconds", "0.5", "--json")
    readings = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == OK and readings
    assert {(shown["value"], shown["unit"]) for shown in readings} == {("2.000", "kg")}
    table = user("watch", bench.simulator.pty, "--seconds", "0.1")
    assert table.code == OK and table.out.split()[7:] == (
        ["2.000", "kg", "yes", "no", "no", str(before.stop), "unsigned"]
    )
    assert bench.terminal.records() == before


# --- a day ---------------------------------------------------------------------------------------


class _World:
    """The hands of the day: the world's address, as `nc` would use it."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("socket://").partition(":")
        self._socket = socket.create_connection((host, int(port)), 60)
        self._answers = self._socket.makefile("r")

    def __call__(self, *lines: str) -> None:
        for line in lines:
            self._socket.sendall(line.encode() + b"\n")
            assert self._answers.readline().startswith("ok")


def _calibrate_by_hand(user: CommandLine, port: str, world: _World) -> str:
    """Do what the program asks for, when it asks; what it printed."""
    with user.started("calibrate", port, "--weight", "10kg", "--reference", "F1 17") as process:
        assert process.stderr is not None and process.stdin is not None
        for asked, done in (("everything off", "remove"), ("weight of 10 kg on", "place 10 kg")):
            prompt = ""
            while not prompt.endswith("Enter (q gives up). "):
                prompt += process.stderr.read(1)
            assert asked in prompt
            world(done, "advance 1 s")
            process.stdin.write("\n")
            process.stdin.flush()
        said = user.ended(process)
    assert said.code == OK, said
    return said.out


def test_a_day(newcomer: CommandLine, tmp_path: Path) -> None:
    flash = tmp_path / "shop.flash"
    saved = tmp_path / "day.records"
    newcomer.database.parent.mkdir()
    with newcomer.started("sim", "--flash", flash, "--speed", "max", "--json") as sim:
        assert sim.stdout is not None
        there = json.loads(sim.stdout.readline())
        port, world = there["pty"], _World(there["world"])
        assert newcomer("status", port, "--json").json()["next"].endswith("SY-0001")
        born = newcomer.program("provision", port, "--serial", "SY-0001", "--json").json()
        assert (
            born["key"].startswith("made now")
            and born["test_key"]
            and len(born["public_key"]) == 64
        )
        assert "calibrate" in newcomer("status", port, "--json").json()["next"]
        assert "signed and verified" in _calibrate_by_hand(newcomer, port, world)
        for step, hands in (
            ("begin", "remove"),
            ("zero", "place 15 kg"),
            ("span", "remove"),
            ("commit", "place 1.234 kg"),
        ):
            weight = ("--weight", "15kg") if step == "span" else ()
            done = newcomer("calibrate", port, "--step", step, *weight, "--json").json()
            world(hands, "advance 1 s")
        assert (done["generation"], done["record"]) == (2, 2)
        # e is 5 g: 1.234 kg is indicated as 1.235 kg
        assert newcomer.program("read", port, "--allow-test", "--json").json()["value"] == "1.235"
        assert "1.235" in newcomer("watch", port, "--seconds", "0.3", "--json").out
        said = newcomer.program("verify", port, "--save", saved, "--allow-test")
        assert said.code == OK and "4 records, numbers 0 to 3, verdict: passed" in said.out
        sim.send_signal(signal.SIGINT)
        newcomer.ended(sim)
        assert sim.returncode == INTERRUPTED
    assert not Path(f"/proc/{there['pid']}").exists()
    assert newcomer.kept() == [
        (0, "BOOT", None, None, 1),
        (1, "CALIBRATION", None, None, 1),
        (2, "CALIBRATION", None, None, 1),
        (3, "READING", "1.235", "kg", 1),
    ]
    assert newcomer("verify", saved, "--allow-test", "--json").json()["records"] == 4
    # Another host, which never saw this terminal's birth, vouches for nothing.
    stranger = CommandLine(tmp_path / "elsewhere" / "steelyard.sqlite3")
    assert stranger("verify", saved, "--allow-test").code == VERDICT


# --- verdicts ------------------------------------------------------------------------------------


def test_a_test_key_is_refused_unless_allowed(bench: Bench, user: CommandLine) -> None:
    port, saved = bench.simulator.pty, bench.folder / "x.records"
    bench.load("place 3 kg")
    said = user("read", port)
    assert said.code == VERDICT and "TEST key proves no weight" in said.out
    assert "--allow-test" in said.err
    assert user.kept()[-1] == (bench.terminal.records().stop - 1, "READING", "3.000", "kg", 0)
    for source in ((port, "--save", saved), (saved,)):
        said = user("verify", *source)
        assert said.code == VERDICT and "TEST key" in said.out and "--allow-test" in said.out
        report = json.loads(user("verify", *source, "--json").out)
        assert report["ok"] is False and report["level"] == 0
    assert user("verify", saved, "--allow-test").code == OK
    assert user.kept()[-1][4] == 1


def test_a_changed_record_fails_and_the_file_stays(bench: Bench, user: CommandLine) -> None:
    saved = bench.folder / "x.records"
    assert user("verify", bench.simulator.pty, "--save", saved, "--allow-test").code == OK
    lines = saved.read_text().splitlines()
    lines[-1] = lines[-1][:100] + ("A" if lines[-1][100] != "A" else "B") + lines[-1][101:]
    saved.write_text("\n".join(lines))
    said = user("verify", saved, "--allow-test", "--json")
    assert said.code == VERDICT
    failed = [c["name"] for c in json.loads(said.out)["checks"] if not c["passed"]]
    assert failed == ["signature"]
    assert saved.read_text() == "\n".join(lines)


def test_an_identity_never_changes(start: Start) -> None:
    bench = start("new")
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    # What is text is shown as text: no markup, no emoji, no error.
    odd = "[/a] :key: [red]x"
    said = user("provision", port, "--serial", odd)
    assert said.code == OK and odd in said.out
    assert odd in user("status", port).out
    user("provision", port, "--serial", "SY-2").refused(REFUSED, f"this terminal is {odd} already")
    assert odd in user("verify", port).out
    # The same command again, on a host that does not know it: it learns the key, and says so.
    other = CommandLine(bench.folder / "other" / "kept.sqlite3")
    known = other("provision", port, "--serial", odd, "--json").json()
    assert "nobody vouches for it but the cable" in known["key"]
    assert known["link_key"] == "not known to this host"
    assert other("verify", port, "--allow-test").code == OK
