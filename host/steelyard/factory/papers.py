"""What a terminal should be: what its plan, its device statement, its label and its flash said.

Owns: where that is known from, and the marks of a name plate by their names.
Refuses: nothing: what nobody here knows is left out, and whoever inspects says so.
Units: as on the plate (plate.py); software identifications in hex.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from steelyard_wire import statement

from steelyard import boards, image, updating
from steelyard.client import Identity, Terminal
from steelyard.errors import NO_DEVICE, UserError
from steelyard.factory.runs import DONE
from steelyard.plate import Plate
from steelyard.store import Store

# OIML R 76-1, 7.1, by the names that a record has.
SERIAL, MODEL, CLASS = "serial number", "type designation", "accuracy class"
RANGES, MIN = "Max and e", "Min"
APPROVAL, PRODUCTION, SEALS = "type approval", "production code", "seal numbers"
NONE = "-"


@dataclass(frozen=True)
class Papers:
    """marks: what is known of the marks. software: by the version of a firmware, in hex.

    sealed_after: the test is a step of the works, plate and seal are later ones.
    """

    marks: Mapping[str, str] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    sealed_after: bool = False


def marks_of(plate: Plate, seals: str) -> dict[str, str]:
    """The marks of a plate, and the numbers of the seals; "-" for what there is not."""
    ranges = "; ".join(f"Max {most}, e = d = {e}" for most, e in plate.ranges)
    found = {SERIAL: plate.serial, MODEL: plate.model, CLASS: plate.accuracy, RANGES: ranges}
    found |= {MIN: plate.least, APPROVAL: plate.approval, PRODUCTION: plate.production}
    return {name: value or NONE for name, value in {**found, SEALS: seals}.items()}


def known_here(store: Store, identity: Identity) -> Papers:
    """What this host knows: statements, and the newest run of the works that came to its end."""
    marks: dict[str, str] = {}
    software: dict[str, str] = {}
    entry = store.registry().get(identity.dev)
    if entry is not None:
        marks[SERIAL] = entry.serial
    runs = [one for one in store.runs(identity.serial) if one.dev == identity.dev]
    for run in runs:
        if run.state == DONE:
            steps = {one.name: one.detail for one in store.steps(run.id)}
            marks |= _labelled(steps.get("label", {}))
            software |= _flashed(steps)
    made = store.statements(statement.DEVICE, subject=identity.dev)
    if made:
        said = made[-1].fields
        marks |= {SERIAL: said["serial"], MODEL: said["model"], PRODUCTION: said["production"]}
        marks[SEALS] = ",".join(said["seals"])
        if said["approval"]:
            marks[APPROVAL] = said["approval"]
    seen = store.statements(statement.VERIFICATION, subject=identity.dev)
    if seen:  # an office puts on its own
        marks[SEALS] = ",".join(seen[-1].fields["seals"])
    return Papers(marks, software)


def _labelled(step: Mapping[str, Any]) -> dict[str, str]:
    """What stands on the label that the works made, of what only the scale decides."""
    with suppress(KeyError, TypeError, ValueError):
        plate = Plate(**step["plate"])
        said = marks_of(plate, "")
        return {name: said[name] for name in (CLASS, RANGES, MIN)}
    return {}


def _flashed(steps: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The identification that was computed when it was flashed, by the version on its label."""
    with suppress(KeyError, TypeError, ValueError):
        version, digits = steps["label"]["plate"]["firmware"].split()
        whole = steps["flash"]["software"]
        if whole.startswith(digits):
            return {version: whole}
    return {}


def software_of(terminal: Terminal, identity: Identity, papers: Papers) -> str:
    """The identification that its software should have, in hex; "" where nobody here can say.

    Known from the flash, or computed now from the sources of this program: if they are of the
    terminal's version and it may be asked what runs them, which a sealed one tells the factory.
    """
    kept = papers.software.get(identity.firmware, "")
    if kept or identity.sealed or identity.firmware != image.firmware_version():
        return kept
    try:
        platform = base64.b64decode(updating.status(terminal)["platform"]).decode()
        return image.build(boards.load(identity.board)).software_id(platform).hex()
    except UserError as error:
        if error.exit_code == NO_DEVICE:
            raise
        return ""
    except (KeyError, ValueError):
        return ""
