"""What the scale says at one moment.

Owns: the numbers and their status. Refuses: nothing; `valid` says whether there is a number.
Units: gross, tare (weighed), preset (tare), net and indicated are mantissas of the configuration's
unit, net in steps of e (that of the range in force); fine is gross in 1/100 of the mantissa;
counts are the filtered converter counts; ticks are milliseconds.
"""

from steelyard_wire.codes import FAULT_SETTLING, ST_FAULT


class Reading:
    """One reading, changed in place by the weigher: copy what must not change."""

    def __init__(self) -> None:
        self.gross = 0
        self.tare = 0
        self.preset = 0
        self.net = 0
        self.indicated = 0
        self.fine = 0
        self.e = 0
        self.counts = 0
        self.ticks = 0
        self.status = ST_FAULT
        self.fault = FAULT_SETTLING
        self.numeric = False

    def valid(self) -> bool:
        """Whether the numbers are a weight that may be shown."""
        return self.numeric
