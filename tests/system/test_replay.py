"""`steelyard replay`: recorded counts through the firmware's weight path, and its figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cells import E_KG, PER_KG, ZERO, Scale
from command_line import CommandLine
from steelyard.errors import OK, USAGE
from steelyard.replay import PROFILES, replay
from steelyard.trace import Trace, make, save
from steelyard.weighing_vm import two_points
from steelyard_wire import codes
from terminals import Bench

DATA = Path(__file__).resolve().parents[1] / "data"
E = E_KG * PER_KG
# terminal.weighing.linearise: generation, zero, span, mantissa, exp10, unit, reference
CALIBRATION = two_points(1, ZERO, ZERO + round(10 * PER_KG), 10000, (-3, 1))


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(tmp_path / "home" / "steelyard.sqlite3")


def put_on(kg: float = 5.0, empty_s: float = 2.0, loaded_s: float = 6.0, **cell: float) -> Trace:
    """The empty scale, then a load on it."""
    scale = Scale(1, 80, **cell)
    scale.cell.place(kg, round(empty_s * 1e6))
    return scale.trace(empty_s + loaded_s)


def settled(
    trace: Trace, value: np.ndarray, final: float, band: float, begin_s: float = 2.0
) -> float:
    """Seconds after the hand began, by the definition of signal.md section 2."""
    outside = np.flatnonzero(~(np.abs(value - final) <= band) & (trace.times_ms >= begin_s * 1000))
    return float(trace.times_ms[outside[-1]]) / 1000 + 1 / 80 - begin_s


def test_each_profile_gives_the_load_in_its_own_time() -> None:
    # The means of the animal profile are over 3.4 s: before the load there must be as much.
    trace = put_on(empty_s=6.0, loaded_s=10.0, ring_hz=9.0, damping=0.05)
    found = replay(trace, PROFILES, {"ring_mhz": 8000, "noise": 400}, CALIBRATION, E)
    assert [one.profile for one in found] == list(PROFILES)
    for one in found:
        change = one.change
        assert change is not None
        assert change.size == pytest.approx(5.0 * PER_KG, rel=0.001)
        assert change.band == E / 2
        assert change.at_s == pytest.approx(6.0, abs=0.05)
        final = float(np.median(one.value[-100:]))
        expected = settled(trace, one.value, final, E / 2, 6.0)
        assert change.settle_s == pytest.approx(expected, abs=0.1), one.profile
        if change.stable_s is not None and one.profile != "animal":
            # What is called stable is right within the span of motion (0.25 e) and the 1/k's rest.
            assert change.error is not None and change.error < 0.6 * E
    times = {one.profile: one.change.settle_s for one in found if one.change}
    assert times["default"] < times["vibrating"] < times["animal"]


def test_faults_take_the_output_away_and_what_comes_before_the_window_is_nothing() -> None:
    trace = put_on()
    faults = trace.faults.copy()
    faults[400:440] = codes.FAULT_NO_DATA
    (found,) = replay(make(trace.counts, faults, trace.times_ms), ["default"], {}, CALIBRATION, E)
    assert np.isnan(found.value[:8]).all() and np.isnan(found.value[400:440]).all()
    assert np.isfinite(found.value[300:400]).all() and np.isfinite(found.value[-80:]).all()
    assert not found.stable[400:441].any()
    assert found.value[-1] == pytest.approx(ZERO + 5 * PER_KG, abs=E / 4)
    assert (found.fault[400:440] == codes.FAULT_NO_DATA).all()


def test_without_a_load_change_there_is_none() -> None:
    (found,) = replay(Scale(1, 80).trace(8), ["default"], {}, CALIBRATION, E)
    assert found.change is None and 0 < found.noise < 38


def test_a_recording_with_counts_only(user: CommandLine, tmp_path: Path) -> None:
    save(put_on(), tmp_path / "put.csv")
    said = user("replay", "put.csv", "--profile", "default", "--profile", "stiff", "--json")
    report = said.json()
    assert report["samples"] == 640 and report["rate_hz"] == pytest.approx(80, rel=0.002)
    assert list(report["profiles"]) == ["default", "stiff"]
    change = report["profiles"]["default"]["change"]
    assert change["size"] == pytest.approx(5 * PER_KG, rel=0.001)
    assert change["settle_s"] < 2 and report["plot"] == "put-replay.png"
    assert (tmp_path / "put-replay.png").read_bytes().startswith(b"\x89PNG")
    people = user("replay", "put.csv", "--from", "1", "--to", "6", "--plot", "one.svg")
    assert people.code == OK and "picture: one.svg" in people.out
    assert "of the change by +1.0" in people.out and "default" in people.out


def test_a_recording_as_a_terminal_would_have_weighed_it(
    bench: Bench, user: CommandLine, tmp_path: Path
) -> None:
    save(put_on(), tmp_path / "put.csv")
    said = user("replay", "put.csv", "--like", bench.simulator.pty, "--profile", "all")
    assert said.code == OK, said
    assert "of the change by +5.00" in said.out and "kg" in said.out
    assert "settled is within 0.5 e" in said.out
    for name in PROFILES:
        assert f" {name} " in said.out


def test_a_real_recording_of_sixteen_columns(user: CommandLine) -> None:
    file = DATA / "cie324-swing-hx711" / "LoadCellCalibrationData.txt"
    user("replay", file).refused(USAGE, "has 16 columns", "--column")
    found = json.loads(user("replay", file, "--column", "11", "--json").out)
    # SOURCE.md: weights of 10 lb, about 1000 counts each; noise of 75 to 110 counts
    change = found["profiles"]["default"]["change"]
    assert abs(change["size"]) == pytest.approx(10_000, rel=0.05)
    assert found["profiles"]["default"]["noise_counts"] < 75


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--profile", "magic"), "there are: default, ringing"),
        (("--set", "ring_mhz"), "say --set ring_mhz=9000"),
        (("--set", "colour=3"), "no parameter colour"),
        (("--set", "ring_mhz=999999"), "ring_mhz is 0.."),
        (("--from", "99"), "nothing lies there"),
        (("--plot", "x.doc"), "end it with .png"),
    ],
)
def test_a_wrong_usage_is_told(
    arguments: tuple[str, ...], words: str, user: CommandLine, tmp_path: Path
) -> None:
    save(put_on(), tmp_path / "put.csv")
    user("replay", "put.csv", *arguments).refused(USAGE, words)
