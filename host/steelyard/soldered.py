"""The converters that can be soldered to the virtual board.

Owns: their pins there, and the board file that names one of them in place of the HX711.
Refuses: with UserError, a converter or a rate that there is not; the sentence lists those there
are. Units: samples per second.
"""

from __future__ import annotations

import re
from typing import Any

from steelyard import board_rules, boards
from steelyard.errors import USAGE, UserError

VIRTUAL = "virtual"
CONVERTERS: dict[str, dict[str, Any]] = {
    "hx711": {"dout": 2, "sck": 3, "gain": 128, "rate_hz": 80},
    "ads1232": {
        "dout": 2,
        "sck": 3,
        "pdwn": 4,
        "gain0": 5,
        "gain1": 6,
        "speed": 7,
        "a0": 8,
        "temp": 9,
        "gain": 128,
        "rate_hz": 80,
        "channel": 1,
    },
    "cs1237": {"dout": 2, "sck": 3, "gain": 128, "rate_hz": 40},
    "nau7802": {
        "id": 0,
        "sda": 4,
        "scl": 5,
        "drdy": 6,
        "gain": 128,
        "rate_hz": 80,
        "channel": 1,
        "ldo_mv": 3000,
    },
    "ads1220": {
        "id": 0,
        "sck": 18,
        "mosi": 19,
        "miso": 16,
        "cs": 17,
        "drdy": 20,
        "gain": 128,
        "rate_hz": 90,
        "channel": 1,
        "reference": "avdd",
    },
}


def converter(chip: str, rate_hz: int | None = None) -> dict[str, Any]:
    """CONVERTER of the virtual board's file with this chip; None: at its usual rate."""
    if chip not in CONVERTERS:
        raise UserError(
            USAGE, f"there is no converter {chip!r}; there are: {', '.join(CONVERTERS)}"
        )
    found = {"chip": chip, **CONVERTERS[chip]}
    rates = board_rules.CONVERTERS[chip]["rate_hz"]
    if rate_hz is not None and rate_hz not in rates:
        raise UserError(
            USAGE, f"{chip.upper()} makes {', '.join(map(str, rates))} samples a second: say one"
        )
    return found if rate_hz is None else {**found, "rate_hz": rate_hz}


def with_signer(board: boards.Board, arithmetic: str, comb: int) -> boards.Board:
    """A board whose records are signed in another way."""
    line = f'SIGNER = {{"arithmetic": "{arithmetic}", "comb": {comb}}}'
    changed = re.sub(r"(?m)^SIGNER = .*$", lambda _: line, board.source.decode())
    return boards.parse(board.name, changed.encode())


def virtual_board(wiring: dict[str, Any]) -> boards.Board:
    """The virtual board with this CONVERTER instead of its own."""
    source = boards.load(VIRTUAL).source.decode()
    line = f"CONVERTER = {wiring!r}".replace("'", '"')  # as the file is written
    changed = re.sub(r"(?m)^CONVERTER = .*$", lambda _: line, source)
    return boards.parse(VIRTUAL, changed.encode())
