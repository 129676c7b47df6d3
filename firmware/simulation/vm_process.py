"""The MicroPython VM as a process: one life of the board, from power or reset to its end.

Owns: the child process, its two pipes and its environment. Refuses: to start without a VM, with a
sentence. Units: none.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

HEAP = "192wK"  # 192 KiB as on an RP2040, counted in words of the VM
_HERE = Path(__file__).resolve().parent
_PR_SET_PDEATHSIG = 1
REQUEST = struct.Struct("<IIqqi4x")
ANSWER = struct.Struct("<IIqiHhhhHqq")


class NoVirtualMachine(RuntimeError):
    """There is no MicroPython to run; the message says what to do."""


def find_micropython() -> str:
    """Path of the unix-port VM, which whoever starts us names in MICROPYTHON."""
    named = os.environ.get("MICROPYTHON", "")
    if not named:
        raise NoVirtualMachine("no MicroPython VM is named: start this with `steelyard sim`")
    if not os.access(named, os.X_OK):
        raise NoVirtualMachine(f"MICROPYTHON names {named}, which is not a program")
    return named


class VmProcess:
    """One running VM on the terminal line `slave`.

    levels(): what feeds the board now, in mV, the temperature of the board in 0.01 degrees,
    gravity along its two edges in 1/1000, a bit for each contact of the keypad that is closed.
    """

    def __init__(
        self,
        slave: int,
        board: dict[str, object],
        wifi: tuple[str, str],
        levels: Callable[[], tuple[int, int, int, int, int]],
    ) -> None:
        self._levels = levels
        ask_read, ask_write = os.pipe()
        answer_read, answer_write = os.pipe()
        settings = dict(board, requests=ask_write, answers=answer_read)
        environment = {
            "STEELYARD_SIM_BOARD": json.dumps(settings),
            "STEELYARD_SIM_SSID": wifi[0],
            "STEELYARD_SIM_KEY": wifi[1],
        }

        def in_child() -> None:
            os.setsid()
            fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
            if sys.platform == "linux":
                # The VM must not outlive the world; elsewhere it ends when its pipe does.
                ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

        self._process = subprocess.Popen(
            [find_micropython(), "-X", f"heapsize={HEAP}", "-i", str(_HERE / "vm/launcher.py")],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            pass_fds=(ask_write, answer_read),
            preexec_fn=in_child,
        )
        os.close(ask_write)
        os.close(answer_read)
        self.requests = ask_read
        self._answers = answer_write

    def read_request(self) -> tuple[int, int, int, int, int] | None:
        """(number, operation, now_us, argument, value); None when the VM has ended."""
        data = os.read(self.requests, REQUEST.size)
        if len(data) < REQUEST.size:
            return None
        return REQUEST.unpack(data)  # type: ignore[return-value]

    def answer(
        self, number: int, signals: int, times_us: tuple[int, int], word: int = 0, next_us: int = 0
    ) -> None:
        """Answer a request; a VM that ended meanwhile is found at the next read.

        times_us: now, and up to when an idle VM lets time pass without asking.
        """
        now_us, free_us = times_us
        try:
            os.write(
                self._answers,
                ANSWER.pack(number, signals, now_us, word, *self._levels(), next_us, free_us),
            )
        except BrokenPipeError:
            return

    def end(self) -> None:
        """Kill it if it lives, and let its pipes go."""
        self._process.kill()
        self._process.wait()
        os.close(self.requests)
        os.close(self._answers)
