"""One terminal on its way through the factory: what is known of it, and what it is done with.

Owns: what the steps share. Refuses: nothing; the steps do.
Units: as the plan (product.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from steelyard.access import opened
from steelyard.client import Identity, Terminal
from steelyard.factory.instrument import Hands
from steelyard.factory.loading import Loading
from steelyard.factory.product import Product
from steelyard.factory.runs import Run
from steelyard.keys.issuing import Desk
from steelyard.store import Store
from steelyard.transcript import add_line

T = TypeVar("T")
# What is told while work goes on: the step, how far it is (0 to 1), and words.
Told = Callable[[str, float, str], None]


class Halted(KeyboardInterrupt):
    """Somebody pressed Ctrl-C for all of them."""


@dataclass
class Work:
    """See above. hands: opens whoever puts loads on, and may be asked for a load once more (True);
    desk: the station, one for all terminals.

    found: what earlier steps found, by step; folder: for the files of this run.
    """

    address: str
    product: Product
    store: Store
    run: Run
    folder: Path
    desk: Desk
    hands: Callable[[Terminal, Loading | None, bool], AbstractContextManager[Hands]]
    operator: str
    told: Told
    halt: threading.Event = field(default_factory=threading.Event)
    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    step: str = ""

    @property
    def serial(self) -> str:
        """The serial number that it gets, or has."""
        return self.run.serial

    @property
    def transcript(self) -> Path:
        """All lines of all steps."""
        return self.folder / "transcript.txt"

    def note(self, text: str) -> None:
        """A line of the transcript that did not go over the terminal's service line."""
        add_line(self.transcript, f"# {text}")

    def look(self) -> None:
        """Halted if somebody pressed Ctrl-C."""
        if self.halt.is_set():
            raise Halted

    def say(self, share: float, words: str) -> None:
        """How far the step is; Halted if somebody pressed Ctrl-C meanwhile."""
        self.look()
        self.told(self.step, min(share, 0.99), words)

    @contextmanager
    def terminal(self) -> Iterator[tuple[Terminal, Identity]]:
        """The terminal, with a transcript."""
        with opened(self.address, self.store, self.transcript) as (terminal, identity):
            terminal.link.look = self.look
            yield terminal, identity

    @contextmanager
    def handled(
        self, terminal: Terminal, loading: Loading | None = None, back: bool = False
    ) -> Iterator[Hands]:
        """Hands that stop when everything stops. loading: the weights that they take. back:
        whether somebody may go back a load."""
        with self.hands(terminal, loading, back) as hands:
            yield _Halting(hands, self.halt)


class _Halting:
    """Hands that look for Ctrl-C before each thing they do."""

    def __init__(self, hands: Hands, halt: threading.Event) -> None:
        self._hands = hands
        self._halt = halt

    def _look(self) -> Hands:
        if self._halt.is_set():
            raise Halted
        return self._hands

    def put(self, load: Fraction, place: str = "centre", pieces: Sequence[str] = ()) -> None:
        """See instrument.Hands."""
        self._look().put(load, place, pieces)

    def fill(self, load: Fraction, heaps: Sequence[str], more: Fraction) -> None:
        """See instrument.Hands."""
        self._look().fill(load, heaps, more)

    def push(self, load: Fraction) -> None:
        """See instrument.Hands."""
        self._look().push(load)

    def wait(self, seconds: float) -> None:
        """See instrument.Hands."""
        self._look().wait(seconds)

    def passing(self, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""
        return self._look().passing(seconds, action)

    def meanwhile(self, load: Fraction, seconds: float, action: Callable[[], T]) -> T:
        """See instrument.Hands."""
        return self._look().meanwhile(load, seconds, action)

    def air(self, celsius: float) -> None:
        """See instrument.Hands."""
        self._look().air(celsius)

    def look(self, what: Sequence[str]) -> list[str]:
        """See instrument.Hands."""
        return self._look().look(what)

    def told(self, why: str) -> bool:
        """See instrument.Hands."""
        return self._look().told(why)

    def let_go(self) -> None:
        """Whoever opened them does that."""
