"""Seal, lock and verification (metrology.md 7.4 and 7.6, rows S5, S6, C1 to C3, C5, C6)."""

import sys

from check import refused
from sealing_parts import (
    BODY,
    HOLDERS,
    NOW,
    SERVICE,
    UNLOCK_KEY,
    YEAR_S,
    Key,
    Pins,
    again,
    by_one,
    by_several,
    in_use,
    locked,
    opened,
    root,
    sealed,
    station,
    take,
    token_of,
    trusted_stations,
    unlock,
    verified,
    verify,
)
from steelyard_wire import codes, cose, record, statement
from steelyard_wire.codes import Refused
from storage import Scratch
from terminal import access, sealing
from terminal_parts import calibrate, finish, load, provisioned

# 1000 as row S6 asks; in the VMs, whose signatures take longer, fewer.
CHANGES = 1000 if sys.implementation.name == "cpython" else 20
_MARKS = codes.ST_CAL_EXPIRED | codes.ST_CASE_OPEN


def _fields(terminal, n):
    return record.decode(cose.split(terminal.journal.get(n)).payload)


def _newest(terminal):
    return _fields(terminal, terminal.journal.next_n - 1)


def _state(terminal):
    return sealing.verification(terminal)[0]


def test_sealing_needs_everything_and_is_a_record():
    with Scratch() as folder:
        terminal = provisioned(folder)
        refused(codes.SEALED, finish, sealing.seal_steps(terminal))
        assert not terminal.files.exists("sealed.cbor")
    with Scratch() as folder:
        terminal = sealed(folder)
        assert terminal.sealed and terminal.files.exists("sealed.cbor")
        records = [_fields(terminal, n) for n in range(terminal.journal.next_n)]
        seal = [fields for fields in records if fields[record.TYP] == record.LOCK]
        assert [fields[record.DATA] for fields in seal] == [{1: "SEAL", 2: 1, 3: 0, 4: None}]
        # A calibration, root and device statement, the seal.
        assert records[-1][record.EV] == [1, 2, 0, 1, 0]
        refused(codes.SEALED, finish, sealing.seal_steps(terminal))


