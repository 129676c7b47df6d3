"""Power cuts under the journal and the settings; runs in the MicroPython VM, prints JSON.

Owns: a run of records and saves on littlefs over the NOR flash model, cut at a chosen operation;
what must hold after every cut; journals and file accesses with a planted mistake, to show that it
would be seen.
Refuses: nothing; the last line of the output is the result, read by test_power_cuts.py.
Units: operations of the flash (page programs and block erases); bytes.

Usage: power_cuts.py cuts DEVICE JOURNAL FILES START SEED COUNT, COUNT 0 for every operation;
       power_cuts.py full DEVICE.
"""

import gc
import json
import os
import random
import sys

import vfs
from cut_flash import BLOCKS, ROOT, WORK, Powered
from simulation.nor import BLOCK, PAGE, NorFlash, PowerCut, file_system
from steelyard_wire import sentences
from steelyard_wire.codes import Refused
from storage import envelope, totals, tree_root
from terminal.cold import call
from terminal.drivers import segment_setup  # noqa: F401 - else it is loaded for each start
from terminal.drivers.append_file import AppendFile
from terminal.drivers.files import Files
from terminal.drivers.segment_files import SegmentFiles
from terminal.evidence import settings
from terminal.evidence.journal import Journal

RECORDS = 12
SAVE_EVERY = 3
PARTIAL = (0, 1, PAGE // 2, PAGE - 1)


class AnnouncesFirst(Journal):
    """Planted mistake: a record is announced while it is in memory, and written with the next."""

    _held = None

    def _program(self, segment, magic, n, body):
        if magic != b"SR":
            super()._program(segment, magic, n, body)
            return
        held, self._held = self._held, (segment, magic, n, body)
        if held is not None:
            super()._program(*held)


class TrustsTheEnd(Journal):
    """Planted mistake: what comes after a start overwrites the number of the last record."""

    def open(self, receipted=0):
        super().open(receipted)
        if self.next_n:
            self.next_n -= 1


class TakesTornForBlank(SegmentFiles):
    """Planted mistake: a frame that is not marked is not seen."""

    def read(self, segment, page, buffer):
        super().read(segment, page, buffer)
        if bytes(buffer[:2]) in (b"SR", b"SC") and bytes(buffer[254:256]) == b"\xff\xff":
            buffer[:] = b"\xff" * len(buffer)


class RemovesFirst(Files):
    """Planted mistake: the old file goes before the new one has its name."""

    def rename(self, old, new):
        self.remove(new)
        super().rename(old, new)


JOURNALS = {"real": Journal, "announces": AnnouncesFirst, "trusts": TrustsTheEnd}
DEVICES = {
    "files": lambda chip: SegmentFiles(chip, os.urandom, call, ROOT + "/journal", 4),
    "blind": lambda chip: TakesTornForBlank(chip, os.urandom, call, ROOT + "/journal", 4),
    "append": lambda chip: AppendFile(ROOT + "/journal"),
}
FILES = {"real": Files, "removes": RemovesFirst}


class Violation(Exception):
    """A promise was broken; the message says which."""


class World(Powered):
    """A chip and what has been promised to the world outside while it ran."""

    def __init__(self, storage, make_device, make_journal, make_files):
        self.storage = storage
        self.make_device = make_device
        self.make_journal = make_journal
        self.make_files = make_files
        self.acknowledged = {}
        self.flying = None  # (n, envelope) of an append that has not returned
        self.saved = None
        self.saving = None
        self.saves = 0

    def power_up(self, cut=None, partial=0):
        """Mount and open; the file system must mount as it is, never be formatted."""
        self.chip = NorFlash(self.storage, len(self.storage) // BLOCK)
        if cut is not None:
            self.chip.cut_after(cut, partial)
        vfs.mount(vfs.VfsLfs2(self.chip, progsize=PAGE), ROOT)
        self.files = self.make_files(ROOT + "/state")
        self.journal = self.make_journal(self.make_device(self.chip))
        self.journal.open()

    def check(self, whole=False):
        """Every promise, after a start: raises Violation.

        whole: read every record; else only those that are new. What was lost does not come back,
        so that the last look sees it.
        """
        journal = self.journal
        count = len(self.acknowledged)
        if journal.next_n not in (count, count + 1):
            raise Violation(f"next_n {journal.next_n} after {count} records")
        leaves = []
        for n in range(journal.next_n):
            known = self.acknowledged.get(n)
            leaf = known if known and not whole else journal.get(n)
            if known:
                if leaf != known:
                    raise Violation(f"record {n} is another")
            elif self.flying != (n, leaf):
                raise Violation(f"record {n} from nowhere")
            else:
                self.acknowledged[n] = leaf  # found at the start: counts from now on
            leaves.append(leaf)
        if journal.root() != tree_root(leaves):
            raise Violation("root")
        if journal.totals != (totals(len(leaves) - 1) if leaves else [0, 0, 0]):
            raise Violation("totals")
        found = settings.load(self.files, "config")
        if found != self.saved and found != self.saving:
            raise Violation(f"settings {found}, not {self.saved} or {self.saving}")
        self.saved = found

    def append(self, salt):
        """One record, acknowledged when append returns."""
        journal = self.journal
        n = journal.next_n
        leaf = envelope(n, journal.root(), salt)
        self.flying = (n, leaf)
        journal.append(n, leaf, totals(n))
        if n in self.acknowledged:
            raise Violation(f"number {n} used twice")
        self.acknowledged[n] = leaf

    def save(self):
        """One change of the settings."""
        self.saves += 1
        self.saving = {1: self.saves, 2: "x" * (self.saves * 37 % 300)}
        settings.save(self.files, "config", self.saving)
        self.saved = self.saving

    def work(self, salt, records=RECORDS):
        """The run that is cut."""
        for k in range(records):
            if k % SAVE_EVERY == 0:
                self.save()
            self.append(salt)


def _image(start, make_device):
    """A formatted chip with `start` records and a saved setting."""
    storage = bytearray(b"\xff" * (BLOCKS * BLOCK))
    file_system(NorFlash(storage, BLOCKS))
    world = World(storage, make_device, Journal, Files)
    if start:
        world.power_up()
        world.work(0, start)
        world.power_down()
    return world


def _session(world, cut, partial, salt):
    """Power up, check, work, until the cut; whether it came."""
    try:
        world.power_up(cut, partial)
        world.check()
        world.work(salt)
    except PowerCut:
        return True
    finally:
        world.power_down()
    return False


def _again(start, parts):
    """A world as `start` was, in the one buffer that there is room for."""
    WORK[:] = start.storage
    world = World(WORK, *parts)
    world.acknowledged = dict(start.acknowledged)
    world.saved = world.saving = start.saved
    world.saves = start.saves
    return world


def _cut(start, parts, cuts):
    """The world after `start`, cut as `cuts` says; then starts that must be clean."""
    world = _again(start, parts)
    for salt, (operation, partial) in enumerate(cuts):
        _session(world, operation, partial, salt + 1)
    for salt in (101, 102):
        world.power_up()
        world.check()
        world.work(salt, 2)
        world.power_down()
    world.power_up()
    world.check(whole=True)
    world.power_down()


def _try(start, parts, cuts):
    """What was broken, or None."""
    try:
        _cut(start, parts, cuts)
    except Violation as error:
        broken = str(error)
    except Refused as error:
        broken = f"refused: {sentences.error_name(error.code)} {error.detail}"
    except OSError as error:
        broken = f"file system: {error!r}"
    else:
        return None
    try:
        vfs.umount(ROOT)
    except OSError:
        pass
    return broken


def cuts(device, journal, files, records, seed, count):
    """Single cuts at every operation, at four places of its page or block; then cuts at any byte,
    each followed by one of the run after it.

    count: how many of them, drawn with `seed`; 0: all single ones, and as many double ones.
    """
    start = _image(records, DEVICES[device if device != "blind" else "files"])
    parts = (DEVICES[device], JOURNALS[journal], FILES[files])
    whole = _again(start, (start.make_device, Journal, Files))
    _session(whole, None, 0, 1)
    operations = whole.chip.operations
    random.seed(seed)
    single = [((k, partial),) for k in range(operations + 1) for partial in PARTIAL]
    double = []
    for _ in range(len(single)):
        first = (random.randrange(operations), random.randrange(PAGE + 1))
        second = (random.randrange(operations), random.randrange(PAGE + 1))
        double.append((first, second))
    plan = single + double
    if count:
        plan = [random.choice(plan) for _ in range(count)]
    broken = []
    for planned in plan:
        what = _try(start, parts, planned)
        if what:
            broken.append([repr(planned), what])
            if len(broken) == 3:
                break
        gc.collect()
    return {"operations": operations, "cuts": len(plan), "broken": broken}


def full(device):
    """Fill the chip with records until it is refused; then the settings must still be saved."""
    world = World(_image(0, DEVICES[device]).storage, DEVICES[device], Journal, Files)
    world.power_up()
    refusal = None
    while refusal is None:
        try:
            world.append(1)
        except Refused as error:
            refusal = sentences.error_name(error.code)
    used = os.statvfs(ROOT)
    for _ in range(50):
        world.save()
    world.check(whole=True)
    world.power_down()
    world.power_up()
    world.check(whole=True)
    return {"refusal": refusal, "records": len(world.acknowledged), "free_blocks": used[3]}


def main(arguments):
    """Run one of the two and print its result as the last line."""
    if arguments[0] == "full":
        result = full(arguments[1])
    else:
        device, journal, files, records, seed, count = arguments[1:]
        result = cuts(device, journal, files, int(records), int(seed), int(count))
    print(json.dumps(result))


main(sys.argv[1:])
