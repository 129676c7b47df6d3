"""Ctrl-C on the virtual board's console, and a board that misses the one of mpremote."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
import serial
from steelyard import remote
from steelyard.remote import Remote, RemoteError
from terminals import Start, VirtualTerminal

# What a signal between any two instructions of the VM's C would strike nearly every time.
_ALLOCATES = """
import time
print("begun")
caught = 0
while caught < 30:
    waiting = False
    try:
        while True:
            junk = [bytearray(50) for _ in range(300)]
            waiting = True
            time.sleep_ms(1)
            waiting = False
    except KeyboardInterrupt:
        caught += 1
        print("waiting" if waiting else "busy")
"""


class Line:
    """The board's console at its raw prompt."""

    def __init__(self, terminal: VirtualTerminal) -> None:
        self.port = serial.serial_for_url(terminal.console, timeout=20)
        self.port.write(b"\r\x03\r\x01")
        self.until(b"raw REPL; CTRL-B to exit\r\n>")

    def until(self, mark: bytes) -> bytes:
        data = self.port.read_until(mark)
        assert data.endswith(mark), data
        return data


def test_a_program_is_interrupted_while_it_waits_and_nowhere_else(tmp_path: Path) -> None:
    with VirtualTerminal(tmp_path / "flash.bin") as terminal:
        line = Line(terminal)
        line.port.write(_ALLOCATES.encode() + b"\x04")
        line.until(b"begun\r\n")  # before, a board takes Ctrl-C for a character
        for _ in range(30):
            line.port.write(b"\x03")
            assert line.until(b"\r\n") == b"waiting\r\n"
        assert line.until(b"\x04\x04>") == b"\x04\x04>"


def test_a_program_that_never_waits_is_interrupted_too(tmp_path: Path) -> None:
    with VirtualTerminal(tmp_path / "flash.bin") as terminal:
        line = Line(terminal)
        line.port.write(b"print('here')\nwhile True: pass\x04")
        line.until(b"here\r\n")
        line.port.write(b"\x03")
        assert b"KeyboardInterrupt" in line.until(b"\x04>")


def test_ctrl_c_twice_is_ctrl_c(start: Start) -> None:
    bench = start("provisioned")
    bench.terminal.close()
    with serial.serial_for_url(bench.simulator.console, timeout=20) as port:
        port.write(b"\r\x03\x03\x03")
        said = port.read_until(b">>> ")
        assert said.endswith(b">>> ")
        assert b"soft reboot" not in said


def _freeze(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(seconds, os.kill, (pid, signal.SIGCONT)).start()


def test_a_board_that_misses_the_key_is_asked_once_more(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = start("provisioned")
    bench.terminal.close()
    monkeypatch.setattr(remote, "_ENTER_S", 8.0)
    said: list[str] = []
    board = Remote(bench.simulator.pty, said.append)
    _freeze(bench.simulator.process.pid, 10.0)
    assert board.run(["exec", "print(6 * 7)"], resume=False) == "42\r\n"
    assert said == ["42"]  # what finds out that the board is there is nobody's output


def test_a_command_that_began_is_never_given_twice(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = start("provisioned", speed="1")
    bench.terminal.close()
    Remote(bench.simulator.pty).run(["exec", "n = 0"], resume=False)
    monkeypatch.setattr(remote, "_SILENCE_S", 8.0)

    begun = "print('begun'); import time; time.sleep(1); n += 1"

    def freeze(text: str) -> None:
        _freeze(bench.simulator.process.pid, 10.0)

    with pytest.raises(RemoteError, match="silent for 8 s"):
        Remote(bench.simulator.pty, freeze).run(["exec", begun])
    assert Remote(bench.simulator.pty).run(["exec", "print(n)"]).strip() == "1"
