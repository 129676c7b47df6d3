"""Runs first on a sealed ESP32-S3, in place of the port's: the flash, and what is frozen.

Owns: sys.path, which leads into the image alone, and the file system at /, of the partition "vfs".
Refuses: with OSError, a file system that is damaged: it is not made anew, as stock MicroPython
does. main.py then stops, and the board starts again and again.
Units: none.
"""

import sys

sys.path[:] = [".frozen"]  # before anything else is loaded: not from /, nor from /lib

import sealed  # noqa: E402 - after it
import vfs  # noqa: E402
from esp32 import Partition  # noqa: E402
from steelyard_build import FILES  # noqa: E402

flash = Partition.find(Partition.TYPE_DATA, label="vfs")[0]
if sealed.is_blank(flash):
    vfs.VfsLfs2.mkfs(flash)
vfs.mount(vfs.VfsLfs2(flash), "/")
sealed.mount(FILES)
