"""Freezes the firmware into a MicroPython build of your own.

Owns: the list of what is frozen. boot.py, main.py, packed.py, slots.py and a pack stay files.
Refuses: nothing.
Units: none.

In ports/rp2 or ports/esp32 of the MicroPython sources:

    make BOARD=RPI_PICO FROZEN_MANIFEST=/path/to/steelyard/firmware/manifest.py

The terminal identifies its software by the files in its file system (drivers/measure.py), and what
is frozen is no file: with this list alone it does not start. boards/images/frozen.py freezes the
same and what stands for the files (docs/sealing.md). `steelyard flash` onto a stock build is the
supported way. The simulation is never part of a build.
"""

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821 - these come with the build
package("steelyard_wire", base_path="../protocol")  # noqa: F821
package("terminal", base_path=".")  # noqa: F821
