"""The weight path by values on either side of each limit: filter, range, zero, tare, motion."""

import check
from steelyard_wire import codes
from terminal.weighing.calibrate import CalibrationSession
from terminal.weighing.config import Config
from terminal.weighing.indication import Ranges, rounded
from terminal.weighing.linearise import Calibration
from terminal.weighing.motion import Motion
from terminal.weighing.weigher import Weigher

# 15 kg in steps of 5 g, 100 counts a gram: 15 kg are 1.5 million counts above a zero of 50000.
_ZERO = 50000
_PER_G = 100
_KG = 1
_RATE = 80000


def _weigher(**values):
    config = Config.from_map({})
    for name, value in values.items():
        config = config.with_value(name, str(value))
    span = Calibration.two_points(1, _ZERO, _ZERO + 10000 * _PER_G, 10000, -3, _KG, None)
    return Weigher(config, span, _RATE)


def _alive(k):
    # A count now and then: a signal without any would be that of a frozen converter.
    return (k % 15 == 7) - (k % 15 == 14)


def _settle(weigher, grams, samples=100, fault=0):
    for k in range(samples):
        weigher.feed(_ZERO + int(grams * _PER_G) + _alive(k), k * 12, fault)
    return weigher.reading


def test_a_load_at_rest_is_its_weight():
    reading = _settle(_weigher(), 1500)
    assert reading.valid() and reading.net == 1500 and reading.gross == 1500
    assert reading.status & codes.ST_STABLE
    assert reading.fine == 150000  # 1/100 of a gram


def test_rounding_is_half_away_from_zero():
    # e = 5 g: 2.49 g show 0, 2.50 g show 5; likewise below zero.
    for grams, shown in ((2.49, 0), (2.5, 5), (7.49, 5), (7.5, 10), (-2.49, 0), (-2.5, -5)):
        assert _settle(_weigher(), grams).net == shown, grams
    assert [rounded(fine, 5) for fine in (249, 250, -249, -250)] == [0, 5, 0, -5]


def test_W14_nothing_is_shown_above_max_plus_9_e():
    # OIML R 76-1, 4.2.3: 15 000 g + 9 * 5 g = 15 045 g; 8.9, 9.0 and 9.1 e
    for grams, over in ((15044.5, False), (15045, False), (15045.1, True), (15045.5, True)):
        reading = _settle(_weigher(), grams)
        assert bool(reading.status & codes.ST_OVER) == over, grams
        assert reading.valid() != over
    weigher = _weigher()
    _settle(weigher, 20000)
    assert weigher.registrable() == codes.OVERLOAD


def test_nothing_is_shown_below_minus_20_e():
    for grams, under in ((-100, False), (-100.1, True)):
        reading = _settle(_weigher(), grams)
        assert bool(reading.status & codes.ST_UNDER) == under, grams
        assert reading.valid() != under


def test_centre_of_zero_is_a_quarter_of_e():
    # R 76-1, 4.5.5: 0.25 * 5 g = 1.25 g
    for grams, inside in ((0, True), (1.25, True), (1.26, False), (-1.25, True), (-1.26, False)):
        reading = _settle(_weigher(), grams)
        assert bool(reading.status & codes.ST_CENTRE_ZERO) == inside, grams
    ranges = Ranges(Config.from_map({}))
    assert ranges.status(125) == codes.ST_CENTRE_ZERO
    assert ranges.status(126) == 0


def test_no_number_until_the_window_is_full():
    # Boxes of 8 and 9 samples and three zeros of 2 * 4: 7 + 8 + 24 samples, and one.
    weigher = _weigher()
    for k in range(39):
        weigher.feed(_ZERO + 100000 + _alive(k), k, 0)
        assert not weigher.reading.valid()
        assert weigher.registrable() == codes.NOT_READY
    weigher.feed(_ZERO + 100000, 39, 0)
    assert weigher.reading.valid() and weigher.reading.net == 1000


def test_a_fault_takes_the_number_away_until_the_window_is_full_again():
    for fault in (codes.FAULT_NO_DATA, codes.FAULT_BAD_FRAME, codes.FAULT_SETTLING):
        weigher = _weigher()
        _settle(weigher, 1000)
        weigher.feed(0, 1, fault)
        assert not weigher.reading.valid() and weigher.reading.status & codes.ST_FAULT
        wanted = codes.NOT_READY if fault == codes.FAULT_SETTLING else codes.CONVERTER_FAULT
        assert weigher.registrable() == wanted
        _settle(weigher, 2000, samples=39)
        assert not weigher.reading.valid()
        assert _settle(weigher, 2000, samples=1).net == 2000  # nothing of the old load is in it


def test_full_scale_never_enters_the_filter():
    weigher = _weigher()
    _settle(weigher, 1000)
    weigher.feed(0x7FFFFF, 1, codes.FAULT_OVERLOAD)
    assert weigher.reading.status & codes.ST_OVER and not weigher.reading.valid()
    assert weigher.registrable() == codes.OVERLOAD
    assert weigher.zero() == codes.OVERLOAD and weigher.tare() == codes.OVERLOAD
    assert _settle(weigher, 1000, samples=40).net == 1000


