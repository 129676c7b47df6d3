"""`steelyard install`, `seal`, `seals`, `unlock`, `unseal`: a terminal that is closed by name."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from steelyard_wire import statement

from steelyard import sealing
from steelyard.access import opened, require_key
from steelyard.client import Terminal
from steelyard.commands import Address, Json
from steelyard.errors import OK, REFUSED, USAGE, VERDICT, UserError
from steelyard.keys import files
from steelyard.keys.statements import draft, read
from steelyard.output import show
from steelyard.plate import plate_of
from steelyard.store import Store

Kind = Annotated[
    str, typer.Option("--for", help="What it was opened for: production, repair, inspection.")
]
Code = Annotated[str, typer.Option(help="Code of the repair.")]
_KINDS = {"production": 0, "repair": 1, "inspection": 2, "verification": 2}
_ROLES = ("factory", "service", "inspector")  # who may say which kind


def kind_of(text: str) -> int:
    """The number of a kind of unlocking; UserError."""
    if text.lower() not in _KINDS:
        raise UserError(USAGE, f"--for is production, repair or inspection, not {text!r}")
    return _KINDS[text.lower()]


def check_role(role: str, kind: int) -> None:
    """UserError unless a key of this role may unlock for that."""
    if role != _ROLES[kind]:
        raise UserError(USAGE, f"this needs a key for {_ROLES[kind]}, and that is one for {role}")


def _lock(terminal: Terminal) -> tuple[int, int]:
    found = terminal.seals()
    if found["locked"] != "1":
        raise UserError(REFUSED, "the terminal is not locked")
    return int(found["n"]), int(found["lock"])


def check_code(kind: int, code: str) -> None:
    """UserError for a repair without a code."""
    if kind == statement.REPAIR and not code:
        raise UserError(USAGE, "a repair has a code, another one each time: --code R-27-17")


def check_named(store: Store, dev: bytes, key: bytes) -> None:
    """UserError when this host has the terminal's statement, and it does not name this key."""
    made = store.statements(statement.DEVICE, subject=dev)
    if made and key not in [row[2] for row in made[-1].fields["access"]]:
        raise UserError(USAGE, "the device statement of this terminal does not name that key")


def token(
    key: files.PrivateKey,
    dev: bytes,
    lock: tuple[int, int],
    kind: int,
    code: str,
    seals: list[str],
) -> bytes:
    """What unlocks one lock of one terminal. lock: (record, counter)."""
    fields = {"dev": dev, "n": lock[0], "counter": lock[1], "kind": kind}
    fields |= {"code": code or None, "seals": seals}
    return draft(statement.UNLOCK, fields).signed_with(key).envelope


def _from_text(text: str) -> bytes:
    path = Path(text)
    try:
        data = path.read_text(encoding="utf-8") if len(text) < 200 and path.is_file() else text
        data = data.strip().removeprefix("UNLOCK ")  # so it is in the QR code
        return base64.b64decode("".join(data.split()), validate=True)
    except (OSError, UnicodeDecodeError, binascii.Error):
        raise UserError(USAGE, "a token is a line of base64, or a file that holds one") from None


def _restarted(terminal: Terminal, n: int, said: dict[str, Any], as_json: bool) -> int:
    terminal.await_start()
    show({"record": n, **said}, as_json)
    return OK


