"""`steelyard verify`: what a terminal's records prove."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from steelyard import records
from steelyard.access import history, judge_stream, opened, require_key
from steelyard.commands import ALLOW_TEST_HINT, UNKNOWN_HINT, AllowTest, Json
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.output import show
from steelyard.proofs import write_equivocations
from steelyard.report import Report
from steelyard.store import Store

_MOST_TOLD = 3


def _which(report: Report) -> str:
    """How many records, and which: what comes before and after them is not shown."""
    blocks = f"{report.blocks} blocks"
    if report.span is None:
        return blocks if report.blocks else "no records"
    said = f"{report.count} records, numbers {report.span[0]} to {report.span[1]}"
    return f"{said}, and {blocks}" if report.blocks else said


def summary(report: Report) -> Group:
    """The report for people: a row for each kind of check, and what is not established."""
    table = Table("check", "performed", "passed", "detail", box=None)
    kinds = list(dict.fromkeys(check.name for check in report.checks))
    for kind in kinds:
        of_kind = [check for check in report.checks if check.name == kind]
        done = [check for check in of_kind if check.performed]
        failed = [check for check in done if not check.passed]
        told = list(dict.fromkeys(check.detail for check in failed if check.detail))
        unsaid = len(told) - _MOST_TOLD + report.dropped.get(kind, 0)
        more = [f"and {unsaid} more"] if unsaid > 0 else []
        details = "; ".join([*told[:_MOST_TOLD], *more])
        if not details and len(of_kind) == 1:
            details = of_kind[0].detail
        table.add_row(
            kind,
            str(sum(check.count for check in done)) if done else "no",
            ("[red]no[/]" if failed else "[green]yes[/]") if done else "-",
            Text(details),
        )
    verdict = "[green]passed[/]" if report.ok else "[red]failed[/]"
    level = f"level {report.level} of 5: {report.meaning}"
    closing = f"{_which(report)}, verdict: {verdict} ({level})"
    doubts = "not established: " + "; ".join(report.not_established)
    failed_kinds = {check.name for check in report.failures}
    hint = [ALLOW_TEST_HINT] if "test key" in failed_kinds else []
    hint += [UNKNOWN_HINT] if "key" in failed_kinds else []
    return Group(table, closing, *hint, f"[dim]{doubts}[/]")


def proof_sentences(made: list[Path]) -> list[str]:
    """What is said of files that prove that a number was given twice."""
    return [
        f"proof that a number was given twice: {path} (anyone can check it: steelyard verify)"
        for path in made
    ]


def _judged(source: str, store: Store, save: Path | None, allow_test: bool) -> Report:
    """The report on a file's records, or on all of the terminal at an address."""
    given = Path(source)
    if given.is_file():
        envelopes, comment = records.stream(given), f"from {given.name}"
        return _copied(store, envelopes, save, comment, allow_test, None)
    if given.suffix == ".records":
        raise UserError(USAGE, f"there is no file {source}. Look for it with `ls`")
    with opened(source, store) as (terminal, identity):
        require_key(identity, source)
        envelopes = history(terminal, identity.dev, store, show_progress=True)
        comment = f"terminal {identity.serial}"
        return _copied(store, envelopes, save, comment, allow_test, identity.dev)


def _copied(
    store: Store,
    envelopes: Iterable[bytes],
    save: Path | None,
    comment: str,
    allow_test: bool,
    all_of: bytes | None,
) -> Report:
    if save is None:
        return judge_stream(store, envelopes, allow_test, all_of)
    copied = records.Copied(envelopes, save, comment)
    try:
        return judge_stream(store, copied, allow_test, all_of)
    finally:
        # What was fetched is kept, wherever else it was to go.
        copied.check()


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def verify(
        source: Annotated[
            str,
            typer.Argument(
                help="A file of records or blocks, or a terminal's ADDRESS.",
                metavar="SOURCE",
                show_default=False,
            ),
        ],
        save: Annotated[
            Path | None, typer.Option(help="Write the records to this file too.")
        ] = None,
        seal: Annotated[
            list[str] | None,
            typer.Option(help="Number of a seal that you see on the terminal; for each, again."),
        ] = None,
        allow_test: AllowTest = False,
        as_json: Json = False,
    ) -> int:
        """Check signatures, numbers, roots and totals of records, and say what that proves.

        From a terminal all its records are read, compared with those that this host had, and kept
        in its database. The keys are those of terminals that this host provisioned, or took over
        by cable. A file may hold blocks, too, which `steelyard stream` writes: what is wrong with
        their numbers is told, and whether they name the past that its records have. Where this
        host trusts a root (`steelyard keys`), a station under it has to vouch for the terminal.
        Exit code 1 if anything does not pass.

        Example: steelyard verify /dev/ttyACM0 --save day.records
        """
        store = Store()
        report = _judged(source, store, save, allow_test)
        if seal:
            report.see_seals(seal)
        made = write_equivocations(report, Path())
        told = proof_sentences(made)
        data = {**report.to_json(), "equivocation_proofs": list(map(str, made))}
        show(data, as_json, Group(summary(report), *told))
        return OK if report.ok else VERDICT
