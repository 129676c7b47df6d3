"""The pack of a firmware: all its files in one, with their sizes and digests at the beginning.

Owns: the form that firmware/slots.py reads (protocol/README.md, 16). Refuses: with PackError,
bytes that are no pack, or not a whole one. Units: bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from steelyard.errors import USAGE, UserError

_MAGIC = "steelyard"
# Tries of a firmware that is not on trial.
CONFIRMED = "-"


class PackError(UserError):
    """It is no pack, or damaged."""

    def __init__(self, what: str) -> None:
        super().__init__(USAGE, f"{what}. Take the file as it was released")


@dataclass(frozen=True)
class Pack:
    """What is in one. files: path, as in the software identification -> content."""

    version: str
    sequence: int
    files: dict[str, bytes]
    contents: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the contents, 32 bytes: by the digests in them it is one of everything."""
        return hashlib.sha256(self.contents).digest()

    def digests(self) -> dict[str, bytes]:
        """SHA-256 of each file."""
        return {path: hashlib.sha256(body).digest() for path, body in self.files.items()}


def make(files: Mapping[str, bytes], version: str, sequence: int = 0) -> bytes:
    """The bytes of a pack."""
    if not version or any(character.isspace() for character in version):
        raise PackError(f"{version!r} is no version")
    # How packed.Packed finds them.
    places = {*files, *(path.rpartition("/")[0] for path in files)}
    if len({hashlib.sha256(path.encode()).digest()[:4] for path in places}) < len(places):
        raise PackError("two names in the pack cannot be told apart")
    lines = [f"{_MAGIC} {version} {sequence}\n"]
    names = sorted(files, key=str.encode)
    for path in names:
        lines.append(f"{path} {len(files[path])} {hashlib.sha256(files[path]).hexdigest()}\n")
    return "".join([*lines, "\n"]).encode() + b"".join(files[path] for path in names)


def read(data: bytes) -> Pack:
    """What is in a pack; every file has the digest that its contents say. PackError."""
    head, gap, body = data.partition(b"\n\n")
    try:
        first, *lines = head.decode().split("\n")
        magic, version, sequence = first.split(" ")
        if not gap or magic != _MAGIC:
            raise PackError("this is no pack of a firmware")
        files = {}
        for line in lines:
            path, size, digest = line.split(" ")
            files[path], body = body[: int(size)], body[int(size) :]
            if len(files[path]) != int(size) or hashlib.sha256(files[path]).hexdigest() != digest:
                raise PackError(f"{path} is damaged in the pack")
    except ValueError:
        raise PackError("this is no pack of a firmware") from None
    found = Pack(version, int(sequence), files, head + b"\n\n")
    if body or make(files, version, found.sequence) != data:
        raise PackError("the pack is damaged")
    return found


def active_line(slot: str, contents: bytes, tries: str = CONFIRMED) -> bytes:
    """The line of /active: which slot starts. contents: Pack.digest."""
    text = f"{slot} {tries} {contents.hex()}"
    return f"{text} {hashlib.sha256(text.encode()).hexdigest()[:16]}\n".encode()
