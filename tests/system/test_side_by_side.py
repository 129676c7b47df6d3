"""Several `steelyard sim` at once: each its own world; the seed decides what is random in it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from air import at
from steelyard.client import Terminal
from terminals import Start

STEELYARD = Path(sys.executable).with_name("steelyard")
SCRIPT = ("place 3 kg", "vibrate 2 g", "temperature 30", "vibrate off", "temperature 20")
SCRIPT += ("place 7.5 kg",)


class Sim:
    """One `steelyard sim`, as a user has it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        text = ""
        while not text.endswith("}\n"):
            line = process.stdout.readline()
            assert line, "it ended at once"
            text += line
        self.addresses: dict[str, str] = json.loads(text)
        self._world = at(self.addresses["world"])
        self._answers = self._world.makefile("r")
        self.terminal = Terminal(self.addresses["console"])
        self.terminal.wait_until_ready()

    def world(self, command: str) -> str:
        self._world.sendall(command.encode() + b"\n")
        answer = self._answers.readline()
        assert answer.startswith("ok"), answer
        return answer[3:]

    def advance_to(self, seconds: float) -> None:
        """Let board time come to this moment: the start takes a random time, for the signature."""
        now = float(json.loads(self.world("state"))["time_s"])
        self.world(f"advance {seconds - now:.6f} s")

    def close(self) -> None:
        self.terminal.close()
        self._answers.close()
        self._world.close()


@contextmanager
def sim(flash: Path, *options: str) -> Iterator[Sim]:
    command = [str(STEELYARD), "sim", "--json", "--flash", str(flash), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        found = Sim(process)
        yield found
        found.close()
    finally:
        process.terminate()
        process.wait(20)
        if process.stdout:
            process.stdout.close()


def play(one: Sim, number: int) -> list[object]:
    """A part of the script: what the terminal showed every 50 ms."""
    one.advance_to(10 + 2 * number)
    one.world(SCRIPT[number])
    shown: list[object] = []
    for k in range(20):
        one.advance_to(10 + 2 * number + (k + 1) / 20)
        reading = one.terminal.reading()
        shown += [reading.fine, reading.flags]
    shown.append(json.loads(one.world("state"))["conversions"])
    return shown


def test_the_same_seed_gives_the_same_readings_and_another_others(
    states: Path, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        sims = []
        for name, seed in (("a", 7), ("b", 7), ("c", 8)):
            shutil.copy(states / "calibrated" / "flash.bin", tmp_path / name)
            options = ("--seed", str(seed), "--speed", "0")
            sims.append(stack.enter_context(sim(tmp_path / name, *options)))
        assert len({address for one in sims for address in one.addresses.values()}) == 15
        for number in range(len(SCRIPT)):
            first, same, other = (play(one, number) for one in sims)
            assert first == same
            assert first != other
        for one in sims:  # the same load on each, but for the noise
            one.world("advance 3 s")
            reading = one.terminal.reading()
            assert (reading.value, reading.stable) == ("7.500", True)
        # None stands for another: what one has weighed, it has alone.
        sims[1].world("remove")
        sims[1].world("advance 3 s")
        n, _ = sims[0].terminal.register()
        assert [one.terminal.records().stop - n for one in sims] == [1, 0, 0]
        assert [one.terminal.reading().gross for one in sims[1:]] == ["0.000", "7.500"]


def test_the_highest_speed_is_faster_than_real_time(start: Start) -> None:
    # The yardstick is a terminal at the speed of real time beside it.
    slow, fast = start("calibrated", speed="1"), start("calibrated", speed="max")
    before = [float(str(bench.simulator.state()["time_s"])) for bench in (slow, fast)]
    fast.world("advance 60 s")
    after = [float(str(bench.simulator.state()["time_s"])) for bench in (slow, fast)]
    passed = [b - a for a, b in zip(before, after, strict=True)]
    assert passed[1] >= 60
    assert passed[0] < passed[1]
