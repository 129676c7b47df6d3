"""The air between the virtual board's radio and the host: TCP connections to its service port.

Owns: the access point, whether the station is joined to it, the listening socket that the host
sees and the connections through it.
Refuses: connections while the station is not joined or the board is off, as a network would.
Units: bytes, microseconds of board time.

The connections go through the world so that it knows when a byte is on its way to the VM. What one
side does not read stays with the other, as TCP has it; nobody waits for it.
"""

from __future__ import annotations

import contextlib
import selectors
import socket

from sockets import watch
from world import JOINED, RADIO_UP, World

_JOIN_US = 1500000
_SEND_BUFFER = 8192


class _End:
    """One end of a connection, with what has not gone out there yet."""

    def __init__(self, line: socket.socket, from_host: bool) -> None:
        self.line = line
        self.from_host = from_host
        self.waiting = b""
        self.peer = self

    def flush(self) -> None:
        """Send what waits, as far as it is taken."""
        with contextlib.suppress(BlockingIOError):
            while self.waiting:
                self.waiting = self.waiting[self.line.send(self.waiting) :]


class Radio:
    """Carries connections from its own port to the port on which the VM listens.

    held: socket that keeps `vm_port` for us.
    """

    def __init__(self, world: World, held: socket.socket, vm_port: int, port: int = 0) -> None:
        self._world = world
        self._held = held
        self._vm_port = vm_port
        self._attempt = 0
        self._server = socket.create_server(("127.0.0.1", port))
        self._ends: list[_End] = []
        world.on_station = self._associate
        world.selector.register(self._server, selectors.EVENT_READ, self._accept)

    @property
    def address(self) -> str:
        """URL of the service port as the host sees it."""
        return f"socket://127.0.0.1:{self._server.getsockname()[1]}"

    def set_up(self, up: bool) -> None:
        """The access point can be heard, or no longer."""
        self._world.set_signal(RADIO_UP, up)
        if not up:
            self._associate(False)

    def _associate(self, wanted: bool) -> None:
        """The station begins to join, or leaves: every connection breaks."""
        self._attempt += 1
        self._world.set_signal(JOINED, False)
        self._drop_all()
        if wanted and self._world.signals & RADIO_UP:
            attempt = self._attempt

            def joined() -> None:
                if attempt == self._attempt:
                    self._world.set_signal(JOINED, True)

            self._world.after(_JOIN_US, joined)

    def _accept(self) -> None:
        host, _ = self._server.accept()
        board = None
        if self._world.signals & JOINED and self._world.vm is not None:
            with contextlib.suppress(OSError):
                board = socket.create_connection(("127.0.0.1", self._vm_port), 1)
        if board is None:
            host.close()
            return
        self._world.host_bytes_came()
        one, other = _End(host, True), _End(board, False)
        one.peer, other.peer = other, one
        for end in (one, other):
            end.line.setblocking(False)
            end.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
            self._ends.append(end)
            self._watch(end)

    def _watch(self, end: _End) -> None:
        read = 0 if end.peer.waiting else selectors.EVENT_READ
        write = selectors.EVENT_WRITE if end.waiting else 0
        watch(self._world.selector, end.line, read | write, lambda: self._serve(end))

    def _serve(self, end: _End) -> None:
        try:
            end.flush()
            if not end.peer.waiting:
                self._carry(end)
        except OSError:
            self._hang_up(end)
            return
        if end in self._ends:
            self._watch(end)
            self._watch(end.peer)

    def _carry(self, end: _End) -> None:
        try:
            data = end.line.recv(4096)
        except BlockingIOError:
            return
        if end.from_host:
            self._world.host_bytes_came()
        end.peer.waiting = data
        end.peer.flush()
        if not data:
            self._hang_up(end)

    def _hang_up(self, end: _End) -> None:
        for one in (end, end.peer):
            watch(self._world.selector, one.line, 0)
            self._ends.remove(one)
            one.line.close()

    def _drop_all(self) -> None:
        while self._ends:
            self._hang_up(self._ends[0])

    def close(self) -> None:
        """Stop listening and let all connections go."""
        self._drop_all()
        self._server.close()
        self._held.close()
