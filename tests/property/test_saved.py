"""Files that commands leave behind: whole or as they were, and never in the place of a device."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest
from disk import disk_full
from steelyard import records, saved
from steelyard.errors import UserError


def _through(pipe: Path) -> tuple[threading.Thread, list[bytes]]:
    os.mkfifo(pipe)
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
    reader.start()
    return reader, came


def test_a_pipe_is_written_through_and_stays(tmp_path: Path) -> None:
    for number, write in enumerate(
        (lambda at: saved.save(at, b"some\n"), lambda at: records.write(at, [b"some"]))
    ):
        pipe = tmp_path / str(number)
        reader, came = _through(pipe)
        write(pipe)
        reader.join(10)
        assert came == [(b"some\n", b"c29tZQ==\n")[number]]
        assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_full_disk_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.release"
    saved.save(file, b"signed by two")
    with disk_full(10), pytest.raises(UserError, match="cannot write"):
        saved.save(file, bytes(100_000))
    assert file.read_bytes() == b"signed by two"
    assert [path.name for path in tmp_path.iterdir()] == ["a.release"]


def test_a_folder_that_is_not_there_or_in_the_way_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "no" / "file", tmp_path):
        with pytest.raises(UserError, match=f"cannot write {path}"):
            saved.save(path, "text")
