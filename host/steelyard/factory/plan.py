"""A test plan: which phases, in which order, with which loads and limits; a file of TOML.

Owns: its form (docs/factory.md). Refuses: with UserError, a plan that says what nothing reads, or
what no scale has; the sentence names the file and the place.
Units: loads with their unit as text ("5 kg"), shares of Max as numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from steelyard.calibration import parse_weight
from steelyard.errors import USAGE, UserError
from steelyard.factory.inspection_phases import LOOKS, PAPERS, SEEN
from steelyard.factory.instrument import METHODS
from steelyard.factory.measurement import exact
from steelyard.factory.papers import Papers
from steelyard.factory.phases import PHASES, Phase, own_phase
from steelyard.factory.sheet import Wanted
from steelyard.factory.toml_reading import Wrong, count, known, one_of, read_toml, texts, yes_or_no
from steelyard.factory.weighing_phases import PLACES, Options

WIFI = "Wi-Fi"
RUNS_II = "runs_class_II"  # where a scale of class II or finer needs more
INSPECTION = "inspection"
FOLDER = Path(__file__).parent / "plans"
_PLAN = {"name", "title", "version", "method", "after_failure"}
_PHASE = {"name", "python", "clause", "loads", "runs", "at", "down", "places", "limits"}
_PHASE |= {RUNS_II, "measurements", "ssid", "key_variable", LOOKS}
_BOUNDS = {"low", "high", "guard_low", "guard_high"}
_AFTER = ("go on", "stop")


@dataclass(frozen=True)
class Planned:
    """A phase with what the plan says of it."""

    name: str
    phase: Phase
    options: Options


@dataclass(frozen=True)
class Plan:
    """A plan that was read. digest: SHA-256 of its file, 16 digits. unit: of its loads, or ""."""

    name: str
    title: str
    version: str
    digest: str
    method: str
    stops: bool
    phases: tuple[Planned, ...]
    unit: str

    def only(self, names: list[str]) -> Plan:
        """The same with some of its phases alone; UserError."""
        have = [one.name for one in self.phases]
        for name in names:
            if name not in have:
                raise UserError(
                    USAGE, f"plan {self.name} has no phase {name!r}; it has {', '.join(have)}"
                )
        return replace(
            self, phases=tuple(one for one in self.phases if not names or one.name in names)
        )

    def on_network(self, ssid: str) -> Plan:
        """The same with the network of a bench for its phases that name none."""
        phases = [
            replace(one, options=replace(one.options, more={"ssid": ssid, **one.options.more}))
            if ssid and one.name == WIFI
            else one
            for one in self.phases
        ]
        return replace(self, phases=tuple(phases))

    def by_papers(self, papers: Papers) -> Plan:
        """The same with what is known of the terminal for the phase that compares it."""
        phases = [
            replace(one, options=replace(one.options, more={**one.options.more, PAPERS: papers}))
            if one.name == INSPECTION
            else one
            for one in self.phases
        ]
        return replace(self, phases=tuple(phases))

    def needs_eyes(self) -> bool:
        """Whether a phase of it has something that only a person sees."""
        return any(
            one.name == INSPECTION and one.options.more.get(LOOKS, SEEN) for one in self.phases
        )

    def lacks_network(self) -> bool:
        """Whether a phase of it is to join a network, and none is named."""
        return any(one.name == WIFI and "ssid" not in one.options.more for one in self.phases)

    def by(self, method: str) -> Plan:
        """The same with errors found by another method, if one is named."""
        return replace(self, method=method) if method else self


def built_in() -> list[str]:
    """Names of the plans that come with the program."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def load(named: str) -> Plan:
    """The plan of this name, or in this file; UserError."""
    path = FOLDER / f"{named}.toml" if named in built_in() else Path(named)
    try:
        raw = path.read_bytes()
    except (OSError, ValueError) as error:  # a name with a NUL in it is none
        why = error.strerror if isinstance(error, OSError) else error
        raise UserError(
            USAGE,
            f"there is no plan {named!r} ({why}). There are"
            f" {', '.join(built_in())}; or name a file of your own",
        ) from None
    return parse(named if path.parent == FOLDER else path.name, raw, path.parent)


def parse(named: str, raw: bytes, folder: Path) -> Plan:
    """The plan in the bytes of a file; UserError. folder: where its Python files are."""
    data = read_toml(named, raw)
    try:
        return _Reader(folder).plan(data, hashlib.sha256(raw).hexdigest()[:16])
    except Wrong as wrong:
        raise UserError(USAGE, f"{named}: {wrong}") from None


