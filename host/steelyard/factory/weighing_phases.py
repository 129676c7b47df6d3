"""The tests of OIML R 76 that need loads and no patience, as phases.

Owns: which loads, in which order, what may be wrong with them; how an error is found instrument.py
says. Refuses: UserError, a terminal that gives no weight.
Units: loads, indications and errors in the terminal's unit, exact (Fraction); seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeVar

from steelyard_wire import cose, record
from steelyard_wire.codes import MOTION, NOT_READY, ZERO_RANGE

from steelyard.errors import REFUSED, DeviceRefused, UserError
from steelyard.factory.instrument import TENTH, Instrument
from steelyard.factory.loads import beside
from steelyard.factory.loads import loads as load_list
from steelyard.factory.measurement import Scale, text
from steelyard.factory.sheet import Sheet, Wanted

PLACES = ("centre", "front left", "front right", "back left", "back right")
T = TypeVar("T")
_WATCH_S = 5
_CLASS_II = 2


@dataclass(frozen=True)
class Options:
    """What a plan may say of a phase. loads: how many or which; runs: of each series.

    runs_ii: of a scale of class II, 0: as of others. at: shares of Max. down: the loads on the way
    back too.
    """

    loads: int | tuple[Fraction, ...] = 10
    runs: int = 10
    runs_ii: int = 0
    at: tuple[Fraction, ...] = ()
    down: bool = True
    places: tuple[str, ...] = PLACES
    more: dict[str, Any] = field(default_factory=dict)


def runs_of(scale: Scale, options: Options) -> int:
    """How often a load is weighed; of class II a plan may say another number (A.4.10: 3 and 6)."""
    return options.runs_ii if options.runs_ii and scale.accuracy <= _CLASS_II else options.runs


def loads_of(instrument: Instrument, options: Options) -> list[Fraction]:
    """The loads that the plan names, or as many as it wants."""
    if isinstance(options.loads, int):
        return load_list(instrument.scale, options.loads)
    return sorted(options.loads)


def zero_first(instrument: Instrument, name: str = "zero") -> Wanted:
    """The error at zero, with 10 e where zero-tracking would take it away."""
    load = 10 * instrument.e if instrument.scale.tracking else Fraction(0)
    return Wanted(name, "zero", {"load": text(load)})


def error_at(name: str, load: Fraction, **more: str) -> Wanted:
    """The error of a load."""
    return Wanted(name, "error", {"load": text(load), **more})


# --- zero, loads, corners ------------------------------------------------------------------------


def zero_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """E0 after a preload."""
    yield zero_first(instrument)


def zero(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.4.1, 4.5.2: preloaded once, zero is a quarter of e exact."""
    instrument.shown(instrument.near(instrument.scale.most))
    instrument.zero(sheet)


def weighing_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Zero, the loads up, and down again."""
    yield zero_first(instrument)
    loads = loads_of(instrument, options)
    for way, series in (("up", loads), ("down", loads[-2::-1] if options.down else ())):
        for load in series:
            yield error_at(f"{way} {text(load)}", load, way=way)


def weighing(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.4.4: the loads up and down."""
    instrument.zero(sheet)
    for one in sheet.wanted[1:]:
        instrument.measure(sheet, one)


def eccentricity_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """A third of Max at each place, with a zero before it."""
    load = instrument.near(instrument.scale.most / 3)
    for place in options.places:
        yield zero_first(instrument, f"zero before {place}")
        yield error_at(place, load, place=place)


