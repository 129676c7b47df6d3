"""How warm the load cell is, behind a thermometer that is not inside of it.

Owns: the lag. Refuses: nothing. Units: 0.01 degrees Celsius, whole seconds.

A body follows the air around it with one time constant, which a soak finds. After a start it is
taken to be as warm as the thermometer: nobody knows what was before.
"""

from steelyard_wire.shim import const

# A step of a second is small beside a lag of hours; 12500 times this stays below 2**30.
_PARTS = const(65536)


class Warmth:
    """celsius: of the load cell; None before the first step and without a thermometer."""

    def __init__(self) -> None:
        self.celsius = None
        self._state = 0

    def step(self, air: "int | None", seconds: int, lag_s: int) -> "int | None":
        """The load cell's temperature after so long in this air. lag_s: 0 for one without."""
        if air is None or self.celsius is None or seconds >= lag_s:
            self.celsius = air
            self._state = 0 if air is None else air * _PARTS
        else:
            self._state += (air * _PARTS - self._state) // lag_s * seconds
            self.celsius = (self._state + _PARTS // 2) // _PARTS
        return self.celsius
