"""What the parts of the world share about sockets.

Owns: nothing. Refuses: nothing. Units: none.
"""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable


def watch(
    selector: selectors.BaseSelector,
    source: int | socket.socket | None,
    events: int,
    serve: Callable[[], None] | None = None,
) -> None:
    """Have `serve` called at these events of `source` and no others; 0: at none."""
    registered = selector.get_map().get(source)
    if registered is None:
        if events:
            selector.register(source, events, serve)
    elif not events:
        selector.unregister(source)
    elif registered.events != events:
        selector.modify(source, events, serve)


def reserve_port() -> socket.socket:
    """A socket bound to a TCP port on which nobody listens; the VM of our board will.

    Linux gives the port to nobody else while the socket is open, but lets another one listen that
    may reuse addresses, as MicroPython's does. Elsewhere the port is free and not held.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder
