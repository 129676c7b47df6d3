"""Z14: what is shown, sent, recorded and read back by a host is one weight (R 76-1, 3.6.3)."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest
import terminal.links.facts  # noqa: F401 - else it is loaded for each of ten thousand calls
from steelyard.reading import Reading
from steelyard_wire import codes, record
from steelyard_wire.quantity import format_quantity
from terminal.drivers.ring import SampleRing
from terminal.links import state
from terminal_parts import finish, provisioned

_TRANSACTIONS = 2500  # of each of four scales: 10 000
_SCALES = {
    "single": "",
    "class II": "class 2 exp10 -4 max 150000 e 2 min 100",
    "multi-interval": "max_1 3000 e_1 1 max_2 6000 e_2 2",
    "multiple range": "max_1 3000 e_1 1 max_2 6000 e_2 2 multirange 1",
}


class Stall:
    """A terminal, and somebody who loads it, tares and registers; grams."""

    def __init__(self, folder: Path, words: str) -> None:
        self.terminal = provisioned(str(folder))
        if words:
            finish(self.terminal.change("scale", words.split()))
        span = 10000 * 10 ** (-3 - self.terminal.config.exp10)
        self.terminal.begin_calibration()
        for grams in (0, 10000):
            self._fill(grams)
            if grams:
                self.terminal.calibration_session().span(span, self.terminal.config.exp10, 1, None)
            else:
                self.terminal.calibration_session().zero()
        finish(self.terminal.change("commit_calibration", True))

    def _fill(self, grams: float) -> None:
        for k in range(20):
            counts = 50000 + round(grams * 200) + (k % 5 == 2)
            self.terminal.weigher.feed(counts, 0, 0)

    def put(self, grams: float) -> None:
        """Put a load on and wait; the last sample is of now."""
        self._fill(grams)
        if self.terminal.ring is None:
            self.terminal.ring = SampleRing()
        now = self.terminal.clock.up_ms()
        self.terminal.ring.put(50000 + round(grams * 200), now, 0)

    def sent(self) -> Reading:
        """What a host makes of the reply to READ."""
        words = (word.split("=", 1) for word in state.reading(self.terminal))
        return Reading.of({name: value for name, value in words})


def _act(stall: Stall, chance: random.Random) -> None:
    terminal = stall.terminal
    what = chance.randrange(6)
    try:
        if what == 0:
            terminal.tare()
        elif what == 1:
            terminal.preset_tare(chance.randrange(1, 30000), -4, 1)
        elif what == 2:
            terminal.clear_tare()
        elif what == 3:
            terminal.zero()
    except codes.Refused:
        pass


@pytest.mark.parametrize("name", _SCALES)
def test_Z14_10000_transactions_say_the_same_everywhere(name: str, tmp_path: Path) -> None:
    chance = random.Random(name)
    stall = Stall(tmp_path, _SCALES[name])
    terminal = stall.terminal
    registered = 0
    for _ in range(_TRANSACTIONS):
        stall.put(chance.choice((chance.uniform(-60, 60), chance.uniform(0, 15050))))
        _act(stall, chance)
        sent, weigher = stall.sent(), terminal.weigher
        shown = weigher.reading
        if not shown.valid():
            assert sent.value is sent.net is sent.gross is None
            assert weigher.registrable()
            continue
        exp10 = terminal.config.exp10
        assert sent.value == sent.net == format_quantity(shown.indicated, exp10)
        numbers = [Decimal(str(text)) for text in (sent.gross, sent.tare, sent.preset, sent.net)]
        assert numbers[0] - numbers[1] - numbers[2] == numbers[3]
        d = Decimal(str(sent.d))
        assert numbers[3] % d == 0
        if name != "multi-interval":  # there tare was taken in steps of another range's e
            assert not [number for number in numbers if number % d]
        if weigher.registrable():
            continue
        registered += 1
        fields = {**_COMMON, record.TYP: record.READING, **terminal.reading_fields()}
        back = record.decode(record.encode(fields))
        assert format_quantity(*back[record.VAL][:2]) == sent.value
        tares = back.get(record.TARE, [])
        read = {
            tares[at + 2]: format_quantity(*tares[at : at + 2]) for at in range(0, len(tares), 3)
        }
        zero = format_quantity(0, exp10)
        assert (read.get(0, zero), read.get(1, zero)) == (sent.tare, sent.preset)
        assert bool(tares) == ("NET" in sent.flags)
    assert registered > _TRANSACTIONS // 4


_COMMON = {
    record.V: 1,
    record.DEV: b"TESTdev0",
    record.N: 7,
    record.ROOT: bytes(32),
    record.TOT: [1, 1, 0],
    record.BC: 1,
    record.UP: 1,
    record.T: None,
    record.TS: [0, None],
    record.CAL: [1, bytes(8)],
    record.FW: ["0", bytes(8)],
}


_KG = {
    0: Decimal("0.001"),
    4: Decimal("0.45359237"),
    5: Decimal("0.028349523125"),
    6: Decimal("0.5"),
    7: Decimal("0.05"),
}


def test_Z14_in_another_unit_the_triple_still_agrees(tmp_path: Path) -> None:
    stall = Stall(tmp_path, "")
    chance = random.Random(5)
    for _ in range(300):
        stall.put(chance.uniform(100, 15000))
        _act(stall, chance)
        for unit in _KG:
            words = dict(word.split("=", 1) for word in state.reading(stall.terminal, unit))
            said = Reading.of(words)
            own = stall.sent()
            if said.value is None:
                continue
            numbers = [Decimal(str(t)) for t in (said.gross, said.tare, said.preset, said.net)]
            assert numbers[0] - sum(numbers[1:]) == 0
            assert not [number for number in numbers if number % Decimal(str(said.d))]
            # kg in each of them, as published; half an interval is the rounding.
            size = _KG[unit]
            off = abs(numbers[3] * size - Decimal(str(own.net)))
            assert off <= Decimal(str(said.d)) * size / 2
            assert said.legal == (unit == 0)
