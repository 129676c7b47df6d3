"""Z9: all sequences of three keys in direct sale, against 4.13.3 in its own words."""

from __future__ import annotations

import itertools

import pytest
from steelyard_wire import codes
from test_zero import Platform

# A key and what lies on the scale in grams when it is pressed; of a preset tare its value too.
_KEYS = [
    *[("tare", grams, 0) for grams in (0, 250, 500, 2000)],
    *[("preset", grams, keyed) for grams in (0, 500) for keyed in (100, 500)],
    *[(key, grams, 0) for key in ("clear", "zero") for grams in (0, 250)],
]


def _press(platform: Platform, key: str, keyed: int) -> int:
    weigher = platform.weigher
    if key == "preset":
        return weigher.preset_tare(keyed * 100)
    return {"tare": weigher.tare, "clear": weigher.clear_tare, "zero": weigher.zero}[key]()


@pytest.mark.parametrize("first", range(len(_KEYS)))
def test_Z9_tare_grows_is_one_and_ends_unloaded(first: int) -> None:
    for rest in itertools.product(_KEYS, repeat=2):
        platform = Platform(direct_sale=1, zero_range=20)
        platform.rest(0, 1.0)
        for key, grams, keyed in (_KEYS[first], *rest):
            platform.rest(grams, 1.0)
            gross = grams - platform.weigher.origin.offset // 100
            tare = platform.weigher._tare  # a reading that is blank does not tell it
            before = (tare.value, tare.preset)
            code = _press(platform, key, keyed)
            after = (tare.value, tare.preset)
            said = (_KEYS[first], *rest, before, after, code)
            assert not (after[0] and after[1]), said  # one tare device in operation
            if gross != 0:
                assert after[0] >= before[0] and after[1] >= before[1], said
            if code:
                assert after == before, said
            if code == codes.TARE_KEPT:
                assert before != (0, 0), said
            # Refused is only what has to be.
            if key == "tare" and gross > before[0] and not before[1]:
                assert code == 0 and after[0] == gross, said
            if key == "clear" and gross == 0:
                assert code == 0 and after == (0, 0), said


def test_Z9_without_direct_sale_the_same_keys_make_a_tare_less() -> None:
    platform = Platform()
    platform.rest(500)
    assert platform.weigher.tare() == 0 and platform.reading.tare == 500
    platform.rest(250)
    assert platform.weigher.tare() == 0 and platform.reading.tare == 250
    assert platform.weigher.preset_tare(10000) == 0 and platform.reading.preset == 100
    assert platform.weigher.clear_tare() == 0 and platform.reading.tare == 0
