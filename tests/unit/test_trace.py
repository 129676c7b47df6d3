"""TRACE's tap: samples as the protocol packs them, a full queue that counts, one at a time."""

from binascii import a2b_base64

from check import refused, vectors
from steelyard_wire import codes
from storage import Scratch
from terminal.drivers.ring import SampleRing
from terminal.links.trace import Tap, trace_steps
from terminal_parts import started


class Link:
    """A link on which somebody types when told to."""

    typed = False

    def interrupted(self):
        return self.typed


def test_samples_are_packed_as_the_protocol_says():
    cases = vectors("trace")["samples"]
    tap = Tap(0)
    for case in cases:
        tap.put(*case["sample"])
    packed = b"".join([case["bytes"] for case in cases])
    assert a2b_base64(tap.take().encode()) == packed and len(packed) == 6 * len(cases)
    assert (tap.samples, tap.lost, tap.held) == (len(cases), 0, 0)
    assert tap.take() == ""


def test_a_block_fits_a_line_and_a_full_queue_counts():
    tap = Tap(0)
    for k in range(515):  # 3072 bytes hold 512
        tap.put(k, k, 0)
    assert (tap.samples, tap.lost) == (512, 3)
    taken = b""
    for _ in range(3):
        text = tap.take()
        assert len(text) == 512  # 64 samples
        taken += a2b_base64(text.encode())
    # Across the end of the queue; the time of the next sample covers those that were lost.
    for k in range(515, 600):
        tap.put(k, k, 0)
    while tap.held:
        taken += a2b_base64(tap.take().encode())
    counts = [taken[at] | taken[at + 1] << 8 for at in range(0, len(taken), 6)]
    assert counts == list(range(512)) + list(range(515, 600))
    apart = [taken[at + 4] for at in range(0, len(taken), 6)]
    assert apart == [0] + [1] * 511 + [4] + [1] * 84


def _terminal(folder):
    terminal = started(folder)
    terminal.ring = SampleRing()
    return terminal


def _run(steps, terminal, feed=0):
    """Words of the lines, and those of the end."""
    said = []
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return said, end.value
        if step is None:
            for _ in range(feed):
                terminal.ring.put(1234, terminal.clock.up_ms(), 0)
            terminal.drain()
        else:
            said.append(step)


def test_a_trace_brings_every_sample_and_leaves_nothing():
    with Scratch() as folder:
        terminal = _terminal(folder)
        terminal.ring.put(99, 5, 0)  # from before: not asked for
        said, end = _run(trace_steps(terminal, Link(), 2000), terminal, 1)
        data = b"".join([a2b_base64(text.encode()) for text in said])
        assert len(data) // 6 > 200 and data[:6] == b"\xd2\x04\x00\x00\x00\x00"
        assert end == ["samples=%d" % (len(data) // 6), "lost=0"]
        assert terminal.tap is None


def test_a_silent_converter_is_no_silent_line():
    with Scratch() as folder:
        terminal = _terminal(folder)
        said, end = _run(trace_steps(terminal, Link(), 2000), terminal)
        assert 5 <= len(said) <= 8 and set(said) == {""}  # one in 250 ms
        assert end == ["samples=0", "lost=0"]


def test_there_is_one_trace_at_a_time():
    with Scratch() as folder:
        terminal = _terminal(folder)
        first = trace_steps(terminal, Link(), 1000)
        next(first)
        refused(codes.BUSY, next, trace_steps(terminal, Link(), 1000))
        first.close()  # as when its link goes
        assert terminal.tap is None
        assert _run(trace_steps(terminal, Link(), 10), terminal)[1] == ["samples=0", "lost=0"]


def test_a_trace_that_hangs_locks_nobody_out():
    with Scratch() as folder:
        terminal = _terminal(folder)
        hanging = trace_steps(terminal, Link(), 100)
        next(hanging)
        while terminal.clock.up_ms() < 600:
            pass
        second = trace_steps(terminal, Link(), 1000)
        next(second)
        mine = terminal.tap
        hanging.close()  # later: it takes nothing from its successor
        assert terminal.tap is mine and mine is not None


def test_who_types_has_had_enough():
    with Scratch() as folder:
        terminal = _terminal(folder)
        link = Link()
        steps = trace_steps(terminal, link, 600000)
        next(steps)
        terminal.ring.put(7, 5, 0)
        link.typed = True
        said, end = _run(steps, terminal)
        assert (len(said), end) == (1, ["samples=1", "lost=0"])


def test_a_line_that_is_slower_than_the_samples_has_an_end():
    with Scratch() as folder:
        terminal = _terminal(folder)
        sent = 0
        for count, text in enumerate(trace_steps(terminal, Link(), 100)):
            # However short a line is, when it is out there is a sample more.
            terminal.ring.put(1234, terminal.clock.up_ms(), 0)
            terminal.drain()
            sent += len(a2b_base64((text or "").encode())) // 6
            assert count < 300
        assert 0 < sent <= 100 and terminal.tap is None


def test_a_time_out_of_limits_is_refused():
    with Scratch() as folder:
        terminal = _terminal(folder)
        for milliseconds in (0, 600001):
            refused(codes.ARGUMENT, next, trace_steps(terminal, Link(), milliseconds))
        assert terminal.tap is None
