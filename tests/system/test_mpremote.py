"""mpremote, unmodified and as a subprocess, against the virtual board."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminals import VirtualTerminal


@pytest.fixture(params=["pty", "socket"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with VirtualTerminal(tmp_path / "flash.bin") as terminal:
        yield terminal.pty if request.param == "pty" else terminal.console


def mpremote(address: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", address, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_exec_and_file_commands(address: str, tmp_path: Path) -> None:
    content = bytes(range(256)) * 40
    (tmp_path / "data.bin").write_bytes(content)
    assert mpremote(address, "exec", "print(6 * 7)").strip() == "42"
    mpremote(
        address,
        "fs",
        "mkdir",
        ":/box",
        "+",
        "fs",
        "cp",
        str(tmp_path / "data.bin"),
        ":/box/data.bin",
    )
    assert "10240 data.bin" in mpremote(address, "fs", "ls", ":/box")
    assert hashlib.sha256(content).hexdigest() in mpremote(
        address, "fs", "sha256sum", ":/box/data.bin"
    )
    mpremote(address, "fs", "cp", ":/box/data.bin", str(tmp_path / "back.bin"))
    assert (tmp_path / "back.bin").read_bytes() == content
    mpremote(address, "fs", "rm", ":/box/data.bin")
    assert "data.bin" not in mpremote(address, "fs", "ls", ":/box")


def test_soft_reset_clears_and_resume_keeps(address: str) -> None:
    mpremote(address, "exec", "kept = 5")
    assert mpremote(address, "resume", "exec", "print(kept)").strip() == "5"
    mpremote(address, "soft-reset")
    assert mpremote(address, "exec", "print('kept' in globals())").strip() == "False"


def test_it_interrupts_a_running_main(address: str, tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text("import asyncio\nasyncio.run(asyncio.sleep(1000000))\n")
    mpremote(address, "fs", "cp", str(program), ":/main.py", "+", "reset")
    assert mpremote(address, "exec", "print(1 + 1)").strip() == "2"