def test_S6_no_event_count_ever_falls():
    with Scratch() as folder:
        terminal = provisioned(folder)
        for count in range(1, CHANGES + 1):
            # What changes.py records for a parameter, and now and then all of it.
            if count % (CHANGES // 5):
                data = {1: "mains_hz", 2: 50, 3: 60}
                finish(terminal.recorder.record_steps(record.PARAMETER, {record.DATA: data}))
            else:
                finish(terminal.change("set_parameter", "mains_hz", "60"))
                terminal = again(folder)
        assert _newest(terminal)[record.EV] == [0, CHANGES, 0, 0, 0]
        # Whatever a factory reset of the settings would remove: the counts are in the records.
        for name in ("config", "calibration", "lock"):
            terminal.files.remove(name + ".cbor")
        terminal = again(folder)
        assert _newest(terminal)[record.EV] == [0, CHANGES, 0, 0, 0]
        before = [0] * 5
        for n in range(terminal.journal.next_n):
            fields = _fields(terminal, n)
            now = list(before)
            if fields[record.TYP] in record.EVENTS:
                now[record.EVENTS.index(fields[record.TYP])] += 1
            assert fields[record.EV] == now
            before = now


def test_C1_an_opening_locks_at_once_and_across_starts():
    with Scratch() as folder:
        pins = Pins()
        terminal = in_use(folder, pins)
        load(terminal, 0)
        load(terminal, 2000)
        assert terminal.weigher.reading.net == 2000
        finish(terminal.register_steps(None))
        assert not _newest(terminal)[record.ST] & _MARKS
        pins.move(True)
        opened(terminal)
        load(terminal, 2000)
        assert not terminal.weigher.reading.valid() and terminal.alarm.name == "CASE"
        refused(codes.LOCKED, finish, terminal.register_steps(None))
        refused(codes.LOCKED, terminal.zero)
        fields = _newest(terminal)
        assert fields[record.TYP] == record.CASE and fields[record.EV][2] == 1
        assert fields[record.ST] & codes.ST_CASE_OPEN and fields[record.ST] & codes.ST_LOCKED
        pins.move(False)
        terminal = again(folder, pins)
        opened(terminal)
        load(terminal, 2000)
        assert not terminal.weigher.reading.valid()
        # It is the same opening: no second record, no second lock.
        assert _newest(terminal)[record.EV][2] == 1 and terminal.locks[sealing.COUNTER] == 1


def test_C1_an_opening_without_a_supply_is_found_at_the_start():
    with Scratch() as folder:
        pins = Pins()
        terminal = in_use(folder, pins)
        count = terminal.journal.next_n
        pins.move(True)
        pins.move(False)
        terminal = again(folder, pins, cause=1)
        opened(terminal)
        load(terminal, 2000)
        assert not terminal.weigher.reading.valid()
        assert [_fields(terminal, count + k)[record.TYP] for k in range(2)] == [
            record.BOOT,
            record.CASE,
        ]


def test_C6_a_repair_resets_the_verification_and_C3_names_what_does_not_match():
    with Scratch() as folder:
        terminal, pins = locked(folder)
        unlock(terminal, token_of(terminal, SERVICE, statement.REPAIR, "R-1", ["B1", "B2"]))
        terminal = again(folder, pins)
        assert _state(terminal) == "OPENED"
        load(terminal, 2000)
        finish(terminal.register_steps(None))
        assert _newest(terminal)[record.ST] & _MARKS == _MARKS
        trusted_stations(terminal)
        for name, other in (
            ("DEVICE", {"dev": b"TEST\x00\x00\x00\x00"}),
            ("CALIBRATION", {"calibration": [9, bytes(8)]}),
            ("SOFTWARE", {"software": bytes(8)}),
            ("LOCK", {"lock": 0}),  # made before the opening, and kept back
            ("PRODUCTION", {"production": "P-2026-2"}),
            ("REPAIR", {"repair": None}),
            ("SEALS", {"seals": []}),
        ):
            fields = verified(terminal, number=2, **other)
            envelope = by_one(statement.VERIFICATION, fields, BODY)
            error = refused(codes.STATEMENT, take, terminal, statement.VERIFICATION, envelope)
            assert error.detail == "it does not fit: " + name
        verify(terminal, number=2)
        assert _state(terminal) == "VALID"
        load(terminal, 2000)
        finish(terminal.register_steps(None))
        assert not _newest(terminal)[record.ST] & _MARKS
        said = dict(sealing.said(terminal))
        assert said["production"] == "P-2026-1" and said["repair"] == "R-1"
        assert said["code"] == "V-1" and said["seals"] == ["B1", "B2"]


def test_C3_an_office_puts_on_its_own_seals_also_after_digits_that_name_none():
    with Scratch() as folder:
        terminal, pins = locked(folder, UNLOCK_KEY)
        lock = terminal.locks[sealing.AT], terminal.locks[sealing.COUNTER]
        dev = terminal.identity.dev
        digits = statement.unlock_digits(UNLOCK_KEY, dev, *lock, statement.REPAIR)
        finish(access.unlock_by_digits_steps(terminal, (statement.REPAIR,), digits, "R-1"))
        terminal = again(folder, pins)
        assert dict(sealing.said(terminal))["seals"] == ["A1", "A2"]  # which are broken now
        trusted_stations(terminal)
        terminal.who = SERVICE.id  # who brings it is not who says it
        verify(terminal, number=2, seals=["OFFICE 7"], code="V-2")
        assert _state(terminal) == "VALID"
        assert dict(sealing.said(terminal))["seals"] == ["OFFICE 7"]
        made = _newest(terminal)
        assert made[record.DATA] == {1: "verification", 2: "V-1", 3: "V-2"}
        assert made[record.WHO] == BODY.id
        terminal = again(folder, pins)
        assert dict(sealing.said(terminal))["seals"] == ["OFFICE 7"]


def test_C1_a_full_journal_has_room_for_an_opening_and_who_unlocks_it():
    with Scratch() as folder:
        pins = Pins()
        terminal = in_use(folder, pins)
        load(terminal, 2000)
        # The segment that it is in is the last, and shorter.
        journal = terminal.journal
        journal.device.room = lambda: 0
        journal.device.pages = journal.end + 14
        full = False
        while not full:
            try:
                finish(terminal.register_steps(None))
            except Refused as error:
                full = error.code == codes.JOURNAL_FULL
                assert full, error
        pins.move(True)
        terminal.attend()
        n, _ = finish(sealing.case_steps(terminal))
        assert terminal.locks[sealing.AT] == n == terminal.journal.next_n - 1
        pins.move(False)
        unlock(terminal, token_of(terminal, SERVICE, statement.REPAIR, "R-1"))
        assert _newest(terminal)[record.TYP] == record.LOCK
        assert journal.end <= journal.device.pages
        # Once there is room it goes on where it was.
        terminal = again(folder, pins)
        assert [_fields(terminal, at)[record.TYP] for at in (n, n + 1, n + 2)] == [
            record.CASE,
            record.LOCK,
            record.BOOT,
        ]


def test_a_verification_is_void_after_another_calibration():
    with Scratch() as folder:
        terminal = in_use(folder)
        assert _state(terminal) == "VALID"
        calibrate(terminal, 5000)
        assert _state(terminal) == "CALIBRATION"
        load(terminal, 2000)
        finish(terminal.register_steps(None))
        assert _newest(terminal)[record.ST] & _MARKS == codes.ST_CAL_EXPIRED


def test_C5_a_verification_expires_with_warnings_before():
    with Scratch() as folder:
        terminal = in_use(folder)
        until = NOW + YEAR_S
        for days, warning, state in (
            (61, None, "VALID"),
            (59, 60, "VALID"),
            (14, 15, "VALID"),
            (0, 15, "VALID"),
            (-1, 0, "EXPIRED"),
        ):
            terminal.clock.set(until - days * 86400)
            said = dict(sealing.said(terminal))
            assert (said["days"], said["warning"], said["verification"]) == (days, warning, state)
        terminal.review()
        assert terminal.weigher.marks == codes.ST_CAL_EXPIRED
        # The clock that a start has forgotten is no way out: records have had that time.
        finish(terminal.change("set_time", until + 5))
        finish(terminal.recorder.record_steps(record.DAY_CLOSE, {}))
        finish(terminal.change("set_time", NOW + 5))
        assert _state(terminal) == "EXPIRED"
        terminal = again(folder)
        assert _state(terminal) == "EXPIRED"
        terminal.clock.status = 0
        assert _state(terminal) == "EXPIRED"


def test_unsealing_voids_the_verification_and_says_why():
    with Scratch() as folder:
        terminal = in_use(folder)
        n, _ = finish(sealing.unseal_steps(terminal, "new load cell"))
        data = {1: "UNSEAL", 2: 0, 3: 1, 4: "new load cell"}
        assert _fields(terminal, n)[record.DATA] == data
        assert not terminal.sealed and not terminal.files.exists("sealed.cbor")
        terminal = again(folder)
        finish(sealing.seal_steps(terminal))
        terminal = again(folder)
        assert _state(terminal) == "OPENED"


def test_S1_other_code_than_was_sealed_locks_at_the_start():
    with Scratch() as folder:
        terminal = in_use(folder)
        terminal.software_id = b"\x01" + terminal.software_id[1:]
        sealing.take_up(terminal)
        assert terminal.alarm.locked == "CODE" and terminal.weigher.blank & codes.ST_LOCKED


def test_C1_no_other_alarm_takes_the_record_of_an_opening():
    with Scratch() as folder:
        pins = Pins()
        terminal = in_use(folder, pins)
        pins.move(True)
        terminal.attend()
        # Before it was written somebody types what is an alarm of its own, and another one locks.
        terminal.alarm.note("CONSOLE", terminal.clock.up_ms())
        terminal.lock("RAM")
        opened(terminal)
        types = [_fields(terminal, n)[record.TYP] for n in range(terminal.journal.next_n)]
        assert record.CASE in types and terminal.locks[sealing.AT] == types.index(record.CASE)


def test_another_office_may_verify_whatever_its_numbers_are():
    with Scratch() as folder:
        terminal = in_use(folder)
        other = Key("other body")
        fields = station(other, statement.VERIFIES)
        envelope = by_several(statement.STATION, fields, HOLDERS[:2])
        take(terminal, statement.STATION, envelope)
        mine = verified(terminal, number=5000)
        take(terminal, statement.VERIFICATION, by_one(statement.VERIFICATION, mine, BODY))
        theirs = by_one(statement.VERIFICATION, verified(terminal, number=12), other)
        take(terminal, statement.VERIFICATION, theirs)
        assert terminal.locks[sealing.BODY] == other.id
        # Of its own numbers none comes twice, and an older day of another one is no later one.
        refused(codes.STATEMENT, take, terminal, statement.VERIFICATION, theirs)
        old = verified(terminal, number=5001, **{"from": NOW - 1})
        envelope = by_one(statement.VERIFICATION, old, BODY)
        refused(codes.STATEMENT, take, terminal, statement.VERIFICATION, envelope)


def test_C5_without_a_clock_no_verification_holds():
    with Scratch() as folder:
        terminal = in_use(folder)
        terminal = again(folder)
        terminal.clock.status = 0  # as after every start, until somebody sets it
        assert _state(terminal) == "NO_TIME"
        terminal.clock.set(NOW + 61)
        assert _state(terminal) == "VALID"


def test_what_new_holders_do_not_name_counts_no_more():
    with Scratch() as folder:
        terminal = in_use(folder)
        fields = root(version=2, holders=[HOLDERS[0].public, HOLDERS[1].public, BODY.public])
        take(terminal, statement.ROOT, by_several(statement.ROOT, fields, HOLDERS[:2]))
        fields = verified(terminal, number=2)
        envelope = by_one(statement.VERIFICATION, fields, BODY)
        error = refused(codes.STATEMENT, take, terminal, statement.VERIFICATION, envelope)
        assert "station is not known" in error.detail
