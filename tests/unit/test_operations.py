"""What a terminal can be asked: record and change are one, a refusal changes nothing."""

import sys

from check import refused
from steelyard_wire import codes, cose, record
from storage import Scratch
from terminal import cold
from terminal.drivers.files import Files
from terminal.drivers.ring import SampleRing
from terminal.evidence import settings
from terminal_parts import (
    ENTROPY,
    LINK_KEY,
    calibrate,
    check_in_force,
    finish,
    load,
    provisioned,
    started,
)


def _types(terminal):
    journal = terminal.journal
    fields = [record.decode(cose.split(journal.get(n)).payload) for n in range(journal.next_n)]
    return [field[record.TYP] for field in fields]


def test_a_change_is_recorded_and_in_force_after_a_start():
    with Scratch() as folder:
        terminal = provisioned(folder)
        assert finish(terminal.change("set_parameter", "e", "10"))[0] == 1
        assert calibrate(terminal)[0] == 2
        assert terminal.config.e == 10 and terminal.calibration.generation == 1
        for _ in range(2):
            terminal = started(folder)
            check_in_force(terminal)
            assert terminal.config.e == 10 and terminal.calibration.points[-1][1] == 10000
        kinds = [record.BOOT, record.PARAMETER, record.CALIBRATION, record.BOOT, record.BOOT]
        assert _types(terminal) == kinds


def test_a_key_from_before_its_public_half_was_kept_and_one_that_is_another():
    with Scratch() as folder:
        terminal = provisioned(folder)
        dev = terminal.identity.dev
        stored = settings.load(terminal.files, "identity")
        assert stored.pop(5) == terminal.identity.public_key
        settings.save(terminal.files, "identity", stored)
        assert started(folder).identity.dev == dev
        stored[5] = bytes(32)
        settings.save(terminal.files, "identity", stored)
        refused(codes.SIGNER_FAULT, started, folder)


def test_a_commissioning_is_one_record_and_all_or_nothing():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        before = terminal.config.to_map()
        n, envelope = finish(
            terminal.change(
                "commission", ["1", "9000", "7800", "50", "387", "290", "80123", "450"]
            )
        )
        data = record.decode(cose.split(envelope).payload)[record.DATA]
        assert data == {
            1: "commission",
            2: "0 0 0 0 0 0 0 0",
            3: "1 9000 7800 50 387 290 80123 450",
        }
        assert n == 2 and terminal.calibration.generation == 1
        # boards' SCALE has neither; keys of Config are named in boards/README.md.
        before.update({5: 1, 9: 9000, 10: 7800, 11: 50, 12: 387, 13: 80123, 15: 450, 16: 290})
        assert terminal.config.to_map() == before
        for place, value in enumerate(
            ("6", "100001", "-1", "501", "kg", "-1", "2000001", "60001")
        ):
            found = ["2", "1", "2", "3", "4", "5", "6", "7"]
            found[place] = value
            try:
                finish(terminal.change("commission", found))
            except codes.Refused as error:
                assert error.code == codes.ARGUMENT
            else:
                raise AssertionError(found)
            assert terminal.config.to_map() == before
            assert terminal.journal.next_n == 3
        terminal = started(folder)
        check_in_force(terminal)
        assert terminal.config.get("ring_mhz") == 9000
        # What was measured with another filter is no promise of this one.
        assert terminal.config.settle_ms == 450
        finish(terminal.change("set_parameter", "profile", "2"))
        assert terminal.config.settle_ms == 0
        check_in_force(terminal)


