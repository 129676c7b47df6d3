"""An ADS1232 on the bench, all its pins wired. Owns: its wiring. Refuses: nothing. Units: none."""

from simulation.ads1232_chip import ADS1232Chip
from simulation.bench.two_wire import TwoWirePart

DEFAULTS = {
    "dout": 2,
    "sck": 3,
    "pdwn": 4,
    "gain0": 5,
    "gain1": 6,
    "speed": 7,
    "a0": 8,
    "temp": 9,
    "gain": 128,
    "rate_hz": 80,
}
RATES = (10, 80)
GAINS = (1, 2, 64, 128)


def solder(processor, wiring, convert, error_ppm):
    """Connect the chip model with the pins."""
    chip = ADS1232Chip(
        convert, wiring.get("strapped_hz", wiring["rate_hz"]), wiring["gain"], error_ppm
    )
    for name in chip.pins:
        if wiring.get(name) is not None:
            _wire(processor, chip, name, wiring[name])
    return TwoWirePart(processor, chip, wiring["dout"], wiring["sck"])


def _wire(processor, chip, name, number):
    processor.net(number).write = lambda level: chip.pin(name, level, processor.now_us)
