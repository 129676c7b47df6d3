"""The service line over Wi-Fi and TCP, as protocol/README.md promises it to strangers.

What speaks here is `air`: sockets, crcmod and hmac. Board time is held or moved by `advance`, so
that nothing is measured against the clock of the machine that runs the tests.
"""

from __future__ import annotations

import base64

import pytest
import serial
from air import PSK, PSK_ENV, SSID, Air, checked, error, join
from steelyard.access import fetch, judge, opened
from steelyard_wire import codes, cose, record
from terminals import Bench, Start

SECRETS = " ".join(base64.b64encode(bytes(range(k, k + 32))).decode() for k in (0, 32))
OPEN = ("HELP", "ID", "STATUS", "READ", "FAULTS", "SESSION", "RECORDS", "RECORD 0", "CONFIG")
OPEN += ("TIME", "NETWORK")
KEYED = ("REGISTER", "ZERO", "TARE", "TARE CLEAR", "CAL BEGIN", "SET e 10", "SETTIME 1800000000")
KEYED += ("COMMISSION 1 9000 7800 50 387 290 80123 450", "WIFI CLEAR", "WIFI SET home 12345678")
KEYED += ("RESET",)


@pytest.fixture
def locked(start: Start, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A calibrated terminal in reach of a network with a key; its time is held."""
    monkeypatch.setenv(PSK_ENV, PSK)
    return start("calibrated", "--psk-env", PSK_ENV, speed="0")


@pytest.fixture
def held(start: Start) -> Bench:
    """A calibrated terminal in reach of an open network; its time is held."""
    return start("calibrated", speed="0")


def link_key(bench: Bench) -> bytes:
    found = bench.store.link_key(bench.terminal.identify().dev)
    assert found is not None and len(found) == 32
    return found


def samples(bench: Bench) -> tuple[int, int, int]:
    """Conversions that the chip has made, frames that the driver has read, losses that show."""
    status = bench.terminal.status()
    shown = int(status["gaps"]) + int(status["faults"]) + int(status["dropped"])
    return int(str(bench.simulator.state()["conversions"])), int(status["samples"]), shown


def weighs_on(bench: Bench, before: tuple[int, int, int]) -> None:
    """Every conversion since `before` was read, and there were some."""
    bench.world("advance 1 s")
    made, read, shown = (b - a for a, b in zip(before, samples(bench), strict=True))
    # One may have waited to be read when it was looked at.
    assert abs(made - read) <= 1 and read >= 80 and shown == 0


# --- who may do what ---------------------------------------------------------------------------


def test_open_commands_need_no_key_and_all_others_do(held: Bench) -> None:
    with Air(join(held)) as air:
        before = (held.terminal.records(), held.terminal.config(), held.terminal.network())
        for command in OPEN:
            assert error(air.ask(command)) == 0, command
        for command in KEYED:
            assert error(air.ask(command)) == codes.AUTH, command
        assert error(air.ask(f"PROVISION SY-9 {SECRETS}")) == codes.LEVEL
        after = (held.terminal.records(), held.terminal.config(), held.terminal.network())
        assert after == before


def test_before_provisioning_there_is_no_key_to_prove(start: Start) -> None:
    bench = start("new", speed="0")
    with Air(join(bench), bytes(32)) as air:
        assert error(air.do("ZERO")) == codes.NOT_PROVISIONED
        assert error(air.do(f"PROVISION SY-9 {SECRETS}")) == codes.LEVEL
    assert not bench.terminal.identify().provisioned


def test_a_weight_registered_over_the_air_is_verified_on_the_host(held: Bench) -> None:
    address = join(held)
    held.world("place 3 kg")
    held.world("advance 3 s")
    nonce = bytes(range(16))
    with opened(address, held.store) as (terminal, identity):
        n, envelope = terminal.register(nonce)
        report = judge(held.store, fetch(terminal, terminal.records()), allow_test=True)
    assert report.ok, report.failures
    fields = record.decode(cose.split(envelope).payload)
    assert (fields[record.N], fields[record.TYP], fields[record.NONCE]) == (n, 1, nonce)
    assert fields[record.VAL] == [3000, -3, 1]  # 3.000 kg, stable
    assert fields[record.ST] == codes.ST_STABLE
    assert held.store.records(identity.dev)[n] == envelope


def test_the_key_opens_user_and_service_commands_but_not_factory(held: Bench) -> None:
    with Air(join(held), link_key(held)) as air:
        assert error(air.do("ZERO")) == 0
        assert error(air.do("SET e 10")) == 0
        assert held.terminal.config()["e"] == "10"
        assert error(air.do(f"PROVISION SY-9 {SECRETS}")) == codes.LEVEL


def test_a_wrong_key_a_wrong_code_and_a_code_without_session_are_refused(held: Bench) -> None:
    address = join(held)
    key = link_key(held)
    with Air(address, bytes(31) + b"\x01") as air:
        assert error(air.do("ZERO")) == codes.AUTH
    with Air(address, key) as air:
        assert error(air.ask(air.signed("ZERO"))) == codes.AUTH  # no SESSION on this connection
        air.session()
        # A code for another command: the line is not what was signed.
        stolen = air.signed("ZERO").partition(" ~")[2].partition(" *")[0]
        assert error(air.ask(checked(f"@1 REGISTER ~{stolen}"))) == codes.AUTH
        assert error(air.do("ZERO")) == 0


def test_a_line_that_was_overheard_works_once(held: Bench) -> None:
    address = join(held)
    key = link_key(held)
    next_n = held.terminal.records().stop
    with Air(address, key) as air:
        air.session()
        overheard = air.signed("REGISTER")
        assert error(air.ask(overheard)) == 0
        assert error(air.ask(overheard)) == codes.AUTH  # the id was used
        held.world("advance 1 s")  # the flash was erased: the filter is filled anew
        later = air.signed("ZERO")
        assert error(air.ask(air.signed("ZERO"))) == 0
        assert error(air.ask(later)) == codes.AUTH  # a lower id than the last
        air.session()
        assert error(air.ask(overheard)) == codes.AUTH  # another nonce
        with Air(address, key) as thief:
            thief.session()
            assert error(thief.ask(overheard)) == codes.AUTH
            # The session belongs to the connection: with the victim's nonce nothing is gained.
            thief.nonce = air.nonce
            assert error(thief.ask(thief.signed("ZERO"))) == codes.AUTH
    assert held.terminal.records().stop == next_n + 1


# --- joining -----------------------------------------------------------------------------------


def test_with_the_wrong_psk_it_tries_again_with_growing_pauses(locked: Bench) -> None:
    # README section 5: an attempt takes 15 s, the pauses are 1, 2, 4, ... s, at most 60 s.
    due, pause = [0], 1
    while len(due) < 8:
        due.append(due[-1] + 15 + pause)
        pause = min(2 * pause, 60)
    assert due[-2:] == [153, 228]
    locked.terminal.set_wifi(SSID, "not the key at all")
    before = samples(locked)
    passed = 0.5
    locked.world("advance 500 ms")
    for attempts, at_s in enumerate(due[1:], 1):
        locked.world(f"advance {at_s - 0.5 - passed} s")
        assert locked.terminal.network()["attempts"] == str(attempts)
        assert locked.terminal.network()["state"] == "joining"
        locked.world("advance 1 s")
        passed = at_s + 0.5
    assert locked.terminal.network()["attempts"] == str(len(due))
    assert locked.simulator.state()["joined"] is False
    weighs_on(locked, before)
    # New credentials are tried at once, and the pauses begin anew.
    locked.terminal.set_wifi(SSID, "neither is this one")
    locked.world("advance 16500 ms")
    assert locked.terminal.network()["attempts"] == "2"
    join(locked, PSK)
    assert locked.terminal.network()["attempts"] == "1"


def test_nobody_gets_through_before_it_has_joined(locked: Bench) -> None:
    locked.terminal.set_wifi(SSID, "not the key at all")
    locked.world("advance 5 s")
    with Air(locked.simulator.service) as air:
        assert air.ended()
    with Air(join(locked, PSK)) as air:
        assert error(air.ask("ID")) == 0


def test_a_lost_access_point_is_found_again_unaided(held: Bench) -> None:
    address = join(held)
    before = samples(held)
    with Air(address) as air:
        assert error(air.ask("READ")) == 0
        held.world("fault wifi")
        assert air.ended()
    held.world("advance 20 s")
    network = held.terminal.network()
    assert (network["state"], network["address"]) == ("joining", "-")
    with Air(address) as air:
        assert air.ended()
    held.world("fault wifi off")
    # At the worst an attempt has just begun in vain: 15 s, a pause of 2 s, 1.5 s to join.
    held.world("advance 20 s")
    assert held.terminal.network()["state"] == "joined"
    with Air(address) as air:
        assert error(air.ask("READ")) == 0
    weighs_on(held, before)


def test_credentials_outlive_a_power_cut_and_a_clear_is_for_good(locked: Bench) -> None:
    address = join(locked, PSK)
    for outcome in ("joined", "off"):
        locked.world("cut power")
        locked.world("restore power")
        locked.terminal.wait_until_ready()
        locked.world("advance 5 s")
        network = locked.terminal.network()
        assert network["state"] == outcome
        with Air(address) as air:
            if outcome == "off":
                assert air.ended() and network["ssid"] == "-"
                continue
            assert error(air.ask("READ")) == 0 and network["ssid"] == SSID
            locked.terminal.clear_wifi()
            locked.world("advance 2 s")
            assert locked.terminal.network()["state"] == "off"
            assert air.ended()  # it has left the network


def test_damaged_credentials_are_none_and_the_scale_goes_on(held: Bench) -> None:
    join(held)
    held.world("speed max")
    held.run_on_board(
        "f = open('/state/wifi.cbor', 'r+b'); b = f.read(1); f.seek(0)\n"
        "f.write(bytes([b[0] ^ 1])); f.close()"
    )
    assert held.terminal.network()["state"] == "off"
    held.world("speed 0")
    join(held)


def test_the_psk_is_in_no_reply(locked: Bench) -> None:
    join(locked, PSK)
    address = locked.terminal.address
    locked.terminal.close()
    asked = [*OPEN, *(f"HELP {command.split()[0]}" for command in OPEN + KEYED)]
    asked += [f'WIFI SET {SSID} "{PSK}" more', f'WIFI SET "{PSK}', f'WIFI "{PSK}" a b']
    asked += [f'WIFI SET "{"x" * 33}" "{PSK}"', f'WIFI SET {SSID} "{PSK * 5}"', "CONFIG psk"]
    said = b""
    with serial.serial_for_url(address, timeout=30) as port:
        for line in asked:
            port.write(line.encode() + b"\r\n")
            said += port.read_until(b"\r\n")
    assert said.count(b"\r\n") == len(asked) and b"ERROR" in said
    assert PSK.encode() not in said and PSK.split()[1].encode() not in said
    with Air(locked.simulator.service) as air:
        assert PSK not in air.ask("NETWORK")
