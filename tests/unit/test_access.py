"""Who may do more: tokens, digits and challenges (metrology.md 7.6, row C2)."""

import random
import sys

from check import raises, refused
from sealing_parts import (
    FACTORY,
    INSPECTOR,
    MAKER,
    SERVICE,
    UNLOCK_KEY,
    Pins,
    again,
    in_use,
    locked,
    opened,
    token_of,
    unlock,
)
from steelyard_wire import codes, commands, cose, record, statement
from steelyard_wire.codes import Refused
from storage import Scratch
from terminal import access, digits, sealing
from terminal_parts import calibrate, finish, load

_SEQUENCES = 300 if sys.implementation.name == "cpython" else 15
_MARKS = codes.ST_CAL_EXPIRED | codes.ST_CASE_OPEN


def _fields(terminal, n):
    return record.decode(cose.split(terminal.journal.get(n)).payload)


def test_C2_a_token_unlocks_one_lock_once_for_whoever_may():
    with Scratch() as folder:
        terminal, pins = locked(folder)
        repair = statement.REPAIR
        for wrong in (
            token_of(terminal, INSPECTOR, repair, "R-1"),  # not the inspector's to repair
            token_of(terminal, SERVICE, statement.INSPECTION),
            token_of(terminal, SERVICE, repair, "R-1", n=terminal.locks[sealing.AT] + 1),
            token_of(terminal, SERVICE, repair, "R-1", counter=2),
            token_of(terminal, SERVICE, repair, "R-1", dev=b"TEST\x00\x00\x00\x00"),
            token_of(terminal, MAKER, repair, "R-1"),
        ):
            refused(codes.STATEMENT, unlock, terminal, wrong)
        right = token_of(terminal, SERVICE, repair, "R-1", ["B1"])
        forged = bytearray(right)
        forged[-1] ^= 1
        refused(codes.STATEMENT, unlock, terminal, bytes(forged))
        refused(codes.WAIT, unlock, terminal, right)
        terminal.ticks.now += 10001
        n, _ = unlock(terminal, right)
        fields = _fields(terminal, n)
        assert fields[record.DATA] == {1: "REPAIR", 2: 0, 3: 1, 4: "R-1"}
        assert fields[record.WHO] == SERVICE.id and not pins.was_opened
        refused(codes.SEALED, unlock, terminal, right)
        terminal = again(folder, pins)
        load(terminal, 2000)
        assert terminal.weigher.reading.valid()
        pins.move(True)
        opened(terminal)
        refused(codes.STATEMENT, unlock, terminal, right)


def test_C2_an_open_case_locks_again():
    with Scratch() as folder:
        terminal, pins = locked(folder)
        pins.move(True)
        unlock(terminal, token_of(terminal, SERVICE, statement.REPAIR, "R-1"))
        terminal = again(folder, pins)
        opened(terminal)
        assert terminal.locks[sealing.COUNTER] == 2 and not terminal.weigher.reading.valid()


def _digits(terminal, kind, key=UNLOCK_KEY):
    lock = (terminal.locks[sealing.AT], terminal.locks[sealing.COUNTER])
    return statement.unlock_digits(key, terminal.identity.dev, *lock, kind)


def _type(terminal, digits, kind=statement.REPAIR, code="R-2"):
    return finish(access.unlock_by_digits_steps(terminal, (kind,), digits, code))


def test_C1_nothing_that_weighs_is_changed_while_it_is_locked():
    with Scratch() as folder:
        pins = Pins()
        terminal = in_use(folder, pins)
        calibrate(terminal, 5000)
        pins.move(True)
        opened(terminal)
        before = terminal.config.to_map(), terminal.generation()
        refused(codes.LOCKED, finish, terminal.change("set_parameter", "e", "10"))
        terminal.begin_calibration()
        refused(codes.LOCKED, finish, terminal.change("roll_back"))
        assert (terminal.config.to_map(), terminal.generation()) == before


