"""How commands end: Ctrl-C at bad moments, a closed window, a pipe, a board without firmware."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from air import join
from command_line import CommandLine
from steelyard.calibration import Work, calibrate_terminal
from steelyard.client import Terminal
from steelyard.errors import INTERRUPTED, NO_DEVICE, OK, REFUSED, UserError
from strangers import Cable, as_it_is
from terminals import Bench, Start, VirtualTerminal


@pytest.fixture
def user(bench: Bench) -> CommandLine:
    """The user of the terminal of `bench`; the console is free for them."""
    bench.load("place 2.5 kg")
    bench.terminal.close()
    return CommandLine(bench.store.path)


def test_ctrl_c_while_the_program_loads(tmp_path: Path) -> None:
    # Ctrl-C comes while a library is imported, as in the first second of every command.
    early = tmp_path / "platformdirs.py"
    early.write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    user = CommandLine(tmp_path / "kept.sqlite3")
    user.environment["PYTHONPATH"] = str(tmp_path)
    said = user.program("boards")
    assert (said.code, said.err) == (INTERRUPTED, "steelyard: interrupted")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_closed_window_leaves_no_file(tmp_path: Path, how: signal.Signals) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    user = CommandLine(tmp_path / "kept.sqlite3")
    user.environment["TMPDIR"] = str(folder)
    with user.started("demo") as process:
        assert process.stdout is not None
        for _ in range(8):
            assert process.stdout.readline()
        assert list(folder.iterdir())
        process.send_signal(how)
        assert user.ended(process).code == 128 + how
    assert list(folder.iterdir()) == []


def test_ctrl_c_after_the_commit_says_what_is_in_force(bench: Bench) -> None:
    def put(text: str) -> None:
        bench.world("place 15 kg" if "weight" in text else "remove")
        bench.world("advance 1 s")

    def pressed(line: bytes) -> bytes:
        # The terminal has answered COMMIT when the person's patience is at its end.
        if b" generation=2" in line:
            signal.raise_signal(signal.SIGINT)
        return line + b"\r\n"

    bench.terminal.close()
    with (
        Cable(bench.simulator.console, as_it_is, pressed) as cable,
        Terminal(cable.address) as terminal,
        pytest.raises(UserError) as caught,
    ):
        calibrate_terminal(terminal, bench.store, Work((("15.000", "kg"),), reference=""), put)
    assert caught.value.exit_code == INTERRUPTED
    assert "new calibration is in force all the same (generation 2)" in caught.value.sentence
    with Terminal(bench.simulator.console) as terminal:
        assert terminal.identify().calibration == 2


def test_a_board_without_firmware_is_told_from_one_that_stopped(tmp_path: Path) -> None:
    user = CommandLine(tmp_path / "kept.sqlite3")
    with VirtualTerminal(tmp_path / "bare.flash") as bare:
        for command in ("status", "verify"):
            user(command, bare.pty).refused(
                NO_DEVICE, "at the MicroPython prompt", "`steelyard reset", "`steelyard flash`"
            )
        user("reset", bare.pty).refused(
            NO_DEVICE, "prompt again", f"steelyard flash --board BOARD --port {bare.pty}"
        )


def test_in_a_narrow_pipe_nothing_is_cut(bench: Bench, user: CommandLine) -> None:
    user.environment["COLUMNS"] = "60"
    shown = "".join(user("status", bench.simulator.pty).out.split())
    identity = user("status", bench.simulator.pty, "--json").json()
    assert str(identity["key"]) in shown and str(identity["software_id"]) in shown


def test_watch_prints_a_row_a_reading_into_a_pipe(bench: Bench, user: CommandLine) -> None:
    bench.world("speed 1")
    with user.started("watch", bench.simulator.pty) as process:
        assert process.stdout is not None
        rows = [process.stdout.readline().split() for _ in range(3)]
        assert rows[0] == "value unit stable zero net sequence verdict".split()
        assert rows[1][:2] == ["2.500", "kg"] == rows[2][:2]
        process.send_signal(signal.SIGINT)
        assert user.ended(process).code == INTERRUPTED
    assert user("status", bench.simulator.pty).code == OK


def test_two_starts_of_one_terminal_are_named(start: Start) -> None:
    bench = start("new")
    user = CommandLine(bench.store.path)
    user("sim", "--flash", bench.folder / "flash.bin").refused(
        NO_DEVICE, "is the flash of a virtual terminal that runs"
    )


def test_a_host_without_the_key_of_the_network_line_is_told_to_use_the_cable(
    bench: Bench, tmp_path: Path
) -> None:
    address = join(bench)
    stranger = CommandLine(tmp_path / "another" / "kept.sqlite3")
    assert stranger("status", address).code == OK
    stranger("zero", address).refused(REFUSED, "no key for the terminal's network line", "cable")
