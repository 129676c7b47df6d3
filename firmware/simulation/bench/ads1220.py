"""An ADS1220 on the bench. Owns: its wiring. Refuses: nothing. Units: none."""

from simulation.ads1220_chip import ADS1220Chip
from simulation.bench.register_bus import solder_spi

DEFAULTS = {
    "id": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 17, "drdy": 20, "gain": 128,
    "rate_hz": 90, "channel": 1, "reference": "avdd",
}  # fmt: skip
RATES = (20, 45, 90, 175, 330, 600, 1000)
GAINS = (1, 2, 4, 8, 16, 32, 64, 128)


def solder(processor, wiring, convert, error_ppm):
    """Connect the chip model with the pins."""
    return solder_spi(processor, wiring, ADS1220Chip(convert, error_ppm, 0))
