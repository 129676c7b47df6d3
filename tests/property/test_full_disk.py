"""A full disk where nothing else tries one: transcripts, temporary files, what is compiled."""

from __future__ import annotations

from pathlib import Path

import pytest
from disk import disk_full
from steelyard.errors import USAGE, UserError
from steelyard.image import compile_source
from steelyard.scratch import room_needed, scratch
from steelyard.transcript import add_line


def test_a_line_of_a_transcript_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "transcript.txt"
    for _ in range(3):
        add_line(file, "Grüße " * 8)
    before = file.read_bytes()
    with disk_full(len(before) + 20), pytest.raises(UserError, match="free space, then run the"):
        add_line(file, "x" * 100)
    assert file.read_bytes() == before
    add_line(file, "later")
    assert file.read_bytes() == before + b"later\n"


def test_temporary_files_that_do_not_fit_are_told_of(tmp_path: Path) -> None:
    room = room_needed("The board is as it was")
    with disk_full(1000), pytest.raises(UserError) as full, room, scratch() as folder:
        (folder / "pack").write_bytes(bytes(2000))
    assert full.value.exit_code == USAGE and not folder.exists()
    for words in ("File too large", "The board is as it was", "TMPDIR", "same command again"):
        assert words in full.value.sentence
    # What has nothing to do with room is not told as if it had.
    with pytest.raises(FileNotFoundError), room_needed("Nothing was changed"):
        (tmp_path / "none").read_bytes()


def test_what_is_compiled_is_whole_however_full_the_disk_is(tmp_path: Path) -> None:
    # More bytes than its source: of a file of them mpy-cross would leave the beginning.
    source = b"a;" * 2000
    made = compile_source("x.py", source, tmp_path)
    assert len(made) > len(source)
    with disk_full(len(source)):
        assert compile_source("x.py", source, tmp_path) == made
