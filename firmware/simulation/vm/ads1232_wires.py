"""An ADS1232 on the virtual board. Owns: its pins. Refuses: nothing. Units: microseconds."""

import board_time
import machine
from simulation.ads1232_chip import ADS1232Chip
from two_wire_wires import TwoWireDevice


def solder(wiring, rate_hz, rate_error_ppm):
    """Connect a chip; its pins that are in `wiring` are driven, the others strapped."""

    def make(convert):
        return ADS1232Chip(convert, rate_hz, wiring["gain"], rate_error_ppm)

    device = TwoWireDevice(make, wiring)
    for name in device.chip.pins:
        if wiring.get(name) is not None:
            _wire(device.chip, name, wiring[name])
    return device


def _wire(chip, name, number):
    machine.net(number).write = lambda level: chip.pin(name, level, board_time.now_us)
