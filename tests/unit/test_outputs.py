"""What the weight path says beside the weight: the tap, the counters of faults and fallbacks."""

import math

from steelyard_wire import codes
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import COUNTERS, FALLBACKS, Weigher
from test_weighing import _KG, _PER_G, _RATE, _ZERO, _alive, _settle, _weigher


def test_the_tap_follows_a_pour_by_the_box_of_100_ms():
    # 2 e/s are 10 g/s; a mean of 8 samples at 80/s is (8 - 1) / 2 samples late: 0.44 g.
    weigher = _weigher()
    _settle(weigher, 1000)
    assert weigher.tare() == 0
    assert weigher.tap() == weigher.reading.fine - 100000
    for k in range(160):
        weigher.feed(_ZERO + (1000 * 80 + 10 * (k + 1)) * _PER_G // 80 + _alive(k), k * 12, 0)
    poured = 160 * 10 * 100 // 80
    assert abs(poured - 44 - weigher.tap()) <= 2  # fine units of 0.01 g, and the dither
    late = poured + 100000 - weigher.reading.fine
    assert late > 150  # the legal output: README of the firmware, 0.64 e


def test_each_fault_counts_when_it_begins():
    faults = [0] * COUNTERS
    span = Calibration.two_points(1, _ZERO, _ZERO + 10000 * _PER_G, 10000, -3, _KG, None)
    weigher = Weigher(Config.from_map({}), span, _RATE, faults=faults)
    for times in (1, 2):
        for fault in (codes.FAULT_OVERLOAD, codes.FAULT_UNDERLOAD, codes.FAULT_SETTLING):
            _settle(weigher, 1000)
            for k in range(7):
                weigher.feed(8388607, k * 12, fault)
            assert faults[fault] == times and not weigher.reading.valid()


def test_a_fallback_is_counted():
    # Commissioned for 9 Hz; the platform rings at 6 Hz: outside of the 7 % that the zeros take.
    faults = [0] * COUNTERS
    config = Config.from_map({5: 1, 9: 9000, 10: 9000, 11: 50})
    span = Calibration.two_points(1, _ZERO, _ZERO + 10000 * _PER_G, 10000, -3, _KG, None)
    for hertz, fell_back in ((9, False), (6, True)):
        weigher = Weigher(config, span, _RATE, faults=faults)
        _settle(weigher, 0)
        for k in range(640):
            ring = math.exp(-0.05 * 2 * math.pi * hertz * k / 80)
            ring *= math.cos(2 * math.pi * hertz * k / 80)
            grams = 5000 * (1 - ring)
            weigher.feed(_ZERO + int(grams * _PER_G) + _alive(k), k * 12, 0)
        assert (faults[FALLBACKS] > 0) == fell_back, hertz
        assert not weigher.filter.ripple  # it rests again
