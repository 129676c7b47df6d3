"""Raw samples on the service line: the command TRACE (protocol/README.md, section 5).

Owns: one tap between the sample ring and the weight path, for as long as a trace lasts.
Refuses: a second trace beside it (BUSY), and times outside 1 ms to 10 min (ARGUMENT).
Units: counts as the driver gave them, milliseconds. `put` allocates nothing.
"""

from binascii import b2a_base64

from steelyard_wire import codes
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

_SAMPLE = const(6)  # bytes: counts 3, fault 1, ms since the sample before 2, little endian
_ROOM = const(3072)  # bytes: 0.4 s at 1280 samples a second
_BLOCK = const(384)  # bytes in a line, so that its check sum is done in a slice of the processor
_MOST_MS = const(600000)
_SPEAK_MS = const(250)  # a line so often at least, also when nothing comes
_TICKS = const(0x3FFFFFFF)


class Tap:
    """A queue of samples; what finds no room is counted in `lost`."""

    def __init__(self, end_ms: int) -> None:
        self.end_ms = end_ms
        self.samples = 0
        self.lost = 0
        self.held = 0  # bytes
        self._data = bytearray(_ROOM)
        self._at = 0
        self._last = -1

    def put(self, counts: int, ticks: int, fault: int) -> None:
        """Take one sample; `ticks` in ms, wrapping at 2**30."""
        if self.held == _ROOM:
            self.lost += 1
            return
        apart = 0 if self._last < 0 else ticks - self._last & _TICKS
        self._last = ticks
        if apart > 0xFFFF:
            apart = 0xFFFF
        data = self._data
        at = (self._at + self.held) % _ROOM
        data[at] = counts & 0xFF
        data[at + 1] = counts >> 8 & 0xFF
        data[at + 2] = counts >> 16 & 0xFF
        data[at + 3] = fault
        data[at + 4] = apart & 0xFF
        data[at + 5] = apart >> 8
        self.held += _SAMPLE
        self.samples += 1

    def take(self) -> str:
        """The oldest samples, as much as a line carries, in base64."""
        at = self._at
        size = min(self.held, _BLOCK, _ROOM - at)
        text = b2a_base64(memoryview(self._data)[at : at + size])[:-1].decode()
        self._at = (at + size) % _ROOM
        self.held -= size
        return text


def trace_steps(terminal, link, milliseconds: int):
    """Yields the word of each PROGRESS line, and None to wait; returns the words of the OK.

    It ends early when the link is interrupted: whoever types on has had enough.
    """
    if not 1 <= milliseconds <= _MOST_MS:
        raise Refused(codes.ARGUMENT, "1 to %d ms" % _MOST_MS)
    clock = terminal.clock
    said = clock.up_ms()
    # A trace whose link hangs is over when its time is: it must not lock out the next one.
    if terminal.tap is not None and said <= terminal.tap.end_ms + _SPEAK_MS:
        raise Refused(codes.BUSY, "a trace")
    terminal.drain()  # what came before is not asked for
    tap = terminal.tap = Tap(said + milliseconds)
    try:
        over = False
        while not over:
            yield None
            now = clock.up_ms()
            over = now >= tap.end_ms or link.interrupted()
            if over:
                terminal.drain()
                if terminal.tap is tap:
                    terminal.tap = None  # what comes while the rest is sent is not asked for
            while tap.held >= _BLOCK or now - said >= _SPEAK_MS or (over and tap.held):
                said = now
                yield tap.take()
        return ["samples=%d" % tap.samples, "lost=%d" % tap.lost]
    finally:
        if terminal.tap is tap:
            terminal.tap = None
