"""The board files: right as they are, and refused with a reason when they are wrong.

Owns: what the chips' data sheets allow of the pins. Refuses: nothing.
Units: pin numbers as machine.Pin counts them; physical pins as printed in the boards' data sheets.
"""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from steelyard import board_rules, boards, data, soldered
from steelyard.boards import Board, BoardError
from steelyard.errors import UserError
from steelyard.image import build
from terminal.weighing.config import Config

# Raspberry Pi Pico data sheet, "The Pico pinout": GPIO -> pin; the same on Pico W, 2 and 2 W.
# fmt: off
PICO_PINS = {
    0: 1, 1: 2, 2: 4, 3: 5, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12, 10: 14, 11: 15, 12: 16, 13: 17,
    14: 19, 15: 20, 16: 21, 17: 22, 18: 24, 19: 25, 20: 26, 21: 27, 22: 29, 26: 31, 27: 32, 28: 34,
}
# fmt: on
# ESP32 series data sheet, "Strapping Pins" and "Pin Overview"; 16 and 17 are taken in WROVER.
ESP32_STRAPPING = {0, 2, 5, 12, 15}
ESP32_FLASH = {6, 7, 8, 9, 10, 11}
ESP32_CONSOLE = {1, 3}
ESP32_PSRAM = {16, 17}
ESP32_INPUT_ONLY = {34, 35, 36, 37, 38, 39}

NAMES = boards.list_boards()
ALL = [boards.load(name) for name in NAMES]
SOURCE = (data.boards() / "rpi_pico.py").read_text(encoding="utf-8")
KEYPAD = {"terminal.drivers.keypad", "terminal.keypad", "terminal.digits"}
README = (data.boards() / "README.md").read_text(encoding="utf-8")


def test_there_are_the_boards_of_the_design() -> None:
    picos = ["rpi_pico", "rpi_pico2", "rpi_pico2_w", "rpi_pico_w"]
    assert ["esp32", "esp32_c3", "esp32_s3", *picos, "virtual"] == NAMES


@pytest.mark.parametrize("board", ALL, ids=NAMES)
def test_a_new_terminal_can_start_with_the_scale_of_its_board(board: Board) -> None:
    config = Config.from_map(board.scale)
    assert Config.from_map(config.to_map()).to_map() == config.to_map()


@pytest.mark.parametrize("board", ALL, ids=NAMES)
def test_every_line_that_the_firmware_reads_is_there(board: Board) -> None:
    used = set()
    for file in (data.firmware() / "terminal").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Attribute) and node.attr.isupper():
                owner = node.value
                name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
                if name == "board":
                    used.add(node.attr)
    assert used >= {"CONVERTER", "NAME", "MODEL", "TEST", "NETWORK", "SCALE"}
    said = {node.targets[0].id for node in ast.parse(board.source).body[1:]}  # type: ignore[attr-defined]
    assert used <= said


@pytest.mark.parametrize("name", ["rpi_pico", "rpi_pico_w", "rpi_pico2", "rpi_pico2_w"])
def test_a_pico_is_wired_as_its_table_says(name: str) -> None:
    converter = boards.load(name).converter
    assert {converter["dout"], converter["sck"]} <= set(PICO_PINS)
    for pin in ("dout", "sck"):
        assert f"| GP{converter[pin]} ({PICO_PINS[converter[pin]]}) |" in README
    for number in boards.load(name).keys.values():
        assert f"| GP{number} ({PICO_PINS[number]}) |" in README


def test_the_esp32_uses_pins_that_are_free() -> None:
    board = boards.load("esp32")
    taken = ESP32_STRAPPING | ESP32_FLASH | ESP32_CONSOLE | ESP32_PSRAM
    driven = {board.converter["sck"], *board.keys.values()}  # 34 to 39 have no pull-up either
    assert not driven & ESP32_INPUT_ONLY
    for pin in driven | {board.converter["dout"]}:
        assert pin not in taken
        assert f"| GPIO{pin} (" in README


def test_only_the_virtual_board_is_a_test() -> None:
    assert [board.name for board in ALL if board.test] == ["virtual"]