def eccentricity(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.4.7: each place counts by itself."""
    for before, one in zip(sheet.wanted[::2], sheet.wanted[1::2], strict=True):
        instrument.zero(sheet, before.name)
        instrument.measure(sheet, one)


def repeatability_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Series of the same load; the spread and each error are within the permissible error."""
    runs = runs_of(instrument.scale, options)
    for part in options.at or (Fraction(1, 2), Fraction(1)):
        load = instrument.near(instrument.scale.most * part)
        yield zero_first(instrument, f"zero before {text(load)}")
        for run in range(1, runs + 1):
            yield error_at(f"{run} at {text(load)}", load)
        yield Wanted(f"spread at {text(load)}", "spread", {"load": text(load)})


def repeatability(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.4.10."""
    errors: list[str] = []
    for one in sheet.wanted:
        if one.rule == "zero":
            instrument.zero(sheet, one.name)
            errors = []
        elif one.rule == "spread":
            sheet.enter(one.name, errors=" ".join(errors))
        else:
            instrument.shown(Fraction(0))
            errors.append(text(instrument.measure(sheet, one).value))


def discrimination_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """1.4 d more at three loads."""
    for load in _three(instrument):
        d = instrument.scale.interval(load)
        yield Wanted(f"1.4 d at {text(load)}", "rise", {"load": text(load), "d": text(d)})


def _three(instrument: Instrument) -> list[Fraction]:
    scale = instrument.scale
    return [instrument.near(load) for load in (scale.least, scale.most / 2, scale.most)]


def discrimination(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.4.8: where a tenth of d was the last that changed nothing, 1.4 d more change d."""
    for near, one in zip(_three(instrument), sheet.wanted, strict=True):
        d = instrument.scale.interval(near)
        first = instrument.beside(near, d)
        tenths = TENTH
        while instrument.beside(near, tenths * d / TENTH) >= first and tenths > -TENTH:
            tenths -= 1
        added = (tenths + 1) * d / TENTH
        before = instrument.beside(near, added)
        after = instrument.beside(near, added + Fraction(14, 10) * d)
        pieces = " ".join(instrument.pieces(near))
        more = {"pieces": pieces} if pieces else {}
        sheet.enter(one.name, at=near + added, before=before, after=after, **more)


# --- tare ----------------------------------------------------------------------------------------


def _containers(instrument: Instrument, options: Options) -> list[tuple[Fraction, list[Fraction]]]:
    """Two tares with their net loads."""
    count = options.loads if isinstance(options.loads, int) else len(options.loads)
    parts = options.at or (Fraction(1, 10), Fraction(1, 3))
    tares = [instrument.near(instrument.scale.most * part) for part in parts]
    return [(one, load_list(beside(instrument.scale, one), count)) for one in tares]


def _nothing(found: dict[str, str], on: Fraction) -> dict[str, str]:
    """Readings of a load that was set to zero or tared: it should show nothing. on: what it is."""
    less = {key: value for key, value in found.items() if key != "nominal"}
    return {**less, "load": "0", "on": text(on)}


def tare_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Two tares, a quarter of e exact, and net loads with each."""
    for container, nets in _containers(instrument, options):
        name = text(container)
        yield zero_first(instrument, f"zero before {name}")
        yield Wanted(f"tare {name}", "tare", {"load": name})
        for net in nets:
            yield error_at(f"net {text(net)} with {name}", net, tare=name)


def tare(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.4.6: the tare is a quarter of e exact, and so much less weight has its own error."""
    for container, nets in _containers(instrument, options):
        name = text(container)
        instrument.zero(sheet, f"zero before {name}")
        instrument.shown(container)
        instrument.terminal.tare()
        found = instrument.read(container, net=True)
        # After the tare nothing is shown where the container lies.
        under = Fraction(found["load"])
        sheet.enter(f"tare {name}", **_nothing(found, container))
        for net in nets:
            found = instrument.read(container + net, net=True)
            weighs = text(Fraction(found["load"]) - under)
            found.pop("nominal", None)  # that of both together
            if Fraction(weighs) != net:
                found["nominal"] = text(net)
            sheet.enter(
                f"net {text(net)} with {name}",
                **{**found, "load": weighs, "on": text(container + net)},
                at_zero=text(instrument.at_zero),
            )
        instrument.terminal.tare("CLEAR")


# --- stability -----------------------------------------------------------------------------------


def _at_once(instrument: Instrument, action: Callable[[], T]) -> T:
    """What the command gives that is repeated until it is not refused for motion."""
    for _ in range(400):
        try:
            return action()
        except DeviceRefused as refused:
            if refused.code not in (MOTION, NOT_READY, ZERO_RANGE):
                raise
            instrument.hands.wait(0.05)
    raise UserError(REFUSED, "the load does not come to rest within 20 s")


def _times(options: Options) -> Sequence[int]:
    return range(1, options.runs + 1)


def stability_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """Disturbed and registered at once, and zero and tare likewise."""
    half = instrument.near(instrument.scale.most / 2)
    yield zero_first(instrument)
    for run in _times(options):
        yield Wanted(f"{run} printed", "printed", {"load": text(half)})
    for name, small in _small(instrument):
        for run in _times(options):
            yield Wanted(f"{run} {name}", "tare", {"load": text(small)})


def _small(instrument: Instrument) -> tuple[tuple[str, Fraction], ...]:
    # A small load that leaves the zero within the indication when it is gone.
    container = instrument.near(instrument.scale.most * Fraction(3, 10))
    return (("zero", 10 * instrument.e), ("tare", container))


def _registered(instrument: Instrument) -> Fraction:
    envelope = instrument.register()[1]
    fields: dict[int, Any] = record.decode(cose.split(envelope).payload)
    mantissa, exp10, _ = fields[record.VAL]
    return Fraction(10) ** int(exp10) * int(mantissa)


def stability(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """A.4.12: what is registered is within e of what shows for 5 s; zero and tare 0.25 e."""
    instrument.zero(sheet)
    load = instrument.near(instrument.scale.most / 2)
    for run in _times(options):
        instrument.shown(load)
        instrument.hands.push(load)
        printed = _at_once(instrument, lambda: _registered(instrument))
        worst = printed
        for _ in range(_WATCH_S * 4):
            instrument.hands.wait(0.25)
            reading = instrument.terminal.reading()
            if reading.value is not None:
                worst = max(worst, Fraction(reading.value), key=lambda shown: abs(shown - printed))
        sheet.enter(f"{run} printed", printed=printed, shown=worst)
    terminal = instrument.terminal
    for name, small in _small(instrument):
        for run in _times(options):
            instrument.hands.put(Fraction(0))
            _at_once(instrument, terminal.zero)
            instrument.shown(small)
            instrument.hands.push(small)
            _at_once(instrument, terminal.zero if name == "zero" else terminal.tare)
            found = instrument.read(small, method="changeover")
            sheet.enter(f"{run} {name}", **_nothing(found, small))
            if name == "tare":
                terminal.tare("CLEAR")
    instrument.hands.put(Fraction(0))
    _at_once(instrument, terminal.zero)
