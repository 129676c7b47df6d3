"""Board time and MicroPython's asyncio on it, under CPython: the real tasks run, time is driven.

Owns: the microseconds since the start, the tasks, the ports at which bytes come and go (a console,
a TCP connection). What MicroPython's asyncio does is kept: a task runs until it waits, a read and
a `drain` let the others run once, tasks run in the order in which they are due.
Refuses: to go on when a task dies; its exception goes to whoever drives the time, as it takes the
program down on a board.
Units: microseconds of board time; milliseconds where a name says so.

Time passes when all tasks wait, and by what their work costs: every step of a task, every byte and
every reply. Nobody has measured these on a board; they are chosen so that the work for a line
takes a sample or two.
"""

from __future__ import annotations

import heapq
import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any

STEP_US = 300  # a slice of a signature is about a millisecond, a look at the keys is less
REPLY_US = 8000  # parse a line, load what it needs from the flash, say it
BYTE_US = 100  # ask whether it is there, read it, look whether it ends a line
_PERIOD = 1 << 30


class Task:
    """A coroutine on its way."""

    def __init__(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self.step = coroutine.send
        self.close = coroutine.close


class Loop:
    """What `asyncio` and `time` are on the board.

    interrupt(now_us): the converter's; it is called when it is due, and says when it is next.
    """

    def __init__(self) -> None:
        self.now_us = 0
        self.interrupt: Callable[[int], int] = lambda _now_us: _PERIOD
        self.due_us = 0  # when the interrupt is
        self.accept: Callable[..., Coroutine[Any, Any, None]] | None = None
        self._queue: list[tuple[int, int, Task]] = []
        self._pushed = 0
        self._tasks: set[Task] = set()
        self._current: Task | None = None

    # --- what the firmware calls: time -----------------------------------------------------------

    def ticks_ms(self) -> int:
        """As time.ticks_ms."""
        return self.now_us // 1000 % _PERIOD

    def ticks_diff(self, end: int, start: int) -> int:
        """As time.ticks_diff."""
        return (end - start + _PERIOD // 2) % _PERIOD - _PERIOD // 2

    # --- what the firmware calls: asyncio --------------------------------------------------------

    class Event:
        """Of which the firmware makes one and, here, waits for none."""

        def set(self) -> None:
            """Nobody waits."""

    @types.coroutine
    def sleep_ms(self, milliseconds: int) -> Generator[int, None, None]:
        """As asyncio.sleep_ms."""
        yield self.now_us + milliseconds * 1000

    def current_task(self) -> Task | None:
        """As asyncio.current_task."""
        return self._current

    def StreamReader(self, port: Port) -> Port:
        """As asyncio.StreamReader."""
        return port.stream

    async def start_server(
        self, accept: Callable[..., Coroutine[Any, Any, None]], *_where: object
    ) -> None:
        """As asyncio.start_server; whoever drives the time connects."""
        self.accept = accept

    # --- for whoever drives the time -------------------------------------------------------------

    def create_task(self, coroutine: Coroutine[Any, Any, None]) -> Task:
        """A task that is due at once."""
        task = Task(coroutine)
        self._tasks.add(task)
        self.wake(task)
        return task

    def wake(self, task: Task) -> None:
        """What it waited for is there."""
        self._push(task, self.now_us)

    def _push(self, task: Task, due_us: int) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (due_us, self._pushed, task))

    def spend(self, microseconds: int) -> None:
        """The processor is busy; interrupts go on."""
        self.now_us += microseconds
        if self.now_us >= self.due_us:
            self.due_us = self.interrupt(self.now_us)

    def run(self, milliseconds: int) -> None:
        """Let so much time pass."""
        end_us = self.now_us + milliseconds * 1000
        queue = self._queue
        while queue and queue[0][0] <= end_us:
            due_us, _, task = heapq.heappop(queue)
            if due_us > self.now_us:
                self.spend(due_us - self.now_us)
            self._current = task
            try:
                wake_us = task.step(None)
            except StopIteration:
                self._tasks.remove(task)
            else:
                if wake_us is not None:
                    self._push(task, wake_us)
            self.spend(STEP_US)
        if end_us > self.now_us:
            self.spend(end_us - self.now_us)

    def close(self) -> None:
        """The supply is gone."""
        for task in self._tasks:
            # A task that waits at its end for what never comes does not take notice.
            with suppress(RuntimeError):
                task.close()


class Stream:
    """One direction of a port as asyncio reads it."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting: Task | None = None
        self.data = bytearray()
        self.closed = False

    def feed(self, data: bytes) -> None:
        """Bytes come in."""
        self.data += data
        self.wake()

    def wake(self) -> None:
        """Whoever waits looks again."""
        if self._waiting is not None:
            self._loop.wake(self._waiting)
            self._waiting = None

    def take(self, most: int) -> bytes:
        """At most so many of the bytes that are there."""
        taken = bytes(self.data[:most])
        del self.data[:most]
        self._loop.spend(BYTE_US * len(taken))
        return taken

    @types.coroutine
    def read(self, most: int) -> Generator[int | None, None, bytes]:
        """As a StreamReader's; b"" when the other side is gone."""
        yield self._loop.now_us
        while not self.data and not self.closed:
            self._waiting = self._loop.current_task()
            yield None
        return self.take(most)


class Port:
    """A serial port: what `sys.stdin.buffer`, `sys.stdout.buffer` and a poller are of it."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self.stream = Stream(loop)
        self.said = bytearray()

    def feed(self, data: bytes) -> None:
        """Somebody types."""
        self.stream.feed(data)

    def register(self, *_what: object) -> None:
        """As a poller's."""

    def poll(self, _timeout: int) -> bool:
        """As a poller's: whether there is something to be read."""
        return bool(self.stream.data)

    def read(self, most: int) -> bytes:
        """As sys.stdin.buffer's."""
        return self.stream.take(most)

    def write(self, data: bytes) -> None:
        """As sys.stdout.buffer's: it returns when the bytes are out."""
        self._loop.spend(REPLY_US)
        self.said += data


class Connection(Stream):
    """A TCP connection, reader and writer in one."""

    def __init__(self, loop: Loop) -> None:
        super().__init__(loop)
        self.said = bytearray()

    def close(self) -> None:
        """The client goes away."""
        self.closed = True
        self.data.clear()
        self.wake()

    def write(self, data: bytes) -> None:
        """As a StreamWriter's."""
        self._loop.spend(REPLY_US)
        if self.closed:
            raise OSError(104)  # ECONNRESET
        self.said += data

    async def drain(self) -> None:
        """As MicroPython's: it always lets the others run."""
        await self._loop.sleep_ms(0)

    async def wait_closed(self) -> None:
        """As a StreamWriter's."""
        await self._loop.sleep_ms(0)
