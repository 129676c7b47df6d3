"""Material in place of weights, made at the scale before a test that goes beyond the weights.

Owns: OIML R 76-1, 3.7.3 and A.4.4.5, as a phase: its steps are those of substitution.py, and what
material weighs is in its raw readings. Refuses: with UserError, material that does not come near.
Units: loads in the terminal's unit, exact (Fraction).

Weights lie on the scale and their weight before rounding is found; they are taken off, and a heap
of material takes their place until the scale says the same within a tenth of e. From then on the
heap is a body of known mass, as a weight is, for every phase that follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from steelyard.errors import USAGE, VERDICT, UserError
from steelyard.factory.instrument import Instrument
from steelyard.factory.loading import Loading
from steelyard.factory.measurement import text
from steelyard.factory.phases import Phase
from steelyard.factory.plan import Plan, Planned
from steelyard.factory.sheet import Sheet, Wanted
from steelyard.factory.substitution import CHANGEOVER, Substitution
from steelyard.factory.weighing_phases import Options, error_at, zero_first

NAME = "substitution"
CLAUSE = "3.7.3, A.4.4.5"
_PLACED = 3  # times, for the repeatability of 3.7.3
_TRIES = 8


def planned(plan: Plan, instrument: Instrument) -> Planned | None:
    """The phase that a plan needs before its first one, if the weights are short; UserError."""
    loading = instrument.loading
    if loading is None:
        return None
    way = loading.way(_highest(plan, instrument))
    if way is None:
        return None
    if any(one.name == NAME for one in plan.phases):
        raise UserError(USAGE, f"plan {plan.name}: a phase of your own is not called {NAME!r}")
    return Planned(NAME, _phase(way, loading), Options())


def _highest(plan: Plan, instrument: Instrument) -> Fraction:
    """The highest load that a plan measures and the scale has.

    What is only put on, as the preload of `zero` near Max, is not declared and does not count.
    """
    loads = (
        wanted.load
        for one in plan.phases
        for wanted in one.phase.declare(instrument, one.options)
        if wanted.load <= instrument.scale.most
    )
    return max(loads, default=Fraction(0))


def _phase(way: Substitution, loading: Loading) -> Phase:
    def declare(instrument: Instrument, options: Options) -> Iterator[Wanted]:
        yield from _wanted(way, instrument)

    def carry_out(instrument: Instrument, sheet: Sheet, options: Options) -> None:
        instrument.zero(sheet)
        if way.repeatability is not None:
            _place(way, instrument, sheet)
        for heap in range(1, way.times + 1):
            _fill(way, heap, loading, instrument, sheet)

    return Phase(CLAUSE, declare, carry_out)


def _wanted(way: Substitution, instrument: Instrument) -> Iterator[Wanted]:
    yield zero_first(instrument)
    portion = text(way.portion)
    if way.repeatability is not None:
        for time in range(1, _PLACED + 1):
            yield error_at(f"{time} at {portion}", way.portion)
        known = {"load": portion, "high": text(way.repeatability)}
        yield Wanted(f"spread at {portion}", "spread at most", known)
    for heap in range(1, way.times + 1):
        known = {"load": text(heap * way.portion)}
        yield Wanted(f"material {heap}", "in place of weights", known)


def mark(heap: int) -> str:
    """What the n-th heap is called."""
    return f"material-{heap}"


def _place(way: Substitution, instrument: Instrument, sheet: Sheet) -> None:
    """3.7.3: how well the scale repeats a load as large as what is replaced."""
    errors = []
    for time in range(1, _PLACED + 1):
        instrument.shown(Fraction(0))
        wanted = error_at(f"{time} at {text(way.portion)}", way.portion)
        errors.append(text(instrument.measure(sheet, wanted).value))
    sheet.enter(f"spread at {text(way.portion)}", errors=" ".join(errors))


def _fill(
    way: Substitution, heap: int, loading: Loading, instrument: Instrument, sheet: Sheet
) -> None:
    """One more heap in the place of the weights."""
    load, name = heap * way.portion, mark(heap)
    below = [mark(n) for n in range(1, heap)]
    weights = tuple(piece.mark for piece in way.weights)
    first = instrument.read_of(load, (*below, *weights))
    before = instrument.before_rounding(first)
    there = (*below, name)
    more = Fraction(0)
    for _ in range(_TRIES):
        instrument.hands.fill(load, there, more)
        found = instrument.read_of(load, there)
        more = before - instrument.before_rounding(found)
        if abs(more) <= CHANGEOVER * instrument.scale.interval(load):
            break
    told = {key: found[key] for key in ("indication", "added", "fine") if key in found}
    judged = sheet.enter(
        f"material {heap}", before=text(before), pieces=" ".join((*below, *weights)), **told
    )
    if not judged.passed:
        raise UserError(
            VERDICT,
            f"{name} is {text(judged.value)} {instrument.scale.unit} off what it replaces, and"
            f" a tenth of e is allowed: take material that can be added in small portions, and"
            " begin again",
        )
    loading.add(name, way.weights, judged.value, load)
