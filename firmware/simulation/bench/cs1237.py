"""A CS1237 on the bench. Owns: its wiring. Refuses: nothing. Units: none."""

from simulation.bench.two_wire import TwoWirePart
from simulation.cs1237_chip import CS1237Chip

DEFAULTS = {"dout": 2, "sck": 3, "gain": 128, "rate_hz": 40}
RATES = (10, 40, 640, 1280)
# A frame must take less than half of 781 us: what the viper reader is for. Its pulses take 1 us.
FAST_PIN_US = 1
GAINS = (1, 2, 64, 128)


def solder(processor, wiring, convert, error_ppm):
    """Connect the chip model with the pins."""
    if wiring["rate_hz"] == 1280:
        processor.pin_us = FAST_PIN_US
    chip = CS1237Chip(convert, error_ppm)
    return TwoWirePart(processor, chip, wiring["dout"], wiring["sck"])
