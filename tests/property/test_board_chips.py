"""The chips of the boards: what may be on which pin, and how boards of a kind differ.

Owns: the pins that data sheets take away, and where the others come out of the usual boards.
Refuses: nothing. Units: GPIO numbers; places as the boards' own guides count them.
"""

from __future__ import annotations

import re

import pytest
from steelyard import boards, chips, data
from steelyard.boards import BoardError
from steelyard.image import Image, build
from steelyard_wire import identify

README = (data.boards() / "README.md").read_text(encoding="utf-8")
REAL = [name for name in boards.list_boards() if not boards.load(name).test]

# Board -> what it cannot have. RP2040 data sheet 1.4 and RP2350 data sheet 1.2 (GPIO 0 to 29),
# Pico W data sheet, "Pinout" (radio 23, 24, 25, 29), Pico data sheet 2.1 (23 PS, 24 VBUS sense).
# Series data sheets of ESP32 (strapping 0, 2, 5, 12, 15; flash 6 to 11; console 1, 3; no 20, 24,
# 28 to 31, nothing above 39), ESP32-S3 (0, 3, 45, 46; flash 26 to 32, octal memory 33 to 37; USB
# 19, 20; console 43, 44; no 22 to 25, nothing above 48) and ESP32-C3 (2, 8, 9; 11 to 17; USB 18,
# 19; console 20, 21; nothing above).
# fmt: off
REFUSED = {
    "rpi_pico": {23, 24, *range(30, 64)},
    "rpi_pico2": {23, 24, *range(30, 64)},
    "rpi_pico_w": {23, 24, 25, 29, *range(30, 64)},
    "rpi_pico2_w": {23, 24, 25, 29, *range(30, 64)},
    "esp32": {0, 2, 5, 12, 15, *range(6, 12), 1, 3, 20, 24, *range(28, 32), *range(40, 64)},
    "esp32_s3": {0, 3, 45, 46, *range(26, 38), 19, 20, 43, 44, *range(22, 26), *range(49, 64)},
    "esp32_c3": {2, 8, 9, *range(11, 22), *range(22, 64)},
}
ESP32_INPUTS = set(range(34, 40))  # ESP32 data sheet, "Pin Overview": no output, no pull-up
# ESP32-S3-DevKitC-1 user guide, header J1; ESP32-C3-DevKitM-1 user guide, J1 and J3.
S3_J1 = [None, None, None, 4, 5, 6, 7, 15, 16, 17, 18, 8, 3, 46, 9, 10, 11, 12, 13, 14, None, None]
C3_J1 = [None, None, None, 2, 3, None, None, None, 0, 1, 10, None, None, None, None]
C3_J3 = [None, 21, 20, None, 9, 8, None, 7, 6, 5, 4, None, 18, 19, None]
# fmt: on
# Registers that read, set and clear: of the same data sheets (SIO; GPIO), for a pin below 32.
GPIO = {
    "rpi_pico": (0xD0000004, 0xD0000014, 0xD0000018),
    "rpi_pico2": (0xD0000004, 0xD0000018, 0xD0000020),
    "esp32_s3": (0x6000403C, 0x60004008, 0x6000400C),
    "esp32_c3": (0x6000403C, 0x60004008, 0x6000400C),
}


def _changed(name: str, **lines: str) -> boards.Board:
    source = boards.load(name).source.decode()
    for field, value in lines.items():
        source, count = re.subn(
            rf"(?m)^{field} = .*$", lambda _, text=f"{field} = {value}": text, source
        )
        assert count == 1
    return boards.parse(name, source.encode())


def _is_refused(name: str, **lines: str) -> bool:
    try:
        _changed(name, **lines)
    except BoardError as error:
        assert f"boards/{name}.py" in str(error) and "GPIO" in str(error), error
        return True
    return False


def test_every_real_board_is_looked_at() -> None:
    assert set(REFUSED) == set(REAL)
    assert {boards.load(name).chip for name in REAL} == set(chips.CHIPS.values())


@pytest.mark.parametrize("name", REAL)
def test_a_pin_that_is_taken_or_missing_is_refused(name: str) -> None:
    free = {"KEYS": "{}", "CASE": "None"}
    used = {boards.load(name).converter[pin] for pin in ("dout", "sck")}
    inputs = ESP32_INPUTS if name == "esp32" else set()
    for pin in set(range(64)) - used:
        alone = {**free, "ALARM": str(pin)}
        assert _is_refused(name, **alone) == (pin in REFUSED[name] | inputs), pin


