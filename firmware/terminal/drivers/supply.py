"""The supply of the board, by the processor's own converter.

Owns: whether it is too low to weigh with. Refuses: nothing; it says.
Units: millivolts.
"""

from steelyard_wire.shim import const

_FULL_MV = const(3300)  # at 65535
_READS = const(8)
_BACK = const(50)  # 1/50 more than the least ends it


class Supply:
    """adc: machine.ADC. wiring: permille (of the voltage at the pin, 3000: a third of it is there)
    and min_mv, the least that the maker declares (R 76-1, 3.9.3)."""

    def __init__(self, adc, wiring: dict) -> None:
        self._adc = adc
        self._permille = wiring["permille"]
        self._least = wiring["min_mv"]
        self.low = False

    def millivolts(self) -> int:
        """The mean of some readings."""
        total = 0
        for _ in range(_READS):
            total += self._adc.read_u16()
        # In this order nothing passes 2**30: 65535 * 3300 does not, times 6 at most a thousandth.
        return total // _READS * _FULL_MV // 65535 * self._permille // 1000

    def look(self) -> bool:
        """Whether it is too low; at the edge it does not flutter."""
        least = self._least + self._least // _BACK if self.low else self._least
        self.low = self.millivolts() < least
        return self.low
