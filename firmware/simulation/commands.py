"""The physical world's command line: what hands, weather and accidents do to a terminal.

Owns: the commands, as text for people and tests. Refuses: with a sentence that says the right
form.
Units: kilograms (or g), seconds of board time, degrees Celsius.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import replay
from radio import Radio
from world import CASE_OPEN, DOUT_HIGH, DOUT_LOW, JOINED, KEYS, RADIO_UP, World

HELP = """\
place 1.500 kg        put this load on the platform, in place of what lies there
remove                take everything off
temperature 35        degrees Celsius of the cell
vibrate 5 g | off     shake the floor with this amplitude, at 17 Hz
fault NAME [off]      dout_high, dout_low, saturate_high, saturate_low, wifi; stall (once)
open case | close case
cut power | restore power
advance 5 s           let board time pass; answers when it has
press zero|tare|print push a key for 0.2 s; `press zero 3 s` holds it
speed 1 | 0 | max     board seconds per real second; 0 holds time
replay FILE           play recorded counts (lines of `seconds counts`) through the converter
state                 everything as JSON
help"""

_LINES = {"dout_high": DOUT_HIGH, "dout_low": DOUT_LOW}
_QUANTITY = re.compile(r"(-?\d+(?:\.\d+)?)\s*(kg|g|s|ms|min)?")


class CommandError(ValueError):
    """A command that cannot be carried out; the message says what would."""


def _quantity(text: str, units: dict[str, float], form: str) -> float:
    match = _QUANTITY.fullmatch(text.strip())
    if match is None or (match[2] or next(iter(units))) not in units:
        raise CommandError(f"say `{form}`")
    return float(match[1]) * units[match[2] or next(iter(units))]


class Commands:
    """Carries out commands on one world; `run(line)` returns the answer's text."""

    def __init__(self, world: World, radio: Radio) -> None:
        self._world = world
        self._radio = radio
        self._verbs: dict[str, Callable[[str], str]] = {
            "place": self._place,
            "remove": self._remove,
            "temperature": self._temperature,
            "vibrate": self._vibrate,
            "fault": self._fault,
            "open": lambda rest: self._case(rest, True),
            "close": lambda rest: self._case(rest, False),
            "cut": lambda rest: self._power(rest, False),
            "restore": lambda rest: self._power(rest, True),
            "advance": self._advance,
            "press": self._press,
            "speed": self._speed,
            "replay": self._replay,
            "state": self._state,
            "help": lambda rest: HELP.replace("\n", "\t"),  # an answer is one line
        }

    def run(self, line: str) -> str:
        """Carry out one line; CommandError with a sentence if it cannot be."""
        verb, _, rest = line.strip().partition(" ")
        action = self._verbs.get(verb.lower())
        if action is None:
            raise CommandError(f"unknown command `{verb}`; `help` lists them")
        return action(rest.strip())

    def _place(self, rest: str) -> str:
        kg = _quantity(rest, {"kg": 1.0, "g": 0.001}, "place 1.500 kg")
        self._world.cell.place(kg, self._world.now_us)
        return f"{kg:.6g} kg"

    def _remove(self, rest: str) -> str:
        self._world.cell.place(0.0, self._world.now_us)
        return ""

    def _temperature(self, rest: str) -> str:
        try:
            self._world.cell.temperature_c = float(rest)
        except ValueError:
            raise CommandError("say `temperature 35`")
        return ""

    def _vibrate(self, rest: str) -> str:
        off = rest == "off"
        units = {"kg": 1.0, "g": 0.001}
        self._world.cell.vibration_kg = (
            0.0 if off else _quantity(rest or "5 g", units, "vibrate 5 g")
        )
        return ""

    def _fault(self, rest: str) -> str:
        name, _, off = rest.partition(" ")
        on = off != "off"
        world = self._world
        if name in _LINES:
            world.set_signal(_LINES[name], on)
        elif name in ("saturate_high", "saturate_low"):
            world.cell.saturation = (1 if name.endswith("high") else -1) if on else 0
        elif name == "wifi":
            self._radio.set_up(not on)
        elif name == "stall" and on:
            world.stall_clock()
        else:
            raise CommandError(
                "say `fault NAME` or `fault NAME off` with dout_high, dout_low, saturate_high,"
                " saturate_low or wifi, or `fault stall`"
            )
        return ""

    def _case(self, rest: str, opened: bool) -> str:
        if rest != "case":
            raise CommandError("say `open case` or `close case`")
        self._world.set_signal(CASE_OPEN, opened)
        return ""

    def _power(self, rest: str, on: bool) -> str:
        if rest != "power":
            raise CommandError("say `cut power` or `restore power`")
        if on:
            self._world.console.power_on()
            self._world.power_on()
        else:
            self._world.power_off()
        return ""

    def _advance(self, rest: str) -> str:
        seconds = _quantity(rest, {"s": 1.0, "ms": 0.001, "min": 60.0}, "advance 5 s")
        if seconds < 0:
            raise CommandError("time does not go back; say `advance 5 s`")
        self._world.advance(round(seconds * 1e6))
        return ""

    def _press(self, rest: str) -> str:
        key, _, how_long = rest.partition(" ")
        if key not in KEYS:
            raise CommandError("say `press zero`, `press tare` or `press print`")
        seconds = _quantity(how_long or "200 ms", {"s": 1.0, "ms": 0.001}, "press zero 3 s")
        if seconds < 0:
            raise CommandError("say `press zero 3 s`")
        self._world.press(key, round(seconds * 1e6))
        return ""

    def _speed(self, rest: str) -> str:
        try:
            speed = None if rest == "max" else float(rest)
        except ValueError:
            speed = -1.0
        if speed is not None and not 0 <= speed <= 10000:
            raise CommandError("say `speed 1`, `speed 0` (hold), `speed 20` or `speed max`")
        self._world.set_speed(speed)
        return ""

    def _replay(self, rest: str) -> str:
        try:
            samples = replay.load(Path(rest))
        except OSError as error:
            raise CommandError(f"cannot read {rest}: {error.strerror}")
        except replay.ReplayError as error:
            raise CommandError(str(error))
        self._world.replay = replay.Replay(samples)
        return f"{len(samples)} samples, {samples[-1][0] - samples[0][0]:.1f} s"

    def _state(self, rest: str) -> str:
        world = self._world
        cell = world.cell
        playing = world.replay
        return json.dumps(
            {
                "time_s": world.now_us / 1e6,
                "speed": "max" if world.speed is None else world.speed,
                "power": world.vm is not None,
                "boots": world.boots,
                "load_kg": cell.load_kg,
                "temperature_c": cell.temperature_c,
                "vibration_kg": cell.vibration_kg,
                "conversions": world.conversions,
                "replay_left": 0 if playing is None else playing.left,
                "case_open": bool(world.signals & CASE_OPEN),
                "radio": bool(world.signals & RADIO_UP),
                "joined": bool(world.signals & JOINED),
            }
        )
