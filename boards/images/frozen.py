"""What both sealed images freeze: the terminal, its board file, and what stands for their files.

Owns: the list of frozen sources, and build/steelyard_build.py in the folder of the board, which
holds what the terminal reads as files: the fixed part, as sources, and a pack of the comb table
and a list of the digests of everything that was frozen or configured. The software identification
follows from them by the rule that it always has (steelyard_wire.identify); modules/sealed.py
serves them.
Refuses: with FileNotFoundError, a checkout that is not whole.
Units: none.

Run by MicroPython's tools/makemanifest.py at each make, never by the host:

    include("../frozen.py", board="STEELYARD_RP2350", port=["rp2.py"])

port: modules of the port that are frozen too; its own _boot.py is not, ours is.
"""

import ast
from hashlib import sha256
from pathlib import Path

IMAGES = Path.cwd()  # makemanifest.py runs a manifest in its own folder
ROOT = IMAGES.parents[1]
BOARD = IMAGES / options.board  # noqa: F821 - comes with the build, as include, module, package
BUILD = BOARD / "build"
FOLDERS = (
    (ROOT / "protocol", "steelyard_wire"),
    (ROOT / "firmware", "boot.py"),
    (ROOT / "firmware", "main.py"),
    (ROOT / "firmware", "packed.py"),
    (ROOT / "firmware", "slots.py"),
    (ROOT / "firmware", "terminal"),
    (IMAGES / "modules", "."),
    (BOARD / "modules", "."),
    (BOARD, "board.py"),
)
CONFIGURATION = ("*.h", "*.cmake", "*.csv", "sdkconfig.*", "manifest.py")


def frozen():
    """(folder, path below it) of each source; the path is the name that it is frozen under."""
    for base, name in FOLDERS:
        place = base / name
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            yield base, file.relative_to(base).as_posix()


def digests():
    """Lines of a SHA-256 and the name of what was frozen or configured, sorted."""
    files = [(name, base / name) for base, name in frozen()]
    for file in [file for pattern in CONFIGURATION for file in BOARD.glob(pattern)]:
        files.append(("image/" + file.name, file))
    files += [("image/" + name, IMAGES / name) for name in ("frozen.py", "no_prompt.c")]
    lines = [f"{sha256(file.read_bytes()).hexdigest()} {name}\n" for name, file in files]
    return "".join(sorted(lines, key=lambda line: line[65:])).encode()


def signer_of(source):
    """SIGNER of a board file, read as a literal."""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and statement.targets[0].id == "SIGNER":
            return ast.literal_eval(statement.value)
    return {}


def stand_ins():
    """Absolute path on the device -> content of what the terminal reads as a file."""
    files = {
        path: (ROOT / "firmware" / source).read_bytes()
        for path, source in (
            ("/boot.py", "boot.py"),
            ("/main.py", "main.py"),
            ("/packed.mpy", "packed.py"),
            ("/slots.mpy", "slots.py"),
        )
    }
    inside = {"/terminal/frozen.txt": digests()}
    comb = signer_of((BOARD / "board.py").read_bytes()).get("comb")
    if comb:
        name = f"terminal/evidence/comb{comb}.bin"
        inside["/" + name] = (ROOT / "firmware" / name).read_bytes()
    files["/.pack"] = pack(inside)
    return files


def pack(files):
    """A pack of these files (protocol/README.md, 16); it is no release."""
    lines = ["steelyard image 0\n"]
    for path, body in sorted(files.items()):
        lines.append(f"{path} {len(body)} {sha256(body).hexdigest()}\n")
    return "".join([*lines, "\n"]).encode() + b"".join(files[path] for path in sorted(files))


def write_build():
    """build/steelyard_build.py; left alone when it says the same, so that make sees no change."""
    lines = [f"    {path!r}: {body!r},\n" for path, body in sorted(stand_ins().items())]
    head = '"""Made by boards/images/frozen.py; never edit it."""\n\n'
    text = head + "FILES = {\n" + "".join(lines) + "}\n"
    file = BUILD / "steelyard_build.py"
    BUILD.mkdir(exist_ok=True)
    if not file.is_file() or file.read_text(encoding="ascii") != text:
        file.write_text(text, encoding="ascii")


include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821
for name in options.port:  # noqa: F821
    module(name, base_path="$(PORT_DIR)/modules")  # noqa: F821
for base, name in frozen():
    module(name, base_path=str(base))  # noqa: F821
write_build()
module("steelyard_build.py", base_path=str(BUILD))  # noqa: F821
