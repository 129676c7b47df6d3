"""What is done to the load cell: loads, weather, floor, platform, and faults at the bridge.

Owns: these commands of the world, and what `state` says of them. Refuses: with CommandError, in a
sentence that shows the right form.
Units: kilograms (or g), degrees Celsius, hertz, volts at the converter's input (uV, nV).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from load_cell import CLASSES, PLACES, LoadCell, of_class
from quantity import MASS, CommandError, quantity
from wires import WIRE_FAULTS

HELP = """\
place 1.500 kg        put this load on the platform, in place of what lies there, in the middle or
                      `place 1.5 kg front left`, front right, back left, back right
remove                take everything off
temperature 35        degrees Celsius of the air; the cell follows with a lag (`now`: at once)
vibrate 5 g 17 Hz     shake the floor with this amplitude; `vibrate off`
supply 3.6 V          what feeds the board (5 V at first); below 2.6 V the converter errs
tilt 30 0             lean it, in 1/1000 along two edges; the limit is in the board file
ring 11 Hz 0.06 20 kg springs of the platform: frequency unloaded, damping ratio, swinging mass
cell NAME             ideal, good or c3; or one property: `cell creep 166 ppm`, nonlinearity,
                      hysteresis (of capacity), zero, span (ppm per kelvin), lag (s), corner
                      (of the load, at the front left)"""

FAULT_HELP = """\
      at the bridge   open_bridge, swapped_pair, shorted_input, saturate_high, saturate_low,
                      frozen, supply (noisy), overloaded_cell, `noise 5` (times, also 0.1),
                      `gain 0.98` (a resistor across its output leaves so much),
                      `mains 5 uV 50 Hz` (or g)"""

_HERTZ = {"Hz": 1.0}
_VOLTS = {"uV": 1e-6, "nV": 1e-9, "mV": 1e-3}
_PROPERTIES = {
    "creep": ("creep_ppm", "ppm"),
    "nonlinearity": ("nonlinearity_ppm", "ppm"),
    "hysteresis": ("hysteresis_ppm", "ppm"),
    "zero": ("zero_ppm_per_k", "ppm"),
    "span": ("span_ppm_per_k", "ppm"),
    "lag": ("thermal_lag_s", "s"),
    "corner": ("corner_ppm", "ppm"),
}
_SATURATION = {"saturate_high": 1, "saturate_low": -1}
_RING = "ring 11 Hz 0.06 20 kg"
_MAINS = "fault mains 5 uV 50 Hz"
_CELL = "cell ideal`, `cell good`, `cell c3` or `cell creep 166 ppm"


class CellCommands:
    """Carries out commands on one load cell; `now_us()` is board time."""

    def __init__(self, cell: LoadCell, now_us: Callable[[], int]) -> None:
        self._cell = cell
        self._now_us = now_us
        self.verbs: dict[str, Callable[[str], str]] = {
            "place": self._place,
            "remove": self._remove,
            "temperature": self._temperature,
            "vibrate": self._vibrate,
            "supply": self._feed,
            "tilt": self._tilt,
            "ring": self._ring,
            "cell": self._change,
        }
        self._faults: dict[str, Callable[[str], None]] = {
            "frozen": self._freeze,
            "supply": self._supply,
            "overloaded_cell": lambda rest: self._cell.overload(rest != "off"),
            "noise": self._noise,
            "gain": self._gain,
            "mains": self._mains,
        }

    # --- hands, weather, floor -------------------------------------------------------------------

    def _place(self, rest: str) -> str:
        where = next((name for name in PLACES if name and rest.endswith(" " + name)), "")
        kg = quantity(rest.removesuffix(where), MASS, "place 1.500 kg front left")
        self._cell.place(kg, self._now_us(), where)
        return f"{kg:.6g} kg"

    def _remove(self, rest: str) -> str:
        self._cell.place(0.0, self._now_us())
        return ""

    def _temperature(self, rest: str) -> str:
        celsius, _, now = rest.partition(" ")
        try:
            self._cell.temperature_c = float(celsius)
        except ValueError:
            raise CommandError("say `temperature 35` or `temperature 35 now`")
        if now:
            self._cell.soak()
        return ""

    def _vibrate(self, rest: str) -> str:
        cell = self._cell
        if rest == "off":
            cell.vibration_kg = 0.0
            return ""
        amplitude, hertz = _two(rest or "5 g", "Hz")
        if hertz:
            cell.vibration_hz = quantity(hertz, _HERTZ, "vibrate 5 g 17 Hz")
        cell.vibration_kg = quantity(amplitude, MASS, "vibrate 5 g 17 Hz")
        return f"{cell.vibration_kg * 1000:.6g} g at {cell.vibration_hz:.6g} Hz"

    def _feed(self, rest: str) -> str:
        volts = quantity(rest, {"V": 1.0, "mV": 1e-3}, "supply 3.6 V")
        if not 0 < volts <= 6:
            raise CommandError("a board has up to 6 V: say `supply 3.6 V`")
        self._cell.supply_v = volts
        return f"{volts:.6g} V"

    def _tilt(self, rest: str) -> str:
        try:
            x, y = map(int, rest.split())
        except ValueError:
            raise CommandError("say `tilt 30 0`, in 1/1000; `tilt 0 0` is level")
        if x * x + y * y > 500**2:
            raise CommandError("it falls over: up to 500/1000, `tilt 30 0`")
        self._cell.tilt = (x, y)
        return f"{x}/1000, {y}/1000"

    def _ring(self, rest: str) -> str:
        words = rest.replace("Hz", " Hz ").split()
        if len(words) < 3 or words[1] != "Hz":
            raise CommandError(f"say `{_RING}`")
        cell = self._cell.cell
        hertz = quantity(words[0], _HERTZ, _RING)
        damping = quantity(words[2], {"": 1.0}, _RING)
        mass = quantity(" ".join(words[3:]), MASS, _RING) if words[3:] else cell.platform_kg
        if not (0.5 <= hertz <= 200 and 0.001 <= damping <= 0.9 and mass > 0):
            raise CommandError(f"0.5 to 200 Hz, a damping of 0.001 to 0.9: say `{_RING}`")
        self._cell.fit(replace(cell, ring_hz=hertz, damping=damping, platform_kg=mass))
        return f"{hertz:.6g} Hz, damping {damping:.6g}, {mass:.6g} kg"

    def _change(self, rest: str) -> str:
        name, _, value = rest.partition(" ")
        if name in CLASSES and not value:
            self._cell.fit(of_class(name, self._cell.cell))
        elif name in _PROPERTIES:
            key, unit = _PROPERTIES[name]
            number = quantity(value, {unit: 1.0}, f"cell {name} 166 {unit}")
            if unit == "s" and number <= 0:
                raise CommandError("a lag is longer than zero: say `cell lag 600 s`")
            self._cell.fit(replace(self._cell.cell, **{key: number}))
        else:
            raise CommandError(f"say `{_CELL}`")
        return ""

    # --- faults ----------------------------------------------------------------------------------

    @property
    def fault_names(self) -> tuple[str, ...]:
        """What `fault` understands here."""
        return (*WIRE_FAULTS, *_SATURATION, *self._faults)

    def fault(self, name: str, rest: str) -> None:
        """One of `fault_names`; rest: `off`, or how much."""
        cell = self._cell
        on = rest != "off"
        if name in WIRE_FAULTS:
            (cell.wires.faults.add if on else cell.wires.faults.discard)(name)
        elif name in _SATURATION:
            cell.saturation = _SATURATION[name] if on else 0
        else:
            self._faults[name](rest)

    def _freeze(self, rest: str) -> None:
        self._cell.frozen = rest != "off"

    def _supply(self, rest: str) -> None:
        self._cell.wires.supply = rest != "off"

    def _noise(self, rest: str) -> None:
        factor = 1.0 if rest == "off" else quantity(rest, {"": 1.0}, "fault noise 5")
        if factor < 0:
            raise CommandError("noise is made larger or smaller: say `fault noise 5`")
        self._cell.wires.noise_factor = factor

    def _gain(self, rest: str) -> None:
        factor = 1.0 if rest == "off" else quantity(rest, {"": 1.0}, "fault gain 0.98")
        if not 0 < factor <= 2:
            raise CommandError("it leaves a part, or doubles it at most: say `fault gain 0.98`")
        self._cell.gain_factor = factor

    def _mains(self, rest: str) -> None:
        wires = self._cell.wires
        if rest == "off":
            wires.mains_v = 0.0
            return
        amplitude, hertz = _two(rest, "Hz")
        units = {**_VOLTS, **{unit: self._cell.volts_of(kg) for unit, kg in MASS.items()}}
        wires.mains_v = quantity(amplitude, units, _MAINS)
        wires.mains_hz = quantity(hertz, _HERTZ, _MAINS) if hertz else 50.0

    # --- state -----------------------------------------------------------------------------------

    def faults(self) -> list[str]:
        """The faults that there are now, as one would order them."""
        cell, wires = self._cell, self._cell.wires
        found = [name for name in WIRE_FAULTS if name in wires.faults]
        found += [name for name, sign in _SATURATION.items() if cell.saturation == sign]
        found += ["frozen"] if cell.frozen else []
        found += ["supply"] if wires.supply else []
        found += ["overloaded_cell"] if cell.overloaded else []
        if wires.noise_factor != 1.0:
            found.append(f"noise {wires.noise_factor:.6g}")
        if cell.gain_factor != 1.0:
            found.append(f"gain {cell.gain_factor:.6g}")
        if wires.mains_v:
            found.append(f"mains {wires.mains_v * 1e6:.6g} uV {wires.mains_hz:.6g} Hz")
        return found

    def state(self) -> dict[str, object]:
        """What the cell stands under and what it is."""
        live, cell = self._cell, self._cell.cell
        return {
            "load_kg": live.load_kg,
            "temperature_c": live.temperature_c,
            "cell_c": round(live.body_c, 4),
            "tilt": live.tilt,
            "vibration_kg": live.vibration_kg,
            "vibration_hz": live.vibration_hz,
            "ring_hz": cell.ring_hz,
            "damping": cell.damping,
            "platform_kg": cell.platform_kg,
            "cell": {name: getattr(cell, key) for name, (key, _) in _PROPERTIES.items()},
        }


def _two(text: str, unit: str) -> tuple[str, str]:
    """`5 g 17 Hz` as `5 g` and `17 Hz`; the second is empty if it is not there."""
    words = text.replace(unit, f" {unit} ").split()
    if words[-1:] == [unit] and len(words) > 2:
        return " ".join(words[:-2]), f"{words[-2]} {unit}"
    return text, ""
