"""Turns: what several threads and programs change at once loses nothing."""

import json
import subprocess
import sys
import threading

import pytest
from steelyard.errors import USAGE, UserError
from steelyard.shared_keys import SharedKeys
from steelyard.turns import turn

_TERMINALS = 24
_OFFER = """
import sys
from pathlib import Path
from steelyard.shared_keys import SharedKeys

keys = SharedKeys(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    keys.offer(f"SY-TEST-{number}", bytes([number]) * 32)
"""


def _offered() -> dict[str, str]:
    return {f"offered to SY-TEST-{n}": (bytes([n]) * 32).hex() for n in range(_TERMINALS)}


def test_threads_that_offer_keys_at_once_lose_none(tmp_path):
    keys = SharedKeys(tmp_path / "keys.json")
    begin = threading.Barrier(_TERMINALS)
    failed = []

    def offer(number: int) -> None:
        begin.wait()
        try:
            keys.offer(f"SY-TEST-{number}", bytes([number]) * 32)
        except UserError as error:
            failed.append(error)

    threads = [threading.Thread(target=offer, args=(n,)) for n in range(_TERMINALS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert json.loads(keys.path.read_text()) == _offered()
    assert not list(tmp_path.glob("*.new"))


def test_programs_that_offer_keys_at_once_lose_none(tmp_path):
    path, half = tmp_path / "keys.json", _TERMINALS // 2
    bounds = [(0, half), (half, _TERMINALS)]
    programs = [
        subprocess.Popen([sys.executable, "-c", _OFFER, str(path), str(begin), str(end)])
        for begin, end in bounds
    ]
    assert [program.wait() for program in programs] == [0, 0]
    assert json.loads(path.read_text()) == _offered()


def test_who_waits_too_long_is_told_and_changes_nothing(tmp_path):
    path = tmp_path / "a log"
    with (
        turn(path),
        pytest.raises(UserError, match="has been writing .*a log for 0 s; wait for it") as refused,
        turn(path, wait_s=0.1),
    ):
        raise AssertionError("two at once")
    assert refused.value.exit_code == USAGE
    with turn(path, wait_s=0.1):  # and afterwards it is free
        pass


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with (
        pytest.raises(UserError, match="folder of .*nowhere.* is not there. Nothing was changed"),
        turn(tmp_path / "nowhere" / "keys.json"),
    ):
        pass