def test_the_readme_names_every_board_and_every_line() -> None:
    for board in ALL:
        assert f"| `{board.name}.py` |" in README
        assert f"`{board.build}`" in README
    for line in re.findall(r"(?m)^([A-Z_]+) =", SOURCE):
        assert f"`{line}`" in README


def test_an_unknown_board_is_answered_with_those_that_exist() -> None:
    with pytest.raises(BoardError, match="no board 'pico'; there are: esp32, esp32_c3, esp32_s3"):
        boards.load("pico")


def _keypad(rows: str, columns: str) -> str:
    return f'KEYPAD = {{"rows": ({rows}), "columns": ({columns})}}'


def test_a_build_has_the_keypad_that_its_board_file_names() -> None:
    has = _keypad("16, 17, 18, 19", "20, 21, 22")
    for text, names in ((SOURCE, set()), (SOURCE.replace("KEYPAD = None", has), KEYPAD)):
        files = build(boards.parse("rpi_pico", text.encode())).mpy_sizes()
        assert {name for name in files if name in KEYPAD} == names


@pytest.mark.parametrize("line", re.findall(r"(?m)^[A-Z_]+ =.*$", SOURCE))
def test_every_line_is_needed(line: str) -> None:
    field = line.partition(" ")[0]
    with pytest.raises(BoardError, match=f"does not say {field}"):
        boards.parse("rpi_pico", SOURCE.replace(line, "").encode())


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('PORT = "rp2"', 'PORT = "rp3"', "PORT = 'rp3', but it is rp2, esp32 or unix"),
        ('ARCH = "armv6m"', 'ARCH = "arm"', "ARCH"),
        ('"chip": "hx711"', '"chip": "hx712"', "CONVERTER"),
        ('"dout": 2', '"dout": 3', "uses a pin twice"),
        ('"zero": 10', '"zero": 11', "uses a pin twice"),
        ('"zero": 10', '"zero": "GP10"', "KEYS"),
        ('"zero": 10', '"nil": 10', "KEYS"),
        ("ALARM = 13", 'ALARM = "GP13"', "ALARM"),
        ("ALARM = 13", "ALARM = 12", "pin twice"),
        ("KEYPAD = None", _keypad("16, 17, 18, 19", "20, 21, 14"), "pin twice"),
        ("KEYPAD = None", _keypad("16, 17, 18", "20, 21, 22"), "KEYPAD"),
        ("KEYPAD = None", _keypad("16, 17, 18, 19", "20, 21"), "KEYPAD"),
        ("KEYPAD = None", _keypad("16, 17, 18, 19", '20, 21, "GP22"'), "KEYPAD"),
        ("KEYPAD = None", "KEYPAD = {}", "KEYPAD"),
        ('"min_mv": 2000', '"min_mv": 0', "SUPPLY"),
        ('"adc": 29, ', "", "SUPPLY"),
        ('"uv_per_k": -1721', '"uv_per_k": 0', "THERMOMETER"),
        ('"uv_at_0": 752467, ', "", "THERMOMETER"),
        ('"dout": 2', '"dout": -1', "CONVERTER"),
        ('"dout": 2', '"dout": "GP2"', "CONVERTER"),
        ('"dout": 2', '"dout": True', "CONVERTER"),
        ('"gain": 128', '"gain": 127', "CONVERTER"),
        ('"rate_hz": 10', '"rate_hz": 11', "CONVERTER"),
        ('"rate_hz": 10', '"rate": 10', "CONVERTER"),
        ("NETWORK = None", 'NETWORK = "lan"', "NETWORK"),
        ("TEST = False", "TEST = 0", "TEST"),
        ("TCP_PORT = 4590", "TCP_PORT = 65536", "TCP_PORT"),
        ("STORAGE_BYTES = 1441792", "STORAGE_BYTES = 1441791", "STORAGE_BYTES"),
        ("TCP_PORT = 4590", "TCP_PORT = 4000 + 590", "TCP_PORT is not a literal"),
        ("TCP_PORT = 4590", "TCP_PORT = port()", "TCP_PORT is not a literal"),
        ("TCP_PORT = 4590", "TCP_PORT = 4590\nTCP_PORT = 4591", "each name once"),
        ("TCP_PORT = 4590", "import os\nTCP_PORT = 4590", "each name once"),
        ("TCP_PORT = 4590", "TCP_PORT = 4590\nTCP_HOST = 1", "TCP_HOST, which nothing reads"),
        ("TCP_PORT = 4590", "TCP_PORT = ", "is not Python"),
        ('NAME = "rpi_pico"', 'NAME = "pico"', "calls itself 'pico'"),
    ],
)
def test_a_wrong_line_is_named(old: str, new: str, reason: str) -> None:
    assert old in SOURCE
    with pytest.raises(BoardError, match=re.escape(reason)):
        boards.parse("rpi_pico", SOURCE.replace(old, new).encode())


