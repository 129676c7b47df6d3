"""Tare: weighed, preset, both; of one range and of several; in direct sale (R 76-1, 4.6, 4.7)."""

from steelyard_wire import codes
from test_zero import Platform

_FINE = 100


def _shown(platform):
    reading = platform.reading
    assert reading.valid()
    assert reading.gross == reading.net + reading.tare + reading.preset
    return reading.gross, reading.tare, reading.preset, reading.net


def test_Z10_a_keyed_tare_is_rounded_to_d():
    # The reference's case: 402 g keyed on a scale with d = 5 g.
    for keyed, taken in ((402, 400), (403, 405), (3, 5), (15000, 15000)):
        platform = Platform()
        platform.rest(3000)
        assert platform.weigher.preset_tare(keyed * _FINE) == 0
        assert _shown(platform) == (3000, 0, taken, 3000 - taken)
        # Internally too: what is shown as net changes where it would with that tare.
        assert platform.rest(3002.4).net == 3000 - taken
        assert platform.rest(3002.6).net == 3005 - taken
        assert platform.has(codes.ST_NET)
    platform = Platform()
    platform.rest(3000)
    for keyed in (0, 2, -100, 15003):
        assert platform.weigher.preset_tare(keyed * _FINE) == codes.ARGUMENT, keyed
    assert _shown(platform) == (3000, 0, 0, 3000) and not platform.has(codes.ST_NET)


def test_Z10_of_several_ranges_the_first_or_the_one_in_force_rounds():
    partial = Platform(max_1=3000, e_1=1, max_2=6000, e_2=2)
    partial.rest(10000)  # e = 5 g there
    assert partial.weigher.preset_tare(40240) == 0
    assert partial.reading.preset == 402
    assert partial.weigher.preset_tare(3001 * _FINE) == codes.ARGUMENT  # above Max_1
    assert partial.weigher.preset_tare(3000 * _FINE) == 0
    multiple = Platform(max_1=3000, e_1=1, max_2=6000, e_2=2, multirange=1)
    multiple.rest(1000)
    assert multiple.weigher.preset_tare(403 * _FINE) == 0
    assert _shown(multiple) == (1000, 0, 403, 597)
    # 4.7.1: taken into a range with a larger e it is rounded to that, and net too.
    for grams, e, preset in ((4000, 2, 404), (10000, 5, 405)):
        multiple.rest(grams)
        assert multiple.reading.e == e
        assert _shown(multiple) == (grams - grams % e, 0, preset, grams - preset)
    multiple = Platform(max_1=3000, e_1=1, max_2=6000, e_2=2, multirange=1)
    multiple.rest(1003)
    assert multiple.weigher.tare() == 0
    multiple.rest(5000)
    gross, tare, _, net = _shown(multiple)
    assert not gross % 2 and not tare % 2 and net in (3996, 3998)


def test_Z8_weighed_and_preset_tare_are_told_apart_and_add_up():
    platform = Platform()
    platform.rest(502)
    assert platform.weigher.tare() == 0
    platform.rest(2502)
    assert platform.weigher.preset_tare(100 * _FINE) == 0
    assert _shown(platform) == (2500, 500, 100, 1900)
    # What is weighed now is what lies there beyond the preset tare.
    assert platform.weigher.tare() == 0
    assert _shown(platform) == (2500, 2400, 100, 0)
    platform.rest(3002)
    assert _shown(platform) == (3000, 2400, 100, 500)
    # 4.7.2: a preset tare stays while a later one is in use.
    assert platform.weigher.preset_tare(200 * _FINE) == codes.TARE_KEPT
    assert platform.weigher.clear_tare() == 0
    assert _shown(platform) == (3000, 0, 0, 3000) and not platform.has(codes.ST_NET)


def test_Z8_a_tare_takes_nothing_from_max():
    # 4.6.6: subtractive; gross is shown up to Max + 9 e, and used up to Max.
    platform = Platform()
    platform.rest(1000)
    assert platform.weigher.tare() == 0
    for grams, code in ((15002, 0), (15003, codes.OVERLOAD), (15044, codes.OVERLOAD)):
        platform.rest(grams)
        assert platform.reading.valid() and platform.weigher.registrable() == code, grams
        assert platform.weigher.tare() == code
        platform.weigher.clear_tare()
        assert platform.weigher.registrable() == 0  # without a tare it is what it shows
        platform.rest(1000)
        assert platform.weigher.tare() == 0
    platform.rest(15046)
    assert not platform.reading.valid() and platform.has(codes.ST_OVER)


def test_Z8_a_tare_at_or_below_zero_is_none():
    platform = Platform()
    for grams in (0, 2.4, -2, -50):
        platform.rest(grams)
        assert platform.weigher.tare() == codes.BELOW_ZERO_TARE
    platform.rest(400)
    assert platform.weigher.preset_tare(500 * _FINE) == 0
    assert platform.weigher.tare() == codes.BELOW_ZERO_TARE
    assert platform.reading.net == -100
    assert platform.weigher.registrable() == codes.NEGATIVE


def test_Z7_a_tare_in_motion_is_refused_and_a_keyed_one_needs_no_rest():
    platform = Platform()
    platform.rest(500)
    for k in range(40):
        platform.step(500 + 10 * k)
    assert platform.weigher.tare() == codes.MOTION
    assert platform.weigher.preset_tare(100 * _FINE) == 0
    assert platform.reading.preset == 100


def test_Z9_in_direct_sale_zero_and_clear_end_a_tare_on_the_unloaded_scale_alone():
    platform = Platform(direct_sale=1)
    platform.rest(200)
    assert platform.weigher.tare() == 0
    # 100 g are within the zero range of 2 %: still they are a load.
    for grams, code in ((1200, codes.TARE_KEPT), (100, codes.TARE_KEPT), (3, codes.TARE_KEPT)):
        platform.rest(grams)
        assert platform.weigher.clear_tare() == code
        assert platform.weigher.zero() == code
        assert platform.reading.tare == 200
    for k in range(10):
        platform.step(100 * k)  # in motion
    assert platform.weigher.clear_tare() == codes.TARE_KEPT
    platform.rest(2)
    assert platform.weigher.zero() == 0 and platform.reading.tare == 0
