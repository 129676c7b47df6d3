"""The boards that a terminal can be built on: their files of literals, read and checked.

Owns: what a board file must say. It is read with `ast.literal_eval` and never executed.
Refuses: with `BoardError`, an unknown board and a file that says too little, too much or something
impossible; the message names the file and the line's name.
Units: rates in hertz, sizes in bytes; `scale` as terminal.weighing.config's map (see its keys).
"""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard import data
from steelyard.board_rules import (
    JOURNALS,
    PLAIN_JOURNAL,
    RULES,
    bus_fault,
    is_external,
    measured,
    reader_fault,
    uses_of,
)
from steelyard.chips import CHIPS, Chip, adc_fault, chip_of, pin_fault
from steelyard.errors import USAGE, UserError


class BoardError(UserError):
    """The board is unknown or its file is wrong."""

    def __init__(self, sentence: str) -> None:
        super().__init__(USAGE, sentence)


@dataclass(frozen=True)
class Board:
    """One board file. platforms: what sys.platform may say there.

    converter: "chip" and what CONVERTERS asks for it; pins as numbers of machine.Pin.
    keys: name -> pin of a push button. alarm: pin that is high while something is wrong, or None.
    supply: where the board measures what feeds it, and the least it weighs with, or None.
    tilt: where it measures how far it leans, and how far it may, or None.
    shunt: pin that puts the span check's resistor across the bridge, or None.
    signer: arithmetic and comb table of the signatures. journal: where records are kept.
    thermometer: where it measures a temperature, and what a degree makes there, or None.
    budget_bytes: most .mpy bytes that leave the heap it needs. source: the file as it is copied.
    """

    name: str
    model: str
    port: str
    build: str
    arch: str
    test: bool
    converter: dict[str, Any]
    keys: dict[str, int]
    alarm: int | None
    supply: dict[str, int] | None
    thermometer: dict[str, int] | None
    tilt: dict[str, int] | None
    shunt: int | None
    case: dict[str, int] | None
    keypad: dict[str, tuple[int, ...]] | None
    signer: dict[str, Any]
    journal: dict[str, Any]
    network: str | None
    tcp_port: int
    scale: dict[int, Any]
    budget_bytes: int
    storage_bytes: int
    source: bytes

    @property
    def chip(self) -> Chip | None:
        """The chip that is on the board; None: the VM."""
        return chip_of(self.port, self.arch, self.build)

    @property
    def platforms(self) -> tuple[str, ...]:
        """What sys.platform may be on this board."""
        return ("linux", "darwin") if self.port == "unix" else (self.port,)


def _literals(name: str, source: bytes) -> dict[str, Any]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise BoardError(f"boards/{name}.py is not Python: {error}") from None
    found: dict[str, Any] = {}
    for place, statement in enumerate(tree.body):
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) if place == 0:
                continue
            case ast.Assign(targets=[ast.Name(id=field)], value=value) if field not in found:
                try:
                    found[field] = ast.literal_eval(value)
                except ValueError:
                    raise BoardError(f"boards/{name}.py: {field} is not a literal") from None
            case _:
                raise BoardError(
                    f"boards/{name}.py, line {statement.lineno}: a board file is lines of"
                    " NAME = literal, each name once"
                )
    return found


def _fault(found: dict[str, Any]) -> str:
    """What the lines, each right by itself, do wrong together; "" if nothing."""
    chip = chip_of(found["PORT"], found["ARCH"], found["BUILD"])
    if chip is None and found["PORT"] != "unix":
        return (
            f"PORT {found['PORT']}, ARCH {found['ARCH']} and BUILD {found['BUILD']} mean none of"
            f" {', '.join(CHIPS)}; of an RP2350 the Arm processors are used"
        )
    fault = reader_fault(chip, found["CONVERTER"])
    if fault:
        return f"CONVERTER: {fault}"
    uses = list(uses_of(found))
    pins = [use.pin for use in uses]
    if len(set(pins)) < len(pins):
        return f"uses a pin twice: {sorted(pins)}"
    if chip is None:
        return ""
    return (
        pin_fault(chip, found["BUILD"], uses)
        or adc_fault(chip, found["BUILD"], measured(found))
        or bus_fault(chip, found)
    )


def parse(name: str, source: bytes) -> Board:
    """The board that the file `source` describes; BoardError with what is wrong."""
    found = _literals(name, source)
    for field, (meaning, is_right) in RULES.items():
        if field not in found:
            raise BoardError(f"boards/{name}.py does not say {field} ({meaning})")
        if not is_right(found[field]):
            raise BoardError(f"boards/{name}.py: {field} = {found[field]!r}, but it is {meaning}")
    fault = _fault(found)
    if fault:
        raise BoardError(f"boards/{name}.py: {fault}")
    journal = found["JOURNAL"]
    if journal not in (PLAIN_JOURNAL, JOURNALS[found["PORT"]]) and not is_external(journal):
        raise BoardError(f"boards/{name}.py: JOURNAL names the flash of another port")
    unknown = sorted(set(found) - set(RULES))
    if unknown:
        raise BoardError(f"boards/{name}.py says {', '.join(unknown)}, which nothing reads")
    if found["NAME"] != name:
        raise BoardError(f"boards/{name}.py calls itself {found['NAME']!r}")
    fields = {field.lower(): value for field, value in found.items()}
    fields["budget_bytes"] = fields.pop("mpy_budget_bytes")
    return Board(**fields, source=source)


def literals(board: Board) -> dict[str, Any]:
    """What the board's file says, name by name."""
    return _literals(board.name, board.source)


def list_boards(folder: Path | None = None) -> list[str]:
    """The names of all boards."""
    return sorted(file.stem for file in (folder or data.boards()).glob("*.py"))


def load(name: str, folder: Path | None = None) -> Board:
    """The board of this name; BoardError names those that exist when there is none."""
    names = list_boards(folder)
    if name not in names:
        raise BoardError(f"there is no board {name!r}; there are: {', '.join(names)}")
    return parse(name, ((folder or data.boards()) / f"{name}.py").read_bytes())