class _Reader:
    """Reads one plan; knows the unit that its loads have in common."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._unit = ""

    def plan(self, data: Mapping[str, Any], digest: str) -> Plan:
        known("the file", data, {"plan", "phase"})
        head = known("plan", data.get("plan"), _PLAN)
        name = head.get("name")
        if not isinstance(name, str) or not name:
            raise Wrong("plan has no name")
        method = one_of("method", head.get("method", METHODS[0]), METHODS)
        after = one_of("after_failure", head.get("after_failure", _AFTER[0]), _AFTER)
        rows = data.get("phase")
        if not isinstance(rows, list) or not rows:
            raise Wrong("it has no [[phase]]")
        phases = tuple(self._phase(number, row) for number, row in enumerate(rows, 1))
        names = [one.name for one in phases]
        twice = sorted({one for one in names if names.count(one) > 1})
        if twice:
            raise Wrong(f"two phases are called {', '.join(twice)}")
        return Plan(
            name=name,
            title=str(head.get("title", name)),
            version=str(head.get("version", "1")),
            digest=digest,
            method=method,
            stops=after == "stop",
            phases=phases,
            unit=self._unit,
        )

    def _phase(self, number: int, row: Any) -> Planned:
        where = f"phase {number}"
        said = known(where, row, _PHASE)
        name = said.get("name")
        if not isinstance(name, str) or not name:
            raise Wrong(f"{where} has no name")
        where = f"phase {name}"
        if "python" in said:
            wanted = _wanted(where, said.get("measurements"))
            clause = str(said.get("clause", ""))
            phase = own_phase(self._folder, str(said["python"]), clause, wanted)
        elif name in PHASES:
            phase = PHASES[name]
            if "measurements" in said:
                raise Wrong(f"{where}: measurements are declared for a phase of your own alone")
        else:
            raise Wrong(
                f"there is no phase {name!r}; there are {', '.join(PHASES)}. One of your own"
                ' says python = "FILE.py:FUNCTION"'
            )
        return Planned(name, phase, self._options(where, said, phase))

    def _options(self, where: str, said: Mapping[str, Any], phase: Phase) -> Options:
        more: dict[str, Any] = {
            name: str(said[name]) for name in ("ssid", "key_variable") if name in said
        }
        if LOOKS in said:
            more[LOOKS] = tuple(
                one_of(f"{where}: each of looks", one, SEEN)
                for one in texts(f"{where}: looks", said[LOOKS])
            )
        limits = said.get("limits", {})
        if not isinstance(limits, dict):
            raise Wrong(f"{where}: limits is a table of measurements")
        for name, bounds in limits.items():
            more[name] = _bounds(f"{where}, limits of {name}", bounds)
        places = said.get("places", list(PLACES))
        if not isinstance(places, list) or not set(map(str, places)) <= set(PLACES) or not places:
            raise Wrong(f"{where}: places are some of {', '.join(PLACES)}")
        return Options(
            loads=self._loads(where, said.get("loads", phase.loads)),
            runs=self._runs(where, said.get("runs", phase.runs), phase),
            runs_ii=self._runs(where, said.get(RUNS_II, 0), phase) if RUNS_II in said else 0,
            at=_shares(where, said.get("at", [])),
            down=yes_or_no(f"{where}: down", said.get("down", True)),
            places=tuple(dict.fromkeys(map(str, places))),
            more=more,
        )

    def _runs(self, where: str, said: Any, phase: Phase) -> int:
        runs = count(f"{where}: runs", said, 1, 100)
        if runs < phase.fewest:
            raise Wrong(
                f"{where}: runs is {phase.fewest} at least (R 76-1, A.4.10, has 3 for classes III"
                f" and IIII, 6 for I and II, 10 for a type): {runs} has no spread"
            )
        return runs

    def _loads(self, where: str, said: Any) -> int | tuple[Fraction, ...]:
        if not isinstance(said, list):
            return count(f"{where}: loads", said, 3, 50)
        found = set()
        for text in said:
            try:
                number, unit = parse_weight(str(text))
            except UserError:
                raise Wrong(f'{where}: {text!r} is no load; loads = ["1 kg", "5 kg"]') from None
            if self._unit and unit != self._unit:
                raise Wrong(f"{where}: loads in {unit} and in {self._unit}")
            self._unit = unit
            found.add(Fraction(number))
        if len(found) < 2 or len(found) < len(said) or min(found) <= 0:
            raise Wrong(f"{where}: two loads at least, each once, none of them 0")
        return tuple(sorted(found))


def _shares(where: str, said: Any) -> tuple[Fraction, ...]:
    numbers = isinstance(said, list) and all(type(one) in (int, float) for one in said)
    if not numbers or not all(0 < one <= 1 for one in said) or len(set(said)) < len(said):
        raise Wrong(f"{where}: at is a list of shares of Max, [0.5, 1]")
    return tuple(Fraction(str(one)) for one in said)


def _bounds(where: str, said: Any) -> dict[str, str]:
    table = known(where, said, _BOUNDS | {"unit", "name", "should"})
    found = {name: str(value) for name, value in table.items() if name not in ("name",)}
    for name in sorted(_BOUNDS & set(found)):
        try:
            exact(found[name], name)
        except (ValueError, ArithmeticError):
            raise Wrong(f"{where}: {name} = {found[name]!r} is no number") from None
    for low, high in (("low", "high"), ("guard_low", "guard_high")):
        if {low, high} <= set(found) and exact(found[low], low) > exact(found[high], high):
            raise Wrong(f"{where}: {low} is above {high}")
    return found


def _wanted(where: str, said: Any) -> tuple[Wanted, ...]:
    """Declared measurements: numbers with a bound, or texts that `should` be something."""
    if not isinstance(said, list) or not said:
        raise Wrong(
            f"{where} declares no measurements: measurements = [{{ name = ..., unit = ..., low ="
            " ..., high = ... }]"
        )
    found: list[Wanted] = []
    for number, row in enumerate(said, 1):
        name = row.get("name") if isinstance(row, dict) else None
        if not isinstance(name, str) or not name:
            raise Wrong(f"{where}: measurement {number} has no name")
        if name in [one.name for one in found]:
            raise Wrong(f"{where}: two measurements are called {name}")
        known = _bounds(f"{where}, measurement {name}", row)
        bounds = {"low", "high"} & set(known)
        if ("should" in known) == bool(bounds):
            raise Wrong(
                f"{where}: measurement {name} has a low or a high, or says what it should be:"
                " without one nothing could fail"
            )
        found.append(Wanted(name, "same" if "should" in known else "number", known))
    return tuple(found)
