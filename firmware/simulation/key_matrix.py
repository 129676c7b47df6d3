"""A keypad's contacts, between lines that are pulled up: what each column's level is.

Owns: how current flows through several closed contacts. Refuses: two outputs that drive against
each other (ValueError), which on a board is a short. Units: microseconds.

There are no diodes: through three keys on the corners of a rectangle a row pulls down the column
of the fourth. A line that was low rises through 80 kOhm and 200 pF; within 20 us it reads as high.
"""

_RISE_US = 20


class KeyMatrix:
    """clock: object with now_us. closed: a bit for each closed contact, four for a row.

    pushes: for each row whether it is an output that drives both ways.
    """

    def __init__(self, rows, columns, clock):
        self._columns = columns
        self._clock = clock
        self.closed = 0
        self.levels = [1] * rows
        self.pushes = [False] * rows
        self._low_us = [-_RISE_US] * columns

    def drive(self, row, level):
        """The processor writes a row."""
        self._settle()
        self.levels[row] = level

    def read(self, column):
        """The level of a column, 0 or 1."""
        self._settle()
        return 1 if self._clock.now_us - self._low_us[column] >= _RISE_US else 0

    def _settle(self):
        rows = [row for row, level in enumerate(self.levels) if level == 0]
        lows = 0
        more = True
        while more:
            columns = 0
            for row in rows:
                columns |= self.closed >> 4 * row & 15
            more = columns != lows
            lows = columns
            for row in range(len(self.levels)):
                if row not in rows and self.closed >> 4 * row & lows:
                    if self.pushes[row]:
                        raise ValueError("two rows drive against each other")
                    rows.append(row)
        for column in range(self._columns):
            if lows >> column & 1:
                self._low_us[column] = self._clock.now_us
