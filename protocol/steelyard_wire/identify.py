"""Software identification: one hash over the code as deployed and what runs it.

Owns: which files count, their order and the hash, the same rule on the device and on the host.
Refuses: with Refused(ARGUMENT), relative, repeated or foreign paths and digests of a wrong length.
Units: SHA-256 digests of 32 bytes; paths are absolute, those of a slot as in its pack
("/terminal/app.mpy"), so that they do not say which slot it is.
"""

import hashlib

from steelyard_wire.codes import ARGUMENT, Refused

DOMAIN = b"steelyard/fw/1"
FOLDERS = ("/steelyard_wire/", "/terminal/")
# What an update never changes, beside the packs.
FIXED = ("/boot.py", "/main.py", "/packed.mpy", "/slots.mpy")
FILES = ("/board.mpy",) + FIXED


def is_measured(path: str) -> bool:
    """Whether the file of this path is part of the identified software."""
    return path in FILES or path[: path.find("/", 1) + 1] in FOLDERS


def platform_text(
    name: str, version: "tuple[int | str, ...]", mpy: int, machine: str, version_text: str
) -> str:
    """What runs the code, one line each: sys.implementation's name, version (joined by points),
    _mpy and _machine, and sys.version."""
    numbers = ".".join([str(part) for part in version if part != ""])
    return "\n".join((name, numbers, str(mpy), machine, version_text))


def software_id(files: "list[tuple[str, bytes]]", platform: str) -> bytes:
    """32 bytes: SHA-256 of DOMAIN, NUL, platform, NUL, then path, NUL, digest of each file.

    files: (path, SHA-256 of the content) in any order; they are sorted by the bytes of
    their paths. All measured files must be given; which there are, the caller knows.
    """
    state = hashlib.sha256(DOMAIN + b"\x00" + platform.encode() + b"\x00")
    last = b""
    for raw, digest in sorted([(path.encode(), digest) for path, digest in files]):
        if raw == last or b"\x00" in raw or not is_measured(raw.decode()) or len(digest) != 32:
            raise Refused(ARGUMENT, "software file")
        last = raw
        state.update(raw + b"\x00")
        state.update(digest)
    return state.digest()
