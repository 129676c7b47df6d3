"""What the lines of a board file may say.

Owns: each line's meaning in a message and its check. Refuses: nothing; the answers are for
`boards`, which does. Units: as in the board files.
"""

from collections.abc import Callable, Iterator
from typing import Any

from steelyard.chips import Chip, Use

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
_FAST_HZ = 1280  # a plain frame takes too long there
KEYS = ("zero", "tare", "print")
NETWORKS = (None, "wlan")


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


def reader_fault(chip: Chip | None, converter: dict[str, Any]) -> str:
    """What is wrong with how the converter is read, as the rest of a sentence; "" if nothing.

    chip: of the board; None: the VM.
    """
    name = converter["chip"]
    readers = READERS.get(name, ("plain",))
    reader = converter.get("reader", "plain")
    if reader not in readers:
        return f"reader is {reader!r}, and for {name} there is {', '.join(readers)}"
    needed = {"viper": {"gpio"}, "pio": set()}.get(reader, set())
    extra = set(converter) & {"gpio", "sm"} - needed - ({"sm"} if reader == "pio" else set())
    if extra:
        return f"{', '.join(sorted(extra))} is not for the reader {reader}"
    machines = chip.state_machines if chip else 0
    if reader == "pio" and converter.get("sm", 0) not in range(machines):
        return (
            f"the reader pio needs PORT rp2, and sm is 0 to {machines - 1}"
            if machines
            else "the reader pio needs PORT rp2"
        )
    if reader == "viper":
        return _gpio_fault(chip, converter)
    if converter["rate_hz"] == _FAST_HZ and reader == "plain" and chip is not None:
        return f"{_FAST_HZ} samples a second need the reader viper"
    return ""


