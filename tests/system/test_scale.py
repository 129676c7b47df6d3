"""`steelyard scale`: classes and ranges on a virtual terminal, in words and in what it weighs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from command_line import CommandLine
from steelyard.errors import REFUSED
from steelyard_wire import cose, record
from terminals import Bench


@pytest.fixture
def user(bench: Bench) -> CommandLine:
    """Who provisioned the terminal of `bench`."""
    return CommandLine(bench.store.path)


def test_what_scale_it_is_in_words(bench: Bench, user: CommandLine) -> None:
    said = user("scale", bench.simulator.pty).out
    # boards/virtual.py: 15 kg in steps of 5 g. Table 3: 20 e; Table 6: 0.5, 1, 1.5 e to 500 e ...
    for words in (
        "III",
        "single range",
        "0.100 kg",
        "0.005 kg, n = 3000",
        "0.0025 kg to 2.500 kg",
    ):
        assert words in said
    assert "0.0075 kg to 15.000 kg" in " ".join(said.split())


def test_a_multi_interval_scale_weighs_in_the_interval_of_the_load(
    bench: Bench, user: CommandLine
) -> None:
    port = bench.simulator.pty
    ranges = ("--range", "3kg/1g", "--range", "6kg/2g", "--range", "15kg/5g")
    before = bench.terminal.reading().n
    found = user("scale", port, *ranges, "--json").json()
    assert [found[name] for name in ("max_1", "e_1", "max_2", "e_2", "max", "e")] == [
        *("3000", "1", "6000", "2", "15000", "5")
    ]
    envelope = bench.terminal.record(before)
    data = record.decode(cose.split(envelope).payload)[record.DATA]
    assert data[1] == "scale" and data[3] == "3 0 1 -3 15000 5 0 3000 1 6000 2"
    # A cell of class "good" may be 2 g off, whatever the interval; the figures are not.
    for load, d in (("2.3814", 1), ("4.3816", 2), ("9.3811", 5), ("2.3814", 1)):
        bench.load(f"place {load} kg")
        reading = bench.terminal.reading()
        assert reading.net is not None and reading.d == f"0.00{d}"
        assert int(Decimal(reading.net) * 1000) % d == 0
        assert abs(Decimal(reading.net) - Decimal(load)) <= Decimal("0.002") + Decimal(d) / 2000


def test_what_the_law_does_not_know_is_refused_and_changes_nothing(
    bench: Bench, user: CommandLine
) -> None:
    port = bench.simulator.pty
    before = bench.terminal.config(), bench.terminal.reading().n
    for words, reason in (
        ("--range 15kg/1g", "n is 15000, class III has 100..10000 (Table 3)"),
        ("--range 15kg/3g", "e is 1, 2 or 5 times a power of ten"),
        ("--range 0.9kg/1g --range 15kg/2g", "less than 500 times 2 (Table 4)"),
        ("--range 6kg/2g --range 3kg/5g", "larger Max and e than the one before"),
        ("--min 99g", "Min is 100 at least"),
        ("--class IIII", "n is 3000, class IIII has 100..1000"),
    ):
        user("scale", port, *words.split()).refused(REFUSED, reason)
    after = bench.terminal.config(), bench.terminal.reading().n
    assert after == before
    # What one class refuses another has: 15 kg in steps of 1 g.
    said = user("scale", port, "--class", "II", "--range", "15kg/1g").out
    assert "n = 15000" in said and "0.050 kg" in said


def test_a_calibration_holds_the_unit_and_its_figures(bench: Bench, user: CommandLine) -> None:
    port = bench.simulator.pty
    said = user("scale", port, "--class", "II", "--range", "3kg/0.1g")
    said.refused(REFUSED, "the calibration is in another unit")
    assert bench.terminal.config()["exp10"] == "-3"
