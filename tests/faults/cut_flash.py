"""What lives under power cuts share: the flash that is cut, its supply, the tally.

Owns: one buffer with littlefs over the NOR flash model. Refuses: nothing.
Units: operations of the flash (page programs and block erases); bytes of a page.
"""

import gc
import json

import vfs
from simulation.nor import BLOCK, PAGE, NorFlash, file_system

BLOCKS = 40
ROOT = "/flash"
WORK = bytearray(BLOCKS * BLOCK)


def wipe():
    """A new file system; piece by piece: so much in one piece is not always to be had."""
    blank = b"\xff" * BLOCK
    for at in range(0, len(WORK), BLOCK):
        WORK[at : at + BLOCK] = blank
    file_system(NorFlash(WORK, BLOCKS))


class Powered:
    """Something that lives on this flash; `live` is what is cut."""

    chip = None

    def power_up(self, cut=None, partial=0):
        """Mount; the file system must mount as it is."""
        self.chip = NorFlash(WORK, BLOCKS)
        if cut is not None:
            self.chip.cut_after(cut, partial)
        vfs.mount(vfs.VfsLfs2(self.chip, progsize=PAGE), ROOT)

    def power_down(self):
        """What is still open cannot write any more."""
        try:
            vfs.umount(ROOT)
        except OSError:  # the cut came before the mount
            pass
        self.chip.cut_after(0)

    def operations(self):
        """How many operations a life without a cut takes."""
        self.power_up()
        try:
            self.live()
        finally:
            self.power_down()
        return self.chip.operations


def tell(operations, plan, cut):
    """Make the cuts of a plan as far as one breaks something; print it. cut(item): None or why."""
    broken = []
    for item in plan:
        what = cut(item)
        if what:
            broken.append([repr(item), what])
            break
        gc.collect()
    print(json.dumps({"operations": operations, "cuts": len(plan), "broken": broken}))
