"""What a configuration's parameters are called and may be: loaded when one comes in.

Owns: names, ranges and defaults. Refuses: with Refused(ARGUMENT), values that do not fit each
other. What they mean, config.py says; which scales the law has, steelyard_wire.classes.
Units: as config.py.
"""

from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.quantity import UNITS
from steelyard_wire.shim import const

from terminal.weighing.profiles import ANIMAL

FIELDS = (
    "unit",
    "exp10",
    "max",
    "e",
    "profile",
    "motion_ms",
    "motion_span",
    "zero_range",
    "ring_mhz",
    "ring_max_mhz",
    "damping",
    "noise",
    "rate_mhz",
    "mains_hz",
    "settle_ms",
    "noise_floor",
    "class",
    "min",
    "multirange",
    "max_1",
    "e_1",
    "max_2",
    "e_2",
    "tracking",
    "auto_zero",
    "initial_zero",
    "direct_sale",
    "registration",
    "cycle_load",
    "warm_up_s",
)
# Key in the stored map = index + 1. 0 for what a commissioning finds: not known.
DEFAULTS = (1, -3, 15000, 5, 0, 400, 250, 20, 0, 0, 0, 0, 0, 50, 0, 0) + (
    (3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0)
)
_LOWEST = (0, -6, 100, 1, 0, 100, 50, 0, 0, 0, 0, 0, 0, 50, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0) + (
    (0, 1, 0, 0)
)
_HIGHEST = (len(UNITS) - 1, 3, 5000000, 50000, 5, 2000, 1000, 20) + (
    (100000, 100000, 500, 100000, 2000000, 60, 60000, 100000, 4, 5000000, 1)
    + (5000000, 50000, 5000000, 50000, 1, 1, 195, 1, 15, 5000000, 3600)
)
_SETTLE = const(14)
_MAX_INTERVALS = const(100000)
_MIN_INTERVALS = const(100)


def checked(values: "tuple[int, ...]") -> "tuple[int, ...]":
    """All values, those at the end that are missing by default; Refused(ARGUMENT)."""
    values += DEFAULTS[len(values) :]
    for index, value in enumerate(values):
        if type(value) is not int or not _LOWEST[index] <= value <= _HIGHEST[index]:
            limits = (FIELDS[index], _LOWEST[index], _HIGHEST[index])
            raise Refused(ARGUMENT, "%s is %d..%d" % limits)
    if values[26] and values[4] == ANIMAL:
        raise Refused(ARGUMENT, "no direct sale with profile 5, animal: too slow for 4.4.1")
    if values[13] not in (50, 60):
        raise Refused(ARGUMENT, "mains_hz is 50 or 60")
    return values


def ranges(values: "tuple[int, ...]") -> "tuple[tuple[int, int], ...]":
    """(Max, e) of each range, the smallest first; Refused(ARGUMENT)."""
    found = []
    partial = values[19:23]
    for most, e in (partial[:2], partial[2:], values[2:4]):
        if not most and not e:
            continue
        step = e
        while step and step % 10 == 0:
            step //= 10
        if step not in (1, 2, 5):
            raise Refused(ARGUMENT, "e is 1, 2 or 5 times a power of ten")
        if most % e or not _MIN_INTERVALS <= most // e <= _MAX_INTERVALS:
            raise Refused(ARGUMENT, "Max is 100 to 100000 times e")
        if found and not (found[-1][0] < most and found[-1][1] < e):
            raise Refused(ARGUMENT, "each range has a larger Max and e than the one before")
        found.append((most, e))
    if partial[2] and not partial[0]:
        raise Refused(ARGUMENT, "max_2 and e_2 without max_1 and e_1")
    return tuple(found)


def from_map(stored: dict) -> "tuple[int, ...]":
    """The values of a map {key: value}; a missing key has its default."""
    for key in stored:
        if not 1 <= key <= len(FIELDS):
            raise Refused(ARGUMENT, "unknown parameter %s" % key)
    return tuple([stored.get(i + 1, value) for i, value in enumerate(DEFAULTS)])


def place(name: str) -> int:
    """Where a parameter is among the values; Refused(ARGUMENT) for an unknown name."""
    if name not in FIELDS:
        raise Refused(ARGUMENT, "no parameter " + name[:16])
    return FIELDS.index(name)


def changed(before: "tuple[int, ...]", words: "list[str]") -> "tuple[int, ...]":
    """Values of which some are changed: name, text, name, text ... (see Config.with_values)."""
    values = list(before)
    values[_SETTLE] = 0
    for at in range(0, len(words), 2):
        name, text = words[at], words[at + 1]
        index = place(name)
        if index == 0 and text in UNITS:
            values[0] = UNITS.index(text)
            continue
        digits = text[1:] if text.startswith("-") else text
        if not digits.isdigit() or len(digits) > 9:
            raise Refused(ARGUMENT, name + " is a whole number")
        values[index] = int(text)
    return tuple(values)
