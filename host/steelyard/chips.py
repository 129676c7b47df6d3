"""The chips that boards are built on: their names, and what of their pins is taken.

Owns: which chip a board file means, the pins that a board must leave alone, with the reason, and
the registers of the others.
Refuses: nothing; what it says is the rest of a sentence for `boards` and `fitting`.
Units: GPIO numbers as machine.Pin counts them; addresses in bytes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

Registers = tuple[int, int, int]


@dataclass(frozen=True)
class Chip:
    """One chip.

    mcu: pattern of its name in MicroPython (MICROPY_HW_MCU_NAME). pins: those that it has. taken:
    (pins, why they are not for a board). input_only: pins without output and pull-up. adc: what
    machine.ADC takes, none where its range is not that of the supply. registers: that read, set
    and clear pins, for each 32. state_machines: of its PIO. i2c, spi: ids for machine.I2C and SPI.
    """

    name: str
    mcu: str
    pins: frozenset[int]
    registers: tuple[Registers, ...]
    taken: tuple[tuple[frozenset[int], str], ...] = ()
    input_only: frozenset[int] = frozenset()
    adc: frozenset[int] = frozenset()
    state_machines: int = 0
    i2c: tuple[int, ...] = (0, 1)
    spi: tuple[int, ...] = (0, 1)

    def is_named_in(self, machine: str) -> bool:
        """Whether sys.implementation._machine ("BOARD with CHIP") is that of a board with it."""
        return re.fullmatch(self.mcu, machine.rpartition(" with ")[2]) is not None


@dataclass(frozen=True)
class Use:
    """A pin of a board file: what for, and whether it is an input without a pull-up."""

    what: str
    pin: int
    floats: bool = False


def _pins(*numbers: int | range) -> frozenset[int]:
    return frozenset(n for part in numbers for n in ([part] if isinstance(part, int) else part))


_STRAPS = "the chip reads it when it starts, to know from where (strapping)"
_FLASH = "the flash memory is on it"
_CONSOLE = "the console is on it"
_USB = "USB is on it"
# GPIO 26 to 29, or channel 0 to 3; 4 is the chip's own thermometer (RP2040 data sheet, 4.9.5;
# RP2350 data sheet, 12.4.6: of the package with 30 pins).
_RP2_ADC = _pins(range(5), range(26, 30))

# Pins: RP2040 data sheet, 1.4; RP2350 data sheet, 1.2 (QFN-60); the data sheets of ESP32, ESP32-S3
# and ESP32-C3, "Pin Overview" and "Strapping Pins". Registers: RP2040 data sheet, 2.3.1.7; RP2350
# data sheet, 3.1.11, where those of GPIO 32 and more lie between; ESP32 reference manual, 5.11,
# ESP32-S3 chapter 6, ESP32-C3 chapter 5. Buses: MicroPython, docs/esp32/quickref.rst, and one host
# less of each in a C3.
CHIPS = {
    chip.name: chip
    for chip in (
        Chip(
            name="RP2040",
            mcu="RP2040",
            pins=_pins(range(30)),
            registers=((0xD0000004, 0xD0000014, 0xD0000018),),
            adc=_RP2_ADC,
            state_machines=8,
        ),
        Chip(
            name="RP2350",
            mcu="RP2350[AB]?",
            pins=_pins(range(30)),
            registers=((0xD0000004, 0xD0000018, 0xD0000020),),
            adc=_RP2_ADC,
            state_machines=12,
        ),
        Chip(
            name="ESP32",
            mcu=r"ESP32(?!-?[SCHP]\d).*",
            pins=_pins(range(20), 21, 22, 23, 25, 26, 27, range(32, 40)),
            registers=(
                (0x3FF4403C, 0x3FF44008, 0x3FF4400C),
                (0x3FF44040, 0x3FF44014, 0x3FF44018),
            ),
            taken=(
                (_pins(0, 2, 5, 12, 15), _STRAPS),
                (_pins(range(6, 12)), _FLASH),
                (_pins(1, 3), _CONSOLE),
            ),
            input_only=_pins(range(34, 40)),
            spi=(1, 2),
        ),
        Chip(
            name="ESP32-S3",
            mcu="ESP32-?S3.*",
            pins=_pins(range(22), range(26, 49)),
            registers=(
                (0x6000403C, 0x60004008, 0x6000400C),
                (0x60004040, 0x60004014, 0x60004018),
            ),
            taken=(
                (_pins(0, 3, 45, 46), _STRAPS),
                (_pins(range(26, 33)), _FLASH),
                (_pins(range(33, 38)), "modules with octal flash or PSRAM have it there"),
                (_pins(19, 20), _USB),
                (_pins(43, 44), _CONSOLE),
            ),
            spi=(1, 2),
        ),
        Chip(
            name="ESP32-C3",
            mcu="ESP32-?C3.*",
            pins=_pins(range(22)),
            registers=((0x6000403C, 0x60004008, 0x6000400C),),
            taken=(
                (_pins(2, 8, 9), _STRAPS),
                (_pins(range(11, 18)), _FLASH),
                (_pins(18, 19), _USB),
                (_pins(20, 21), _CONSOLE),
            ),
            i2c=(0,),
            spi=(1,),
        ),
    )
}
# (port, architecture, family in the name of the build) -> chip.
_BUILDS = {
    ("rp2", "armv6m", ""): "RP2040",
    ("rp2", "armv7emsp", ""): "RP2350",
    ("esp32", "xtensawin", ""): "ESP32",
    ("esp32", "xtensawin", "S3"): "ESP32-S3",
    ("esp32", "rv32imc", "C3"): "ESP32-C3",
}
_FAMILY = re.compile(r"(S2|S3|C\d+|H\d+|P4)(?![0-9A-Z])")
# What a Pico has on pins of its chip (its data sheet, "The Pico pinout"), and one with a radio.
_PICO = (
    (_pins(23), "it sets how the board's regulator works"),
    (_pins(24), "it senses USB"),
)
_RADIO = ((_pins(23, 24, 25, 29), "it belongs to the radio"),)
_BOARDS = {"RPI_PICO": _PICO, "RPI_PICO2": _PICO, "RPI_PICO_W": _RADIO, "RPI_PICO2_W": _RADIO}


def chip_of(port: str, arch: str, build: str) -> Chip | None:
    """The chip that a board file with these lines means; None if there is none."""
    found = _FAMILY.search(build) if port == "esp32" else None
    name = _BUILDS.get((port, arch, found[1] if found else ""))
    return CHIPS[name] if name else None


def _taken(chip: Chip, build: str) -> Iterable[tuple[frozenset[int], str]]:
    yield from chip.taken
    yield from _BOARDS.get(build, ())


def pin_fault(chip: Chip, build: str, uses: Iterable[Use]) -> str:
    """What is wrong with the first pin that a board cannot have, as a sentence; "" if nothing."""
    for use in uses:
        where = f"{use.what} is on GPIO{use.pin}"
        if use.pin not in chip.pins:
            return f"{where}, which the {chip.name} does not have"
        for pins, why in _taken(chip, build):
            if use.pin in pins:
                return f"{where}, but {why}"
        if use.pin in chip.input_only and not use.floats:
            return f"{where}, which has neither output nor pull-up"
    return ""


def adc_fault(chip: Chip, build: str, uses: Iterable[Use]) -> str:
    """The same of what the processor's own converter measures."""
    for use in uses:
        where = f"{use.what} is measured at {use.pin}"
        if not chip.adc:
            return f"{use.what} must be None: the converter of an {chip.name} is not good enough"
        if use.pin not in chip.adc:
            return f"{where}; the {chip.name} has converters at GPIO26 to 29 and channels 0 to 4"
        for pins, why in _taken(chip, build):
            if use.pin in pins:
                return f"{where}, but {why}"
    return ""
