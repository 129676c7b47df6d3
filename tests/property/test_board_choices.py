"""What a board file chooses beside its converter: how records are signed, where they are kept."""

from __future__ import annotations

import re

import pytest
from steelyard import boards, cli, soldered
from steelyard.boards import Board, BoardError
from steelyard.image import build


@pytest.mark.parametrize(
    ("signer", "files"),
    [
        (("bigint", 6), {"sign_bigint.mpy", "sha512_limbs.mpy", "comb6.bin"}),
        (("bigint", 8), {"sign_bigint.mpy", "sha512_limbs.mpy", "comb8.bin"}),
        (("viper", 6), {"sign_viper.mpy", "field_viper.mpy", "sha512_viper.mpy", "comb6.bin"}),
        (("viper", 8), {"sign_viper.mpy", "field_viper.mpy", "sha512_viper.mpy", "comb8.bin"}),
    ],
)
def test_a_build_takes_only_the_signer_that_the_board_file_names(
    signer: tuple[str, int], files: set[str]
) -> None:
    made = build(soldered.with_signer(boards.load("rpi_pico"), soldered.software(*signer)))
    every = ("sign_", "field_", "sha512_", "comb6", "comb8")
    names = {path.rpartition("/")[2] for path in made.files if "/evidence/" in path}
    assert {name for name in names if name.startswith(every)} == files
    native = made.native()
    assert (native and native[0]) == ("armv6m" if signer[0] == "viper" else None)


@pytest.mark.parametrize(
    "signer", ["None", '{"arithmetic": "viper"}', '{"arithmetic": "c", "comb": 6}']
)
def test_a_signer_that_there_is_not_is_refused(signer: str) -> None:
    source = boards.load("rpi_pico").source.decode()
    changed = re.sub(r"(?m)^SIGNER = .*$", lambda _: f"SIGNER = {signer}", source)
    with pytest.raises(BoardError, match="viper or bigint"):
        boards.parse("rpi_pico", changed.encode())


SPI_NOR = (
    '{"device": "raw_region", "flash": "spi_nor", "id": 0, "sck": 18, "mosi": 19, "miso": 16,'
    ' "cs": 17}'
)


def _with_journal(name: str, text: str) -> Board:
    source = boards.load(name).source.decode()
    changed = re.sub(r"(?m)^JOURNAL = .*$", lambda _: f"JOURNAL = {text}", source)
    return boards.parse(name, changed.encode())


@pytest.mark.parametrize(
    ("text", "files"),
    [
        (SPI_NOR, {"raw_region", "spi_nor"}),
        ('{"device": "append_file"}', {"append_file"}),
        (
            '{"device": "segment_files", "flash": "flash_rp2"}',
            {"segment_files", "segment_setup", "flash_rp2"},
        ),
    ],
)
def test_a_build_takes_only_the_journal_device_that_the_board_file_names(
    text: str, files: set[str]
) -> None:
    made = build(_with_journal("rpi_pico", text))
    every = ("segment_", "append_", "raw_", "spi_nor", "flash_")
    names = {path.rpartition("/")[2].removesuffix(".mpy") for path in made.files}
    assert {name for name in names if name.startswith(every)} == files


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"device": "segment_files", "flash": "flash_esp32"}', "the flash of another port"),
        ('{"device": "raw_region", "flash": "flash_rp2"}', "segment_files, append_file or"),
        (SPI_NOR.replace('"cs": 17', '"cs": 99'), "segment_files, append_file or"),
        (SPI_NOR.replace('"cs": 17', '"cs": 2'), "uses a pin twice"),  # the converter's
        ("None", "segment_files, append_file or"),
    ],
)
def test_a_journal_that_cannot_be_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BoardError, match=reason):
        _with_journal("rpi_pico", text)


@pytest.mark.parametrize(
    ("chip", "pins"), [("hx711", ["2", "3"]), ("nau7802", ["4", "5"]), ("ads1220", ["16", "18"])]
)
def test_the_list_of_boards_tells_the_wires_of_every_converter(
    chip: str, pins: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    board = soldered.virtual_board(soldered.converter(chip))
    monkeypatch.setattr("steelyard.commands.local.list_boards", lambda: ["virtual"])
    monkeypatch.setattr("steelyard.commands.local.load", lambda _: board)
    assert cli.run(["boards"]) == 0
    assert re.findall(r"GPIO (\d+)", capsys.readouterr().out) == pins
