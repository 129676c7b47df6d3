"""Where the tests find what they test.

Owns: sys.path (`steelyard_wire`, the device code, the host, the helpers of the tests) and
hypothesis' profile, the cache of the firmware's modules, the PostgreSQL server.
Refuses: nothing.
Units: none.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

_TESTS = Path(__file__).resolve().parent
_ROOT = _TESTS.parent

for place in (_ROOT / "protocol", _ROOT / "firmware", _ROOT / "host", _TESTS, _TESTS / "unit"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

from cached import MODULES  # noqa: E402 - found by the path above

if TYPE_CHECKING:
    from servers import Place, Server

sys.meta_path.insert(0, MODULES)

# Whoever runs the tests in the background ignores Ctrl-C, and so would every program that they
# start and press it for.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No deadline for an example: the machines that run the tests are shared and slow at times. The
# same examples in every run, so that what passed here passes there; `make soak` draws others.
settings.register_profile(
    "steelyard", deadline=None, derandomize=not os.environ.get("STEELYARD_SOAK")
)
settings.load_profile("steelyard")


def pytest_addoption(parser: pytest.Parser) -> None:
    """--port: the tests of tests/system/test_line.py on a real unit instead of a virtual one."""
    parser.addoption("--port", default="", help="ADDRESS of a provisioned terminal on the bench")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A real PostgreSQL server, one for each process that runs such tests."""
    from servers import Server

    made = Server()
    yield made
    made.stop()


@pytest.fixture(params=("sqlite", "postgresql"))
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    """Where a store may be: a file that is not there yet, an empty database of a server."""
    from servers import OnServer, Place

    folder = tmp_path / "data"
    if request.param == "sqlite":
        yield Place(str(folder / "kept.sqlite3"), folder)
        return
    server = request.getfixturevalue("server")
    monkeypatch.setenv("STEELYARD_FOLDER", str(folder))
    with server.database() as name:
        yield OnServer(server.url(name), folder, server, name)
