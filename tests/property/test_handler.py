"""A weight handler on a real pseudo-terminal: what it is told, and every way it can answer.

Owns: the line of docs/factory.md against a machine that knows only that page. Units: kg, s.
"""

from __future__ import annotations

import os
import pty
import select
import threading
import tty
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction

import pytest
from steelyard.errors import NO_DEVICE, REFUSED, UserError
from steelyard.factory.hands import Handler


class Machine:
    """Answers each command with the next of some texts, after so many seconds; "ok" at last."""

    def __init__(self) -> None:
        self.ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self._theirs = theirs
        self.address = os.ttyname(theirs)
        self.told: list[str] = []
        self.answers: list[Sequence[tuple[float, bytes]]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        seen = b""
        with suppress(OSError):
            while not self._over.is_set():
                if not select.select([self.ours], [], [], 0.02)[0]:
                    continue
                seen += os.read(self.ours, 100)
                while b"\n" in seen:
                    line, _, seen = seen.partition(b"\n")
                    self.told.append(line.decode("ascii"))
                    for wait, said in self.answers.pop(0) if self.answers else [(0, b"ok\n")]:
                        self._over.wait(wait)
                        os.write(self.ours, said)

    def unplug(self) -> None:
        self._over.set()
        self._thread.join()  # or it would read from whatever gets the number of its end next
        for end in (self._theirs, self.ours):
            with suppress(OSError):
                os.close(end)


@pytest.fixture
def machine() -> Iterator[Machine]:
    made = Machine()
    yield made
    made.unplug()


def test_it_is_told_what_is_documented_and_leaves_the_platform_empty(machine: Machine) -> None:
    hands = Handler(machine.address, "kg", 5)
    hands.put(Fraction(5))
    hands.put(Fraction("0.125"), "front left", ("5", "2"))
    hands.put(Fraction(0), "back right")
    hands.fill(Fraction(10), ("material-1", "material-2"), Fraction(0))
    hands.fill(Fraction(10), ("material-1", "material-2"), Fraction("0.012"))
    hands.fill(Fraction(10), ("material-1", "material-2"), Fraction("-0.002"))
    hands.push(Fraction(5))
    hands.air(20)
    hands.air(-10)
    hands.let_go()
    assert machine.told == [
        "PUT 5 kg centre",
        "PUT 0.125 kg front-left 5 + 2",
        "REMOVE",
        "FILL 10 kg material-1 + material-2",
        "FILL +0.012 kg material-1 + material-2",
        "FILL -0.002 kg material-1 + material-2",
        "PUSH 5 kg",
        "AIR 20",
        "AIR -10",
        "REMOVE",
    ]


def test_busy_is_patience_and_nothing_else_is(machine: Machine) -> None:
    hands = Handler(machine.address, "kg", 0.6)
    machine.answers = [[(0.4, b"busy\n"), (0.4, b"busy\r\n"), (0.4, b"o"), (0.01, b"k\r\n")]]
    hands.put(Fraction(5))
    machine.answers = [[(0, b"error no weight of 5 kg here\n")]]
    with pytest.raises(UserError, match="'PUT 5 kg centre': no weight of 5 kg here") as refused:
        hands.put(Fraction(5))
    assert refused.value.exit_code == REFUSED
    for garbage in (b"\xff\xfe\n", b"OK?\n", b"error\n", b"okay\n"):
        machine.answers = [[(0, garbage)]]
        with pytest.raises(UserError, match="did not do 'REMOVE'"):
            hands.put(Fraction(0))
    machine.answers = [[], []]
    with pytest.raises(UserError, match="did not answer 'REMOVE'") as silent:
        hands.put(Fraction(0))
    assert silent.value.exit_code == NO_DEVICE
    hands.let_go()


def test_a_line_that_is_cut_is_said_so(machine: Machine) -> None:
    hands = Handler(machine.address, "kg", 1)
    machine.unplug()
    with pytest.raises(UserError, match="weight handler at .* is gone") as gone:
        hands.put(Fraction(5))
    assert gone.value.exit_code == NO_DEVICE
    hands.let_go()
