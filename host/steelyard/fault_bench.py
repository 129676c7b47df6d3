"""The bench topic `faults`: the fault table of signal.md, run for every converter.

Owns: the start of firmware/simulation/faults/fault_table.py, and an outcome in a word or two.
Refuses: with `UserError` (our bug), a table that ends with an error.
Units: none; the details are printed by fault_table.py itself.

Each converter is run at one rate, and what its rate may change at its others too. Under its name
is the worst of them, under names as "hx711@10" each of the others.

An outcome names the faults that were shown, "accepted" when it was rightly none, and begins with
SILENT when a wrong weight could have been registered.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from steelyard import data
from steelyard.board_rules import CONVERTERS
from steelyard.errors import BUG, UserError


def outcome(seen: dict[str, Any]) -> str:
    """What a row observed, in short."""
    said = " ".join(seen["shown"]) or "accepted"
    return f"SILENT {seen['silent']}: {said}" if seen["silent"] else said


def _run(chip: str) -> list[list[Any]]:
    table = data.firmware() / "simulation" / "faults" / "fault_table.py"
    command = [sys.executable, str(table), chip, "--rates"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(BUG, f"the fault table of {chip} failed:\n{done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure() -> dict[str, object]:
    """{ID: {CONVERTER: outcome}}, and "silent": how many rows let a wrong weight pass."""
    with ThreadPoolExecutor(2) as pool:
        tables = list(pool.map(_run, sorted(CONVERTERS)))
    rows: dict[str, dict[str, str]] = {}
    silent = 0
    for table in tables:
        for name, chip, seen in table:
            row = rows.setdefault(name, {})
            row[chip] = outcome(seen)
            if seen["silent"]:
                row[chip.partition("@")[0]] = row[chip]
            silent += bool(seen["silent"])
    return {**dict(sorted(rows.items())), "silent": silent}
