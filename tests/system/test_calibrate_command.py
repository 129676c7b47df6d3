"""`steelyard calibrate` on the running firmware: weights up and down, a line, the cell's papers,
another place, a second weight, the calibration before; and what is refused."""

from __future__ import annotations

import json
import threading

import pytest
from command_line import CommandLine
from steelyard.calibration import Work, calibrate_terminal, roll_back
from steelyard.errors import OK, REFUSED, USAGE, UserError
from steelyard_wire import codes
from terminals import Bench, Start


@pytest.fixture
def user(bench: Bench) -> CommandLine:
    """The user of the terminal of `bench`."""
    return CommandLine(bench.store.path)


def _hands(bench: Bench, wrong: float = 0.0):
    """Does what is asked for; the second weight is `wrong` kg heavier than it says."""

    def put(text: str) -> None:
        words = text.split()
        kilograms = next((float(word) for word in words if word[0].isdigit()), 0.0)
        if "second" in words:
            kilograms += wrong
        bench.load(f"place {kilograms:g} kg" if kilograms else "remove")

    return put


def _weights(*kilograms: str) -> tuple[tuple[str, str], ...]:
    return tuple((number, "kg") for number in kilograms)


def _weighed(bench: Bench, kilograms: float) -> str | None:
    bench.load(f"place {kilograms} kg")
    return bench.terminal.reading().value


def test_five_weights_up_and_down_follow_a_bent_cell(start: Start) -> None:
    bench = start("provisioned")
    # 2 e of curvature in the middle of the range: a straight line would show it.
    bench.world("cell nonlinearity 700 ppm")
    work = Work(
        weights=_weights("3.000", "6.000", "9.000", "12.000", "15.000"),
        down=True,
        check=("7.500", "kg"),
        reference="TEST set 3",
    )
    done = calibrate_terminal(bench.terminal, bench.store, work, _hands(bench))
    assert (done["method"], done["points"], done["generation"]) == ("segments", 6, 1)
    assert done["check"].startswith("7.500 kg: off by ") and done["check"].endswith(" allowed")
    assert len(done["errors"].split(",")) == 11
    for kilograms in (1.5, 4.5, 7.5, 13.5):
        assert _weighed(bench, kilograms) == f"{kilograms:.3f}"
    # The same with a line, whose errors are told.
    line = Work(weights=work.weights, line=True)
    done = calibrate_terminal(bench.terminal, bench.store, line, _hands(bench))
    assert (done["method"], done["points"], done["check"]) == ("line", 2, None)
    assert max(abs(float(error)) for error in done["errors"].split(",")) > 0.002


def test_a_second_weight_that_is_wrong_keeps_the_old_one(bench: Bench) -> None:
    before = bench.terminal.calibrate("STATUS")
    work = Work(weights=_weights("10.000"), check=("5.000", "kg"))
    with pytest.raises(UserError) as refused:
        calibrate_terminal(bench.terminal, bench.store, work, _hands(bench, wrong=0.02))
    assert refused.value.exit_code == REFUSED
    assert "5000 is off by 20" in str(refused.value) and "stays" in str(refused.value)
    assert bench.terminal.calibrate("STATUS") == before
    done = calibrate_terminal(bench.terminal, bench.store, work, _hands(bench))
    assert done["generation"] == 2
    # And back.
    done = roll_back(bench.terminal, bench.store)
    assert (done["generation"], done["restored"]) == (3, 1)
    now = bench.terminal.calibrate("STATUS")
    assert (now["points"], now["old"]) == (before["points"], "2")
    assert bench.refused("CAL", "CHECK", "5", "kg") == codes.CALIBRATION_ORDER


def test_a_weight_that_is_bumped_is_taken_when_it_has_come_to_rest(bench: Bench) -> None:
    work = Work(weights=_weights("10.000"))
    quiet = calibrate_terminal(bench.terminal, bench.store, work, _hands(bench))
    hands, refused = _hands(bench), []

    def bumped(text: str) -> None:
        hands(text)
        if "10.000" in text:
            bench.load_moves()
            refused.append(bench.refused("CAL", "SPAN", "10.000", "kg"))
            threading.Timer(1.0, bench.world, ("vibrate off",)).start()

    done = calibrate_terminal(bench.terminal, bench.store, work, bumped)
    assert refused == [codes.MOTION]
    # Half a kilogram of shaking; a tenth of e is a hundred counts.
    assert abs(done["span_counts"] - quiet["span_counts"]) < 100


