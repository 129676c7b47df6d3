"""Who may register, and how often: by key, by command, by itself once per load cycle."""

from check import refused
from steelyard_wire import codes, cose, record
from storage import Scratch
from terminal.operations import COMMAND, ITSELF, KEY
from terminal_parts import calibrate, fill, finish, load, provisioned
from test_zero import Platform


def _terminal(folder, registration, **more):
    terminal = provisioned(folder)
    calibrate(terminal)
    finish(terminal.change("set_parameter", "registration", str(registration)))
    for name, value in more.items():
        finish(terminal.change("set_parameter", name, str(value)))
    load(terminal, 0)
    return terminal


def _record(terminal, n):
    return record.decode(cose.split(terminal.journal.get(n)).payload)


def _weights(terminal):
    fields = [_record(terminal, n) for n in range(terminal.journal.next_n)]
    return [one[record.VAL][0] for one in fields if one[record.TYP] == record.READING]


def test_each_way_that_is_not_configured_is_refused():
    with Scratch() as folder:
        terminal = _terminal(folder, 3)
        load(terminal, 2000)
        for by, allowed in ((KEY, (1, 3)), (COMMAND, (2, 3)), (ITSELF, (4,))):
            for registration in (1, 2, 3, 4):
                finish(terminal.change("set_parameter", "registration", str(registration)))
                load(terminal, 0)
                load(terminal, 2000)
                before = terminal.journal.next_n
                if registration in allowed:
                    finish(terminal.register_steps(None, by))
                    assert terminal.journal.next_n == before + 1
                else:
                    refused(codes.TRIGGER, finish, terminal.register_steps(None, by))
                    assert terminal.journal.next_n == before


def test_a_load_is_due_once_and_the_next_after_unloading():
    with Scratch() as folder:
        terminal = _terminal(folder, 4)  # 20 e: 100 g
        assert not terminal.due()
        for grams, due in (
            (95, False),  # below the load that counts
            (100, True),
            (2000, True),
        ):
            load(terminal, grams)
            assert terminal.due() == due, grams
        finish(terminal.register_steps(None, ITSELF))
        for grams, due in (
            (2000, False),
            (3000, False),  # more was put on: the same load cycle
            (55, False),  # half of the load that counts was not reached
            (3000, False),
            (50, False),
            (3000, True),
        ):
            load(terminal, grams)
            assert terminal.due() == due, grams
        refused(codes.TRIGGER, finish, terminal.register_steps(None, KEY))
        finish(terminal.register_steps(None, ITSELF))
        refused(codes.NEXT_LOAD, finish, terminal.register_steps(None, ITSELF))
        assert _weights(terminal) == [2000, 3000]


def test_what_lay_there_at_a_start_or_a_change_was_perhaps_registered():
    with Scratch() as folder:
        terminal = _terminal(folder, 4)
        load(terminal, 2000)
        finish(terminal.change("set_parameter", "motion_ms", "500"))
        load(terminal, 2000)
        assert not terminal.due()
        load(terminal, 0)
        load(terminal, 2000)
        assert terminal.due()


def test_once_per_load_holds_for_key_and_command():
    with Scratch() as folder:
        terminal = _terminal(folder, 8 + 3, cycle_load=1000)
        load(terminal, 995)
        refused(codes.NEXT_LOAD, finish, terminal.register_steps(None, KEY))
        load(terminal, 1000)
        finish(terminal.register_steps(None, KEY))
        refused(codes.NEXT_LOAD, finish, terminal.register_steps(None, COMMAND))
        assert not terminal.due()  # nothing by itself
        load(terminal, 500)
        load(terminal, 2000)
        finish(terminal.register_steps(None, COMMAND))
        assert _weights(terminal) == [1000, 2000]


def test_what_a_key_registered_is_not_registered_again_by_itself():
    with Scratch() as folder:
        terminal = _terminal(folder, 4 + 3)
        load(terminal, 2000)
        assert terminal.due()
        # Key and command may, as often as they are asked, also for less than a load.
        for by in (KEY, COMMAND, KEY):
            finish(terminal.register_steps(None, by))
            load(terminal, 2000)
            assert not terminal.due()
        load(terminal, 20)
        finish(terminal.register_steps(None, KEY))
        load(terminal, 3000)
        assert not terminal.due()
        load(terminal, 0)
        load(terminal, 3000)
        assert terminal.due()
        finish(terminal.register_steps(None, ITSELF))
        assert _weights(terminal) == [2000, 2000, 2000, 20, 3000]


def test_a_registration_that_failed_may_be_repeated_and_one_that_began_not():
    with Scratch() as folder:
        terminal = _terminal(folder, 8 + 3)
        load(terminal, 2000)
        steps = terminal.register_steps(None, KEY)
        next(steps)
        # While it is being signed there is no second one.
        refused(codes.BUSY, finish, terminal.register_steps(None, COMMAND))
        finish(steps)
        assert _weights(terminal) == [2000]
        load(terminal, 0)
        load(terminal, 3000)
        empty = fill(terminal)
        refused(codes.JOURNAL_FULL, finish, terminal.register_steps(None, KEY))
        empty()
        load(terminal, 3000)
        finish(terminal.register_steps(None, KEY))
        assert _weights(terminal) == [2000, 3000]


