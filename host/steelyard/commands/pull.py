"""`steelyard pull`: a terminal's records into the database, with a receipt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from steelyard_wire.codes import JOURNAL_FULL

from steelyard import pulling
from steelyard.access import opened, require_key
from steelyard.commands import Address, AllowTest, Json
from steelyard.commands.verify import proof_sentences, summary
from steelyard.errors import OK, VERDICT
from steelyard.output import show
from steelyard.proofs import write_equivocations
from steelyard.store import Store

_NO_KEY = "no receipt: this host has not the terminal's link key, which who provisioned it has"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def pull(
        address: Address,
        receipt: Annotated[
            bool,
            typer.Option(
                "--receipt/--no-receipt", help="Whether the terminal may forget what is kept here."
            ),
        ] = True,
        allow_test: AllowTest = False,
        as_json: Json = False,
    ) -> int:
        """Take a terminal's new records, verify them, keep them and give a receipt for them.

        A terminal removes only what was receipted, and only when it needs the room; one that has
        stopped because its journal is full is started again. Nothing is
        receipted that does not verify, from its first record to its last. Exit code 1 if anything
        does not pass.

        Example: steelyard pull /dev/ttyACM0
        """
        store = Store()
        with opened(address, store) as (terminal, identity):
            require_key(identity, address)
            done = pulling.pull(terminal, identity, store, allow_test, receipt, show_progress=True)
            journal = terminal.status()
            if done.receipted and int(journal["halted"]) == JOURNAL_FULL:
                terminal.reset()  # it stopped because nothing could be removed; now it can
                journal = terminal.status()
        said = f"{done.taken} new records, {done.kept} kept"
        if done.receipted:
            said += f"; receipted up to record {done.receipted - 1}"
        elif done.report.ok and receipt and store.link_key(identity.dev) is None:
            said += f"; {_NO_KEY}"
        said += f"; journal {journal['journal']}, {journal['journal_percent']} % not receipted"
        data = {
            **done.report.to_json(),
            "taken": done.taken,
            "kept": done.kept,
            "receipted": done.receipted,
            "journal": journal["journal"],
            "journal_percent": int(journal["journal_percent"]),
        }
        made = write_equivocations(done.report, Path())
        told = proof_sentences(made)
        data["equivocation_proofs"] = list(map(str, made))
        show(data, as_json, Group(summary(done.report), *told, said))
        return OK if done.report.ok else VERDICT
