"""Terminals to test: virtual by default, a unit on the bench with --port ADDRESS.

Owns: flash files in the states of terminals.STATES, made once a run. Refuses: nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sealing
from steelyard.client import Terminal
from terminals import Bench, Start, make_states


@pytest.fixture(scope="session")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for each state; copy what is in them."""
    folder = tmp_path_factory.mktemp("states")
    make_states(folder)
    return folder


@pytest.fixture
def start(states: Path, tmp_path: Path) -> Iterator[Start]:
    """start("calibrated", *options): a bench in that state; all end with the test."""
    benches: list[Bench] = []

    def begin(state: str, *options: str, speed: str = "max") -> Bench:
        folder = tmp_path / f"{len(benches)}-{state}"
        shutil.copytree(states / state, folder)
        benches.append(Bench(folder, *options, speed=speed))
        return benches[-1]

    yield begin
    for bench in benches:
        bench.close()


@pytest.fixture
def bench(start: Start) -> Bench:
    """A provisioned and calibrated virtual terminal."""
    return start("calibrated")


@pytest.fixture
def sealed(states: Path, start: Start) -> Bench:
    """A calibrated virtual terminal that was certified and sealed; made once."""
    folder = states / "sealed"
    if not folder.exists():
        shutil.copytree(states / "calibrated", folder)
        with Bench(folder) as bench:
            sealing.seal(bench)
    bench = start("sealed")
    bench.terminal.link.set_key(bench.store.link_key(bench.terminal.identify().dev))
    return bench


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """A client of a provisioned terminal: that at --port, else a virtual one."""
    port = request.config.getoption("--port")
    if not port:
        yield request.getfixturevalue("bench").terminal
        return
    with Terminal(port) as real:
        real.wait_until_ready()
        yield real
