"""Scales with several intervals: which e is in force, what is shown, gross - tare = net."""

from steelyard_wire import codes
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher

_ZERO = 100000
_PER_G = 100
_EXAMPLE = "max_1 2000 e_1 1 max_2 5000 e_2 2 max 15000 e 10"  # of R 76-1, 3.3


def _weigher(words):
    config = Config.from_map({}).with_values(words.split())
    span = Calibration.two_points(1, _ZERO, _ZERO + 15000 * _PER_G, 15000, -3, 1, None)
    return Weigher(config, span, 80000)


def _load(weigher, grams, samples=200):
    for k in range(samples):
        # A count now and then: a signal without any would be that of a frozen converter.
        alive = (k % 15 == 7) - (k % 15 == 14)
        weigher.feed(_ZERO + round(grams * _PER_G) + alive, k * 12, 0)
    return weigher.reading


def test_W16_the_interval_follows_the_load_up_and_down():
    # Grams on the scale, interval, indication: the interval changes above Max_i.
    steps = (
        (0.4, 1, 0),
        (1999.4, 1, 1999),
        (1999.9, 1, 2000),
        (2000.9, 2, 2000),
        (2001.1, 2, 2002),
        (4999.1, 2, 5000),
        (4999.9, 2, 5000),
        (5000.1, 10, 5000),
        (5004.9, 10, 5000),
        (5005.1, 10, 5010),
        (15000, 10, 15000),
    )
    weigher = _weigher(_EXAMPLE)
    for grams, e, shown in steps + tuple(reversed(steps)):
        reading = _load(weigher, grams)
        assert (reading.e, reading.net) == (e, shown), grams
        assert reading.status & codes.ST_STABLE


def test_W16_near_zero_and_at_the_end_the_interval_is_the_right_one():
    # 4.5.5 and 3.3: near zero e_1 counts, a quarter of it for the centre, 20 of it below zero.
    for grams, inside in ((0.25, True), (0.26, False), (-0.25, True), (-0.26, False)):
        reading = _load(_weigher(_EXAMPLE), grams)
        assert bool(reading.status & codes.ST_CENTRE_ZERO) == inside, grams
    for grams, under in ((-20, False), (-20.1, True)):
        reading = _load(_weigher(_EXAMPLE), grams)
        assert bool(reading.status & codes.ST_UNDER) == under, grams
    # 4.2.3: Max and nine of its own intervals, 15 000 g + 9 * 10 g.
    for grams, over in ((15090, False), (15090.1, True)):
        reading = _load(_weigher(_EXAMPLE), grams)
        assert bool(reading.status & codes.ST_OVER) == over, grams


def test_W16_with_a_tare_the_net_load_chooses_the_interval():
    weigher = _weigher(_EXAMPLE)
    _load(weigher, 4000.3)
    assert weigher.tare() == 0 and weigher.reading.tare == 4000
    reading = _load(weigher, 5500.6)  # net 1500.3 in steps of 1 g, though gross is in the last
    assert (reading.e, reading.net, reading.gross) == (1, 1500, 5500)
    reading = _load(weigher, 6500.3)
    assert (reading.e, reading.net, reading.gross) == (2, 2500, 6500)
    reading = _load(weigher, 0)
    assert (reading.e, reading.net) == (2, -4000)  # net -4000.3


def test_W16_multiple_ranges_go_up_by_themselves_and_back_at_zero_alone():
    weigher = _weigher("multirange 1 max_1 3000 e_1 1 max 15000 e 5")
    assert _load(weigher, 2999.9).e == 1
    assert _load(weigher, 3000.1).e == 5
    assert _load(weigher, 1002.6).net == 1005  # still in steps of 5 g
    assert _load(weigher, 0.3).e == 5  # not within a quarter of e_1
    assert _load(weigher, 0, samples=4).e == 5  # not at rest
    assert _load(weigher, 0.25).e == 1
    assert _load(weigher, 1002.6).net == 1003


def test_W16_the_return_to_the_first_range_cancels_a_tare():
    weigher = _weigher("multirange 1 max_1 3000 e_1 1 max 15000 e 5")
    _load(weigher, 4002)
    assert weigher.tare() == 0 and weigher.reading.tare == 4000
    assert _load(weigher, 5000).net == 1000
    reading = _load(weigher, 0)
    assert reading.e == 1 and reading.net == 0 and not reading.status & codes.ST_NET


def test_Z8_canadas_triple_agrees_as_it_is_printed():
    # Gross 45 006, tare 20 004, net 25 002 inside; 45 010 - 20 000 = 25 000 was printed. Here a
    # unit is a gram, Max 60 000, and the intervals are each that a scale may have.
    for e, wanted in ((1, (45006, 20004, 25002)), (2, (45006, 20004, 25002)), (10, None)):
        config = Config.from_map({}).with_values(["max", "60000", "e", str(e)])
        span = Calibration.two_points(1, 0, 6000000, 60000, -3, 1, None)
        weigher = Weigher(config, span, 80000)
        for grams in (20004, 45006):
            for k in range(200):
                weigher.feed(grams * 100 + (k % 15 == 7) - (k % 15 == 14), k * 12, 0)
            if grams == 20004:
                assert weigher.tare() == 0
        reading = weigher.reading
        printed = (reading.gross, reading.tare, reading.net)
        assert printed[0] - printed[1] == printed[2]
        assert not [value for value in printed if value % e]
        # The net weight, which is sold, is the one nearest to 25 002.
        assert printed == wanted if wanted else printed == (45000, 20000, 25000)
