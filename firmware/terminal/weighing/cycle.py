"""Load cycles: a load is put on, comes to rest, is registered once, and goes.

Owns: whether the load that lies there was registered. Refuses: nothing; it says.
Units: net weight as a mantissa.

After a start, a change of settings or a new calibration the platform must have been unloaded
first: what lies there may have been registered.
"""

from steelyard_wire.codes import ST_STABLE
from steelyard_wire.shim import const

_LEAST = const(20)  # intervals, where neither a load nor Min is named


class LoadCycle:
    """open: there is room for a registration; due: and a load at rest for it."""

    def __init__(self, config) -> None:
        self._load = config.cycle_load or config.min or _LEAST * config.ranges[0][1]
        self.open = False
        self.due = False

    def follow(self, reading) -> None:
        """With each reading that is a number; allocates nothing."""
        net = reading.net
        if not reading.status & ST_STABLE:
            self.due = False
            return
        if net + net <= self._load:
            self.open = True
        self.due = self.open and net >= self._load
