"""`steelyard demo`: everything, end to end, without hardware."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from steelyard.commands import Json
from steelyard.errors import OK, VERDICT, NoDevice
from steelyard.output import show


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("demo")
    def command(
        seed: Annotated[int, typer.Option(help="Of the noise.")] = 1,
        svg: Annotated[
            Path | None, typer.Option(help="Save what the terminal showed as a picture.")
        ] = None,
        as_json: Json = False,
    ) -> int:
        """Weigh, sign, verify and catch three forgeries on virtual terminals, in under a minute.

        The exit code is 0 only if all of it happened. Ctrl-C leaves nothing behind.
        """
        from steelyard.demo import Demo
        from steelyard.simulator import SimulatorError
        from steelyard.virtual import VirtualError

        quiet = io.StringIO() if as_json else None
        console = Console(file=quiet, highlight=False, record=svg is not None, width=96)
        try:
            summary = Demo(console, seed).run()
        except (SimulatorError, VirtualError) as error:
            raise NoDevice(str(error)) from None
        if svg is not None:
            picture = console.export_svg(title="make demo")
            # Without the web address from which the picture would take its font.
            picture = re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL)
            svg.write_text(picture, encoding="utf-8")
        if as_json:
            show({**vars(summary), "ok": summary.ok}, True)
        return OK if summary.ok else VERDICT