def test_another_board_with_the_chip_has_all_of_its_pins() -> None:
    for pin in (23, 24, 25, 29):
        assert _changed("rpi_pico", BUILD='"PIMORONI_TINY2040"', ALARM=str(pin), SUPPLY="None")


@pytest.mark.parametrize("name", REAL)
def test_the_converter_may_be_on_each_other_pin(name: str) -> None:
    lines = {"KEYS": "{}", "CASE": "None", "ALARM": "None"}
    for pin in set(range(64)) - {4}:
        wiring = f'{{"chip": "hx711", "dout": {pin}, "sck": 4, "gain": 128, "rate_hz": 10}}'
        # What a converter drives needs no pull-up.
        assert _is_refused(name, CONVERTER=wiring, **lines) == (pin in REFUSED[name]), pin


@pytest.mark.parametrize(
    ("name", "lines", "reason"),
    [
        ("esp32_s3", {"ALARM": "26"}, "ALARM is on GPIO26, but the flash memory is on it"),
        ("esp32_s3", {"ALARM": "35"}, "modules with octal flash or PSRAM have it there"),
        ("esp32_s3", {"ALARM": "19"}, "but USB is on it"),
        ("esp32_s3", {"ALARM": "22"}, "GPIO22, which the ESP32-S3 does not have"),
        ("esp32_c3", {"ALARM": "9"}, "GPIO9, but the chip reads it when it starts"),
        ("esp32_c3", {"ALARM": "20"}, "but the console is on it"),
        ("esp32", {"ALARM": "34"}, "which has neither output nor pull-up"),
        ("rpi_pico2_w", {"ALARM": "25"}, "but it belongs to the radio"),
        ("rpi_pico2", {"ALARM": "23"}, "but it sets how the board's regulator works"),
        (
            "rpi_pico2_w",
            {"SUPPLY": '{"adc": 29, "permille": 3000, "min_mv": 2000}'},
            "SUPPLY is measured at 29, but it belongs to the radio",
        ),
        (
            "rpi_pico2",
            {"THERMOMETER": '{"adc": 8, "uv_at_0": 752467, "uv_per_k": -1721}'},
            "the RP2350 has converters at GPIO26 to 29 and channels 0 to 4",
        ),
        (
            "esp32_s3",  # at all, so neither at ADC2, which Wi-Fi uses
            {"SUPPLY": '{"adc": 1, "permille": 3000, "min_mv": 2000}'},
            "SUPPLY must be None: the converter of an ESP32-S3 is not good enough",
        ),
        ("rpi_pico2", {"ARCH": '"rv32imc"'}, "of an RP2350 the Arm processors are used"),
        ("esp32_c3", {"BUILD": '"ESP32_GENERIC_C6"'}, "mean none of RP2040, RP2350, ESP32"),
        ("esp32_s3", {"BUILD": '"ESP32_GENERIC_S2"'}, "mean none of RP2040"),
    ],
)
def test_the_reason_is_told(name: str, lines: dict[str, str], reason: str) -> None:
    with pytest.raises(BoardError, match=re.escape(reason)):
        _changed(name, **lines)


def _read_by(reader: str, gpio: object = None) -> str:
    more = "" if gpio is None else f', "gpio": {gpio!r}'
    return (
        '{"chip": "hx711", "dout": 4, "sck": 5, "gain": 128, "rate_hz": 80,'
        f' "reader": "{reader}"{more}}}'
    )


@pytest.mark.parametrize("name", GPIO)
def test_the_reader_in_machine_code_has_the_registers_of_its_chip(name: str) -> None:
    lines = {"KEYS": "{}", "CASE": "None"}
    made = build(_changed(name, CONVERTER=_read_by("viper", GPIO[name]), **lines))
    assert "/terminal/drivers/two_wire_viper.mpy" in made.files
    wanted = ", ".join(f"0x{address:08X}" for address in GPIO[name])
    for other in {*GPIO.values(), (4, 5, 6)} - {GPIO[name]}:
        with pytest.raises(BoardError, match=re.escape(f"gpio must be ({wanted})")):
            _changed(name, CONVERTER=_read_by("viper", other), **lines)


NOR = (
    '{"device": "raw_region", "flash": "spi_nor", "id": ID, "sck": 6, "mosi": 7, "miso": 10,'
    ' "cs": 1}'
)
NAU7802 = (
    '{"chip": "nau7802", "id": ID, "sda": 6, "scl": 7, "drdy": None, "gain": 128, "rate_hz": 10,'
    ' "channel": 1, "ldo_mv": 3000}'
)


