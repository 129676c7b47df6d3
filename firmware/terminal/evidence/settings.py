"""State that survives a power cut: small maps, each in a file of its own.

Owns: the form of a state file (deterministic CBOR and 8 bytes of a SHA-256 over name and CBOR) and
the order of writing: beside the old file, read back, renamed over it. A cut at any moment leaves
the old map or the new one.
Refuses: with Refused(STORAGE), a file that is damaged, that is another's, or that cannot be
written. It never falls back to a default: what was never saved is None, and only that.
Units: none; maps are what steelyard_wire.cbor carries.

`files` is the file access (drivers.files.Files, same interface): read, write, rename, remove.
"""

from steelyard_wire import cbor
from steelyard_wire.codes import STORAGE, Refused
from steelyard_wire.digest import sha256
from steelyard_wire.shim import const

_DIGEST = const(8)
_DOMAIN = b"steelyard/state/1"


def load(files, name: str) -> "dict | None":
    """The map saved last under `name`, None if there is none; Refused(STORAGE) if damaged."""
    try:
        data = files.read(_file(name))
    except OSError:
        raise Refused(STORAGE, name + " cannot be read")
    if data is None:
        return None
    body = data[:-_DIGEST]
    if len(data) <= _DIGEST or data[-_DIGEST:] != _digest(name, body):
        raise Refused(STORAGE, name + " is damaged")
    try:
        value = cbor.decode(body)
    except Refused:
        value = None
    if not isinstance(value, dict):
        raise Refused(STORAGE, name + " is not a map")
    return value


def save(files, name: str, value: dict) -> None:
    """Save a map under `name`; on return it is durable and was read back.

    Refused(STORAGE): not written, the old map stands. Refused(ARGUMENT): not a map for CBOR.
    """
    body = cbor.encode(value)
    data = body + _digest(name, body)
    beside = name + ".new"
    try:
        if files.read(_file(name)) == data:
            return  # spares the flash; what is there is what is wanted
        files.write(beside, data)
        if files.read(beside) != data:
            raise Refused(STORAGE, name + " reads back otherwise")
        files.rename(beside, _file(name))
    except OSError:
        raise Refused(STORAGE, name + " cannot be written")


def remove(files, name: str) -> None:
    """Forget a map: `load` gives None from now on. Refused(STORAGE) if that fails."""
    try:
        files.remove(name + ".new")
        files.remove(_file(name))
    except OSError:
        raise Refused(STORAGE, name + " cannot be removed")


def _file(name: str) -> str:
    return name + ".cbor"


def _digest(name: str, body: bytes) -> bytes:
    # The name is in it: a calibration copied over another terminal's file name is not taken.
    return sha256(_DOMAIN, name.encode(), b"\x00", body)[:_DIGEST]
