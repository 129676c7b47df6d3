"""`steelyard keys revoke`: the next revocation list, for holders to sign."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from steelyard_wire import statement

from steelyard.commands import Json
from steelyard.commands.keys_options import Out, as_json_fields
from steelyard.errors import USAGE, UserError
from steelyard.keys import files, statements
from steelyard.keys.statements import Statement
from steelyard.keys.words import words
from steelyard.output import rows, show
from steelyard.store import Store

_WHATS = {"terminal": statement.TERMINAL, "station": statement.ISSUER, "access": statement.ACCESS}


def _id_of(what: int, named: str) -> bytes:
    """The id of what is to be revoked: in hex, by a public key's file, by a serial number."""
    path = Path(named)
    if what != statement.TERMINAL and path.is_file():
        roles = (files.STATION,) if what == statement.ISSUER else files.ACCESS
        return files.public_half(path, *roles).key_id
    if what == statement.TERMINAL:
        for dev, entry in Store().registry().items():
            if named == entry.serial:
                return dev
    try:
        found = bytes.fromhex(named)
    except ValueError:
        found = b""
    if len(found) != 8:
        wanted = (
            "its serial number" if what == statement.TERMINAL else "the file of its public key"
        )
        raise UserError(USAGE, f"{named} is not known here: give {wanted}, or its id in hex")
    return found


def _before(given: Path | None, root: str) -> Statement | None:
    """The list that the new one begins with."""
    if given is not None:
        one = statements.read_one(given)
        if one.kind != statement.REVOCATION:
            raise UserError(USAGE, f"{given} is no revocation list")
        return one
    lists = Store().authority().lists
    if root:
        return lists.get(root)
    if len(lists) > 1:
        raise UserError(USAGE, f"--root says whose list is meant: {' or '.join(lists)}")
    return next(iter(lists.values()), None)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def revoke(
        what: Annotated[str, typer.Argument(help="terminal, station or access.", metavar="WHAT")],
        named: Annotated[
            str,
            typer.Argument(
                help="A terminal's serial number, a public key's file, or the id in hex.",
                metavar="WHICH",
            ),
        ],
        reason: Annotated[str, typer.Option(help="Why, for everybody to read.")],
        last: Annotated[
            int | None,
            typer.Option(
                help="Last record, or last statement, that counts. Else none does.", min=0
            ),
        ] = None,
        list_: Annotated[
            Path | None,
            typer.Option(
                "--list", help="The list before, or a draft to add to. Else the one here."
            ),
        ] = None,
        root: Annotated[str, typer.Option(help="Whose list, if there are several.")] = "",
        out: Out = None,
        as_json: Json = False,
    ) -> int:
        """Write the next revocation list, with one entry more; holders sign it.

        A list replaces the one before: all its entries are in the new one. To a draft that nobody
        has signed the entry is added; what stands there about the same key is replaced.

        Example: steelyard keys revoke terminal SY-0007 --last 4711 --reason stolen
        """
        if what not in _WHATS:
            raise UserError(USAGE, f"WHAT is {', '.join(_WHATS)}, not {what!r}")
        number = _WHATS[what]
        if number == statement.ACCESS and last is not None:
            raise UserError(USAGE, "of a key for access nothing is counted: leave --last out")
        entry = [number, _id_of(number, named), last, reason]
        before = _before(list_, root)
        adding = before is not None and list_ is not None and not before.signatures
        kept = before.fields["entries"] if before else []
        one = statements.draft(
            statement.REVOCATION,
            {
                "version": (before.number + (not adding)) if before else 1,
                "made": int(time.time()),
                "entries": [*(row for row in kept if row[:2] != entry[:2]), entry],
            },
        )
        path = out or (list_ if adding and list_ else Path(f"revoked-{one.number}.statement"))
        statements.write(path, [one], new=not adding or path != list_)
        told = {**words(one), "file": str(path)}
        told["next"] = f"steelyard keys sign {path} --key HOLDER.pem"
        show({**as_json_fields(one), "file": str(path)}, as_json, rows(told))
        return 0
