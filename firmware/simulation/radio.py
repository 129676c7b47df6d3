"""The air between the virtual board's radio and the host: TCP connections to its service port.

Owns: the listening socket that the host sees and the connections through it.
Refuses: connections while the radio is down or the board is off, as a network without it would.
Units: bytes.

The connections go through the world so that it knows when a byte is on its way to the VM.
"""

from __future__ import annotations

import contextlib
import selectors
import socket

from world import RADIO_UP, World


class Radio:
    """Carries connections from its own port to the port on which the VM listens."""

    def __init__(self, world: World, vm_port: int, port: int = 0) -> None:
        self._world = world
        self._vm_port = vm_port
        self._server = socket.create_server(("127.0.0.1", port))
        self._peers: dict[socket.socket, socket.socket] = {}
        world.selector.register(self._server, selectors.EVENT_READ, self._accept)

    @property
    def address(self) -> str:
        """URL of the service port as the host sees it."""
        return f"socket://127.0.0.1:{self._server.getsockname()[1]}"

    def _accept(self) -> None:
        host, _ = self._server.accept()
        board = None
        if self._world.signals & RADIO_UP and self._world.vm is not None:
            with contextlib.suppress(OSError):
                board = socket.create_connection(("127.0.0.1", self._vm_port), 1)
        if board is None:
            host.close()
            return
        self._world.host_bytes_came()
        for one, other in ((host, board), (board, host)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._peers[one] = other
            self._world.selector.register(
                one, selectors.EVENT_READ, lambda one=one, up=one is host: self._carry(one, up)
            )

    def _carry(self, source: socket.socket, up: bool) -> None:
        target = self._peers[source]
        try:
            data = source.recv(4096)
            if data:
                target.sendall(data)
        except OSError:
            data = b""
        if up:
            self._world.host_bytes_came()
        if not data or not self._world.signals & RADIO_UP:
            self._hang_up(source)

    def _hang_up(self, one: socket.socket) -> None:
        for end in (one, self._peers[one]):
            self._world.selector.unregister(end)
            del self._peers[end]
            end.close()

    def drop_all(self) -> None:
        """The radio went down: every connection breaks."""
        while self._peers:
            self._hang_up(next(iter(self._peers)))

    def close(self) -> None:
        """Stop listening and let all connections go."""
        self.drop_all()
        self._server.close()