def _register_state(app: typer.Typer) -> None:
    @app.command()
    def install(
        address: Address,
        file: Annotated[list[Path], typer.Argument(help="Files of statements.", metavar="FILE")],
        as_json: Json = False,
    ) -> int:
        """Have a terminal take signed statements: root, stations, its own, its verification.

        What a statement needs before it, its station and the root, this host sends too if it
        trusts them (`steelyard keys trust`). The terminal checks every signature itself, which
        takes a second for each, and refuses what does not fit it.

        Example: steelyard install /dev/ttyACM0 5445535433221100-device.statement
        """
        store = Store()
        wanted = [one for path in file for one in read(path)]
        with opened(address, store) as (terminal, identity):
            require_key(identity, address)
            show({"installed": "; ".join(sealing.install(terminal, store, wanted))}, as_json)
        return OK

    @app.command()
    def seals(address: Address, as_json: Json = False) -> int:
        """Show seal, lock, codes and verification; exit code 1 unless it may be used in trade.

        Production code, repair code, verification code and the numbers of the seals are what is
        compared on site with the case in one's hand. What does not match is named, and so is a
        verification that ends within 60 or 15 days. With a terminal that was just made nothing is
        wrong: it waits for its first verification.

        Example: steelyard seals /dev/ttyACM0
        """
        store = Store()
        with opened(address, store) as (terminal, identity):
            found = terminal.seals()
        made = store.statements(statement.DEVICE, subject=identity.dev) if identity.dev else []
        said = sealing.state(found, made[-1].fields if made else None)
        show(said, as_json)
        return OK if said["may be used"] else VERDICT

    @app.command()
    def plate(address: Address, as_json: Json = False) -> int:
        """Print what the scale's name plate must say, from what the terminal is; exit code 1 if a
        marking is missing.

        Class, Max, Min and e are those that it weighs with; the number of the type approval and
        the production code are those of its device statement.

        Example: steelyard plate /dev/ttyACM0
        """
        with opened(address) as (terminal, identity):
            made = plate_of(identity, terminal.config(), terminal.seals())
        people = [*made.lines(), *(f"missing: {name}" for name in made.missing)]
        data = {**asdict(made), "missing": made.missing}
        show(data, as_json, Text("\n".join(people)))
        return VERDICT if made.missing else OK


def register(app: typer.Typer) -> None:
    """Add the commands."""
    _register_state(app)

    @app.command()
    def seal(address: Address, as_json: Json = False) -> int:
        """Seal a terminal: from then on its console is a service line and nothing else.

        It needs its device statement (`steelyard install`), a calibration and a closed case. There
        is no prompt any more, mpremote and `steelyard flash` do not work, and what changes a
        weight needs a key that the device statement names. What a board without secure boot cannot
        prevent is in docs/sealing.md.

        Example: steelyard seal /dev/ttyACM0
        """
        with opened(address) as (terminal, identity):
            require_key(identity, address)
            if identity.sealed:
                raise UserError(REFUSED, "it is sealed already; see `steelyard seals`")
            return _restarted(terminal, terminal.seal(), {"sealed": True}, as_json)

    @app.command()
    def unseal(
        address: Address,
        reason: Annotated[str, typer.Option(help="Why, 1 to 32 bytes; it is recorded.")],
        as_json: Json = False,
    ) -> int:
        """Open a sealed terminal for the bench, with a key of the factory; its verification ends.

        STEELYARD_KEY names the file of the key.

        Example: STEELYARD_KEY=factory.pem steelyard unseal /dev/ttyACM0 --reason "new load cell"
        """
        with opened(address) as (terminal, _):
            return _restarted(terminal, terminal.unseal(reason), {"sealed": False}, as_json)

    @app.command()
    def unlock(
        address: Address,
        what: Kind = "repair",
        code: Code = "",
        seal: Annotated[
            list[str] | None, typer.Option(help="Number of a new seal; again for each.")
        ] = None,
        token_text: Annotated[
            str, typer.Option("--token", help="A token from `steelyard keys token`, or its file.")
        ] = "",
        digits: Annotated[str, typer.Option(help="12 digits from `steelyard keys digits`.")] = "",
        as_json: Json = False,
    ) -> int:
        """Unlock a terminal whose case was opened: once, for this opening.

        With a key of the device statement (STEELYARD_KEY names its file): factory for production,
        service for a repair, inspector for an inspection. Or with what somebody who has such a key
        sent: a token, or twelve digits. A repair has a code, and resets the verification.

        Example: STEELYARD_KEY=service.pem steelyard unlock /dev/ttyACM0 --code R-27-17
        """
        kind = kind_of(what)
        if token_text and digits:
            raise UserError(USAGE, "either --token or --digits")
        if not token_text:
            check_code(kind, code)
        with opened(address) as (terminal, identity):
            lock = _lock(terminal)
            if digits:
                n = terminal.unlock_by_digits(kind, digits.replace(" ", ""), code)
            elif token_text:
                n = terminal.unlock(_from_text(token_text))
            else:
                key = sealing.key_of_user()
                check_role(key.public.role, kind)
                n = terminal.unlock(token(key, identity.dev, lock, kind, code, seal or []))
            return _restarted(terminal, n, {"locked": False}, as_json)
