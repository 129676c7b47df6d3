"""Gravity: the formula's golden value, and a scale that is calibrated at one place for another."""

from __future__ import annotations

from fractions import Fraction

import pytest
from steelyard.errors import UserError
from steelyard.gravity import normal, of_place
from steelyard.r76 import mpe
from terminal.weighing.config import Config
from terminal.weighing.linearise import SEGMENTS, Calibration, Lineariser

# metrology.md, 5.3: latitude, height, normal gravity, error at 15 kg of a scale from Hangzhou.
_PLACES = {
    "Shenzhen": (22.5, 10, 9.78788, -8.5),
    "Kunming": (25.0, 1890, 9.78374, -14.8),
    "Lhasa": (29.7, 3650, 9.78171, -17.9),
    "Chengdu": (30.7, 500, 9.79223, -1.8),
    "Xi'an": (34.3, 400, 9.79554, 3.2),
    "Beijing": (39.9, 45, 9.80146, 12.3),
    "Urumqi": (43.8, 850, 9.80251, 13.9),
    "Harbin": (45.8, 150, 9.80641, 19.9),
}
_HANGZHOU = (30.27, 10)


def test_F6_the_golden_value_of_the_formula() -> None:
    assert normal(50, 1000) == 9.807610187885896


@pytest.mark.parametrize("name", _PLACES)
def test_W13_a_scale_for_another_place_is_right_there(name: str) -> None:
    latitude, height, published, error_g = _PLACES[name]
    assert normal(latitude, height) == pytest.approx(published, abs=6e-5)  # places to 0.1 degree
    here, there = normal(*_HANGZHOU), normal(latitude, height)
    points = [(80000 * 16, 0), (3080000 * 16, 15000)]
    places = [of_place(f"{_HANGZHOU[0]},{_HANGZHOU[1]}", "--here")]
    places.append(of_place(f"{latitude},{height}", "--there"))
    config = Config.from_map({})
    moved = Lineariser(Calibration(1, SEGMENTS, points, (-3, 1), None, places), config)
    plain = Lineariser(Calibration(1, SEGMENTS, points, (-3, 1)), config)
    off = 0.0
    for grams in range(500, 15001, 500):
        felt = 80000 * 16 + round(3000000 * 16 * grams / 15000 * there / here)
        limit = mpe(3, [(Fraction(15000), Fraction(5))], Fraction(grams)) / 3
        assert abs(Fraction(moved.fine(felt), 100) - grams) <= limit
        off = plain.fine(felt) / 100 - grams
    assert off == pytest.approx(error_g, abs=0.15)


def test_a_place_is_a_latitude_and_a_height_or_what_was_measured() -> None:
    assert of_place("9.80665", "--here") == 980665
    assert of_place("50,1000", "--here") == 980761
    assert of_place("-50,1000", "--here") == 980761
    for text in ("", "50", "91,0", "50,10000", "50,1,2", "x,1", "9.85", "nan", "50,nan"):
        with pytest.raises(UserError, match="latitude and a height"):
            of_place(text, "--here")