# MicroPython, docs/esp32/quickref.rst; a C3 has one host less of each (ESP-IDF, soc_caps.h).
@pytest.mark.parametrize(
    ("name", "line", "text", "ids"),
    [
        ("esp32_c3", "JOURNAL", NOR, {1}),
        ("esp32_s3", "JOURNAL", NOR, {1, 2}),
        ("rpi_pico2", "JOURNAL", NOR, {0, 1}),
        ("esp32_c3", "CONVERTER", NAU7802, {0}),
        ("esp32_s3", "CONVERTER", NAU7802, {0, 1}),
    ],
)
def test_a_bus_has_an_id_of_its_chip(name: str, line: str, text: str, ids: set[int]) -> None:
    for number in (0, 1) if line == "CONVERTER" else (0, 1, 2):
        lines = {"KEYS": "{}", "CASE": "None", line: text.replace("ID", str(number))}
        if number in ids:
            _changed(name, **lines)
        else:
            with pytest.raises(BoardError, match=f"{line}: id is {number}, and "):
                _changed(name, **lines)


def test_the_stock_board_is_wired_as_the_image_of_its_chip() -> None:
    for name, image in (("rpi_pico2", "STEELYARD_RP2350"), ("esp32_s3", "STEELYARD_ESP32_S3")):
        source = (data.boards() / "images" / image / "board.py").read_text(encoding="utf-8")
        for line in ("CONVERTER", "KEYS", "ALARM", "SUPPLY", "THERMOMETER", "CASE", "ARCH"):
            (said,) = re.findall(rf"(?m)^{line} = .*$", boards.load(name).source.decode())
            assert said in source


def test_an_rp2350_has_twelve_state_machines() -> None:
    for name, count in (("rpi_pico", 8), ("rpi_pico2", 12)):
        for number in (count - 1, count):
            wiring = _read_by("pio")[:-1] + f', "sm": {number}}}'
            if number < count:
                assert _changed(name, CONVERTER=wiring).converter["sm"] == number
            else:
                with pytest.raises(BoardError, match=f"sm is 0 to {count - 1}"):
                    _changed(name, CONVERTER=wiring)


@pytest.mark.parametrize(
    ("name", "headers"), [("esp32_s3", {"": S3_J1}), ("esp32_c3", {"J1-": C3_J1, "J3-": C3_J3})]
)
def test_a_board_is_wired_as_its_table_says(name: str, headers: dict[str, list[int]]) -> None:
    board = boards.load(name)
    pins = [board.converter["dout"], board.converter["sck"], *board.keys.values(), board.alarm]
    for pin in [*pins, *(board.case or {}).values()]:
        (place,) = [
            f"{header}{row.index(pin) + 1}" for header, row in headers.items() if pin in row
        ]
        assert re.search(rf"\| GPIO{pin} \({place}\) \|", README), (pin, place)


# Boards that have the same parts on other pins, or the same pins of another chip.
TWINS = {
    "rpi_pico2": boards.load("rpi_pico"),
    "rpi_pico2_w": boards.load("rpi_pico_w"),
    "esp32_s3": boards.load("esp32"),
    "esp32_c3": _changed("esp32", NETWORK="None"),
}


def _portable(made: Image) -> dict[str, bytes]:
    own = ("/board.mpy",)
    return {
        path: body
        for path, body in made.files.items()
        if path not in own and not path.endswith("_viper.mpy")
    }


@pytest.mark.parametrize("name", REAL)
def test_each_board_gets_machine_code_of_its_own_and_the_rest_of_its_kind(name: str) -> None:
    board = boards.load(name)
    made = build(board)
    native = {path: body[2] >> 2 for path, body in made.files.items() if path[-4:] == ".mpy"}
    code = {path for path, arch in native.items() if arch}
    assert code == {f"/terminal/evidence/{name}_viper.mpy" for name in ("field", "sha512")}
    assert made.native() == (board.arch, 3)
    if name in TWINS:
        assert _portable(made) == _portable(build(TWINS[name]))
    # The firmware, the release that follows it and some of the journal have room.
    assert 3 * len(made.pack()) < board.storage_bytes


def test_no_two_boards_are_identified_as_the_same_software() -> None:
    platform = identify.platform_text("micropython", (1, 29, 0, ""), 7942, "x", "y")
    found = {build(boards.load(name)).software_id(platform) for name in REAL}
    assert len(found) == len(REAL) and {len(each) for each in found} == {32}
