"""`steelyard keys`: keys, roots, stations, and what they have signed.

The commands of holders and of whoever is to believe them; those of a station are in `keys_issue`.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from steelyard_wire import statement

from steelyard.commands import Json, keys_issue, keys_revoke, keys_trust, keys_unlock
from steelyard.commands.keys_options import (
    Out,
    PassphraseFd,
    PassphraseFile,
    Test,
    as_json_fields,
    file_name,
    made,
)
from steelyard.dates import first_second, last_second
from steelyard.errors import OK, USAGE, UserError
from steelyard.keys import files, statements
from steelyard.keys.authority import Root
from steelyard.keys.passphrase import Passphrase
from steelyard.keys.statements import Statement
from steelyard.keys.words import plain, title, words
from steelyard.output import errors, rows, show


def _make(
    role: str, name: str, out: Path | None, test: bool, source: Passphrase, as_json: bool
) -> int:
    path = out or Path(f"{file_name(name)}.pem")
    whose = f"{role} {plain(name)}" + (" (empty: none)" if test else "")
    public = files.make(path, name, role, lambda: source.ask(whose, twice=True), test)
    show(made(path, public), as_json)
    return OK


def _register_holders(app: typer.Typer) -> None:
    @app.command()
    def holder(
        name: Annotated[
            str, typer.Argument(help="Who holds it, e.g. 'Anna Berg'.", metavar="NAME")
        ],
        out: Out = None,
        test: Test = False,
        passphrase_file: PassphraseFile = None,
        passphrase_fd: PassphraseFd = None,
        as_json: Json = False,
    ) -> int:
        """Make the key of a holder of the root; he keeps it offline, on a machine of his own.

        The private half goes into NAME.pem, encrypted under a passphrase that is typed unseen; the
        public half, for the others, into NAME.pub. `openssl pkey` reads both.

        Example: steelyard keys holder 'Anna Berg' --out anna.pem
        """
        source = Passphrase(passphrase_file, passphrase_fd)
        return _make(files.HOLDER, name, out, test, source, as_json)

    @app.command()
    def make(
        role: Annotated[
            str, typer.Argument(help=f"What it is for: {', '.join(files.ROLES)}.", metavar="ROLE")
        ],
        name: Annotated[str, typer.Argument(help="Who has it, e.g. 'Works 1'.", metavar="NAME")],
        out: Out = None,
        test: Test = False,
        passphrase_file: PassphraseFile = None,
        passphrase_fd: PassphraseFd = None,
        as_json: Json = False,
    ) -> int:
        """Make the key of a station, for releases, or one that opens terminals.

        Example: steelyard keys make station 'Works 1' --out works.pem
        """
        if role not in files.ROLES:
            raise UserError(USAGE, f"ROLE is one of {', '.join(files.ROLES)}, not {role!r}")
        return _make(role, name, out, test, Passphrase(passphrase_file, passphrase_fd), as_json)


def _register_drafts(app: typer.Typer) -> None:
    @app.command()
    def root(
        holder: Annotated[
            list[Path], typer.Option(help="Public key of a holder; for each of them, again.")
        ],
        name: Annotated[
            str, typer.Option(help="Name of the root; it stays. Not needed with --after.")
        ] = "",
        threshold: Annotated[int, typer.Option(help="How many holders have to sign.")] = 2,
        release: Annotated[
            list[Path] | None,
            typer.Option(help="Public key for releases; again for each. Else the holders'."),
        ] = None,
        release_threshold: Annotated[
            int | None, typer.Option(help="How many of them have to sign a release.")
        ] = None,
        after: Annotated[
            Path | None, typer.Option(help="The root that this is the next version of.")
        ] = None,
        out: Out = None,
        test: Test = False,
        as_json: Json = False,
    ) -> int:
        """Write a root that nobody has signed yet: who may name stations and revoke keys.

        Its holders sign it, each at home, with `steelyard keys sign`. The next version is signed
        by as many of the old holders as had to sign before, and by as many of the new ones.

        Example: steelyard keys root --name 'Berg Scales' --holder anna.pub --holder ben.pub
        --holder cleo.pub
        """
        before = statements.read_one(after) if after else None
        if before is not None and before.kind != statement.ROOT:
            raise UserError(USAGE, f"{after} is no root")
        named = before.fields["name"] if before else name
        if name and name != named:
            raise UserError(USAGE, f"a root keeps its name: {plain(named)}")
        files.check_name(named, test, "the name of a root")
        holders = _publics(holder, test, files.HOLDER)
        signers = _publics(release, test, files.RELEASE, files.HOLDER) if release else holders
        one = statements.draft(
            statement.ROOT,
            {
                "version": before.number + 1 if before else 1,
                "name": named,
                "made": int(time.time()),
                "threshold": threshold,
                "holders": holders,
                "release_threshold": release_threshold or len(signers) // 2 + 1,
                "release": signers,
            },
        )
        return _drafted(one, out or Path(f"{file_name(named)}-{one.number}.statement"), as_json)

    @app.command()
    def station(
        name: Annotated[
            str, typer.Argument(help="Of the station, e.g. 'Works 1'.", metavar="NAME")
        ],
        key: Annotated[Path, typer.Option(help="Its public key.")],
        since: Annotated[str, typer.Option("--from", help="First day, e.g. 2027-01-01.")],
        until: Annotated[str, typer.Option(help="Last day, e.g. 2028-12-31.")],
        makes: Annotated[bool, typer.Option("--makes", help="It makes terminals.")] = False,
        verifies: Annotated[bool, typer.Option("--verifies", help="It verifies them.")] = False,
        serials: Annotated[
            list[str] | None,
            typer.Option(
                help="Serial numbers FIRST..LAST, as long as each other; again for more."
            ),
        ] = None,
        number: Annotated[
            int, typer.Option(help="Higher than in an older statement about this key.")
        ] = 1,
        out: Out = None,
        as_json: Json = False,
    ) -> int:
        """Write a station that nobody has signed yet: what it may do, with which serial numbers.

        Example: steelyard keys station 'Works 1' --key works.pub --makes --serials
        SY-0001..SY-0999 --from 2027-01-01 --until 2028-12-31
        """
        public = files.public_half(key, files.STATION)
        files.check_name(name, public.test, "the name of a station")
        one = statements.draft(
            statement.STATION,
            {
                "number": number,
                "name": name,
                "key": public.key,
                "roles": statement.MAKES * makes | statement.VERIFIES * verifies,
                "serials": [_range(text) for text in serials or ()],
                "from": first_second(since),
                "until": last_second(until),
            },
        )
        return _drafted(one, out or Path(f"{file_name(name)}.statement"), as_json)


def _publics(paths: list[Path], test: bool, *roles: str) -> list[bytes]:
    """Public keys, all of them TEST keys or none; UserError."""
    found = [files.public_half(path, *roles) for path in paths]
    for path, public in zip(paths, found, strict=True):
        if public.test != test:
            said = (
                "is a TEST key: so is the root, with --test" if public.test else "is no TEST key"
            )
            raise UserError(USAGE, f"{path} {said}")
    return [public.key for public in found]


def _range(text: str) -> list[str]:
    first, dots, last = text.partition("..")
    if not dots or not first or len(first) != len(last) or first > last:
        raise UserError(USAGE, f"{text!r} is no range; it is written SY-0001..SY-0999")
    return [first, last]


def _drafted(one: Statement, out: Path, as_json: bool) -> int:
    statements.write(out, [one])
    told = {**words(one), "file": str(out), "next": f"steelyard keys sign {out} --key HOLDER.pem"}
    show({**as_json_fields(one), "file": str(out)}, as_json, rows(told))
    return OK


def _register_sign(app: typer.Typer) -> None:
    @app.command()
    def sign(
        file: Annotated[Path, typer.Argument(help="The statement to sign.", metavar="FILE")],
        key: Annotated[Path, typer.Option(help="Your private key.")],
        passphrase_file: PassphraseFile = None,
        passphrase_fd: PassphraseFd = None,
        as_json: Json = False,
    ) -> int:
        """Show a root, a station or a revocation list in words, and add a holder's signature.

        It needs no network and no database. The signature goes into the same file, which then goes
        to the next holder. Who signed copies apart puts them one after the other into one file.

        Example: steelyard keys sign berg-1.statement --key anna.pem
        """
        one = statements.read_one(file)
        if not one.by_several:
            raise UserError(USAGE, f"{title(one)} is not for holders to sign")
        public = files.public_half(key, files.HOLDER)
        name = one.fields.get("name")
        if name is not None and statement.says_test(name) != public.test:
            raise UserError(USAGE, "a TEST key signs what says TEST, and no other key does")
        source = Passphrase(passphrase_file, passphrase_fd)
        errors.print("You are about to sign:")
        errors.print(rows(words(one)))
        signed = one.signed_with(
            files.load(key, lambda: source.ask(f"holder {plain(public.name)}"), files.HOLDER)
        )
        statements.write(file, [signed], new=False)
        data: dict[str, Any] = {"statement": title(signed), "signed_by": plain(public.name)}
        data["signatures"] = len(signed.signatures)
        if signed.kind == statement.ROOT:
            root = Root(signed)
            data["own_holders_missing"] = root.missing(signed)
            if public.key_id not in root.holders:
                data["note"] = "the key is not one of its holders: this helps only as one before"
        show({**data, "file": str(file)}, as_json)
        return OK


def register(app: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(no_args_is_help=True, help=_HELP)
    _register_holders(keys)
    _register_drafts(keys)
    keys_revoke.register(keys)
    _register_sign(keys)
    keys_trust.register(keys)
    keys_issue.register(keys)
    keys_unlock.register(keys)
    app.add_typer(keys, name="keys")


_HELP = (
    "Keys and statements: who makes terminals, who verifies them, who may open them.\n\n"
    "A root has several holders. Each makes a key (holder); one writes the root, and they sign it"
    " (root, sign). As many as the root asks for name stations (station) and revoke what is lost"
    " or stolen (revoke). A station states whose key a terminal has (device) and what was verified"
    " (verification); everything that it states is in its log (log). Whoever is to believe that"
    " takes the root by its fingerprint (trust). A terminal that was opened is unlocked from afar"
    " with a token or with digits (token, digits)."
)
