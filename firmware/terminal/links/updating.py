"""The command UPDATE, but for its pieces.

Owns: its words. Refuses: as update.py, and UPDATE_ORDER. Units: bytes. Loaded for a command.
"""

import asyncio
from binascii import hexlify

from steelyard_wire import codes, commands, release
from steelyard_wire.codes import Refused
from steelyard_wire.digest import sha256

from terminal import cold
from terminal.links.service import base64, number

_UPDATE = "terminal.update"
_NOTICE_MS = 300  # in which the reply leaves


def answer(service, args):
    """What UPDATE says: words, or work."""
    what = args[0].upper()
    pieces = getattr(service, "do_update", None)
    if pieces is not None and pieces.busy:
        raise Refused(codes.BUSY, "update")
    if what == "STATUS" and len(args) == 1:
        return _status(service.terminal, pieces)
    if what == "BEGIN" and len(args) == 2:
        return _begin(service, number(args[1]))
    if what == "APPLY" and len(args) == 1:
        return _apply_steps(service, pieces)
    if what == "ABORT" and len(args) == 1:
        _end(service, pieces)
        cold.call(_UPDATE, "abort", service.terminal)
        return []
    if what not in ("MANIFEST", "PUT") or len(args) != 3:
        raise commands.wrong("UPDATE")
    if pieces is None or what == "PUT":
        raise Refused(codes.UPDATE_ORDER, "BEGIN first")
    return _manifest_steps(service.terminal, pieces, *pieces.piece(args))


def _status(terminal, pieces) -> list:
    slot, sequence, active, tries, _ = cold.call("terminal.drivers.slot_files", "state")
    highest, minimum = cold.call(_UPDATE, "released", terminal)
    stored = cold.call(_UPDATE, "pending", terminal)
    have = cold.call("terminal.drivers.slot_files", "have")
    if pieces is not None and pieces.upload is not None:
        have = pieces.upload.have
    return [
        "slot=" + slot,
        "sequence=%d" % sequence,
        "next=" + active,
        "tries=" + tries,
        "highest=%d" % highest,
        "minimum=%d" % minimum,
        "release=" + (hexlify(sha256(bytes(stored[1]))[:8]).decode() if stored else "-"),
        "have=%d" % have,
        "platform=" + base64(cold.call("terminal.drivers.measure", "platform").encode()),
    ]


def _begin(service, size: int) -> list:
    if not 0 < size <= release.MAX_MANIFEST:
        raise Refused(codes.ARGUMENT, "a manifest has at most %d bytes" % release.MAX_MANIFEST)
    cold.call(_UPDATE, "check_may", service.terminal)
    _end(service, getattr(service, "do_update", None))
    service.do_update = cold.call("terminal.links.pieces", "Pieces", service, size)
    return []


def _end(service, pieces) -> None:
    if pieces is not None:
        if pieces.upload is not None:
            pieces.upload.close()
        del service.do_update


def _manifest_steps(terminal, pieces, offset: int, data: bytes):
    if offset != len(pieces.manifest) or offset + len(data) > pieces.size:
        raise Refused(codes.UPDATE_ORDER, "have=%d" % len(pieces.manifest))
    pieces.manifest += data
    if len(pieces.manifest) < pieces.size:
        return ["have=%d" % len(pieces.manifest)]
    envelope = bytes(pieces.manifest)
    pieces.manifest = bytearray()  # refused or not: it can be sent again
    pieces.busy = True
    try:
        have, size = yield from cold.call(_UPDATE, "manifest_steps", terminal, envelope)
        pieces.upload = cold.call("terminal.drivers.slot_files", "Upload", size)
    finally:
        pieces.busy = False
    return ["pack=%d" % have, "size=%d" % size]


def _apply_steps(service, pieces):
    if pieces is not None:
        pieces.busy = True
        if pieces.upload is not None:
            pieces.upload.close()
            pieces.upload = None
    try:
        n, envelope = yield from cold.call(_UPDATE, "apply_steps", service.terminal)
    finally:
        _end(service, pieces)
    asyncio.create_task(_restart(service._reset))
    return ["n=%d" % n, base64(envelope)]


async def _restart(reset) -> None:
    await asyncio.sleep_ms(_NOTICE_MS)
    reset()
