"""`steelyard test`: virtual cells that should pass and cells that must fail, each as it should.

The virtual terminals have an HX711 at 10 samples a second, and time is held but for what the test
asks: half an hour of creep takes a minute. Which cells are bad: metrology.md, 7.1.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest
from command_line import CommandLine
from steelyard import soldered
from steelyard.calibration import Work, calibrate_terminal
from steelyard.errors import OK, USAGE, VERDICT
from steelyard.factory import plan as plans
from steelyard.factory.hands import Simulated
from steelyard.factory.instrument import Instrument
from steelyard.factory.loading import Loading
from steelyard.factory.loads import loads
from steelyard.factory.measurement import Judged, Measurement, Scale
from steelyard.factory.recompute import recompute
from steelyard.factory.test_record import PASSED, PhaseRecord
from steelyard.factory.testing import Surroundings, carry_out
from steelyard.provisioning import provision_terminal
from steelyard.simulator import World
from steelyard.store import Store
from steelyard.virtual import prepare_virtual
from terminals import SERIAL, Bench
from works import weights


def begin(folder: Path, *cell: str) -> Bench:
    """A scale of 15 kg / 5 g on a cell like this, calibrated with 15 kg."""
    prepare_virtual(folder / "flash.bin", soldered.virtual_board(soldered.converter("hx711", 10)))
    Store(folder / "kept.sqlite3").close()
    bench = Bench(folder, "--rate", "10")
    for command in cell:
        bench.world(command)

    def put(text: str) -> None:
        bench.world("place 15 kg" if "weight" in text else "remove")
        bench.world("advance 6 s")

    provision_terminal(bench.terminal, bench.store, SERIAL)
    calibrate_terminal(bench.terminal, bench.store, Work((("15", "kg"),)), put)
    return bench


class Sloppy(Simulated):
    """Somebody who never puts a load down twice in the same way; sigma in kg."""

    def __init__(self, world: World, sigma: float) -> None:
        super().__init__(world, "kg")
        self._chance = random.Random(76)
        self._sigma = sigma
        self._off = Fraction(0)
        self._before = Fraction(0)

    def put(self, load: Fraction, place: str = "centre", pieces: Sequence[str] = ()) -> None:
        if abs(load - self._before) > Fraction(1, 10):  # not the small weights beside it
            self._off = Fraction(round(self._chance.gauss(0, self._sigma) * 1e6), 10**6)
        self._before = load
        super().put(load + self._off if load > Fraction(1, 10) else load, place)


def instrument(bench: Bench, sigma: float = 0.0) -> Instrument:
    world = World(bench.simulator.addresses["world"])
    return Instrument(bench.terminal, Sloppy(world, sigma) if sigma else Simulated(world, "kg"))


class Tried:
    """A phase that was carried out."""

    def __init__(self, scale: Scale, phase: PhaseRecord) -> None:
        self.name = phase.name
        self.why = phase.why
        self.passed = phase.outcome(scale) == PASSED
        self.rows: list[tuple[Measurement, Judged]] = [
            (one, one.judged(scale)) for one in phase.measurements
        ]

    def values(self, start: str) -> list[float]:
        """The values of the measurements whose names begin so."""
        return [float(judged.value) for one, judged in self.rows if one.name.startswith(start)]

    @property
    def failed(self) -> set[str]:
        """The measurements that failed."""
        return {one.name for one, judged in self.rows if not judged.passed}

    def failures(self, start: str) -> int:
        """How many of those that begin so failed."""
        return sum(name.startswith(start) for name in self.failed)


def run(it: Instrument, names: list[str]) -> list[Tried]:
    """These phases of the type test."""
    record = carry_out(plans.load("r76-type").only(names), it, Surroundings())
    return [Tried(record.scale, phase) for phase in record.phases]


def tried(folder: Path, name: str, *cell: str, sigma: float = 0.0) -> Tried:
    """One phase on such a cell."""
    with begin(folder, *cell) as bench:
        (section,) = run(instrument(bench, sigma), [name])
    return section


def test_W2_a_straight_cell_weighs_right_up_and_down(tmp_path: Path) -> None:
    section = tried(tmp_path, "weighing", "cell nonlinearity 100 ppm")
    assert section.passed
    assert len(section.values("up")) >= 10 and len(section.values("down")) >= 9


@pytest.mark.parametrize("cell", ["nonlinearity 1000 ppm", "nonlinearity -1000 ppm"])
def test_W2_a_bent_cell_fails(tmp_path: Path, cell: str) -> None:
    # Half way the parabola is 0.5625 of that off the line to 15 kg: 11.25 g, where 5 g may be.
    section = tried(tmp_path, "weighing", f"cell {cell}")
    assert not section.passed and section.failures("up") and section.failures("down")
    worst = max(map(abs, section.values("")))
    assert worst == pytest.approx(0.01125, abs=0.002)


def test_W2_a_cell_with_hysteresis_fails_on_the_way_down(tmp_path: Path) -> None:
    section = tried(tmp_path, "weighing", "cell hysteresis 1000 ppm")
    assert section.failures("down") == len(section.failed) > 0


def test_W4_what_differs_from_time_to_time_by_a_fifth_of_e_passes(tmp_path: Path) -> None:
    section = tried(tmp_path, "repeatability", sigma=0.001)
    assert section.passed
    spreads = section.values("spread")
    assert len(spreads) == 2 and all(0.001 <= spread <= 0.005 for spread in spreads)


def test_W4_what_differs_by_one_and_a_half_e_fails(tmp_path: Path) -> None:
    section = tried(tmp_path, "repeatability", sigma=0.0075)
    assert section.failures("spread")


def test_W5_a_good_platform_passes_at_each_place(tmp_path: Path) -> None:
    section = tried(tmp_path, "eccentricity", "cell corner 200 ppm")
    assert section.passed and len(section.rows) == 10


def test_W5_one_bad_corner_is_reported_and_not_averaged(tmp_path: Path) -> None:
    # 2000 ppm of 5 kg are 10 g, where 5 g may be; the opposite corner has as much the other way.
    section = tried(tmp_path, "eccentricity", "cell corner 2000 ppm")
    assert section.failed == {"front left", "back right"}
    assert section.values("front left") == [pytest.approx(0.010, abs=0.001)]
    assert section.values("back right") == [pytest.approx(-0.010, abs=0.001)]


def test_W6_one_and_a_half_tenths_more_than_d_shows(tmp_path: Path) -> None:
    # With the weights of the docs: what is added in tenths of d no set has to make.
    (tmp_path / "weights.toml").write_text(weights())
    with begin(tmp_path) as bench:
        it = instrument(bench)
        loading = Loading.of_file(tmp_path / "weights.toml", it.scale)
        (section,) = run(Instrument(it.terminal, it.hands, loading=loading), ["discrimination"])
    assert section.passed, section.why
    assert [one.raw["pieces"] for one, _ in section.rows][0] == "100 g"


def test_W6_a_display_with_a_dead_band_fails(tmp_path: Path) -> None:
    with begin(tmp_path) as bench:
        bench.before_main(
            "import terminal.weighing.weigher as w\n"
            "old = w.rounded; last = [0]\n"
            "def held(fine, e):\n"
            "    if abs(fine - last[0]) > 180 * e: last[0] = fine\n"
            "    return old(last[0], e)\n"
            "w.rounded = held\n"
        )
        (section,) = run(instrument(bench), ["discrimination"])
        assert not section.passed


def test_W7_a_cell_that_hardly_creeps_passes(tmp_path: Path) -> None:
    # 0.3 e of 5 g are 100 ppm of 15 kg.
    assert tried(tmp_path, "creep", "cell creep 100 ppm").passed


def test_W7_a_cell_that_creeps_fails_loaded_and_when_it_is_gone(tmp_path: Path) -> None:
    # 400 ppm of 15 kg are 6 g in half an hour; 0.5 e are 2.5 g.
    section = tried(tmp_path, "creep", "cell creep 400 ppm")
    assert {"30 min", "zero return"} <= section.failed


def test_W8_a_cell_that_hardly_feels_the_heat_passes(tmp_path: Path) -> None:
    assert tried(tmp_path, "temperature").passed


def test_W8_span_and_zero_that_follow_the_temperature_fail(tmp_path: Path) -> None:
    # 60 ppm in a kelvin are 18 g of 15 kg in 20; zero by 20 kg * 60 ppm * 5 K = 6 g in 5, where
    # one e is allowed.
    cell = ("cell span 60 ppm", "cell zero 60 ppm")
    section = tried(tmp_path, "temperature", *cell)
    assert {"2: zero at 40", "3: zero at -10"} <= section.failed
    failed = "\n".join(section.failed)
    assert " at 40" in failed and " at -10" in failed and "1: " not in failed


def test_W9_a_scale_that_is_warm_at_once_passes_and_one_that_drifts_does_not(
    tmp_path: Path,
) -> None:
    with begin(tmp_path, "cell zero 100 ppm") as bench:
        (good,) = run(instrument(bench), ["warm-up"])
        assert good.passed, good.why
        # It comes in from the cold: 15 kelvin move the zero of 20 kg by 30 g in half an hour.
        bench.world("temperature 5 now")
        bench.world("advance 5 min")
        bench.world("temperature 20")
        (cold,) = run(instrument(bench), ["warm-up"])
    assert {"zero at 15 min", "zero at 30 min"} <= cold.failed
    assert not cold.failures("load at 0")


def test_a_good_scale_passes_the_sections_that_need_no_patience(tmp_path: Path) -> None:
    with begin(tmp_path) as bench:
        sections = run(instrument(bench), ["zero", "tare", "stability"])
    assert [section.name for section in sections] == ["zero", "tare", "stability"]
    assert all(section.passed for section in sections)
    assert [one.name for one, _ in sections[2].rows if "printed" in one.name] == [
        f"{run} printed" for run in range(1, 6)
    ]


def test_the_loads_are_those_of_the_standard(tmp_path: Path) -> None:
    with begin(tmp_path) as bench:
        found = [float(load) for load in loads(instrument(bench).scale, 10)]
    # Min, 500 e, 2000 e and Max - 5 e; ten at least, all in whole intervals.
    assert {0.1, 2.5, 10.0, 14.975} <= set(found) and len(found) >= 10
    assert all(round(load * 1000) % 5 == 0 for load in found) and found == sorted(found)


def test_the_command_says_what_it_found_and_keeps_it(tmp_path: Path) -> None:
    with begin(tmp_path, "cell corner 2000 ppm") as bench:
        user = CommandLine(bench.store.path)
        port, world = bench.simulator.pty, bench.simulator.addresses["world"]
        user("test", port, "--plan", "nothing").refused(USAGE, *plans.built_in())
        names = [one.name for one in plans.load("r76-type").phases]
        user("test", port, "--only", "nothing").refused(USAGE, *names)
        user("test", port, "--world", "socket://127.0.0.1:1").refused(3, "no world")
        report = tmp_path / "report.json"
        bench.world("speed 20")
        said = user("test", port, "--world", world, "--only", "zero", "--save", report)
        assert said.code == OK and "zero (R 76-1, 4.5.2, A.4.2): passed" in said.out
        assert bench.simulator.state()["speed"] == 20  # as it was, not held
        kept = json.loads(report.read_text())
        (zero,) = kept["phases"][0]["measurements"]
        # A quarter of 5 g, and a fifth as the factory's own limit.
        assert kept["passed"] and (zero["high"], zero["guard_high"]) == ("0.00125", "0.001")
        assert recompute(report.read_text()).equal
        said = user("test", port, "--world", world, "--only", "eccentricity")
        assert said.code == VERDICT and "FAILED" in said.out and "front left" in said.out
        # By hand, and nobody is there.
        user("test", port, "--only", "zero", typed="").refused(USAGE, "nobody can press Enter")
