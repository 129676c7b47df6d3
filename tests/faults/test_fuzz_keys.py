"""Row S12: no sequence of keys does anything to a weight that is not documented.

Owns: sequences of up to eight steps with 2 kg on the pan, and the comparison with a model after
each of them: indication, gross weight, tare, the records made and what is in them; the proof that
planted cheats are seen.
Refuses: a run with a difference; the message has the sequence.
Units: sequences. Set STEELYARD_SOAK=N for N seeds (`make soak`): 300 are 10^6 sequences.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from unittest import mock

import cbor2
import pytest
from fuzz_keys import Fingers, Scale, Steps
from fuzz_rig import LOAD_G, Rig
from terminal import operations

SOAK = int(os.environ.get("STEELYARD_SOAK", "0"))
SEQUENCES = 1700 if SOAK else 300
RECEIPT_EVERY = 40
_READING = 1
# protocol/README.md, section 8
_N, _TYP, _VAL, _TARE = 3, 5, 11, 12
# A load registers itself, once; one tare, which only grows.
ALONE = ("SET registration 15", "SET direct_sale 1")


class KeyFuzz:
    """Plays on one rig what it draws, and follows it with a model."""

    def __init__(self, seed: int, alone: bool) -> None:
        self.chance = random.Random(seed)
        self.alone = alone
        self.scale = Scale(LOAD_G, alone)
        self.rig = Rig(seed, commands=ALONE if alone else ())
        self.fingers = Fingers(self.chance, self.rig.loop, self.scale.look)
        self.rig.pins = self.fingers.pins

    def run(self, sequences: int) -> None:
        """Play so many."""
        with self.rig as rig:
            self.scale.begin()
            self._next_n = rig.terminal.journal.next_n - len(self.scale.records)
            for number in range(sequences):
                steps = self.fingers.draw()
                try:
                    self._play(steps)
                    self._compare()
                except AssertionError as error:
                    error.add_note(f"{number}: {steps}")
                    raise
                if number % RECEIPT_EVERY == 0:
                    rig.receipt()
                    rig.check_samples()
                if self.scale.tare_g and self.chance.random() < 0.1:
                    self._end_tare()
            rig.check_samples()
            rig.check_parameters()

    def _play(self, steps: Steps) -> None:
        rig = self.rig
        rig.loop.run(self.fingers.play(steps))
        # Nobody looks at the keys while a record is signed: then until they are looked at again.
        enough = self.scale.looks + 3
        for _ in range(100):
            rig.loop.run(10)
            if self.scale.looks >= enough:
                return
        raise AssertionError("nobody looks at the keys")

    def _compare(self) -> None:
        scale, terminal = self.scale, self.rig.terminal
        hidden = (
            self.alone and scale.tare_g > 0
        )  # R 76-1, 4.13.3: no gross weight beside a net one
        wanted = {
            "value": _kilograms(scale.net_g),
            "net": _kilograms(scale.net_g),
            "tare": _kilograms(scale.tare_g),
            "preset": _kilograms(0),
            "gross": "-" if hidden else _kilograms(scale.load_g),
            "flags": "STABLE,NET" if scale.tare_g else "STABLE",
            "fault": "NONE",
        }
        said = self.rig.ask("READ")
        assert {word: said[word] for word in wanted} == wanted
        assert terminal.weigher.reading.gross == scale.load_g
        assert terminal.weigher.origin.offset == 0
        made = range(self._next_n, terminal.journal.next_n)
        assert [self._record(n) for n in made] == scale.records
        self._next_n = made.stop
        scale.records.clear()

    def _record(self, n: int) -> tuple[int, int]:
        """What record `n` says, a reading: (net, tare) in grams."""
        envelope = cbor2.loads(self.rig.terminal.journal.get(n))
        said = cbor2.loads(envelope.value[2])
        net, *unit = said[_VAL]
        assert (said[_N], said[_TYP], unit) == (n, _READING, [-3, 1])
        tare = said.get(_TARE, [0, -3, 0])
        assert tare[1:] == [-3, 0]
        return net, tare[0]

    def _end_tare(self) -> None:
        """By the technician: with the load on it, or, as direct sale wants it, without."""
        rig, scale = self.rig, self.scale
        loads = (0, LOAD_G) if self.alone or self.chance.random() < 0.1 else (LOAD_G,)
        for load_g in loads:
            if load_g != scale.load_g:
                scale.load_g = load_g
                rig.load(load_g, 1000)
                scale.rest()
            if scale.tare_g:
                rig.ask("TARE CLEAR")
                scale.tare_g = 0
                scale.rest()
        rig.loop.run(300)  # what registers by itself has done so
        self._compare()


def _kilograms(grams: int) -> str:
    return f"{grams / 1000:.3f}"


@pytest.mark.parametrize("alone", [False, True], ids=["keyed", "alone"])
@pytest.mark.parametrize("seed", range(SOAK or 1))
def test_S12_no_sequence_of_keys_does_what_is_not_documented(
    seed: int, alone: bool, record_property: Callable[[str, object], None]
) -> None:
    KeyFuzz(seed, alone).run(SEQUENCES)
    record_property("sequences", SEQUENCES)


class _Cheat:
    """Planted: a code of keys, known to the owner of the shop, that makes loads heavier."""

    def __init__(
        self, secret: tuple[str, ...], then: Callable[[operations.Terminal], None]
    ) -> None:
        self._secret = secret
        self._pressed: list[str] = []
        self._then = then

    def hears(self, name: str, real: Callable) -> Callable:
        """An operation that a key asks for, and the cheat hears of."""

        def operation(terminal: operations.Terminal) -> None:
            self._pressed.append(name)
            if tuple(self._pressed[-len(self._secret) :]) == self._secret:
                self._then(terminal)
            real(terminal)

        return operation


def _adds_100_g(terminal: operations.Terminal) -> None:
    terminal.weigher.origin.offset -= 100 * 100


def _prints_twice(terminal: operations.Terminal) -> None:
    for _ in terminal.register_steps(None, operations.KEY):
        pass


@pytest.mark.parametrize("then", [_adds_100_g, _prints_twice])
def test_a_planted_cheat_is_seen(then: Callable[[operations.Terminal], None]) -> None:
    cheat = _Cheat(("zero", "zero", "tare", "zero"), then)
    real = operations.Terminal
    with (
        mock.patch.object(real, "zero", cheat.hears("zero", real.zero)),
        mock.patch.object(real, "tare", cheat.hears("tare", real.tare)),
        pytest.raises(AssertionError),
    ):
        KeyFuzz(1, False).run(1000)
