"""Power cuts under two slots: an upload, its activation, starts on trial, the confirmation; JSON.

Owns: a life of two small packs on littlefs over the NOR flash model, with the real fixed part and
the real files of an update, cut at any byte; what must run at every start after it; the same with
a planted mistake. Signatures and records are in update_cuts.py.
Refuses: nothing; the last line of the output is the result, read by test_update_cuts.py.
Units: operations of the flash (page programs and block erases); bytes of a page.

Usage: slot_cuts.py real|uncounted|early good|bad SEED COUNT; COUNT 0: every byte of every one.
"""

import hashlib
import random
import sys

import packed
import slots
import vfs
from cut_flash import ROOT, WORK, Powered, tell, wipe
from simulation.nor import PAGE, PowerCut
from terminal.drivers import slot_files

PIECE = 312
# The fewest starts in which a firmware that does not confirm has been given up: each of two cuts
# may have cost one, not more.
STARTS = 4


class Reset(Exception):
    """The board starts again."""


def _hex(data):
    return "".join(["%02x" % byte for byte in data])


def _pack(version, sequence, salt):
    files = [("/board.mpy", 300), ("/terminal/big.mpy", 5000), ("/terminal/x.mpy", 700)]
    bodies = [bytes([(at * salt + at // 251) & 255 for at in range(size)]) for _, size in files]
    lines = "steelyard %s %d\n" % (version, sequence)
    for at, (path, size) in enumerate(files):
        lines += "%s %d %s\n" % (path, size, _hex(hashlib.sha256(bodies[at]).digest()))
    head = (lines + "\n").encode()
    return head + b"".join(bodies), _hex(hashlib.sha256(head).digest())


OLD, OLD_CONTENTS = _pack("1", 1, 3)
NEW, NEW_CONTENTS = _pack("2", 2, 7)


_write = slots.write


def _uncounted(slot, tries, contents):
    """Planted mistake: a start on trial is not written down."""
    if tries in (slots.CONFIRMED, slots.TRIES):
        _write(slot, tries, contents)


class Broken(Exception):
    """A promise was broken; the message says which."""


class Life(Powered):
    """Two slots, and what was promised of them."""

    def __init__(self, good, early):
        self.good = good  # whether the new firmware confirms itself
        self.early = early  # planted: it is activated before all of it is there
        self.confirmed = False

    def power_down(self):
        """Whatever was mounted from a slot goes first."""
        self._leave()
        super().power_down()

    def _leave(self):
        packed.slot = ""
        if slots.MOUNT in sys.path:
            sys.path.remove(slots.MOUNT)
            vfs.umount(slots.MOUNT)

    def start(self):
        """What boot.py and main.py do; which firmware runs then: it is whole."""
        for _ in range(3):
            self._leave()
            slots.enter()
            try:
                slots.begin(self._reset)
                break
            except Reset:
                continue
        else:
            raise Broken("it starts again and again")
        found = slots.whole(packed.slot) if packed.slot else None
        contents = {OLD_CONTENTS: "old", NEW_CONTENTS: "new"}
        if found is None or found[1] not in contents:
            raise Broken("neither the old nor the new firmware runs")
        with open(slots.MOUNT + "/terminal/x.mpy", "rb") as file:
            body = file.read(700)
        if body not in (OLD if contents[found[1]] == "old" else NEW):
            raise Broken("the firmware that is mounted is another")
        if self.confirmed and contents[found[1]] == "old":
            raise Broken("the old firmware runs after the new one was confirmed")
        return contents[found[1]]

    def _reset(self):
        raise Reset

    def live(self):
        """Update, and start as often as it takes."""
        if self.start() == "old":
            self._update()
            if self.start() == "old":
                raise Broken("what was activated does not start")
        if self.good:
            slot_files.confirm()
            self.confirmed = True
        self.start()

    def _update(self):
        upload = slot_files.Upload(len(NEW))
        if not slot_files.fits(len(NEW)):
            raise Broken("there is no room")
        if upload.have > len(NEW):
            raise Broken("more has come than there is")
        while upload.have < len(NEW):
            upload.put(NEW[upload.have : upload.have + PIECE])
            if self.early and upload.have > len(NEW) // 2:
                upload.close()
                slot_files.activate(NEW_CONTENTS)
                return
        upload.close()
        steps = slot_files.whole_steps()
        try:
            while True:
                next(steps)
        except StopIteration as end:
            if end.value != [2, NEW_CONTENTS]:
                raise Broken("what came is damaged") from None
        slot_files.activate(NEW_CONTENTS)


def _begin():
    """A board that was flashed."""
    wipe()
    life = Life(True, False)
    life.power_up()
    with open(ROOT + "/a.pack", "wb") as file:
        file.write(OLD)
    slots.write("a", slots.CONFIRMED, OLD_CONTENTS)
    life.power_down()
    return bytes(WORK)


def _cut(image, good, early, cuts):
    """What was broken by these cuts, one after the other, or None."""
    WORK[:] = image
    life = Life(good, early)
    try:
        for operation, partial in cuts:
            try:
                life.power_up(operation, partial)
                life.live()
            except PowerCut:
                pass
            life.power_down()
        life.power_up()
        life.live()
        if good and life.start() != "new":
            raise Broken("the update does not come to its end")
        if not good:
            for _ in range(STARTS):
                ran = life.start()
            if ran != "old" or slots.read()[:2] != ["a", slots.CONFIRMED]:
                raise Broken("a firmware that does not confirm is not given up")
    except (Broken, OSError) as error:
        return repr(error)
    finally:
        life.power_down()
    return None


def main(how, new, seed, count):
    """Cut; print what was broken."""
    slots.ROOT = ROOT
    if how == "uncounted":
        slots.write = _uncounted
    image = _begin()
    good = new == "good"
    WORK[:] = image
    whole = Life(good, how == "early")
    try:
        operations = whole.operations()
    except Broken:  # of a planted mistake
        operations = whole.chip.operations
    random.seed(int(seed))
    places = [(k, partial) for k in range(operations + 1) for partial in range(PAGE + 1)]
    plan = [(place,) for place in places]
    if int(count):
        # Each operation once, at some byte, and as many double cuts as are asked for.
        plan = [((k, random.randrange(PAGE + 1)),) for k in range(operations + 1)]
        for _ in range(int(count)):
            plan.append((random.choice(places), random.choice(places)))
    tell(operations, plan, lambda cuts: _cut(image, good, how == "early", cuts))


if __name__ == "__main__":
    main(*sys.argv[1:])
