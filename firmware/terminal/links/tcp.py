"""The service line over TCP: one port, a key for everything that changes state.

Owns: the listening socket and at most two connections.
Refuses: a third connection (BUSY) and whatever links.session refuses.
Units: bytes.
"""

import asyncio

from steelyard_wire import codes, line
from steelyard_wire.codes import Refused
from steelyard_wire.shim import const

_MOST_CONNECTIONS = const(2)
_CHUNK = const(128)


class TcpLink:
    """One connection."""

    def __init__(self, service, session, reader, writer) -> None:
        self._service = service
        self._session = session
        self._reader = reader
        self._writer = writer
        self._lines = line.LineBuffer(line.MAX_COMMAND)

    async def send(self, data: bytes) -> None:
        """Write one reply."""
        self._writer.write(data)
        await self._writer.drain()

    def open_session(self) -> bytes:
        """See KeyedSession.open."""
        return self._session.open()

    def authorise(self, command, level: int) -> None:
        """See KeyedSession.authorise."""
        self._session.authorise(command, level)

    async def run(self) -> None:
        """Serve until the other side closes."""
        while True:
            chunk = await self._reader.read(_CHUNK)
            if not chunk:
                return
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

    def __init__(self, service, make_session, port: int) -> None:
        self._service = service
        self._make_session = make_session
        self._port = port
        self._open = 0

    async def start(self) -> None:
        """Listen on all addresses of the board."""
        await asyncio.start_server(self._connected, "0.0.0.0", self._port, 2)

    async def _connected(self, reader, writer) -> None:
        self._open += 1
        link = TcpLink(self._service, self._make_session(), reader, writer)
        try:
            if self._open > _MOST_CONNECTIONS:
                await self._service.refuse(None, Refused(codes.BUSY, "two connections"), link)
            else:
                await link.run()
        except OSError:
            # The other side is gone; what it had asked for is recorded, and it can ask again.
            self._open -= 1
            writer.close()
            return
        self._open -= 1
        writer.close()
        await writer.wait_closed()
