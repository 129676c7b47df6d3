"""`make demo`: all of it happens, a part that does not is told, and Ctrl-C leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from steelyard import demo
from steelyard.cli import run
from steelyard.verify import Report

COMMAND = [sys.executable, "-m", "steelyard", "demo"]


def _start(folder: Path, *options: str) -> subprocess.Popen[str]:
    # Whatever the demo makes is below `folder`, by which what is left over can be found.
    return subprocess.Popen(
        [*COMMAND, *options],
        cwd=folder,
        env=dict(os.environ, TMPDIR=str(folder), STEELYARD_DATABASE=str(folder / "never")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that have `folder` in their arguments or environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        if int(place.name) == os.getpid():
            continue
        try:
            words = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
        except OSError:
            continue  # it has ended meanwhile, or is another user's
        if str(folder).encode() in words:
            found.append(words[:80].decode("utf-8", "replace"))
    return found


def _assert_nothing_is_left(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while _processes_of(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _processes_of(folder) == []
    assert list(folder.iterdir()) == []


def test_all_of_it_happens(tmp_path: Path) -> None:
    process = _start(tmp_path, "--json")
    out, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    found = json.loads(out)
    assert found["ok"] is True and found["failures"] == []
    assert found["forgeries_caught"] == 3
    assert found["plates"] == 9  # calibration_finalCalibration.csv
    # The day: provisioning, calibration, six goods and a net weight; the recording: provisioning,
    # its scale, four parameters, calibration and nine plates.
    assert found["records_verified"] == 9 + 16
    _assert_nothing_is_left(tmp_path)


def test_what_the_terminal_shows_is_the_table_and_the_summary(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    process = _start(folder, "--svg", str(tmp_path / "demo.svg"))
    out, errors = process.communicate(timeout=300)
    assert (process.returncode, errors) == (0, "")
    assert "value      unit  stable  zero  net  sequence  verdict" in out
    for value in (*demo.GOODS, "2.750"):
        assert any(value in line and "verified" in line for line in out.splitlines()), value
    assert out.count(" caught  s") == 3 and "all of it happened" in out
    picture = (tmp_path / "demo.svg").read_text(encoding="utf-8")
    texts = "".join(ElementTree.fromstring(picture).itertext())
    assert "caught" in texts and "http" not in texts  # no font from elsewhere
    _assert_nothing_is_left(folder)


@pytest.mark.parametrize("after_lines", [1, 2, 8, 20, 34, 46])
def test_ctrl_c_leaves_no_process_and_no_file(tmp_path: Path, after_lines: int) -> None:
    process = _start(tmp_path)
    assert process.stdout is not None
    for _ in range(after_lines):
        assert process.stdout.readline() or pytest.fail(process.communicate()[1])
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == "steelyard: interrupted\n"
    _assert_nothing_is_left(tmp_path)


def _blind(envelopes: Sequence[bytes], *_: object, **__: object) -> Report:
    return Report()


def test_a_verifier_that_sees_nothing_fails_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "verify", _blind)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert run(["demo", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False and found["forgeries_caught"] == 0
    assert "record 2 verified" in found["failures"]
