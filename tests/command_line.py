"""The command line as a user has it: arguments in; exit code, output and errors out.

Owns: the database that the commands use, and what holds for whatever they print: no traceback, no
link key.
Refuses: with AssertionError, such an output.
Units: seconds.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from steelyard.cli import run

PROGRAM = [sys.executable, "-m", "steelyard"]


@dataclass(frozen=True)
class Said:
    """The end of a command. err: its sentences in one line, as a person reads them."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON object that it printed."""
        lines = self.out.splitlines()
        assert self.code == 0 and len(lines) == 1, self
        found = json.loads(lines[0])
        assert isinstance(found, dict)
        return found

    def refused(self, code: int, *words: str) -> None:
        """It ended with this exit code, printed no result and said all these words."""
        assert self.code == code and not self.out, self
        for word in words:
            assert word in self.err, self


class CommandLine:
    """Commands of one user. database: where their records are kept, or the address of a server,
    then with the folder of their other files."""

    def __init__(self, database: Path | str, folder: Path | None = None) -> None:
        self.database = database
        self.folder = folder or Path(database).parent
        self.environment = dict(os.environ, STEELYARD_DATABASE=str(database), COLUMNS="100")

    def __call__(self, *arguments: object, typed: str = "") -> Said:
        """Run a command here, without the start of another Python; typed: standard input."""
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self.environment),
            mock.patch("sys.stdin", io.StringIO(typed)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run([str(argument) for argument in arguments])
        return self._checked(code, out.getvalue(), err.getvalue())

    def program(self, *arguments: object, typed: str = "") -> Said:
        """Run a command as the program that it is."""
        with self.started(*arguments) as process:
            return self.ended(process, typed)

    @contextlib.contextmanager
    def started(self, *arguments: object) -> Iterator[subprocess.Popen[str]]:
        """The running program; it ends with the block."""
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                yield process
            finally:
                process.kill()

    def ended(self, process: subprocess.Popen[str], typed: str = "") -> Said:
        """Wait for a program; what it said since the last look."""
        out, err = process.communicate(typed, timeout=120)
        return self._checked(process.returncode, out, err)

    def _checked(self, code: int, out: str, err: str) -> Said:
        assert "Traceback" not in out + err, out + err
        keys = self.folder / "link-keys.json"
        for key in json.loads(keys.read_text()).values() if keys.exists() else ():
            assert key not in out + err
            assert base64.b64encode(bytes.fromhex(key)).decode() not in out + err
        return Said(code, out, " ".join(err.split()))

    def kept(self) -> list[tuple[object, ...]]:
        """(n, type, value, unit, passed) of the records in the database."""
        with contextlib.closing(sqlite3.connect(self.database)) as database:
            return list(
                database.execute("select n, type, value, unit, passed from records order by n")
            )


def without_colours(text: str) -> str:
    """A help text in one line, without the frames around it."""
    return " ".join(text.replace("│", " ").split())