# SIO of the RP2040 (its data sheet, 2.3.1.7); GPIO of the ESP32 (reference manual, 5.11).
VIPER = ', "reader": "viper", "gpio": (0xD0000004, 0xD0000014, 0xD0000018)}'
TWO_WIRES = '"dout": 2, "sck": 3, "gain": 128'


@pytest.mark.parametrize(
    ("chip", "keys", "files"),
    [
        ("hx711", '"rate_hz": 80}', set()),
        ("hx711", '"rate_hz": 80, "reader": "plain"}', set()),
        ("hx711", '"rate_hz": 80' + VIPER, {"two_wire_viper"}),
        ("hx711", '"rate_hz": 80, "reader": "pio", "sm": 4}', {"hx711_rp2"}),
        ("cs1237", '"rate_hz": 640}', set()),
        ("cs1237", '"rate_hz": 1280' + VIPER, {"two_wire_viper"}),
    ],
)
def test_a_build_takes_only_the_reader_that_the_board_file_names(
    chip: str, keys: str, files: set[str]
) -> None:
    made = build(_with_converter(f'{{"chip": "{chip}", {TWO_WIRES}, {keys}'))
    readers = {f"/terminal/drivers/{name}.mpy" for name in ("two_wire_viper", "hx711_rp2")}
    assert readers & set(made.files) == {f"/terminal/drivers/{name}.mpy" for name in files}
    assert f"/terminal/drivers/{chip}.mpy" in made.files


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"hx711", "rate_hz": 80, "reader": "fast"', "there is plain, viper, pio"),
        ('"cs1237", "rate_hz": 40, "reader": "pio"', "there is plain, viper"),
        ('"cs1237", "rate_hz": 1280', "1280 samples a second need the reader viper"),
        ('"hx711", "rate_hz": 80, "reader": "viper"', "gpio must be (0xD0000004, 0xD0000014"),
        ('"hx711", "rate_hz": 80, "reader": "viper", "gpio": (4, 5, 6)', "gpio must be"),
        ('"hx711", "rate_hz": 80, "gpio": (4, 5, 6)', "gpio is not for the reader plain"),
        ('"hx711", "rate_hz": 80, "reader": "pio", "sm": 8', "sm is 0 to 7"),
    ],
)
def test_a_reader_that_does_not_fit_is_named(text: str, reason: str) -> None:
    with pytest.raises(BoardError, match=re.escape(reason)):
        _with_converter(f'{{{TWO_WIRES}, "chip": {text}}}')


def test_pio_is_of_rp2_and_the_pins_of_an_esp32_have_two_banks() -> None:
    source = (boards.data.boards() / "esp32.py").read_text(encoding="utf-8")
    line = next(line for line in source.splitlines() if line.startswith("CONVERTER"))
    for keys, reason in (
        ('"reader": "pio"', "needs PORT rp2"),
        ('"reader": "viper"', "gpio must be (0x3FF44040, 0x3FF44014, 0x3FF44018)"),
    ):
        with pytest.raises(BoardError, match=re.escape(reason)):
            boards.parse("esp32", source.replace(line, f"{line[:-1]}, {keys}}}").encode())


NAU7802 = (
    '{"chip": "nau7802", "id": 0, "sda": 4, "scl": 5, "drdy": 6, "gain": 128, "rate_hz": 80,'
    ' "channel": 1, "ldo_mv": 3000}'
)
ADS1220 = (
    '{"chip": "ads1220", "id": 0, "sck": 18, "mosi": 19, "miso": 16, "cs": 17, "drdy": 20,'
    ' "gain": 128, "rate_hz": 330, "channel": 1, "reference": "avdd"}'
)


