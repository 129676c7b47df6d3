"""Short commands to one terminal: status, reset, config, time, wifi, zero, tare."""

from __future__ import annotations

import sys
import time as clock
from contextlib import suppress
from typing import Annotated

import typer
from steelyard_wire.quantity import unit_name

from steelyard.access import authenticate, opened
from steelyard.client import Terminal, when_still
from steelyard.commands import Address, Json, Wait
from steelyard.errors import USAGE, NoDevice, UserError
from steelyard.output import rows, show


def _network_key() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    key: str = typer.prompt("Key of the network (empty: open)", "", hide_input=True, err=True)
    return key


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def status(address: Address, as_json: Json = False) -> int:
        """Show who a terminal is, its weight now and its counters, and what to do next.

        Example: steelyard status /dev/ttyACM0
        """
        with opened(address) as (terminal, identity):
            reading = terminal.reading()
            shown = {
                **vars(identity),
                **terminal.status(),
                "value": reading.value and f"{reading.value} {reading.unit}",
                "flags": ", ".join(reading.flags) or "-",
                "fault": reading.fault,
                **{f"fault {name}": count for name, count in terminal.faults().items()},
            }
        if not identity.provisioned:
            shown["next"] = f"steelyard provision {address} --serial SY-0001"
        elif not identity.calibration:
            shown["next"] = f"steelyard calibrate {address} --weight 10kg"
        show(shown, as_json)
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
        wait: Wait = 10.0,
        as_json: Json = False,
    ) -> int:
        """Take the load as tare, when it is at rest: from now on the net weight is signed.

        Example: steelyard tare /dev/ttyACM0
        """
        with opened(address) as (terminal, _):
            when_still(lambda: terminal.tare(clear), wait)
            show(vars(terminal.reading()), as_json)
        return 0

    @app.command()
    def config(
        address: Address,
        name: Annotated[str, typer.Argument(help="Parameter to change.")] = "",
        value: Annotated[str, typer.Argument(help="Its new value.")] = "",
        as_json: Json = False,
    ) -> int:
        """Show a terminal's parameters, or change one (the change is a signed record).

        Example: steelyard config /dev/ttyACM0 e 10
        """
        if name and not value:
            raise UserError(USAGE, f"say what {name} is to be: steelyard config ADDRESS {name} 10")
        with opened(address) as (terminal, _):
            if name:
                terminal.set_parameter(name, value)
            values = terminal.config()
            unit = unit_name(int(values["unit"])) if values.get("unit", "").isdigit() else "?"
            people = rows({**values, "unit": f"{values.get('unit')} ({unit})"})
            show(values, as_json, people)
        return 0

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
