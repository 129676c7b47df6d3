"""An ADS1220 on the virtual board. Owns: its SPI. Refuses: nothing. Units: microseconds."""

import machine
import machine_bus
from ads1220_chip import ADS1220Chip
from bus_wires import BusDevice


class ADS1220Device(BusDevice):
    """The chip model on SCK, MOSI, MISO, CS and DRDY."""

    def __init__(self, wiring, rate_error_ppm):
        self._lines = machine_bus.spi_lines(wiring["sck"])
        BusDevice.__init__(self, ADS1220Chip, wiring["drdy"], rate_error_ppm)
        machine.net(wiring["cs"]).write = self.chip.select
        self._lines.chip = self.chip

    def _set_faults(self, nack, stuck):
        # Nobody acknowledges on SPI: an open line reads as ones.
        self._lines.forced = 0 if stuck else 1 if nack else -1


def solder(wiring, rate_hz, rate_error_ppm):
    """Connect the chip; the driver chooses the rate."""
    return ADS1220Device(wiring, rate_error_ppm)
