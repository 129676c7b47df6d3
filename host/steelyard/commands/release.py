"""`steelyard release`, `steelyard update`: signed releases, and terminals that take them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from steelyard import boards, image, releases, saved, updating
from steelyard.access import opened
from steelyard.commands import Address, Json
from steelyard.commands.keys_options import PassphraseFd, PassphraseFile
from steelyard.dates import moment
from steelyard.errors import OK, USAGE, UserError
from steelyard.keys import files
from steelyard.keys.passphrase import Passphrase
from steelyard.keys.words import plain
from steelyard.output import errors, rows, show
from steelyard.releases import Release

File = Annotated[Path, typer.Argument(help="The file of the release.", metavar="RELEASE")]
_ENDING = ".release"


def read(path: Path) -> Release:
    """The release in a file; UserError."""
    try:
        return releases.read(path.read_bytes())
    except OSError as error:
        raise UserError(USAGE, f"{path} cannot be read: {error.strerror}") from None


def _said(path: Path, what: Release) -> dict[str, Any]:
    fields = what.fields
    return {
        "file": str(path),
        "version": fields["version"],
        "sequence": fields["sequence"],
        "minimum": fields["minimum"],
        "board": fields["board"],
        "micropython": f"{releases.text(fields['oldest'])} to {releases.text(fields['newest'])}",
        "calibration": "stays" if fields["calibration"] else "must be made anew",
        "made": f"{moment(fields['made'])} UTC",
        "bytes": len(what.packed),
        "contents": fields["contents"].hex(),
        "signed by": [key_id.hex() for key_id in sorted(what.signatures)],
    }


def _show(path: Path, what: Release, as_json: bool) -> None:
    said = _said(path, what)
    by = ", ".join(said["signed by"]) or "nobody yet: steelyard release sign"
    show(said, as_json, rows({**said, "signed by": by}))


def _register_release(group: typer.Typer) -> None:
    @group.command()
    def build(
        board: Annotated[
            str, typer.Option(help="Which board it is for; `steelyard boards` lists them.")
        ],
        sequence: Annotated[
            int, typer.Option(min=1, help="Its number: higher than that of every one before.")
        ],
        minimum: Annotated[
            int, typer.Option(min=0, help="The lowest number that may still come after it.")
        ] = 0,
        out: Annotated[
            Path | None,
            typer.Option(help="Where it goes; by default BOARD-VERSION-SEQUENCE.release."),
        ] = None,
        new_calibration: Annotated[
            bool, typer.Option(help="A terminal with it must be calibrated anew.")
        ] = False,
        as_json: Json = False,
    ) -> int:
        """Make a release of the firmware for a board, for its holders to sign.

        Example: steelyard release build --board rpi_pico --sequence 7
        """
        made = image.build(boards.load(board))
        found = releases.make(made, sequence, minimum, int(time.time()), not new_calibration)
        path = out or Path(f"{board}-{made.version}-{sequence}{_ENDING}")
        if path.is_file() and read(path).signatures:
            raise UserError(
                USAGE,
                f"{path} is a release that somebody has signed already; name another file with"
                " --out",
            )
        saved.save(path, found.to_bytes())
        _show(path, found, as_json)
        return OK

    @group.command()
    def sign(
        release: File,
        key: Annotated[Path, typer.Argument(help="The private release key.", metavar="KEY")],
        passphrase_file: PassphraseFile = None,
        passphrase_fd: PassphraseFd = None,
        as_json: Json = False,
    ) -> int:
        """Add the signature of one holder of a release key.

        A terminal takes a release that as many have signed as its root asks for.

        Example: steelyard release sign rpi_pico-0.2.0-7.release anna.pem
        """
        unsigned = read(release)
        source = Passphrase(passphrase_file, passphrase_fd)
        roles = (files.RELEASE, files.HOLDER)  # a root may name its holders for releases too
        name = plain(files.public_half(key, *roles).name)
        secret = files.load(key, lambda: source.ask(f"the key {name}"), *roles)
        found = releases.signed(unsigned, secret.public.key, secret.sign)
        saved.save(release, found.to_bytes())
        if set(found.signatures) == set(unsigned.signatures):
            errors.print(f"{name} had signed it already", markup=False)
        _show(release, found, as_json)
        return OK

    @group.command("show")
    def show_release(release: File, as_json: Json = False) -> int:
        """Say what a release is, and who has signed it; whom to believe, says a terminal's root.

        Example: steelyard release show rpi_pico-0.2.0-7.release
        """
        _show(release, read(release), as_json)
        return OK


def update_terminal(address: str, release: Release) -> updating.Report:
    """Update with a progress bar on stderr."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with (
        opened(address) as (terminal, _),
        Progress(
            *columns,
            TimeRemainingColumn(),
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        ) as bars,
    ):
        task = bars.add_task("the signatures are verified", total=None)

        def progress(done: int, whole: int) -> None:
            what = "sending" if done < whole else "verified, announced, started"
            bars.update(task, description=what, completed=done, total=whole)

        return updating.update(terminal, release, progress)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="Make, sign and read releases of the firmware.")
    _register_release(group)
    app.add_typer(group, name="release")

    @app.command()
    def update(address: Address, release: File, as_json: Json = False) -> int:
        """Give a terminal a signed release of its firmware; the weighing goes on meanwhile.

        The terminal verifies every byte, writes down what comes, and starts it on trial: a
        release that does not run three times in a row gives way to the firmware of before.
        Settings, calibration, key and records stay. When it is interrupted, run it again. Of a
        sealed terminal it needs the key of its factory: STEELYARD_KEY=factory.pem.

        Example: steelyard update /dev/ttyACM0 rpi_pico-0.2.0-7.release
        """
        try:
            done = update_terminal(address, read(release))
        except KeyboardInterrupt:
            errors.print("What was sent is kept, and the same command goes on with it.")
            raise
        old, new = (it.hex()[:16] for it in (done.old_software_id, done.new_software_id))
        data: dict[str, Any] = {
            "version": f"{done.old_version} -> {done.new_version}",
            "software id": f"{old} -> {new}",
            "release": done.sequence,
            "sent": f"{done.bytes_sent} bytes",
            "announced by": "-" if done.n is None else f"record {done.n}",
        }
        people = rows(data) if done.n is not None else "the terminal runs this release already"
        show(vars(done), as_json, people)
        return OK
