"""Uptime over the wrap of the ticks, wall time and what it says of itself."""

from terminal.drivers.clock import Clock

_PERIOD = 1 << 30


class Ticks:
    """A processor's millisecond counter that wraps at 2**30, as on rp2 and esp32."""

    def __init__(self, start):
        self.now = start

    def ticks_ms(self):
        return self.now % _PERIOD

    def ticks_diff(self, end, start):
        return ((end - start + _PERIOD // 2) % _PERIOD) - _PERIOD // 2


def test_uptime_goes_on_over_the_wrap():
    ticks = Ticks(_PERIOD - 500)
    clock = Clock(ticks)
    for step in (400, 200, 1 << 28, 1 << 28, 1 << 28, 1 << 28, 7):
        before = clock.up_ms()
        ticks.now += step
        assert clock.up_ms() == before + step
    assert clock.up_ms() == 600 + 4 * (1 << 28) + 7


def test_time_is_unknown_until_set():
    clock = Clock(Ticks(0))
    assert clock.utc() is None
    assert clock.quality() == [0, None]


def test_set_time_runs_on_with_a_growing_bound():
    ticks = Ticks(12345)
    clock = Clock(ticks)
    clock.set(1795000000)
    ticks.now += 1999
    assert clock.utc() == 1795000001
    assert clock.quality() == [2, 1]
    ticks.now += 86400 * 1000  # a day at 100 ppm is 8.64 s
    assert clock.quality() == [2, 9]
