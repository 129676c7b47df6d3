"""Keys as fingers, and more than fingers, press them; what the documents say comes of that.

Owns: the generator of sequences of up to eight steps: presses of any keys at once or one over the
other, bounces, holds; the pins that say so to the firmware; the model of a scale with a known load
on it, written from README.md, boards/README.md, protocol/README.md (ZERO, TARE, REGISTER) and
OIML R 76-1, 4.5 and 4.6, not from the code.
Refuses: nothing. Units: milliseconds of board time, grams (mantissas of kg with three decimals).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from itertools import combinations

from board_loop import Loop

KEYS = ("print", "tare", "zero")
MOST_STEPS = 8
_OFTEN = (1, 6, 6)  # a record costs the tests ten times what anything else does
_STEADY = 3  # looks, 10 ms apart, at which a key must be down
_TOGETHER = [list(chosen) for size in (2, 3) for chosen in combinations(KEYS, size)]
_ZERO_RANGE_G = 300  # 2 % of 15 kg either way
_CYCLE_G = 100  # 20 e: a load, where neither cycle_load nor min names another

# What each step is, and (key, after ms, for ms) of it.
Steps = list[tuple[str, list[tuple[str, int, int]]]]


class Pin:
    """The pin of one key, low while it is down; `look` hears of each time that it is read."""

    def __init__(self, loop: Loop, name: str, look: Callable[[str, bool], None]) -> None:
        self._loop = loop
        self._name = name
        self._look = look
        self.downs: deque[tuple[int, int]] = deque()  # from, until; in us

    def __call__(self) -> int:
        downs, now_us = self.downs, self._loop.now_us
        while downs and downs[0][1] <= now_us:
            downs.popleft()
        down = bool(downs) and downs[0][0] <= now_us
        self._look(self._name, down)
        return 0 if down else 1

    def hold(self, begin_us: int, end_us: int) -> None:
        """Be down then; begins do not go back."""
        if self.downs and begin_us <= self.downs[-1][1]:
            begin, end = self.downs.pop()
            begin_us, end_us = begin, max(end, end_us)
        self.downs.append((begin_us, end_us))


class Scale:
    """What a scale shows and has registered that has `load_g` at rest on it.

    alone: it registers a load by itself, and each load once (registration 15); else print and
    commands register (3).
    """

    def __init__(self, load_g: int, alone: bool) -> None:
        self.load_g = load_g
        self.tare_g = 0
        self.records: list[tuple[int, int]] = []  # net, tare
        self._alone = alone
        self._open = True  # unloaded since the last registration
        self._streaks = dict.fromkeys(KEYS, 0)
        self._seen: dict[str, bool] = {}
        self.looks = 0
        self._following = False

    def begin(self) -> None:
        """From now on its keys are followed; the load has just come to rest."""
        self._following = True
        self.rest()

    @property
    def net_g(self) -> int:
        """What is indicated."""
        return self.load_g - self.tare_g

    def look(self, name: str, down: bool) -> None:
        """The firmware has read a key's pin. A press is a key that is found down three times in
        turn; a held one comes once. Of keys that become so with one look the first one counts.
        """
        if not self._following:
            return
        self._seen[name] = down
        if len(self._seen) < len(KEYS):
            return
        self.looks += 1
        pressed = None
        for key in KEYS:
            self._streaks[key] = self._streaks[key] + 1 if self._seen[key] else 0
            if self._streaks[key] == _STEADY and pressed is None:
                pressed = key
        self._seen.clear()
        if pressed:
            self._press(pressed)

    def _press(self, key: str) -> None:
        if key == "zero" and abs(self.load_g) <= _ZERO_RANGE_G:
            self.load_g = self.tare_g = 0
        elif key == "tare" and self.load_g > 0:
            self.tare_g = self.load_g
        elif key == "print" and not self._alone and self.net_g >= 0:
            self.records.append((self.net_g, self.tare_g))
        self.rest()

    def rest(self) -> None:
        """Something has changed and is at rest again."""
        if not self._alone:
            return
        if 2 * self.net_g <= _CYCLE_G:
            self._open = True
        if self._open and self.net_g >= _CYCLE_G:
            self._open = False
            self.records.append((self.net_g, self.tare_g))


class Fingers:
    """Draws sequences and puts them on the pins."""

    def __init__(
        self, chance: random.Random, loop: Loop, look: Callable[[str, bool], None]
    ) -> None:
        self._chance = chance
        self._loop = loop
        self.pins = {name: Pin(loop, name, look) for name in KEYS}

    def draw(self) -> Steps:
        """Up to eight steps."""
        kinds = (self._press, self._chord, self._roll, self._bounces, self._rattle, self._hold)
        steps = self._chance.choices(
            kinds, (62, 14, 7, 8, 7, 2), k=self._chance.randint(1, MOST_STEPS)
        )
        return [(step.__name__, step()) for step in steps]

    def play(self, steps: Steps) -> int:
        """Let it happen; the ms that it takes."""
        at_us = begin_us = self._loop.now_us
        for _, moves in steps:
            end_us = at_us
            for key, after, lasts in moves:
                begin = at_us + after * 1000
                self.pins[key].hold(begin, begin + lasts * 1000)
                end_us = max(end_us, begin + lasts * 1000)
            # A release of less than a look is none: such steps are one press.
            at_us = end_us + self._chance.choice((1, 8, 12, 15, 20, 30, 60)) * 1000
        return (at_us - begin_us) // 1000

    def _key(self) -> str:
        return self._chance.choices(KEYS, _OFTEN)[0]

    def _keys(self) -> list[str]:
        return self._chance.choices(_TOGETHER, (1, 1, 6, 1))[0]

    def _lasts(self) -> int:
        return self._chance.choice((28, 30, 33, 36, 40, 45, 50, 70))

    def _press(self) -> list[tuple[str, int, int]]:
        return [(self._key(), 0, self._lasts())]

    def _chord(self) -> list[tuple[str, int, int]]:
        """Two or three keys at once, or nearly."""
        apart = self._chance.choice((0, 0, 5, 20))
        keys = self._keys()
        return [(key, self._chance.randint(0, apart), self._lasts()) for key in keys]

    def _roll(self) -> list[tuple[str, int, int]]:
        """A key is pressed, once or twice, while another one is down."""
        held = self._key()
        other = self._chance.choice([key for key in KEYS if key != held])
        moves = [(held, 0, 120), (other, 30, 35)]
        return [*moves, (other, 80, 35)] if self._chance.random() < 0.5 else moves

    def _bounces(self) -> list[tuple[str, int, int]]:
        """Contacts that close for less than a press, again and again."""
        key, at, moves = self._key(), 0, []
        for _ in range(self._chance.randint(1, 5)):
            lasts = self._chance.randint(1, 25)
            moves.append((key, at, lasts))
            at += lasts + self._chance.randint(1, 15)
        return moves

    def _rattle(self) -> list[tuple[str, int, int]]:
        """A press whose contact bounces at its beginning and its end."""
        key, lasts = self._key(), self._lasts()
        end = 9 + lasts
        return [(key, 0, 2), (key, 4, 1), (key, 9, lasts), (key, end + 2, 2), (key, end + 6, 1)]

    def _hold(self) -> list[tuple[str, int, int]]:
        """For seconds, alone or with another key."""
        lasts = self._chance.choices((150, 400, 1000, 3000, 10000), (20, 8, 4, 2, 1))[0]
        keys = [self._key()] if self._chance.random() < 0.5 else self._keys()
        return [(key, 0, lasts) for key in keys]
