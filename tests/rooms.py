"""The rules of the rooms: who may import whom, and what may not be written where.

Owns: the table of CONTRIBUTING.md ("Rooms") as data, and the walk over the syntax trees.
Refuses: nothing; it reports. As a program it ends with exit code 1 when a rule is broken.
Units: lines of a file, lines of a function.

A module is allowed only if the room's row names it, so a new dependency is a change of this file.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST_FILE_LINES = 350
MOST_FUNCTION_LINES = 60
MOST_MACHINE_LINES = 110  # in *_viper.py: unrolled, and a call costs a tenth of the work

_NO_DOORS = frozenset({"input", "eval", "exec", "compile", "__import__"})
_IO = _NO_DOORS | {"print", "open"}


@dataclass(frozen=True)
class Violation:
    """One broken rule: import, name, float, literal, port, logic, assert, docstring or size."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


@dataclass(frozen=True)
class Room:
    """What one room may use.

    files: paths below the root; with a slash at the end, all below that folder. own: patterns of
    full names of ours that it may import. modules: first components of other modules it may
    import; None: all but `never`. names: built-in names it may not use. floats: whether it may
    calculate with floats.
    """

    name: str
    files: tuple[str, ...]
    own: tuple[str, ...] = ()
    modules: frozenset[str] | None = frozenset()
    never: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    floats: bool = False
    literals: bool = False
    logic: bool = True


_HELPERS = tuple(f"terminal.{name}" for name in "alarm.* c* in_use.* origin sealing".split())
_COMPOSED = "__init__ app digits keypad wiring signers_chip cold keep signers_seed".split()
_OPERATIONS = "operations in_use changes origin alarm care checks span_check receipts".split()
_OPERATIONS += "provisioning closing sealing access papers starting update updated".split()
_WIRE = ("steelyard_wire", "steelyard_wire.*")
_OF_DRIVERS = "codes.* codes identify.* shim.const".split()
_PORTS = ("rp2", "esp32")
# What MicroPython has and the composition may need; the host's modules are not among them.
_ON_DEVICE = frozenset(
    "array asyncio binascii board errno esp32 gc hashlib io machine micropython network os rp2 "
    "packed select socket ssl struct sys time vfs".split()
)

# A file that is in no row is refused: a new room is a decision, made here.
ROOMS = (
    Room(
        "steelyard_wire",
        ("protocol/steelyard_wire/",),
        own=_WIRE,
        modules=frozenset({"struct", "binascii", "hashlib", "micropython"}),
        names=_IO,
    ),
    Room(
        "terminal/weighing",
        ("firmware/terminal/weighing/",),
        own=(*_WIRE, "terminal.weighing", "terminal.weighing.*"),
        modules=frozenset({"array", "micropython"}),
        names=_IO,
    ),
    Room(
        "terminal/evidence",
        ("firmware/terminal/evidence/",),
        own=(*_WIRE, "terminal.evidence", "terminal.evidence.*", "terminal.weighing.*.Reading"),
        modules=frozenset({"array", "hashlib", "micropython"}),
        names=_IO,
    ),
    Room(
        "terminal/drivers",
        ("firmware/terminal/drivers/",),
        # Codes to report faults with, the rule of what identifies the software.
        own=("terminal.drivers.*", *map("steelyard_wire.{}".format, _OF_DRIVERS)),
        modules=frozenset(
            "array binascii gc hashlib machine micropython os packed slots sys time".split()
            + list(_PORTS)
        ),
        names=_NO_DOORS | {"print"},
    ),
    Room(
        "terminal/links",
        ("firmware/terminal/links/",),
        # operations is what `app` hands in; weighing and evidence are reached through it alone.
        own=(*_WIRE, "terminal.cold", "terminal.links*", "terminal.operations.*"),
        modules=frozenset(
            "asyncio binascii gc micropython network select socket ssl struct sys".split()
        ),
        names=_NO_DOORS | {"open", "print"},
    ),
    Room(
        "terminal/operations",
        tuple(f"firmware/terminal/{name}.py" for name in _OPERATIONS),
        own=(*_WIRE, *_HELPERS, "terminal.weighing.*", "terminal.evidence*"),
        modules=frozenset({"binascii", "micropython"}),
        names=_IO,
    ),
    Room(
        "composition",
        tuple(map("firmware/terminal/{}.py".format, _COMPOSED)),
        own=(*_WIRE, "terminal", "terminal.*"),
        modules=_ON_DEVICE,
        # The board file names the converter's driver.
        names=_NO_DOORS - {"__import__"},
    ),
    Room(
        "start",
        ("firmware/boot.py", "firmware/main.py"),
        own=(*_WIRE, "terminal", "terminal.*"),
        modules=_ON_DEVICE | {"slots"},
        names=_NO_DOORS,
        logic=False,
    ),
    Room(
        "fixed part",
        ("firmware/packed.py", "firmware/slots.py"),
        modules=frozenset("binascii hashlib os packed sys vfs".split()),
        names=_NO_DOORS | {"print"},
    ),
    # Lists of files for a firmware build, run there; what a sealed image freezes besides.
    Room("manifest", ("firmware/manifest.py",), names=_IO),
    Room("images", ("boards/images/",), modules=None, names=_IO, floats=True),
    # What stands in for the hardware runs in the firmware's own VM and starts it there.
    Room(
        "simulation/vm",
        # And the fault table: the bench below with the weight path behind it.
        ("firmware/simulation/vm/", "firmware/simulation/faults/"),
        own=(*_WIRE, "terminal", "terminal.*", "simulation.*"),
        modules=None,
        never=frozenset({"steelyard", "boards"}),
        floats=True,
    ),
    # A real driver and a chip model, put together for tests.
    Room(
        "simulation/bench",
        ("firmware/simulation/bench/",),
        own=(*_WIRE, "terminal", "terminal.*", "simulation.*"),
        modules=frozenset({"sys"}),
        names=_NO_DOORS - {"__import__"},
    ),
    Room(
        "simulation",
        ("firmware/simulation/",),
        own=(*_WIRE, "simulation.*"),
        modules=None,
        never=frozenset({"steelyard", "terminal", "boards"}),
        floats=True,
    ),
    Room("boards", ("boards/",), names=_IO, literals=True),
    Room(
        "host",
        ("host/steelyard/",),
        own=(*_WIRE, "steelyard", "steelyard.*"),
        modules=None,
        never=frozenset({"terminal", "firmware", "boards", "board", "machine", "micropython"}),
        names=frozenset({"eval", "exec", "__import__"}),
        floats=True,
    ),
)


