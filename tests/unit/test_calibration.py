"""Calibration by steps: points, line, cell data, gravity, check, rollback; each refusal."""

from check import refused
from steelyard_wire import codes, cose, record
from storage import Scratch
from terminal.weighing.calibrate import CalibrationSession
from terminal.weighing.config import Config
from terminal.weighing.linearise import CELL, LINE, SEGMENTS, Calibration, Lineariser
from terminal.weighing.weigher import Weigher
from terminal_parts import calibrate, check_in_force, finish, load, provisioned, started

_ZERO = 50000
_PER_G = 100
_KG = 1


class Bench:
    """A session on a scale of 15 kg / 5 g whose counts are `bend(grams)` above the zero."""

    def __init__(self, bend=None, **config):
        words = []
        for name, value in config.items():
            words += [name, str(value)]
        self.bend = bend or (lambda grams: grams * _PER_G)
        self.weigher = Weigher(Config.from_map({}).with_values(words), None, 80000)
        self.session = CalibrationSession(self.weigher)

    def put(self, grams):
        """Two seconds of a load at rest: whole counts, so that the mean is exact."""
        # The signal of a converter is never constant: up and down, and none in the mean of 32.
        for k in range(160):
            alive = (k % 32 == 7) * 2 - (k % 32 == 23) * 2
            self.weigher.feed(_ZERO + round(self.bend(grams)) + alive, k * 12, 0)

    def noisy(self, grams):
        """Three seconds of a load at rest with white noise of 120 counts: sums of four of 208."""
        chance = 76
        for k in range(240):
            total = 0
            for _ in range(4):
                chance = (chance * 1103515245 + 12345) & 0x7FFFFFFF
                total += (chance >> 12) % 209 - 104
            self.weigher.feed(_ZERO + round(self.bend(grams)) + total, k * 12, 0)

    def take(self, *loads):
        """Zero, and each load in grams."""
        self.put(0)
        self.session.zero()
        for grams in loads:
            self.put(grams)
            self.session.span(grams, -3, _KG, None)
        return self.session


def _shown(calibration, counts, **config):
    return Lineariser(calibration, Config.from_map(config)).fine(round(counts * 16))


def test_ten_loads_are_met_exactly_and_between_them_it_is_straight():
    # A cell that is bent by 0.05 % in the middle, as a square.
    def bend(grams):
        return _PER_G * grams * (1 + 0.002 * (15000 - grams) / 15000)

    loads = tuple(range(1500, 15001, 1500))
    assert len(loads) == 10
    bench = Bench(bend)
    session = bench.take(*loads)
    errors = session.fit(SEGMENTS)
    assert len(errors) == 11 and max([abs(error) for error in errors]) <= 1  # 0.01 g: rounding
    made = session.commit(True)
    assert made.method == SEGMENTS and len(made.points) == 11
    for grams in loads:
        assert abs(_shown(made, _ZERO + bend(grams)) - grams * 100) <= 1
    # Between two points on the straight line between them, by the rule of three.
    low, high = _ZERO + bend(3000), _ZERO + bend(4500)
    assert abs(_shown(made, low + (high - low) / 3) - 350000) <= 2
    assert made.residual <= 1


