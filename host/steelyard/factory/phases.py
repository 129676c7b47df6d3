"""The phases that a plan can name, and a user's own.

Owns: the list of them, with the clause that asks for each.
Refuses: with UserError, a phase that there is not, a file of Python that cannot be loaded.
Units: as measurement.py.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.errors import USAGE, UserError
from steelyard.factory import inspection_phases as inspecting
from steelyard.factory import production_phases as production
from steelyard.factory import slow_phases as slow
from steelyard.factory import weighing_phases as weighing
from steelyard.factory.instrument import Instrument
from steelyard.factory.sheet import Sheet, Wanted
from steelyard.factory.weighing_phases import Options

Declare = Callable[[Instrument, Options], Iterable[Wanted]]
CarryOut = Callable[[Instrument, Sheet, Options], None]
Enter = Callable[[str, object], None]


@dataclass(frozen=True)
class Phase:
    """One phase. weighs: whether errors are found in it, by the plan's method.

    always: it is by this method, whatever the plan says. loads, runs: what is usual; fewest: runs.
    """

    clause: str
    declare: Declare
    carry_out: CarryOut
    weighs: bool = True
    always: str = ""
    loads: int = 10
    runs: int = 10
    fewest: int = 1

    def method(self, of_plan: str) -> str:
        """How errors are found in it."""
        return (self.always or of_plan) if self.weighs else ""


def _quiet(clause: str, declare: Declare, carry_out: CarryOut) -> Phase:
    return Phase(clause, declare, carry_out, weighs=False)


PHASES: Mapping[str, Phase] = {
    "inspection": _quiet("8.3.2", inspecting.inspection_wanted, inspecting.inspection),
    "zero": Phase("4.5.2, A.4.2", weighing.zero_wanted, weighing.zero),
    "weighing": Phase("3.5.1, A.4.4", weighing.weighing_wanted, weighing.weighing),
    "eccentricity": Phase("3.6.2, A.4.7", weighing.eccentricity_wanted, weighing.eccentricity),
    # One weighing has no spread: it would be 0, and within every limit.
    "repeatability": Phase(
        "3.6.1, A.4.10", weighing.repeatability_wanted, weighing.repeatability, fewest=2
    ),
    "discrimination": Phase(
        "3.8.2, A.4.8", weighing.discrimination_wanted, weighing.discrimination, weighs=False
    ),
    "tare": Phase("4.6.3, 3.5.3.3, A.4.6", weighing.tare_wanted, weighing.tare, loads=5),
    "stability": Phase(
        "4.4.2, A.4.12",
        weighing.stability_wanted,
        weighing.stability,
        always="changeover",
        runs=5,
    ),
    "creep": Phase("3.9.4, A.4.11", slow.creep_wanted, slow.creep),
    "temperature": Phase("3.9.2, A.5.3", slow.temperature_wanted, slow.temperature, loads=5),
    "warm-up": Phase("5.3.5, A.5.2", slow.warm_up_wanted, slow.warm_up),
    "overload": _quiet("4.2.3", production.overload_wanted, production.overload),
    "zero return": Phase("3.9.4.2", production.zero_return_wanted, production.zero_return),
    "communication": _quiet("", production.communication_wanted, production.communication),
    "noise": _quiet("3.5.3.2", production.noise_wanted, production.noise),
    "rate": _quiet("", production.rate_wanted, production.rate),
    "self-test": _quiet("5.2", production.self_test_wanted, production.self_test),
    "signature": _quiet("5.5.3", production.signature_wanted, production.sign),
    "journal": _quiet("5.5.3", production.journal_wanted, production.journal),
    "flash wear": _quiet("", production.wear_wanted, production.wear),
    "Wi-Fi": _quiet("", production.radio_wanted, production.radio),
}


def own_phase(folder: Path, named: str, clause: str, wanted: tuple[Wanted, ...]) -> Phase:
    """A user's own: `FILE.py:FUNCTION`, called as function(dut, enter); UserError.

    dut: the Instrument (dut.terminal, dut.hands, dut.scale, dut.shown(load)). enter(name, value):
    for each measurement that the plan declares, once.
    """
    file, colon, name = named.partition(":")
    path = folder / file
    try:
        spec = importlib.util.spec_from_file_location(f"steelyard_own_{path.stem}", path)
        if not colon or spec is None or spec.loader is None:
            raise ValueError("it is not FILE.py:FUNCTION")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        function: Callable[[Instrument, Enter], Any] = getattr(module, name)
        if not callable(function):
            raise TypeError(f"{name} is no function")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a user's file does
        raise UserError(
            USAGE,
            f"the phase {named!r} cannot be loaded from {path} ({type(error).__name__}: {error})."
            " A phase of your own is FILE.py:FUNCTION beside the plan",
        ) from None

    def declare(instrument: Instrument, options: Options) -> Iterator[Wanted]:
        yield from wanted

    def carry_out(instrument: Instrument, sheet: Sheet, options: Options) -> None:
        rules = {one.name: one.rule for one in wanted}

        def enter(what: str, value: object) -> None:
            sheet.enter(what, **{"is" if rules.get(what) == "same" else "value": str(value)})

        function(instrument, enter)

    return Phase(clause, declare, carry_out, weighs=False)
