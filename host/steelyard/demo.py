"""The main job from end to end on virtual terminals: weigh, sign, verify, catch forgeries.

Owns: the order of the demonstration and its verdict. Refuses: nothing; a step that does not do
what it should makes `Summary.ok` false and is named.
Units: kilograms as decimal text, times in seconds.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text
from steelyard_wire import record
from steelyard_wire.quantity import format_quantity

from steelyard import data, recording, records
from steelyard.access import fetch
from steelyard.calibration import Work, calibrate_terminal
from steelyard.client import Terminal, when_still
from steelyard.errors import UserError
from steelyard.provisioning import provision_terminal
from steelyard.reading import Reading
from steelyard.scratch import scratch
from steelyard.simulator import Simulator
from steelyard.store import Store
from steelyard.verify import Report, verify
from steelyard.virtual import prepare_virtual

SPEED = "20"
_REST_S = 20.0
_FELT = "advance 300 ms"  # by then no load that was put on or taken off is still unseen
GOODS = ("0.250", "1.500", "0.730", "4.985", "12.340", "2.005")
_WIDTHS = (10, 5, 7, 5, 4, 9)
_HEADS = ("value", "unit", "stable", "zero", "net", "sequence", "verdict")


@dataclass
class Summary:
    """What happened. failures: what should have happened and did not."""

    readings: int = 0
    records_verified: int = 0
    forgeries_caught: int = 0
    plates: int = 0
    wall_s: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all of it happened."""
        return not self.failures and self.forgeries_caught == 3 and self.records_verified > 0

    def expect(self, happened: bool, what: str) -> None:
        """Note a step that should have happened."""
        if not happened:
            self.failures.append(what)


