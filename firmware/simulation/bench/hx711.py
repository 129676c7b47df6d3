"""An HX711 on the bench. Owns: its wiring. Refuses: nothing. Units: none."""

from simulation.bench.two_wire import TwoWirePart
from simulation.hx711_chip import HX711Chip

DEFAULTS = {"dout": 2, "sck": 3, "gain": 128, "rate_hz": 80}
RATES = (10, 80)
GAINS = (128, 64, 32)


def solder(processor, wiring, convert, error_ppm):
    """Connect the chip model with the pins."""
    chip = HX711Chip(convert, wiring.get("strapped_hz", wiring["rate_hz"]), error_ppm)
    return TwoWirePart(processor, chip, wiring["dout"], wiring["sck"])
