"""S10: a power cut at every byte of an update leaves the old or the new firmware, whole.

Owns: which runs are made, the proof that the check sees planted mistakes.
Refuses: a run that found anything broken; the message has the operations at which it was cut.
Units: cuts. With STEELYARD_SOAK (`make soak`) every byte of every operation.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import vms

HERE = Path(__file__).resolve().parent
PATHS = (*vms.DEVICE_PATHS, vms.ROOT / "tests" / "unit", HERE)
SOAK = int(os.environ.get("STEELYARD_SOAK", "0"))


def _run(script: str, *arguments: object) -> dict:
    output = vms.run_micropython(
        HERE / script, *PATHS, timeout=3600, argv=tuple(map(str, arguments))
    )
    # Above the result: what the VM says when it collects files that a cut left open.
    return json.loads(output.splitlines()[-1])


@pytest.mark.parametrize("new", ["good", "bad"])
def test_S10_every_cut_leaves_a_whole_firmware(
    new: str, record_property: Callable[[str, object], None]
) -> None:
    # Each operation at a byte, and 20 double cuts; `make soak`: each at every byte.
    result = _run("slot_cuts.py", "real", new, 1, 0 if SOAK else 20)
    record_property("cuts", result["cuts"])
    assert result["broken"] == []
    assert result["operations"] > 30
    assert result["cuts"] == (result["operations"] + 1) * (257 if SOAK else 1) + 20 * (not SOAK)


@pytest.mark.parametrize(
    ("mistake", "new", "symptom"),
    [("early", "good", "does not start"), ("uncounted", "bad", "not given up")],
)
def test_S10_a_planted_mistake_is_seen(mistake: str, new: str, symptom: str) -> None:
    broken = _run("slot_cuts.py", mistake, new, 1, 10)["broken"]
    assert broken and symptom in broken[0][1]


FULL = """
import json, os, packed, slots, vfs
from simulation.nor import BLOCK, PAGE, NorFlash, file_system
from terminal.cold import call
from terminal.drivers import segment_setup, slot_files
from terminal.drivers.segment_files import SegmentFiles
chip = NorFlash(bytearray(b"\\xff" * (80 * BLOCK)), 80)
vfs.mount(file_system(chip), "/flash")
slots.ROOT, packed.slot = "/flash", "a"

def segments(size):
    # A journal takes all that it can get.
    with open("/flash/a.pack", "wb") as file:
        file.write(bytes(size))
    device = SegmentFiles(chip, os.urandom, call, "/flash/journal", 4)
    count = 0
    while device.room():
        for _ in device.create_steps(count):
            pass
        count += 1
    return device, count

alone = segments(0)[1]
for name in os.listdir("/flash/journal"):
    os.remove("/flash/journal/" + name)
device, count = segments(60000)
release = 75000  # a quarter more than what runs
fits = slot_files.fits(release), slot_files.fits(200000)
upload = slot_files.Upload(release)
while upload.have < release:
    upload.put(bytes(min(300, release - upload.have)))
slots.write("b", "3", "00")
print(json.dumps([alone, count, fits, device.room(), os.statvfs("/flash")[3]]))
"""


def test_S10_a_full_journal_leaves_room_for_a_release() -> None:
    output = vms.run_micropython(FULL, *PATHS, timeout=60)
    alone, count, fits, room, free_blocks = json.loads(output)
    assert count >= 5 and alone > count + 2
    assert fits == [True, False]
    assert room == 0 and free_blocks >= 8  # the settings still have theirs


def test_S10_every_cut_of_an_update_leaves_records_that_say_what_runs(
    record_property: Callable[[str, object], None],
) -> None:
    # Signatures, records and settings too; `make soak`: each operation at two bytes.
    result = _run("update_cuts.py", 1, 0 if SOAK else 5)
    record_property("cuts", result["cuts"])
    assert result["broken"] == []
    assert result["operations"] > 60
