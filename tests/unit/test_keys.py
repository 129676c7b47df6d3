"""Push buttons: a press comes once, bounces do not come."""

from terminal.drivers.keys import Keys


class Level:
    """A pin at a level that the test sets; high is released."""

    def __init__(self):
        self.high = 1

    def __call__(self):
        return self.high


def _keys():
    pins = {"zero": Level(), "tare": Level(), "print": Level()}
    return pins, Keys(pins)


def test_a_press_comes_once_after_three_polls():
    pins, keys = _keys()
    pins["tare"].high = 0
    assert [keys.poll() for _ in range(6)] == [None, None, "tare", None, None, None]
    pins["tare"].high = 1
    assert keys.poll() is None
    pins["tare"].high = 0
    assert [keys.poll() for _ in range(3)] == [None, None, "tare"]


def test_bounces_shorter_than_three_polls_do_nothing():
    pins, keys = _keys()
    for level in (0, 1, 0, 0, 1, 0, 0, 1, 1):
        pins["zero"].high = level
        assert keys.poll() is None


def test_keys_do_not_hide_each_other():
    pins, keys = _keys()
    pins["zero"].high = 0
    keys.poll()
    pins["print"].high = 0
    assert [keys.poll() for _ in range(4)] == [None, "zero", "print", None]