def test_a_gap_shows_until_the_window_is_full_again():
    weigher = _weigher()
    _settle(weigher, 1000)
    # A frame that was read late may be torn: half this word, half the next.
    weigher.feed(_ZERO + 0x80000, 1, codes.FAULT_GAP)
    assert weigher.reading.status & codes.ST_GAP and not weigher.reading.valid()
    reading = _settle(weigher, 3000, samples=39)
    assert reading.status & codes.ST_GAP and not reading.valid()
    reading = _settle(weigher, 3000, samples=1)
    assert reading.valid() and reading.net == 3000 and not reading.status & codes.ST_GAP


def test_motion_is_a_span_over_the_window():
    motion = Motion(4, 10)
    assert [motion.push(value) for value in (0, 10, 0, 10)] == [False, False, False, True]
    assert not motion.push(11)
    assert [motion.push(value) for value in (11, 11, 10, 11)] == [False, True, True, True]


def test_a_load_that_begins_is_not_at_rest_before_its_window_is_over():
    # The filter has hardly begun to move when the first sample of a load has been confirmed.
    weigher = _weigher(noise=10)
    reading = _settle(weigher, 1000, 200)
    assert reading.status & codes.ST_STABLE
    for k in range(32):
        weigher.feed(_ZERO + 200000 + _alive(k), 0, 0)
        assert not reading.status & codes.ST_STABLE, k
    assert _settle(weigher, 2000, 100).net == 2000 and reading.status & codes.ST_STABLE


def test_asking_again_and_again_makes_no_load_rest():
    # TARE CLEAR shows the weight anew: the same value again is no rest of the load.
    weigher = _weigher()
    _settle(weigher, 1000, 200)
    for k in range(160):
        weigher.feed(_ZERO + 100000 + 40 * k, k * 12, 0)
        for _ in range(40):
            weigher.clear_tare()
        assert k < 10 or weigher.registrable() == codes.MOTION, k


def test_one_wrong_sample_is_never_a_load_at_rest():
    # Were it not held back, it would stay in a mean for its length, all of that alike.
    for profile, motion in ((0, 100), (1, 400), (2, 100), (3, 200), (4, 100), (5, 100)):
        weigher = _weigher(profile=profile, motion_ms=motion, motion_span=1000, ring_mhz=9000)
        reading = _settle(weigher, 1000, 600)
        assert reading.status & codes.ST_STABLE
        weigher.feed(_ZERO + 500000, 0, 0)
        for k in range(100):
            assert not reading.status & codes.ST_STABLE or reading.net == 1000
            weigher.feed(_ZERO + 100000 + _alive(k), 0, 0)
        assert reading.status & codes.ST_STABLE


def test_zero_is_refused_in_motion_and_beyond_its_range():
    # zero_range 20 permille of 15 kg are 300 g
    for grams, code in ((299.9, 0), (300, 0), (300.1, codes.ZERO_RANGE), (-300, 0)):
        weigher = _weigher()
        _settle(weigher, grams)
        assert weigher.zero() == code, grams
        if code == 0:
            assert weigher.reading.net == 0
            assert weigher.reading.status & codes.ST_CENTRE_ZERO
    weigher = _weigher()
    _settle(weigher, 100)
    _settle(weigher, 200, samples=12)
    assert weigher.zero() == codes.MOTION and weigher.tare() == codes.MOTION


def test_zero_is_measured_from_the_calibrated_one():
    weigher = _weigher()
    for grams in (200, 300):
        _settle(weigher, grams)
        assert weigher.zero() == 0
    _settle(weigher, 301)
    assert weigher.zero() == codes.ZERO_RANGE


def test_net_is_gross_less_tare_in_steps_of_e():
    weigher = _weigher()
    _settle(weigher, 502)
    assert weigher.tare() == 0
    assert weigher.reading.net == 0 and weigher.reading.tare == 500
    assert weigher.reading.status & codes.ST_NET
    # R 76-1, 4.6.3: the tare is 502 g, a quarter of e exactly, and net 1501 g, not 2005 - 500.
    reading = _settle(weigher, 2003)
    assert (reading.gross, reading.tare, reading.net) == (2000, 500, 1500)
    weigher.clear_tare()
    assert weigher.reading.net == 2005 and not weigher.reading.status & codes.ST_NET


def test_zero_cancels_a_tare():
    # R 76-1, 4.5.4
    weigher = _weigher()
    _settle(weigher, 100)
    assert weigher.tare() == 0 and weigher.zero() == 0
    assert not weigher.reading.status & codes.ST_NET and weigher.reading.net == 0


