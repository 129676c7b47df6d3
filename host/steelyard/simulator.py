"""A virtual terminal as a child process, for `steelyard sim` and `steelyard demo`.

Owns: the process of firmware/simulation/terminal.py and the command line of its world.
Refuses: with `SimulatorError`, what the program or the world refuses, in its own sentence.
Units: as in the world's commands (kilograms, seconds of board time).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from steelyard import data
from steelyard.errors import BUG, NO_DEVICE, USAGE, UserError
from steelyard.virtual import micropython


class SimulatorError(UserError):
    """The virtual terminal did not start, ended, or its world refused a command."""

    def __init__(self, sentence: str, exit_code: int = NO_DEVICE) -> None:
        super().__init__(exit_code, sentence)


class World:
    """The command line of a virtual terminal's physical world. address: socket://HOST:PORT."""

    def __init__(self, address: str) -> None:
        host, _, port = address.removeprefix("socket://").partition(":")
        try:
            # No time limit: `advance 60 min` answers when it is over, an ended program at once.
            self._line = socket.create_connection((host, int(port)))
        except (OSError, ValueError):
            raise SimulatorError(
                f"there is no world at {address}: `steelyard sim` says it"
            ) from None
        self._answers = self._line.makefile("r", encoding="utf-8")

    def __call__(self, command: str) -> str:
        """Give the physical world a command; its answer. SimulatorError if it refuses."""
        try:
            self._line.sendall(command.encode() + b"\n")
            kind, _, text = self._answers.readline().rstrip("\n").partition(" ")
        except OSError:
            kind = text = ""
        if kind != "ok":
            raise SimulatorError(text or "the virtual terminal is gone")
        return text

    def close(self) -> None:
        """Let go of it."""
        self._answers.close()
        self._line.close()


class Simulator:
    """One running virtual terminal. A context manager: its end is the end of the process.

    flash: flash file, made if missing (then the board is bare). options: further arguments of
    firmware/simulation/terminal.py. SimulatorError if it does not start.
    """

    def __init__(self, flash: Path, options: Sequence[str] = ()) -> None:
        program = data.simulation() / "terminal.py"
        self._listener: threading.Thread | None = None
        self._said: list[str] = []
        # A session of its own: Ctrl-C at our terminal is ours, we end the child in good order.
        # Tethered: if this process is killed, the child sees its standard input end, and ends.
        self.process = subprocess.Popen(
            [sys.executable, str(program), "--tethered", "--flash", str(flash), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(os.environ, MICROPYTHON=micropython()),
            text=True,
            start_new_session=True,
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            _, errors = self.process.communicate()
            raise self._ended(errors.splitlines(), self.process.returncode)
        self.addresses: dict[str, str] = json.loads(line)
        self._world = World(self.addresses["world"])

    @property
    def pty(self) -> str:
        """Path of the terminal's serial line."""
        return self.addresses["pty"]

    @property
    def console(self) -> str:
        """URL of the same line."""
        return self.addresses["console"]

    @property
    def service(self) -> str:
        """URL of the terminal's network port, once it has joined."""
        return self.addresses["service"]

    def world(self, command: str) -> str:
        """Give the physical world a command; its answer. SimulatorError if it refuses."""
        return self._world(command)

    def state(self) -> dict[str, object]:
        """The state of the world (see `steelyard sim`, command `state`)."""
        found: dict[str, object] = json.loads(self.world("state"))
        return found

    def _ended(self, said: Sequence[str], code: int) -> SimulatorError:
        """What the end of the program means for people; a traceback is not for them."""
        if code in (USAGE, NO_DEVICE) and said:
            return SimulatorError(said[-1], code)
        last = f" ({said[-1]})" if said else ""
        return SimulatorError(f"the virtual terminal stopped{last}. Its flash file stays", BUG)

    def listen(self, on_line: Callable[[str], None]) -> None:
        """From now on on_line gets what the program says of itself, but no traceback."""

        def relay() -> None:
            for line in self.process.stderr or ():
                self._said.append(line.rstrip())
                if "Traceback" not in self._said[0]:
                    on_line(self._said.pop())

        self._listener = threading.Thread(target=relay, daemon=True)
        self._listener.start()

    def _stop_listening(self) -> None:
        """When the program has ended."""
        if self._listener is not None:
            self._listener.join()

    def wait(self) -> SimulatorError:
        """Wait for the program to end by itself; what that means."""
        code = self.process.wait()
        self._stop_listening()
        return self._ended(self._said, code)

    def close(self, how: int = signal.SIGTERM) -> None:
        """End the program by a signal; its flash file stays."""
        self._world.close()
        self.process.send_signal(how)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._stop_listening()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