class Demo:
    """One run. `run()` returns its Summary; everything it makes is in a folder that goes away."""

    def __init__(self, console: Console, seed: int = 1) -> None:
        self._console = console
        self._seed = seed
        self._summary = Summary()

    def run(self) -> Summary:
        """All steps, in order."""
        begin = time.monotonic()
        with scratch() as place:
            store = Store(place / "demo.sqlite3")
            try:
                chain = self._market_day(place, store)
                self._recording(place, store)
                self._forgeries(chain, store)
            finally:
                store.close()
        self._summary.wall_s = round(time.monotonic() - begin, 1)
        self._closing()
        return self._summary

    def _say(self, text: str) -> None:
        self._console.print(text)

    def _heading(self, text: str) -> None:
        self._console.print(f"\n[bold]{text}[/]")

    # --- the table -------------------------------------------------------------------------------

    def _head(self) -> None:
        cells = [head.ljust(width) for head, width in zip(_HEADS, (*_WIDTHS, 0), strict=True)]
        self._console.print("  " + " ".join(cells), style="dim")

    def _text(self, reading: Reading, sequence: str = "-", verdict: str = "-") -> str:
        cells = (
            (reading.value or "-").rjust(8),
            reading.unit,
            "yes" if reading.stable else "no",
            "yes" if "CENTRE_ZERO" in reading.flags else "no",
            "yes" if "NET" in reading.flags else "no",
            sequence,
        )
        text = " ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True))
        shade = "[green]" if verdict == "verified" else "[dim]" if verdict == "-" else "[red]"
        return f"  {text} {shade}{verdict}[/]"

    def _row(
        self, reading: Reading, sequence: str = "-", verdict: str = "-", remark: str = ""
    ) -> None:
        self._summary.readings += 1
        self._console.print(self._text(reading, sequence, verdict) + remark)

    def _settle(self, terminal: Terminal, loaded: bool = False) -> Reading:
        """Show the weight live while the load moves; the reading at rest."""
        left = 1 if loaded else 0  # rows of a moving load that stay on the screen
        with Live(console=self._console, auto_refresh=False, transient=True) as live:

            def look(reading: Reading) -> None:
                nonlocal left
                if left and reading.value:
                    left -= 1
                    self._row(reading)
                live.update(Text.from_markup(self._text(reading)), refresh=True)

            return terminal.wait_stable(on_moving=look)

    def _register(self, terminal: Terminal, store: Store, true_kg: float | None = None) -> str:
        """Wait for rest, sign, verify at once, show the row; the value of the record."""
        reading = self._settle(terminal, loaded=true_kg is None)
        nonce = secrets.token_bytes(8)
        n, envelope = when_still(lambda: terminal.register(nonce), _REST_S)
        report = verify([envelope], store.registry(), allow_test=True)
        fields = report.records[0] if report.records else {}
        good = report.ok and fields.get(record.NONCE) == nonce
        self._summary.expect(good, f"record {n} verified")
        value = format_quantity(*fields[record.VAL][:2]) if fields.get(record.VAL) else "nan"
        off = (
            "" if true_kg is None else f"   true {true_kg:7.3f}, off {float(value) - true_kg:+.3f}"
        )
        self._row(reading, str(n), "verified" if good else "NOT VERIFIED", off)
        return value

    # --- steps -----------------------------------------------------------------------------------

    def _begin(self, place: Path, name: str, options: list[str]) -> Simulator:
        flash = place / f"{name}.flash"
        prepare_virtual(flash)
        return Simulator(flash, ["--seed", str(self._seed), "--speed", SPEED, *options])

    def _market_day(self, place: Path, store: Store) -> list[bytes]:
        self._heading("1  A virtual terminal: the real firmware on the real MicroPython VM")
        with (
            self._begin(place, "market", []) as simulator,
            Terminal(simulator.console) as terminal,
        ):
            identity = terminal.wait_until_ready()
            self._say(f"  {identity.model}, software {identity.software_id.hex()[:16]}...")
            made = provision_terminal(terminal, store, "SY-DEMO")
            device = made["device"]
            self._say(f"  provisioned: key made on the terminal, device {device.hex()} (TEST key)")

            def put(text: str) -> None:
                simulator.world("place 10 kg" if "weight" in text else "remove")
                simulator.world("advance 1 s")

            done = calibrate_terminal(
                terminal, store, Work((("10.000", "kg"),), reference="demo weight"), put
            )
            self._say(
                f"  calibrated: zero {done['zero_counts']}, 10 kg at {done['span_counts']} counts,"
                f" record {done['record']} {done['verdict']}"
            )
            self._heading("2  Goods on, goods off: every weight that counts is signed")
            self._head()
            self._goods(simulator, terminal, store)
            return self._audit(terminal, store, place / "market.records")

    def _goods(self, simulator: Simulator, terminal: Terminal, store: Store) -> None:
        simulator.world("remove")
        simulator.world("advance 1 s")
        for load in GOODS:
            simulator.world(f"place {load} kg")
            simulator.world(_FELT)
            value = self._register(terminal, store)
            self._summary.expect(value == load, f"{load} kg weighed as {load}, not {value}")
            simulator.world("remove")
            simulator.world(_FELT)
            self._row(self._settle(terminal))
        simulator.world("place 0.500 kg")
        simulator.world(_FELT)
        when_still(terminal.tare, _REST_S)
        simulator.world("place 3.250 kg")
        simulator.world(_FELT)
        value = self._register(terminal, store)
        self._summary.expect(value == "2.750", f"net 2.750 kg, not {value}")

    def _audit(self, terminal: Terminal, store: Store, file: Path) -> list[bytes]:
        chain = list(fetch(terminal, terminal.records()))
        records.write(file, chain, "SY-DEMO")
        report = verify(records.read(file), store.registry(), allow_test=True)
        self._summary.records_verified += len(report.records)
        self._summary.expect(report.ok, "the whole chain verifies")
        self._say(
            f"  the whole chain: {len(report.records)} records, every signature, number, root and"
            f" total: {'[green]verified[/]' if report.ok else '[red]FAILED[/]'}"
        )
        return chain

    def _recording(self, place: Path, store: Store) -> None:
        self._heading("3  A real recording through the converter's pins: iron plates on a sensor")
        run = recording.load(data.root() / "tests" / "data" / "boa-climbing-hx711")
        with (
            self._begin(place, "recording", []) as simulator,
            Terminal(simulator.console) as terminal,
        ):
            terminal.wait_until_ready()
            provision_terminal(terminal, store, "SY-REPLAY")
            self._say(f"  {run.source}: {len(run.counts)} rows, calibrated with its own plates")
            self._say(
                f"  expected within the sensor's own non-linearity, {run.linearity_kg:.2f} kg"
            )
            self._head()
            for plate in recording.play(run, simulator, terminal, place):
                self._summary.plates += 1
                value = self._register(terminal, store, plate.kilograms)
                good = abs(float(value) - plate.kilograms) <= run.linearity_kg
                self._summary.expect(good, f"plate of {plate.kilograms:.1f} kg within limits")
            report = verify(fetch(terminal, terminal.records()), store.registry(), allow_test=True)
            self._summary.records_verified += len(report.records)
            self._summary.expect(report.ok, "the recording's chain verifies")
        self._summary.expect(self._summary.plates >= 7, "all plates were weighed")

    def _forgeries(self, chain: list[bytes], store: Store) -> None:
        self._heading("4  Three forgeries, each caught and named")
        middle = len(chain) // 2
        flipped = bytearray(chain[middle])
        flipped[len(flipped) // 2] ^= 1
        cases: list[tuple[str, list[bytes], Callable[[Report], bool]]] = [
            (
                f"one byte of record {middle} changed",
                [*chain[:middle], bytes(flipped), *chain[middle + 1 :]],
                lambda report: _named(report, "signature", "does not fit the bytes"),
            ),
            (
                f"record {middle} left out",
                [*chain[:middle], *chain[middle + 1 :]],
                lambda report: _named(report, "sequence", f"record {middle} is missing"),
            ),
            (
                f"record {middle} given twice",
                [*chain[: middle + 1], chain[middle], *chain[middle + 1 :]],
                lambda report: _named(report, "sequence", f"record {middle} is repeated"),
            ),
        ]
        for name, forged, is_named in cases:
            report = verify(forged, store.registry(), allow_test=True)
            caught = not report.ok and is_named(report)
            self._summary.forgeries_caught += caught
            self._summary.expect(caught, f"caught: {name}")
            found = report.failures[0] if report.failures else None
            said = f"{found.name}: {found.detail}" if found else "nothing found"
            self._say(f"  {name:29} {'[green]caught[/]' if caught else '[red]MISSED[/]'}  {said}")

    def _closing(self) -> None:
        summary = self._summary
        self._heading("Summary")
        table = Table.grid(padding=(0, 2))
        table.add_row("  readings shown", str(summary.readings))
        table.add_row("  records verified", str(summary.records_verified))
        table.add_row("  plates of the recording", str(summary.plates))
        table.add_row("  forgeries caught", f"{summary.forgeries_caught} of 3")
        table.add_row("  time", f"{summary.wall_s} s")
        self._console.print(table)
        for failure in summary.failures:
            self._say(f"  [red]did not happen: {failure}[/]")
        self._say("  [green]all of it happened[/]" if summary.ok else "  [red]FAILED[/]")


def _named(report: Report, check: str, text: str) -> bool:
    return any(failed.name == check and text in failed.detail for failed in report.failures)


def measure() -> dict[str, object]:
    """The bench topic `demo`."""
    summary = Demo(Console(quiet=True)).run()
    if not summary.ok:
        raise UserError(1, f"the demo failed: {summary.failures}")
    return {
        "wall_s": summary.wall_s,
        "readings": summary.readings,
        "records_verified": summary.records_verified,
    }
