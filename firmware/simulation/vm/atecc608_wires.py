"""An ATECC608 on the virtual board. Owns: its I2C and the file of its memory. Refuses: a file of
another size. Units: bytes.

The file lies beside the flash file: it is another chip, and stays when the flash is replaced.
"""

import os

import machine_bus
from atecc608_chip import MEMORY, ATECC608Chip, factory


def solder(wiring, path):
    """Connect the chip; a file that is empty is a new chip."""
    file = open(path, "r+b")  # noqa: SIM115 - stays open as long as the board lives
    memory = file.read() or factory()
    if len(memory) != MEMORY:
        raise ValueError(path + " is not the memory of an ATECC608")

    def saved(memory):
        file.seek(0)
        file.write(memory)
        file.flush()

    lines = machine_bus.i2c_lines(wiring["sda"])
    lines.chips.append(ATECC608Chip(lines, memory, saved, os.urandom))
