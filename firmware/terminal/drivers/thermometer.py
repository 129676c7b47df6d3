"""A thermometer that makes a voltage, read by the processor's converter: its own, or one outside.

Owns: the temperature. Refuses: nothing; what no thermometer says is None.
Units: 0.01 degrees Celsius, microvolts.
"""

from steelyard_wire.shim import const

_FULL_UV = const(3300000)  # at 65535
_READS = const(64)  # 12 bits are half a kelvin of an RP2040's own: the mean has less
# What is no temperature: a hundredth of the range at either end, where a wire that is off goes.
_RAIL_UV = const(33000)
_LEAST = const(-5500)
_MOST = const(12500)


class Thermometer:
    """adc: machine.ADC. wiring: uv_at_0 (at 0 degrees Celsius) and uv_per_k, with its sign."""

    def __init__(self, adc, wiring: dict) -> None:
        self._adc = adc
        self._zero = wiring["uv_at_0"]
        self._per_k = wiring["uv_per_k"]

    def celsius(self) -> "int | None":
        """The temperature now; None for a voltage that is none: a wire is off."""
        total = 0
        for _ in range(_READS):
            total += self._adc.read_u16()
        microvolts = total * _FULL_UV // (65535 * _READS)
        if not _RAIL_UV < microvolts < _FULL_UV - _RAIL_UV:
            return None
        celsius = (microvolts - self._zero) * 100 // self._per_k
        return celsius if _LEAST <= celsius <= _MOST else None
