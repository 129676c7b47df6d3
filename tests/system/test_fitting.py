"""Which board an image may be flashed onto: each onto its own, and refused by every other.

Owns: what boards say of themselves (MicroPython's MICROPY_HW_BOARD_NAME, MICROPY_HW_MCU_NAME and
sys.implementation._mpy). Refuses: nothing. Units: none.
"""

from __future__ import annotations

import pytest
from steelyard import boards, image
from steelyard.board_rules import ARCHITECTURES
from steelyard.fitting import misfit
from steelyard.remote import Survey


def _survey(machine: str, platform: str, arch: str, wlan: bool, flags: int = 0) -> Survey:
    return Survey(
        name="micropython",
        version=(1, 28, 0, ""),
        mpy=flags << 16 | ARCHITECTURES.index(arch) << 10 | 3 << 8 | 6,
        machine=machine,
        version_text="3.4.0; MicroPython v1.28.0",
        platform=platform,
        wlan=wlan,
        block_bytes=4096,
        blocks=352,
        free_blocks=350,
    )


BUILDS = {
    "RPI_PICO": _survey("Raspberry Pi Pico with RP2040", "rp2", "armv6m", False),
    "RPI_PICO_W": _survey("Raspberry Pi Pico W with RP2040", "rp2", "armv6m", True),
    "RPI_PICO2": _survey("Raspberry Pi Pico2 with RP2350", "rp2", "armv7emsp", False),
    "RPI_PICO2_W": _survey("Raspberry Pi Pico 2 W with RP2350", "rp2", "armv7emsp", True),
    "ESP32_GENERIC": _survey("Generic ESP32 module with ESP32", "esp32", "xtensawin", True),
    "ESP32_GENERIC_S3": _survey("Generic ESP32S3 module with ESP32S3", "esp32", "xtensawin", True),
    "ESP32_GENERIC_C3": _survey("ESP32C3 module with ESP32C3", "esp32", "rv32imc", True),
}
REAL = [name for name in boards.list_boards() if not boards.load(name).test]


@pytest.mark.parametrize("name", REAL)
def test_an_image_fits_its_own_board_and_no_other(name: str) -> None:
    board = boards.load(name)
    made = image.build(board)
    assert board.build in BUILDS
    for build, survey in BUILDS.items():
        found = misfit(made, survey)
        assert (found == "") == (build == board.build), (build, found)
        if found:
            assert survey.machine in found and name in found


def test_names_of_chips_have_more_than_one_form() -> None:
    for name, machine, arch in (
        ("esp32_s3", "Generic ESP32S3 module with Octal-SPIRAM with ESP32-S3", "xtensawin"),
        ("esp32", "TinyPICO with ESP32-PICO-D4", "xtensawin"),
        ("esp32_c3", "LOLIN_C3_MINI with ESP32-C3FH4", "rv32imc"),
    ):
        made = image.build(boards.load(name))
        assert misfit(made, _survey(machine, "esp32", arch, True)) == ""
    made = image.build(boards.load("esp32"))
    for chip in ("ESP32S2", "ESP32-S3", "ESP32S3-R8"):
        survey = _survey(f"A board with {chip}", "esp32", "xtensawin", True)
        assert "esp32 is for an ESP32. Name the right board" in misfit(made, survey)
    made = image.build(boards.load("esp32_c3"))
    assert "esp32_c3" in misfit(made, _survey("x with ESP32-C6", "esp32", "rv32imc", True))


@pytest.mark.parametrize("name", [name for name in REAL if name.startswith("rpi_pico")])
@pytest.mark.parametrize("flags", [0, 3])  # extensions of the processor, MicroPython 1.28 and on
def test_the_riscv_build_of_an_rp2350_is_named(name: str, flags: int) -> None:
    survey = _survey("Raspberry Pi Pico2 with RP2350-RISCV", "rp2", "rv32imc", False, flags)
    found = misfit(image.build(boards.load(name)), survey)
    assert found.startswith("This is Raspberry Pi Pico2 with RP2350-RISCV: its MicroPython is the")
    assert "RISC-V processors" in found and "Install RPI_PICO2 or RPI_PICO2_W without" in found


def test_a_pico_without_radio_is_not_one_with() -> None:
    survey = BUILDS["RPI_PICO2_W"]
    found = misfit(image.build(boards.load("rpi_pico2")), survey)
    assert "whose radio has GPIO29; rpi_pico2 measures its supply there" in found
