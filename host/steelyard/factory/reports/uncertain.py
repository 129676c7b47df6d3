"""Errors with their uncertainties, a budget, and the scale in use, as blocks of a report.

Owns: which budget is shown (the one of the largest load), and how it is rounded: uncertainties to
two significant figures. Refuses: nothing. Units: the small one of `figures.Numbers`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from steelyard.factory.budgets import Error
from steelyard.factory.measurement import text
from steelyard.factory.reports.columns import Context
from steelyard.factory.reports.document import Block, Cell, Heading, Paragraph, Table
from steelyard.factory.reports.words import Say, name_of
from steelyard.factory.test_record import TestRecord
from steelyard.factory.uncertainty import Budget, Contribution, Use, two_figures

_SHARE = 0.01  # for which the least weight is told
_NAMES = {"weights": "weights of"}  # the word is a heading, too


def table(found: Sequence[Error], context: Context) -> Table:
    """Load, indication, error, U, k of each."""
    say, numbers = context.say, context.numbers
    rows = []
    for one in found:
        cells = [
            Cell(name_of(one.measured.name, context.language)),
            Cell(text(one.load), number=True),
            Cell(one.measured.raw.get("indication", ""), number=True),
            Cell(_error(one, context), number=True),
        ]
        if one.budget is None:
            cells += [Cell("–", number=True)] * 3
        else:
            k, freedom = one.budget.k, one.budget.freedom
            cells += [
                Cell(_u(one.budget.expanded, context), number=True),
                Cell(f"{k:.2f}", number=True),
                Cell(_freedom(freedom), number=True),
            ]
        rows.append(tuple(cells))
    header = (
        say("measurement"),
        f"{say('load')} / {numbers.unit}",
        f"{say('indication')} / {numbers.unit}",
        f"{say('E')} / {numbers.small}",
        f"{say('U')} / {numbers.small}",
        say("k"),
        say("freedom"),
    )
    return Table(header, tuple(rows))


def _error(one: Error, context: Context) -> str:
    """With as many places as its uncertainty, where it has one."""
    if one.budget is None:
        return context.numbers.error(one.error)
    places = two_figures(one.budget.expanded * context.numbers.factor)
    shown = round(one.error * context.numbers.factor, places)
    return f"{float(shown):+.{places}f}" if shown else f"{0:.{places}f}"


def _freedom(freedom: float) -> str:
    return "∞" if freedom == math.inf else f"{min(freedom, 1e6):.0f}"


def _u(u: float, context: Context) -> str:
    """Two significant figures in the small unit."""
    scaled = u * context.numbers.factor
    return f"{scaled:.{two_figures(scaled)}f}"


def reasons(found: Sequence[Error], say: Say) -> list[str]:
    """Why some have no uncertainty, each reason once."""
    whys = dict.fromkeys(one.why for one in found if one.why)
    return [say(*why) for why in whys]


def budget_blocks(found: Sequence[Error], context: Context) -> list[Block]:
    """The budget of the largest load, and what U means."""
    known = [one for one in found if one.budget is not None]
    if not known:
        return []
    largest = max(known, key=lambda one: one.load)
    say = context.say
    blocks: list[Block] = [Heading(say("budget"))]
    if largest.budget is not None:
        caption = say("budget of", text(largest.load), context.numbers.unit)
        blocks.append(_budget(largest.budget, caption, context))
    blocks.append(Paragraph(say("expanded text")))
    if any(" " in one.measured.raw.get("pieces", "") for one in known):
        blocks.append(Paragraph(say("several bodies")))
    return blocks


def _budget(budget: Budget, caption: str, context: Context) -> Table:
    say, small = context.say, context.numbers.small
    rows = []
    for of, total in (("I", budget.indication), ("m_ref", budget.reference)):
        rows += [_line(one, context) for one in budget.contributions if one.of == of]
        rows.append(_total(say("u of I" if of == "I" else "u of m"), _u(total, context)))
    none = [Cell(""), Cell(""), Cell(""), Cell("0", number=True), Cell("")]
    rows.append((Cell(say("gravity none")), *none))
    rows.append(_total(say("u of E"), _u(budget.standard, context), _freedom(budget.freedom)))
    rows.append(_total(say("expanded", f"{budget.k:.2f}"), _u(budget.expanded, context)))
    header = (
        say("contribution"),
        f"{say('half value')} / {small}",
        say("formula"),
        say("distribution"),
        f"{say('standard')} / {small}",
        say("nu"),
    )
    return Table(header, tuple(rows), caption)


def _line(one: Contribution, context: Context) -> tuple[Cell, ...]:
    say = context.say
    return (
        Cell(say(_NAMES.get(one.name, one.name))),
        Cell(_u(one.value, context), number=True),
        Cell(one.formula),
        Cell(say(one.distribution)),
        Cell(_u(one.u, context), number=True),
        Cell(_freedom(one.freedom), number=True),
    )


def _total(name: str, value: str, freedom: str = "") -> tuple[Cell, ...]:
    return (
        Cell(name, "strong"),
        Cell("", number=True),
        Cell(""),
        Cell(""),
        Cell(value, "strong", number=True),
        Cell(freedom, number=True),
    )


def use_blocks(use: Use | None, test: TestRecord, context: Context) -> list[Block]:
    """U(W) of readings in use, and the least weight that is exact enough."""
    if use is None:
        return []
    say, numbers = context.say, context.numbers
    line = say("use text", _u(use.alpha, context), numbers.small, f"{use.beta:.2g}")
    blocks: list[Block] = [Heading(say("use")), Paragraph(line)]
    most = float(test.scale.most)
    shown = []
    for safety in (1.0, 2.0):
        least = use.least(_SHARE, safety)
        beyond = least is None or least > most
        shown.append(say("beyond Max") if beyond else f"{least:.3g}")
    blocks.append(
        Paragraph(say("least weight", f"{_SHARE * 100:g}", shown[0], numbers.unit, shown[1]))
    )
    return blocks
