"""An update over the service line: a release into a terminal, and the proof that it runs.

Owns: the order of the commands, what is sent again after a broken line, how long a start may take.
Refuses: with DeviceRefused, what the terminal refuses; with UpdateFailed, an update that was taken
and does not run; NoDevice, a terminal that does not answer. Units: bytes, seconds.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from steelyard_wire import codes, cose, record, release
from steelyard_wire.codes import Refused

from steelyard.client import Terminal
from steelyard.errors import BUG, REFUSED, DeviceRefused, NoDevice, UserError
from steelyard.releases import Release

PIECE = 312  # bytes: 416 in base64, with id, session code and check sum below 512
_WORK_S = 120.0  # signatures and digests of all files, on the slowest board
_START_S = 90.0
_ATTEMPTS = 5
_AGAIN = "run the same command again: it continues where it stopped"

Progress = Callable[[int, int], None]


class UpdateFailed(UserError):
    """The terminal took the release and runs another firmware."""

    def __init__(self, sentence: str) -> None:
        super().__init__(REFUSED, sentence)


@dataclass(frozen=True)
class Report:
    """What was done. n: of the record that announced it; software ids are whole, 32 bytes."""

    old_version: str
    new_version: str
    old_software_id: bytes
    new_software_id: bytes
    sequence: int
    bytes_sent: int
    n: int | None


def _pieces(data: bytes, begin: int = 0) -> list[tuple[int, str]]:
    return [
        (at, base64.b64encode(data[at : at + PIECE]).decode())
        for at in range(begin, len(data), PIECE)
    ]


def status(terminal: Terminal) -> dict[str, str]:
    """The terminal's UPDATE STATUS by name."""
    return terminal.link.command("UPDATE", "STATUS", changes=True).values


def _send(terminal: Terminal, wanted: Release, progress: Progress) -> int:
    """Everything that the terminal has not got; the bytes of the pack that were sent."""
    command = terminal.link.command
    envelope = wanted.envelope
    command("UPDATE", "BEGIN", str(len(envelope)), changes=True)
    have = 0
    for at, piece in _pieces(envelope):
        reply = command("UPDATE", "MANIFEST", str(at), piece, changes=True, timeout=_WORK_S)
        have = int(reply.values.get("pack", 0))
    sent = len(wanted.packed) - have
    for at, piece in _pieces(wanted.packed, have):
        progress(at, len(wanted.packed))
        command("UPDATE", "PUT", str(at), piece, changes=True)
    progress(len(wanted.packed), len(wanted.packed))
    return sent


def _send_all(terminal: Terminal, wanted: Release, progress: Progress) -> int:
    """As `_send`, over a line that may break."""
    prove = terminal.link.prove
    for attempt in range(_ATTEMPTS):
        try:
            return _send(terminal, wanted, progress)
        except NoDevice:
            if attempt == _ATTEMPTS - 1:
                raise
            time.sleep(1)
            terminal.link.reopen()
            terminal.link.prove = prove  # what was granted has ended with the line
    raise AssertionError


def _announced(reply_words: list[str]) -> bytes:
    """The 8 bytes of the new software identification, of the record that announces it."""
    try:
        payload = cose.split(base64.b64decode(reply_words[-1])).payload
        data = record.decode(payload)[record.DATA]
        return bytes(data[4])  # type: ignore[index]
    except (Refused, ValueError, KeyError, IndexError):
        raise UserError(BUG, "the terminal's UPDATE APPLY is not as specified") from None


def _told(terminal: Terminal, n: int) -> int | None:
    """What the newest record of a release after record n says; None if there is none yet."""
    for number in reversed(range(n + 1, terminal.records().stop)):
        fields = record.decode(cose.split(terminal.record(number)).payload)
        data = fields.get(record.DATA)
        if fields[record.TYP] == record.FIRMWARE and isinstance(data, dict) and 5 in data:
            return int(data[5])
    return None


def _wait(terminal: Terminal, wanted: bytes, n: int, seconds: float) -> None:
    """Until the release runs and a record says so; UpdateFailed. n: of what announced it."""
    end = time.monotonic() + seconds
    why = "it did not answer"
    while time.monotonic() < end:
        time.sleep(0.5)
        try:
            terminal.link.reopen()
            identity = terminal.identify()
            told = _told(terminal, n)
        except (NoDevice, DeviceRefused) as error:
            why = str(error)
            continue
        if identity.software_id == wanted and told == release.RUNNING:
            return
        why = f"it runs {identity.firmware}, {identity.software_id.hex()[:16]}"
        if told == release.FAILED:
            break
    raise UpdateFailed(
        f"the terminal took the release and does not run it ({why}). After three starts that fail"
        " it runs the firmware of before: switch it off and on until it answers; its journal says"
        " what happened (`steelyard verify`)"
    )


def update(
    terminal: Terminal,
    wanted: Release,
    progress: Progress = lambda done, whole: None,
    start_s: float = _START_S,
) -> Report:
    """Put a release on a terminal. progress: gets the bytes that are there, and all."""
    fields = wanted.fields
    before = terminal.identify()
    now = status(terminal)
    software = wanted.software_id(base64.b64decode(now["platform"]).decode())
    done = {
        "old_version": before.firmware,
        "new_version": str(fields["version"]),
        "old_software_id": before.software_id,
        "new_software_id": software,
        "sequence": int(fields["sequence"]),
    }
    if before.software_id == software and now["tries"] == "-":
        return Report(**done, bytes_sent=0, n=None)  # type: ignore[arg-type]
    known = hashlib.sha256(wanted.envelope).hexdigest()[:16]
    sent = 0
    if now["release"] != known or int(now["have"]) < len(wanted.packed):
        sent = _send_all(terminal, wanted, progress)
    try:
        reply = terminal.link.command("UPDATE", "APPLY", changes=True, timeout=_WORK_S)
    except DeviceRefused as refused:
        if refused.code == codes.DAMAGED:
            refused.sentence += f". What came was removed: {_AGAIN}"
        raise
    if _announced(reply.words) != software[:8]:
        raise UserError(BUG, "the terminal announced another software identification")
    n = int(reply.values["n"])
    _wait(terminal, software, n, start_s)
    return Report(**done, bytes_sent=sent, n=n)  # type: ignore[arg-type]
