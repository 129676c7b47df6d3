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
_PIN = "pin"
_PIN_OR_NONE = "pin or None"
_POWERS = (1, 2, 4, 8, 16, 32, 64, 128)
# Chip -> what its board files say beside it: a pin, or one of the values that the driver takes.
CONVERTERS: dict[str, dict[str, str | tuple[int | str, ...]]] = {
    "hx711": {"dout": _PIN, "sck": _PIN, "gain": (128, 64, 32), "rate_hz": (10, 80)},
    "ads1232": {
        "dout": _PIN,
        "sck": _PIN,
        "pdwn": _PIN,
        "gain0": _PIN_OR_NONE,
        "gain1": _PIN_OR_NONE,
        "speed": _PIN_OR_NONE,
        "a0": _PIN_OR_NONE,
        "temp": _PIN_OR_NONE,
        "gain": (128, 64, 2, 1),
        "rate_hz": (10, 80),
        "channel": (1, 2),
    },
    "cs1237": {
        "dout": _PIN,
        "sck": _PIN,
        "gain": (128, 64, 2, 1),
        "rate_hz": (10, 40, 640, 1280),
    },
    "nau7802": {
        "id": (0, 1),
        "sda": _PIN,
        "scl": _PIN,
        "drdy": _PIN_OR_NONE,
        "gain": _POWERS,
        "rate_hz": (10, 20, 40, 80, 320),
        "channel": (1, 2),
        "ldo_mv": (0, 2400, 2700, 3000, 3300, 3600, 3900, 4200, 4500),
    },
    "ads1220": {
        "id": (0, 1, 2),
        "sck": _PIN,
        "mosi": _PIN,
        "miso": _PIN,
        "cs": _PIN,
        "drdy": _PIN,
        "gain": _POWERS,
        "rate_hz": (20, 45, 90, 175, 330, 600, 1000),
        "channel": (1, 2),
        "reference": ("avdd", "refp0"),
    },
}
# How the bits of a chip on two wires are read; the first where the board file says nothing.
READERS = {
    "hx711": ("plain", "viper", "pio"),
    "ads1232": ("plain", "viper"),
    "cs1237": ("plain", "viper"),
}
_READER_KEYS = {"reader", "gpio", "sm"}
# Registers that read, set and clear pins: RP2040 data sheet 2.3.1.7, ESP32 reference manual 5.11
# (pins 0 to 31, pins from 32 on).
_GPIO = {
    "rp2": ((0xD0000004, 0xD0000014, 0xD0000018),) * 2,
    "esp32": ((0x3FF4403C, 0x3FF44008, 0x3FF4400C), (0x3FF44040, 0x3FF44014, 0x3FF44018)),
}
_FAST_HZ = 1280  # a plain frame takes too long there
KEYS = ("zero", "tare", "print")
NETWORKS = (None, "wlan")


class BoardError(UserError):
    """The board is unknown or its file is wrong."""

    def __init__(self, sentence: str) -> None:
        super().__init__(USAGE, sentence)


@dataclass(frozen=True)
class Board:
    """One board file. platforms: what sys.platform may say there.

    converter: "chip" and what CONVERTERS asks for it; pins as numbers of machine.Pin.
    keys: name -> pin of a push button. alarm: pin that is high while something is wrong, or None.
    supply: where the board measures what feeds it, and the least it weighs with, or None.
    tilt: where it measures how far it leans, and how far it may, or None.
    shunt: pin that puts the span check's resistor across the bridge, or None.
    signer: arithmetic and comb table of the signatures.
    thermometer: where it measures a temperature, and what a degree makes there, or None.
    budget_bytes: most .mpy bytes that leave the heap it needs. source: the file as it is copied.
    """

    name: str
    model: str
    port: str
    build: str
    arch: str
    test: bool
    converter: dict[str, Any]
    keys: dict[str, int]
    alarm: int | None
    supply: dict[str, int] | None
    thermometer: dict[str, int] | None
    tilt: dict[str, int] | None
    shunt: int | None
    signer: dict[str, Any]
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
    if not isinstance(value, dict):
        return False
    rules = CONVERTERS.get(str(value.get("chip")))
    if rules is None or set(value) - _READER_KEYS != {"chip", *rules}:
        return False
    # Without DRDY a task looks for a conversion, which is in time for the slowest rate alone.
    polled = "drdy" in rules and value["drdy"] is None
    return all(_fits(value[name], rule) for name, rule in rules.items()) and (
        not polled or value["rate_hz"] == 10
    )