def test_a_line_is_the_least_squares_one():
    # y = a x + b over five captures; numbers by hand: loads 0, 5, 10, 15 kg and 10 kg again, whose
    # counts lie 0, +30, -10, +20 and +40 off 100 a gram. x' = counts - 50000 - 100 load.
    offsets = {0: [0], 5000: [30], 10000: [-10, 40], 15000: [20]}

    def bend(grams):
        return _PER_G * grams + offsets[grams][0]

    bench = Bench(bend)
    session = bench.take(0 + 5000, 10000, 15000)
    offsets[10000].pop(0)
    bench.put(10000)
    session.span(10000, -3, _KG, None)
    errors = session.fit(LINE)
    made = session.commit(True)
    # An independent fit with fractions of the same five pairs.
    xs = [_ZERO, _ZERO + 500030, _ZERO + 999990, _ZERO + 1500020, _ZERO + 1000040]
    ys = [0, 5000, 10000, 15000, 10000]
    n = 5
    mean_x, mean_y = sum(xs) / n, sum(ys) / n
    slope = sum([(x - mean_x) * (y - mean_y) for x, y in zip(xs, ys)]) / sum(
        [(x - mean_x) ** 2 for x in xs]
    )
    for x, y, error in zip(xs, ys, errors):
        wanted = (mean_y + slope * (x - mean_x) - y) * 100
        assert abs(error - wanted) <= 2, (x, error, wanted)
        assert abs(_shown(made, x) - (y * 100 + error)) <= 1
    assert made.method == LINE and len(made.points) == 2
    assert made.residual == max([abs(error) for error in errors])


def test_up_and_down_the_mean_counts_and_the_difference_is_told():
    # Hysteresis of 0.4 g at 5 and 10 kg: 0.2 g either way from the mean.
    way = [0]
    bench = Bench(lambda grams: _PER_G * grams + (way[0] if grams in (5000, 10000) else 0))
    session = bench.take(5000, 10000, 15000)
    way[0] = 40
    for grams in (10000, 5000, 0):
        bench.put(grams)
        session.span(grams, -3, _KG, None)
    errors = session.fit(SEGMENTS)
    assert [abs(error) for error in errors[1:3] + errors[4:6]] == [20, 20, 20, 20]
    assert errors[1] < 0 < errors[5]
    made = session.commit(True)
    assert made.residual == 20 and len(made.points) == 4
    assert _shown(made, _ZERO + 500020) == 500000


def test_what_was_captured_last_is_dropped_and_taken_again():
    # 5 kg are on when somebody says 10 kg.
    bench = Bench()
    session = bench.take(5000)
    bench.put(5500)
    session.span(10000, -3, _KG, "wrong")
    assert session.undo() == 2  # zero and 5 kg
    bench.put(10000)
    session.span(10000, -3, _KG, "right")
    session.fit(SEGMENTS)
    assert session.undo() == 2
    assert session.stage() == "captured"  # what was made of it is gone, too
    bench.put(10000)
    session.span(10000, -3, _KG, "right")
    assert session.fit(SEGMENTS) == [0, 0, 0]
    made = session.commit(True)
    assert len(made.points) == 3 and _shown(made, _ZERO + 10000 * _PER_G) == 1000000
    session = bench.take()
    assert session.undo() == 0
    refused(codes.CALIBRATION_ORDER, session.undo)
    refused(codes.CALIBRATION_ORDER, session.span, 5000, -3, _KG, None)


def test_loads_that_make_no_calibration_are_refused_with_the_reason():
    bench = Bench()
    session = bench.take(5000, 10000)
    refused(codes.CALIBRATION_ORDER, session.span, 10000, -3, _KG, None)  # the same again
    bench.put(5000)
    session.span(5000, -3, _KG, None)
    bench.put(12000)
    refused(codes.CALIBRATION_ORDER, session.span, 12000, -3, _KG, None)  # up after down
    # A weight that is not what was said: 4.9 kg called 5 kg, between zero and 15 kg.
    bench = Bench(lambda grams: _PER_G * (4850 if grams == 5000 else grams))
    said = refused(codes.SPAN, bench.take(5000, 15000).fit, SEGMENTS).detail
    assert said == "5000 is 30/1000 off: another weight?"
    # More than ten.
    bench = Bench()
    session = bench.take(*range(1000, 10001, 1000))
    bench.put(11000)
    refused(codes.CALIBRATION_ORDER, session.span, 11000, -3, _KG, None)
    # The load did not change, or the wires are swapped.
    bench = Bench(lambda grams: _PER_G * min(grams, 5000))
    refused(codes.NO_LOAD_CHANGE, bench.take, 5000, 10000)
    bench = Bench(lambda grams: -_PER_G * grams)
    assert "swap" in refused(codes.SPAN, bench.take, 5000).detail
    # A tenth of Max at least.
    refused(codes.SPAN, Bench().take(1400).commit, True)
    refused(codes.SPAN, Bench().take, 15005)


