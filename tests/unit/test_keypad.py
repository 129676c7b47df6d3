"""A keypad's driver against its contacts without diodes, and what is typed at it."""

from check import raises
from simulation.key_matrix import KeyMatrix
from terminal.digits import Entry
from terminal.drivers import keypad

_NAMES = "123A456B789C*0#D"


class Clock:
    """Board time; a wait lets it pass."""

    now_us = 0

    def up_ms(self):
        return self.now_us // 1000

    def sleep_us(self, microseconds):
        self.now_us += microseconds


class Pin:
    """machine.Pin of a board with a keypad: rows are pins 0 to 3, columns from 10 on."""

    IN, OUT, OPEN_DRAIN, PULL_UP = 0, 1, 2, 1
    matrix = None
    clock = None

    def __init__(self, number, mode, pull=None, *, value=None):
        self._number = number
        if number >= 10:
            assert mode == Pin.IN and pull == Pin.PULL_UP
        else:
            Pin.matrix.pushes[number] = mode == Pin.OUT
            Pin.matrix.drive(number, value)

    def __call__(self, level=None):
        Pin.clock.now_us += 5
        if level is None:
            return Pin.matrix.read(self._number - 10)
        Pin.matrix.drive(self._number, level)


class Machine:
    """`machine` and `time`."""

    def __init__(self, clock):
        self.Pin = Pin
        self.sleep_us = clock.sleep_us


def _keypad(columns=3):
    clock = Pin.clock = Clock()
    Pin.matrix = KeyMatrix(4, columns, clock)
    machine = Machine(clock)
    wiring = {"rows": (0, 1, 2, 3), "columns": tuple(range(10, 10 + columns))}
    return Pin.matrix, clock, keypad.make(wiring, machine, machine)


def _polls(pad, clock, times):
    told = []
    for _ in range(times):
        clock.now_us += 10000
        told.append(pad.poll())
    return [key for key in told if key]


def _mask(keys):
    return sum(1 << _NAMES.index(key) for key in keys)


def test_each_key_comes_once_by_its_name():
    for columns in (3, 4):
        matrix, clock, pad = _keypad(columns)
        for key in [name for name in _NAMES if columns == 4 or name not in "ABCD"]:
            matrix.closed = _mask(key)
            assert _polls(pad, clock, 50) == [key]
            matrix.closed = 0
            assert _polls(pad, clock, 3) == []


def test_bounces_are_no_keys():
    matrix, clock, pad = _keypad()
    for closed in (1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0):
        matrix.closed = closed
        assert _polls(pad, clock, 1) == []


def test_one_that_rolls_to_the_next_gives_both_and_one_that_stays_comes_once():
    matrix, clock, pad = _keypad()
    told = []
    for keys in ("1", "12", "2", "26", "2", "", "2"):
        matrix.closed = _mask(keys)
        told += _polls(pad, clock, 10)
    assert told == ["1", "2", "2"]


def test_keys_at_once_are_none_of_them_and_no_ghost():
    for keys in ("124", "123", "14", "1470", "159", "1245"):
        matrix, clock, pad = _keypad()
        matrix.closed = _mask(keys)  # two of a column: no output drives another
        assert _polls(pad, clock, 20) == []


def test_three_corners_look_like_the_fourth_too():
    matrix, clock, _ = _keypad()
    matrix.closed = _mask("124")
    for row in range(4):
        matrix.drive(row, row != 1)  # low is that of 4, 5 and 6
    clock.now_us += 1000
    assert [matrix.read(column) for column in range(3)] == [0, 0, 1]
    matrix.drive(1, 1)
    clock.now_us += 19
    assert matrix.read(1) == 0  # it rises yet
    clock.now_us += 1
    assert matrix.read(1) == 1


def test_a_row_that_pushes_up_would_be_a_short():
    matrix, _, _ = _keypad()
    matrix.closed = _mask("14")
    matrix.drive(1, 1)
    matrix.pushes[1] = True
    assert "against" in str(raises(ValueError, matrix.read, 0))


class _Typed:
    def __init__(self):
        self.clock = Clock()
        self.entry = Entry(self)

    def __call__(self, keys, gap_s=1):
        said = []
        for key in keys:
            self.clock.now_us += round(gap_s * 1e6)
            said.append(self.entry.key(key))
        return said[-1] if not any(said[:-1]) else said


def test_what_is_typed():
    for keys, said in (
        ("123456789012#", ("123456789012", None)),
        ("123456789012*2026#", ("123456789012", "2026")),
        ("99**123456789012#", ("123456789012", None)),
        ("123456789012*20**123456789012*7#", ("123456789012", "7")),
        ("#", ("", None)),
    ):
        assert _Typed()(keys) == said


def test_a_minute_without_a_key_begins_anew():
    typed = _Typed()
    assert typed("9999") is None
    typed.clock.now_us += 60_000_000
    assert typed("123456789012#") == ("123456789012", None)


def test_a_key_that_is_held_by_a_brick_fills_nothing():
    typed = _Typed()
    typed("1" * 10000, gap_s=0.01)
    digits, _ = typed("#")
    assert len(digits) == 45
