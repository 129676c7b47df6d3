"""`steelyard flash`: the firmware onto a board, and the proof that it is there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from steelyard import boards
from steelyard import flash as flashing
from steelyard.commands import Json
from steelyard.output import errors, rows, show


def _summary(report: flashing.Report) -> dict[str, object]:
    return {
        "board": f"{report.board} ({report.machine}, MicroPython {report.micropython})",
        "would copy" if report.dry_run else "copied": f"{len(report.copied)} of {report.files} "
        f"files, {report.bytes_copied} bytes",
        "would remove" if report.dry_run else "removed": ", ".join(report.removed) or "nothing",
        "software id": report.software_id,
        "terminal": "not changed" if report.dry_run else f"runs this software, {report.state}",
    }


def flash_board(board: str, port: str, dry_run: bool = False) -> flashing.Report:
    """Flash with a progress bar on stderr; boards.BoardError, flash.FlashFailed."""
    columns = (TextColumn("{task.description:<36}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, console=errors, transient=True, disable=not errors.is_terminal
    ) as bars:
        task = bars.add_task("asking the board", total=None)

        def progress(number: int, files: int, path: str) -> None:
            bars.update(task, description=path, completed=number - 1, total=files)

        return flashing.flash(boards.load(board), port, dry_run, progress)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def flash(
        board: Annotated[
            str, typer.Option(help="Which board it is; `steelyard boards` lists them.")
        ],
        port: Annotated[
            str,
            typer.Option(help="Where it is: /dev/ttyACM0, /dev/pts/3, COM3, socket://HOST:PORT."),
        ],
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Say what would be copied; change nothing.")
        ] = False,
        as_json: Json = False,
    ) -> int:
        """Put the firmware on a board that runs MicroPython, or bring it up to date.

        Compiles for the board, copies only what differs, checks every file and restarts the board;
        the terminal must then report the software identification that was computed here. Settings
        and records on the board stay. When it is interrupted, run the same command again.

        boards/README.md says how MicroPython gets onto a new board.

        Example: steelyard flash --board rpi_pico --port /dev/ttyACM0
        """
        report = flash_board(board, port, dry_run)
        show(asdict(report), as_json, rows(_summary(report)))
        return 0
