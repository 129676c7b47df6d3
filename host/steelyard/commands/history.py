"""`steelyard history`, `recompute`: what is known of a serial number, and verdicts anew."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from steelyard import spreadsheet
from steelyard.commands import Json
from steelyard.dates import moment
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.factory.recompute import Recomputed, recompute, rules_now
from steelyard.factory.runs import Tested
from steelyard.history import Entry, history, verdict
from steelyard.keys.words import plain
from steelyard.output import show, show_text
from steelyard.store import Store

_HEADER = ("time", "kind", "what", "verdict", "guard_band", "detail", "id", "device", "path")
_ROWS = "rows"
_LIMITS = ("low", "high", "guard_low", "guard_high")
_MEASURED = (
    *("serial", "test", "started", "plan", "phase", "name", "rule", "clause", "value"),
    *(*_LIMITS, "passed", "guarded", "raw"),
)
Csv = Annotated[
    Path | None,
    typer.Option(
        "--csv", help="A table for spreadsheets to this file; - prints it.", metavar="FILE"
    ),
]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(plain(one), overflow="fold") for one in row))
    return table


def _time(time: float | None) -> str:
    return moment(None if time is None else int(time)) or "-"


def _minute(time: float | None) -> str:
    return _time(time).rpartition(":")[0] or "-"  # six columns fit a screen of 80


def _line(one: Entry) -> tuple[object, ...]:
    data = one.data
    ours = data.get("id") or data.get("digest") or data.get("run") or ""
    dev = data.get("device") or data.get("dev")
    device = dev.hex() if isinstance(dev, bytes) else ""
    what = (one.what, one.verdict, one.guard_band, one.detail)
    return (spreadsheet.iso(one.time), one.kind, *what, ours, device, data.get("path", ""))


def _brief(one: Entry) -> str:
    """The detail for a screen: of a step why it failed; --json and --csv have all of it."""
    if one.kind != "step":
        return one.detail
    return str(one.data["detail"].get("why", ""))


def _is_csv_all(
    csv: Path, header: Sequence[str], rows: Iterable[Sequence[object]], as_json: bool, what: str
) -> bool:
    """Write a table, or print it for another program; whether nothing is left to be shown.

    what: the rows are called. With --json a history is shown beside its file.
    """
    if str(csv) == "-":
        show_text(spreadsheet.written(header, rows)[0])
        return True
    said = {what: spreadsheet.write(csv, header, rows), "file": str(csv)}
    if as_json and what == _ROWS:
        return False
    show(said, as_json)
    return True


def _of_one(store: Store, serial: str, csv: Path | None, as_json: bool) -> None:
    found = history(store, serial)
    if csv is not None and _is_csv_all(csv, _HEADER, map(_line, found), as_json, _ROWS):
        return
    rows = [
        (_time(one.time), one.what, one.verdict or "-", one.guard_band or "-", _brief(one))
        for one in found
    ]
    people: list[RenderableType] = [
        _table(("time, UTC", "what", "verdict", "guard band", "detail"), rows)
    ]
    # In lines of their own, where they can be copied.
    files = [one for one in found if one.kind == "attachment"]
    people += [Text(plain(f"{one.what} is {one.data['path']}")) for one in files]
    data = {"serial": serial, "history": [one.to_json() for one in found]}
    show(data, as_json, Group(*people))


def _of_all(store: Store, csv: Path | None, as_json: bool) -> None:
    header = ("serial", "run", "run_state", "test", "verdict", "guard_band")
    rows: list[tuple[Any, ...]] = []
    for serial, run, test in store.known():
        of_run = (run.started, run.state) if run else (None, "")
        of_test = ("", "") if not test else (verdict(test.passed), verdict(test.passed_guarded))
        rows.append((serial, *of_run, test.started if test else None, *of_test))
    if csv is not None:
        lines = [
            (row[0], spreadsheet.iso(row[1]), row[2], spreadsheet.iso(row[3]), *row[4:])
            for row in rows
        ]
        if _is_csv_all(csv, header, lines, as_json, _ROWS):
            return
    told = ("serial", "last run, UTC", "state", "last test, UTC", "verdict", "guard band")
    texts = [
        (row[0], _minute(row[1]), row[2] or "-", _minute(row[3]), row[4] or "-", row[5] or "-")
        for row in rows
    ]
    people = _table(told, texts) if rows else Text("nothing is known here of any serial number")
    data = {"serials": [dict(zip(header, row, strict=True)) for row in rows]}
    show(data, as_json, people)


def _of_measurements(store: Store, serial: str | None, csv: Path | None, as_json: bool) -> None:
    if serial is not None and not store.tests(serial):
        raise UserError(
            USAGE, f"no test of {plain(serial)} is here: `steelyard history` lists what there is"
        )

    def lines() -> Iterator[dict[str, Any]]:
        for tested, one in store.measured(serial):
            told = asdict(one) | {"serial": tested.serial, "plan": tested.plan}
            yield told | {"started": tested.started}

    if csv is not None:
        _is_csv_all(csv, _MEASURED, map(_flat, lines()), as_json, "measurements")
        return
    found = list(lines())
    rows = []
    for one in found:
        limits = f"{one['low'] or ''} .. {one['high'] or ''}"
        verdicts = (verdict(one["passed"]), verdict(one["guarded"]))
        where = (one["serial"], _time(one["started"]), one["phase"], one["name"])
        rows.append((*where, one["value"] or "-", limits, *verdicts))
    head = ("serial number", "test, UTC", "phase", "measurement", "value", "limits")
    show({"measurements": found}, as_json, _table((*head, "verdict", "guard band"), rows))


def _flat(one: dict[str, Any]) -> list[object]:
    raw = json.dumps(one["raw"], ensure_ascii=False)
    told = {**one, "started": spreadsheet.iso(one["started"]), "raw": raw}
    return [told[name] for name in _MEASURED]


def _recomputed(named: str) -> Recomputed:
    path = Path(named)
    if path.is_file():
        try:
            return recompute(path.read_bytes().decode())
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(USAGE, f"{named} cannot be read: {error}") from None
    # Whoever has the file alone needs no database.
    store = Store()
    try:
        return _of_stored(store, store.tested(named))
    finally:
        store.close()


def _of_stored(store: Store, tested: Tested) -> Recomputed:
    """A test that is here: its record anew, and whether its rows say what its record says."""
    try:
        data = store.attachment(tested.attachment).decode()
        found = recompute(data)
    except (UserError, UnicodeDecodeError) as error:
        why = error.sentence if isinstance(error, UserError) else f"its record: {error}"
        return Recomputed(tested.id, tested.serial, False, False, {}, (why,))
    wrong = [*found.differences]
    whole = json.loads(data)
    if (tested.passed, tested.passed_guarded) != (whole["passed"], whole["passed_guarded"]):
        wrong.append("the verdicts in the database are not those of its record")
    kept = [
        (phase["name"], one["name"], one["raw"], one["passed"], one["guarded"], one.get("value"))
        for phase in whole["phases"]
        for one in phase["measurements"]
    ]
    rows = [
        (one.phase, one.name, one.raw, one.passed, one.guarded, one.value)
        for _, one in store.measured(test=tested.id)
    ]
    if kept != rows:
        wrong.append("the measurements in the database are not those of its record")
    return replace(found, differences=tuple(wrong))


def _told(one: Recomputed, now: dict[str, str]) -> Iterator[Text]:
    then = one.rules_then
    rules = "the same rules"
    if dict(then) != now:
        was = f"{then.get('version', '-')} ({then.get('digest', '-')})"
        rules = f"rules {was}, now {now['version']} ({now['digest']})"
    said = "as it was" if one.equal else f"{len(one.differences)} differences"
    yield Text(plain(f"{one.id} of {one.serial or '-'}: {said}; {rules}"))
    for difference in one.differences:
        yield Text(plain(f"  {difference}"))


def _register_recompute(app: typer.Typer) -> None:
    @app.command(name="recompute")
    def recompute_(
        tests: Annotated[
            list[str] | None,
            typer.Argument(
                help="A test's id, the beginning of one, or a file of its record.",
                metavar="TEST",
                show_default=False,
            ),
        ] = None,
        every: Annotated[bool, typer.Option("--all", help="All tests that are here.")] = False,
        as_json: Json = False,
    ) -> int:
        """Compute the verdicts of tests anew, from what was read, and compare.

        Every value, limit and verdict, that of each phase and of the whole, by the rules of this
        program; what differs is named, with the rules that computed it first. Exit code 1 if
        anything differs, or if a record is damaged.

        Example: steelyard recompute --all
        """
        if bool(tests) == every:
            raise UserError(USAGE, "name tests by id or file, or say --all, and not both")
        if every:
            store = Store()
            found = [_of_stored(store, one) for one in store.tests()]
        else:
            found = [_recomputed(one) for one in tests or ()]
        now = rules_now()
        equal = sum(one.equal for one in found)
        good = equal == len(found)
        told = [line for one in found for line in _told(one, now)]
        told.append(Text(f"{equal} of {len(found)} tests are as they were"))
        rows = [{**asdict(one), "equal": one.equal} for one in found]
        show({"ok": good, "rules_now": now, "tests": rows}, as_json, Group(*told))
        return OK if good else VERDICT


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @app.command(name="history")
    def history_(
        serial: Annotated[
            str | None,
            typer.Argument(
                help="A serial number; without one, all are listed.",
                metavar="SERIAL",
                show_default=False,
            ),
        ] = None,
        measurements: Annotated[
            bool, typer.Option("--measurements", help="What its tests measured, a row each.")
        ] = False,
        csv: Csv = None,
        as_json: Json = False,
    ) -> int:
        """Everything that is known here of a serial number, from old to new.

        Runs and their steps, tests with their verdicts (at the legal limit and within the
        factory's guard band), calibrations, statements, and attachments with the file each is in.
        Without a serial number, all of them with their last run and test. --measurements gives
        what the tests measured (without a serial number: all tests) for statistics.

        Example: steelyard history SY-0001 --csv SY-0001.csv
        """
        store = Store()
        if measurements:
            _of_measurements(store, serial, csv, as_json)
        elif serial is None:
            _of_all(store, csv, as_json)
        else:
            _of_one(store, serial, csv, as_json)
        return OK

    _register_recompute(app)
