"""Before any weight: what the scale says that it is, what it should be, what only a person sees.

Owns: step 0 of an initial verification (OIML R 76-1, 8.3.2; metrology.md, 4.1): descriptive
markings, seal, software identification, level. What the terminal can be asked is compared; what
nobody here knows must at least be there; what only eyes see is asked for in one question, and
where nobody can look it has no verdict.
Refuses: nothing: what is wrong is in the record.
Units: e of the first range; marks as on the plate (plate.py).

A seal belongs to the end of a first verification, so a terminal that was never verified may be
open; one that was verified before must be sealed before it is tried again. In the works plate and
seal are steps of their own, after the test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from steelyard_wire.units import NANOGRAMS

from steelyard.factory import papers as known
from steelyard.factory.instrument import Instrument
from steelyard.factory.measurement import OR, RIGHT, Scale, text
from steelyard.factory.papers import SEALS, Papers, marks_of, software_of
from steelyard.factory.sheet import Sheet, Wanted
from steelyard.factory.weighing_phases import Options
from steelyard.plate import Plate, plate_of

PAPERS, LOOKS = "papers", "looks"  # of Options.more
PLATE, CASE, LEVEL = "plate", "seals", "level"
SEEN = (PLATE, CASE, LEVEL)  # what a plan may name
_SEALED, _OPEN = "sealed", "not sealed"
_LOCKED, _NOT_LOCKED = "locked: its case was opened", "not locked"
# Of the statement of a verification before. What was verified may have changed since, which is why
# it is verified anew; it is not another terminal's, and the clock can tell whether it is over.
_NEVER = "NONE"
_HOLDS, _OVER, _NEVER_YET = "holds", "holds no longer", "none"
_BEFORE = {
    _NEVER: _NEVER_YET,
    "VALID": _HOLDS,
    "DEVICE": "of another terminal",
    "EARLY": "the clock is wrong",
    "NO_TIME": "the clock is wrong",
}
# Which marks the scale itself decides: nobody has to be told that they are there.
_OF_SCALE = (known.CLASS, known.RANGES, known.MIN)
# R 76-1, Table 3, by class: e up to so many g, fewest and most intervals, the lowest Min in e.
# Written here again, beside the terminal's own: what is compared with itself is not inspected.
_Row = tuple[Fraction | None, int, int, int]
_TABLE_3: Mapping[int, tuple[_Row, ...]] = {
    2: ((Fraction(5, 100), 100, 100_000, 20), (None, 5000, 100_000, 50)),
    3: ((Fraction(2), 100, 10_000, 20), (None, 500, 10_000, 20)),
    4: ((None, 100, 1000, 10),),
}
_SOFTWARE, _SOFTWARE_SEEN = "software identification", "software identification, by the approval"
_LOOKED = {PLATE: "marks on the scale", CASE: "seals on the case", LEVEL: "level"}


def _plate(instrument: Instrument, found: Mapping[str, str]) -> Plate:
    return plate_of(instrument.terminal.identify(), instrument.terminal.config(), found)


def _papers(options: Options) -> Papers:
    found = options.more.get(PAPERS, Papers())
    return found if isinstance(found, Papers) else Papers()


def _seal_should(found: Mapping[str, str], papers: Papers) -> str:
    if papers.sealed_after:
        return _OPEN
    return f"{_OPEN}{OR}{_SEALED}" if found["verification"] == _NEVER else _SEALED


def inspection_wanted(instrument: Instrument, options: Options) -> Iterator[Wanted]:
    """What there must be, and what it must be where that is known."""
    found = instrument.terminal.seals()
    papers = _papers(options)
    plate = _plate(instrument, found)
    for name in marks_of(plate, found["seals"]):
        # The seals of a repair are the repairer's: a statement of before does not know them.
        repaired = name == SEALS and found["repair"] != known.NONE
        if name in papers.marks and not repaired:
            yield Wanted(name, "same", {"should": papers.marks[name]})
        elif name not in _OF_SCALE:
            yield Wanted(name, "given", {"should": "given"})
    yield from _scale_wanted(instrument.scale)
    yield Wanted("seal", "among", {"should": _seal_should(found, papers)})
    yield Wanted("lock", "same", {"should": _NOT_LOCKED})
    if found["latch"] != known.NONE:  # it has a switch at its lid
        yield Wanted("case", "same", {"should": "closed"})
    yield Wanted("verification before", "among", {"should": OR.join((_NEVER_YET, _HOLDS, _OVER))})
    yield Wanted("alarm", "same", {"should": known.NONE})
    should = software_of(instrument.terminal, instrument.terminal.identify(), papers)
    if should:
        yield Wanted(_SOFTWARE, "same", {"should": should})
    yield from _seen_wanted(options, plate, found, papers.sealed_after)
    if not should:
        identity = instrument.terminal.identify()
        said = f"{identity.firmware} {identity.software_id.hex()}"
        yield _look(_SOFTWARE_SEEN, "The approval of the type names this software", said)


def _scale_wanted(scale: Scale) -> Iterator[Wanted]:
    """Table 3 for each range; 4.2.2.1: e is 1, 2 or 5 times a power of ten."""
    for number, (_, e) in enumerate(scale.ranges, 1):
        fewest, most, _ = _row(scale, e)
        bounds = {"unit": "e", "low": str(fewest), "high": str(most)}
        yield Wanted(f"Max of range {number}", "number", bounds)
        yield Wanted(f"figure of e, range {number}", "among", {"should": OR.join("125")})
    yield Wanted("least load", "number", {"unit": "e", "low": str(_row(scale, scale.e)[2])})


def _row(scale: Scale, e: Fraction) -> tuple[int, int, int]:
    """Of Table 3: fewest and most intervals, the lowest Min in e."""
    grams = e * NANOGRAMS[scale.unit] / 10**9
    rows = _TABLE_3[scale.accuracy]
    return next(row[1:] for row in rows if row[0] is None or grams <= row[0])


def _seen_wanted(
    options: Options, plate: Plate, found: Mapping[str, str], in_works: bool
) -> Iterator[Wanted]:
    """For eyes. Before the seal there is nothing on its case, and in the works no plate yet."""
    looks = options.more.get(LOOKS, SEEN)
    there = {PLATE: not in_works, CASE: found["sealed"] == "1", LEVEL: True}
    lines = "; ".join(", ".join(line.split("   ")) for line in plate.lines())
    what = {
        PLATE: ("The plate can be read, cannot be taken off and says", lines),
        CASE: ("The seals on the case are whole, with the numbers", found["seals"]),
        LEVEL: ("The scale stands level", ""),
    }
    for name in SEEN:
        if name in looks and there[name]:
            yield _look(_LOOKED[name], *what[name])


def _look(name: str, what: str, says: str) -> Wanted:
    """what: the same for all scales. says: of this one, as it must stand there."""
    return Wanted(
        name, "seen", {"should": RIGHT, "what": what, **({"says": says} if says else {})}
    )


def _question(one: Wanted) -> str:
    says = one.known.get("says", "")
    return one.known["what"] + (f": {says}" if says else "")


def inspection(instrument: Instrument, sheet: Sheet, options: Options) -> None:
    """8.3.2: asked, compared, and looked at."""
    terminal = instrument.terminal
    found, identity, status = terminal.seals(), terminal.identify(), terminal.status()
    said: dict[str, str] = {
        **marks_of(_plate(instrument, found), found["seals"]),
        "seal": _SEALED if found["sealed"] == "1" else _OPEN,
        "lock": _NOT_LOCKED if found["locked"] == "0" else _LOCKED,
        "case": "closed" if found["latch"] == "0" else "open",
        "verification before": _BEFORE.get(found["verification"], _OVER),
        "alarm": status["alarm"],
        _SOFTWARE: identity.software_id.hex(),
        **_figures(instrument.scale),
    }
    numbers = _numbers(instrument.scale)
    asked = [one for one in sheet.wanted if one.rule == "seen"]
    for one in sheet.wanted:
        if one.rule == "number":
            sheet.enter(one.name, value=numbers[one.name])
        elif one.rule != "seen":
            sheet.enter(one.name, **{"is": said[one.name]})
    if asked:
        answers = instrument.hands.look([_question(one) for one in asked])
        for one, answer in zip(asked, answers, strict=True):
            sheet.enter(one.name, **{"is": answer})


def _numbers(scale: Scale) -> dict[str, Fraction]:
    found = {
        f"Max of range {number}": most / e for number, (most, e) in enumerate(scale.ranges, 1)
    }
    return {**found, "least load": scale.least / scale.e}


def _figures(scale: Scale) -> dict[str, Any]:
    """The figures of each e without the zeros around them."""
    return {
        f"figure of e, range {number}": text(e).replace(".", "").strip("0")
        for number, (_, e) in enumerate(scale.ranges, 1)
    }
