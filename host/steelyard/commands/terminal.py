"""Short commands to one terminal: status, reset, config, time, wifi, zero, tare, extend."""

from __future__ import annotations

import sys
import time as clock
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated

import typer
from steelyard_wire.classes import CLASSES
from steelyard_wire.quantity import format_quantity, unit_name
from steelyard_wire.statement import DEVICE

from steelyard import parameters, sealing
from steelyard.access import authenticate, opened
from steelyard.calibration import parse_weight
from steelyard.client import Identity, Terminal, when_still
from steelyard.commands import Address, Json, Wait
from steelyard.errors import USAGE, VERDICT, NoDevice, UserError
from steelyard.output import rows, show
from steelyard.replay import PROFILES
from steelyard.store import Store

# What people read for names of STATUS that carry the line's units.
_NAMES = {
    "rate_mhz": "rate",
    "nominal_mhz": "nominal rate",
    "settle_ms": "settling time",
    "fallback": "falls back now",
}


# Unit of a parameter for people, and how many of the line's make one.
_UNITS = {
    "motion_ms": ("s", 1000),
    "motion_span": ("e", 1000),
    "zero_range": ("% of Max", 10),
    "initial_zero": ("% of Max", 10),
    "ring_mhz": ("Hz", 1000),
    "ring_max_mhz": ("Hz", 1000),
    "damping": ("of the critical", 1000),
    "noise": ("counts", 10),
    "noise_floor": ("counts", 10),
    "rate_mhz": ("samples a second", 1000),
    "settle_ms": ("s", 1000),
    "warm_up_s": ("s", 1),
}
_WEIGHTS = ("max", "e", "min", "max_1", "e_1", "max_2", "e_2", "cycle_load")
# Bits of registration: who may register.
_TRIGGERS = {1: "by key", 2: "by command", 4: "by itself, once per load", 8: "once per load"}
_UNKNOWN = ("ring_mhz", "ring_max_mhz", "damping", "noise", "rate_mhz", "settle_ms", "noise_floor")


def _seal(found: Mapping[str, str], identity: Identity) -> dict[str, object]:
    """Codes and seals, and what of them is wrong; of a terminal that is not sealed what it has."""
    if not identity.dev:
        return {}
    store = Store()
    made = store.statements(DEVICE, subject=identity.dev)
    store.close()
    said = sealing.state(found, made[-1].fields if made else None)
    del said["may be used"]
    if not identity.sealed:
        said["wrong"] = said["waits for"] = ""
    return {name: value for name, value in said.items() if value not in ("", None, "-")}


def _network_key() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    key: str = typer.prompt("Key of the network (empty: open)", "", hide_input=True, err=True)
    return key


def _meaning(name: str, values: Mapping[str, str]) -> str:
    """A parameter's value with what it stands for."""
    text = values[name]
    if not text.lstrip("-").isdigit():
        return text
    number = int(text)
    if name == "unit":
        return f"{text} ({unit_name(number)})"
    if name == "profile":
        return f"{text} ({PROFILES[number] if number < len(PROFILES) else '?'})"
    if name == "class":
        return f"{text} ({CLASSES.get(number, '?')})"
    if name in _WEIGHTS and (number or name in ("max", "e")):
        exp10, unit = int(values.get("exp10", "0")), int(values.get("unit", "0"))
        return f"{text} ({format_quantity(number, exp10)} {unit_name(unit)})"
    if name == "registration":
        by = ", ".join(words for bit, words in _TRIGGERS.items() if number & bit)
        return f"{text} ({by})"
    if name == "direct_sale":
        return f"{text} ({'yes' if number else 'no'})"
    if name == "cycle_load" and not number:
        return "0 (Min)"
    if name == "min" and not number:
        return "0 (the lowest of the class)"
    if name in _UNKNOWN and number == 0:
        return "0 (not known)"
    if name in _UNITS:
        unit_text, factor = _UNITS[name]
        return f"{text} ({number / factor:g} {unit_text})"
    return text


