"""The tests of OIML R 76 that need patience, or a climatic chamber: creep, temperature, warm-up.

Owns: how long, how warm, and what is compared with what. On a virtual terminal time is passed, and
a body has the temperature of the air at once; two hours of soaking change nothing else in it.
Refuses: UserError, a terminal that gives no weight.
Units: loads and errors in the terminal's unit, exact (Fraction); minutes; Celsius.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from steelyard.factory.instrument import Instrument
from steelyard.factory.measurement import text
from steelyard.factory.sheet import Sheet, Wanted
from steelyard.factory.weighing_phases import Options, loads_of, zero_first

CELSIUS = (20, 40, -10, 5, 20)  # A.5.3
_CREEP_MIN = (0, 15, 30)
_WARM_UP_MIN = (0, 5, 15, 30)  # A.5.2
_START_S = 10.0  # of a board


# --- creep ---------------------------------------------------------------------------------------


def creep_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Half an hour loaded, and what is left of it."""
    load = text(instrument.near(instrument.scale.most))
    yield zero_first(instrument, "zero")
    yield Wanted("0 min", "creep", {"load": load, "minutes": "0"})
    for minutes in _CREEP_MIN[1:]:
        yield Wanted(f"{minutes} min", "creep", {"load": load, "minutes": str(minutes)})
    yield Wanted("15 to 30 min", "creep late", {"load": load})
    yield Wanted("zero return", "zero return", {"load": "0"})


def creep(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.4.11: 0.5 e in half an hour, 0.2 e in its second half, and 0.5 e when it is gone."""
    instrument.zero(sheet)
    load = instrument.near(instrument.scale.most)
    found: dict[str, str] = {}
    first = middle = Fraction(0)
    for number, minutes in enumerate(_CREEP_MIN):
        if minutes:
            instrument.hands.wait(60 * (minutes - _CREEP_MIN[number - 1]))
        found = instrument.read(load)
        at = instrument.before_rounding(found)
        first = first if minutes else at
        sheet.enter(f"{minutes} min", **found, before=text(first))
        if minutes == _CREEP_MIN[1]:
            middle = at
    sheet.enter("15 to 30 min", **found, before=text(middle))
    found = instrument.read(Fraction(0))
    sheet.enter("zero return", **found, before=text(instrument.at_zero))


# --- temperature ---------------------------------------------------------------------------------


def temperature_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Zero and loads at each temperature."""
    loads = loads_of(instrument, options)
    before = None
    for number, celsius in enumerate(CELSIUS, 1):
        at = {"celsius": str(celsius)}
        if before is not None:
            moved = {"load": "0", "kelvin": str(celsius - before), **at}
            yield Wanted(f"{number}: zero at {celsius}", "zero by temperature", moved)
        yield zero_first(instrument, f"{number}: zero set at {celsius}")
        for load in loads:
            name = f"{number}: {text(load)} at {celsius}"
            yield Wanted(name, "error", {"load": text(load), **at})
        before = celsius


def temperature(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.5.3: errors at each temperature; zero moves by one e in 5 degrees at most (3.9.2)."""
    before: Fraction | None = None
    loads = loads_of(instrument, options)
    for number, celsius in enumerate(CELSIUS, 1):
        instrument.hands.air(celsius)
        found = instrument.read(Fraction(0))
        if before is not None:
            sheet.enter(f"{number}: zero at {celsius}", **found, before=text(before))
        # Zero is set before the loads: what it moved was judged by itself.
        instrument.zero(sheet, f"{number}: zero set at {celsius}")
        for load in loads:
            found = instrument.read(load)
            name = f"{number}: {text(load)} at {celsius}"
            sheet.enter(name, **found, at_zero=text(instrument.at_zero))
        before = instrument.before_rounding(instrument.read(Fraction(0)))


# --- warm-up -------------------------------------------------------------------------------------


def warm_up_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Zero and a load after the start, and later."""
    load = text(instrument.near(instrument.scale.most))
    for minutes in _WARM_UP_MIN:
        at = {"minutes": str(minutes)}
        yield Wanted(f"zero at {minutes} min", "error", {"load": "0", **at})
        yield Wanted(f"load at {minutes} min", "error", {"load": load, **at})


def warm_up(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.5.2: switched off before and started now; no weight is shown until it is the right one.

    Zero is set once, when the first weight shows, and never again.
    """
    instrument.hands.put(Fraction(0))
    instrument.hands.passing(_START_S, instrument.terminal.reset)
    instrument.indication()
    instrument.terminal.zero()
    load = instrument.near(instrument.scale.most)
    passed = 0
    for minutes in _WARM_UP_MIN:
        if minutes > passed:
            instrument.hands.wait(60 * (minutes - passed))
            passed = minutes
        found = instrument.read(Fraction(0))
        off = text(instrument.before_rounding(found))
        sheet.enter(f"zero at {minutes} min", **found, at_zero="0")
        found = instrument.read(load)
        sheet.enter(f"load at {minutes} min", **found, at_zero=off)
