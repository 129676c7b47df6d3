"""The service line over TCP: one port, a key for everything that changes state.

Owns: the listening socket and at most two connections.
Refuses: a third connection (BUSY), unless one of the two has been silent for a minute: its client
may be gone without a word, and two of those must not lock the terminal; it gives way. And whatever
links.session refuses.
Units: bytes, milliseconds.
"""

import asyncio

from steelyard_wire import codes, line
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

_MOST_CONNECTIONS = const(2)
_CHUNK = const(128)
_SILENT_MS = const(60000)


class TcpLink:
    """One connection; `up_ms` is the uptime in ms. It belongs to the task that makes it."""

    def __init__(self, service, session, reader, writer, up_ms) -> None:
        self.task = asyncio.current_task()
        self.heard_ms = up_ms()
        self._up_ms = up_ms
        self._service = service
        self.session = session
        self._reader = reader
        self._writer = writer
        self._lines = line.LineBuffer(line.MAX_COMMAND)

    async def send(self, data: bytes) -> None:
        """Write one reply."""
        self._writer.write(data)
        await self._writer.drain()

    def interrupted(self) -> bool:
        """Never: a client that has had enough closes the connection, and sending fails."""
        return False

    async def run(self) -> None:
        """Serve until the other side closes."""
        while True:
            chunk = await self._reader.read(_CHUNK)
            if not chunk:
                return
            self.heard_ms = self._up_ms()
            for byte in chunk:
                try:
                    text = self._lines.push(byte)
                except Refused as refused:
                    await self._service.refuse(None, refused, self)
                    continue
                if text:
                    await self._service.handle(text, self)


class TcpServer:
    """Listens on `port` and serves each connection with a session of its own."""

    def __init__(self, service, make_session, port: int, up_ms) -> None:
        self._service = service
        self._make_session = make_session
        self._port = port
        self._up_ms = up_ms
        self._open = []

    async def start(self) -> None:
        """Listen on all addresses of the board."""
        await asyncio.start_server(self._connected, "0.0.0.0", self._port, 2)

    def _has_room(self) -> bool:
        if len(self._open) < _MOST_CONNECTIONS:
            return True
        oldest = min(self._open, key=lambda link: link.heard_ms)
        if self._up_ms() - oldest.heard_ms < _SILENT_MS:
            return False
        self._open.remove(oldest)
        oldest.task.cancel()
        return True

    async def _connected(self, reader, writer) -> None:
        link = TcpLink(self._service, self._make_session(), reader, writer, self._up_ms)
        try:
            if self._has_room():
                self._open.append(link)
                await link.run()
            else:
                await self._service.refuse(None, Refused(codes.BUSY, "two connections"), link)
        except OSError:
            # The other side is gone; what it had asked for is recorded, and it can ask again.
            return
        finally:
            if link in self._open:
                self._open.remove(link)
            await writer.wait_closed()  # the only call that closes the socket