def _reader_fault(port: str, converter: dict[str, Any]) -> str:
    """What is wrong with how the converter is read, as the rest of a sentence; "" if nothing."""
    chip = converter["chip"]
    readers = READERS.get(chip, ("plain",))
    reader = converter.get("reader", "plain")
    if reader not in readers:
        return f"reader is {reader!r}, and for {chip} there is {', '.join(readers)}"
    needed = {"viper": {"gpio"}, "pio": set()}.get(reader, set())
    extra = set(converter) & {"gpio", "sm"} - needed - ({"sm"} if reader == "pio" else set())
    if extra:
        return f"{', '.join(sorted(extra))} is not for the reader {reader}"
    if reader == "pio" and (port != "rp2" or converter.get("sm", 0) not in range(8)):
        return "the reader pio needs PORT rp2, and sm is 0 to 7"
    if reader == "viper":
        if port not in _GPIO:
            return f"the reader viper needs PORT {' or '.join(_GPIO)}"
        reads = _GPIO[port][converter["dout"] // 32][0]
        wanted = (reads, *_GPIO[port][converter["sck"] // 32][1:])
        if tuple(converter.get("gpio", ())) != wanted:
            return f"gpio must be ({', '.join(f'0x{address:08X}' for address in wanted)})"
    if converter["rate_hz"] == _FAST_HZ and reader == "plain" and port != "unix":
        return f"{_FAST_HZ} samples a second need the reader viper"
    return ""


def _fits(value: object, rule: str | tuple[int | str, ...]) -> bool:
    if isinstance(rule, str):
        return _is_pin(value) or (rule == _PIN_OR_NONE and value is None)
    return any(type(value) is type(choice) and value == choice for choice in rule)


def _pins(converter: dict[str, Any]) -> list[int]:
    rules = CONVERTERS[str(converter["chip"])]
    return [
        converter[name]
        for name, rule in rules.items()
        if isinstance(rule, str) and converter[name] is not None
    ]


def _keys_are_right(value: object) -> bool:
    return (
        isinstance(value, dict) and set(value) <= set(KEYS) and all(map(_is_pin, value.values()))
    )


def _are_within(value: object, limits: dict[str, tuple[int, int]]) -> bool:
    """Whether it is None, or a map of whole numbers within these limits."""
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and set(value) == set(limits)
        and all(
            type(value[name]) is int and low <= value[name] <= high
            for name, (low, high) in limits.items()
        )
    )


_SUPPLY = {"adc": (0, 50), "permille": (1000, 6000), "min_mv": (1000, 6000)}
_TILT = {
    "x": (0, 50),
    "y": (0, 50),
    "uv_level": (0, 3300000),
    "uv_per_g": (1000, 3300000),
    "permille": (1, 100),
}
SIGNERS = {"arithmetic": ("viper", "bigint"), "comb": (6, 8)}
_THERMOMETER = {"adc": (0, 50), "uv_at_0": (0, 3300000), "uv_per_k": (-50000, 50000)}


def _is_thermometer(value: object) -> bool:
    if not _are_within(value, _THERMOMETER):
        return False
    return not isinstance(value, dict) or value["uv_per_k"] != 0


def _is_signer(value: object) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == SIGNERS.keys()
        and all(
            type(value[name]) is type(choices[0]) and value[name] in choices
            for name, choices in SIGNERS.items()
        )
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
    "CONVERTER": ("a chip with its pins, gain and rate (boards/README.md)", _converter_is_right),
    "KEYS": ("pins of zero, tare and print", _keys_are_right),
    "ALARM": ("a pin, or None", lambda value: value is None or _is_pin(value)),
    "SUPPLY": ("adc, permille and min_mv, or None", lambda value: _are_within(value, _SUPPLY)),
    "THERMOMETER": ("adc, uv_at_0 and uv_per_k, or None", _is_thermometer),
    "TILT": ("x, y, uv_level, uv_per_g and permille, or None", lambda v: _are_within(v, _TILT)),
    "SHUNT": ("a pin, or None", lambda value: value is None or _is_pin(value)),
    "SIGNER": ("arithmetic (viper or bigint) and comb (6 or 8)", _is_signer),
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
    fault = _reader_fault(found["PORT"], found["CONVERTER"])
    if fault:
        raise BoardError(f"boards/{name}.py: CONVERTER: {fault}")
    unknown = sorted(set(found) - set(_RULES))
    if unknown:
        raise BoardError(f"boards/{name}.py says {', '.join(unknown)}, which nothing reads")
    pins = [*_pins(found["CONVERTER"]), *found["KEYS"].values()]
    pins += [found[name] for name in ("ALARM", "SHUNT") if found[name] is not None]
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
