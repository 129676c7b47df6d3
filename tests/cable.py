"""A cable between a program and a virtual board, which can be pulled out and put in again.

Owns: a TCP port of its own that passes on what goes either way. Refuses: nothing. Units: bytes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType

_PIECE = 65536


class Cable:
    """To the console of a virtual board. address: what the program is told."""

    def __init__(self, console: str) -> None:
        host, _, port = console.removeprefix("socket://").partition(":")
        self._board = (host, int(port))
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.is_in = True
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        return f"socket://127.0.0.1:{self._server.getsockname()[1]}"

    def pull(self) -> None:
        """Nothing goes over it any more, and nothing new begins."""
        self.is_in = False
        for one in self._open:
            _end(one)
        self._open.clear()

    def put_in(self) -> None:
        self.is_in = True

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                if not self.is_in:
                    client.close()
                    continue
                board = socket.create_connection(self._board)
                self._open += [client, board]
                for one, other in ((client, board), (board, client)):
                    threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(_PIECE):
                other.sendall(data)
        # Whoever is left hears of it: the board takes one client at a time.
        _end(one)
        _end(other)

    def __enter__(self) -> Cable:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.pull()
        _end(self._server)
        self._server.close()


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
