"""Power cuts at every flash operation: no acknowledged record lost, no number used twice.

Owns: which runs are made, the proof that the check sees planted mistakes, the full chip, and the
stock start-up rule on a cut, a bare and a damaged chip.
Refuses: a run that found anything broken; the message has the operations at which it was cut.
Units: cuts. Set STEELYARD_SOAK=N for N further seeds of double cuts (`make soak`).
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import vms

HERE = Path(__file__).resolve().parent
PATHS = (*vms.DEVICE_PATHS, vms.ROOT / "tests" / "unit")
# (device, records there before, seed of the double cuts). Of four blocks a segment in the flash
# has 60 pages: with 53 records before it, the next begins during the run.
RUNS = [("files", 0, 1), ("files", 53, 1)]
SOAK = int(os.environ.get("STEELYARD_SOAK", "0"))
RUNS += [("files", 44 + seed % 60, seed) for seed in range(2, 2 + SOAK)]
RUNS += [("append", 20, 1)] if SOAK else []


def _run(*arguments: object, script: str = "power_cuts.py") -> dict:
    output = vms.run_micropython(
        HERE / script, *PATHS, timeout=600, argv=tuple(map(str, arguments))
    )
    # Above the result: what the VM says when it collects files that a cut left open.
    return json.loads(output.splitlines()[-1])


@pytest.mark.parametrize(("device", "records", "seed"), RUNS)
def test_every_cut_keeps_what_was_acknowledged(
    device: str, records: int, seed: int, record_property: Callable[[str, object], None]
) -> None:
    result = _run("cuts", device, "real", "real", records, seed, 0)
    record_property("cuts", result["cuts"])
    assert result["broken"] == []
    # 4 places in a page or block for each operation, and as many double cuts.
    assert result["operations"] > 30
    assert result["cuts"] == 8 * (result["operations"] + 1)


def test_cuts_of_the_plain_device_keep_what_was_acknowledged() -> None:
    # A seeded part of them; `make soak` makes them all.
    result = _run("cuts", "append", "real", "real", 20, 1, 250)
    assert result["broken"] == [] and result["cuts"] == 250


@pytest.mark.parametrize(
    ("device", "journal", "files", "symptom"),
    [
        ("files", "announces", "real", "after"),
        ("files", "trusts", "real", "next_n"),
        ("files", "real", "removes", "settings None"),
        ("blind", "real", "real", "JOURNAL"),
    ],
)
def test_a_planted_mistake_is_seen(device: str, journal: str, files: str, symptom: str) -> None:
    broken = _run("cuts", device, journal, files, 20, 1, 0)["broken"]
    assert broken and symptom in broken[0][1]


@pytest.mark.parametrize(("device", "least"), [("files", 350), ("append", 200)])
def test_a_full_chip_refuses_records_and_still_saves_settings(device: str, least: int) -> None:
    result = _run("full", device)
    assert result["refusal"] == "JOURNAL_FULL"
    assert result["records"] > least
    assert result["free_blocks"] >= 8


def test_F21_every_cut_of_an_operation_leaves_the_old_or_the_recorded_new() -> None:
    # At each operation once, at the beginning or in the middle; `make soak` at both.
    result = _run("real", "all" if SOAK else "one", script="operation_cuts.py")
    assert result["broken"] == []
    assert result["operations"] > 80
    assert result["cuts"] == (2 if SOAK else 1) * (result["operations"] + 1)


def test_a_change_that_is_saved_before_it_is_recorded_is_seen() -> None:
    broken = _run("saves-first", "one", script="operation_cuts.py")["broken"]
    assert broken and "AssertionError" in broken[0][1]


START = """
import os
from simulation.nor import BLOCK, NorFlash, PowerCut, mount_root
chip = bytearray(b"\\xff" * (16 * BLOCK))

def start(write):
    mount_root(NorFlash(chip, 16))
    if write:
        with open("/mark", "w") as file:
            file.write("here")
    return os.listdir("/")

print(start(True))    # bare: formatted
print(start(False))   # what is there is kept
cut = NorFlash(chip, 16)
mount_root(cut)
cut.cut_after(0)
try:
    os.mkdir("/other")
except PowerCut:
    print(start(False))  # a cut is no reason to format
chip[8:16] = bytes(8)  # "littlefs" in both superblocks
chip[BLOCK + 8 : BLOCK + 16] = bytes(8)
print(start(False))   # does not mount: formatted
"""


def test_the_stock_start_formats_what_does_not_mount_and_nothing_else() -> None:
    output = vms.run_micropython(START).splitlines()
    assert output == ["['mark']", "['mark']", "['mark']", "[]"]