def test_a_registration_whose_asker_has_gone_may_be_repeated():
    with Scratch() as folder:
        terminal = _terminal(folder, 8 + 3)
        load(terminal, 2000)
        steps = terminal.register_steps(None)
        next(steps)
        steps.close()  # the link is gone in the middle of the signature
        load(terminal, 2000)
        finish(terminal.register_steps(None))
        assert _weights(terminal) == [2000]


def test_a_full_journal_is_not_asked_again_for_the_same_load():
    with Scratch() as folder:
        terminal = _terminal(folder, 4)
        load(terminal, 2000)
        empty = fill(terminal)
        refused(codes.JOURNAL_FULL, finish, terminal.register_steps(None, ITSELF))
        empty()
        load(terminal, 2000)
        assert not terminal.due()
        load(terminal, 0)
        load(terminal, 2000)
        assert terminal.due()


def test_a_record_tells_weighed_and_preset_tare_apart():
    with Scratch() as folder:
        terminal = _terminal(folder, 3)
        load(terminal, 500)
        terminal.tare()
        load(terminal, 2500)
        n, _ = finish(terminal.register_steps(None))
        assert _record(terminal, n)[record.VAL] == [2000, -3, 1]
        assert _record(terminal, n)[record.TARE] == [500, -3, 0]
        # 0.1024 kg: figures beyond those of the scale are rounded once.
        for text, taken in (((1024, -4, 1), 100), ((1025, -4, 1), 105), ((1, -1, 1), 100)):
            terminal.preset_tare(*text)
            n, _ = finish(terminal.register_steps(None))
            assert _record(terminal, n)[record.VAL] == [2000 - taken, -3, 1]
            assert _record(terminal, n)[record.TARE] == [500, -3, 0, taken, -3, 1]
        terminal.clear_tare()
        terminal.preset_tare(1, 0, 1)
        n, _ = finish(terminal.register_steps(None))
        assert _record(terminal, n)[record.TARE] == [1000, -3, 1]
        refused(codes.ARGUMENT, terminal.preset_tare, 1, 0, 0)  # 1 g: not the scale's unit
        refused(codes.ARGUMENT, terminal.preset_tare, 16, 0, 1)


def test_tenths_of_d_are_shown_for_five_seconds_and_nothing_is_registered():
    with Scratch() as folder:
        terminal = _terminal(folder, 3)
        load(terminal, 2000)
        assert not terminal.extended()
        terminal.extend()
        began = terminal.clock.up_ms()
        refused(codes.EXTENDED, finish, terminal.register_steps(None))
        terminal.ticks.now += 4980 - (terminal.clock.up_ms() - began)
        assert terminal.extended()
        terminal.ticks.now += 30
        assert not terminal.extended()
        finish(terminal.register_steps(None))


def test_W9_there_is_no_weight_before_the_time_of_the_warm_up():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        finish(terminal.change("set_parameter", "warm_up_s", "600"))
        load(terminal, 2000)
        assert terminal.weigher.reading.valid()  # from the next start on
        terminal.weigher.blank = codes.ST_WARM_UP
        load(terminal, 2000)
        reading = terminal.weigher.reading
        assert not reading.valid() and reading.status == codes.ST_WARM_UP
        for action in (terminal.zero, terminal.tare):
            assert refused(codes.NOT_READY, action).detail == "warming up"
        refused(codes.NOT_READY, finish, terminal.register_steps(None))
        terminal.begin_calibration()
        refused(codes.NOT_READY, terminal.calibration_session().zero)
        # A change of settings is no end of it.
        finish(terminal.change("set_parameter", "motion_ms", "500"))
        load(terminal, 2000)
        terminal.attend()
        assert not reading.valid() and not terminal.weigher.reading.valid()
        terminal.ticks.now += 600000
        terminal.attend()
        load(terminal, 2000)
        assert terminal.weigher.reading.net == 2000
        finish(terminal.register_steps(None))


def test_Z13_below_zero_is_shown_to_20_d_and_never_registered():
    platform = Platform()
    for grams, shown in ((-4, -5), (-98, -100), (-99.9, -100), (-101, None), (-5000, None)):
        reading = platform.rest(grams)
        assert reading.valid() == (shown is not None), grams
        if shown is None:
            assert platform.has(codes.ST_UNDER)
            assert platform.weigher.registrable() == codes.UNDERLOAD
        else:
            assert reading.indicated == shown and platform.has(codes.ST_NEGATIVE)
            assert platform.weigher.registrable() == codes.NEGATIVE
    # The container is taken off: net is as far below zero as it weighed, which is shown.
    platform = Platform()
    platform.rest(2000)
    assert platform.weigher.tare() == 0
    assert platform.rest(0).net == -2000
    assert platform.weigher.registrable() == codes.NEGATIVE
    assert not platform.rest(-101).valid()


def test_Z13_what_is_refused_below_zero_leaves_no_record():
    with Scratch() as folder:
        terminal = _terminal(folder, 3)
        load(terminal, -50)
        before = terminal.journal.next_n
        for by in (KEY, COMMAND):
            refused(codes.NEGATIVE, finish, terminal.register_steps(None, by))
        finish(terminal.change("set_parameter", "registration", "4"))
        load(terminal, 0)
        load(terminal, -50)
        assert not terminal.due()
        refused(codes.NEGATIVE, finish, terminal.register_steps(None, ITSELF))
        assert terminal.journal.next_n == before + 1
