"""`steelyard commission` on a virtual terminal: hands that move a load, what is then in force."""

from __future__ import annotations

import builtins
import threading
from pathlib import Path

import pytest
from command_line import CommandLine
from steelyard.errors import INTERRUPTED, OK, REFUSED, USAGE
from steelyard.samples import load
from steelyard_wire import cose, record
from terminals import Bench, Start

SPEED = 8.0  # board seconds in a real one


class Hands:
    """Presses Enter, and moves the load three seconds of board time later."""

    def __init__(self, bench: Bench, *commands: str) -> None:
        self._bench = bench
        self._commands = list(commands)
        self.asked = 0

    def __call__(self, _: str = "") -> str:
        self.asked += 1
        command = self._commands.pop(0)
        if command:
            threading.Timer(3 / SPEED, self._bench.world, (command,)).start()
        return ""


def rings(bench: Bench, ring: str) -> CommandLine:
    """A user of a terminal whose platform stands on these springs."""
    bench.world(f"ring {ring}")
    bench.world("advance 2 s")
    bench.world(f"speed {SPEED}")
    return CommandLine(bench.store.path)


@pytest.mark.parametrize(
    ("ring", "hertz", "damping"), [("9 Hz 0.05 20 kg", 9.0, 0.05), ("4 Hz 0.05 20 kg", 4.0, 0.05)]
)
def test_a_commissioning_from_the_hands_to_the_record(
    ring: str, hertz: float, damping: float, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = rings(bench, ring)
    port = bench.simulator.pty
    hands = Hands(bench, "place 7 kg", "remove")
    monkeypatch.setattr(builtins, "input", hands)
    said = user("commission", port, "--json", "--keep", bench.folder)
    assert "have a load of 5 kg or more at hand" in said.err  # a third of 15 kg
    assert "Put it on NOW" in said.err and "Take it off NOW" in said.err
    found = said.json()
    assert found["ring_hz"] == pytest.approx(hertz, rel=0.02)
    assert found["ring_max_hz"] == pytest.approx(hertz / (1 + 15 / 20) ** 0.5, rel=0.03)
    assert found["damping"] == pytest.approx(damping, rel=0.1)
    assert found["rate_hz"] == pytest.approx(80, rel=0.002)
    assert found["load_share"] == pytest.approx(7 / 15, rel=0.01)
    assert 30 < found["noise_counts"] < 50  # 90 nV are 38.7 counts
    assert abs(found["zero_away"]) < 0.001
    assert found["settling_s"]["default"] is None or found["expected_settling_s"] is not None
    # In force, recorded once, verified; the calibration stays.
    config = bench.terminal.config()
    assert int(config["ring_mhz"]) == round(found["ring_hz"] * 1000)
    assert int(config["noise"]) == pytest.approx(found["noise_counts"] * 10, abs=1)
    assert found["record"] == bench.terminal.records().stop - 1
    fields = record.decode(cose.split(bench.terminal.record(found["record"])).payload)
    data = fields[record.DATA]
    names = ("profile", "ring_mhz", "ring_max_mhz", "damping", "noise")
    names += ("noise_floor", "rate_mhz", "settle_ms")
    assert data == {
        1: "commission",
        2: "0 0 0 0 0 0 0 0",
        3: " ".join(config[name] for name in names),
    }
    assert int(config["settle_ms"]) == round(found["expected_settling_s"] * 1000)
    status = user("status", port)
    assert f"{found['expected_settling_s']:g} s expected" in status.out
    assert found["profile"] in status.out and "steelyard commission" not in status.out
    assert bench.terminal.identify().calibration == 1
    assert user("verify", port, "--allow-test").code == OK
    # What was kept can be replayed, and the scale weighs with its new filter.
    assert load(bench.folder / "put-on.csv").rate_hz == pytest.approx(80, rel=0.002)
    assert len(load(bench.folder / "take-off.csv")) > 900
    bench.world("speed max")
    bench.world("advance 5 s")
    assert user("doctor", port, "--plot", bench.folder / "doctor.png").code == OK
    bench.load("place 3 kg")
    assert bench.terminal.reading().value == "3.000"


def test_a_floor_that_shakes_and_then_stands_still(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # 1 e of vibration; e is 5 g.
    user = rings(bench, "60 Hz 0.5 20 kg")
    bench.world("vibrate 5 g 13 Hz")
    monkeypatch.setattr(builtins, "input", Hands(bench, "place 7 kg", "remove"))
    found = user("commission", bench.simulator.pty, "--json").json()
    assert found["expected_settling_s"] == min(found["settling_s"].values())
    assert 30 < found["noise_floor_counts"] < 50 < found["noise_counts"]  # 90 nV are 38.7 counts
    bench.world("speed max")
    for floor in ("vibrate off", "vibrate 5 g 13 Hz", "vibrate 5 g 17 Hz", "vibrate off"):
        bench.world(floor)
        bench.world("advance 20 s")
        assert bench.terminal.wait_stable().value == "0.000", floor
    faults = bench.terminal.faults()
    assert faults["QUIET"] == faults["NOISY"] == "0"


def test_a_change_that_does_not_come_is_asked_for_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = rings(bench, "60 Hz 0.5 20 kg")
    hands = Hands(bench, "", "place 7 kg", "remove")
    monkeypatch.setattr(builtins, "input", hands)
    records = bench.terminal.records()
    said = user("commission", bench.simulator.pty, "--look", "--seconds", "8")
    assert said.code == OK and hands.asked == 3
    assert "no load change was seen. Once more" in said.err
    assert "does not ring visibly" in said.out and "only looked at" in said.out
    assert "stiff (chosen)" in said.out and "settles in 0." in said.out
    assert bench.terminal.records() == records and bench.terminal.config()["noise"] == "0"


def test_a_platform_that_is_not_empty_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = rings(bench, "60 Hz 0.5 20 kg")
    bench.world("place 0.4 kg")  # a tray; the terminal was calibrated with 10 kg
    bench.world("advance 20 s")
    hands = Hands(bench, "place 7.4 kg", "place 0.4 kg")
    monkeypatch.setattr(builtins, "input", hands)
    said = user("commission", bench.simulator.pty, "--look", "--seconds", "8")
    assert said.code == OK and "+4.0% of the calibration's weight away" in said.out
    assert "Was the platform empty?" in said.out


def test_three_times_nothing_is_the_end(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    said = user("commission", bench.simulator.pty, "--yes", "--seconds", "8")
    said.refused(REFUSED, "no usable load change in 3 attempts", "as it was", "steelyard doctor")
    assert said.err.count("Put it on NOW") == 3


def test_who_cannot_or_will_not_press_enter(bench: Bench) -> None:
    user = CommandLine(bench.store.path)
    port = bench.simulator.pty
    user("commission", port).refused(USAGE, "nobody can press Enter", "--yes")
    user("commission", port, typed="q\n").refused(INTERRUPTED, "given up; the terminal is as it")
    user("commission", port, "--profile", "magic").refused(USAGE, "there are: default, ringing")
    user("commission", port, "--keep", "missing").refused(USAGE, "no folder missing")


def test_what_must_be_there_before(start: Start, tmp_path: Path) -> None:
    for state, words in (("new", "steelyard provision"), ("provisioned", "steelyard calibrate")):
        bench = start(state)
        user = CommandLine(bench.store.path)
        user("commission", bench.simulator.pty, "--yes").refused(REFUSED, words)
