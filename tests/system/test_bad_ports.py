"""Wrong ports, wrong things on a port, bad cables: a sentence, an exit code, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path

import pytest
import serial
from command_line import CommandLine
from steelyard.client import Terminal
from steelyard.errors import NO_DEVICE, OK, REFUSED, USAGE, VERDICT, NoDevice
from steelyard.link import Link
from steelyard.store import Store
from strangers import (
    Cable,
    as_it_is,
    chatter,
    echo,
    on_a_cable,
    on_the_network,
    silence,
    with_crc,
)
from terminals import Bench


@pytest.fixture
def nobody(tmp_path: Path) -> CommandLine:
    """A user without a terminal."""
    return CommandLine(tmp_path / "steelyard.sqlite3")


@pytest.fixture
def user(bench: Bench) -> CommandLine:
    """The user of the terminal of `bench`; the console's TCP port is free for them."""
    bench.load("place 2.5 kg")
    bench.terminal.close()
    return CommandLine(bench.store.path)


def records(bench: Bench) -> int:
    """How many records the terminal has."""
    with Terminal(bench.simulator.pty) as terminal:
        return terminal.records().stop


# --- nothing there -------------------------------------------------------------------------------


def test_a_wrong_port_is_told_with_what_to_do(nobody: CommandLine, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("to my aunt")
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"socket://127.0.0.1:{server.getsockname()[1]}"
    for address in (
        "/dev/ttyNOTHING",
        "COM99",
        closed,
        "socket://localhost",
        "socket://",
        "http://localhost",
        "letters://x",
        tmp_path,
        letter,
        "/dev/null",
        "",
    ):
        said = nobody("status", address)
        said.refused(NO_DEVICE, "nothing to open", "`steelyard ports`", str(address))
    for command in (
        "read",
        "watch",
        "calibrate --weight 10kg",
        "provision --serial SY-1",
        "reset",
    ):
        name, *options = command.split()
        nobody(name, "/dev/ttyNOTHING", *options).refused(NO_DEVICE, "nothing to open")
    nobody("verify", "/dev/ttyNOTHING").refused(NO_DEVICE, "nothing to open")
    assert letter.read_text() == "to my aunt"


def test_a_port_that_is_not_ours_to_open(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    (locked / "port").mkdir(parents=True)
    locked.chmod(0)
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(NoDevice, match="may not be opened by you.*dialout"):
            Link(str(locked / "port"))
    finally:
        os.seteuid(before)
        locked.chmod(0o700)


# --- something else there ------------------------------------------------------------------------


def test_what_is_no_terminal_is_named(nobody: CommandLine) -> None:
    with contextlib.ExitStack() as stack:
        found = {}
        for serve in (silence, echo, chatter):
            port = stack.enter_context(on_a_cable(serve))
            found[serve] = stack.enter_context(nobody.started("status", port))
        said = {serve: nobody.ended(process) for serve, process in found.items()}
    said[silence].refused(NO_DEVICE, "does not answer", "have power", "steelyard flash")
    said[echo].refused(NO_DEVICE, "an echo, not a terminal", "steelyard ports")
    said[chatter].refused(NO_DEVICE, "not as a Steelyard terminal", "right port", "speed")


def _tag(line: bytes) -> bytes:
    return line.split()[0] if line.startswith(b"@") else b"@0"


@pytest.mark.parametrize(
    ("reply", "code", "words"),
    [
        # protocol/README.md: a terminal of another version answers ID with another protocol=.
        (b"OK protocol=2 product=steelyard", NO_DEVICE, ("version 2", "version 1", "release")),
        (
            b"OK protocol=1 product=coffee",
            NO_DEVICE,
            ("no Steelyard", "coffee", "steelyard ports"),
        ),
        (b"OK", NO_DEVICE, ("no Steelyard terminal", "right port")),
        (b'ERROR 2 UNKNOWN_COMMAND "No such command."', REFUSED, ("No such command", "[2 ")),
    ],
)
def test_a_terminal_of_another_kind(
    nobody: CommandLine, reply: bytes, code: int, words: tuple[str, ...]
) -> None:
    with on_the_network(lambda line: with_crc(_tag(line) + b" " + reply)) as address:
        nobody("status", address).refused(code, *words)


def test_a_terminal_at_its_prompt_is_started_again(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    before = records(bench)
    with serial.serial_for_url(port, timeout=30) as typing:
        typing.write(b"\x03")
        assert typing.read_until(b">>> ").endswith(b">>> ")
    for command in (("status",), ("read", "--allow-test"), ("verify",)):
        user(command[0], port, *command[1:]).refused(
            NO_DEVICE, "at the MicroPython prompt", f"`steelyard reset {port}`"
        )
    assert user("reset", port, "--json").json()["state"] == "provisioned"
    assert user("status", port).code == OK
    assert records(bench) == before + 1  # a start is a record


# --- two at once ---------------------------------------------------------------------------------


def test_two_programs_on_one_port(bench: Bench, user: CommandLine) -> None:
    before = records(bench)
    port = bench.simulator.pty
    with serial.Serial(port, exclusive=True):
        user("read", port, "--allow-test").refused(NO_DEVICE, "in use by another program", "Close")
    host, _, number = bench.simulator.console.removeprefix("socket://").partition(":")
    with socket.create_connection((host, int(number)), 10) as other:
        other.sendall(b"READ\r\n")
        assert other.recv(400).startswith(b"OK ")
        said = user("read", bench.simulator.console, "--allow-test")
        said.refused(NO_DEVICE, "in use by another program", "Close it")
    assert records(bench) == before
    assert user("read", port, "--allow-test", "--json").json()["n"] == before


# --- bad lines -----------------------------------------------------------------------------------


HALF_TYPED = (
    b"REGISTER",
    b"CAL BEGIN",
    b"RESET ",
    b'SET e "10',
    b"@7 ZERO *",
    b"\xff\xfe\x00 ~~ @@ *0000",
    b"no command at all\r\nnor this: ERROR 99 INTERNAL",
    b"Z" * 600,
)


def test_what_somebody_typed_before_us_is_not_carried_out(bench: Bench, user: CommandLine) -> None:
    before = records(bench)
    for typed in HALF_TYPED:
        with serial.serial_for_url(bench.simulator.pty) as line:
            line.write(typed)
        status = user("status", bench.simulator.pty, "--json").json()
        # The third start, after provisioning and calibration: no RESET was one more.
        assert (status["n"], status["value"], status["boot"]) == (str(before), "2.500 kg", "3")
    with Terminal(bench.simulator.pty) as terminal:
        assert terminal.calibrate("STATUS")["state"] == "calibrated"


class _Noise:
    """Flips a bit in the first lines that hold a mark."""

    def __init__(self, mark: bytes, times: int) -> None:
        self._mark = mark
        self._left = times

    def __call__(self, line: bytes) -> bytes:
        if self._mark in line and self._left:
            self._left -= 1
            at = line.index(self._mark)
            line = line[:at] + bytes([line[at] ^ 1]) + line[at + 1 :]
        return as_it_is(line)


def test_wrong_check_sums_among_the_replies_are_passed_over(
    bench: Bench, user: CommandLine
) -> None:
    def lie(line: bytes) -> bytes:
        # The same reply with another weight and the old check sum; a shred; somebody else's.
        false = line.replace(b"2.500", b"9.500")
        return (
            b"\xff\r\n"
            + (false + b"\r\n") * (false != line)
            + with_crc(b"@1 OK n=9")
            + (as_it_is(line))
        )

    with Cable(bench.simulator.console, as_it_is, lie) as cable:
        assert user("read", cable.address, "--unsigned", "--json").json()["value"] == "2.500"


def test_a_line_damaged_once_is_sent_again(bench: Bench, user: CommandLine) -> None:
    for mark in (b" ID", b"gross="):
        noise = _Noise(mark, 1)
        with Cable(bench.simulator.console, noise, noise) as cable:
            shown = user("read", cable.address, "--unsigned", "--json").json()
        assert shown["value"] == "2.500"
    # One that damages everything is named.
    with Cable(bench.simulator.console, _Noise(b" ID", 99), as_it_is) as cable:
        user("status", cable.address).refused(NO_DEVICE, "damages what it carries", "ground")


def test_a_bad_cable_loses_no_record(bench: Bench, user: CommandLine) -> None:
    before = records(bench)
    # A damaged command is not carried out.
    with Cable(bench.simulator.console, _Noise(b" REGISTER", 1), as_it_is) as cable:
        user("read", cable.address, "--allow-test").refused(NO_DEVICE, "damages what it carries")
    assert records(bench) == before
    # 0oRD is how base64 of an envelope begins: the reply to REGISTER is damaged on its way.
    with Cable(bench.simulator.console, as_it_is, _Noise(b"0oRD", 1)) as cable:
        user("read", cable.address, "--allow-test").refused(
            NO_DEVICE, "damages what it carries", "`steelyard verify ADDRESS` shows"
        )
    assert records(bench) == before + 1
    assert user("verify", bench.simulator.pty, "--allow-test").code == OK
    assert user.kept()[-1] == (before, "READING", "2.500", "kg", 1)


def test_lines_over_the_limit_are_not_sent(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    before = records(bench)
    user("config", port, "e", "1" * 600).refused(USAGE, "a terminal takes 512", "shorter")
    user("wifi", port, "--ssid", "m" * 500, typed="secret\n").refused(USAGE, "shorter")
    for wrong in ("1\n0", "\t", "\udcff"):
        user("config", port, "e", wrong).refused(USAGE, "a command cannot carry", "Leave them out")
    assert records(bench) == before


# --- cables and power ----------------------------------------------------------------------------


def test_a_cable_pulled_in_a_command(bench: Bench, user: CommandLine) -> None:
    before = records(bench)
    for command in (b" ID", b" REGISTER"):

        def pull(line: bytes, command: bytes = command) -> bytes | None:
            return None if command in line else as_it_is(line)

        with Cable(bench.simulator.console, pull, as_it_is) as cable:
            user("read", cable.address, "--allow-test").refused(
                NO_DEVICE, "broke", "Check the cable", "is kept"
            )
        assert records(bench) == before
    assert user("read", bench.simulator.pty, "--allow-test", "--json").json()["n"] == before


def test_power_cut_in_a_command(bench: Bench, user: CommandLine) -> None:
    before = records(bench)

    def cut(line: bytes) -> bytes:
        if b"REGISTER" in line:
            bench.world("cut power")
        return as_it_is(line)

    with Cable(bench.simulator.console, cut, as_it_is) as cable:
        user("read", cable.address, "--allow-test").refused(NO_DEVICE, "does not answer", "power")
    bench.world("restore power")
    said = user("verify", bench.simulator.pty, "--allow-test", "--json").json()
    assert said["ok"] and said["records"] == before + 1  # the start
    assert [row[1] for row in user.kept()].count("READING") == 0


def test_a_stranger_cannot_vouch_for_a_weight(bench: Bench, user: CommandLine) -> None:
    # An old record, played back for a new weight: the nonce does not fit.
    assert user("read", bench.simulator.pty, "--allow-test").code == OK
    old: list[bytes] = []

    def replay(line: bytes) -> bytes:
        if b"0oRD" in line:
            old.append(line.split()[3])
            return with_crc(b" ".join([line.split()[0], b"OK", b"n=9", old[0]]))
        return as_it_is(line)

    for code, times in ((OK, 1), (VERDICT, 2)):
        with Cable(bench.simulator.console, as_it_is, replay) as cable:
            assert user("read", cable.address, "--allow-test").code == code
        assert len(old) == times


def test_the_control_lines_are_left_asserted(bench: Bench) -> None:
    # Without DTR a USB board drops long replies (TinyUSB's buffer is overwritten then); one of the
    # two alone resets an ESP32. A pseudo terminal has no such lines: what was asked of it counts.
    bench.terminal.close()
    with Link(bench.simulator.pty) as link:
        assert (link._port.dtr, link._port.rts) == (True, True)


def test_a_key_is_not_taken_from_the_network(nobody: CommandLine) -> None:
    # Whoever answers there says that it is SY-0001 and has this key; no cable vouches for it.
    words = "protocol=1 product=steelyard serial=SY-0001 model=x board=x fw=1 state=provisioned"
    words += f" test=0 cal=0 converter=hx711 dev={'ab' * 8} key={'cd' * 32} swid={'ef' * 32}"
    answer = b" OK " + words.encode()
    with on_the_network(lambda line: with_crc(_tag(line) + answer)) as address:
        nobody("provision", address, "--serial", "SY-0001").refused(REFUSED, "by its cable once")
    assert Store(nobody.database).registry() == {}
