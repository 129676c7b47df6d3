"""The type test of OIML R 76 as a procedure: a verdict for each clause.

Owns: which loads, in which order, and what may be wrong with them; how an error is found,
instrument.py says. Refuses: UserError, a terminal that gives no weight.
Units: loads, indications and errors in the terminal's unit, exact (Fraction); seconds; Celsius.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, TypeVar

from steelyard_wire import cose, record
from steelyard_wire.codes import MOTION, NOT_READY, ZERO_RANGE

from steelyard.errors import REFUSED, DeviceRefused, UserError
from steelyard.factory.loads import loads
from steelyard.factory.measurement import Scale
from steelyard.instrument import TENTH, Instrument, Row, Section
from steelyard.r76 import before_rounding, interval

PLACES = ("centre", "front left", "front right", "back left", "back right")
T = TypeVar("T")
CELSIUS = (20, 40, -10, 5, 20)  # A.5.3
_SOAK_S = 2 * 3600
_CREEP_S = 30 * 60
_WATCH_S = 5


def weighing_loads(instrument: Instrument, count: int) -> list[Fraction]:
    """The load list of A.4.4.1 for this scale."""
    return loads(
        Scale(
            instrument.accuracy,
            tuple(instrument.ranges),
            instrument.unit,
            instrument.least,
            instrument.tracking,
        ),
        count,
    )


def zeroing(instrument: Instrument) -> Iterator[Row]:
    """A.4.1, 4.5.2: preloaded once, zero is a quarter of e exact."""
    instrument.shown(instrument.near(instrument.most))
    yield instrument.zero()


def weighing(instrument: Instrument) -> Iterator[Row]:
    """A.4.4: ten loads up and down."""
    yield instrument.zero()
    tried = weighing_loads(instrument, 10)
    for way, series in (("up", tried), ("down", tried[-2::-1])):
        for load in series:
            yield instrument.measure(way, load)


def eccentricity(instrument: Instrument) -> Iterator[Row]:
    """A.4.7: a third of Max at five places; each counts by itself."""
    load = instrument.near(instrument.most / 3)
    for place in PLACES:
        yield instrument.zero()
        yield instrument.measure(place, load, place=place)


def repeatability(instrument: Instrument) -> Iterator[Row]:
    """A.4.10: two series of ten; the spread and each error are within the permissible error."""
    for part in (Fraction(1, 2), Fraction(1)):
        load = instrument.near(instrument.most * part)
        yield instrument.zero()
        found = []
        for time in range(1, 11):
            instrument.shown(Fraction(0))
            row = instrument.measure(f"{time}", load)
            found.append(row.error)
            yield row
        spread = max(found) - min(found)
        yield Row("spread", load, row.indication, None, spread, row.limit)


def discrimination(instrument: Instrument) -> Iterator[Row]:
    """A.4.8: where a tenth of d was the last that changed nothing, 1.4 d more change d."""
    for load in (instrument.least, instrument.most / 2, instrument.most):
        near = instrument.near(load)
        d = interval(instrument.ranges, near)
        first = instrument.shown(near + d)
        tenths = TENTH
        while instrument.shown(near + tenths * d / TENTH) >= first and tenths > -TENTH:
            tenths -= 1
        at = near + (tenths + 1) * d / TENTH
        before = instrument.shown(at)
        rise = instrument.shown(at + Fraction(14, 10) * d) - before
        yield Row("1.4 d", at, before, Fraction(14, 10) * d, min(rise - d, Fraction(0)), d / 100)


def tare(instrument: Instrument) -> Iterator[Row]:
    """A.4.6: two tares, a quarter of e exact, and five net loads with each."""
    for part in (Fraction(1, 10), Fraction(1, 3)):
        yield instrument.zero()
        container = instrument.near(instrument.most * part)
        instrument.shown(container)
        instrument.terminal.tare()
        first, added = instrument.changeover(container)
        off = before_rounding(first, instrument.e, added)
        yield Row(f"tare {float(container):g}", container, first, added, off, instrument.e / 4)
        rest = instrument.most - container
        for fifth in range(1, 6):
            net = instrument.near(rest * fifth / 5 - 5 * instrument.ranges[-1][1])
            yield instrument.measure("net", container + net, net)
        instrument.terminal.tare("CLEAR")


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


def stability(instrument: Instrument) -> Iterator[Row]:
    """A.4.12: disturbed five times, what is registered is within e of what shows for 5 s."""
    yield instrument.zero()
    load = instrument.near(instrument.most / 2)
    e = interval(instrument.ranges, load)

    def register() -> Fraction:
        envelope = instrument.terminal.register()[1]
        fields: dict[int, Any] = record.decode(cose.split(envelope).payload)
        mantissa, exp10, _ = fields[record.VAL]
        return Fraction(10) ** int(exp10) * int(mantissa)

    for time in range(1, 6):
        instrument.shown(load)
        instrument.hands.push(load)
        printed = _at_once(instrument, register)
        worst = Fraction(0)
        for _ in range(_WATCH_S * 4):
            instrument.hands.wait(0.25)
            reading = instrument.terminal.reading()
            if reading.value is not None:
                off = Fraction(reading.value) - printed
                worst = max(worst, off, key=abs)
        yield Row(f"{time} printed", load, printed, None, worst, e)
    terminal = instrument.terminal
    # A small load that leaves the zero within the indication when it is gone.
    container = instrument.near(instrument.most * Fraction(3, 10))
    for name, small in (("zero", 10 * instrument.e), ("tare", container)):
        for time in range(1, 6):
            instrument.hands.put(Fraction(0))
            _at_once(instrument, terminal.zero)
            instrument.shown(small)
            instrument.hands.push(small)
            _at_once(instrument, terminal.zero if name == "zero" else terminal.tare)
            first, added = instrument.changeover(small)
            off = before_rounding(first, instrument.e, added)
            yield Row(f"{time} {name}", small, first, added, off, instrument.e / 4)
            if name == "tare":
                terminal.tare("CLEAR")
    instrument.hands.put(Fraction(0))
    _at_once(instrument, terminal.zero)


def creep(instrument: Instrument) -> Iterator[Row]:
    """A.4.11: 0.5 e in half an hour, 0.2 e in its second half, and 0.5 e when it is gone."""
    yield instrument.zero()
    load = instrument.near(instrument.most)
    e = interval(instrument.ranges, load)
    found = []
    for minutes in (0, 15, 30):
        if minutes:
            instrument.hands.wait(_CREEP_S // 2)
        first, added = instrument.changeover(load)
        found.append(before_rounding(first, e, added))
        if minutes:
            off = found[-1] - found[0]
            yield Row(f"{minutes} min", load, first, added, off, e / 2)
    late = found[2] - found[1]
    yield Row("15 to 30 min", load, found[2], None, late, e / 5)
    first, added = instrument.changeover(Fraction(0))
    off = before_rounding(first, instrument.e, added) - instrument.at_zero
    yield Row("zero return", Fraction(0), first, added, off, instrument.e / 2)


def temperature(instrument: Instrument) -> Iterator[Row]:
    """A.5.3: errors at each temperature; zero moves by one e in 5 degrees at most (3.9.2)."""
    tried = weighing_loads(instrument, 5)
    yield instrument.zero()
    before: tuple[float, Fraction] | None = None
    for celsius in CELSIUS:
        instrument.hands.air(celsius)
        first, added = instrument.changeover(Fraction(0))
        at = before_rounding(first, instrument.e, added)
        if before is not None:
            limit = instrument.e * Fraction(abs(celsius - before[0])) / 5
            yield Row(f"zero at {celsius}", Fraction(0), first, added, at - before[1], limit)
        before = (celsius, at)
        # Zero is set before the loads: what it moved was judged by itself.
        yield instrument.zero()
        for load in tried:
            yield instrument.measure(f"at {celsius}", load)
        first, added = instrument.changeover(Fraction(0))
        before = (celsius, before_rounding(first, instrument.e, added))


SECTIONS: dict[str, tuple[str, Callable[[Instrument], Iterator[Row]]]] = {
    "zero": ("4.5.2, A.4.2", zeroing),
    "weighing": ("3.5.1, A.4.4", weighing),
    "eccentricity": ("3.6.2, A.4.7", eccentricity),
    "repeatability": ("3.6.1, A.4.10", repeatability),
    "discrimination": ("3.8.2, A.4.8", discrimination),
    "tare": ("4.6.3, 3.5.3.3, A.4.6", tare),
    "stability": ("4.4.2, A.4.12", stability),
    "creep": ("3.9.4, A.4.11", creep),
    "temperature": ("3.9.2, A.5.3", temperature),
}


def run(
    instrument: Instrument,
    names: list[str],
    on_row: Callable[[str, Row], None] = lambda name, row: None,
) -> list[Section]:
    """Each of these sections, in the order of SECTIONS; on_row: gets each row as it comes."""
    sections = []
    for name, (clause, procedure) in SECTIONS.items():
        if name not in names:
            continue
        section = Section(name, clause)
        instrument.terminal.tare("CLEAR")
        for row in procedure(instrument):
            section.rows.append(row)
            on_row(name, row)
        instrument.hands.put(Fraction(0))
        sections.append(section)
    return sections
