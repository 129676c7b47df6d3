"""`steelyard keys show`, `trust`, `list`: statements in words, believed or not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text
from steelyard_wire import statement

from steelyard.commands import Json
from steelyard.commands.keys_options import as_json_fields, made
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.keys import files, statements
from steelyard.keys.authority import Authority, Doubtful, Root
from steelyard.keys.installing import install
from steelyard.keys.statements import Statement
from steelyard.keys.words import fingerprint, plain, title, words
from steelyard.output import errors, rows, show
from steelyard.store import Store

_ORDER = (
    statement.ROOT,
    statement.STATION,
    statement.REVOCATION,
    statement.DEVICE,
    statement.VERIFICATION,
    statement.UNLOCK,
)


def _standing(authority: Authority, one: Statement) -> tuple[bool, str]:
    """Whether a statement counts, and why."""
    try:
        standing = authority.check(one)
    except Doubtful as why:
        return False, why.detail
    by = f"station {plain(standing.station['name'])} under " if standing.station else ""
    return True, f"{by}root {plain(standing.root.name)}"


def _signers(authority: Authority, one: Statement) -> list[str]:
    """Who has signed, as far as this host knows them."""
    known: dict[bytes, tuple[str, bytes]] = {}
    roots = list(authority.roots.values())
    roots += [Root(one)] if one.kind == statement.ROOT else []
    for root in roots:
        for kid, key in root.holders.items():
            known[kid] = (f"a holder of root {plain(root.name)}", key)
    for kid in authority.station_ids():
        for fields, _ in authority.stations(kid):
            known[kid] = (f"station {plain(fields['name'])}", fields["key"])
    found = []
    for kid, _ in one.signatures:
        who, key = known.get(kid, ("somebody whom this host does not know", b""))
        holds = not key or one.signed_by({kid: key})
        found.append(f"{kid.hex()}, {who}" + ("" if holds else ": the signature does not hold"))
    return found


def _confirm(given: str) -> Callable[[Statement], None]:
    """Asks whether the fingerprint of a first root is the right one; UserError if not."""

    def ask(one: Statement) -> None:
        own = sha256(one.payload).hexdigest()
        if given:
            if "".join(given.replace(":", " ").split()).lower() != own:
                raise UserError(VERDICT, f"the fingerprint is another one: {fingerprint(one)}")
            return
        errors.print(rows(words(one)))
        if not sys.stdin.isatty():
            raise UserError(
                USAGE,
                "nobody can confirm the root here. Give the fingerprint that its holders published"
                " with --fingerprint",
            )
        errors.print("Is that the fingerprint that its holders published? Type yes: ", end="")
        if input().strip() != "yes":
            raise UserError(VERDICT, "the root was not confirmed; nothing was changed")

    return ask


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command(name="show")
    def show_(
        file: Annotated[Path, typer.Argument(help="A file of statements.", metavar="FILE")],
        as_json: Json = False,
    ) -> int:
        """Show statements in words, who has signed them, and whether they count here.

        Exit code 1 unless all of them count under a root that this host trusts.

        Example: steelyard keys show berg-1.statement
        """
        authority = Store().authority()
        shown, table, good = [], Table.grid(padding=(0, 2)), True
        for one in statements.read(file):
            holds, why = _standing(authority, one)
            signed = _signers(authority, one)
            good &= holds
            shown.append({**as_json_fields(one), "signed_by": signed, "counts": holds, "why": why})
            told = {**words(one), "signed by": "; ".join(signed) or "nobody"}
            told["counts"] = ("yes: " if holds else "no: ") + why
            for name, text in told.items():
                table.add_row(Text(name, "dim"), Text(text))
            table.add_row()
        show({"statements": shown}, as_json, table)
        return OK if good else VERDICT

    @app.command()
    def trust(
        file: Annotated[list[Path], typer.Argument(help="Files of statements.", metavar="FILE")],
        fingerprint: Annotated[
            str, typer.Option(help="Of a first root, as its holders published it.")
        ] = "",
        as_json: Json = False,
    ) -> int:
        """Believe statements from now on: roots, stations, revocations, terminals, verifications.

        A first root is believed because its fingerprint was compared; all else because holders and
        stations have signed it. What is older than what is known is not taken. Exit code 1 if
        anything was not taken.

        Example: steelyard keys trust berg-1.statement works-1.statement
        """
        store = Store()
        given = [one for path in file for one in statements.read(path)]
        done, good = [], True
        for one in sorted(given, key=lambda one: (_ORDER.index(one.kind), one.number)):
            try:
                result = install(store, one, _confirm(fingerprint))
            except UserError as error:
                if error.exit_code != VERDICT:
                    raise
                good, result = False, error.sentence.replace(f"{title(one)}: ", "")
            done.append({"statement": title(one), "result": result})
        table = Table.grid(padding=(0, 2))
        for row in done:
            table.add_row(Text(row["statement"]), Text(row["result"]))
        show({"statements": done}, as_json, table)
        return OK if good else VERDICT

    @app.command(name="list")
    def list_(
        file: Annotated[
            list[Path] | None, typer.Argument(help="Key files.", metavar="[FILE]")
        ] = None,
        as_json: Json = False,
    ) -> int:
        """List key files without their passphrases, or else all statements that this host keeps.

        Example: steelyard keys list *.pem
        """
        if file:
            keys = [made(path, files.public_half(path)) for path in file]
            table = Table("file", "name", "role", "key id", "TEST key", box=None)
            for path, row in zip(file, keys, strict=True):
                said = "yes" if row["test_key"] else "no"
                told = (str(path), row["name"], row["role"], row["key_id"].hex(), said)
                table.add_row(*map(Text, told))
            show({"keys": keys}, as_json, table)
            return OK
        return _list_kept(as_json)


def _list_kept(as_json: bool) -> int:
    store = Store()
    authority = store.authority()
    kept = []
    table = Table("statement", "counts", "why", box=None)
    for one in store.statements():
        holds, why = _standing(authority, one)
        kept.append({"statement": title(one), "counts": holds, "why": why})
        table.add_row(Text(title(one)), "yes" if holds else "no", Text(why))
    none = "this host trusts no root: steelyard keys trust FILE"
    show({"statements": kept}, as_json, table if kept else none)
    return OK
