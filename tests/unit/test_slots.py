"""The fixed part's choice: which firmware starts, and what a start on trial costs."""

import hashlib
import os

import packed
import slots
from storage import Scratch


def _hex(data):
    return "".join(["%02x" % byte for byte in data])


def _pack(sequence, body=b"code"):
    head = "steelyard 1.0 %d\n/x %d %s\n\n" % (sequence, len(body), _hex(_digest(body)))
    return head.encode() + body, _hex(_digest(head.encode()))


def _digest(data):
    return hashlib.sha256(data).digest()


class Board:
    """A folder with packs; `with Board(old, new) as board:`."""

    def __init__(self, a=None, b=None):
        self._packs = (("a", a), ("b", b))
        self._scratch = Scratch()

    def __enter__(self):
        self.folder = slots.ROOT = self._scratch.__enter__()
        packed.slot = "a"
        for name, body in self._packs:
            if body is not None:
                self.put(name + ".pack", body)
        return self

    def __exit__(self, *_):
        slots.ROOT = packed.slot = ""
        self._scratch.__exit__()

    def put(self, name, body):
        with open(self.folder + "/" + name, "wb") as file:
            file.write(body)

    def starts(self):
        """(slot that starts, its tries after that); another than the mounted one is a reset."""
        resets = []
        watched = slots.begin(lambda: resets.append(1))
        state = slots.read()
        assert resets or watched is (state is not None and state[1] != "-")
        if resets:
            packed.slot = slots.other(packed.slot)
            resets.clear()
            slots.begin(lambda: resets.append(1))
            assert resets == []
            state = slots.read()
        return packed.slot, state[1] if state else None


OLD, OLD_CONTENTS = _pack(1)
NEW, NEW_CONTENTS = _pack(2, b"newer code")


def test_a_line_is_read_as_it_was_written_and_a_damaged_one_is_none():
    with Board() as board:
        assert slots.read() is None
        slots.write("b", "3", NEW_CONTENTS)
        assert slots.read() == ["b", "3", NEW_CONTENTS]
        assert "active.new" not in os.listdir(board.folder)
        text = slots.line("b", "3", NEW_CONTENTS)
        for at in range(len(text) - 1):
            board.put("active", (text[:at] + "x" + text[at + 1 :]).encode())
            assert slots.read() is None or text[at] == "x", at
        for damaged in (b"", b"a", b"\xff\xfe\xfd", b"c - 00 00", text[:-9].encode(), bytes(300)):
            board.put("active", damaged)
            assert slots.read() is None, damaged


def test_a_pack_is_whole_or_it_is_not():
    for data, whole in (
        (OLD, [1, OLD_CONTENTS]),
        (OLD + b"x", None),
        (OLD[:-1], None),
        (OLD[:-1] + b"E", None),
        (OLD[10:], None),
        (OLD[:40], None),
        (b"", None),
        (b"\n\n", None),
        (bytes(1000), None),
        (b"steelyard 1 1\n", None),
        (b"steelyard 1 x\n/x 1 00\n\na", None),
        (b"steelyard 1 1\n/x -1 00\n\na", None),
    ):
        with Board(data):
            assert slots.whole("a") == whole, data
    with Board():
        assert slots.whole("a") is None


def test_what_is_confirmed_starts_and_nothing_is_written():
    with Board(OLD, NEW) as board:
        slots.write("a", "-", OLD_CONTENTS)
        os.rename(board.folder + "/a.pack", board.folder + "/gone")  # it is not even looked at
        for _ in range(5):
            assert not slots.begin(None)  # no watchdog for it
        assert slots.read() == ["a", "-", OLD_CONTENTS]


def test_S10_what_is_on_trial_has_three_starts():
    with Board(OLD, NEW) as board:
        slots.write("b", slots.TRIES, NEW_CONTENTS)
        found = [board.starts() for _ in range(5)]
        assert found == [("b", "2"), ("b", "1"), ("b", "0"), ("a", "-"), ("a", "-")]
        assert slots.read() == ["a", "-", OLD_CONTENTS]


def test_S10_a_confirmed_one_stays():
    with Board(OLD, NEW) as board:
        slots.write("b", slots.TRIES, NEW_CONTENTS)
        assert board.starts() == ("b", "2")
        slots.write("b", "-", NEW_CONTENTS)
        for _ in range(4):
            assert board.starts() == ("b", "-")


def test_S10_what_is_damaged_does_not_start_on_trial():
    for damaged in (NEW[:-1] + b"X", NEW[:-1], b""):
        with Board(OLD, damaged) as board:
            slots.write("b", slots.TRIES, NEW_CONTENTS)
            assert board.starts() == ("a", "-")
    other, _ = _pack(2, b"other code")  # whole, and not what was announced
    with Board(OLD, other) as board:
        slots.write("b", slots.TRIES, NEW_CONTENTS)
        assert board.starts() == ("a", "-")


def test_without_another_one_it_goes_on():
    with Board(OLD) as board:
        slots.write("a", slots.TRIES, OLD_CONTENTS)
        assert [board.starts() for _ in range(4)] == [
            ("a", "2"),
            ("a", "1"),
            ("a", "0"),
            ("a", "0"),
        ]


def test_S10_a_damaged_line_puts_the_newer_whole_one_on_trial():
    for a, b, wanted in ((OLD, NEW, "b"), (NEW, OLD, "a"), (OLD, NEW[:-1], "a"), (None, OLD, "b")):
        with Board(a, b) as board:
            board.put("active", b"damaged")
            slot, tries = board.starts()
            assert slot == wanted and tries == "2"
    with Board(OLD[:-1], NEW[:-1]) as board:
        board.put("active", b"damaged")
        assert board.starts() == ("a", None)  # what boot.py could mount, or the prompt


def test_an_error_of_a_confirmed_firmware_is_shown_and_on_trial_starts_again():
    resets = []
    error = ValueError("TEST")
    with Board(OLD, NEW):
        slots.write("a", "-", OLD_CONTENTS)
        try:
            slots.failed(error, lambda: resets.append(1))
            raise AssertionError
        except ValueError as raised:
            assert raised is error
        assert resets == []


def test_the_index_finds_each_file_where_it_begins():
    with Board(NEW) as board:
        path = board.folder + "/a.pack"
        mounted = packed.Packed(path, slots._index(path))
        with mounted.open("/x", "rb") as file:
            assert file.read(10) == b"newer code"
        assert mounted.stat("/x")[0] == 0x8000
        for missing in ("/y", "/x.mpy", "x", "/x/"):
            try:
                mounted.stat(missing)
                raise AssertionError
            except OSError as error:
                assert error.args[0] == 2