def test_no_value_of_any_parameter_stops_a_calibrated_terminal():
    # At the edges of what each one may be, and beside them.
    values = {
        "unit": ("g", "kg", "mg", "t", "lb", "oz", "jin", "liang", "0", "7", "8"),
        "exp10": ("-6", "-4", "-3", "-2", "0", "3", "4"),
        "max": ("100", "500", "15000", "500000", "5000000", "17"),
        "e": ("1", "2", "5", "10", "150", "200", "50000", "3"),
        "profile": ("5", "4", "3", "2", "1", "6"),
        "motion_ms": ("100", "2000", "99"),
        "ring_mhz": ("3000", "100001"),
        "ring_max_mhz": ("2500", "100001"),
        "damping": ("50", "501"),
        "noise": ("380", "100001"),
        "rate_mhz": ("11650", "2000001"),
        "noise_floor": ("0", "100000", "100001"),
        "settle_ms": ("0", "60000", "60001"),
        "mains_hz": ("60", "50", "55"),
        "motion_span": ("50", "1000", "49"),
        "zero_range": ("0", "20", "21"),
        "tracking": ("1", "0", "2"),
        "auto_zero": ("1", "0", "2"),
        "initial_zero": ("195", "0", "196"),
        "direct_sale": ("1", "0", "2"),
        "registration": ("15", "0", "16", "3"),
        "cycle_load": ("100", "5000001"),
        "warm_up_s": ("3600", "3601"),
        "class": ("2", "3", "4", "5"),
        "min": ("100", "99", "15000", "0"),
        "multirange": ("1", "0", "2"),
        "max_1": ("5000", "0"),  # not without e_1
        "e_1": ("2", "0"),
        "max_2": ("5000", "0"),
        "e_2": ("2", "0"),
    }
    with Scratch(96) as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        assert sorted(values) == sorted(terminal.config.names())
        taken = 0
        for name in sorted(values):
            for value in values[name]:
                before = (terminal.journal.next_n, terminal.config.to_map())
                try:
                    finish(terminal.change("set_parameter", name, value))
                    taken += 1
                except codes.Refused as error:
                    assert error.code == codes.ARGUMENT, (name, value, error.detail)
                    assert (terminal.journal.next_n, terminal.config.to_map()) == before
                terminal = started(folder)
                check_in_force(terminal)
                assert terminal.calibration.generation == 1
        assert taken > 15


def test_a_scale_changes_as_a_whole_and_leaves_one_record():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        # 6 kg / 2 g with a partial range of 3 kg / 1 g: none of these alone would be a scale.
        words = "max 6000 e 2 max_1 3000 e_1 1 min 20".split()
        n, envelope = finish(terminal.change("scale", words))
        data = record.decode(cose.split(envelope).payload)[record.DATA]
        assert data == {
            1: "scale",
            2: "3 0 1 -3 15000 5 0 0 0 0 0",
            3: "3 20 1 -3 6000 2 0 3000 1 0 0",
        }
        terminal = started(folder)
        assert terminal.config.ranges == ((3000, 1), (6000, 2))
        check_in_force(terminal)
        for wrong in ("max", "max 6000 e", "max 3000 noise 5", "max 6000 e 3", "max_1 0 e_1 1"):
            refused(
                codes.ARGUMENT,
                lambda words: finish(terminal.change("scale", words)),
                wrong.split(),
            )
        assert terminal.journal.next_n == n + 2  # and a start
        assert terminal.config.ranges == ((3000, 1), (6000, 2))


def test_the_law_refuses_what_the_parameters_would_allow():
    with Scratch() as folder:
        terminal = provisioned(folder)
        before = terminal.journal.next_n
        # 20 kg in steps of 1 g are 20 000 intervals: class II (e from 0.1 g: 5 000 to 100 000).
        error = refused(
            codes.ARGUMENT,
            lambda words: finish(terminal.change("scale", words)),
            "max 20000 e 1".split(),
        )
        assert "Table 3" in error.detail
        finish(terminal.change("scale", "class 2 max 20000 e 1 min 50".split()))
        error = refused(codes.ARGUMENT, finish, terminal.change("set_parameter", "min", "49"))
        assert "Min is 50" in error.detail
        assert terminal.journal.next_n == before + 1


def test_what_only_a_change_needs_is_let_go_of():
    with Scratch() as folder:
        terminal = provisioned(folder)
        names = ["steelyard_wire.classes"]
        names += ["terminal.weighing." + name for name in ("calibrate", "plan")]
        for name in names:
            cold.forget(name)
        terminal = started(folder)
        finish(terminal.change("set_parameter", "e", "10"))
        terminal.begin_calibration()
        assert not [name for name in names if name in sys.modules]
        refused(codes.CALIBRATION_ORDER, terminal.session.commit)


def test_the_unit_of_a_calibration_in_force_stays():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        for name, value in (("unit", "g"), ("exp10", "-2")):
            refused(codes.ARGUMENT, finish, terminal.change("set_parameter", name, value))
        load(terminal, 1500)
        assert terminal.weigher.reading.indicated == 1500


def test_a_second_change_waits_for_the_first():
    with Scratch() as folder:
        terminal = provisioned(folder)
        first = terminal.change("set_parameter", "e", "10")
        next(first)
        refused(codes.BUSY, finish, terminal.change("set_parameter", "max", "30000"))
        finish(first)
        assert (terminal.config.e, terminal.config.max) == (10, 15000)
        finish(terminal.change("set_parameter", "max", "30000"))
        check_in_force(started(folder))


