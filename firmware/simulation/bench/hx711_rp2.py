"""An HX711 read by PIO on the bench. Owns: its wiring. Refuses: nothing. Units: none."""

from simulation.bench import pio
from simulation.bench.two_wire import TwoWirePart
from simulation.hx711_chip import HX711Chip

DEFAULTS = {"dout": 2, "sck": 3, "gain": 128, "rate_hz": 80}
RATES = (10, 80)
QUEUE = 8
GAINS = (128, 64, 32)


class _Part(TwoWirePart):
    def disturb(self):
        """Nothing stretches the clock of a state machine; a pulse can be lost on the wire."""
        self.lose_at = 12


def solder(processor, wiring, convert, error_ppm):
    """Connect the chip model with the pins, and the state machines with the processor."""
    pio.install(processor)
    chip = HX711Chip(convert, wiring.get("strapped_hz", wiring["rate_hz"]), error_ppm)
    return _Part(processor, chip, wiring["dout"], wiring["sck"])
