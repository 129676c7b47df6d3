"""`steelyard audit`, `prove`, `witness`, `approve`: what goes beyond one look at records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.progress import track
from steelyard_wire import note

from steelyard import proofs, pulling, records, saved
from steelyard.access import opened, require_key
from steelyard.audit import Audit, Auditor
from steelyard.commands import Address, AllowTest, Json
from steelyard.commands.verify import proof_sentences, summary
from steelyard.dates import last_second
from steelyard.errors import OK, REFUSED, USAGE, VERDICT, UserError
from steelyard.opened import signature_holds
from steelyard.output import errors, rows, show
from steelyard.proofs import write_equivocations
from steelyard.signatures import outcomes
from steelyard.store import Store
from steelyard.trust import Approval
from steelyard.witnessing import Fork, witness_key, witness_tree

Source = Annotated[
    str,
    typer.Argument(
        help="A .records file, or the serial number of a terminal whose records are here.",
        metavar="SOURCE",
        show_default=False,
    ),
]


def exported(source: str, store: Store) -> Iterator[bytes]:
    path = Path(source)
    if path.is_file():
        return records.stream(path)
    for dev, entry in store.registry().items():
        if source in (entry.serial, dev.hex()):
            return (raw for _, raw in store.exported(dev))
    raise UserError(
        USAGE, f"there is no file {source}, and no terminal of that serial number here"
    )


def _audited(source: str, store: Store, allow_test: bool) -> Audit:
    auditor = Auditor(store.registry(), allow_test, store.trust())
    shown = track(
        outcomes(exported(source, store), store.registry()),
        "auditing",
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    for raw, outcome in shown:
        auditor.take(raw, outcome)
    return auditor.finish()


def _register_offline(app: typer.Typer) -> None:
    @app.command()
    def audit(source: Source, allow_test: AllowTest = False, as_json: Json = False) -> int:
        """Audit a full export, from its first record to its last.

        Everything that verify checks, as a stream of any length, and what happened: starts,
        calibrations, changed parameters, faults, voids. The records are those of a file, in the
        order of their numbers, or those that pull has kept of a terminal. Exit code 1 if anything
        does not pass.

        Example: steelyard audit SY-0001
        """
        store = Store()
        done = _audited(source, store, allow_test)
        events: dict[str, int] = {}
        for chain in done.chains.values():
            for name, count in chain.events.items():
                events[name] = events.get(name, 0) + count
        data = {**done.report.to_json(), "events": events}
        people = Group(summary(done.report), rows({k.lower(): v for k, v in events.items()}))
        show(data, as_json, people)
        return OK if done.report.ok else VERDICT

    @app.command()
    def prove(
        source: Source,
        older: Annotated[
            int | None, typer.Argument(help="Number of the older record.", min=0)
        ] = None,
        newer: Annotated[
            int | None, typer.Argument(help="Number of the newer record.", min=0)
        ] = None,
        out: Annotated[Path | None, typer.Option(help="Write the proof to this file.")] = None,
        allow_test: AllowTest = False,
        as_json: Json = False,
    ) -> int:
        """Prove that one record's past is the beginning of another's, or check such a proof.

        With two numbers a proof is made from the records of SOURCE and written; it shows nothing
        of the records between. With the file of a proof alone it is checked.

        Example: steelyard prove SY-0001 12 480 --out receipts.proof
        """
        store = Store()
        if older is None:
            proof = proofs.load(Path(source))
        else:
            if newer is None:
                raise UserError(USAGE, "a proof needs the numbers of two records, or its file")
            proof = proofs.prove(list(exported(source, store)), older, newer)
        report, said = proofs.check(proof, store.registry(), allow_test, store.authority())
        if out is not None and report.ok:
            saved.save(out, json.dumps(proof.to_json(), indent=1) + "\n")
        show({**report.to_json(), **said}, as_json, Group(summary(report), rows(said)))
        return OK if report.ok else VERDICT


def register(app: typer.Typer) -> None:
    """Add the commands."""
    _register_offline(app)

    @app.command()
    def approve(
        address: Address,
        until: Annotated[
            str, typer.Option(help="Last day of the approval, e.g. 2027-12-31.")
        ] = "",
        as_json: Json = False,
    ) -> int:
        """State that a terminal's calibration and firmware, as they are now, were verified.

        Records with just these reach level 3 of verify. Whoever states it answers for it.

        Example: steelyard approve /dev/ttyACM0 --until 2027-12-31
        """
        store = Store()
        with opened(address, store) as (terminal, identity):
            require_key(identity, address)
            state = terminal.calibrate("STATUS")
            if not identity.calibration:
                raise UserError(REFUSED, "the terminal is not calibrated")
        digest = bytes.fromhex(state["digest"])
        last = last_second(until) if until else None
        approval = Approval(identity.calibration, digest, identity.software_id[:8], last)
        store.add_approval(identity.dev, approval)
        said = {"serial": identity.serial, "generation": identity.calibration}
        said |= {"digest": digest.hex(), "firmware": approval.firmware.hex(), "until": until}
        show(said, as_json)
        return OK

    @app.command()
    def witness(
        address: Address,
        name: Annotated[str, typer.Option(help="Your name, e.g. market-hall.example")],
        key: Annotated[
            Path | None, typer.Option(help="Your key file; it is made on first use.")
        ] = None,
        save: Annotated[Path | None, typer.Option(help="Write the signed note here.")] = None,
        allow_test: AllowTest = False,
        as_json: Json = False,
    ) -> int:
        """Sign, as a witness, that a terminal's records continue those seen before.

        Takes its new records, closes its day, has it sign size and root of its tree, compares with
        what was seen before, signs (C2SP checkpoint and cosignature), keeps the note and has the
        terminal keep it too. A tree that is no continuation is refused: exit code 1.

        Example: steelyard witness /dev/ttyACM0 --name market-hall.example
        """
        if not name or any(mark in name for mark in " +\n") or len(name.encode()) > 64:
            raise UserError(USAGE, "a witness's name has 1 to 64 bytes, no blank and no +")
        store = Store()
        signer = witness_key(key or store.folder / "witness-key.json", name)
        with opened(address, store) as (terminal, identity):
            require_key(identity, address)
            terminal.close_day()
            done = pulling.pull(terminal, identity, store, allow_test, show_progress=True)
            if not done.report.ok:
                told = proof_sentences(write_equivocations(done.report, Path()))
                show(done.report.to_json(), as_json, Group(summary(done.report), *told))
                return VERDICT
            head = terminal.checkpoint()
            text = note.checkpoint(identity.dev, head[0], head[1])
            try:
                entry = store.registry()[identity.dev]
                if not signature_holds(entry.algorithm, entry.public_key, text, head[2]):
                    raise Fork("its signature does not hold")
                envelopes = store.records(identity.dev)
                said, signed = witness_tree(store, signer, (identity.dev, entry), head, envelopes)
            except Fork as fork:
                done.report.fail("witness", fork.detail)
                show(done.report.to_json(), as_json, summary(done.report))
                return VERDICT
            n, _ = terminal.keep_witness(name, said.key_id, said.size, said.time, said.signature)
        if save is not None:
            saved.save(save, signed)
        data = {"name": name, "size": said.size, "root": said.root.hex(), "time": said.time}
        show({**data, "key_id": said.key_id.hex(), "record": n, "note": signed}, as_json)
        return OK
