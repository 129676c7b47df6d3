"""Ctrl-C at a bench: all places stop, also one whose weight handler is on its way for ever."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any

from steelyard.errors import INTERRUPTED, OK
from steelyard.factory import bench
from steelyard.factory.hands import Handler

Serve = Callable[[bench.Place, bench.Result, threading.Event], Mapping[str, Any]]


class Machine:
    """A weight handler that is busy with every load, and takes all off at once."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self.told: list[str] = []
        self.busy = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        line, _ = self._server.accept()
        with line, self._server, line.makefile("r") as heard, suppress(OSError):
            for said in heard:
                self.told.append(said.strip())
                line.sendall(b"busy\n" if said.startswith("PUT") else b"ok\n")
                self.busy.set()


def _press_when(ready: threading.Event, times: int = 1) -> None:
    def press() -> None:
        ready.wait(60)
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)  # of two signals at once one is lost

    threading.Thread(target=press, daemon=True).start()


def _two(serve: Serve) -> list[bench.Result]:
    before = signal.getsignal(signal.SIGINT)
    results = bench.run([bench.Place("a"), bench.Place("b")], serve)
    assert signal.getsignal(signal.SIGINT) == before
    return results


def test_ctrl_c_reaches_whoever_waits_for_a_machine() -> None:
    machine = Machine()

    def serve(
        place: bench.Place, result: bench.Result, halt: threading.Event
    ) -> Mapping[str, Any]:
        if place.address == "b":
            return {"done": "before"}
        hands = Handler(machine.address, "kg", halt=halt)
        try:
            hands.put(Fraction(5))
        finally:
            hands.let_go()
        return {}

    _press_when(machine.busy)
    stopped, done = _two(serve)
    assert stopped.code == INTERRUPTED and "same command goes on" in stopped.why
    assert (done.code, done.found) == (OK, {"done": "before"})
    # Nothing is left on the platform.
    assert machine.told == ["PUT 5 kg centre", "REMOVE"]


def test_ctrl_c_once_more_waits_for_nobody() -> None:
    waits, let_go = threading.Event(), threading.Event()

    def serve(
        place: bench.Place, result: bench.Result, halt: threading.Event
    ) -> Mapping[str, Any]:
        if place.address == "a":
            waits.set()
            let_go.wait(60)  # a driver that hangs, say
        return {}

    _press_when(waits, times=2)
    stuck, done = _two(serve)
    let_go.set()
    assert stuck.code == INTERRUPTED and "same command goes on" in stuck.why
    assert done.code == OK
