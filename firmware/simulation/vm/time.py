"""The `time` module of the virtual board: board time, with the wrap of the small ports."""

import board_time
from micropython import const
from utime import gmtime, localtime, mktime  # noqa: F401 - calendar only, no clock in them

_PERIOD = const(1 << 30)
_HALF = const(1 << 29)


def ticks_us():
    """Microseconds, wrapping at 2**30."""
    return board_time.now_us & _PERIOD - 1


def ticks_ms():
    """Milliseconds, wrapping at 2**30."""
    return board_time.now_us // 1000 & _PERIOD - 1


ticks_cpu = ticks_us


def ticks_add(ticks, delta):
    """ticks + delta, wrapped."""
    return ticks + delta & _PERIOD - 1


def ticks_diff(end, start):
    """Signed distance from start to end, within half a period."""
    return (end - start + _HALF & _PERIOD - 1) - _HALF


def sleep_us(us):
    """Block for so many microseconds of board time."""
    board_time.sleep_us(us)


def sleep_ms(ms):
    """Block for so many milliseconds of board time."""
    board_time.sleep_us(ms * 1000)


def sleep(seconds):
    """Block for so many seconds of board time."""
    board_time.sleep_us(int(seconds * 1000000))


def time():
    """Seconds since 1970 of a clock that was never set, as after power-up."""
    return board_time.now_us // 1000000


def time_ns():
    """The same in nanoseconds."""
    return board_time.now_us * 1000
