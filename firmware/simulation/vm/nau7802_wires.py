"""A NAU7802 on the virtual board. Owns: its I2C. Refuses: nothing. Units: microseconds."""

import machine_bus
from bus_wires import BusDevice
from nau7802_chip import NAU7802Chip


class NAU7802Device(BusDevice):
    """The chip model on SDA, SCL and DRDY."""

    def __init__(self, wiring, rate_error_ppm):
        self._lines = machine_bus.i2c_lines(wiring["sda"])
        BusDevice.__init__(self, NAU7802Chip, wiring["drdy"], rate_error_ppm)
        self._lines.chips.append(self.chip)

    def _set_faults(self, nack, stuck):
        self._lines.nack = bool(nack)
        self._lines.sda_low = bool(stuck)


def solder(wiring, rate_hz, rate_error_ppm):
    """Connect the chip; the driver chooses the rate."""
    return NAU7802Device(wiring, rate_error_ppm)
