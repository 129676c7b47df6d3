"""`steelyard provision --plan` cut off at one step after the other, in one terminal's life.

Ctrl-C on a screen with two terminals, a cable that is pulled, Backspace and Ctrl-C of somebody at
the scale, Ctrl-C while time is held, a full disk, a power cut. Each is told in a
sentence, and the same command goes on. A killed program is in test_factory.py.
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cable import Cable
from command_line import Said
from company import line
from disk import fill_for
from hands_at_scale import Screen
from steelyard.errors import INTERRUPTED, NO_DEVICE, OK, USAGE
from steelyard.factory import flow
from steelyard.store import Store
from steelyard.virtual import prepare_virtual
from terminals import VirtualTerminal
from works import Works, wait_for

STEPS = [step.name for step in flow.STEPS]
CTRL_C, BACKSPACE, ENTER = "\x03", "\x08", "\r"
GOES_ON = "the same command goes on"
Program = subprocess.Popen[str]


class Life:
    """A terminal on its way, whose cable can be pulled."""

    def __init__(self, works: Works, board: VirtualTerminal, cable: Cable) -> None:
        self.works, self.board, self.cable = works, board, cable
        self.planned = ("provision", cable.address, "--plan", works.plan)
        self.in_world = ("--world", board.addresses["world"])

    def transcript(self) -> str:
        """What went over the line; of what came no further than the flash there is less."""
        found = self.works.folder.glob("runs/*/transcript.txt")
        return max((one.read_text() for one in found), key=len, default="")

    def cut_off(self, mark: str, how: Callable[[Program], object]) -> Said:
        """What the command says, cut off when this is in its transcript."""
        user = self.works.user
        assert mark not in self.transcript()
        with user.started(*self.planned, *self.in_world) as program:
            wait_for(self.works, program, mark)
            how(program)
            return user.ended(program)

    def screen(self, *more: object) -> Screen:
        """The command on a screen; the loads that it asks for are put on."""

        def place(load: str, where: str) -> None:
            self.board.world(f"place {load} kg {where}" if load else "remove")

        return Screen([*self.planned, *more], self.works.user.environment, place)


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    works = Works(tmp_path)
    # One language is enough, and no filter: somebody at the scale cannot hurry its load change.
    plan = works.plan.read_text().replace(', "zh"', "")
    works.plan.write_text(plan.replace('[commission]\nload = "7 kg"\n', ""))
    prepare_virtual(works.path("bare.flash"))  # that a board is flashed is tried elsewhere
    with works.board() as board, Cable(board.console) as cable:
        yield Life(works, board, cable)


def test_whatever_cuts_it_off_the_same_command_goes_on(life: Life) -> None:
    _ctrl_c_with_two_on_a_screen(life)
    said = life.cut_off("# step calibrate", lambda program: life.cable.pull())
    said.refused(NO_DEVICE, "the connection", "Check the cable", "the same command")
    life.cable.put_in()
    _somebody_at_the_scale(life)

    # While time is held for the loads; it passes again afterwards.
    said = life.cut_off(" EXTEND", lambda program: program.send_signal(signal.SIGINT))
    said.refused(INTERRUPTED, "interrupted in the step test", GOES_ON)
    assert life.board.state()["speed"] == 4

    size = len(life.transcript()) + 1000
    said = life.cut_off("# step report", lambda program: fill_for(program.pid, size))
    said.refused(USAGE, "free space", GOES_ON, "step report")
    said = life.cut_off(" SEAL ~", lambda program: life.board.world("cut power"))
    said.refused(NO_DEVICE, "does it have power", f"{GOES_ON} with the step seal")
    life.board.world("restore power")

    screen = life.screen()
    assert screen.serve() == OK, screen.seen[-3000:]
    assert screen.is_tidy and "sealed and verified" in screen.out
    _is_whole(life)


def _ctrl_c_with_two_on_a_screen(life: Life) -> None:
    works = life.works
    with works.board("another") as other:  # whose flash takes longer than the rest of this
        more = (other.console, *life.in_world, "--world", other.addresses["world"])
        screen = life.screen(*more)
        assert screen.serve(_press_at("certify", CTRL_C)) == INTERRUPTED, screen.seen
    assert screen.is_tidy
    told = " ".join((screen.seen + screen.out).split())
    assert "interrupted in the step flash. What was done before it is kept" in told
    assert "Traceback" not in told and "goes on with that step" in told


def _press_at(words: str, *keys: str) -> Callable[[Screen, str], None]:
    """Presses the keys when these words are on the screen, once."""
    left = list(keys)

    def react(screen: Screen, new: str) -> None:
        if words in new:
            while left:
                screen.press(left.pop(0))

    return react


def _somebody_at_the_scale(life: Life) -> None:
    """Backspace among the loads, then Ctrl-C."""
    screen = life.screen()
    react = _Calibrates(keys={"Put 10 kg": BACKSPACE, "Put 15 kg": CTRL_C})
    assert screen.serve(react) == INTERRUPTED, screen.seen[-2000:]
    assert screen.is_tidy and react.asked.count("Put 5 kg") == 2
    told = " ".join(screen.seen.split())
    assert "interrupted in the step calibrate" in told and GOES_ON in told
    assert "calibrate: begins" in told and "begin again" not in told


class _Calibrates:
    """Says by Enter that a load lies there. keys: pressed instead, once, for a load."""

    def __init__(self, keys: dict[str, str]) -> None:
        self._keys = dict(keys)
        self._shown = ""
        self.asked: list[str] = []

    def __call__(self, screen: Screen, new: str) -> None:
        if screen.asked == self._shown or "Enter when it" not in new:
            return
        self._shown = screen.asked
        load = next((one for one in self._keys if screen.asked.startswith(one)), "")
        self.asked.append(" ".join(screen.asked.split()[:3]))
        screen.rest()
        screen.press(self._keys.pop(load, ENTER))


def _is_whole(life: Life) -> None:
    """One number, one key, one statement, one calibration; nothing of it is torn."""
    works = life.works
    with contextlib.closing(Store(works.folder / "kept.sqlite3")) as store:
        ((dev, entry),) = store.registry().items()
        (run,) = store.runs(entry.serial)
        assert run.dev == dev and run.state == "done"
        assert {one.name: one.state for one in store.steps(run.id)} == dict.fromkeys(STEPS, "done")
    log = line(works.keys("log", works.path("works.log")))
    assert "device statement 1" in log and "device statement 2" not in log
    told = works.user("history", entry.serial, "--json").json()["history"]
    (made,) = [one["detail"] for one in told if one["kind"] == "calibration"]
    assert made.startswith("generation 1,")
    assert works.user("audit", entry.serial, "--allow-test").code == OK
    for text in life.transcript().splitlines():
        assert text.startswith("# ") or text.split()[1] in ("<", ">"), text
