"""`steelyard weights`: what is in a set of weights, and which loads of a scale it can make."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from steelyard_wire.classes import CLASSES
from steelyard_wire.units import NANOGRAMS

from steelyard.access import opened
from steelyard.commands import Json
from steelyard.errors import OK, USAGE, VERDICT, UserError
from steelyard.factory import scales, weights_file
from steelyard.factory.loads import combine, loads, missing_tenths, warnings
from steelyard.factory.measurement import Scale, text
from steelyard.factory.weights import (
    SHARE,
    Piece,
    WeightSet,
    by_certificate,
    grams,
    limit_error,
    problems,
    said,
    stale,
)
from steelyard.output import rows, show
from steelyard.scale_words import nanograms, said_scale

WARN_DAYS = 60  # a laboratory needs some weeks


def _today() -> date:
    return datetime.now(UTC).date()


def _state(piece: Piece, today: date) -> tuple[str, str]:
    """("ok", "ends soon", "ended" or "to come", the sentence that belongs to it)."""
    left = (piece.valid_until - today).days
    if reason := stale(piece, today):
        return "ended" if left < 0 else "to come", reason
    if left <= WARN_DAYS:
        ends = f"the certificate {piece.certificate} of {piece.mark} ends on {piece.valid_until}"
        return "ends soon", f"{ends}, in {left} days: have it calibrated anew"
    return "ok", ""


def pieces_of(found: WeightSet, today: date) -> dict[str, Any]:
    """The set as data: each piece with its state, and sentences: refused, warnings."""
    papers = [_state(piece, today) for piece in by_certificate(found.pieces)]
    return {
        "set": found.name,
        "digest": found.digest,
        "today": today.isoformat(),
        "pieces": [piece.row() | {"state": _state(piece, today)[0]} for piece in found.pieces],
        "refused": [words for state, words in papers if state in ("ended", "to come")],
        "warnings": [words for state, words in papers if state == "ends soon"],
    }


def loads_of(
    found: WeightSet, scale: Scale, today: date, count: int, repeatability: Fraction | None
) -> dict[str, Any]:
    """Each load of the scale's list as data: pieces, error, a third of the mpe, sentences."""
    listed, made, refused, tenths = [], [], [], set[Fraction]()
    usable = found.usable(today)
    for load in loads(scale, count):
        row: dict[str, Any] = {"load": text(load), "mpe": text(scale.mpe(load))}
        listed.append(row)
        try:
            choice = combine(found, load, scale, today, repeatability)
        except UserError as error:
            row |= {"passed": False, "pieces": [], "refused": [error.sentence]}
            refused.append(error.sentence)
            continue
        made.append(choice.made)
        way = choice.substitution
        reasons = [] if way else problems(scale, choice.made, choice.pieces, today, found.pieces)
        refused += reasons
        wrong = way.wrong if way else limit_error(choice.pieces, scale.unit)
        row |= {
            "passed": not reasons,
            "made": text(choice.made),
            "pieces": [piece.mark for piece in choice.pieces],
            "wrong": text(wrong),
            "allowed": text(scale.mpe(choice.made) * SHARE),
            "refused": reasons,
            "notes": list(choice.notes),
        }
        if way:
            row["substitution"] = [
                {
                    "do": step.do,
                    "weights": [piece.mark for piece in step.weights],
                    "material": text(step.material),
                    "load": text(step.load),
                    "reads": step.reads,
                    "wrong": text(step.wrong),
                }
                for step in way.steps
            ]
        left = [piece for piece in usable if piece not in choice.pieces]
        tenths |= set(missing_tenths(scale, left, choice.made))
    return {
        "scale": {
            "class": CLASSES[scale.accuracy],
            "ranges": [[text(most), text(e)] for most, e in scale.ranges],
            "min": text(scale.least),
            "unit": scale.unit,
        },
        "loads": listed,
        "refused": refused,
        # What is not made at all was refused; these are about the loads that are.
        "warnings": warnings(scale, made) if not refused else [],
        "missing_tenths": [text(one) for one in sorted(tenths)],
    }


def report(
    found: WeightSet,
    scale: Scale | None,
    today: date,
    count: int = 10,
    repeatability: Fraction | None = None,
) -> dict[str, Any]:
    """Everything as data; passed: nothing was refused."""
    whole = pieces_of(found, today)
    if scale is not None:
        of_scale = loads_of(found, scale, today, count, repeatability)
        for name in ("refused", "warnings"):
            of_scale[name] = [*whole[name], *of_scale[name]]
        whole |= of_scale
    return whole | {"passed": not whole["refused"]}


def _small(value: str, unit: str) -> str:
    return said(grams(Fraction(value), unit))


