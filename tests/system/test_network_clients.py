"""Clients that the service port has to bear: gone, silent, loud, deaf, and one too many."""

from __future__ import annotations

import random
import time

import pytest
from air import Air, at, error, join
from steelyard.access import fetch, judge
from steelyard.errors import NoDevice
from steelyard_wire import codes, record
from terminals import Bench, Start


@pytest.fixture
def held(start: Start) -> Bench:
    """A calibrated terminal whose time is held."""
    return start("calibrated", speed="0")


def served(bench: Bench, address: str) -> None:
    """Console, network and weighing are as they were: no conversion was lost since this begins."""
    before = bench.terminal.status(), bench.simulator.state()
    with Air(address) as air:
        assert air.ask("READ").startswith("OK value=0.000 unit=kg ")
    bench.world("advance 1 s")
    after = bench.terminal.status(), bench.simulator.state()
    read = int(after[0]["samples"]) - int(before[0]["samples"])
    made = int(str(after[1]["conversions"])) - int(str(before[1]["conversions"]))
    # One that ended in the last moment may not have been read when the time stood still again.
    assert made >= 80 and abs(read - made) <= 1
    for name in ("gaps", "faults", "dropped", "n"):
        assert after[0][name] == before[0][name], name


def test_a_connection_that_breaks_in_the_middle_of_a_line_leaves_nothing(held: Bench) -> None:
    address = join(held)
    for half in (b"@1 REG", b"ZE", b'WIFI SET "', b"\xff\xfe", b"Z" * 511):
        with at(address) as line:
            line.sendall(half)
        with Air(address) as air:
            assert error(air.ask("RECORDS")) == 0
    served(held, address)


def test_a_client_that_resets_the_connection_frees_its_place(held: Bench) -> None:
    address = join(held)
    for _ in range(5):
        line = at(address)
        line.setsockopt(1, 13, b"\x01\x00\x00\x00\x00\x00\x00\x00")  # SO_LINGER 0: close is a RST
        line.sendall(b"RECORD 0\r\nRECORD 0\r\n")
        line.close()
    served(held, address)


def test_two_clients_at_a_time_and_a_third_is_told(held: Bench) -> None:
    address = join(held)
    with Air(address) as one, Air(address) as two:
        for air in (one, two, one):
            assert error(air.ask("READ")) == 0
        with Air(address) as third:
            assert error(third.reply()) == codes.BUSY
            assert third.ended()
        assert held.terminal.reading().value == "0.000"
        for air in (two, one):
            assert error(air.ask("ID")) == 0


def test_after_a_minute_of_silence_a_client_gives_way(held: Bench) -> None:
    # README section 1: a third takes the place of one that has sent nothing for 60 s.
    address = join(held)
    with Air(address) as silent, Air(address) as busy:
        assert error(silent.ask("READ")) == error(busy.ask("READ")) == 0
        held.world("advance 58 s")
        assert error(busy.ask("READ")) == 0
        with Air(address) as early:
            assert error(early.reply()) == codes.BUSY
        held.world("advance 3 s")
        with Air(address) as third:
            assert error(third.ask("READ")) == 0
            assert silent.ended()
            assert error(busy.ask("READ")) == 0
    served(held, address)


def test_a_client_that_says_nothing_stops_nobody(held: Bench) -> None:
    address = join(held)
    with at(address):
        served(held, address)


def test_garbage_is_answered_or_dropped_and_stops_nobody(held: Bench) -> None:
    address = join(held)
    noise = random.Random(7)
    with Air(address) as loud:
        loud.line.sendall(bytes(noise.randrange(256) for _ in range(8192)) + b"\r\n")
        served(held, address)
        loud.send("@999999999 RECORDS")
        while not (answer := loud.reply()).startswith("@999999999 "):
            assert error(answer) in (codes.SYNTAX, codes.LINE_TOO_LONG, codes.UNKNOWN_COMMAND)
        assert error(answer) == 0


def test_a_client_that_never_reads_stops_nobody(held: Bench) -> None:
    address = join(held)
    with at(address, receive_buffer=2048) as deaf:
        deaf.sendall(b"RECORD 0\r\n" * 1500)  # half a megabyte of replies
        for _ in range(3):
            served(held, address)
        with at(address, receive_buffer=2048) as other:
            other.sendall(b"RECORD 0\r\n" * 1500)
            held.world("advance 61 s")
            served(held, address)  # the deaf ones give way like silent ones
    served(held, address)


def test_two_who_register_at_once_leave_a_whole_journal(held: Bench) -> None:
    address = join(held)
    held.world("place 3 kg")
    held.world("advance 3 s")
    key = held.store.link_key(held.terminal.identify().dev)
    assert key
    with Air(address, key) as one, Air(address, key) as two:
        one.session()
        two.session()
        done = 0
        for _ in range(5):
            for air in (one, two):
                air.send(air.signed("REGISTER"))
            results = [error(air.reply()) for air in (one, two)]
            # Whoever comes while the other signs, or just after the flash was erased, is told.
            assert 0 in results and set(results) <= {0, codes.BUSY, codes.NOT_READY}
            done += results.count(0)
            held.world("advance 1 s")
    report = judge(held.store, fetch(held.terminal, held.terminal.records()), allow_test=True)
    assert report.ok, report.failures
    assert sum(fields[record.TYP] == 1 for fields in report.records) == done


def test_what_nobody_reads_on_the_console_stops_nobody(held: Bench) -> None:
    address = join(held)
    console = held.terminal.address
    held.terminal.close()
    with at(console, receive_buffer=2048) as deaf:
        deaf.sendall(b"z" * 100000 + b"\r\n" + b"RECORD 0\r\n" * 500)
        with Air(address) as air:
            for _ in range(20):
                assert error(air.ask("READ")) == 0
    # The end of the deaf one is found when the terminal has read all that it had sent.
    until = time.monotonic() + 60
    while True:
        held.terminal = type(held.terminal)(console)
        try:
            held.terminal.identify()
            break
        except NoDevice:
            assert time.monotonic() < until
            held.terminal.close()
            time.sleep(0.2)
    served(held, address)