def test_the_cells_papers_give_a_scale_that_is_nearly_right(start: Start) -> None:
    # The virtual cell has 2 mV/V at 20 kg; what it stands on is the zero.
    bench = start("provisioned")
    work = Work(cell=("2.0000", ("20", "kg")))
    done = calibrate_terminal(bench.terminal, bench.store, work, _hands(bench))
    assert done["method"] == "cell"
    value = _weighed(bench, 10.0)
    assert value is not None and abs(float(value) - 10) <= 0.05  # 0.5 %: the gain of the chip


def test_another_place_is_another_weight_and_needs_no_weights(bench: Bench) -> None:
    # From 9.80665 to a place with 0.1 % less: a mass of 10 kg presses like 9.990 here.
    assert _weighed(bench, 9.99) == "9.990"
    work = Work(keep=True, gravity=(980665, 979684))
    done = calibrate_terminal(bench.terminal, bench.store, work, _hands(bench))
    assert done["weight"] is None and done["points"] == 2
    assert bench.terminal.calibrate("STATUS")["gravity"] == "980665,979684"
    assert _weighed(bench, 9.99) == "10.000"


def test_the_commands_options_are_checked_before_anybody_carries_a_weight(
    bench: Bench, user: CommandLine
) -> None:
    port = bench.simulator.pty
    for words, says in (
        ((), "which weight"),
        (("--weight", "10kg", "--keep"), "which weight"),
        (("--weight", "10kg", "--fit", "cubic"), "segments or line"),
        (("--weight", "10kg", "--here", "30.27,10"), "belong together"),
        (("--weight", "10kg", "--here", "91,10", "--there", "25,1890"), "latitude"),
        (("--cell", "2mV/V"), "belong together"),
        (("--cell", "50mV/V", "--capacity", "20kg"), "sensitivity"),
        (("--weight", "10kg", "--weight", "5kg"), "smallest to the largest"),
    ):
        user("calibrate", port, *words).refused(USAGE, says)
    user("calibrate", port, "--rollback").refused(REFUSED, "Not calibrated", "before this one")
    said = user("calibrate", port, "--keep", "--here", "30.27,10", "--there", "25,1890", "--json")
    assert said.code == OK and json.loads(said.out)["generation"] == 2
    # metrology.md, 5.3: Kunming, 25.0 N 1890 m, has 9.78374.
    gravity = bench.terminal.calibrate("STATUS")["gravity"].split(",")
    assert len(gravity) == 2 and abs(int(gravity[1]) - 978374) <= 3
    said = user("calibrate", port, "--rollback")
    assert said.code == OK and "restored" in said.out and "signed and verified" in said.out


def test_a_scripted_calibration_with_a_check(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    for load, step, words in (
        ("remove", "begin", ()),
        ("remove", "zero", ()),
        ("place 5 kg", "span", ("--weight", "5kg")),
        ("place 15 kg", "span", ("--weight", "15kg")),
        ("place 15 kg", "fit", ("--fit", "line")),
        ("place 10 kg", "check", ("--weight", "10kg")),
    ):
        bench.load(load)
        done = user("calibrate", port, "--step", step, *words, "--json")
        assert done.code == OK, done.err
    assert abs(float(json.loads(done.out)["error"])) < 0.005
    done = user("calibrate", port, "--step", "commit", "--json")
    assert json.loads(done.out)["method"] == "line"
    assert bench.terminal.calibrate("STATUS")["check"].startswith("10.000,")


def test_a_commit_without_a_check_says_so(bench: Bench) -> None:
    bench.terminal.calibrate("BEGIN")
    bench.load("remove")
    bench.terminal.calibrate_when_still("ZERO")
    bench.load("place 15 kg")
    bench.terminal.calibrate_when_still("SPAN", "15", "kg")
    assert bench.refused("CAL", "COMMIT") == codes.CALIBRATION_ORDER
    assert bench.terminal.calibrate("COMMIT", "UNCHECKED")["generation"] == "2"
    assert bench.terminal.calibrate("STATUS")["check"] == "-"


def test_a_power_cut_keeps_the_old_one(bench: Bench) -> None:
    before = bench.terminal.calibrate("STATUS")
    bench.terminal.calibrate("BEGIN")
    bench.terminal.calibrate_when_still("ZERO")
    bench.world("cut power")
    bench.world("restore power")
    bench.terminal.wait_until_ready()
    assert bench.refused("CAL", "SPAN", "10", "kg") == codes.CALIBRATION_ORDER
    assert bench.terminal.calibrate("STATUS") == before
