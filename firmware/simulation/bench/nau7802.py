"""A NAU7802 on the bench. Owns: its wiring. Refuses: nothing. Units: none."""

from simulation.bench.register_bus import solder_i2c
from simulation.nau7802_chip import NAU7802Chip

DEFAULTS = {
    "id": 0, "sda": 4, "scl": 5, "drdy": 6, "gain": 128, "rate_hz": 80, "channel": 1, "ldo_mv": 0,
}  # fmt: skip
RATES = (10, 20, 40, 80, 320)
GAINS = (1, 2, 4, 8, 16, 32, 64, 128)

# Factory values of OCAL1 and GCAL1: offset 0, gain 1.0 in units of 2**-23.
PLAIN = b"\x00\x00\x00\x00\x80\x00\x00"


def prepare(driver):
    """A calibration that changes nothing has been kept, so that words are counts."""
    driver.keep(lambda: driver.calibration()[:2] + PLAIN, None)


def solder(processor, wiring, convert, error_ppm):
    """Connect the chip model with the pins."""
    return solder_i2c(processor, wiring, NAU7802Chip(convert, error_ppm, 0))
