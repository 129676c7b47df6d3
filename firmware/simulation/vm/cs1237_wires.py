"""A CS1237 on the virtual board. Owns: its pins. Refuses: nothing. Units: microseconds."""

import machine
from simulation.cs1237_chip import CS1237Chip
from two_wire_wires import TwoWireDevice


def solder(wiring, rate_hz, rate_error_ppm):
    """Connect a chip; the driver chooses the rate."""
    if wiring["rate_hz"] == 1280:
        machine._PIN_US = 1  # as fast as the viper reader, which 1280 samples/s need
    return TwoWireDevice(lambda convert: CS1237Chip(convert, rate_error_ppm), wiring)
