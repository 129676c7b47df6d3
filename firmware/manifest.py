"""Freezes the firmware into a MicroPython build of your own.

Owns: the list of what is frozen. boot.py, main.py and board.py stay files on the board.
Refuses: nothing.
Units: none.

In ports/rp2 or ports/esp32 of the MicroPython sources:

    make BOARD=RPI_PICO FROZEN_MANIFEST=/path/to/steelyard/firmware/manifest.py

The simulation is not part of it. What is frozen is no file, so the software identification of
such a terminal covers it by the build string alone; `steelyard flash` is for stock builds.
"""

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821 - these come with the build
package("steelyard_wire", base_path="../protocol")  # noqa: F821
package("terminal", base_path=".")  # noqa: F821
