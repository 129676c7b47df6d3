"""`steelyard ports`, `steelyard boards`: what this host can see and build for."""

from __future__ import annotations

import typer
from rich.table import Table
from serial.tools import list_ports

from steelyard.boards import list_boards, load
from steelyard.commands import Json
from steelyard.output import show


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command()
    def ports(as_json: Json = False) -> int:
        """List the serial ports of this computer.

        A Pico or ESP32 appears here when it is plugged in; its name is the ADDRESS of the others.
        """
        found = [
            {"port": port.device, "what": port.description, "usb": port.hwid}
            for port in sorted(list_ports.comports())
        ]
        table = Table("port", "what", box=None)
        for port in found:
            table.add_row(port["port"], port["what"])
        none = "no serial port: plug a board in, or try `steelyard sim`"
        show({"ports": found}, as_json, table if found else none)
        return 0

    @app.command()
    def boards(as_json: Json = False) -> int:
        """List the boards that a terminal can be built on, with converter and pins."""
        found = []
        table = Table("board", "model", "converter", "data", "clock", "network", box=None)
        for name in list_boards():
            board = load(name)
            wiring = board.converter
            # On two wires, on I2C, on SPI.
            data = next(wiring[role] for role in ("dout", "sda", "miso") if role in wiring)
            clock = wiring["scl"] if "scl" in wiring else wiring["sck"]
            found.append(
                {
                    "board": name,
                    "model": board.model,
                    "converter": wiring,
                    "network": board.network,
                    "port": board.port,
                }
            )
            table.add_row(
                name,
                board.model,
                wiring["chip"],
                f"GPIO {data}",
                f"GPIO {clock}",
                board.network or "-",
            )
        show({"boards": found}, as_json, table)
        return 0
