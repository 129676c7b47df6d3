"""The metrological parameters of a scale.

Owns: what they mean. Refuses: with Refused(ARGUMENT), values that do not fit each other: their
names and limits are in parameters.py, which is loaded here when it is needed and which the caller
lets go of (terminal.cold). The actual interval d is e.
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

direct_sale is 1 where 4.13.3 holds: tare grows, and is cleared unloaded. registration is the sum
of what may register: 1 a key, 2 a command, 4 a load by itself, once; 8 once per load for all of
them. A load is cycle_load at least, a mantissa (0: Min, or 20 e), and the next one comes after a
stable half of it. warm_up_s: so long after a start there is no weight (5.3.5).
"""

# What COMMISSION changes at once, and what SET can, in the order of their records.
COMMISSIONED = "profile ring_mhz ring_max_mhz damping noise noise_floor rate_mhz settle_ms".split()
SCALE = "class min unit exp10 max e multirange max_1 e_1 max_2 e_2".split()


class Config:
    """One set of parameters, never changed: `with_value` gives another."""

    def __init__(self, values: "tuple[int, ...]") -> None:
        from terminal.weighing import parameters

        values = self._values = parameters.checked(values)
        self.unit, self.exp10, self.max, self.e = values[:4]
        self.profile, self.motion_ms, self.motion_span, self.zero_range = values[4:8]
        self.ring_mhz, self.ring_max_mhz, self.damping, self.noise = values[8:12]
        self.rate_mhz, self.mains_hz, self.settle_ms, self.noise_floor = values[12:16]
        self.accuracy, self.min, self.multirange = values[16:19]
        self.ranges = parameters.ranges(values)
        self.tracking, self.auto_zero, self.initial_zero = values[23:26]
        self.direct_sale, self.registration, self.cycle_load, self.warm_up_s = values[26:]

    def law(self) -> tuple:
        """What steelyard_wire.classes.check takes."""
        return self.accuracy, self.unit, self.exp10, self.ranges, self.min, self.multirange

    @staticmethod
    def from_map(stored: dict) -> "Config":
        """The configuration of a map {key: value}; a missing key has its default."""
        from terminal.weighing import parameters

        return Config(parameters.from_map(stored))

    def to_map(self) -> "dict[int, int]":
        """The map that `from_map` takes."""
        return {index + 1: value for index, value in enumerate(self._values)}

    def names(self) -> "list[str]":
        """The names of the parameters."""
        from terminal.weighing import parameters

        return list(parameters.FIELDS)

    def get(self, name: str) -> int:
        """One value; Refused(ARGUMENT) for an unknown name."""
        from terminal.weighing import parameters

        return self._values[parameters.place(name)]

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
        from terminal.weighing import parameters

        return Config(parameters.changed(self._values, words))
