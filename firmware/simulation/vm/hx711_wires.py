"""An HX711 on the virtual board. Owns: its pins. Refuses: nothing. Units: microseconds."""

from simulation.hx711_chip import HX711Chip
from two_wire_wires import TwoWireDevice


def solder(wiring, rate_hz, rate_error_ppm):
    """Connect a chip with the pins of `wiring`; rate_hz is what its RATE pin says."""
    return TwoWireDevice(lambda convert: HX711Chip(convert, rate_hz, rate_error_ppm), wiring)