def _pieces_table(whole: dict[str, Any]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("mark", "nominal", "class", "certificate", "valid until", "error", "U", ""):
        table.add_column(heading)
    for piece in whole["pieces"]:
        state = "" if piece["state"] == "ok" else piece["state"].upper()
        error, unsure = piece.get("error", "at nominal"), piece.get("uncertainty", "")
        cells = [piece[name] for name in ("mark", "nominal", "class", "certificate")]
        table.add_row(*map(Text, [*cells, piece["valid_until"], error, unsure, state]))
    return table


def _loads_table(whole: dict[str, Any]) -> Table:
    unit = whole["scale"]["unit"]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in (f"load {unit}", "weights", "may be wrong", "a third of mpe", ""):
        table.add_column(heading, overflow="fold")
    for load in whole["loads"]:
        if "made" not in load:
            table.add_row(load["load"], "-", "", "", "REFUSED")
            continue
        about = "" if load["made"] == load["load"] else f" ({load['made']})"
        state = "" if load["passed"] else "REFUSED"
        if "substitution" in load:
            state = "substitution"
        table.add_row(
            load["load"] + about,
            Text(" + ".join(load["pieces"])),
            _small(load["wrong"], unit),
            _small(load["allowed"], unit),
            state,
        )
    return table


def _together(sentences: Sequence[str]) -> list[str]:
    """What is said of several loads alike, once: "25 kg, 30 kg cannot be reached: ..."."""
    found: dict[str, list[str]] = {}
    for sentence in sentences:
        load, reached, rest = sentence.partition(" cannot be reached: ")
        of_load = (load, reached + rest) if reached else ("", sentence)
        found.setdefault(of_load[1], []).append(of_load[0])
    return [", ".join(of_loads) + rest for rest, of_loads in found.items()]


def for_people(whole: dict[str, Any]) -> RenderableType:
    """The set, the loads, and every sentence once."""
    parts: list[RenderableType] = [
        rows({"set": whole["set"], "file": f"SHA-256 {whole['digest']}"}),
        _pieces_table(whole),
    ]
    sentences = [f"refused: {words}" for words in _together(whole["refused"])]
    sentences += [f"warning: {words}" for words in whole["warnings"]]
    if "loads" in whole:
        parts.append(_loads_table(whole))
        for load in whole["loads"]:
            sentences += [f"note: {words}" for words in load.get("notes", [])]
        ways = [load for load in whole["loads"] if "substitution" in load]
        if ways:
            last = f"{ways[-1]['load']} {whole['scale']['unit']}"
            sentences += [
                f"{last}, step {number}: {step['do']}"
                for number, step in enumerate(ways[-1]["substitution"], 1)
            ]
        if ways:
            sentences.append(
                "note: `steelyard test ADDRESS --weights FILE` leads through it before its first"
                " phase"
            )
        if len(ways) > 1:
            sentences.append("note: --json has the steps of the other loads")
        if whole["missing_tenths"]:
            unit = whole["scale"]["unit"]
            tenths = ", ".join(_small(one, unit) for one in whole["missing_tenths"])
            sentences.append(
                "note: to find changeover points, tenths of e are added (R 76-1, A.4.4.3); beside"
                f" some load nothing makes {tenths}: add small weights"
            )
    parts += [Text(words) for words in dict.fromkeys(sentences)]
    parts.append(Text("nothing is refused" if whole["passed"] else "NOT GOOD ENOUGH"))
    return Group(*parts)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def weights(
        file: Annotated[Path, typer.Argument(help="The set: weights.toml.", metavar="FILE")],
        address: Annotated[
            str, typer.Argument(help="A terminal: the scale is what it says.", metavar="[ADDRESS]")
        ] = "",
        most: Annotated[
            list[str] | None,
            typer.Option("--max", help="Max of the scale: 15kg; again for each range."),
        ] = None,
        e: Annotated[
            list[str] | None, typer.Option("--e", help="Its interval: 5g; again for each range.")
        ] = None,
        accuracy: Annotated[str, typer.Option("--class", help="II, III or IIII.")] = "III",
        count: Annotated[
            int, typer.Option("--loads", min=5, max=50, help="How many loads the list has.")
        ] = 10,
        repeatability: Annotated[
            str, typer.Option(help="Of the scale, as found: 1g; fewer weights may do then.")
        ] = "",
        as_json: Json = False,
    ) -> int:
        """Show a set of weights and what it is good for.

        With a scale, by its Max and e or as a terminal says: each load of the list, of which
        pieces it is made, how wrong they may be and how wrong is allowed (a third of the maximum
        permissible error); what would do where nothing does; substitution where weights are
        short. Ends with 1 when something is refused.

        Example: steelyard weights weights.toml --max 15kg --e 5g
        """
        found = weights_file.read(file)
        scale = None
        if address and (most or e):
            raise UserError(USAGE, "say an ADDRESS, or --max and --e, and not both")
        if address:
            with opened(address) as (terminal, _):
                scale = scales.of_config(terminal.config())
        elif most or e:
            scale = said_scale(accuracy, most or [], e or [])
        spread = None
        if repeatability:
            if scale is None:
                raise UserError(USAGE, "--repeatability needs a scale: --max 15kg --e 5g")
            spread = nanograms(repeatability) / NANOGRAMS[scale.unit]
        whole = report(found, scale, _today(), count, spread)
        show(whole, as_json, for_people(whole))
        return OK if whole["passed"] else VERDICT
