"""Runs first on a sealed RP2350, in place of the port's: the flash, and what is frozen.

Owns: sys.path, which leads into the image alone, and the file system at /.
Refuses: with OSError, a file system that is damaged: it is not made anew, as stock MicroPython
does. main.py then stops, and the board starts again and again.
Units: none.
"""

import sys

sys.path[:] = [".frozen"]  # before anything else is loaded: not from /, nor from /lib

import rp2  # noqa: E402 - after it
import sealed  # noqa: E402
import vfs  # noqa: E402
from steelyard_build import FILES  # noqa: E402

flash = rp2.Flash()
if sealed.is_blank(flash):
    vfs.VfsLfs2.mkfs(flash, progsize=256)
vfs.mount(vfs.VfsLfs2(flash, progsize=256), "/")
sealed.mount(FILES)
