"""Zero and tare as an inspector tries them: by the changeover point, through the indication."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from steelyard.r76 import before_rounding
from steelyard_wire import codes
from terminal.weighing.config import Config
from terminal.weighing.linearise import Calibration
from terminal.weighing.weigher import Weigher

_ZERO = 80000
_PER_G = 60  # counts; 0.1 e are 30
_SCALES = {
    "single": (("e", "5"), 5),
    "multi": (("max_1", "3000", "e_1", "1", "max_2", "6000", "e_2", "2"), 1),
}


class Scale:
    """A weigher with a load on it, in grams, that is always at rest when it is looked at."""

    def __init__(self, words: tuple[str, ...]) -> None:
        config = Config.from_map({}).with_values(list(words))
        calibration = Calibration.two_points(1, _ZERO, _ZERO + 10000 * _PER_G, 10000, -3, 1, None)
        self.weigher = Weigher(config, calibration, 80000)
        self.grams = Fraction(0)

    def put(self, grams: Fraction) -> None:
        """Put a load on and wait until it is at rest."""
        self.grams = grams
        counts = _ZERO + round(grams * _PER_G)
        for k in range(130):
            # A count now and then: a signal without any would be that of a frozen converter.
            self.weigher.feed(counts + (k % 15 == 7) - (k % 15 == 14), k, 0)
        assert self.weigher.reading.status & codes.ST_STABLE

    def shows(self, grams: Fraction) -> int:
        """The indication of a load."""
        self.put(grams)
        reading = self.weigher.reading
        assert reading.valid()
        return reading.indicated

    def error_at_zero(self, e: int) -> Fraction:
        """E0 = P - L by A.4.4.3: weights of 0.1 e until the indication is one e more."""
        on = self.grams
        first = self.shows(on)
        for tenths in range(1, 12):
            added = Fraction(tenths * e, 10)
            if self.shows(on + added) == first + e:
                return before_rounding(Fraction(first), Fraction(e), added)
        raise AssertionError("more than one e was added and the indication stays")


@pytest.mark.parametrize("name", _SCALES)
@pytest.mark.parametrize("what", ["zero", "tare"])
def test_Z3_zero_and_tare_are_a_quarter_of_e_exact(name: str, what: str) -> None:
    words, e = _SCALES[name]
    chance = random.Random(f"{name} {what}")
    for _ in range(20):
        scale = Scale(words)
        # 2 % of Max for zero; any load for a tare.
        most = 300 if what == "zero" else 14000
        grams = Fraction(chance.randrange(-most * 100 if what == "zero" else 600, most * 100), 100)
        scale.put(grams)  # below -20 e nothing is shown, and zero can be set
        assert getattr(scale.weigher, what)() == 0
        assert scale.weigher.reading.indicated == 0
        assert abs(scale.error_at_zero(e)) <= Fraction(e, 4), grams


def test_Z3_a_tare_in_steps_of_e_would_be_found() -> None:
    # What was wrong: 502 g tared as 500 g leave 2 g of 5, 0.4 e.
    scale = Scale(_SCALES["single"][0])
    scale.put(Fraction(502))
    assert scale.weigher.tare() == 0
    scale.weigher._tare.fine = scale.weigher._tare.value * 100
    assert abs(scale.error_at_zero(5)) > Fraction(5, 4)