def test_a_tare_at_or_below_zero_is_refused():
    for grams in (0, 2, -50):
        weigher = _weigher()
        _settle(weigher, grams)
        assert weigher.tare() == codes.BELOW_ZERO_TARE


def test_a_negative_weight_is_shown_and_not_registered():
    weigher = _weigher()
    _settle(weigher, 1000)
    assert weigher.tare() == 0 and weigher.registrable() == 0
    _settle(weigher, 0)
    assert weigher.reading.net == -1000 and weigher.reading.valid()
    assert weigher.reading.status & codes.ST_NEGATIVE
    assert weigher.registrable() == codes.NEGATIVE


def test_without_a_calibration_there_are_counts_and_no_number():
    weigher = Weigher(Config.from_map({}), None, _RATE)
    reading = _settle(weigher, 1000)
    assert reading.counts == _ZERO + 100000 and not reading.valid()
    assert reading.status & codes.ST_UNCALIBRATED
    assert weigher.registrable() == codes.NOT_CALIBRATED


def _session(grams_empty, grams_loaded, mantissa, exp10=-3, unit=_KG):
    weigher = Weigher(Config.from_map({}), None, _RATE)
    session = CalibrationSession(weigher)
    _settle(weigher, grams_empty)
    session.zero()
    _settle(weigher, grams_loaded)
    session.span(mantissa, exp10, unit, "T-1")
    return session


def test_a_calibration_takes_zero_and_span():
    calibration = _session(0, 10000, 10, 0).commit(True)
    assert calibration.generation == 1 and calibration.check is None
    # In 1/16 count; what _settle adds to the counts now and then may be in the mean.
    (zero, none), (span, load) = calibration.points
    assert abs(zero - _ZERO * 16) <= 16 and abs(span - (_ZERO + 10000 * _PER_G) * 16) <= 16
    assert (none, load, calibration.exp10) == (0, 10000, -3)
    assert Calibration.from_map(calibration.to_map()).to_map() == calibration.to_map()


def test_a_calibration_is_refused_with_its_reason():
    refused = check.refused
    refused(codes.NO_LOAD_CHANGE, _session, 0, 99, 10000)  # 9,900 counts: half of 10 in an e
    refused(codes.NO_LOAD_CHANGE, _session, 0, 0, 10000)
    assert "swap" in refused(codes.SPAN, _session, 500, 0, 10000).detail
    # Less than a tenth of 15 kg; found when it is fitted, for more weights may come.
    refused(codes.SPAN, _session(0, 1499, 1499).commit, True)
    _session(0, 1500, 1500).commit(True)
    refused(codes.SPAN, _session, 0, 10000, 15001)
    _session(0, 10000, 15000)
    refused(codes.SPAN, _session, 0, 10000, 10, 0, 0)  # 10 g
    weigher = Weigher(Config.from_map({}), None, _RATE)
    session = CalibrationSession(weigher)
    refused(codes.NOT_READY, session.zero)
    refused(codes.CALIBRATION_ORDER, session.span, 10000, -3, _KG, None)
    refused(codes.CALIBRATION_ORDER, session.commit)
    _settle(weigher, 0)
    _settle(weigher, 1000, samples=8)
    refused(codes.MOTION, session.zero)
    weigher.feed(0, 0, codes.FAULT_NO_DATA)
    refused(codes.CONVERTER_FAULT, session.zero)


def test_the_digest_covers_calibration_and_parameters():
    config = Config.from_map({})
    one = Calibration.two_points(1, 0, 2000000, 10000, -3, _KG, None)
    other = Calibration.two_points(1, 0, 2000001, 10000, -3, _KG, None)
    digests = {one.digest(config), other.digest(config), one.digest(config.with_value("e", "10"))}
    assert len(digests) == 3 and {len(digest) for digest in digests} == {8}


def test_configurations_that_no_scale_has_are_refused():
    config = Config.from_map({})
    assert (config.unit, config.exp10, config.max, config.e) == (_KG, -3, 15000, 5)
    good = (("e", "10"), ("max", "30000"), ("unit", "g"), ("exp10", "-2"), ("zero_range", "20"))
    for name, text in good:
        changed = config.with_value(name, text)
        assert Config.from_map(changed.to_map()).to_map() == changed.to_map()
    wrong = (
        ("e", "3"),
        ("e", "0"),
        ("e", "-5"),
        ("e", "5.0"),
        ("max", "15001"),
        ("max", "400"),
        ("max", "600000"),
        ("unit", "stone"),
        ("exp10", "4"),
        ("profile", "6"),
        ("motion_ms", "99"),
        ("motion_ms", "2001"),
        ("mains_hz", "55"),
        ("damping", "501"),
        ("zero_range", "21"),
        ("colour", "1"),
    )
    for name, text in wrong:
        check.refused(codes.ARGUMENT, config.with_value, name, text)
    check.refused(codes.ARGUMENT, Config.from_map, {99: 1})
    assert config.with_value("max", "500000").e == 5  # 100 000 intervals