def _with_converter(text: str) -> boards.Board:
    line = next(line for line in SOURCE.splitlines() if line.startswith("CONVERTER"))
    return boards.parse("rpi_pico", SOURCE.replace(line, f"CONVERTER = {text}").encode())


@pytest.mark.parametrize("text", [NAU7802, ADS1220])
def test_a_converter_on_a_bus_is_wired_as_the_readme_says(text: str) -> None:
    board = _with_converter(text)
    assert text in README.replace("\n    ", " ")
    more = set(build(board).files) - set(build(boards.load("rpi_pico")).files)
    chip = board.converter["chip"]
    keep = {"/terminal/keep.mpy"} if chip == "nau7802" else set()
    assert more == keep | {f"/terminal/drivers/{chip}.mpy", "/terminal/drivers/register_bus.mpy"}


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        (NAU7802, '"rate_hz": 80', '"rate_hz": 160'),
        (NAU7802, '"channel": 1', '"channel": 3'),
        (NAU7802, '"channel": 1', '"channel": True'),
        (NAU7802, '"ldo_mv": 3000', '"ldo_mv": 3100'),
        (NAU7802, '"drdy": 6', '"drdy": None'),  # at 80 samples/s
        (NAU7802, '"drdy": 6, ', ""),
        (ADS1220, '"drdy": 20', '"drdy": None'),
        (ADS1220, '"reference": "avdd"', '"reference": "internal"'),
        (ADS1220, '"rate_hz": 330', '"rate_hz": 320'),
        (ADS1220, '"miso": 16', '"miso": "GP16"'),
    ],
)
def test_a_wrong_converter_on_a_bus_is_named(text: str, old: str, new: str) -> None:
    assert old in text
    with pytest.raises(BoardError, match="CONVERTER"):
        _with_converter(text.replace(old, new))
    with pytest.raises(BoardError, match="uses a pin twice"):
        _with_converter(re.sub(r'"(sda|miso)": \d+', r'"\1": 10', text))


def test_without_drdy_the_slowest_rate_is_polled() -> None:
    text = NAU7802.replace('"drdy": 6', '"drdy": None').replace('"rate_hz": 80', '"rate_hz": 10')
    assert _with_converter(text).converter["drdy"] is None


def test_the_virtual_board_takes_every_converter() -> None:
    for chip, wiring in soldered.CONVERTERS.items():
        for rate_hz in board_rules.CONVERTERS[chip]["rate_hz"]:
            board = soldered.virtual_board(soldered.converter(chip, int(rate_hz)))
            assert board.converter == {**wiring, "chip": chip, "rate_hz": rate_hz}
    assert set(soldered.CONVERTERS) == set(board_rules.CONVERTERS)
    assert soldered.virtual_board(soldered.converter("hx711")) == boards.load("virtual")
    with pytest.raises(UserError, match="no converter 'hx712'; there are: hx711, "):
        soldered.converter("hx712")
    with pytest.raises(UserError, match="NAU7802 makes 10, 20, 40, 80, 320 samples a second"):
        soldered.converter("nau7802", 50)


def test_a_file_is_never_executed(tmp_path: Path) -> None:
    evidence = tmp_path / "executed"
    (tmp_path / "trap.py").write_text(f"open({str(evidence)!r}, 'w').close()\n", encoding="utf-8")
    with pytest.raises(BoardError):
        boards.load("trap", tmp_path)
    assert not evidence.exists()


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_anything_else_is_refused_in_words(source: bytes) -> None:
    with pytest.raises(BoardError, match="boards/x.py"):
        boards.parse("x", source)


@given(st.sampled_from(re.findall(r"(?m)^[A-Z_]+ =.*$", SOURCE)), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers() | st.text(), inner),
    max_leaves=5,
))  # fmt: skip
def test_any_value_is_taken_or_refused_in_words(line: str, value: object) -> None:
    field = line.partition(" ")[0]
    source = SOURCE.replace(line, f"{field} = {value!r}").encode("utf-8", "surrogatepass")
    try:
        board = boards.parse("rpi_pico", source)
    except BoardError as error:
        assert "boards/rpi_pico.py" in str(error)
    else:
        assert board.source == source
