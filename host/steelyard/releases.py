"""Releases of the firmware: made from the sources, signed by several, read by who updates.

Owns: the file of a release: deterministic CBOR {1: payload of the manifest, 2: [[key id,
signature], ...], 3: the pack}. Refuses: with ReleaseError, what is damaged or contradicts itself.
Who is to be believed is the terminal's to say: it has the root.
Units: bytes, seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from steelyard_wire import cbor, identify, release, several, statement
from steelyard_wire.codes import Refused

from steelyard import pack
from steelyard.board_rules import ARCHITECTURES
from steelyard.boards import literals
from steelyard.errors import USAGE, UserError
from steelyard.image import Image

# The releases of MicroPython that the tests run on: 1.27 (32 bit) and 1.29 (64 bit).
OLDEST = (1, 27)
NEWEST = (1, 29)


class ReleaseError(UserError):
    """The file is no release, or a damaged one."""

    def __init__(self, what: str) -> None:
        super().__init__(USAGE, what)


@dataclass(frozen=True)
class Release:
    """One release. payload: the manifest. signatures: key id -> signature. packed: the pack."""

    payload: bytes
    signatures: dict[bytes, bytes]
    packed: bytes

    @property
    def fields(self) -> dict[str, Any]:
        """What the manifest says (protocol/README.md, 16)."""
        return statement.decode(statement.RELEASE, self.payload)

    @property
    def envelope(self) -> bytes:
        """The signed manifest, as a terminal takes it; ReleaseError without a signature."""
        if not self.signatures:
            raise ReleaseError("nobody has signed this release yet: `steelyard release sign`")
        return several.build(self.payload, list(self.signatures.items()))

    def software_id(self, platform: str) -> bytes:
        """What a terminal with it calls its software; platform: identify.platform_text."""
        files = pack.read(self.packed).digests()
        return identify.software_id(list(files.items()), platform)

    def to_be_signed(self) -> bytes:
        """What each of the release keys signs."""
        return several.to_be_signed(self.payload, statement.aad(statement.RELEASE))

    def to_bytes(self) -> bytes:
        """The file."""
        rows = [[kid, self.signatures[kid]] for kid in sorted(self.signatures)]
        return cbor.encode({1: self.payload, 2: rows, 3: self.packed})


def make(
    image: Image, sequence: int, minimum: int, made: int, calibration_stays: bool = True
) -> Release:
    """A release that nobody has signed. minimum: the lowest that may still come after it."""
    if not 0 <= minimum <= sequence:
        raise ReleaseError("the minimum is no more than the number of the release itself")
    packed = image.pack(sequence)
    native = image.native()
    mpy = [image.mpy_version(), 0, 0]
    if native is not None:
        mpy[1:] = [native[1], ARCHITECTURES.index(native[0])]
    fields = {
        "version": image.version,
        "sequence": sequence,
        "minimum": minimum,
        "product": release.PRODUCT,
        "board": image.board.name,
        "hardware": release.hardware(literals(image.board)),
        "mpy": mpy,
        "oldest": list(OLDEST),
        "newest": list(NEWEST),
        "made": made,
        "size": len(packed),
        "contents": pack.read(packed).digest,
        "calibration": int(calibration_stays),
    }
    try:
        return Release(statement.encode(statement.RELEASE, fields), {}, packed)
    except Refused as refused:
        raise ReleaseError(f"a release cannot say that: {refused.detail}") from None


def signed(unsigned: Release, public_key: bytes, sign: Callable[[bytes], bytes]) -> Release:
    """The release with one signature more. sign: gives the 64 bytes for a message."""
    key_id = statement.key_id(public_key)
    signatures = {**unsigned.signatures, key_id: sign(unsigned.to_be_signed())}
    if len(signatures) > several.MOST:
        raise ReleaseError(f"a release has at most {several.MOST} signatures")
    return replace(unsigned, signatures=signatures)


def read(data: bytes) -> Release:
    """The release in a file; ReleaseError unless manifest and pack fit each other."""
    try:
        value = cbor.decode(data)
        if not isinstance(value, dict) or sorted(value) != [1, 2, 3]:
            raise ReleaseError("this is no file of a release")
        found = Release(
            bytes(value[1]), {bytes(kid): bytes(sign) for kid, sign in value[2]}, bytes(value[3])
        )
        fields = found.fields
    except (Refused, TypeError, ValueError):
        raise ReleaseError("this is no file of a release, or a damaged one") from None
    inside = pack.read(found.packed)
    there = (len(found.packed), inside.digest, inside.version, inside.sequence)
    said = tuple(fields[name] for name in ("size", "contents", "version", "sequence"))
    if there != said or found.to_bytes() != bytes(data):
        raise ReleaseError("what is signed in this file is another firmware than it has")
    return found


def text(version: Sequence[int]) -> str:
    """A version's numbers with points between them."""
    return ".".join(map(str, version))
