"""Three keys, the case switch and the shunt's switch of the virtual board.

Owns: their pins. Refuses: nothing. Units: none.
"""

import board_time
import machine


class Key:
    """A push button to ground with a pull-up; bit `index` of the world's keys."""

    def __init__(self, pin, index):
        self._mask = 1 << board_time.KEY_SHIFT + index
        machine.net(pin).read = self._level

    def _level(self):
        return 0 if board_time.signals & self._mask else 1


def case_switch(pin):
    """The latch under the cover: high while the case is open."""
    machine.net(pin).read = lambda: 1 if board_time.signals & board_time.CASE_OPEN else 0


def shunt(pin):
    """An analogue switch: high puts the span check's resistor across an arm of the bridge."""

    def switch(level):
        board_time.shunt = board_time.SHUNT if level else 0

    machine.net(pin).write = switch
