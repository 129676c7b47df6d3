"""The alarm: what lasts a second, for as long as it lasts; recorded, but never without end."""

from check import refused
from steelyard_wire import codes, cose, record
from storage import Scratch
from terminal import checks
from terminal.alarm import Alarm
from terminal.evidence import settings
from terminal_parts import calibrate, fill, finish, load, provisioned, started
from test_zero import Platform


class Pin:
    """What is soldered to the alarm's pin: it keeps the levels."""

    def __init__(self):
        self.levels = []

    def __call__(self, level):
        self.levels.append(level)


def test_a_fault_that_lasts_a_second_is_heard_until_it_ends():
    pin = Pin()
    alarm = Alarm(pin)
    for now, fault, name in (
        (0, "", ""),
        (100, "FROZEN", ""),
        (600, "FROZEN", ""),
        (700, "", ""),  # too short
        (800, "FROZEN", ""),
        (1799, "FROZEN", ""),
        (1800, "FROZEN", "FROZEN"),
        (5000, "FROZEN", "FROZEN"),
        (5010, "NO_DATA", "FROZEN"),  # another one: it has a second too
        (6010, "NO_DATA", "NO_DATA"),
        (6020, "", "NO_DATA"),
        (7000, "NO_DATA", "NO_DATA"),  # it was the same one
        (7010, "", "NO_DATA"),
        (8999, "", "NO_DATA"),
        (9000, "", ""),
        (9010, "NO_DATA", ""),
    ):
        alarm.look(fault, now)
        assert alarm.name == name, now
    assert pin.levels == [1, 1, 0]


def test_a_full_journal_alarms_and_is_not_recorded():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        load(terminal, 5000)
        terminal.attend()
        assert terminal.alarm.name == ""
        there = fill(terminal)
        refused(codes.JOURNAL_FULL, finish, terminal.register_steps(None))
        for _ in range(3):
            terminal.ticks.now += 600
            terminal.attend()
        assert terminal.alarm.name == "JOURNAL" and terminal.alarm.pending == ""
        assert terminal.weigher.reading.numeric  # 6.3: trade is refused, it weighs on
        there()
        finish(terminal.register_steps(None))
        for _ in range(3):
            terminal.ticks.now += 1100
            terminal.attend()
        assert terminal.alarm.name == ""


def test_a_lock_is_heard_at_once_and_stays():
    pin = Pin()
    alarm = Alarm(pin)
    alarm.look("", 0)
    alarm.locked = "CODE"
    for now in (10, 100000):
        alarm.look("", now)
        assert (alarm.name, pin.levels) == ("CODE", [1])
    assert alarm.pending == "CODE"