def _gpio_fault(chip: Chip | None, converter: dict[str, Any]) -> str:
    if chip is None:
        return "the reader viper needs PORT rp2 or esp32"
    reads = chip.registers[converter["dout"] // 32][0]
    wanted = (reads, *chip.registers[converter["sck"] // 32][1:])
    said = converter.get("gpio", ())
    if not isinstance(said, (tuple, list)) or tuple(said) != wanted:
        addresses = ", ".join(f"0x{address:08X}" for address in wanted)
        return f"gpio must be ({addresses}), those of the {chip.name}"
    return ""


def _fits(value: object, rule: str | tuple[int | str, ...]) -> bool:
    if isinstance(rule, str):
        return _is_pin(value) or (rule == _PIN_OR_NONE and value is None)
    return any(type(value) is type(choice) and value == choice for choice in rule)


def bus_fault(chip: Chip, found: dict[str, Any]) -> str:
    """Whether each bus has an id that the chip has, as a sentence; "" if so."""
    for line in ("CONVERTER", "JOURNAL"):
        if "id" in found[line]:
            name, ids = ("I2C", chip.i2c) if "sda" in found[line] else ("SPI", chip.spi)
            if found[line]["id"] not in ids:
                numbers = " or ".join(map(str, ids))
                return f"{line}: id is {found[line]['id']}, and {name} of {chip.name} is {numbers}"
    return ""


# Roles of pins that are inputs which their chip drives; all others are outputs or pulled up.
_DRIVEN = ("dout", "miso", "drdy")


def uses_of(found: dict[str, Any]) -> Iterator[Use]:
    """The pins that the lines of a board file name, each checked by itself."""
    converter = found["CONVERTER"]
    for role, rule in CONVERTERS[converter["chip"]].items():
        if isinstance(rule, str) and converter[role] is not None:
            yield Use(f"CONVERTER's {role}", converter[role], role in _DRIVEN)
    for line, roles in (("JOURNAL", _SPI), ("SIGNER", _I2C)):
        for role in roles:
            if role in found[line]:
                yield Use(f"{line}'s {role}", found[line][role], role in _DRIVEN)
    for line in ("KEYS", "CASE"):
        for role, pin in (found[line] or {}).items():
            yield Use(f"{line}'s {role}", pin)
    for line in ("ALARM", "SHUNT"):
        if found[line] is not None:
            yield Use(line, found[line])
    for role, pins in (found["KEYPAD"] or {}).items():
        for pin in pins:
            yield Use(f"one of KEYPAD's {role}", pin)


def measured(found: dict[str, Any]) -> Iterator[Use]:
    """What the processor's own converter measures: the number that machine.ADC gets."""
    for line, roles in (("SUPPLY", ("adc",)), ("THERMOMETER", ("adc",)), ("TILT", "xy")):
        for role in roles if found[line] else ():
            yield Use(line, found[line][role], True)


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
JOURNALS = {
    "rp2": {"device": "segment_files", "flash": "flash_rp2"},
    "esp32": {"device": "segment_files", "flash": "flash_esp32"},
    "unix": {"device": "segment_files", "flash": "flash_rp2"},
}
PLAIN_JOURNAL = {"device": "append_file"}
# A chip of its own on SPI, whatever the port.
EXTERNAL_JOURNAL = {"device": "raw_region", "flash": "spi_nor"}
_SPI = ("sck", "mosi", "miso", "cs")
SIGNERS = {"arithmetic": ("viper", "bigint"), "comb": (6, 8)}
SIGNING_CHIPS = ("atecc608",)  # on two pins of their own
_I2C = ("sda", "scl")
_THERMOMETER = {"adc": (0, 50), "uv_at_0": (0, 3300000), "uv_per_k": (-50000, 50000)}


def _is_thermometer(value: object) -> bool:
    if not _are_within(value, _THERMOMETER):
        return False
    return not isinstance(value, dict) or value["uv_per_k"] != 0


def _is_journal(value: object) -> bool:
    return value in (PLAIN_JOURNAL, *JOURNALS.values()) or is_external(value)


def is_external(value: object) -> bool:
    """Whether records are kept on a flash chip of their own; its pins are numbers."""
    return (
        isinstance(value, dict)
        and value.keys() == {*EXTERNAL_JOURNAL, "id", *_SPI}
        and all(value[key] == wanted for key, wanted in EXTERNAL_JOURNAL.items())
        and value["id"] in (0, 1, 2)
        and all(map(_is_pin, (value[key] for key in _SPI)))
    )


def _is_signer(value: object) -> bool:
    if isinstance(value, dict) and "chip" in value:
        pins = [value.get(key) for key in _I2C]
        right = value.keys() == {"chip", *_I2C} and value["chip"] in SIGNING_CHIPS
        return right and all(map(_is_pin, pins))
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
RULES: dict[str, tuple[str, Callable[[object], bool]]] = {
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
    "CASE": ("the pins latch and clear, or None", lambda value: value is None or _is_case(value)),
    "KEYPAD": (
        "four pins rows, three or four pins columns, or None",
        lambda value: value is None or _is_keypad(value),
    ),
    "JOURNAL": (
        "segment_files, append_file or raw_region with its flash (boards/README.md)",
        _is_journal,
    ),
    "SIGNER": (
        "arithmetic (viper or bigint) and comb (6 or 8), or the chip atecc608 with sda and scl",
        _is_signer,
    ),
    "NETWORK": ('None or "wlan"', lambda value: value in NETWORKS),
    "TCP_PORT": ("1..65535", lambda value: type(value) is int and 0 < value < 65536),
    "SCALE": ("a map with whole numbers as keys", lambda value: _is_scale(value)),
    "MPY_BUDGET_BYTES": ("a number of bytes", _is_size),
    "STORAGE_BYTES": ("a number of bytes, in blocks of 4096", lambda value: _is_storage(value)),
}


def _is_case(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"latch", "clear"} and _all_pins(value)


def _is_keypad(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != {"rows", "columns"}:
        return False
    rows, columns = value["rows"], value["columns"]
    if not isinstance(rows, tuple) or not isinstance(columns, tuple):
        return False
    return len(rows) == 4 and len(columns) in (3, 4) and all(map(_is_pin, rows + columns))


def _all_pins(value: dict[str, object]) -> bool:
    return all(_is_pin(pin) for pin in value.values())


def _is_scale(value: object) -> bool:
    return isinstance(value, dict) and bool(value) and all(type(key) is int for key in value)


def _is_storage(value: object) -> bool:
    return type(value) is int and value > 0 and value % 4096 == 0
