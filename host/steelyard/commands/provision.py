"""`steelyard provision`: a terminal makes its key and becomes known to this host."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.access import opened
from steelyard.commands import Address, Json
from steelyard.output import show
from steelyard.provisioning import check_serial, provision_terminal
from steelyard.store import Store


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def provision(
        address: Address,
        serial: Annotated[str, typer.Option(help="Serial number, e.g. SY-0001.")],
        as_json: Json = False,
    ) -> int:
        """Give a terminal its serial number and let it make its signing key.

        The key is made on the terminal and stays there; this host keeps the public key and the
        key for the network link. Running it again changes nothing.

        Example: steelyard provision /dev/ttyACM0 --serial SY-0001
        """
        check_serial(serial)
        store = Store()
        with opened(address, store) as (terminal, _):
            show(provision_terminal(terminal, store, serial), as_json)
        return 0
