"""The rules of the rooms: the tree keeps them, and a planted violation of each is found.

Owns: one planted file per rule and row of the table in CONTRIBUTING.md.
Refuses: nothing.
Units: none.
"""

import pytest
import rooms

WIRE = "protocol/steelyard_wire/x.py"
WEIGHING = "firmware/terminal/weighing/x.py"
EVIDENCE = "firmware/terminal/evidence/x.py"
DRIVER = "firmware/terminal/drivers/x.py"
LINK = "firmware/terminal/links/x.py"
OPERATIONS = "firmware/terminal/operations.py"
APP = "firmware/terminal/app.py"
MAIN = "firmware/main.py"
MANIFEST = "firmware/manifest.py"
SIMULATION = "firmware/simulation/x.py"
VM = "firmware/simulation/vm/x.py"
BOARD = "boards/x.py"
IMAGE = "boards/images/modules/x.py"
HOST = "host/steelyard/x.py"
HOST_DEEP = "host/steelyard/commands/x.py"
EVERYWHERE = (WIRE, WEIGHING, EVIDENCE, DRIVER, LINK, OPERATIONS, APP, SIMULATION, HOST)

PLANTED_IMPORTS = [
    (WIRE, "import os"),
    (WIRE, "import json"),
    (WIRE, "from typing import Any"),
    (WIRE, "from terminal.weighing.config import Config"),
    (WIRE, "from steelyard import data"),
    (WIRE, "def late():\n    import socket"),
    (WEIGHING, "import machine"),
    (WEIGHING, "import time"),
    (WEIGHING, "import asyncio"),
    (WEIGHING, "import os"),
    (WEIGHING, "import json"),
    (WEIGHING, "import math"),
    (WEIGHING, "from terminal.evidence import journal"),
    (WEIGHING, "from terminal.drivers.ring import SampleRing"),
    (WEIGHING, "from ..drivers import ring"),
    (WEIGHING, "from terminal import app"),
    (EVIDENCE, "import machine"),
    (EVIDENCE, "import time"),
    (EVIDENCE, "import os"),
    (EVIDENCE, "from terminal.weighing.weigher import Weigher"),
    (EVIDENCE, "from terminal.weighing import weigher"),
    (EVIDENCE, "from terminal.drivers.append_file import AppendFile"),
    (DRIVER, "from terminal.weighing.weigher import Weigher"),
    (DRIVER, "from terminal.evidence import journal"),
    (DRIVER, "from terminal.links import line"),
    (DRIVER, "from steelyard_wire import record"),
    (DRIVER, "from steelyard_wire.line import parse"),
    (DRIVER, "import network"),
    (LINK, "import machine"),
    (LINK, "from machine import Pin"),
    (LINK, "from terminal.weighing.weigher import Weigher"),
    (LINK, "from terminal.evidence.journal import Journal"),
    (LINK, "from terminal.drivers.files import Files"),
    (LINK, "from terminal import evidence"),
    (OPERATIONS, "import machine"),
    (OPERATIONS, "import time"),
    (OPERATIONS, "from terminal.drivers.clock import Clock"),
    (OPERATIONS, "from terminal.links.service import Service"),
    (APP, "from steelyard import data"),
    (APP, "import nor"),
    (APP, "import subprocess"),
    (APP, "from typing import Any"),
    (MAIN, "import serial"),
    (SIMULATION, "from terminal.app import main"),
    (VM, "from steelyard import data"),
    (SIMULATION, "from steelyard.link import Link"),
    (HOST, "from terminal.weighing.weigher import Weigher"),
    (HOST, "import machine"),
    (HOST_DEEP, "from boards import rpi_pico"),
    (HOST_DEEP, "import firmware.boot"),
]

ALLOWED_IMPORTS = [
    (WIRE, "import struct, binascii, hashlib"),
    (WIRE, "from steelyard_wire.codes import Refused"),
    (WIRE, "from .codes import Refused"),
    (WEIGHING, "from array import array\nfrom steelyard_wire import codes"),
    (WEIGHING, "from terminal.weighing.config import Config"),
    (EVIDENCE, "from terminal.weighing.weigher import Reading"),
    (EVIDENCE, "from terminal.evidence import frames\nimport hashlib"),
    (DRIVER, "import machine, time, os"),
    (DRIVER, "from steelyard_wire import codes"),
    ("firmware/terminal/drivers/rp2_flash.py", "import rp2"),
    (LINK, "import asyncio, socket, ssl, network"),
    (APP, "import machine, board\nfrom terminal.evidence.journal import Journal"),
    (MAIN, "import micropython\nfrom terminal.app import main\nmain()"),
    (SIMULATION, "import random, socket\nfrom steelyard_wire import codes"),
    (VM, "import machine\nfrom terminal.evidence import ed25519"),
    (HOST, "import rich\nfrom steelyard_wire import line\nfrom steelyard import data"),
]

