"""Virtual terminals for the tests: started as the program that users start, ended with the test.

Owns: the child process and the world's command line. Refuses: what the world refuses (WorldError).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "firmware" / "simulation" / "terminal.py"


class WorldError(RuntimeError):
    """The world refused a command; its sentence."""


class VirtualTerminal:
    """One virtual terminal: `with VirtualTerminal(flash) as terminal: terminal.world("help")`."""

    def __init__(self, flash: Path, *options: str, speed: str = "max") -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "--flash", str(flash), "--speed", speed, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
        )
        assert self.process.stdout is not None and self.process.stderr is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise RuntimeError(self.process.stderr.read())
        self.addresses: dict[str, str] = json.loads(line)
        self.pty = self.addresses["pty"]
        self.console = self.addresses["console"]
        self.service = self.addresses["service"]
        host, _, port = self.addresses["world"].removeprefix("socket://").partition(":")
        self._world = socket.create_connection((host, int(port)), 30)
        self._lines = self._world.makefile("r", encoding="utf-8")

    def world(self, command: str) -> str:
        """Give the world a command; its answer without the "ok"."""
        self._world.sendall(command.encode() + b"\n")
        kind, _, text = self._lines.readline().rstrip("\n").partition(" ")
        if kind != "ok":
            raise WorldError(text)
        return text

    def state(self) -> dict[str, object]:
        """The world's state."""
        found: dict[str, object] = json.loads(self.world("state"))
        return found

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the program; SIGKILL is a power cut."""
        self._lines.close()
        self._world.close()
        self.process.send_signal(how)
        self.process.wait(20)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> VirtualTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()
