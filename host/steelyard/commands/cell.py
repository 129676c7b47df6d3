"""`steelyard cell`: whether a load cell's papers fit a scale."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from steelyard.access import opened
from steelyard.commands import Json
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.factory import cell, scales
from steelyard.output import show
from steelyard.scale_words import said_scale


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("cell")
    def command(
        file: Annotated[Path, typer.Argument(help="The papers: cell.toml.", metavar="FILE")],
        address: Annotated[
            str, typer.Argument(help="A terminal: the scale is what it says.", metavar="[ADDRESS]")
        ] = "",
        most: Annotated[
            list[str] | None,
            typer.Option("--max", help="Max of the scale: 15kg; again for each range."),
        ] = None,
        e: Annotated[
            list[str] | None, typer.Option("--e", help="Its interval: 5g; again for each range.")
        ] = None,
        accuracy: Annotated[str, typer.Option("--class", help="II, III or IIII.")] = "III",
        as_json: Json = False,
    ) -> int:
        """Compare the papers of a load cell and an indicator with a scale (R 76-1, Annex F).

        Nothing is measured: it says whether modules with these certificates may be combined.

        Example: steelyard cell cell.toml --max 15kg --e 5g
        """
        papers = cell.read(file)
        if bool(address) == bool(most or e):
            raise UserError(USAGE, "say the scale: an ADDRESS, or --max 15kg and --e 5g")
        if address:
            with opened(address) as (terminal, _):
                scale = scales.of_config(terminal.config())
        else:
            scale = said_scale(accuracy, most or [], e or [])
        found = cell.rules(papers, scale)
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for heading in ("", "papers", "needed", "rule", ""):
            table.add_column(heading, overflow="fold")
        for rule in found:
            row = (rule.name, rule.found, rule.limit, rule.why)
            table.add_row(*map(Text, row), "" if rule.passed else "FAILED")
        passed = all(rule.passed for rule in found)
        verdict = "the papers fit" if passed else "THE PAPERS DO NOT FIT"
        data = {"passed": passed, "rules": [asdict(rule) for rule in found]}
        show(data, as_json, Group(table, Text(verdict)))
        return OK if passed else VERDICT
