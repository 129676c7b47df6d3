"""Push buttons to ground: zero, tare, print.

Owns: the debouncing of the pins it is given. Refuses: nothing.
Units: milliseconds.
"""

from steelyard_wire.shim import const

_STEADY = const(3)  # polls with the same level, 30 ms at the 10 ms of the weighing task


class Keys:
    """pins: dict name -> machine.Pin, input with pull-up, low while pressed."""

    def __init__(self, pins: dict) -> None:
        self._names = sorted(pins)
        self._pins = [pins[name] for name in self._names]
        self._counts = bytearray(len(self._names))

    def poll(self) -> "str | None":
        """The name of a key that has just been pressed, or None; a held key comes once.

        Keys pressed at once are no key of their own: with one look the first by name comes alone.
        """
        found = None
        for index, pin in enumerate(self._pins):
            count = self._counts[index]
            if pin():
                self._counts[index] = 0
            elif count < _STEADY:
                self._counts[index] = count + 1
                if count + 1 == _STEADY and found is None:
                    found = self._names[index]
        return found
