"""Software identification: one hash over the code as deployed and what runs it.

Owns: which files count, their order and the hash, the same rule on the device and on the host.
Refuses: with Refused(ARGUMENT), relative, repeated or foreign paths and digests of a wrong length.
Units: SHA-256 digests of 32 bytes; paths are absolute on the device ("/boot.py").
"""

from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.digest import sha256

DOMAIN = b"steelyard/fw/1"
FOLDERS = ("/steelyard_wire/", "/terminal/")
FILES = ("/board.py", "/boot.py", "/main.py")


def is_measured(path: str) -> bool:
    """Whether the file at this absolute path is part of the identified software."""
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

    files: (absolute path, SHA-256 of the content) in any order; they are sorted by the bytes of
    their paths. All measured files must be given; which there are, the caller knows.
    """
    parts = [DOMAIN, b"\x00", platform.encode(), b"\x00"]
    last = b""
    for raw, digest in sorted([(path.encode(), digest) for path, digest in files]):
        if raw == last or b"\x00" in raw or not is_measured(raw.decode()) or len(digest) != 32:
            raise Refused(ARGUMENT, "software file")
        last = raw
        parts += (raw, b"\x00", digest)
    return sha256(*parts)
