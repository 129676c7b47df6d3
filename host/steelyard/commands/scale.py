"""steelyard scale: the class and the ranges of a terminal, as a person says them."""

from __future__ import annotations

from typing import Annotated

import typer

from steelyard.access import opened
from steelyard.commands import Address, Json
from steelyard.errors import USAGE, UserError
from steelyard.output import rows, show
from steelyard.scale_words import WantedScale, class_of, describe, nanograms, ranges_of

_RANGE_HELP = "Max/e of a range, the smallest first: 15kg/5g. Up to three times."


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def scale(
        address: Address,
        accuracy: Annotated[str, typer.Option("--class", help="II, III or IIII.")] = "",
        ranges: Annotated[list[str] | None, typer.Option("--range", help=_RANGE_HELP)] = None,
        least: Annotated[str, typer.Option("--min", help="Min, if above the lowest.")] = "",
        multiple: Annotated[
            bool,
            typer.Option("--multiple-range", help="Ranges of their own, not partial ranges."),
        ] = False,
        as_json: Json = False,
    ) -> int:
        """Show what scale a terminal is, or make it another (the change is a signed record).

        Several ranges make a multi-interval scale, whose interval follows the net load up and
        down; with --multiple-range it goes back at zero alone. The terminal refuses what OIML
        R 76-1 does not allow (Tables 3 and 4). The unit is that of the terminal.

        Example: steelyard scale /dev/ttyACM0 --class III --range 3kg/1g --range 15kg/5g
        """
        if multiple and not ranges:
            raise UserError(USAGE, "--multiple-range needs the ranges: --range 3kg/1g --range ...")
        wanted = WantedScale(
            class_of(accuracy) if accuracy else "",
            ranges_of(ranges or []),
            nanograms(least) if least else None,
            multiple,
        )
        with opened(address) as (terminal, _):
            words = wanted.words(terminal.config())
            if words:
                terminal.set_parameter(*words)
            values = terminal.config()
        show(values, as_json, rows(describe(values)))
        return 0
