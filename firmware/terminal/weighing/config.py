"""The metrological parameters of a scale.

Owns: their names, ranges and defaults. Refuses: with Refused(ARGUMENT), values that do not fit
each other; which scales the law has, steelyard_wire.classes says. The actual interval d is e.
Units: max and e are mantissas, in units of 10**exp10 of `unit` (15 kg in steps of 5 g: unit kg,
exp10 -3, max 15000, e 5); motion_span in 1/1000 of e, zero_range in 1/1000 of Max, damping a
ratio in 1/1000, noise (of one sample at rest) in 1/10 count, noise_floor that of the converter
alone where the floor shakes (0: as noise); frequencies in mHz; settle_ms, how long a load is
expected to take until it is within e/2; 0: not known.

class is 2, 3 or 4 for II, III and IIII; min the mantissa of Min (0: the lowest of the class).
With max_1 and e_1, and max_2 and e_2 if there are three, the scale has partial ranges (multi-
interval), or with multirange ranges (multiple range), each a Max and an e; max and e are those of
the last. 0: there is none.

tracking and auto_zero are 1 where zero follows by itself; initial_zero is how much may lie on the
scale when the power comes and becomes zero, in 1/1000 of Max (up to 20 below zero belong to it,
200 in all, so 195 at most; 0: nothing becomes zero by itself).
"""

from steelyard_wire.codes import ARGUMENT, Refused
from steelyard_wire.quantity import UNITS
from steelyard_wire.shim import const

_FIELDS = (
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
)
# Key in the stored map = index + 1. 0 for what a commissioning finds: not known.
_DEFAULTS = (1, -3, 15000, 5, 0, 400, 250, 20, 0, 0, 0, 0, 0, 50, 0, 0) + (
    (3, 0, 0, 0, 0, 0, 0, 0, 0, 0)
)
_LOWEST = (0, -6, 100, 1, 0, 100, 50, 0, 0, 0, 0, 0, 0, 50, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0)
_HIGHEST = (len(UNITS) - 1, 3, 5000000, 50000, 5, 2000, 1000, 20) + (
    (100000, 100000, 500, 100000, 2000000, 60, 60000, 100000, 4, 5000000, 1)
    + (5000000, 50000, 5000000, 50000, 1, 1, 195)
)
_SETTLE = const(14)
# What COMMISSION changes at once, and what SET can, in the order of their records.
COMMISSIONED = "profile ring_mhz ring_max_mhz damping noise noise_floor rate_mhz settle_ms".split()
SCALE = "class min unit exp10 max e multirange max_1 e_1 max_2 e_2".split()
_MAX_INTERVALS = const(100000)
_MIN_INTERVALS = const(100)


class Config:
    """One set of parameters, never changed: `with_value` gives another."""

    def __init__(self, values: "tuple[int, ...]") -> None:
        for index, value in enumerate(values):
            if type(value) is not int or not _LOWEST[index] <= value <= _HIGHEST[index]:
                raise Refused(
                    ARGUMENT,
                    "%s is %d..%d" % (_FIELDS[index], _LOWEST[index], _HIGHEST[index]),
                )
        self._values = values
        self.unit, self.exp10, self.max, self.e = values[:4]
        self.profile, self.motion_ms, self.motion_span, self.zero_range = values[4:8]
        self.ring_mhz, self.ring_max_mhz, self.damping, self.noise = values[8:12]
        self.rate_mhz, self.mains_hz, self.settle_ms, self.noise_floor = values[12:16]
        self.accuracy, self.min, self.multirange = values[16:19]
        self.ranges = self._ranges(values[19:23])
        self.tracking, self.auto_zero, self.initial_zero = values[23:]
        if self.mains_hz not in (50, 60):
            raise Refused(ARGUMENT, "mains_hz is 50 or 60")

    def _ranges(self, partial: "tuple[int, ...]") -> "tuple[tuple[int, int], ...]":
        """(Max, e) of each range, the smallest first."""
        ranges = []
        for most, e in (partial[:2], partial[2:], (self.max, self.e)):
            if not most and not e:
                continue
            step = e
            while step and step % 10 == 0:
                step //= 10
            if step not in (1, 2, 5):
                raise Refused(ARGUMENT, "e is 1, 2 or 5 times a power of ten")
            if most % e or not _MIN_INTERVALS <= most // e <= _MAX_INTERVALS:
                raise Refused(ARGUMENT, "Max is 100 to 100000 times e")
            if ranges and not (ranges[-1][0] < most and ranges[-1][1] < e):
                raise Refused(ARGUMENT, "each range has a larger Max and e than the one before")
            ranges.append((most, e))
        if partial[2] and not partial[0]:
            raise Refused(ARGUMENT, "max_2 and e_2 without max_1 and e_1")
        return tuple(ranges)

    def law(self) -> tuple:
        """What steelyard_wire.classes.check takes."""
        return self.accuracy, self.unit, self.exp10, self.ranges, self.min, self.multirange

    @staticmethod
    def from_map(stored: dict) -> "Config":
        """The configuration of a map {key: value}; a missing key has its default."""
        for key in stored:
            if not 1 <= key <= len(_FIELDS):
                raise Refused(ARGUMENT, "unknown parameter %s" % key)
        return Config(tuple([stored.get(i + 1, value) for i, value in enumerate(_DEFAULTS)]))

    def to_map(self) -> "dict[int, int]":
        """The map that `from_map` takes."""
        return {index + 1: value for index, value in enumerate(self._values)}

    def names(self) -> "list[str]":
        """The names of the parameters."""
        return list(_FIELDS)

    def _index(self, name: str) -> int:
        if name not in _FIELDS:
            raise Refused(ARGUMENT, "no parameter " + name[:16])
        return _FIELDS.index(name)

    def get(self, name: str) -> int:
        """One value; Refused(ARGUMENT) for an unknown name."""
        return self._values[self._index(name)]

    def values(self, names: "list[str]") -> str:
        """Their values, as a record of several has them."""
        return " ".join([str(self.get(name)) for name in names])

    def with_value(self, name: str, text: str) -> "Config":
        """This configuration with one value changed; see `with_values`."""
        return self.with_values([name, text])

    def with_values(self, words: "list[str]") -> "Config":
        """This configuration with some values changed at once: name, text, name, text ...

        A text is a whole number, or a unit's name. The settling time was found with the other
        values: it is not known any more.
        """
        values = list(self._values)
        values[_SETTLE] = 0
        for at in range(0, len(words), 2):
            name, text = words[at], words[at + 1]
            index = self._index(name)
            if index == 0 and text in UNITS:
                values[0] = UNITS.index(text)
                continue
            digits = text[1:] if text.startswith("-") else text
            if not digits.isdigit() or len(digits) > 9:
                raise Refused(ARGUMENT, name + " is a whole number")
            values[index] = int(text)
        return Config(tuple(values))
