"""`steelyard events`: the audit trail, for an inspector."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text
from steelyard_wire import record

from steelyard import events as trails
from steelyard.access import history, opened, require_key
from steelyard.commands import AllowTest, Json
from steelyard.commands.evidence import exported
from steelyard.commands.verify import summary
from steelyard.dates import moment
from steelyard.errors import OK, VERDICT
from steelyard.output import show
from steelyard.sealing import names_of_keys
from steelyard.store import Store
from steelyard.verify import verify

Source = Annotated[
    str,
    typer.Argument(
        help="A terminal's address, a .records file, or the serial number of a terminal whose"
        " records are here.",
        metavar="SOURCE",
        show_default=False,
    ),
]


def _table(found: list[trails.Event]) -> Table:
    table = Table("record", "time, UTC", "what", "from", "to", "who", box=None, pad_edge=False)
    for one in found:
        cells = (str(one.n), moment(one.time) or "-", one.what, one.old, one.new, one.who)
        table.add_row(*map(Text, cells))
    return table


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def events(source: Source, allow_test: AllowTest = False, as_json: Json = False) -> int:
        """Who did what to a terminal, with the old and the new value, and when.

        Every change of a calibration, a parameter, the lock, the seal, the clock and the firmware,
        and every fault, from records whose signatures and order are checked first; exit code 1 if
        they do not pass. The counters at the end are the terminal's own, and nothing resets them.
        WHO is the key that was proved for it; without one it was done on the bench, before the
        sealing, or by the terminal itself.

        Example: steelyard events SY-0001
        """
        store = Store()
        if "://" in source or (source.startswith(("/dev/", "COM")) and not Path(source).is_file()):
            with opened(source, store) as (terminal, identity):
                require_key(identity, source)
                raw = list(history(terminal, identity.dev, store, show_progress=True))
        else:
            raw = list(exported(source, store))
        report = verify(raw, store.registry(), allow_test, store.trust())
        devices = {fields[record.DEV] for fields in report.records}
        names = {key: name for dev in devices for key, name in names_of_keys(store, dev).items()}
        trail = trails.Trail(names)
        found = list(trail.take(report.records))
        counts = dict(zip(trails.COUNTED, trail.counts or (), strict=False))
        told = Text("counted in all: " + ", ".join(f"{v} {k}" for k, v in counts.items()))
        data = {"events": [one.to_json() for one in found], "counters": counts, "ok": report.ok}
        shown = [_table(found), told] if report.ok else [summary(report)]
        show(data, as_json, Group(*shown))
        return OK if report.ok else VERDICT
