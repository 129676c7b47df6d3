"""The service line on the board's console (USB or UART), shared with the REPL.

Owns: standard input and output while the terminal runs.
Refuses: over-long lines (LINE_TOO_LONG), then reads on from the next line.
Units: bytes.
"""

import asyncio
import select
import sys

from steelyard_wire import line
from steelyard_wire.codes import Refused


class ConsoleLink:
    """Reads commands from the console and gives them to a Service, one after the other."""

    def __init__(self, service, session) -> None:
        self._service = service
        self.session = session
        self._input = sys.stdin.buffer
        self._output = sys.stdout.buffer
        self._lines = line.LineBuffer(line.MAX_COMMAND)
        self._poller = select.poll()
        self._poller.register(self._input, select.POLLIN)

    async def send(self, data: bytes) -> None:
        """Write one reply."""
        self._output.write(data)

    def interrupted(self) -> bool:
        """Whether somebody typed during a long reply; what is left of a line's end is nothing."""
        if self._poller.poll(0):  # it is asked again soon: what comes may have no end
            byte = self._input.read(1)[0]
            if byte != 10 and byte != 13:
                self._lines.push(byte)
                return True
        return False

    async def run(self) -> None:
        """Serve for ever."""
        reader = asyncio.StreamReader(self._input)
        while True:
            await self._byte((await reader.read(1))[0])
            # The rest of the line is usually here already: no turn of the loop for each byte. But
            # for each 33: they may come as fast as they are read, and the samples must be taken.
            for _ in range(32):
                if not self._poller.poll(0):
                    break
                await self._byte(self._input.read(1)[0])

    async def _byte(self, byte: int) -> None:
        if 0 < byte < 6:
            self._service.tried("CONSOLE")
        try:
            text = self._lines.push(byte)
        except Refused as refused:
            await self._service.refuse(None, refused, self)
            return
        if text:
            await self._service.handle(text, self)