def test_C2_twelve_digits_unlock_and_guesses_cost_time_also_across_starts():
    with Scratch() as folder:
        terminal, pins = locked(folder, UNLOCK_KEY)
        right = _digits(terminal, statement.REPAIR)
        assert len(right) == 12 and right.isdigit()
        refused(codes.ARGUMENT, _type, terminal, right[1:])
        wrong = str((int(right) + 1) % 10**12)
        wrong = "0" * (12 - len(wrong)) + wrong
        for _ in range(9):
            refused(codes.STATEMENT, _type, terminal, wrong)
            assert sealing.wait_s(terminal) == 0
        refused(codes.STATEMENT, _type, terminal, wrong)
        assert sealing.wait_s(terminal) == 60
        refused(codes.WAIT, _type, terminal, right)
        terminal = again(folder, pins)  # pulling the plug gains nothing
        assert sealing.wait_s(terminal) == 60
        terminal.ticks.now += 60001
        refused(codes.STATEMENT, _type, terminal, wrong)
        assert sealing.wait_s(terminal) == 120
        terminal.ticks.now += 120001
        # A year of guessing, an hour each in the end, against 10**12: under one in 10**8.
        assert sealing.pause_s(16) == sealing.pause_s(10**6) == 3600
        n, _ = _type(terminal, right)
        assert _fields(terminal, n)[record.DATA] == {1: "REPAIR", 2: 0, 3: 1, 4: "R-2"}
        assert terminal.locks[sealing.WRONG] == 0
        refused(codes.SEALED, _type, terminal, right)


def test_S12_sequences_of_keys_at_the_keypad_unlock_nothing():
    random.seed(26)
    with Scratch() as folder:
        terminal, _ = locked(folder, UNLOCK_KEY)
        entry = digits.Entry(terminal)
        before = dict(terminal.locks)
        looked = 0
        for number in range(_SEQUENCES):
            keys = "".join([random.choice("0123456789*") for _ in range(random.randrange(20))])
            if number % 2:
                keys = "**%06d%06d" % (random.randrange(10**6), random.randrange(10**6))
                keys += random.choice(("", "*2026", "*0"))
            for key in keys:
                assert entry.key(key) is None
            typed = entry.key("#")
            steps = access.unlock_by_keypad_steps(terminal, *typed)
            error = raises(Refused, finish, steps)
            assert error.code in (codes.ARGUMENT, codes.STATEMENT)
            looked += error.code == codes.STATEMENT
            terminal.ticks.now += 3600001  # the longest wait
            before[sealing.WRONG] = looked
            assert terminal.locks == before and terminal.alarm.locked == "CASE"
        assert looked >= _SEQUENCES // 2


def test_C2_digits_are_for_one_kind_one_lock_one_device():
    dev = b"TEST\x01\x02\x03\x04"
    made = [
        statement.unlock_digits(key, who, n, counter, kind)
        for key in (UNLOCK_KEY, bytes(32))
        for who in (dev, bytes(reversed(dev)))
        for n in (7, 8)
        for counter in (1, 2)
        for kind in (0, 1, 2)
    ]
    assert len(set(made)) == len(made)
    # HMAC-SHA-256 by `openssl dgst -mac HMAC`, see the vector in protocol/vectors/statement.json
    with Scratch() as folder:
        terminal, _ = locked(folder)
        refused(codes.STATEMENT, _type, terminal, "0" * 12)  # none was given at provisioning


def test_a_challenge_is_answered_once_by_a_key_of_the_level():
    with Scratch() as folder:
        terminal = in_use(folder)
        nonce = bytes(range(16))
        level = commands.SERVICE
        text = statement.challenge_text(terminal.identity.dev, nonce, level)
        proof = (level, SERVICE.id, nonce, SERVICE.sign(text))
        n, _ = finish(access.grant_steps(terminal, *proof))
        fields = _fields(terminal, n)
        assert fields[record.DATA] == {1: "GRANT SERVICE", 2: 0, 3: 0, 4: None}
        assert fields[record.WHO] == SERVICE.id
        for code, wrong in (
            (codes.AUTH, (level, SERVICE.id, b"", proof[3])),
            (codes.STATEMENT, (level, FACTORY.id, nonce, FACTORY.sign(text))),
            (codes.STATEMENT, (commands.FACTORY, SERVICE.id, nonce, proof[3])),
            (codes.STATEMENT, (level, SERVICE.id, bytes(16), proof[3])),
        ):
            refused(code, finish, access.grant_steps(terminal, *wrong))
        # The last one was looked at and was wrong: ten seconds.
        refused(codes.WAIT, finish, access.grant_steps(terminal, *proof))
        terminal.ticks.now += 10001
        finish(access.grant_steps(terminal, *proof))


def test_wrong_digits_do_not_hold_up_a_technician_with_a_key():
    with Scratch() as folder:
        terminal, _ = locked(folder, UNLOCK_KEY)
        for _ in range(16):
            terminal.ticks.now += 3600001
            refused(codes.STATEMENT, _type, terminal, "0" * 12)
        refused(codes.WAIT, _type, terminal, "0" * 12)
        unlock(terminal, token_of(terminal, SERVICE, statement.REPAIR, "R-3"))