def room_of(path: str) -> Room | None:
    """The room of a file, given as a path below the root with forward slashes."""
    for room in ROOMS:
        for place in room.files:
            if path == place or (place.endswith("/") and path.startswith(place)):
                return room
    return None


def _imports(tree: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    """(line, full name) of everything that is imported, also inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            # `from . import x`: the packages of the path, up to the level.
            base = [node.module] if node.module else []
            if node.level:
                base = [*Path(path).parts[1 : -node.level], *base]
            for alias in node.names:
                yield node.lineno, ".".join([*base, alias.name])


def _check_imports(tree: ast.AST, path: str, room: Room) -> Iterator[Violation]:
    for line, name in _imports(tree, path):
        first = name.partition(".")[0]
        if any(fnmatchcase(name, pattern) for pattern in room.own):
            continue
        ours = first in ("steelyard", "steelyard_wire", "terminal", "simulation")
        others = first not in room.never if room.modules is None else first in room.modules
        if ours or not others:
            yield Violation(path, line, "import", f"{room.name} may not import {name}")
        if first in _PORTS and room.name == "terminal/drivers" and first not in Path(path).stem:
            text = f"{first} belongs into a driver file of its own with {first} in its name"
            yield Violation(path, line, "port", text)


def _check_words(tree: ast.AST, path: str, room: Room) -> Iterator[Violation]:
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Name) and node.id in room.names:
            yield Violation(path, line, "name", f"{room.name} may not use {node.id}")
        elif isinstance(node, ast.Assert):
            text = "assert is no check (-O removes it): raise"
            yield Violation(path, line, "assert", text)
        if room.floats:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield Violation(path, line, "float", f"{room.name} is integer: {node.value!r}")
        elif isinstance(node, ast.Name) and node.id in ("float", "complex"):
            yield Violation(path, line, "float", f"{room.name} is integer: {node.id}")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            yield Violation(path, line, "float", f"{room.name} is integer: / divides to a float")


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_literal(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return False
    target = node.targets[0]
    if not isinstance(target, ast.Name) or not target.id.isupper():
        return False
    try:
        ast.literal_eval(node.value)
    except ValueError:
        return False
    return True


def _check_form(tree: ast.Module, path: str, room: Room) -> Iterator[Violation]:
    if room.literals:
        for statement in tree.body:
            if not _is_text(statement) and not _is_literal(statement):
                text = "a board is lines of NAME = literal, nothing else"
                yield Violation(path, statement.lineno, "literal", text)
    if not room.logic:
        logic = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For)
        for node in ast.walk(tree):
            if isinstance(node, logic):
                yield Violation(path, node.lineno, "logic", "what starts has no logic of its own")


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _lines(node: _Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _inner(node: ast.AST) -> Iterator[_Function]:
    """The outermost functions defined inside."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child
        else:
            yield from _inner(child)


def _check_sizes(tree: ast.Module, source: str, path: str) -> Iterator[Violation]:
    lines = len(source.splitlines())
    if lines > MOST_FILE_LINES:
        text = f"{lines} lines; a file is one thing and has at most {MOST_FILE_LINES}"
        yield Violation(path, 1, "size", text)
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            # A function defined inside is counted by itself.
            length = _lines(node) - sum(map(_lines, _inner(node)))
            most = MOST_MACHINE_LINES if path.endswith("_viper.py") else MOST_FUNCTION_LINES
            if length > most:
                text = f"{node.name} has {length} lines, at most {most}"
                yield Violation(path, node.lineno, "size", text)


def check(path: str, source: str) -> list[Violation]:
    """The rules that `source` breaks as the file `path` (below the root, forward slashes)."""
    tree = ast.parse(source, path)
    found = list(_check_sizes(tree, source, path))
    room = room_of(path)
    if room is None:
        if not path.startswith("tests/"):
            found.append(Violation(path, 1, "import", "the file is in no room"))
        return found
    if tree.body and not ast.get_docstring(tree):
        found.append(Violation(path, 1, "docstring", "the module says nothing about itself"))
    found += _check_imports(tree, path, room)
    found += _check_words(tree, path, room)
    found += _check_form(tree, path, room)
    return found


def sources(root: Path = ROOT) -> list[Path]:
    """Every Python file of ours."""
    folders = ("protocol", "firmware", "boards", "host", "tests")
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))


def violations(root: Path = ROOT) -> list[Violation]:
    """The broken rules of the tree at `root`."""
    found = []
    for file in sources(root):
        found += check(file.relative_to(root).as_posix(), file.read_text(encoding="utf-8"))
    return found


def main() -> int:
    """Print what is broken; the exit code."""
    found = violations()
    for violation in found:
        sys.stderr.write(f"{violation}\n")
    sys.stderr.write(f"rooms: {len(sources())} files, {len(found)} violations\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
