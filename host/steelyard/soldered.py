"""The converters that can be soldered to the virtual board, and the chip that signs.

Owns: their pins there, and the board file that names one of them in place of the HX711 or of the
signer in software.
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

# What keeps the key and signs; None: the virtual board's own software.
SIGNERS: dict[str, dict[str, Any] | None] = {
    "ed25519": None,
    "atecc608": {"chip": "atecc608", "sda": 21, "scl": 22},
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


def software(arithmetic: str, comb: int) -> dict[str, Any]:
    """SIGNER of a board that signs by itself."""
    return {"arithmetic": arithmetic, "comb": comb}


def with_signer(board: boards.Board, signer: dict[str, Any]) -> boards.Board:
    """A board whose records are signed in another way; signer: SIGNER of its file."""
    return _changed(board, "SIGNER", signer)


def signer(name: str) -> dict[str, Any] | None:
    """SIGNER of the virtual board's file for a signer of SIGNERS."""
    if name not in SIGNERS:
        raise UserError(USAGE, f"there is no signer {name!r}; there are: {', '.join(SIGNERS)}")
    return SIGNERS[name]


def virtual_board(wiring: dict[str, Any], signer: dict[str, Any] | None = None) -> boards.Board:
    """The virtual board with this CONVERTER, and this SIGNER, instead of its own."""
    board = _changed(boards.load(VIRTUAL), "CONVERTER", wiring)
    return board if signer is None else with_signer(board, signer)


def _changed(board: boards.Board, name: str, value: dict[str, Any]) -> boards.Board:
    line = f"{name} = {value!r}".replace("'", '"')  # as the file is written
    changed = re.sub(rf"(?m)^{name} = .*$", lambda _: line, board.source.decode())
    return boards.parse(board.name, changed.encode())