def test_W12_an_interval_has_ten_counts_and_noise_is_a_fifth_of_it():
    # 3.5.3.2: the calibration says how many counts an interval has.
    for counts, good in ((4.9, False), (9.9, False), (10.1, True)):
        bench = Bench(lambda grams, c=counts: grams * c / 5)
        if good:
            assert bench.take(15000).commit(True)
        else:
            refused(codes.NO_LOAD_CHANGE, lambda b=bench: b.take(15000).commit(True))
    # White noise of 120 counts has 4 or so peak to peak once it is filtered for three seconds:
    # beyond a fifth of an e of 15, and within that of one of 100.
    for per_g, good in ((3, False), (20, True)):
        bench = Bench(lambda grams, c=per_g: grams * c, noise=1200)
        bench.noisy(0)
        bench.session.zero()
        bench.noisy(15000)
        bench.session.span(15000, -3, _KG, None)
        if good:
            assert bench.session.commit(True)
        else:
            said = refused(codes.NOISE, bench.session.commit, True).detail
            assert 200 < int(said.split("/")[0]) < 600 and said.endswith("/1000 e, 200 at most")


def test_a_second_weight_must_weigh_right_before_the_commit():
    bench = Bench()
    session = bench.take(15000)
    refused(codes.CALIBRATION_ORDER, session.commit)
    refused(codes.SPAN, session.check, 15000, -3, _KG)  # that is the first weight
    # 5 kg are 1000 e: 1 e is permissible (Table 6), 5 g, with the edge.
    for grams, code in ((5005.1, codes.SPAN), (4994.9, codes.SPAN)):
        bench.put(grams)
        refused(code, session.check, 5000, -3, _KG)
        refused(codes.CALIBRATION_ORDER, session.commit)
    bench.put(5004)
    error, most = session.check(5000, -3, _KG)
    assert abs(error - 400) <= 10 and most == 500
    assert session.commit().check == [5000, error]
    # What changes the result needs another check.
    session.gravity(979345, 980665)
    refused(codes.CALIBRATION_ORDER, session.commit)
    bench.put(500)
    assert session.check(500, -3, _KG)[1] == 250  # 100 e: half an e


def test_without_weights_the_cells_data_make_the_span():
    # 2 mV/V at 20 kg, gain 128: 2**23 counts are 0.5 / 128 of the excitation = 3.90625 mV/V, so
    # 2 mV/V are 4294967.296 counts at 20 kg and 3221225.472 at 15 kg.
    bench = Bench()
    refused(codes.CALIBRATION_ORDER, bench.session.cell, (2, 0), (20, 0, _KG))
    bench.put(0)
    bench.session.zero()
    assert bench.session.cell((20000, -4), (20, 0, _KG)) == _ZERO + 3221225
    made = bench.session.commit(True)
    assert made.method == CELL and made.points[-1] == (_ZERO * 16 + 51539608, 15000)
    # A chip whose full scale is the whole reference (ADS1220) has half as many.
    other = CalibrationSession(bench.weigher, (128, 2))
    other.zero()
    assert other.cell((2, 0), (20000, -3, _KG)) == _ZERO + 1610612
    for sensitivity, capacity in (
        ((0, 0), (20, 0, _KG)),
        ((2, 0), (20, 0, 0)),
        ((2, 0), (1, -3, _KG)),
    ):
        refused(codes.SPAN, other.cell, sensitivity, capacity)


