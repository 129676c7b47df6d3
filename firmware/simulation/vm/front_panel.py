"""Three keys, a keypad, the latch of the case and the shunt's switch of the virtual board.

Owns: their pins. Refuses: nothing. Units: none.
"""

import board_time
import machine
from key_matrix import KeyMatrix


class Key:
    """A push button to ground with a pull-up; bit `index` of the world's keys."""

    def __init__(self, pin, index):
        self._mask = 1 << board_time.KEY_SHIFT + index
        machine.net(pin).read = self._level

    def _level(self):
        return 0 if board_time.signals & self._mask else 1


class Matrix:
    """A keypad on these pins; its contacts are the world's."""

    def __init__(self, rows, columns):
        self._matrix = KeyMatrix(len(rows), len(columns), board_time)
        self._rows = [machine.net(pin) for pin in rows]
        for row, net in enumerate(self._rows):
            net.write = self._row(row)
        for column, pin in enumerate(columns):
            machine.net(pin).read = self._column(column)

    def _row(self, row):
        def write(level):
            self._matrix.pushes[row] = self._rows[row].pushes
            self._matrix.drive(row, level)

        return write

    def _column(self, column):
        def read():
            self._matrix.closed = board_time.keypad
            return self._matrix.read(column)

        return read


def case_latch(pin, clear_pin):
    """The latch under the cover: high once the case was opened, until its clear pin goes high."""
    machine.net(pin).read = lambda: 1 if board_time.signals & board_time.CASE_OPENED else 0

    def clear(level):
        if level:
            board_time.ask(board_time.CLEAR_CASE)

    machine.net(clear_pin).write = clear


def shunt(pin):
    """An analogue switch: high puts the span check's resistor across an arm of the bridge."""

    def switch(level):
        board_time.shunt = board_time.SHUNT if level else 0

    machine.net(pin).write = switch