PLANTED_WORDS = [
    *((path, f"RATIO = {text}", "float") for path in (WIRE, WEIGHING, EVIDENCE, DRIVER, LINK, APP)
      for text in ("0.5", "1e3", "2j", "float(3)", "7 / 2")),
    (WEIGHING, "def halve(value):\n    value /= 2\n    return value", "float"),
    (OPERATIONS, "RATIO = 1.5", "float"),
    *((path, f"{name}('x')", "name") for path in (WIRE, WEIGHING, EVIDENCE, OPERATIONS)
      for name in ("print", "open", "eval", "exec", "__import__")),
    (DRIVER, "print('x')", "name"),
    (LINK, "print('x')", "name"),
    (LINK, "open('x')", "name"),
    (APP, "exec('x')", "name"),
    (HOST, "eval('x')", "name"),
    *((path, "assert True", "assert") for path in EVERYWHERE),
    (DRIVER, "import rp2", "port"),
    ("firmware/terminal/drivers/rp2_flash.py", "import esp32", "port"),
]  # fmt: skip

PLANTED_FORMS = [
    (IMAGE, "from terminal import app", "import"),
    (IMAGE, "from steelyard import data", "import"),
    (IMAGE, "print(1)", "name"),
    (BOARD, "import machine", "import"),
    (BOARD, "import machine", "literal"),
    (BOARD, "DOUT = 2 + 3", "literal"),
    (BOARD, "DOUT = pin(3)", "literal"),
    (BOARD, "DOUT = SCK = 3", "literal"),
    (BOARD, "dout = 3", "literal"),
    (BOARD, "A, B = 1, 2", "literal"),
    (BOARD, "if True:\n    DOUT = 3", "literal"),
    (BOARD, "DOUT = 0.5", "float"),
    (MAIN, "def main():\n    return 1", "logic"),
    ("firmware/boot.py", "for pin in ():\n    pin()", "logic"),
    ("firmware/boot.py", "class Early:\n    pass", "logic"),
    ("firmware/terminal/new_room/x.py", "A = 1", "import"),
    ("tools/x.py", "A = 1", "import"),
    (MANIFEST, "import os", "import"),
]


def rules(path: str, source: str) -> set[str]:
    """The names of the rules broken by a file that has the docstring it must have."""
    return {violation.rule for violation in rooms.check(path, f'"""Doc."""\n{source}\n')}


def test_S3_the_tree_keeps_the_rules() -> None:
    found = rooms.violations()
    assert not found, "\n".join(map(str, found))


def test_every_file_of_the_tree_is_looked_at() -> None:
    files = {file.relative_to(rooms.ROOT).as_posix() for file in rooms.sources()}
    wanted = {MAIN, APP, OPERATIONS, "protocol/steelyard_wire/line.py", "tests/rooms.py"}
    assert files >= wanted | {"boards/virtual.py", "host/steelyard/data.py"}


@pytest.mark.parametrize(("path", "source"), PLANTED_IMPORTS)
def test_S3_a_planted_import_is_found(path: str, source: str) -> None:
    assert rules(path, source) == {"import"}


@pytest.mark.parametrize(("path", "source"), ALLOWED_IMPORTS)
def test_what_the_table_allows_is_allowed(path: str, source: str) -> None:
    assert rules(path, source) == set()


@pytest.mark.parametrize(("path", "source", "rule"), PLANTED_WORDS + PLANTED_FORMS)
def test_a_planted_violation_is_found(path: str, source: str, rule: str) -> None:
    assert rule in rules(path, source)


@pytest.mark.parametrize("path", EVERYWHERE)
def test_a_module_says_what_it_owns(path: str) -> None:
    assert [violation.rule for violation in rooms.check(path, "A = 1\n")] == ["docstring"]
    assert rooms.check(path, "") == []


def test_a_violation_names_file_and_line() -> None:
    (found,) = rooms.check(WEIGHING, '"""Doc."""\n\nimport time\n')
    assert str(found) == f"{WEIGHING}:3: import: terminal/weighing may not import time"


@pytest.mark.parametrize("path", [*EVERYWHERE, BOARD, "tests/unit/x.py"])
def test_the_length_of_a_file_is_limited(path: str) -> None:
    head = '"""Doc."""\n'
    assert rooms.check(path, head + "A = 1\n" * 349) == []
    assert {found.rule for found in rooms.check(path, head + "A = 1\n" * 350)} == {"size"}


@pytest.mark.parametrize("path", [*EVERYWHERE, "tests/unit/x.py"])
def test_the_length_of_a_function_is_limited(path: str) -> None:
    head = '"""Doc."""\n\n\nclass A:\n    async def x(self):\n'
    assert rooms.check(path, head + "        A = 1\n" * 59) == []
    assert {found.rule for found in rooms.check(path, head + "        A = 1\n" * 60)} == {"size"}
    # A function that holds others is as long as it is without them.
    inner = "        if A:\n            def y():\n" + "                A = 1\n" * 30
    assert rooms.check(path, head + inner * 3) == []
    long = inner + "                A = 1\n" * 30
    assert {found.rule for found in rooms.check(path, head + long)} == {"size"}