def test_W13_gravity_of_another_place_is_taken_into_account():
    # Calibrated in Hangzhou (30.27 N, 10 m), used in Kunming (25 N, 1890 m): metrology.md, 5.3,
    # -988 millionths, 14.8 g at 15 kg. A cell feels m g.
    here, there = 979346, 978374
    bench = Bench()
    session = bench.take(15000)
    plain = session.commit(True)
    session.gravity(here, there)
    moved = session.commit(True)
    for grams in (1000, 5000, 10000, 15000):
        felt = _ZERO + grams * _PER_G * there / here
        assert abs(_shown(moved, felt) - grams * 100) <= 1
        off = (_shown(plain, felt) - grams * 100) / 100
        assert abs(off - grams * (there - here) / here) <= 0.02
    assert abs(off + 14.8) <= 0.2
    for wrong in ((975999, there), (here, 984001)):
        refused(codes.ARGUMENT, session.gravity, *wrong)


def test_a_calibration_that_bends_back_is_no_calibration():
    for points in (
        ((0, 0),),
        ((0, 1), (16000, 100)),
        ((0, 0), (16000, 100), (16000, 200)),
        ((0, 0), (8000, 200), (16000, 100)),
        ((0, 0), (15999, 100)),
        [(k * 16000, k) for k in range(12)],
        ((0, 0), (1 << 27, 100)),
    ):
        refused(codes.ARGUMENT, Calibration, 1, SEGMENTS, points, (-3, _KG))


def _types(terminal):
    journal = terminal.journal
    fields = [record.decode(cose.split(journal.get(n)).payload) for n in range(journal.next_n)]
    return [field[record.DATA] for field in fields if field[record.TYP] == record.CALIBRATION]


def test_each_commit_counts_and_is_signed_and_the_one_before_comes_back():
    with Scratch() as folder:
        terminal = provisioned(folder)
        refused(codes.NOT_CALIBRATED, terminal.change, "roll_back")
        calibrate(terminal)
        refused(codes.NOT_CALIBRATED, terminal.change, "roll_back")
        first = terminal.calibration.points
        calibrate(terminal, 12000, 10)
        second = terminal.calibration.points
        terminal = started(folder)
        finish(terminal.change("roll_back"))
        assert terminal.calibration.points == first and terminal.calibration.generation == 3
        assert terminal.calibration.restored == 1
        terminal = started(folder)
        assert terminal.calibration.points == first
        # And the one that was rolled back is the one before now.
        finish(terminal.change("roll_back"))
        assert terminal.calibration.points == second and terminal.calibration.restored == 2
        said = _types(terminal)
        assert [data[1] for data in said] == [1, 2, 3, 4]
        assert said[2][3] == said[0][3] and said[3][3] == said[1][3]
        check_in_force(started(folder))


def test_a_session_that_ends_leaves_what_was_in_force():
    with Scratch() as folder:
        terminal = provisioned(folder)
        calibrate(terminal)
        before = terminal.calibration.to_map()
        terminal.begin_calibration()
        session = terminal.calibration_session()
        session.keep()
        session.gravity(979346, 978374)
        assert terminal.calibration.to_map() == before
        finish(terminal.change("commit_calibration", True))
        after = terminal.calibration.to_map()
        # It weighs as before, but for the place.
        assert (after[3], after[6]) == (before[3], [979346, 978374])
        load(terminal, 5000)
        assert terminal.weigher.reading.fine == (500000 * 979346 * 2 + 978374) // (2 * 978374)


def test_beyond_the_largest_weight_a_reading_says_so():
    bench = Bench()
    session = bench.take(5000)
    made = session.commit(True)
    bench.weigher = Weigher(bench.weigher.config, made, 80000)
    reading = bench.weigher.reading
    # As much beyond as is shown beyond Max: 9 e.
    for grams, beyond in ((5000, False), (5044, False), (5046, True), (14000, True), (0, False)):
        bench.put(grams)
        assert reading.valid()
        assert bool(reading.status & codes.ST_EXTRAPOLATED) == beyond, grams
    bench.weigher.origin.restore(-10000, 0)
    bench.put(4950)  # the zero lies 100 g lower: it shows 5.050, and is calibrated
    assert reading.indicated == 5050 and not reading.status & codes.ST_EXTRAPOLATED