def test_a_day_of_pulling_a_plug_makes_thirty_records():
    # At 0, 1, 3, 7, 15, 31 and 63 minutes and then every hour: 6 + 24.
    alarm = Alarm()
    records = []
    began = 0
    for now in range(5000, 86400000, 5000):
        before = alarm.name
        for step in (0, 2000):
            alarm.look("NO_DATA" if now % 10000 else "", now + step)
        if alarm.name and not before:
            began += 1
        if alarm.pending:
            assert alarm.pending == "NO_DATA"
            records.append((now - 5000, alarm.times("NO_DATA")))
            alarm.recorded("NO_DATA")
    assert 25 <= len(records) <= 31
    # None is forgotten: the last times are still to come.
    assert 0 <= began - sum([times for _, times in records]) <= 360
    assert [now // 60000 for now, _ in records[:6]] == [0, 1, 3, 7, 15, 31]


def test_another_fault_is_recorded_beside_it():
    alarm = Alarm()
    for now, fault in ((0, "NOISY"), (1000, "NOISY"), (1100, "RATE"), (2100, "RATE")):
        alarm.look(fault, now)
        if alarm.pending:
            assert (alarm.pending, alarm.times(fault)) == (fault, 1)
            alarm.recorded(fault)
            assert not alarm.pending


def _measure(name):
    yield
    return name


def _records(terminal):
    fields = [
        record.decode(cose.split(terminal.journal.get(n)).payload)
        for n in range(terminal.journal.next_n)
    ]
    return [one[record.DATA] for one in fields if one[record.TYP] == record.FAULT]


def _check(terminal):
    return finish(checks.check_steps(terminal, lambda: _measure(terminal.software_id)))


def test_W11_a_fault_of_the_converter_takes_the_number_alarms_and_is_recorded():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        load(terminal, 2000)
        for fault in (codes.FAULT_NO_DATA, codes.FAULT_OVERLOAD, codes.FAULT_BAD_FRAME):
            before = terminal.journal.next_n
            for _ in range(3):
                terminal.weigher.feed(0, 0, fault)
                terminal.ticks.now += 600
                terminal.attend()
            assert not terminal.weigher.reading.valid()
            name = codes.FAULTS[fault]
            assert terminal.alarm.name == terminal.alarm.pending == name
            n, _ = finish(checks.log_steps(terminal))
            assert (n, terminal.journal.next_n) == (before, before + 1)
            assert _records(terminal)[-1] == {1: name, 2: 1}
            load(terminal, 2000)
            for _ in range(2):
                terminal.ticks.now += 1500
                terminal.attend()
            assert terminal.weigher.reading.valid() and not terminal.alarm.name
    # A gap and what settles are no fault, and an overload of the scale is none.
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        for grams in (0, 20000):
            load(terminal, grams)
            for _ in range(5):
                terminal.ticks.now += 600
                terminal.attend()
            assert not terminal.alarm.name


def test_what_was_changed_behind_the_terminals_back_locks_it():
    for what in ("CODE", "config", "calibration", "gone"):
        with Scratch() as folder:
            terminal = provisioned(folder)
            finish(terminal.change("set_parameter", "motion_ms", "500"))
            calibrate(terminal)
            assert _check(terminal) == ""
            finish(terminal.change("set_parameter", "e", "10"))  # a change that it made itself
            assert _check(terminal) == ""
            if what == "CODE":
                found = finish(checks.check_steps(terminal, lambda: _measure(b"another!" * 4)))
                assert found == "CODE"
            else:
                name = "calibration" if what == "gone" else what
                if what == "gone":
                    settings.remove(terminal.files, name)
                else:
                    stored = settings.load(terminal.files, name)
                    stored[4 if name == "config" else 8] = 20
                    settings.save(terminal.files, name, stored)
                assert _check(terminal) == "PARAMETERS", what
            terminal.attend()
            load(terminal, 2000)
            reading = terminal.weigher.reading
            assert not reading.valid() and reading.status & codes.ST_LOCKED
            assert terminal.alarm.name == ("CODE" if what == "CODE" else "PARAMETERS")
            for action in (terminal.zero, terminal.tare):
                refused(codes.CHECK_FAILED, action)
            refused(codes.CHECK_FAILED, finish, terminal.register_steps(None))
            # What locked it is recorded; a change of settings is no way out of it.
            finish(checks.log_steps(terminal))
            assert _records(terminal)[-1] == {1: terminal.alarm.name, 2: 1}
            finish(terminal.change("set_parameter", "motion_ms", "600"))
            load(terminal, 2000)
            assert not terminal.weigher.reading.valid()


def test_what_an_earlier_firmware_stored_is_no_change():
    # It knew fewer parameters; those it had are as they were, the others have their defaults.
    with Scratch() as folder:
        terminal = provisioned(folder)
        finish(terminal.change("set_parameter", "motion_ms", "500"))
        stored = settings.load(terminal.files, "config")
        for key in (27, 28, 29, 30):
            del stored[key]
        settings.save(terminal.files, "config", stored)
        terminal = started(folder)
        assert terminal.config.motion_ms == 500
        assert _check(terminal) == "" and not terminal.alarm.locked


def test_before_there_is_a_key_the_alarm_waits_for_its_record():
    with Scratch() as folder:
        terminal = started(folder)
        for _ in range(3):
            terminal.weigher.feed(0, 0, codes.FAULT_NO_DATA)
            terminal.ticks.now += 600
            terminal.attend()
        assert terminal.alarm.name == "NO_DATA"
        refused(codes.NOT_PROVISIONED, finish, checks.log_steps(terminal))
        assert terminal.alarm.pending == "NO_DATA"


def test_a_record_that_cannot_be_written_stays_due():
    with Scratch() as folder:
        terminal = provisioned(folder)
        for _ in range(3):
            terminal.weigher.feed(0, 0, codes.FAULT_NO_DATA)
            terminal.ticks.now += 600
            terminal.attend()
        there = fill(terminal)
        for _ in range(2):
            refused(codes.JOURNAL_FULL, finish, checks.log_steps(terminal))
            assert terminal.alarm.pending == "NO_DATA"
        there()
        finish(checks.log_steps(terminal))
        assert _records(terminal) == [{1: "NO_DATA", 2: 1}] and not terminal.alarm.pending


def test_why_there_is_no_number_is_said_while_the_window_fills():
    platform = Platform()
    platform.rest(5000)
    weigher = platform.weigher
    weigher.blank = codes.ST_TILT
    weigher.restart()
    for fault in (codes.FAULT_NONE, codes.FAULT_NO_DATA, codes.FAULT_GAP, codes.FAULT_NONE):
        weigher.feed(600000, platform.k * 12, fault)
        assert weigher.reading.status & codes.ST_TILT and not weigher.reading.numeric, fault
