"""An accelerometer with two voltages, read by the processor's converter: how far it leans.

Owns: the two angles. Refuses: nothing; what no accelerometer says is None.
Units: 1/1000 of g along the platform, which is 1/1000 of tilt (sine and tangent are the same to
0.13 % at 50/1000); microvolts.
"""

from steelyard_wire.shim import const

_FULL_UV = const(3300000)  # at 65535
_READS = const(16)
_BACK = const(5)  # a fifth less ends it: 12 bits are 2.7/1000 of an ADXL335
_MOST = const(1200)  # more than gravity makes: a wire is off


class Tilt:
    """adc_x, adc_y: machine.ADC. wiring: uv_level (at no acceleration), uv_per_g, permille: the
    most that the maker declares, from where it was calibrated (R 76-1, 3.9.1.1)."""

    def __init__(self, adc_x, adc_y, wiring: dict) -> None:
        self._axes = adc_x, adc_y
        self._level = wiring["uv_level"]
        self._per_g = wiring["uv_per_g"]
        self._most = wiring["permille"]
        self._over = False

    def look(self) -> "tuple[int, int] | None":
        """How far it leans along x and y; None if that cannot be."""
        axes = [self._along(adc) for adc in self._axes]
        return None if max(axes) > _MOST or min(axes) < -_MOST else tuple(axes)

    def _along(self, adc) -> int:
        total = 0
        for _ in range(_READS):
            total += adc.read_u16()
        microvolts = total * _FULL_UV // (65535 * _READS)
        return (microvolts - self._level) * 1000 // self._per_g

    def beyond(self, now, level) -> bool:
        """Whether it leans more than it may from where it was `level`; no flutter at the edge."""
        x, y = now[0] - level[0], now[1] - level[1]
        most = self._most - self._most // _BACK if self._over else self._most
        self._over = x * x + y * y > most * most
        return self._over
