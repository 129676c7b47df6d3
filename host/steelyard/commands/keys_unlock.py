"""`steelyard keys token`, `digits`: what unlocks a terminal that is somewhere else."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text
from steelyard_wire import statement

from steelyard import qr
from steelyard.commands import Json
from steelyard.commands.keys_issue import Serial, known_terminal
from steelyard.commands.keys_options import PassphraseFd, PassphraseFile
from steelyard.commands.seal import Code, Kind, check_code, check_named, check_role, kind_of, token
from steelyard.errors import OK, USAGE, UserError
from steelyard.keys import files
from steelyard.keys.passphrase import Passphrase
from steelyard.output import show
from steelyard.store import Store

Record = Annotated[
    int, typer.Option("--record", help="Record that locked it (`seals`, SEALS).", min=0)
]
Lock = Annotated[int, typer.Option("--lock", help="Which lock it is, as it says itself.", min=1)]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command("token")
    def token_(
        serial: Serial,
        key: Annotated[Path, typer.Option(help="A key that its device statement names.")],
        record: Record,
        lock: Lock,
        what: Kind = "repair",
        code: Code = "",
        seal: Annotated[list[str] | None, typer.Option(help="Number of a new seal.")] = None,
        picture: Annotated[
            Path | None,
            typer.Option("--qr", help="Write it as a QR code, too: .png, .svg, .pdf, or `-`."),
        ] = None,
        passphrase_file: PassphraseFile = None,
        passphrase_fd: PassphraseFd = None,
        as_json: Json = False,
    ) -> int:
        """Sign a token that unlocks one opening of one terminal, for whoever stands before it.

        It is a line of text, for `steelyard unlock --token` or the command UNLOCK. It serves once:
        the next opening has another record and another lock. The QR code holds the whole command:
        a scanner on the terminal's serial line that reads it (and ends it with CR) unlocks; what a
        telephone reads goes to `steelyard unlock --token`.

        Example: steelyard keys token SY-0001 --key service.pem --record 17 --lock 2 --code R-27-17
        """
        kind = kind_of(what)
        store = Store()
        dev, _ = known_terminal(store, serial)
        public = files.public_half(key, *files.ACCESS)
        check_role(public.role, kind)
        check_code(kind, code)
        check_named(store, dev, public.key)
        source = Passphrase(passphrase_file, passphrase_fd)
        private = files.load(key, lambda: source.ask(f"the {public.role} key"), *files.ACCESS)
        made = token(private, dev, (record, lock), kind, code, seal or [])
        text = base64.b64encode(made).decode()
        if picture is not None:
            qr.write(f"UNLOCK {text}", picture)
        show({"token": text}, as_json, Text(text))  # one line, however narrow the screen is
        return OK

    @app.command()
    def digits(
        serial: Serial, record: Record, lock: Lock, what: Kind = "repair", as_json: Json = False
    ) -> int:
        """Print the twelve digits that unlock one opening of one terminal, to be told or typed.

        The host that provisioned the terminal has the key for them. Digits prove less than a
        token: whoever has that host has them all.

        Example: steelyard keys digits SY-0001 --record 17 --lock 2 --for repair
        """
        store = Store()
        dev, _ = known_terminal(store, serial)
        secret = store.unlock_key(dev)
        if secret is None:
            raise UserError(
                USAGE,
                f"this host has no unlock key of {serial}: only the one that provisioned it has."
                " Use a token",
            )
        made = statement.unlock_digits(secret, dev, record, lock, kind_of(what))
        show({"digits": f"{made[:4]} {made[4:8]} {made[8:]}"}, as_json)
        return OK
