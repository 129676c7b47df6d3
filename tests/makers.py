"""Makers of releases for the tests: three release keys, of which two sign, and what they sign.

Owns: the TEST keys, the root that a terminal stores, firmwares that differ from the tree's.
Refuses: nothing. Units: bytes.
"""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import vms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from steelyard import boards, data, image, releases
from steelyard.errors import DeviceRefused
from steelyard.image import Image
from steelyard.releases import Release
from steelyard.scratch import scratch
from steelyard.virtual import micropython
from steelyard_wire import cbor, statement
from steelyard_wire.digest import sha256
from terminals import Bench

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([k]) * 32) for k in (1, 2, 3)]
PUBLIC = [key.public_key().public_bytes_raw() for key in KEYS]
# As settings.save keeps a root: version, threshold, holders, threshold and keys of releases, name.
ROOT = {1: 1, 2: 2, 3: PUBLIC, 4: 2, 5: PUBLIC, 6: "TEST"}
SEQUENCE = 7


def stored(name: str, value: dict[int, object]) -> bytes:
    """A file of the settings (firmware/terminal/evidence/settings.py)."""
    body = cbor.encode(value)
    return body + sha256(b"steelyard/state/1", name.encode(), b"\x00", body)[:8]


def store(name: str, value: dict[int, object]) -> str:
    """What stores it, at the prompt of a board."""
    data = stored(name, value)
    return f"f = open('/state/{name}.cbor', 'wb'); f.write({data!r}); f.close()\n"


def sign(unsigned: Release, *which: int) -> Release:
    """Signed by these of the three."""
    for number in which or (0, 1):
        unsigned = releases.signed(unsigned, PUBLIC[number], KEYS[number].sign)
    return unsigned


def changed(made: Image, version: str, code: str = "") -> Image:
    """The firmware with another version; code: what its operations.py does at first."""
    source = (data.firmware() / "terminal" / "operations.py").read_text(encoding="utf-8")
    source = re.sub(r"(?m)^VERSION = .*$", f'VERSION = "{version}"\n{code}', source)
    with scratch() as folder:
        module = image.compile_source("terminal/operations.py", source.encode(), folder)
    files = {**made.files, "/terminal/operations.mpy": module}
    return replace(made, files=files, version=version)


def release(version: str = "9.9.9", code: str = "", sequence: int = SEQUENCE) -> Release:
    """One for the virtual terminal, signed by two."""
    made = changed(image.build(boards.load("virtual")), version, code)
    return sign(releases.make(made, sequence, 3, 0))


def with_fields(unsigned: Release, **fields: object) -> Release:
    """The same with other words in its manifest, unsigned."""
    payload = statement.encode(statement.RELEASE, {**unsigned.fields, **fields})
    return replace(unsigned, payload=payload, signatures={})


def plain(**fields: object) -> Release:
    """The tree's firmware for the virtual terminal, with these words in its manifest."""
    made = releases.make(image.build(boards.load("virtual")), SEQUENCE, 0, 0)
    return with_fields(made, **fields)


def offer(bench: Bench, what: Release) -> int:
    """The code with which the manifest of a release is refused, 0 if it is taken."""
    command = bench.terminal.link.command
    command("UPDATE", "BEGIN", str(len(what.envelope)), changes=True)
    try:
        envelope = base64.b64encode(what.envelope).decode()
        command("UPDATE", "MANIFEST", "0", envelope, changes=True, timeout=60)
    except DeviceRefused as refused:
        return refused.code
    return 0


def refused(*which: int, stored: str = "", **fields: object) -> Callable[[Bench], int]:
    """What offers a release, signed by `which`, with these words in its manifest."""

    def provoke(bench: Bench) -> int:
        bench.run_on_board(store("trust", ROOT) + stored)
        return offer(bench, sign(plain(**fields), *which))

    return provoke


def damaged(bench: Bench) -> int:
    """The code with which a pack is refused that is not what was signed."""
    bench.run_on_board(store("trust", ROOT))
    assert offer(bench, sign(plain(size=300))) == 0
    piece = base64.b64encode(bytes(300)).decode()
    bench.terminal.link.command("UPDATE", "PUT", "0", piece, changes=True)
    return bench.refused("UPDATE", "APPLY")


_WRITER = """
import sys, vfs
from nor import NorFlash, file_system
storage = open(sys.argv[1], "r+b")
contents = []
for source in sys.argv[4::2]:
    with open(source, "rb") as file:
        contents.append(file.read())
vfs.mount(file_system(NorFlash(storage, int(sys.argv[2]))), "/board")
for path, body in zip(sys.argv[3::2], contents):
    with open("/board" + path, "wb") as file:
        file.write(body)
vfs.umount("/board")
storage.close()
"""


def put(flash: Path, files: dict[str, bytes]) -> None:
    """Write files into the flash of a virtual terminal that does not run."""
    blocks = boards.load("virtual").storage_bytes // 4096
    with scratch() as folder:
        arguments = []
        for number, (path, body) in enumerate(files.items()):
            (folder / str(number)).write_bytes(body)
            arguments += [path, str(folder / str(number))]
        script = folder / "writer.py"
        script.write_text(_WRITER, encoding="utf-8")
        subprocess.run(
            [micropython(), str(script), str(flash), str(blocks), *arguments],
            env={"MICROPYPATH": f".frozen:{vms.ROOT / 'firmware' / 'simulation'}"},
            check=True,
        )
