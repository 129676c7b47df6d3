"""Whether a board is the one that an image was made for.

Owns: what must be true of a board before anything on it is changed.
Refuses: nothing; what is wrong is a sentence for people that names both sides.
Units: none.
"""

from steelyard.board_rules import ARCHITECTURES
from steelyard.boards import Board
from steelyard.image import Image
from steelyard.releases import NEWEST, OLDEST
from steelyard.remote import Survey

_CHOOSE = "Name the right board; `steelyard boards` lists them."
_RADIO_PIN = 29


def release_of(survey: Survey) -> str:
    """The version of MicroPython that a board has, with points."""
    return ".".join(str(part) for part in survey.version if part != "")


def misfit(image: Image, survey: Survey) -> str:
    """Why the image is not for this board; "" if it is."""
    if survey.name != "micropython" or not survey.mpy:
        return f"{survey.machine} runs {survey.name} {release_of(survey)}, not MicroPython."
    number = survey.arch_number
    arch = ARCHITECTURES[number] if number < len(ARCHITECTURES) else f"number {number}"
    return (
        _chip_misfit(image.board, survey, arch)
        or _version_misfit(image, survey, arch)
        or _radio_misfit(image.board, survey)
    )


def _chip_misfit(board: Board, survey: Survey, arch: str) -> str:
    if survey.platform == "rp2" and arch == "rv32imc":
        return (
            f"This is {survey.machine}: its MicroPython is the build for the chip's RISC-V"
            " processors, and the firmware is for the Arm ones. Install RPI_PICO2 or RPI_PICO2_W"
            " without RISCV in its name, see boards/README.md."
        )
    # A VM without native code has no architecture of its own; bytecode runs on it all the same.
    fits = arch == board.arch or (board.port == "unix" and arch == "none")
    if survey.platform not in board.platforms or not fits:
        return (
            f"This is {survey.machine} (port {survey.platform}, architecture {arch}), but"
            f" {board.name} is port {board.port}, architecture {board.arch}. {_CHOOSE}"
        )
    # An ESP32-S3 has the architecture of an ESP32, and flash memory on other pins.
    if board.chip is not None and not board.chip.is_named_in(survey.machine):
        return f"This is {survey.machine}, but {board.name} is for an {board.chip.name}. {_CHOOSE}"
    return ""


def _version_misfit(image: Image, survey: Survey, arch: str) -> str:
    build = image.board.build
    if survey.mpy_version != image.mpy_version():
        return (
            f"The board loads .mpy version {survey.mpy_version}, the firmware is compiled to"
            f" version {image.mpy_version()}. Install MicroPython {NEWEST[0]}.{NEWEST[1]}"
            f" ({build}) on the board, see boards/README.md."
        )
    native = image.native()
    if native is not None and native != (arch, survey.mpy_sub_version):
        return (
            f"The firmware has machine code for {native[0]}, .mpy sub-version {native[1]}; the"
            f" board runs {arch}, sub-version {survey.mpy_sub_version}."
        )
    if not OLDEST <= survey.version[:2] <= NEWEST:
        return (
            f"The board runs MicroPython {release_of(survey)}; supported are"
            f" {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}. Install another build"
            f" ({build}), see boards/README.md."
        )
    return ""


def _radio_misfit(board: Board, survey: Survey) -> str:
    if board.network == "wlan" and not survey.wlan:
        return (
            f"{board.name} needs Wi-Fi, but the MicroPython on {survey.machine} has none. Install"
            f" the build {board.build}, or choose another board with --board."
        )
    # The supply of a Pico is measured where one with a radio has that: it would read as too low.
    at_the_radio = board.supply is not None and board.supply["adc"] == _RADIO_PIN
    if board.port == "rp2" and survey.wlan and at_the_radio:
        return (
            f"This is {survey.machine}, whose radio has GPIO{_RADIO_PIN}; {board.name} measures"
            f" its supply there. {_CHOOSE}"
        )
    return ""