def _in_words(state: Mapping[str, str]) -> dict[str, str]:
    """What STATUS says in the line's units, for people."""
    words = {}
    for name in ("rate_mhz", "nominal_mhz"):
        millihertz = int(state.get(name, 0))
        words[name] = f"{millihertz / 1000:g} samples a second" if millihertz else "not known yet"
    number = int(state.get("profile", 0))
    words["profile"] = PROFILES[number] if number < len(PROFILES) else str(number)
    settle = state.get("settle_ms", "-")
    words["fallback"] = "yes" if state.get("fallback") == "1" else "no"
    words["settle_ms"] = "not known" if settle == "-" else f"{int(settle) / 1000:g} s expected"
    return words


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def status(address: Address, as_json: Json = False) -> int:
        """Show who a terminal is, its weight now and its counters, and what to do next.

        Example: steelyard status /dev/ttyACM0
        """
        with opened(address) as (terminal, identity):
            reading = terminal.reading()
            state = terminal.status()
            shown = {
                **vars(identity),
                **state,
                "value": reading.value and f"{reading.value} {reading.unit}",
                "flags": ", ".join(reading.flags) or "-",
                "fault": reading.fault,
                **{f"fault {name}": count for name, count in terminal.faults().items()},
                **_seal(terminal.seals(), identity),
            }
        if shown.get("locked"):
            shown["next"] = (
                f"steelyard unlock {address} (its case was opened; with a key of its statement,"
                " a token, or digits: docs/keys.md)"
            )
        elif not identity.provisioned:
            shown["next"] = f"steelyard provision {address} --serial SY-0001"
        elif not identity.calibration:
            shown["next"] = f"steelyard calibrate {address} --weight 10kg"
        elif state.get("settle_ms") == "-":
            shown["next"] = f"steelyard commission {address}"
        elif int(state.get("fallbacks", 0)):
            shown["next"] = (
                f"steelyard commission {address} (the platform rang more than it did when it was"
                " commissioned; until then loads settle more slowly)"
            )
        if state.get("journal") in ("WARN", "FULL"):
            shown["next"] = (
                f"steelyard pull {address} (its journal is {state['journal_percent']} % full of"
                " records that no receipt covers; a full one registers nothing)"
            )
        words = _in_words(state)
        people = {_NAMES.get(name, name): words.get(name, it) for name, it in shown.items()}
        show(shown, as_json, rows(people))
        return 0

    @app.command()
    def reset(address: Address, as_json: Json = False) -> int:
        """Start a terminal again, also when its program has stopped at the MicroPython prompt.

        Its records and settings stay; a tare is forgotten.

        Example: steelyard reset /dev/ttyACM0
        """
        with Terminal(address) as terminal:
            # At the prompt there is nobody to identify, and no key is asked for.
            with suppress(NoDevice):
                authenticate(terminal, terminal.identify())
            identity = terminal.reset()
        show({"state": identity.state, "serial": identity.serial or None}, as_json)
        return 0

    @app.command()
    def zero(address: Address, wait: Wait = 10.0, as_json: Json = False) -> int:
        """Set zero, when the empty platform has come to rest.

        Example: steelyard zero /dev/ttyACM0
        """
        with opened(address) as (terminal, _):
            when_still(terminal.zero, wait)
            show(vars(terminal.reading()), as_json)
        return 0

    @app.command()
    def tare(
        address: Address,
        clear: Annotated[bool, typer.Option("--clear", help="Forget the tare.")] = False,
        preset: Annotated[
            str, typer.Option(help="A tare that you know, e.g. 0.4kg; it is rounded to d.")
        ] = "",
        wait: Wait = 10.0,
        as_json: Json = False,
    ) -> int:
        """Take the load as tare, when it is at rest: from now on the net weight is signed.

        A preset tare and a weighed one add up. In direct sale (see `steelyard config`) there is
        one of them, it only grows, and it is cleared on the empty platform alone.

        Example: steelyard tare /dev/ttyACM0
        """
        if clear and preset:
            raise UserError(USAGE, "either --clear or --preset")
        what = ("CLEAR",) if clear else parse_weight(preset, "--preset") if preset else ()
        with opened(address) as (terminal, _):
            when_still(lambda: terminal.tare(*what), wait)
            show(vars(terminal.reading()), as_json)
        return 0

    @app.command()
    def extend(address: Address, as_json: Json = False) -> int:
        """Show tenths of d for five seconds; nothing is registered in them.

        Example: steelyard extend /dev/ttyACM0
        """
        with opened(address) as (terminal, _):
            terminal.extend()
            reading = terminal.reading()
            shown = {"fine": reading.fine, "unit": reading.unit, "flags": reading.flags}
            show(shown, as_json)
        return 0

    @app.command()
    def config(
        address: Address,
        name: Annotated[str, typer.Argument(help="Parameter to change.")] = "",
        value: Annotated[str, typer.Argument(help="Its new value.")] = "",
        as_json: Json = False,
    ) -> int:
        """Show a terminal's parameters, or change one (the change is a signed record).

        A filter may be given by its name. Frequencies and the rate are in mHz, thousandths of a
        hertz: 9 Hz are 9000, 80 samples a second 80000.

        Example: steelyard config /dev/ttyACM0 e 10
        """
        if name and not value:
            raise UserError(USAGE, f"say what {name} is to be: steelyard config ADDRESS {name} 10")
        value = parameters.said(name, value)
        with opened(address) as (terminal, _):
            if name:
                terminal.set_parameter(name, value)
            values = terminal.config()
        show(values, as_json, rows({key: _meaning(key, values) for key in values}))
        return 0

    @app.command()
    def converter(
        address: Address,
        what: Annotated[
            str, typer.Argument(help="test, temperature or recalibrate.", metavar="WHAT")
        ] = "test",
        as_json: Json = False,
    ) -> int:
        """Have the converter test itself, tell its temperature, or find its own offset anew.

        There is no weight while it does, for a second or so. A calibrated terminal does not
        recalibrate its converter: its weights would change.

        Example: steelyard converter /dev/ttyACM0 test
        """
        if what not in ("test", "temperature", "recalibrate"):
            raise UserError(USAGE, f"WHAT is test, temperature or recalibrate, not {what!r}")
        with opened(address) as (terminal, _):
            found = terminal.ask_converter(what.upper())
        people: dict[str, object] = dict(found)
        if found.get("raw") == "-":
            people = {"temperature": "this converter has no temperature sensor"}
        elif "raw" in found:
            people = {"temperature": f"{found['raw']} (raw code of the chip's own sensor)"}
        show(found, as_json, rows(people))
        return VERDICT if found.get("fault", "NONE") != "NONE" else 0

    @app.command()
    def time(
        address: Address,
        set_now: Annotated[bool, typer.Option("--set", help="Set it to this host's.")] = False,
        as_json: Json = False,
    ) -> int:
        """Show a terminal's clock, or set it (the change is a signed record).

        Example: steelyard time /dev/ttyACM0 --set
        """
        with opened(address) as (terminal, _):
            if set_now:
                terminal.set_time(int(clock.time()))
            show(terminal.time(), as_json)
        return 0

    @app.command()
    def wifi(
        address: Address,
        ssid: Annotated[str, typer.Option(help="Name of the network to join.")] = "",
        clear: Annotated[
            bool, typer.Option("--clear", help="Leave and forget the network.")
        ] = False,
        as_json: Json = False,
    ) -> int:
        """Show the network of a terminal, or let it join one; the key is asked for.

        Do this over the cable: over the network the line is authenticated, not encrypted. A script
        gives the key as a line on standard input.

        Example: steelyard wifi /dev/ttyACM0 --ssid market
        """
        with opened(address) as (terminal, _):
            if clear:
                terminal.clear_wifi()
                for _ in range(20):  # it leaves within a second
                    if terminal.network()["state"] != "joined":
                        break
                    clock.sleep(0.1)
            elif ssid:
                terminal.set_wifi(ssid, _network_key())
            show(terminal.network(), as_json)
        return 0
