"""A sealed terminal: no prompt, no command above its level, a lock that only a key opens."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
import sealing
import serial
from steelyard.errors import DeviceRefused
from steelyard.verify import verify
from steelyard_wire import codes, commands, cose, record, statement
from steelyard_wire.auth import operator_id
from steelyard_wire.commands import COMMANDS, OPERATOR, USER
from terminals import FLIP_IN_PACK, Bench


def _types(bench: Bench) -> list[str]:
    envelopes = [bench.terminal.record(n) for n in bench.terminal.records()]
    report = verify(envelopes, bench.store.registry(), allow_test=True)
    assert report.ok, report
    return [record.type_name(fields[record.TYP]) for fields in report.records]


def test_from_the_bench_to_a_verified_terminal_and_through_a_repair(sealed: Bench) -> None:
    bench = sealed
    assert bench.terminal.identify().sealed
    assert bench.terminal.seals()["verification"] == "NONE"
    assert "CAL_EXPIRED" in bench.terminal.reading().flags
    sealing.verify(bench)
    assert bench.terminal.seals()["verification"] == "VALID"
    bench.load("place 2 kg")
    assert "CAL_EXPIRED" not in bench.terminal.reading().flags
    bench.terminal.register()
    # The lid, while nothing feeds it.
    bench.world("cut power")
    bench.world("open case")
    bench.world("close case")
    bench.world("restore power")
    sealing.started(bench)
    bench.world("advance 2 s")
    reading = bench.terminal.reading()
    assert reading.value is None and "CASE_OPEN" in reading.flags
    assert bench.refused("REGISTER") == codes.LOCKED
    found = bench.terminal.seals()
    assert (found["locked"], found["lock"], found["latch"]) == ("1", "1", "1")
    wrong = sealing.token(bench, commands.INSPECTOR, statement.REPAIR, "R-1")
    assert bench.refused("UNLOCK", sealing.text(wrong)) == codes.STATEMENT
    right = sealing.token(bench, commands.SERVICE, statement.REPAIR, "R-1")
    bench.terminal.unlock(right)
    sealing.started(bench)
    assert bench.refused("UNLOCK", sealing.text(right)) == codes.SEALED
    found = bench.terminal.seals()
    assert (found["locked"], found["repair"], found["verification"]) == ("0", "R-1", "OPENED")
    bench.terminal.wait_stable()
    sealing.verify(bench, 2)
    assert bench.terminal.seals()["verification"] == "VALID"
    bench.load("place 2 kg")
    bench.terminal.register()
    assert [typ for typ in _types(bench) if typ in ("CASE", "LOCK")] == [
        "LOCK",  # sealed
        "LOCK",  # a grant, to see the calibration
        "CASE",
        "LOCK",  # the repair
        "LOCK",
    ]


# What a person with a terminal program, an editor for boards or mpremote sends.
_OPENERS = (b"\x03", b"\x03\x03\x03", b"\r\x03\r\x01", b"\x01", b"\x02", b"\x04", b"\x05A\x01")


def _faults(bench: Bench) -> list[str]:
    envelopes = [bench.terminal.record(n) for n in bench.terminal.records()]
    report = verify(envelopes, bench.store.registry(), allow_test=True)
    found = [fields for fields in report.records if fields[record.TYP] == record.FAULT]
    return [str(fields[record.DATA][1]) for fields in found]


def test_S9_nothing_on_the_console_opens_a_prompt(sealed: Bench) -> None:
    bench = sealed
    boot = bench.terminal.status()["boot"]
    bench.load("place 2 kg")
    bench.terminal.close()
    said = b""
    with serial.serial_for_url(bench.simulator.console, timeout=0.3) as port:
        for opener in _OPENERS:
            port.write(opener)
            said += port.read(4096)
            port.write(b"print(6*7)\r\x04")
            said += port.read(4096)
    for mark in (b">>>", b"raw REPL", b"MPY:", b"42", b"Traceback", b"KeyboardInterrupt"):
        assert mark not in said, said
    command = [sys.executable, "-m", "mpremote", "connect", bench.simulator.pty]
    with subprocess.Popen([*command, "exec", "print(6*7)"], stdout=subprocess.PIPE) as tried:
        try:
            got, _ = tried.communicate(timeout=12)
        except subprocess.TimeoutExpired:  # it waits for a prompt that never comes
            tried.kill()
            got, _ = tried.communicate()
    assert tried.returncode != 0 and b"42" not in got
    bench.terminal = bench._ready()
    bench.world("advance 3 s")
    # It neither stopped nor started anew, it weighs, and it says that somebody tried.
    assert bench.terminal.status()["boot"] == boot
    assert bench.terminal.reading().value == "2.000"
    assert "CONSOLE" in _faults(bench)


def test_S9_a_flood_of_ctrl_c_across_starts_opens_nothing(sealed: Bench) -> None:
    bench = sealed
    bench.terminal.close()
    said = b""
    with serial.serial_for_url(bench.simulator.console, timeout=0.05) as port:
        for _ in range(3):
            bench.world("cut power")
            bench.world("restore power")
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                port.write(b"\x03" * 16 + b"\x01\x04")
                said += port.read(4096)
        port.write(b"\x15\r\n")
        time.sleep(1)
        said += port.read(65536)
    for mark in (b">>>", b"raw REPL", b"Traceback", b"KeyboardInterrupt"):
        assert mark not in said, said[-2000:]
    bench.terminal = bench._ready()
    assert bench.terminal.identify().sealed


# Arguments with which a command would act, were it allowed.
_ARGUMENTS = {
    "CAL": ("BEGIN",),
    "CONVERTER": ("TEST",),
    "SET": ("mains_hz", "60"),
    "COMMISSION": ("1", "9000", "7800", "50", "387", "290", "80123", "450"),
    "SETTIME": ("1800000000",),
    "WIFI": ("CLEAR",),
    "PROVISION": ("SN-2", "A" * 43 + "=", "A" * 43 + "="),
    "RETIRE": ("-", "broken"),
    "UNSEAL": ("why not",),
    "UPDATE": ("STATUS",),
}
# Every setter of a legal parameter (row S5): all go through SET or COMMISSION or CAL.
_SETTERS = ("class", "unit", "max", "e", "zero_range", "tracking", "profile", "motion_ms")


def test_S5_no_command_above_the_users_acts_without_a_key(sealed: Bench) -> None:
    bench = sealed
    before = bench.terminal.config(), bench.terminal.identify()
    count = bench.terminal.records().stop
    bench.terminal.link.set_key(None)
    for name, level, _, _, _ in COMMANDS:
        if level > USER:
            code = bench.refused(name, *_ARGUMENTS.get(name, ()))
            assert code == (codes.AUTH if level == OPERATOR else codes.LEVEL), name
    for name in _SETTERS:
        assert bench.refused("SET", name, "1") == codes.LEVEL
    assert (bench.terminal.config(), bench.terminal.identify()) == before
    bench.world("advance 3 s")
    assert "ACCESS" in _faults(bench)
    new = [bench.terminal.record(n) for n in range(count, bench.terminal.records().stop)]
    types = verify(new, bench.store.registry(), allow_test=True).records
    assert {fields[record.TYP] for fields in types} == {record.FAULT}


def test_a_grant_is_for_one_link_one_level_and_is_told_with_its_key(sealed: Bench) -> None:
    bench = sealed
    key = sealing.LEVELS[commands.SERVICE]
    sealing.grant(bench, commands.SERVICE)
    n = bench.terminal.set_parameter("mains_hz", "60")
    envelopes = [bench.terminal.record(k) for k in (n - 1, n)]
    granted, changed = verify(envelopes, bench.store.registry(), allow_test=True).records
    assert granted[record.DATA] == {1: "GRANT SERVICE", 2: 0, 3: 0, 4: None}
    assert granted[record.WHO] == changed[record.WHO] == key.id
    assert changed[record.DATA] == {1: "mains_hz", 2: 50, 3: 60}
    assert bench.refused("UNSEAL", "more than service may") == codes.LEVEL
    bench.terminal.leave()
    assert bench.refused("SET", "mains_hz", "50") == codes.LEVEL
    # The same proof again, and one for a challenge that nobody asked for.
    nonce = bytes.fromhex(bench.terminal.link.command("CHALLENGE").values["nonce"])
    dev = bench.terminal.identify().dev
    proof = key.sign(statement.challenge_text(dev, nonce, commands.SERVICE))
    words = ("SERVICE", key.id.hex(), sealing.text(proof))
    bench.terminal.link.command("GRANT", *words, changes=True, timeout=30)
    assert bench.refused("GRANT", *words) == codes.AUTH
    bench.terminal.leave()
    with pytest.raises(DeviceRefused) as refused:
        bench.terminal.grant(dev, commands.FACTORY, key.id, key.sign)
    assert refused.value.code == codes.STATEMENT
    # Ten minutes without use end it.
    sealing.grant(bench, commands.SERVICE)
    bench.world("advance 601 s")
    assert bench.refused("SET", "mains_hz", "50") == codes.LEVEL


def test_S2_code_that_changes_on_the_flash_locks(sealed: Bench) -> None:
    bench = sealed
    sealing.grant(bench, commands.FACTORY)
    bench.terminal.unseal("to hurt its code")
    bench.terminal.await_start()
    bench.run_on_board(
        FLIP_IN_PACK.format("/terminal/links/stream.mpy", 40)
        + "from terminal.evidence import settings\n"
        "from terminal.drivers.files import Files\n"
        "lock = settings.load(Files('/state'), 'lock')\n"
        "lock[8] = 1\n"  # as if it were sealed with the code as it was
        "settings.save(Files('/state'), 'lock', lock)\n"
    )
    bench.world("advance 3 s")
    assert bench.terminal.status()["alarm"] == "CODE"
    reading = bench.terminal.reading()
    assert reading.value is None and "LOCKED" in reading.flags


def test_C2_twelve_digits_typed_at_the_keypad_unlock(sealed: Bench) -> None:
    bench = sealed
    dev = bench.terminal.identify().dev
    secret = bench.store.unlock_key(dev)
    assert secret is not None
    for kind, code in ((statement.REPAIR, "2026"), (statement.INSPECTION, "")):
        bench.world("open case")
        bench.world("close case")
        bench.world("advance 3 s")
        found = bench.terminal.seals()
        assert found["locked"] == "1"
        lock = int(found["n"]), int(found["lock"])
        digits = statement.unlock_digits(secret, dev, *lock, kind)
        # Begun and given up; for another purpose; right.
        other = statement.unlock_digits(secret, dev, *lock, statement.REPAIR)
        for typed in ("12**", f"{'1' * 12 if code else other}#"):
            bench.world(f"type {typed}")
            bench.world("advance 4 s")
        assert bench.terminal.seals()["locked"] == "1"
        keys = f"{digits}*{code}#" if code else f"{digits}#"
        boot = int(bench.terminal.status()["boot"])
        bench.world(f"type {keys}")
        bench.world("advance 4 s")
        sealing.started(bench)
        assert int(bench.terminal.status()["boot"]) == boot + 1
        found = bench.terminal.seals()
        assert (found["locked"], found["latch"], found["repair"]) == ("0", "0", "2026")
    last = [bench.terminal.record(n) for n in bench.terminal.records()][-2]
    fields = record.decode(cose.split(last).payload)
    assert fields[record.DATA] == {1: "VERIFICATION", 2: record.UNLOCKED, 3: 2, 4: None}
    assert fields[record.WHO] == operator_id(secret)
