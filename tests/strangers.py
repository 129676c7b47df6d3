"""What may be at the other end of a port instead of a terminal, or between us and one.

Owns: PTYs and TCP ports of this test, and the threads that serve them. Refuses: nothing.
Units: none; lines are bytes without their ends.
"""

from __future__ import annotations

import binascii
import contextlib
import os
import pty
import socket
import threading
import tty
from collections.abc import Callable, Iterator

Answer = Callable[[bytes], bytes]
Change = Callable[[bytes], bytes | None]


def with_crc(text: bytes) -> bytes:
    """A reply as the protocol wants it (section 3: CRC-16/CCITT-FALSE, which is crc_hqx)."""
    return b"%b *%04X\r\n" % (text, binascii.crc_hqx(text, 0xFFFF))


@contextlib.contextmanager
def on_a_cable(serve: Callable[[int], None]) -> Iterator[str]:
    """A PTY whose far end `serve` has, in a thread, until it raises OSError; its path."""
    far, near = pty.openpty()
    tty.setraw(near)
    path = os.ttyname(near)

    def run() -> None:
        with contextlib.suppress(OSError):
            serve(far)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield path
    finally:
        os.close(near)  # the far end reads an error now
        thread.join(10)
        os.close(far)


def silence(far: int) -> None:
    """Read, and never say a word."""
    while os.read(far, 4096):
        pass


def echo(far: int) -> None:
    """Send back what comes."""
    while data := os.read(far, 4096):
        os.write(far, data)


def chatter(far: int) -> None:
    """Whatever is asked, go on about the weather, as a 3D printer or a GPS does."""
    while os.read(far, 4096):
        for _ in range(500):
            os.write(far, b"ok T:23.5 /0.0 B:22.9 /0.0 @:0\r\n")


@contextlib.contextmanager
def on_the_network(answer: Answer) -> Iterator[str]:
    """A TCP port whose program answers each line with `answer(line)`; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            with contextlib.suppress(OSError):
                client, _ = server.accept()
                with client, client.makefile("rb") as lines:
                    for line in lines:
                        client.sendall(answer(line.rstrip()))

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"socket://127.0.0.1:{server.getsockname()[1]}"
    thread.join(10)


class Cable:
    """A cable to a terminal's TCP console that somebody meddles with.

    out(line) and back(line), for lines to the terminal and from it: what goes on instead, its ends
    included, or None: the cable is pulled before that line.
    """

    def __init__(self, console: str, out: Change, back: Change) -> None:
        self._console = console
        self._changes = (out, back)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Cable:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self._thread.join(10)

    def _run(self) -> None:
        host, _, port = self._console.removeprefix("socket://").partition(":")
        with contextlib.suppress(OSError):
            client, _ = self._server.accept()
            terminal = socket.create_connection((host, int(port)), 60)
            back = threading.Thread(
                target=self._pass, args=(terminal, client, self._changes[1]), daemon=True
            )
            back.start()
            self._pass(client, terminal, self._changes[0])
            back.join(10)
            client.close()
            terminal.close()

    def _pass(self, source: socket.socket, target: socket.socket, change: Change) -> None:
        with contextlib.suppress(OSError):
            for line in source.makefile("rb"):
                changed = change(line.rstrip(b"\r\n"))
                if changed is None:
                    break
                target.sendall(changed)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def as_it_is(line: bytes) -> bytes:
    """A cable that changes nothing."""
    return line + b"\r\n"
