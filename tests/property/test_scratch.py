"""Temporary folders and Ctrl-C."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from steelyard.scratch import scratch, uninterrupted


def test_ctrl_c_waits_for_the_end_of_the_block_and_no_longer() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        done.append("the work")
    assert done == ["the work"]
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
        done.append("never")
    assert done == ["the work"]


def test_a_folder_is_gone_whatever_happened_in_it(tmp_path: Path) -> None:
    with scratch(tmp_path) as folder:
        (folder / "a").mkdir()
        (folder / "a" / "file").write_text("x")
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), scratch(tmp_path) as folder:
        (folder / "file").write_text("x")
        signal.raise_signal(signal.SIGINT)
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_it_is_made_or_removed_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil
    import tempfile

    made, removed = tempfile.mkdtemp, shutil.rmtree

    def interrupted(call):  # type: ignore[no-untyped-def]
        def run(*arguments, **options):  # type: ignore[no-untyped-def]
            signal.raise_signal(signal.SIGINT)
            return call(*arguments, **options)

        return run

    for name, module, call in (("mkdtemp", tempfile, made), ("rmtree", shutil, removed)):
        monkeypatch.setattr(module, name, interrupted(call))
        with pytest.raises(KeyboardInterrupt), scratch(tmp_path) as folder:
            (folder / "file").write_text("x")
        monkeypatch.setattr(module, name, call)
        assert list(tmp_path.iterdir()) == []
