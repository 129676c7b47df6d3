"""Several terminals at once: each in a thread of its own, none in the way of another.

Owns: the file that names the places of a bench (docs/factory.md), and the threads.
Refuses: with UserError, two places with one address or serial number; what happens at a place is
its result. Units: seconds.
"""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steelyard.errors import BUG, INTERRUPTED, OK, USAGE, UserError
from steelyard.factory.toml_reading import Wrong, known, read_toml, text_of

_TERMINAL = {"address", "serial", "world", "handler"}
_LOOK_S = 0.1
_GOES_ON = "interrupted. The same command goes on where it was"


@dataclass(frozen=True)
class Place:
    """Where a terminal is, and who puts its loads on. serial: "" for the plan's next one."""

    address: str
    serial: str = ""
    world: str = ""
    handler: str = ""


@dataclass
class Result:
    """How it went at a place. code: as exit codes; why: "" or a sentence."""

    place: Place
    serial: str = ""
    code: int = OK
    why: str = ""
    trace: str = ""
    seconds: float = 0.0
    found: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path) -> list[Place]:
    """The places of a bench file; UserError."""
    try:
        data = read_toml(str(path), path.read_bytes())
    except OSError as error:
        raise UserError(USAGE, f"{path} cannot be read: {error.strerror}") from None
    try:
        known("the file", data, {"terminal"}, {"terminal"})
        rows = data["terminal"]
        if not isinstance(rows, list) or not rows:
            raise Wrong("it has no [[terminal]]")
        return [_place(number, row) for number, row in enumerate(rows, 1)]
    except Wrong as wrong:
        raise UserError(USAGE, f"{path}: {wrong}") from None


def _place(number: int, row: Any) -> Place:
    said = known(f"terminal {number}", row, _TERMINAL, {"address"})
    found = {name: text_of(f"terminal {number}: {name}", said[name]) for name in said}
    return Place(**found)


def check(places: Sequence[Place]) -> None:
    """UserError for places that cannot be served at once."""
    for name in ("address", "serial", "world", "handler"):
        said = [getattr(place, name) for place in places if getattr(place, name)]
        twice = sorted({one for one in said if said.count(one) > 1})
        if twice:
            raise UserError(USAGE, f"two terminals of the bench have one {name}: {twice[0]}")
    if len(places) > 1 and not all(place.world or place.handler for place in places):
        raise UserError(
            USAGE,
            "several terminals at once need a weight handler each (--handler, or a bench file):"
            " one person serves one",
        )


@contextmanager
def _ctrl_c(halt: threading.Event) -> Iterator[None]:
    """Ctrl-C halts them all, wherever it strikes; pressed again it is KeyboardInterrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is interrupted
        return

    def pressed(number: int, frame: object) -> None:
        if halt.is_set():
            raise KeyboardInterrupt
        halt.set()

    before = signal.signal(signal.SIGINT, pressed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run(
    places: Sequence[Place],
    serve: Callable[[Place, Result, threading.Event], Mapping[str, Any]],
    look: Callable[[Sequence[Result]], None] = lambda results: None,
) -> list[Result]:
    """Serve each place; their results, in order. Ctrl-C halts all of them, and waits for them;
    once more, and it does not wait.

    serve: raises UserError for what is wrong at its place. look: called ten times a second.
    """
    halt = threading.Event()
    results = [Result(place, place.serial) for place in places]

    def one(result: Result) -> None:
        began = time.monotonic()
        try:
            result.found = serve(result.place, result, halt)
        except UserError as error:
            result.code, result.why = error.exit_code, error.sentence
        except KeyboardInterrupt:
            result.code, result.why = INTERRUPTED, _GOES_ON
        except Exception as error:  # noqa: BLE001 - a fault here must not stop the others
            result.code = BUG
            result.why = f"this is a fault of the program ({type(error).__name__}: {error})"
            result.trace = traceback.format_exc()
        result.seconds = time.monotonic() - began

    threads = [threading.Thread(target=one, args=(result,), daemon=True) for result in results]
    with _ctrl_c(halt):
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads):
                look(results)
                time.sleep(_LOOK_S)
        except KeyboardInterrupt:
            for result, thread in zip(results, threads, strict=True):
                if thread.is_alive():
                    result.code, result.why = INTERRUPTED, _GOES_ON
        look(results)
    return results


def exit_code(results: Sequence[Result]) -> int:
    """That of the whole: OK if all are, else the worst: a fault, an interruption, a verdict."""
    codes = {result.code for result in results}
    for code in (BUG, INTERRUPTED):
        if code in codes:
            return code
    return min(codes - {OK}, default=OK)