def test_F13_a_reading_that_is_old_is_no_weight():
    # Nobody fed samples for five seconds: what lies there now may be another load.
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        load(terminal, 0)
        terminal.ring = SampleRing()
        now = terminal.clock.up_ms()
        for k in range(40):
            terminal.ring.put(450000 + (k % 5 == 2), now, 0)
        finish(terminal.register_steps(None))  # feeds what waits, of this moment
        terminal.ticks.now += 5000
        assert terminal.stale()
        for action in (terminal.zero, terminal.tare):
            refused(codes.NOT_READY, action)
        refused(codes.NOT_READY, finish, terminal.register_steps(None))
        terminal.begin_calibration()
        refused(codes.NOT_READY, terminal.calibration_session)
        terminal.ring.put(450000, terminal.clock.up_ms(), 0)
        finish(terminal.register_steps(None))


def test_a_change_during_a_reading_is_refused_and_leaves_nothing():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        load(terminal, 0)
        reading = terminal.register_steps(None)
        next(reading)
        refused(codes.BUSY, finish, terminal.change("set_parameter", "e", "10"))
        finish(reading)
        finish(terminal.change("set_parameter", "e", "10"))
        check_in_force(started(folder))


def test_a_change_whose_caller_has_gone_was_never_made():
    with Scratch() as folder:
        terminal = provisioned(folder)
        steps = terminal.change("set_parameter", "e", "10")
        next(steps)
        steps.close()
        assert terminal.config.e == 5 and terminal.journal.next_n == 1
        finish(terminal.change("set_parameter", "max", "30000"))
        terminal = started(folder)
        check_in_force(terminal)
        assert (terminal.config.e, terminal.config.max) == (5, 30000)


class _Full(Files):
    """A file system without room for one file."""

    refuses = ""

    def write(self, name, data):
        if self.refuses and name.startswith(self.refuses):
            raise OSError(28)
        super().write(name, data)


def test_a_recorded_change_that_cannot_be_saved_is_in_force_and_settled_by_a_start():
    with Scratch() as folder:
        provisioned(folder)
        files = _Full(folder + "/state")
        terminal = started(folder, files=files)
        files.refuses = "config"
        refused(codes.STORAGE, finish, terminal.change("set_parameter", "e", "10"))
        check_in_force(terminal)
        assert terminal.config.e == 10
        # What is open is not overwritten by the next change.
        refused(codes.STORAGE, finish, terminal.change("set_parameter", "max", "30000"))
        files.refuses = ""
        refused(codes.STORAGE, finish, terminal.change("set_parameter", "max", "30000"))
        terminal = started(folder)
        check_in_force(terminal)
        assert (terminal.config.e, terminal.config.max) == (10, 15000)
        finish(terminal.change("set_parameter", "max", "30000"))


def test_a_change_that_cannot_be_prepared_is_not_recorded():
    with Scratch() as folder:
        provisioned(folder)
        files = _Full(folder + "/state")
        terminal = started(folder, files=files)
        files.refuses = "pending"
        refused(codes.STORAGE, finish, terminal.change("set_parameter", "e", "10"))
        assert terminal.config.e == 5 and _types(terminal) == [record.BOOT, record.BOOT]
        files.refuses = ""
        finish(terminal.change("set_parameter", "e", "10"))
        check_in_force(started(folder))


def test_only_one_key_is_made():
    with Scratch() as folder:
        terminal = started(folder)
        first = terminal.provision_steps("SN-1", ENTROPY, LINK_KEY)
        next(first)
        refused(codes.BUSY, finish, terminal.provision_steps("SN-2", ENTROPY, LINK_KEY))
        finish(first)
        again = terminal.provision_steps("SN-1", ENTROPY, LINK_KEY)
        refused(codes.ALREADY_PROVISIONED, finish, again)
        key = terminal.identity.public_key
        assert started(folder).identity.public_key == key


def test_a_key_whose_maker_has_gone_was_never_made():
    with Scratch() as folder:
        terminal = started(folder)
        steps = terminal.provision_steps("SN-1", ENTROPY, LINK_KEY)
        next(steps)
        steps.close()
        assert started(folder).identity is None
        finish(terminal.provision_steps("SN-2", ENTROPY, LINK_KEY))
        assert started(folder).identity.serial == "SN-2"
