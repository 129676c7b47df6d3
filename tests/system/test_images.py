"""A sealed image identifies itself by the host's rule, from what is in it: in the MicroPython VM.

Owns: the comparison of what the device computes with what the host does from the same tree.
Refuses: nothing.
Units: digests of 32 bytes in hexadecimal.
"""

import hashlib
import json
from pathlib import Path

import images
import pytest
import vms
from steelyard_wire import identify

# The flash at / has files of the same names, as an owner could put there.
SCRIPT = """
import sys, os, json
import vfs
import sealed
from steelyard_build import FILES
from terminal.drivers import measure, rows

class Ram:
    def __init__(self):
        self.data = bytearray(b"\\xff" * 4096 * 32)
    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = self.data[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        self.data[at : at + len(buffer)] = buffer
    def ioctl(self, what, argument):
        return {4: 32, 5: 4096, 6: 0}.get(what)

comb = open(COMB, "rb").read()
flash = Ram()
said = {"blank": [sealed.is_blank(flash)]}
flash.data[4096 + 255] = 0
said["blank"].append(sealed.is_blank(flash))
flash.data[4096 + 255] = 0xFF
vfs.umount("/")
vfs.VfsLfs2.mkfs(flash)
vfs.mount(vfs.VfsLfs2(flash), "/")
for name in ("/main.py", "/active", "/a.pack", "/b.pack"):
    with open(name, "w") as file:
        file.write("raise SystemExit(7)")
sealed.mount(FILES)
said["id"] = measure.software_identification().hex()
version = sys.implementation
said["platform"] = (
    version.name, version.version, version._mpy, version._machine, sys.version
)
import slots
slots.enter()
said["slot"] = [slots.read(), slots.packed.slot, slots.MOUNT in sys.path]
slots.begin(None)
row = rows.FileRows("/code/terminal/evidence/comb8.bin")
said["rows"] = all(b"".join(map(bytes, row(at))) == comb[96 * at : 96 * at + 96]
                   for at in (0, 1, 511))
said["errors"] = []
for path, mode in (("/main.py", "wb"), ("/a.pack", "wb"), ("/b.pack", "rb"), ("/active", "rb"),
                   ("/.pack", "ab")):
    try:
        open(path, mode)
        said["errors"].append(0)
    except OSError as error:
        said["errors"].append(error.errno)
said["stat"] = [os.stat(path)[0] for path in ("/main.py", "/.pack", "/code/terminal/evidence")]
with open("/state.txt", "wb") as file:
    file.write(b"written")
said["state"] = open("/state.txt", "rb").read().decode()
print(json.dumps(said))
"""


@pytest.mark.parametrize("board", images.BOARDS)
def test_the_image_is_identified_by_its_sources(board: str, tmp_path: Path) -> None:
    tree = images.copy_tree(tmp_path)
    made = images.manifest(tree, board)
    comb = (images.ROOT / "firmware/terminal/evidence/comb8.bin").read_bytes()
    (tmp_path / "comb8.bin").write_bytes(comb)
    output = vms.run_micropython(
        f"COMB = {str(tmp_path / 'comb8.bin')!r}\n{SCRIPT}",
        made.files["sealed.py"].parent,
        made.files["steelyard_build.py"].parent,
        *vms.DEVICE_PATHS,
    )
    said = json.loads(output.splitlines()[-1])
    assert said["blank"] == [True, False]

    lines = {name: file for name, file in made.files.items() if name != "steelyard_build.py"}
    image = images.IMAGES / board
    for file in [
        *image.glob("*.h"),
        *image.glob("*.c*"),
        *image.glob("sdk*"),
        image / "manifest.py",
    ]:
        lines[f"image/{file.name}"] = file
    for name in ("frozen.py", "no_prompt.c"):
        lines[f"image/{name}"] = images.IMAGES / name
    table = "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()} {name}\n"
        for name, file in sorted(lines.items())
    )
    contents = {
        "/terminal/frozen.txt": table.encode(),
        "/terminal/evidence/comb8.bin": comb,
    }
    for name in ("boot.py", "main.py", "packed.py", "slots.py"):
        path = f"/{name}" if name in ("boot.py", "main.py") else f"/{name[:-3]}.mpy"
        contents[path] = (images.ROOT / "firmware" / name).read_bytes()
    digests = [(path, hashlib.sha256(body).digest()) for path, body in contents.items()]
    name, version, mpy, machine, text = said["platform"]
    platform = identify.platform_text(name, tuple(version), mpy, machine, text)
    assert said["id"] == identify.software_id(digests, platform).hex()

    assert said["slot"] == [None, "", False]  # nothing of the flash is mounted
    assert said["rows"] is True
    assert said["errors"] == [
        30,
        30,
        2,
        2,
        30,
    ]  # EROFS, ENOENT: nothing of the flash shows through
    assert said["stat"] == [0x8000, 0x8000, 0x4000]
    assert said["state"] == "written"
