"""The keys zero, tare and print on the running firmware; a press is that of a finger (0.2 s)."""

from __future__ import annotations

import pytest
from steelyard_wire import codes, cose, record
from terminals import Bench, Start


@pytest.fixture
def held(start: Start) -> Bench:
    """A calibrated terminal whose time is held."""
    return start("calibrated", speed="0")


def rest(bench: Bench, command: str) -> None:
    bench.world(command)
    bench.world("advance 3 s")


def press(bench: Bench, key: str) -> None:
    bench.world(f"press {key}")
    # Signing takes 0.6 s; the erase behind it makes a gap, and the next weight at rest 0.9 s.
    bench.world("advance 2 s")


def test_print_registers_one_record_a_press(held: Bench) -> None:
    rest(held, "place 2 kg")
    first = held.terminal.records().stop
    for k in range(3):
        press(held, "print")
        assert held.terminal.records().stop == first + k + 1
    for n in range(first, first + 3):
        fields = record.decode(cose.split(held.terminal.record(n)).payload)
        assert (fields[record.TYP], fields[record.VAL]) == (1, [2000, -3, 1])
        assert record.NONCE not in fields


def test_a_held_key_comes_once_and_a_bounce_never(held: Bench) -> None:
    rest(held, "place 2 kg")
    first = held.terminal.records().stop
    held.world("press print 5 s")
    held.world("advance 7 s")
    assert held.terminal.records().stop == first + 1
    for _ in range(20):  # three polls with the key down, 10 ms apart, are a press
        held.world("press print 12 ms")
        held.world("advance 24 ms")
    held.world("advance 1 s")
    assert held.terminal.records().stop == first + 1


def test_zero_sets_zero_within_its_range_and_cancels_a_tare(held: Bench) -> None:
    rest(held, "place 40 g")
    assert held.terminal.reading().value == "0.040"
    press(held, "zero")
    assert held.terminal.reading().value == "0.000"
    rest(held, "place 1.04 kg")
    press(held, "zero")  # 2 % of 15 kg are 0.3 kg
    assert held.terminal.reading().value == "1.000"
    rest(held, "place 60 g")
    press(held, "tare")
    press(held, "zero")
    reading = held.terminal.reading()
    assert (reading.value, reading.gross) == ("0.000", "0.000") and "NET" not in reading.flags


def test_tare_takes_the_load_as_tare(held: Bench) -> None:
    rest(held, "place 1 kg")
    press(held, "tare")
    reading = held.terminal.reading()
    assert (reading.net, reading.tare, reading.gross) == ("0.000", "1.000", "1.000")
    rest(held, "place 3.5 kg")
    press(held, "print")
    fields = record.decode(cose.split(held.terminal.record(held.terminal.records()[-1])).payload)
    assert fields[record.VAL] == [2500, -3, 1] and fields[record.TARE] == [1000, -3, 0]


def test_what_a_command_is_refused_a_key_is_refused(held: Bench) -> None:
    rest(held, "remove")
    press(held, "tare")  # nothing is on it
    assert "NET" not in held.terminal.reading().flags
    first = held.terminal.records().stop
    held.world("vibrate 500 g 1.5 Hz")
    held.world("advance 1 s")
    for key in ("print", "zero", "tare"):
        press(held, key)
    held.world("vibrate off")
    rest(held, "place 16 kg")
    press(held, "print")
    assert held.refused("REGISTER") == codes.OVERLOAD
    rest(held, "place 2 kg")
    assert held.terminal.reading().value == "2.000"
    assert held.terminal.records().stop == first


def test_keys_of_a_bare_terminal_do_nothing(start: Start) -> None:
    bench = start("new", speed="0")
    bench.world("advance 2 s")
    for key in ("print", "zero", "tare"):
        press(bench, key)
    assert bench.terminal.identify().state == "bare"
    assert bench.terminal.records() == range(0)
