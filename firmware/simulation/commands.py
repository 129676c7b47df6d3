"""The physical world's command line: what hands, weather and accidents do to a terminal.

Owns: the commands, as text for people and tests. Refuses: with a sentence that says the right
form.
Units: kilograms (or g), seconds of board time, degrees Celsius.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cell_commands
import replay
from quantity import CommandError, quantity
from radio import Radio
from world import (
    DOUT_HIGH,
    DOUT_LOW,
    JOINED,
    KEYS,
    NACK,
    RADIO_UP,
    SDA_LOW,
    World,
)

_HELP = f"""\
{cell_commands.HELP}
fault NAME [off]      dout_high, dout_low, nack, sda_low, wifi; stall, chip_reset (once);
{cell_commands.FAULT_HELP}
open case | close case
cut power | restore power
advance 5 s           let board time pass; answers when it has
press zero|tare|print push a key for 0.2 s; `press zero 3 s` holds it
type 123456789012#    keys of the keypad, one after the other
speed 1 | 0 | max     board seconds per real second; 0 holds time
hold | hold off       hold time for as long as this connection is there
replay FILE           play recorded counts (lines of `seconds counts`) through the converter
state                 everything as JSON
help"""

_BUS_FAULTS = ("nack", "sda_low", "chip_reset")
_LINES = {"dout_high": DOUT_HIGH, "dout_low": DOUT_LOW, "nack": NACK, "sda_low": SDA_LOW}


class Commands:
    """Carries out commands on one world; `run(line)` returns the answer's text."""

    def __init__(self, world: World, radio: Radio) -> None:
        self._world = world
        self._radio = radio
        self._cell = cell_commands.CellCommands(world.cell, lambda: world.now_us)
        self._verbs: dict[str, Callable[[str], str]] = {
            **self._cell.verbs,
            "fault": self._fault,
            "open": lambda rest: self._case(rest, True),
            "close": lambda rest: self._case(rest, False),
            "cut": lambda rest: self._power(rest, False),
            "restore": lambda rest: self._power(rest, True),
            "advance": self._advance,
            "type": self._type,
            "press": self._press,
            "speed": self._speed,
            "replay": self._replay,
            "state": self._state,
            "help": lambda rest: _HELP.replace("\n", "\t"),  # an answer is one line
        }

    def run(self, line: str) -> str:
        """Carry out one line; CommandError with a sentence if it cannot be."""
        verb, _, rest = line.strip().partition(" ")
        action = self._verbs.get(verb.lower())
        if action is None:
            raise CommandError(f"unknown command `{verb}`; `help` lists them")
        return action(rest.strip())

    def _fault(self, rest: str) -> str:
        name, _, how = rest.partition(" ")
        on = how != "off"
        chip = self._world.wiring.converter
        if name in _BUS_FAULTS and "drdy" not in chip:
            raise CommandError(
                f"{name} is for a converter on a bus, and this one is {chip['chip']}"
            )
        if name in _LINES:
            self._world.set_signal(_LINES[name], on)
        elif name in self._cell.fault_names:
            self._cell.fault(name, how)
        elif name == "wifi":
            self._radio.set_up(not on)
        elif name == "stall" and on:
            self._world.stall_clock()
        elif name == "chip_reset" and on:
            self._world.reset_converter()
        else:
            names = ", ".join((*_LINES, *self._cell.fault_names))
            raise CommandError(
                f"say `fault NAME` or `fault NAME off` with {names} or wifi, or `fault stall`,"
                " `fault chip_reset`"
            )
        return ""

    def _case(self, rest: str, opened: bool) -> str:
        if rest != "case":
            raise CommandError("say `open case` or `close case`")
        self._world.case.move(opened)
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
        seconds = quantity(rest, {"s": 1.0, "ms": 0.001, "min": 60.0}, "advance 5 s")
        if seconds < 0:
            raise CommandError("time does not go back; say `advance 5 s`")
        self._world.advance(round(seconds * 1e6))
        return ""

    def _press(self, rest: str) -> str:
        key, _, how_long = rest.partition(" ")
        if key not in KEYS:
            raise CommandError("say `press zero`, `press tare` or `press print`")
        seconds = quantity(how_long or "200 ms", {"s": 1.0, "ms": 0.001}, "press zero 3 s")
        if seconds < 0:
            raise CommandError("say `press zero 3 s`")
        self._world.press(key, round(seconds * 1e6))
        return ""

    def _type(self, rest: str) -> str:
        self._world.keypad.type(rest)
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
        playing = world.replay
        return json.dumps(
            {
                "time_s": world.now_us / 1e6,
                "speed": "max" if world.speed is None else world.speed,
                "power": world.vm is not None,
                "boots": world.boots,
                **self._cell.state(),
                "faults": self._faults(),
                "conversions": world.conversions,
                "replay_left": 0 if playing is None else playing.left,
                "case_open": world.case.is_open,
                "case_opened": world.case.opened,
                "radio": bool(world.signals & RADIO_UP),
                "joined": bool(world.signals & JOINED),
            }
        )

    def _faults(self) -> list[str]:
        signals = self._world.signals
        lines = [name for name, mask in _LINES.items() if signals & mask]
        return lines + self._cell.faults() + ([] if signals & RADIO_UP else ["wifi"])
